/**
 * From parsed JSON to a bid request. What is repaired, refused or ignored, and why, is listed in
 * docs/openrtb-tolerance.md. A field that no decision reads is not looked at: an exchange may write there what it likes.
 */

import { boundsFault } from './read/bounds.ts';
import { readDevice, readScreen } from './read/device.ts';
import { readImpression } from './read/impression.ts';
import { Notes } from './read/notes.ts';
import { readApp, readOutOfHome, readSite } from './read/publication.ts';
import { readSupplyChain } from './read/supply-chain.ts';
import { readRegulations, readUser } from './read/user.ts';
import type { Json } from './read/value.ts';
import {
  isFilled,
  isObject,
  NONE,
  readCount,
  readFlag,
  readId,
  readInteger,
  readObject,
  readTexts,
} from './read/value.ts';
import type { BidRequest, Impression, Size } from './request.ts';

/** What came of a body: a request with notes on what was repaired, or nothing that can be read. */
export type Decoded =
  | { readonly ok: true; readonly request: BidRequest; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string };

const IMPRESSIONS_MAX = 100;
const SECOND_PRICE = 2;

/** Never throws. `raw` belongs to the reader from here on: it is kept in the request, and hostile keys are removed. */
export function readBidRequest(raw: unknown): Decoded {
  if (!isObject(raw)) return { ok: false, message: 'not a JSON object' };
  const fault = boundsFault(raw);
  if (fault !== '') return { ok: false, message: fault };
  const notes = new Notes();
  const request = readRequest(raw, notes);
  if (notes.refusal !== '') return { ok: false, message: notes.refusal };
  return { ok: true, request, warnings: notes.warnings };
}

function readRequest(raw: Json, notes: Notes): BidRequest {
  const site = readObject(raw.site, 'site', notes);
  const app = readObject(raw.app, 'app', notes);
  const outOfHome = readObject(raw.dooh, 'dooh', notes);
  if (Number(!!site) + Number(!!app) + Number(!!outOfHome) > 1) {
    notes.refuse('site, app, dooh', 'more than one of them');
  }
  if (isFilled(raw.wseat) && isFilled(raw.bseat)) notes.refuse('wseat, bseat', 'both of them');
  return {
    id: readId(raw.id, 'id', notes),
    impressions: readImpressions(raw.imp, readScreen(raw.device), notes),
    test: readFlag(raw.test, 'test', notes),
    auctionType: readCount(raw.at, 'at', notes) || SECOND_PRICE,
    tmaxMs: readCount(raw.tmax, 'tmax', notes) || undefined,
    currencies: readCased(raw.cur, 'cur', notes, upper),
    allowedSeats: readTexts(raw.wseat, 'wseat', notes),
    blockedSeats: readTexts(raw.bseat, 'bseat', notes),
    blockedCategories: readTexts(raw.bcat, 'bcat', notes),
    allowedCategories: readTexts(raw.acat, 'acat', notes),
    categoryTaxonomy: readInteger(raw.cattax, 'cattax', notes) || 1,
    blockedAdvertisers: readCased(raw.badv, 'badv', notes, lower),
    blockedApps: readTexts(raw.bapp, 'bapp', notes),
    allowedLanguages: readLanguages(raw, notes),
    site: site && readSite(site, notes),
    app: app && readApp(app, notes),
    outOfHome: outOfHome && readOutOfHome(outOfHome, notes),
    ...readPeople(raw, outOfHome !== undefined, notes),
    supplyChain: readSupplyChain(raw, notes),
    raw,
  };
}

type People = Pick<BidRequest, 'device' | 'user' | 'regulations' | 'digitalServicesAct'>;

function readPeople(raw: Json, isScreen: boolean, notes: Notes): People {
  notes.within = '';
  const device = readObject(raw.device, 'device', notes);
  const user = readObject(raw.user, 'user', notes);
  const regulations = readObject(raw.regs, 'regs', notes);
  const ext = regulations?.ext;
  return {
    device: readDevice(device, isScreen, notes),
    user: readUser(user, notes),
    regulations: readRegulations(regulations, notes),
    digitalServicesAct: isObject(ext) && isObject(ext.dsa) ? ext.dsa : undefined,
  };
}

function readImpressions(value: unknown, screen: Size | undefined, notes: Notes): readonly Impression[] {
  if (!Array.isArray(value) || value.length === 0) {
    notes.refuse('imp', isFilled(value) ? 'not a list' : 'missing');
    return NONE;
  }
  if (value.length > IMPRESSIONS_MAX) {
    notes.refuse('imp', `more than ${IMPRESSIONS_MAX}`);
    return NONE;
  }
  const impressions: Impression[] = [];
  for (let index = 0; index < value.length; index++) {
    const raw: unknown = value[index];
    notes.within = index;
    if (isObject(raw)) impressions.push(readImpression(raw, screen, notes));
    else notes.refuse('', 'not an object');
  }
  notes.within = '';
  if (impressions.length > 1) refuseRepeatedIds(impressions, notes);
  return impressions;
}

function refuseRepeatedIds(impressions: readonly Impression[], notes: Notes): void {
  const ids = new Set<string>();
  for (const { id } of impressions) {
    if (ids.has(id)) notes.refuse('imp', 'an id stands twice');
    ids.add(id);
  }
}

function readLanguages(raw: Json, notes: Notes): readonly string[] {
  const languages = readCased(raw.wlang, 'wlang', notes, lower);
  const tags = readCased(raw.wlangb, 'wlangb', notes, lower);
  if (tags.length === 0) return languages;
  return languages.length === 0 ? tags : [...languages, ...tags];
}

interface Case {
  in(text: string): string;
  /** May say so of a text that is in this case already. */
  readonly isOther: RegExp;
}

const upper: Case = { in: (text) => text.toUpperCase(), isOther: /[^ -`{-~]/ };
const lower: Case = { in: (text) => text.toLowerCase(), isOther: /[^ -@[-~]/ };

/** The list itself where it is in this case already: a changed copy of each text only to compare it is garbage. */
function readCased(value: unknown, path: string, notes: Notes, wanted: Case): readonly string[] {
  const list = readTexts(value, path, notes);
  for (let index = 0; index < list.length; index++) {
    if (wanted.isOther.test(list[index]!)) return list.map(wanted.in);
  }
  return list;
}
