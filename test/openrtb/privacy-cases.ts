/**
 * Privacy, case by case: regulation × present, absent, contradictory, malformed. The rows are tried on the reader and on a whole
 * engine, and are the table of docs/privacy.md; `node test/openrtb/privacy-page.ts` writes it anew.
 */
import { readFileSync } from 'node:fs';
import type { Permits } from '../../src/openrtb/consent.ts';
import { tcfText } from './privacy/tcf-text.ts';

export const VENDOR = 755;

const vendors = { ranges: [[1, 1_000]] } as const;
export const TCF_ALL = tcfText({ purposes: [1, 2, 3, 4], features: [1], vendors });
const TCF_BASIC = tcfText({ purposes: [1, 2], vendors });
export const TCF_NONE = tcfText({});
/** Header of section 2 alone, 6 alone, 7 alone, 2 and 7. */
const GPP_EU = (text: string): string => `DBABMA~${text}`;
const GPP_USP = (text: string): string => `DBABTA~${text}`;
const GPP_US_FREE = 'DBABLA~CAAAAAAAAABA.QA';
const GPP_US_OUT = 'DBABLA~CAAQAAAAAABA.QA';

export type Signals = {
  regs?: Record<string, unknown>;
  user?: Record<string, unknown>;
  device?: Record<string, unknown>;
};
export type Expected = 'all' | 'basic' | 'coarse' | Exclude<Permits['refusal'], ''>;

/** Each row is tried at its 2.6 places, and where it can be, at its 2.5 places. */
export const PRIVACY_ROWS: readonly (readonly [name: string, signals: Signals, expected: Expected])[] = [
  ['COPPA', { regs: { coppa: 1 } }, 'coppa'],
  ['COPPA beats every consent', { regs: { coppa: 1, gdpr: 1 }, user: { consent: TCF_ALL } }, 'coppa'],
  ['COPPA that cannot be read', { regs: { coppa: 'maybe', gdpr: 0 } }, 'coppa'],
  ['limit ad tracking', { regs: { gdpr: 0 }, device: { lmt: 1 } }, 'limit_tracking'],
  ['do not track', { regs: { gdpr: 0 }, device: { dnt: 1 } }, 'limit_tracking'],
  [
    'limit ad tracking beats consent',
    { regs: { gdpr: 1 }, user: { consent: TCF_ALL }, device: { lmt: '1' } },
    'limit_tracking',
  ],

  ['GDPR with full consent', { regs: { gdpr: 1 }, user: { consent: TCF_ALL } }, 'all'],
  ['GDPR with basic consent', { regs: { gdpr: 1 }, user: { consent: TCF_BASIC } }, 'basic'],
  ['GDPR with refusal', { regs: { gdpr: 1 }, user: { consent: TCF_NONE } }, 'gdpr'],
  ['GDPR without a consent string', { regs: { gdpr: 1 } }, 'gdpr'],
  ['GDPR with rubbish', { regs: { gdpr: 1 }, user: { consent: 'rubbish' } }, 'malformed_consent'],
  ['GDPR with a consent that is no text', { regs: { gdpr: 1 }, user: { consent: 7 } }, 'malformed_consent'],
  ['GDPR does not apply', { regs: { gdpr: 0 } }, 'all'],
  [
    'GDPR does not apply, and a refusal comes along',
    { regs: { gdpr: 0 }, user: { consent: TCF_NONE } },
    'all',
  ],
  ['GDPR not told, consent comes', { user: { consent: TCF_ALL } }, 'all'],
  ['GDPR not told, a refusal comes', { user: { consent: TCF_NONE } }, 'gdpr'],
  ['GDPR of 2 counts as 1', { regs: { gdpr: 2 } }, 'gdpr'],
  ['GDPR of a word counts as 1', { regs: { gdpr: 'yes' } }, 'gdpr'],

  ['US privacy without opt-out', { regs: { us_privacy: '1YNN' } }, 'all'],
  ['US privacy in small letters', { regs: { us_privacy: '1ynn' } }, 'all'],
  ['US privacy does not apply', { regs: { us_privacy: '1---' } }, 'all'],
  ['US privacy with no notice given', { regs: { us_privacy: '1NNN' } }, 'all'],
  ['US privacy with opt-out', { regs: { us_privacy: '1YYN' } }, 'us_privacy'],
  ['US privacy malformed', { regs: { us_privacy: '1YX' } }, 'malformed_consent'],
  ['US privacy of another version', { regs: { us_privacy: '2YNN' } }, 'malformed_consent'],
  ['US privacy that is no text', { regs: { us_privacy: 1 } }, 'malformed_consent'],
  [
    'an opt-out beats a regulation that does not apply',
    { regs: { gdpr: 0, us_privacy: '1YYN' } },
    'us_privacy',
  ],
  [
    'consent here, opt-out there',
    { regs: { gdpr: 1, us_privacy: '1YYN' }, user: { consent: TCF_ALL } },
    'us_privacy',
  ],
  [
    'refusal here, no opt-out there',
    { regs: { gdpr: 1, us_privacy: '1YNN' }, user: { consent: TCF_NONE } },
    'gdpr',
  ],

  ['GPP nationwide without objection', { regs: { gpp: GPP_US_FREE, gpp_sid: [7] } }, 'coarse'],
  ['GPP nationwide with opt-out', { regs: { gpp: GPP_US_OUT, gpp_sid: [7] } }, 'gpp'],
  ['GPP sections as text', { regs: { gpp: GPP_US_OUT, gpp_sid: '7' } }, 'gpp'],
  ['GPP without applicable sections looks at all of them', { regs: { gpp: GPP_US_OUT } }, 'gpp'],
  ['GPP not known which section', { regs: { gpp: GPP_US_OUT, gpp_sid: [0] } }, 'gpp'],
  ['GPP with no section that applies', { regs: { gpp: GPP_US_OUT, gpp_sid: [-1] } }, 'all'],
  ['GPP Europe with consent', { regs: { gpp: GPP_EU(TCF_ALL), gpp_sid: [2] } }, 'all'],
  ['GPP Europe with basic consent', { regs: { gpp: GPP_EU(TCF_BASIC), gpp_sid: [2] } }, 'basic'],
  ['GPP Europe with refusal', { regs: { gpp: GPP_EU(TCF_NONE), gpp_sid: [2] } }, 'gdpr'],
  [
    'GPP Europe stands in for the consent string',
    { regs: { gdpr: 1, gpp: GPP_EU(TCF_ALL), gpp_sid: [2] } },
    'all',
  ],
  [
    'GPP Europe against the consent string',
    { regs: { gdpr: 1, gpp: GPP_EU(TCF_NONE), gpp_sid: [2] }, user: { consent: TCF_ALL } },
    'gdpr',
  ],
  ['GPP California of old', { regs: { gpp: GPP_USP('1YYN'), gpp_sid: [6] } }, 'us_privacy'],
  ['GPP with rubbish', { regs: { gpp: 'gppString', gpp_sid: [7] } }, 'malformed_consent'],
  ['GPP with a section that is not there', { regs: { gpp: GPP_US_FREE, gpp_sid: [9] } }, 'malformed_consent'],
  ['GPP sections without a string', { regs: { gpp_sid: [7] } }, 'malformed_consent'],
  ['GPP of a country without a rule here', { regs: { gpp: GPP_US_FREE, gpp_sid: [5] } }, 'gpp'],
  ['GPP sections that cannot be read', { regs: { gpp: GPP_US_FREE, gpp_sid: [{}] } }, 'gpp'],
  [
    'GPP free, US privacy opt-out',
    { regs: { gpp: GPP_US_FREE, gpp_sid: [7], us_privacy: '1YYN' } },
    'us_privacy',
  ],
];

/** The same at the places of 2.5. */
export function olderPlaces({ regs, user, device }: Signals): Signals {
  return {
    ...(regs && { regs: { ext: regs } }),
    ...(user && { user: { ext: user } }),
    ...(device && { device }),
  };
}

const USED: Readonly<Record<'all' | 'basic' | 'coarse', readonly [used: string, stored: string]>> = {
  all: ['ids, packs, exact place', 'pseudonyms'],
  basic: ['ids; no packs, place to 2 decimals', 'pseudonyms'],
  coarse: ['ids, packs; place to 2 decimals', 'pseudonyms'],
};

export const PAGE = new URL('../../docs/privacy.md', import.meta.url);
const BEGIN = '<!-- cases: begin -->';
const END = '<!-- cases: end -->';

/** The page as it is, with the table of cases as it must be. */
export function privacyPage(): string {
  const page = readFileSync(PAGE, 'utf8');
  return `${page.slice(0, page.indexOf(BEGIN) + BEGIN.length)}\n${table()}\n${page.slice(page.indexOf(END))}`;
}

function table(): string {
  const rows = PRIVACY_ROWS.map(([name, signals, expected]) => {
    const [used, stored] =
      expected === 'all' || expected === 'basic' || expected === 'coarse'
        ? USED[expected]
        : [`nothing of the person (\`${expected}\`)`, 'nothing of the person'];
    return `| ${name} | \`${shown(signals)}\` | ${used} | ${stored} |`;
  });
  return ['| case | signals | used | stored |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Consent texts by what they say, for nobody reads them. */
function shown(signals: Signals): string {
  return JSON.stringify(signals)
    .replaceAll(TCF_ALL, 'ALL PURPOSES')
    .replaceAll(TCF_BASIC, 'PURPOSES 1, 2')
    .replaceAll(TCF_NONE, 'REFUSED')
    .replaceAll(GPP_US_FREE, 'US SECTION, NO OBJECTION')
    .replaceAll(GPP_US_OUT, 'US SECTION, OPT-OUT')
    .replaceAll('"', '')
    .replaceAll('|', '/');
}
