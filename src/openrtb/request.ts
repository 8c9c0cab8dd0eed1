/**
 * A bid request as the house reads it: whole words, defaults applied, types repaired, fields that moved between
 * OpenRTB 2.5 and 2.6 read from either place (2.6 wins). Dialects make it (`exchange/`); nothing else sees the wire.
 * Absent means unknown. Lists are never undefined: empty means not given. `raw` is for raw OpenRTB paths in targeting
 * and for the decision trace; a decision must not read it otherwise. This file is one thing: the whole of that model.
 */
import type { CpmMicros } from '../core/units.ts';

export interface BidRequest {
  readonly id: string;
  readonly impressions: readonly Impression[];
  /** `test` 1: never billable. */
  readonly test: boolean;
  /** 1 first price, 2 second price plus, 3 the floor is the price; 500+ an exchange's own. Default 2. */
  readonly auctionType: number;
  readonly tmaxMs: number | undefined;
  /** Upper-case ISO 4217 codes; empty means USD alone. */
  readonly currencies: readonly string[];
  readonly allowedSeats: readonly string[];
  readonly blockedSeats: readonly string[];
  readonly blockedCategories: readonly string[];
  readonly allowedCategories: readonly string[];
  /** `cattax` of the two lists above; 1 (content 1.0) unless given. */
  readonly categoryTaxonomy: number;
  /** Lower-case domains. */
  readonly blockedAdvertisers: readonly string[];
  readonly blockedApps: readonly string[];
  /** `wlang` and `wlangb`, lower case. */
  readonly allowedLanguages: readonly string[];
  readonly site: Site | undefined;
  readonly app: App | undefined;
  readonly outOfHome: OutOfHome | undefined;
  readonly device: Device;
  readonly user: User;
  readonly regulations: Regulations;
  readonly supplyChain: SupplyChain | undefined;
  /** `regs.ext.dsa`, as sent. */
  readonly digitalServicesAct: Readonly<Record<string, unknown>> | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** On a screen in a public place ids name the screen, and nobody in front of it (section 7.9). */
export function isPublicScreen({ outOfHome, device }: Pick<BidRequest, 'outOfHome' | 'device'>): boolean {
  return outOfHome !== undefined || device.type === PUBLIC_SCREEN;
}

/** AdCOM list of device types: out-of-home device. */
const PUBLIC_SCREEN = 8;

export interface Impression {
  readonly id: string;
  readonly banner: Banner | undefined;
  readonly video: Video | undefined;
  readonly audio: Audio | undefined;
  readonly native: Native | undefined;
  readonly floorCpmMicros: CpmMicros;
  readonly floorCurrency: string;
  /** True where markup must be https throughout. */
  readonly secure: boolean;
  readonly interstitial: boolean;
  /** `ssai`: 0 unknown, 1 all in the client, 2 assets stitched by a server and trackers called by the client, 3 all by a server. */
  readonly serverSideInsertion: number;
  readonly rewarded: boolean;
  readonly tagId: string;
  readonly deals: readonly Deal[];
  readonly privateAuction: boolean;
  /** Seconds the exchange may take until the impression. */
  readonly expirySeconds: number | undefined;
  /** `dt`: when a public screen is to show it, ms since the epoch. */
  readonly displayAtMs: number | undefined;
  /** Predicted viewability in 0..1 from `metric`. */
  readonly viewability: number | undefined;
  /** `qty.multiplier` in thousandths; 1000 unless given. */
  readonly multiplierMilli: number;
  /** SDK or player that shows it, and its version. */
  readonly displayManager: string;
  readonly skAdNetwork: SkAdNetworkOffer | undefined;
  readonly displayManagerVersion: string;
  /** `clickbrowser` 0: clicks open inside the app. */
  readonly clicksStayInApp: boolean;
  /** Vendors whose iframe busters the page hosts; `ALL` is any. */
  readonly iframeBusters: readonly string[];
  readonly raw: Readonly<Record<string, unknown>>;
}

/** `imp.ext.skadn`: what an app on one of Apple's phones can credit installations by. */
export interface SkAdNetworkOffer {
  readonly versions: readonly string[];
  /** Number of the asking app in the App Store. */
  readonly sourceApp: string;
  /** Ad network ids, lower case. */
  readonly networks: readonly string[];
  /** All networks of the IAB's registry up to this number, less those excluded. */
  readonly registryMax: number;
  readonly registryExcluded: readonly number[];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Flex ad: any size of this ratio at least this wide. */
export interface Ratio {
  readonly widthRatio: number;
  readonly heightRatio: number;
  readonly widthMin: number;
}

/** Any size within these; a side of 0 is open. */
export interface SizeRange {
  readonly widthMin: number;
  readonly widthMax: number;
  readonly heightMin: number;
  readonly heightMax: number;
}

export interface Banner {
  /** `format`, else `w` × `h`, both sides above 0. No sizes, ratios, range or screen: the size is not told. */
  readonly sizes: readonly Size[];
  /** Where no size is named: `wmin` to `hmax` (before 2.6), or one side alone. */
  readonly range: SizeRange | undefined;
  /** An interstitial without a list of formats fills at most this much: `w` × `h`, else the device's screen. */
  readonly screen: Size | undefined;
  readonly ratios: readonly Ratio[];
  readonly blockedAttributes: readonly number[];
  readonly blockedTypes: readonly number[];
  readonly mimes: readonly string[];
  readonly apis: readonly number[];
  readonly expandDirections: readonly number[];
  /** `topframe` 1: not within an iframe. */
  readonly topFrame: boolean;
  readonly position: number | undefined;
}

/** Where a companion of video or audio would stand. */
export interface CompanionPlace extends Banner {
  /** `vcm` 1: in the player's place after the end; 0: beside it throughout; undefined: not told. */
  readonly endCard: boolean | undefined;
}

export interface Video {
  /** Lower case, without parameters. */
  readonly mimes: readonly string[];
  readonly protocols: readonly number[];
  readonly apis: readonly number[];
  readonly durationSecondsMin: number;
  readonly durationSecondsMax: number | undefined;
  /** Exact durations; when given, minimum and maximum do not count. */
  readonly exactDurations: readonly number[];
  /** 0 none, -1 without limit, else seconds beyond the maximum. */
  readonly extendedSecondsMax: number;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** 0 pre-roll, >0 second of a mid-roll, -1 mid, -2 post. */
  readonly startDelay: number | undefined;
  /** 1 linear, 2 overlay; undefined admits both. */
  readonly linearity: number | undefined;
  /** 1: the player adds a skip button; 0: markup may; undefined: unknown. */
  readonly skip: number | undefined;
  /** Only spots longer than this may be skipped, and only after so many seconds. */
  readonly skipMinSeconds: number;
  readonly skipAfterSeconds: number;
  /** Whether a shape other than the player's may be letterboxed. */
  readonly boxingAllowed: boolean;
  readonly bitrateMin: number | undefined;
  readonly bitrateMax: number | undefined;
  readonly deliveries: readonly number[];
  /** The first of `playbackmethod`: what the seller lists after it is not meant to count (section 3.2.7). */
  readonly playbackMethod: number | undefined;
  /** `plcmt`, in the meaning of 2.6-202303. */
  readonly placement: number | undefined;
  readonly blockedAttributes: readonly number[];
  readonly position: number | undefined;
  readonly companions: readonly CompanionPlace[];
  /** 1 static, 2 HTML, 3 iframe; empty admits all. */
  readonly companionTypes: readonly number[];
  readonly pod: Pod | undefined;
  /** `mincpmpersec`. */
  readonly floorCpmMicrosPerSecond: CpmMicros | undefined;
  readonly durationFloors: readonly DurationFloor[];
}

export interface Audio {
  /** Lower case, without parameters. */
  readonly mimes: readonly string[];
  readonly protocols: readonly number[];
  readonly apis: readonly number[];
  readonly durationSecondsMin: number;
  readonly durationSecondsMax: number | undefined;
  readonly exactDurations: readonly number[];
  readonly extendedSecondsMax: number;
  readonly startDelay: number | undefined;
  readonly bitrateMin: number | undefined;
  readonly bitrateMax: number | undefined;
  readonly deliveries: readonly number[];
  readonly blockedAttributes: readonly number[];
  readonly companions: readonly CompanionPlace[];
  /** 1 static, 2 HTML, 3 iframe; empty admits all. */
  readonly companionTypes: readonly number[];
  readonly pod: Pod | undefined;
  readonly floorCpmMicrosPerSecond: CpmMicros | undefined;
  readonly durationFloors: readonly DurationFloor[];
}

/** Ad pod terms (OpenRTB 2.6 section 7.6). */
export interface Pod {
  readonly id: string;
  /** Whole length of a dynamic part, seconds. */
  readonly durationSeconds: number | undefined;
  readonly sequenceMax: number | undefined;
  /** Which place in the pod the seller guarantees: -1 last, 0 any, 1 first, 2 first or last. */
  readonly slotInPod: number | undefined;
  /** Which pod of the content: -1 last, 0 any, 1 first. */
  readonly sequence: number | undefined;
  /** `poddedupe`: 1 advertiser domain, 2 category, 3 creative, 4 media file, 5 none of them. */
  readonly dedupe: readonly number[];
}

export interface DurationFloor {
  readonly secondsMin: number;
  readonly secondsMax: number;
  readonly floorCpmMicros: CpmMicros;
}

export interface Native {
  readonly version: string;
  readonly assets: readonly NativeAsset[];
  readonly eventTrackers: readonly NativeEventTracker[];
  /** 1 content, 2 social, 3 product; undefined where not told. */
  readonly context: number | undefined;
  /** 1 in feed, 2 atomic unit, 3 outside the core, 4 recommendation; undefined where not told. */
  readonly placementType: number | undefined;
  readonly privacySupported: boolean;
  readonly blockedAttributes: readonly number[];
  readonly apis: readonly number[];
  /** The request came wrapped in `{"native": …}` (1.0), so the answer is wrapped too. */
  readonly wrapped: boolean;
}

export type NativeAsset = { readonly id: number; readonly required: boolean } & (
  | { readonly kind: 'title'; readonly lengthMax: number }
  | {
      readonly kind: 'image';
      /** 1 icon, 3 main, 500+ own; undefined where not told. */
      readonly type: number | undefined;
      readonly width: number | undefined;
      readonly height: number | undefined;
      readonly widthMin: number | undefined;
      readonly heightMin: number | undefined;
      readonly mimes: readonly string[];
    }
  | { readonly kind: 'video'; readonly video: Video }
  | { readonly kind: 'data'; readonly type: number; readonly lengthMax: number | undefined }
);

export interface NativeEventTracker {
  readonly event: number;
  readonly methods: readonly number[];
}

export interface Deal {
  readonly id: string;
  readonly floorCpmMicros: CpmMicros;
  /** Never inherited from the impression: USD unless given. */
  readonly floorCurrency: string;
  readonly auctionType: number | undefined;
  readonly allowedSeats: readonly string[];
  /** Lower-case domains. */
  readonly allowedAdvertisers: readonly string[];
  readonly guaranteed: boolean;
  readonly floorCpmMicrosPerSecond: CpmMicros | undefined;
  readonly durationFloors: readonly DurationFloor[];
}

export interface Publication {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly categories: readonly string[];
  readonly categoryTaxonomy: number;
  readonly keywords: readonly string[];
  readonly publisherId: string;
  readonly publisherDomain: string;
  readonly contentLanguage: string;
}

export interface Site extends Publication {
  readonly page: string;
}

export interface App extends Publication {
  readonly bundle: string;
  readonly storeUrl: string;
}

export interface OutOfHome extends Publication {
  readonly venueTypes: readonly string[];
  /** `venuetypetax`; 1 (OpenOOH 1.0) unless given. */
  readonly venueTaxonomy: number;
}

export interface Device {
  readonly userAgent: string;
  readonly ip: string;
  readonly ipv6: string;
  readonly geo: Geo;
  readonly language: string;
  /** `devicetype` of AdCOM; undefined where not told. */
  readonly type: number | undefined;
  /** Lower case: `ios`, `android`, `windows`, … from `sua`, `os`, in this order. */
  readonly os: string;
  readonly osVersion: string;
  /** Lower-case browser brand from `sua`; empty where not told (the user agent is looked at by targeting). */
  readonly browser: string;
  readonly make: string;
  readonly model: string;
  readonly carrier: string;
  readonly connectionType: number | undefined;
  readonly advertisingId: string;
  readonly limitTracking: boolean;
  readonly doNotTrack: boolean;
}

export interface Geo {
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  /** ISO 3166-1 alpha-3, upper case. */
  readonly country: string;
  /** ISO 3166-2 subdivision without the country, upper case. */
  readonly region: string;
  readonly city: string;
  readonly postcode: string;
  readonly metro: string;
  /** Minutes from UTC, where told. */
  readonly utcOffsetMinutes: number | undefined;
}

export interface User {
  readonly id: string;
  readonly buyerId: string;
  readonly extendedIds: readonly ExtendedId[];
  readonly keywords: readonly string[];
  /** `user.data` segments as `provider:segment`, where provider is `data.id` or else `data.name`. */
  readonly segments: readonly string[];
  readonly consent: string;
}

export interface ExtendedId {
  readonly source: string;
  readonly id: string;
}

export interface Regulations {
  readonly coppa: boolean;
  /** 1 applies, 0 does not, undefined not told. */
  readonly gdpr: number | undefined;
  readonly usPrivacy: string;
  readonly gpp: string;
  readonly gppSections: readonly number[];
  /** `regs.ext.gpc`: the browser objects to sale and sharing. */
  readonly globalPrivacyControl?: boolean;
}

export interface SupplyChain {
  readonly complete: boolean;
  readonly nodes: readonly {
    /** Domain of the selling system, lower case. */
    readonly system: string;
    readonly seller: string;
    /** `hp` 1: it takes part in the payment, as every node of version 1.0 does. */
    readonly paid: boolean;
  }[];
}
