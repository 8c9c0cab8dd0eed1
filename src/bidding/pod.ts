/**
 * Ad pods (OpenRTB 2.6 section 7.6): impressions that name one `podid` are one break, so what is offered for one of them is not
 * offered for the next. A seller may ask for more difference by `poddedupe`; nobody wants the same creative twice.
 */
import type { CatalogCreative } from '../campaign/catalog.ts';
import type { AudioCreative, VideoCreative } from '../campaign/creative.ts';
import type { Impression, Pod } from '../openrtb/request.ts';

/** Codes of `poddedupe` that ask for more, or for less, than that no creative comes twice (3). */
const DEDUPE = { domain: 1, category: 2, file: 4, none: 5 } as const;

/** One break, as far as it has been filled by this answer. */
export class Break {
  readonly #used = new Set<string>();

  /** Whether a creative differs enough from those already offered in the break. */
  admits(candidate: CatalogCreative, dedupe: readonly number[]): boolean {
    return this.#used.size === 0 || !marksOf(candidate, dedupe).some((mark) => this.#used.has(mark));
  }

  use(candidate: CatalogCreative): void {
    for (const mark of marksOf(candidate, EVERY_CODE)) this.#used.add(mark);
  }
}

const EVERY_CODE: readonly number[] = [DEDUPE.domain, DEDUPE.category, DEDUPE.file];

/** What no other creative of the break may have in common with this one. */
export function marksOf(
  { creative, crid, domains, categories, template }: CatalogCreative,
  dedupe: readonly number[],
): readonly string[] {
  if (dedupe.includes(DEDUPE.none)) return [];
  // Another look of the same template is no other creative.
  const marks = [`creative ${template ? creative.id : crid}`];
  if (dedupe.includes(DEDUPE.domain)) marks.push(...domains.map((domain) => `domain ${domain}`));
  if (dedupe.includes(DEDUPE.category)) marks.push(...categories.map((category) => `category ${category}`));
  if (dedupe.includes(DEDUPE.file) && 'mediaFiles' in creative)
    marks.push(...filesOf(creative).map((url) => `file ${url}`));
  return marks;
}

function filesOf(creative: VideoCreative | AudioCreative): readonly string[] {
  const files = creative.mediaFiles.map(({ url }) => url);
  return creative.vastTagUrl === undefined ? files : [...files, creative.vastTagUrl];
}

/** The breaks of one request, made as its impressions name them. */
export class Breaks {
  readonly #byId = new Map<string, Break>();

  /** Undefined for an impression that belongs to no pod. A dynamic part without an id is a break of its own. */
  of(impression: Impression): Break | undefined {
    const pod = impression.video?.pod ?? impression.audio?.pod;
    if (!pod) return undefined;
    if (pod.id === '') return new Break();
    let known = this.#byId.get(pod.id);
    if (!known) this.#byId.set(pod.id, (known = new Break()));
    return known;
  }
}

/** Seconds and places of a part that the seller fills as it likes: only then several bids share one impression (section 7.6.2). */
export interface DynamicPart {
  readonly media: 'video' | 'audio';
  readonly seconds: number;
  /** `maxseq`; undefined where the seller does not bound it. */
  readonly bidsMax: number | undefined;
}

export function dynamicPartOf({ video, audio }: Impression): DynamicPart | undefined {
  return partOf('video', video?.pod) ?? partOf('audio', audio?.pod);
}

function partOf(media: DynamicPart['media'], pod: Pod | undefined): DynamicPart | undefined {
  return pod?.durationSeconds === undefined
    ? undefined
    : { media, seconds: pod.durationSeconds, bidsMax: pod.sequenceMax };
}

export function dedupeOf({ video, audio }: Impression): readonly number[] {
  return (video?.pod ?? audio?.pod)?.dedupe ?? [];
}
