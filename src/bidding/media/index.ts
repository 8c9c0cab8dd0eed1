/** The media that can be answered. */
import type { Media } from '../../core/event.ts';
import { audioAnswer } from './audio.ts';
import { bannerAnswer } from './banner.ts';
import type { MediaAnswer } from './media.ts';
import { nativeAnswer } from './native.ts';
import { videoAnswer } from './video.ts';

export const mediaAnswers: readonly MediaAnswer[] = [bannerAnswer, videoAnswer, audioAnswer, nativeAnswer];

const BY_MEDIA = new Map<Media, MediaAnswer>(mediaAnswers.map((answer) => [answer.media, answer]));

export function mediaAnswerOf(media: Media): MediaAnswer {
  return BY_MEDIA.get(media)!;
}
