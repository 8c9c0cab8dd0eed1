/**
 * DAAST 1.0 (IAB, 2014), the audio twin of VAST 3.0, withdrawn for VAST 4.1 and still asked for. Where it differs: Category
 * is required; clicks lie in AdInteractions; a wrapper points by DAASTAdTagURI; a MediaFile has an id and no size.
 */
import { cdata, escapeMarkup } from './escape.ts';
import type { TimedAd, TimedFile, TimedWrapper } from './timed-ad.ts';
import { clockTime, NO_TRACKER } from './timed-ad.ts';
import { companionAds } from './vast.ts';

export function daastInline(ad: TimedAd): string {
  const id = escapeMarkup(ad.adId);
  const skip = ad.skipAfterSeconds === undefined ? '' : ` skipoffset="${clockTime(ad.skipAfterSeconds)}"`;
  const files = ad.files.filter((file) => file.api === undefined).map(mediaFile);
  return documentOf(
    ad.adId,
    [
      `<InLine>${AD_SYSTEM}<AdTitle>${escapeMarkup(ad.title)}</AdTitle>`,
      `<Category>${escapeMarkup(ad.categories[0] ?? UNCATEGORIZED)}</Category>`,
      `<Impression>${cdata(ad.impressionUrl ?? NO_TRACKER)}</Impression>`,
      `<Creatives><Creative id="${id}" sequence="1"><Linear${skip}><Duration>${clockTime(ad.durationSeconds)}</Duration>`,
      `<MediaFiles>${files.join('')}</MediaFiles>`,
      `<AdInteractions><ClickThrough>${cdata(ad.clickUrl)}</ClickThrough></AdInteractions>`,
      `</Linear></Creative>${companionCreative(ad)}</Creatives></InLine>`,
    ].join(''),
  );
}

export function daastWrapper(wrapper: TimedWrapper): string {
  const { clickTrackingUrl } = wrapper;
  const clicks =
    clickTrackingUrl === undefined
      ? ''
      : `<AdInteractions><ClickTracking>${cdata(clickTrackingUrl)}</ClickTracking></AdInteractions>`;
  return documentOf(
    wrapper.adId,
    [
      `<Wrapper>${AD_SYSTEM}<DAASTAdTagURI>${cdata(wrapper.tagUrl)}</DAASTAdTagURI>`,
      `<Impression>${cdata(wrapper.impressionUrl)}</Impression>`,
      `<Creatives><Creative id="${escapeMarkup(wrapper.adId)}"><Linear><TrackingEvents></TrackingEvents>${clicks}</Linear></Creative>`,
      `${companionCreative({ ...wrapper, clickUrl: clickTrackingUrl })}</Creatives></Wrapper>`,
    ].join(''),
  );
}

export function daastEmpty(): string {
  return `${XML}<DAAST version="1.0"></DAAST>`;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>';
const AD_SYSTEM = '<AdSystem version="1.0">Bidwright</AdSystem>';
/** IAB content taxonomy 1.0. */
const UNCATEGORIZED = 'IAB24';

function documentOf(adId: string, body: string): string {
  return `${XML}<DAAST version="1.0"><Ad id="${escapeMarkup(adId)}">${body}</Ad></DAAST>`;
}

function mediaFile(file: TimedFile, index: number): string {
  const bitrate = file.bitrateKbps === undefined ? '' : ` bitrate="${file.bitrateKbps}"`;
  return `<MediaFile id="${index + 1}" delivery="${file.delivery}" type="${escapeMarkup(file.mime)}"${bitrate}>${cdata(file.url)}</MediaFile>`;
}

function companionCreative({
  adId,
  companions,
  clickUrl,
}: Pick<TimedAd, 'adId' | 'companions'> & { readonly clickUrl: string | undefined }): string {
  if (companions.length === 0) return '';
  return `<Creative id="${escapeMarkup(adId)}-companions">${companionAds('3.0', companions, clickUrl)}</Creative>`;
}
