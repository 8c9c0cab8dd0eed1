/**
 * VAST 1.0 (IAB, 2008), whose root is `VideoAdServingTemplate` and whose addresses each lie in a URL element. It knows
 * neither skipping nor scripts; companions are left out, for what they may be is not written down in a way to rely on.
 * The schema's namespace is left out as well: it is an http address, which secure placements refuse wherever it stands.
 */
import { cdata, escapeMarkup } from './escape.ts';
import type { TimedAd, TimedFile, TimedWrapper } from './timed-ad.ts';
import { clockTime, NO_TRACKER } from './timed-ad.ts';

export function vastOneInline(ad: TimedAd): string {
  const id = escapeMarkup(ad.adId);
  const files = ad.files.filter((file) => file.api === undefined).map(mediaFile);
  return documentOf(
    ad.adId,
    [
      `<InLine>${AD_SYSTEM}<AdTitle>${escapeMarkup(ad.title)}</AdTitle>`,
      `<Impression>${url(ad.impressionUrl ?? NO_TRACKER)}</Impression>`,
      `<Video><Duration>${clockTime(ad.durationSeconds)}</Duration><AdID>${id}</AdID>`,
      `<VideoClicks><ClickThrough>${url(ad.clickUrl)}</ClickThrough></VideoClicks>`,
      `<MediaFiles>${files.join('')}</MediaFiles></Video></InLine>`,
    ].join(''),
  );
}

export function vastOneWrapper(wrapper: TimedWrapper): string {
  const { clickTrackingUrl } = wrapper;
  const clicks =
    clickTrackingUrl === undefined
      ? ''
      : `<VideoClicks><ClickTracking>${url(clickTrackingUrl)}</ClickTracking></VideoClicks>`;
  return documentOf(
    wrapper.adId,
    `<Wrapper>${AD_SYSTEM}<VASTAdTagURL>${url(wrapper.tagUrl)}</VASTAdTagURL><Impression>${url(wrapper.impressionUrl)}</Impression>${clicks}</Wrapper>`,
  );
}

export function vastOneEmpty(): string {
  return `${XML}<VideoAdServingTemplate></VideoAdServingTemplate>`;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>';
const AD_SYSTEM = '<AdSystem>Bidwright</AdSystem>';

function documentOf(adId: string, body: string): string {
  return `${XML}<VideoAdServingTemplate><Ad id="${escapeMarkup(adId)}">${body}</Ad></VideoAdServingTemplate>`;
}

function url(address: string): string {
  return `<URL>${cdata(address)}</URL>`;
}

function mediaFile(file: TimedFile): string {
  const size = ` width="${file.width ?? 0}" height="${file.height ?? 0}"`;
  const bitrate = file.bitrateKbps === undefined ? '' : ` bitrate="${file.bitrateKbps}"`;
  return `<MediaFile delivery="${file.delivery}" type="${escapeMarkup(file.mime)}"${size}${bitrate}>${url(file.url)}</MediaFile>`;
}
