/** Templates of video and audio by their codes (AdCOM 1.0, "Creative Subtypes - Audio/Video"). */

export type Template = 'vast' | 'vast_one' | 'daast';

export interface Protocol {
  readonly code: number;
  readonly template: Template;
  readonly version: string;
  readonly isWrapper: boolean;
}

function inline(template: Template, version: string, code: number): Protocol {
  return { code, template, version, isWrapper: false };
}

function wrapper(template: Template, version: string, code: number): Protocol {
  return { code, template, version, isWrapper: true };
}

/**
 * In the order of preference: inline before wrappers, which cost the player a round trip; VAST 3.0 is played nearly
 * everywhere, then 2.0, then 4.x; DAAST, withdrawn in 2018, after every VAST; VAST 1.0, of 2008, last.
 */
const PROTOCOLS: readonly Protocol[] = [
  inline('vast', '3.0', 3),
  inline('vast', '2.0', 2),
  inline('vast', '4.0', 7),
  inline('vast', '4.1', 11),
  inline('vast', '4.2', 13),
  inline('vast', '4.3', 15),
  inline('daast', '1.0', 9),
  wrapper('vast', '3.0', 6),
  wrapper('vast', '2.0', 5),
  wrapper('vast', '4.0', 8),
  wrapper('vast', '4.1', 12),
  wrapper('vast', '4.2', 14),
  wrapper('vast', '4.3', 16),
  wrapper('daast', '1.0', 10),
  inline('vast_one', '1.0', 1),
  wrapper('vast_one', '1.0', 4),
];

const BY_CODE: ReadonlyMap<number, Protocol> = new Map(PROTOCOLS.map((one) => [one.code, one]));

export function protocolOf(code: number): Protocol | undefined {
  return BY_CODE.get(code);
}

/** The one to answer with: the best that is offered and accepted. An empty offer says nothing, so that all are offered. */
export function protocolFor(
  offered: readonly number[],
  accepts: (candidate: Protocol) => boolean,
): Protocol | undefined {
  return PROTOCOLS.find(
    (candidate) => (offered.length === 0 || offered.includes(candidate.code)) && accepts(candidate),
  );
}
