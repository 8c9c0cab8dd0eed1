/** Audio answers (OpenRTB 2.6 section 3.2.8): VAST, or DAAST where nothing else is taken. */
import type { MediaAnswer } from './media.ts';
import { timedFit } from './timed.ts';
import { timedMarkup } from './timed-markup.ts';

export const audioAnswer: MediaAnswer = {
  media: 'audio',
  markupType: 3,
  blockedAttributes: (impression) => impression.audio?.blockedAttributes ?? [],
  fit: ({ creative }, impression) => {
    const audio = impression.audio;
    if (creative.format !== 'audio' || !audio) return 'no_creative_of_format';
    const fit = timedFit(creative, audio, ({ template }) => template !== 'vast_one');
    return typeof fit === 'string' ? fit : { media: 'audio', ...fit };
  },
  markup: (creative, _impression, fit, links) => timedMarkup(creative, fit, links),
  remake: { contentType: 'application/xml; charset=utf-8', markup: timedMarkup },
};
