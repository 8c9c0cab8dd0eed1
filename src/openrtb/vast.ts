/** VAST documents (IAB VAST 2.0 to 4.3) of one linear ad: inline, as a wrapper, and empty. */
import { cdata, escapeMarkup } from './escape.ts';
import type { Companion, TimedAd, TimedFile, TimedWrapper, Verification } from './timed-ad.ts';
import { clockTime, NO_TRACKER } from './timed-ad.ts';

export function vastInline(version: string, ad: TimedAd): string {
  const four = version.startsWith('4');
  const title = `<AdTitle>${escapeMarkup(ad.title)}</AdTitle>`;
  const impression = `<Impression>${cdata(ad.impressionUrl ?? NO_TRACKER)}</Impression>`;
  const creatives = `<Creatives>${linearCreative(version, ad)}${companionCreative(version, ad.adId, ad.companions, ad.clickUrl)}</Creatives>`;
  // The schemas of 4.x begin an ad with what inline ads and wrappers share; those before it end with the extensions.
  const body = four
    ? [
        verificationExtension(version, ad.verifications),
        impression,
        hasVerificationElement(version) ? `<AdServingId>${escapeMarkup(ad.servingId)}</AdServingId>` : '',
        title,
        verificationElement(version, ad.verifications),
        creatives,
      ]
    : [title, impression, creatives, verificationExtension(version, ad.verifications)];
  return documentOf(version, ad, `<InLine>${AD_SYSTEM}${body.join('')}</InLine>`);
}

export function vastWrapper(version: string, wrapper: TimedWrapper): string {
  const tag = `<VASTAdTagURI>${cdata(wrapper.tagUrl)}</VASTAdTagURI>`;
  const impression = `<Impression>${cdata(wrapper.impressionUrl)}</Impression>`;
  const clicks =
    wrapper.clickTrackingUrl === undefined
      ? ''
      : `<VideoClicks><ClickTracking>${cdata(wrapper.clickTrackingUrl)}</ClickTracking></VideoClicks>`;
  const id = escapeMarkup(wrapper.adId);
  const linear = `<Creative id="${id}"><Linear><TrackingEvents></TrackingEvents>${clicks}</Linear></Creative>`;
  const creatives = `<Creatives>${linear}${companionCreative(version, wrapper.adId, wrapper.companions, wrapper.clickTrackingUrl)}</Creatives>`;
  const extension = verificationExtension(version, wrapper.verifications);
  const body = version.startsWith('4')
    ? [extension, impression, verificationElement(version, wrapper.verifications), creatives, tag]
    : [tag, impression, creatives, extension];
  return documentOf(version, wrapper, `<Wrapper>${AD_SYSTEM}${body.join('')}</Wrapper>`);
}

/** Says that there is no ad (VAST 3.0 section 2.3.6.4). */
export function vastEmpty(version: string): string {
  return `${XML}<VAST version="${version}"></VAST>`;
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>';
const AD_SYSTEM = '<AdSystem version="1.0">Bidwright</AdSystem>';

function documentOf(version: string, ad: Pick<TimedAd, 'adId' | 'isAudio'>, body: string): string {
  // VAST 4.1 took audio in; before it the media type of the files alone tells.
  const type = ad.isAudio && hasVerificationElement(version) ? ' adType="audio"' : '';
  return `${XML}<VAST version="${version}"><Ad id="${escapeMarkup(ad.adId)}"${type}>${body}</Ad></VAST>`;
}

function linearCreative(version: string, ad: TimedAd): string {
  const id = escapeMarkup(ad.adId);
  const skip =
    ad.skipAfterSeconds !== undefined && version !== '2.0'
      ? ` skipoffset="${clockTime(ad.skipAfterSeconds)}"`
      : '';
  const files = mediaFiles(version, ad.files);
  const clicks = `<VideoClicks><ClickThrough>${cdata(ad.clickUrl)}</ClickThrough></VideoClicks>`;
  return [
    `<Creative id="${id}" sequence="1">${universalAdId(version, ad.adId)}`,
    `<Linear${skip}><Duration>${clockTime(ad.durationSeconds)}</Duration>`,
    version.startsWith('4') ? files + clicks : clicks + files,
    '</Linear></Creative>',
  ].join('');
}

/** From VAST 4.0 on, where it stands in an attribute as well; 4.1 dropped that. */
function universalAdId(version: string, adId: string): string {
  if (!version.startsWith('4')) return '';
  const value = escapeMarkup(adId);
  const attribute = version === '4.0' ? ` idValue="${value}"` : '';
  return `<UniversalAdId idRegistry="unknown"${attribute}>${value}</UniversalAdId>`;
}

function mediaFiles(version: string, files: readonly TimedFile[]): string {
  const plain = files.filter((file) => file.api !== 'SIMID').map(mediaFile);
  const layers = version.startsWith('4')
    ? files.filter((file) => file.api === 'SIMID').map(interactiveFile)
    : [];
  return `<MediaFiles>${[...plain, ...layers].join('')}</MediaFiles>`;
}

function mediaFile(file: TimedFile): string {
  // VAST asks for width and height on each file, audio included.
  const size = ` width="${file.width ?? 0}" height="${file.height ?? 0}"`;
  const bitrate = file.bitrateKbps === undefined ? '' : ` bitrate="${file.bitrateKbps}"`;
  const api = file.api === undefined ? '' : ` apiFramework="${file.api}"`;
  return `<MediaFile delivery="${file.delivery}" type="${escapeMarkup(file.mime)}"${size}${bitrate}${api}>${cdata(file.url)}</MediaFile>`;
}

function interactiveFile(file: TimedFile): string {
  return `<InteractiveCreativeFile type="${escapeMarkup(file.mime)}" apiFramework="SIMID">${cdata(file.url)}</InteractiveCreativeFile>`;
}

function companionCreative(
  version: string,
  adId: string,
  companions: readonly Companion[],
  clickUrl: string | undefined,
): string {
  if (companions.length === 0) return '';
  return `<Creative id="${escapeMarkup(adId)}-companions">${universalAdId(version, adId)}${companionAds(version, companions, clickUrl)}</Creative>`;
}

/** DAAST has them in the words of VAST 3.0. */
export function companionAds(
  version: string,
  companions: readonly Companion[],
  clickUrl: string | undefined,
): string {
  const rows = companions.map((companion, index) => {
    const mode = hasVerificationElement(version)
      ? ` renderingMode="${companion.endCard ? 'end-card' : 'concurrent'}"`
      : '';
    return `<Companion id="${index + 1}" width="${companion.width}" height="${companion.height}"${mode}>${companionBody(version, companion, clickUrl)}</Companion>`;
  });
  return `<CompanionAds>${rows.join('')}</CompanionAds>`;
}

/** Markup and frames bring their own links; a picture is clicked through the player. */
function companionBody(version: string, { resource }: Companion, clickUrl: string | undefined): string {
  if (resource.kind === 'html') return `<HTMLResource>${cdata(resource.html)}</HTMLResource>`;
  if (resource.kind === 'iframe') return `<IFrameResource>${cdata(resource.url)}</IFrameResource>`;
  const picture = `<StaticResource creativeType="${escapeMarkup(resource.mime)}">${cdata(resource.url)}</StaticResource>`;
  const alt = resource.alt === '' ? '' : `<AltText>${escapeMarkup(resource.alt)}</AltText>`;
  const click =
    clickUrl === undefined ? '' : `<CompanionClickThrough>${cdata(clickUrl)}</CompanionClickThrough>`;
  return picture + (version.startsWith('4') ? alt + click : click + alt);
}

/** VAST 4.1 gave verification an element, together with audio and the rendering modes of companions. */
function hasVerificationElement(version: string): boolean {
  return version.startsWith('4') && version !== '4.0';
}

function verificationElement(version: string, verifications: readonly Verification[]): string {
  return hasVerificationElement(version) ? adVerifications(verifications) : '';
}

/** Before 4.1 the same lies in an extension (Open Measurement SDK, "VAST 4.0 and earlier"). */
function verificationExtension(version: string, verifications: readonly Verification[]): string {
  if (hasVerificationElement(version) || verifications.length === 0) return '';
  return `<Extensions><Extension type="AdVerifications">${adVerifications(verifications)}</Extension></Extensions>`;
}

function adVerifications(verifications: readonly Verification[]): string {
  if (verifications.length === 0) return '';
  const rows = verifications.map(({ vendor, scriptUrl, parameters }) => {
    const script = `<JavaScriptResource apiFramework="omid" browserOptional="true">${cdata(scriptUrl)}</JavaScriptResource>`;
    const told =
      parameters === undefined ? '' : `<VerificationParameters>${cdata(parameters)}</VerificationParameters>`;
    return `<Verification vendor="${escapeMarkup(vendor)}">${script}${told}</Verification>`;
  });
  return `<AdVerifications>${rows.join('')}</AdVerifications>`;
}
