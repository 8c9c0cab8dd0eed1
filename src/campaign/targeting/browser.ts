/** Browser, from the structured user agent or else parsed from the user agent string. */
import Bowser from 'bowser';
import { LRUCache } from 'lru-cache';
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const browser = valueDimension({
  name: 'browser',
  description: 'Browser.',
  level: 'request',
  cost: 50,
  item: Type.String({
    minLength: 1,
    maxLength: 60,
    description: 'As chrome, safari, firefox, edge, opera or samsung; case does not matter.',
  }),
  maxItems: 200,
  values: ({ request }: Probe) => {
    const { browser: told, userAgent } = request.device;
    if (told !== '') return plain(told);
    return userAgent === '' ? '' : parsed(userAgent.slice(0, USER_AGENT_LENGTH_MAX));
  },
  expand: (value) => [plain(value)],
});

/** Bounds what is parsed and what is kept. */
const USER_AGENT_LENGTH_MAX = 512;

/** Parsing costs about 20 µs; a fact of the string alone, so it may be remembered. */
const known = new LRUCache<string, string>({ max: 10_000 });

function parsed(userAgent: string): string {
  let name = known.get(userAgent);
  if (name === undefined) known.set(userAgent, (name = parse(userAgent)));
  return name;
}

function parse(userAgent: string): string {
  try {
    return plain(Bowser.getParser(userAgent, true).parseBrowser().name ?? '');
  } catch {
    return '';
  }
}

/** One name for what brands, parsers and people write differently. */
function plain(name: string): string {
  const lower = name.trim().toLowerCase();
  return SAME.get(lower) ?? lower;
}

const SAME = new Map([
  ['google chrome', 'chrome'],
  ['chrome mobile', 'chrome'],
  ['headlesschrome', 'chrome'],
  ['mobile safari', 'safari'],
  ['mozilla firefox', 'firefox'],
  ['microsoft edge', 'edge'],
  ['opera mobile', 'opera'],
  ['opera touch', 'opera'],
  ['samsung internet', 'samsung'],
  ['samsung internet for android', 'samsung'],
  ['android browser', 'android'],
  ['internet explorer', 'ie'],
]);
