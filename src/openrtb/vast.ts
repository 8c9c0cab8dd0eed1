/** VAST documents (IAB VAST 2.0 to 4.3), inline and linear, with our trackers inside. */
import { cdata, escapeMarkup } from './escape.ts';

export interface VastFile {
  readonly url: string;
  readonly mime: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly bitrateKbps: number | undefined;
  readonly delivery: 'progressive' | 'streaming';
}

export interface VastAd {
  /** Protocol code of the answer, one of VAST_PROTOCOLS. */
  readonly protocol: number;
  readonly adId: string;
  readonly title: string;
  readonly durationSeconds: number;
  readonly skipAfterSeconds: number | undefined;
  readonly files: readonly VastFile[];
  readonly impressionUrl: string;
  readonly clickUrl: string;
  /** Unique to this showing (`AdServingId`, VAST 4.1). */
  readonly servingId: string;
}

/** Inline VAST by AdCOM protocol code, in the order of preference: 3.0 is played nearly everywhere, then 2.0, then 4.x. */
export const VAST_PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [3, '3.0'],
  [2, '2.0'],
  [7, '4.0'],
  [11, '4.1'],
  [13, '4.2'],
  [15, '4.3'],
]);

/** The code to answer with: the best that is offered, 3.0 where nothing is told, undefined where none fits. */
export function vastProtocol(offered: readonly number[]): number | undefined {
  if (offered.length === 0) return 3;
  for (const code of VAST_PROTOCOLS.keys()) if (offered.includes(code)) return code;
  return undefined;
}

export function vastDocument(ad: VastAd): string {
  const version = VAST_PROTOCOLS.get(ad.protocol) ?? '3.0';
  const four = version.startsWith('4');
  const skip =
    ad.skipAfterSeconds !== undefined && version !== '2.0'
      ? ` skipoffset="${clockTime(ad.skipAfterSeconds)}"`
      : '';
  return [
    `<?xml version="1.0" encoding="UTF-8"?><VAST version="${version}"><Ad id="${escapeMarkup(ad.adId)}"><InLine>`,
    '<AdSystem version="1.0">Bidwright</AdSystem>',
    `<AdTitle>${escapeMarkup(ad.title)}</AdTitle>`,
    `<Impression>${cdata(ad.impressionUrl)}</Impression>`,
    four && version !== '4.0' ? `<AdServingId>${escapeMarkup(ad.servingId)}</AdServingId>` : '',
    `<Creatives><Creative id="${escapeMarkup(ad.adId)}" sequence="1">`,
    four ? universalAdId(version, ad.adId) : '',
    `<Linear${skip}><Duration>${clockTime(ad.durationSeconds)}</Duration>`,
    version === '2.0' || version === '3.0'
      ? videoClicks(ad.clickUrl) + mediaFiles(ad.files)
      : mediaFiles(ad.files) + videoClicks(ad.clickUrl),
    '</Linear></Creative></Creatives></InLine></Ad></VAST>',
  ].join('');
}

/** VAST 4.0 keeps the id in an attribute as well; 4.1 dropped it. */
function universalAdId(version: string, adId: string): string {
  const value = escapeMarkup(adId);
  const attribute = version === '4.0' ? ` idValue="${value}"` : '';
  return `<UniversalAdId idRegistry="unknown"${attribute}>${value}</UniversalAdId>`;
}

function videoClicks(clickUrl: string): string {
  return `<VideoClicks><ClickThrough>${cdata(clickUrl)}</ClickThrough></VideoClicks>`;
}

function mediaFiles(files: readonly VastFile[]): string {
  const rows = files.map((file) => {
    // VAST asks for width and height on each file, audio included.
    const size = ` width="${file.width ?? 0}" height="${file.height ?? 0}"`;
    const bitrate = file.bitrateKbps === undefined ? '' : ` bitrate="${file.bitrateKbps}"`;
    return `<MediaFile delivery="${file.delivery}" type="${escapeMarkup(file.mime)}"${size}${bitrate}>${cdata(file.url)}</MediaFile>`;
  });
  return `<MediaFiles>${rows.join('')}</MediaFiles>`;
}

/** HH:MM:SS. */
function clockTime(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}
