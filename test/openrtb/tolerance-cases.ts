/**
 * What is repaired, refused or ignored in a bid request, and why. The table is one thing: each row is a change to a sound
 * request and what must come of it. The test runs every row; docs/openrtb-tolerance.md is the same rows for people.
 */
import { openrtbJson } from '../../src/exchange/openrtb-json.ts';
import { readPermits } from '../../src/openrtb/consent.ts';
import type { BidRequest } from '../../src/openrtb/request.ts';
import { TRANSPORT } from './transport-cases.ts';

/**
 * `repaired`: read as what it must mean, with a warning. `read`: another place or form that is as good, no warning.
 * `ignored`: left out, the rest stands. `closed`: read, and nothing personal is permitted. `refused`: HTTP 400.
 */
export type Outcome = 'read' | 'repaired' | 'ignored' | 'closed' | 'refused';

export interface ToleranceCase {
  readonly group: string;
  /** What the exchange sends, as JSON where it is short. */
  readonly sent: string;
  readonly outcome: Outcome;
  readonly why: string;
  readonly change: (request: Draft) => void;
  /** What no object can say is changed in the text. */
  readonly rewrite?: (text: string) => string;
  /** What must be seen in the request that was read. */
  readonly sees?: (request: BidRequest) => boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: the rows write whatever an exchange could write
export type Draft = any;

export function soundRequest(): Draft {
  return {
    id: 'r-1',
    imp: [{ id: '1', banner: { w: 300, h: 250 }, bidfloor: 0.5 }],
    site: { id: 's', domain: 'a.example' },
    device: { ua: 'Mozilla/5.0', ip: '198.51.100.4' },
    user: { id: 'u' },
    regs: { gdpr: 0 },
  };
}

const video = (more: object) => (r: Draft) => {
  r.imp[0].video = { mimes: ['video/mp4'], ...more };
};
const nothing = () => undefined;
const native = (request: unknown) => (r: Draft) => {
  r.imp[0].native = { request };
};
const assets = [{ id: 1, required: 1, title: { len: 25 } }];

function cases(group: string, rows: readonly Omit<ToleranceCase, 'group'>[]): ToleranceCase[] {
  return rows.map((row) => ({ group, ...row }));
}

export const TOLERANCE: readonly ToleranceCase[] = [
  ...cases('The body', [
    {
      sent: 'unknown fields, at any level',
      outcome: 'read',
      why: 'a receiver tolerates what it does not know (2.6 section 2.6)',
      change: (r) => Object.assign(r, { new: 1 }, Object.assign(r.imp[0], { new: [{}] })),
    },
    {
      sent: 'a field that no decision reads, of any type (`app.paid:"x"`)',
      outcome: 'read',
      why: 'what nobody reads harms nobody',
      change: (r) => Object.assign(r.site, { privacypolicy: 'x', content: { episode: 'ab' } }),
    },
    {
      sent: 'unknown values in a list of codes, types or domains (`battr:[49999]`)',
      outcome: 'read',
      why: 'the same; the values beside them count',
      change: (r) => Object.assign(r.imp[0].banner, { battr: [1, 49_999], api: [49_999], mimes: ['x/new'] }),
      sees: (r) => r.impressions[0]?.banner?.blockedAttributes[0] === 1,
    },
    {
      sent: 'an entry of unknown fields alone, in a list whose entries require nothing (`format`, `eids`, `data`, `segment`)',
      outcome: 'ignored',
      why: 'it says nothing here; in `imp`, `deals`, `metric`, `sua` and `schain` something is required of each',
      change: (r) => {
        r.imp[0].banner.format = [{ w: 300, h: 250 }, { new: 1 }];
        r.user.eids = [{ new: 1 }];
      },
      sees: (r) => r.impressions[0]?.banner?.sizes.length === 1 && r.user.extendedIds.length === 0,
    },
    {
      sent: 'a byte order mark on top, or space around',
      outcome: 'read',
      why: 'it says nothing',
      change: nothing,
      rewrite: (text) => `\uFEFF \r\n${text}\n`,
    },
    {
      sent: 'a key twice in one object',
      outcome: 'read',
      why: 'the last counts, as in every browser',
      change: nothing,
      rewrite: (text) => text.replace('{', '{"id":"first",'),
      sees: (r) => r.id === 'r-1',
    },
    {
      sent: '`null` or `""` for a field',
      outcome: 'read',
      why: 'the same as absent',
      change: (r) => Object.assign(r, { app: null, tmax: '', at: null, cur: '' }),
      sees: (r) => r.tmaxMs === undefined && r.auctionType === 2,
    },
    {
      sent: 'keys `__proto__` and `constructor`',
      outcome: 'ignored',
      why: 'they could reach a prototype when an object is copied',
      change: (r) =>
        Object.assign(r, { ext: JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{}}}') }),
      sees: (r) =>
        !Object.hasOwn(r.raw.ext as object, '__proto__') &&
        !Object.hasOwn(r.raw.ext as object, 'constructor'),
    },
    {
      sent: 'more than 64 levels',
      outcome: 'refused',
      why: 'OpenRTB ends at the eighth',
      change: (r) => {
        for (let depth = 0, at = r; depth < 70; depth++) at = at.ext = {};
      },
    },
    {
      sent: 'a site with an app, or either with a dooh',
      outcome: 'refused',
      why: 'exclusive (section 3.2.1); a guess would target the wrong place',
      change: (r) => {
        r.app = { id: 'a' };
      },
    },
    {
      sent: '`wseat` with `bseat`',
      outcome: 'refused',
      why: 'exclusive (section 3.2.1)',
      change: (r) => Object.assign(r, { wseat: ['a'], bseat: ['b'] }),
    },
  ]),
  ...cases('Ids and impressions', [
    {
      sent: '`id:42`, also of impressions and deals',
      outcome: 'repaired',
      why: 'the same text comes back',
      change: (r) => {
        r.id = 42;
      },
      sees: (r) => r.id === '42',
    },
    {
      sent: 'an id past 2^53 as a number',
      outcome: 'refused',
      why: 'JSON has rounded it, so it could not be given back',
      change: (r) => {
        r.id = 2 ** 60;
      },
    },
    {
      sent: 'any other id or text past 2^53 as a number (`user.id`, `segment.id`, `tagid`)',
      outcome: 'ignored',
      why: 'rounded too: two people would be taken for one',
      change: (r) => {
        r.user.id = 2 ** 60;
      },
      sees: (r) => r.user.id === '',
    },
    {
      sent: 'whole numbers past 2^53 in `ext`',
      outcome: 'read',
      why: 'nothing gives them back, and no targeting finds them equal to anything',
      change: (r) => Object.assign(r, { ext: { auction: 2 ** 60 } }),
    },
    {
      sent: 'an entry of `imp` that is no object',
      outcome: 'refused',
      why: 'nobody knows what is offered',
      change: (r) => r.imp.push(null),
    },
    {
      sent: 'an id missing, empty, an object, or longer than 1,024',
      outcome: 'refused',
      why: 'nothing could be answered',
      change: (r) => {
        r.imp[0].id = '';
      },
    },
    {
      sent: 'an id of an impression twice, also as `1` and `"1"`',
      outcome: 'refused',
      why: 'nobody could match the bids',
      change: (r) => r.imp.push({ id: 1, banner: {} }),
    },
    {
      sent: '`imp` missing, empty, not a list, or of more than 100',
      outcome: 'refused',
      why: 'required; the bound protects the deadline',
      change: (r) => {
        r.imp = r.imp[0];
      },
    },
    {
      sent: 'an impression without banner, video, audio and native',
      outcome: 'refused',
      why: 'required (section 3.1)',
      change: (r) => {
        delete r.imp[0].banner;
      },
    },
    {
      sent: '`video.mimes`, `audio.mimes`, `native.request`, `deal.id`, `metric.type`, `metric.value`, `qty.multiplier`, `sua` brand or a field of `source.schain` missing',
      outcome: 'refused',
      why: 'required inside their objects',
      change: video({ mimes: [] }),
    },
    {
      sent: 'a banner without any size',
      outcome: 'read',
      why: 'the size is not told',
      change: (r) => {
        r.imp[0].banner = {};
      },
      sees: (r) => r.impressions[0]?.banner?.sizes.length === 0,
    },
    {
      sent: 'a width or a height alone',
      outcome: 'read',
      why: 'the other side is open',
      change: (r) => {
        r.imp[0].banner = { w: 320 };
      },
      sees: (r) => r.impressions[0]?.banner?.range?.widthMax === 320,
    },
    {
      sent: '`wmin`, `wmax`, `hmin`, `hmax` of a banner without sizes',
      outcome: 'read',
      why: 'a range of sizes, before 2.6',
      change: (r) => {
        r.imp[0].banner = { wmin: 200, wmax: 300, hmin: 50, hmax: 100 };
      },
      sees: (r) => r.impressions[0]?.banner?.range?.heightMin === 50,
    },
    {
      sent: '`format` without a size or ratio in it, beside `w` and `h`',
      outcome: 'read',
      why: 'a list that names nothing leaves what stands beside it',
      change: (r) => {
        r.imp[0].banner.format = [{ ext: {} }];
      },
      sees: (r) => r.impressions[0]?.banner?.sizes[0]?.width === 300,
    },
    {
      sent: 'a width or height of 0',
      outcome: 'ignored',
      why: 'senders write 0 for unknown',
      change: (r) => {
        r.imp[0].banner = {
          format: [
            { w: 0, h: 0 },
            { w: 320, h: 50 },
          ],
        };
      },
      sees: (r) => r.impressions[0]?.banner?.sizes.length === 1,
    },
    {
      sent: 'a negative size, duration or bitrate',
      outcome: 'refused',
      why: 'there is none',
      change: (r) => {
        r.imp[0].banner.w = -300;
      },
    },
  ]),
  ...cases('Types', [
    {
      sent: '`w:"728"`, `secure:"1"`, `bidfloor:"0.45"`',
      outcome: 'repaired',
      why: 'a number in quotes is that number',
      change: (r) => Object.assign(r.imp[0], { secure: '1', bidfloor: '0.45' }),
      sees: (r) => r.impressions[0]?.secure === true && r.impressions[0].floorCpmMicros === 450_000,
    },
    {
      sent: '`secure:true`',
      outcome: 'repaired',
      why: 'true is 1',
      change: (r) => {
        r.imp[0].secure = true;
      },
      sees: (r) => r.impressions[0]?.secure === true,
    },
    {
      sent: '`tmax:933.33`',
      outcome: 'repaired',
      why: 'cut off: never later than told',
      change: (r) => {
        r.tmax = 933.33;
      },
      sees: (r) => r.tmaxMs === 933,
    },
    {
      sent: 'a whole number past 32 bits',
      outcome: 'repaired',
      why: 'brought to the largest; no field means more',
      change: video({ maxbitrate: 1e12 }),
      sees: (r) => r.impressions[0]?.video?.bitrateMax === 2_147_483_647,
    },
    {
      sent: 'a number where text belongs (`site.id:7`)',
      outcome: 'repaired',
      why: 'its digits',
      change: (r) => {
        r.site.id = 7;
      },
      sees: (r) => r.site?.id === '7',
    },
    {
      sent: 'one value where a list belongs (`cat:"IAB1"`, `api:2`)',
      outcome: 'repaired',
      why: 'a list of one',
      change: (r) => {
        r.site.cat = 'IAB1';
      },
      sees: (r) => r.site?.categories[0] === 'IAB1',
    },
    {
      sent: '`null` in a list',
      outcome: 'ignored',
      why: 'it says nothing',
      change: (r) => {
        r.site.cat = ['IAB1', null];
      },
      sees: (r) => r.site?.categories.length === 1,
    },
    {
      sent: '`video.protocol:2` or `[2]`',
      outcome: 'read',
      why: 'OpenRTB 2.0; `protocols` wins',
      change: video({ protocol: 2 }),
      sees: (r) => r.impressions[0]?.video?.protocols[0] === 2,
    },
    {
      sent: '`maxduration:0`, `maxbitrate:0`',
      outcome: 'read',
      why: 'zero would allow nothing; it stands for a limit that was not set',
      change: video({ maxduration: 0, maxbitrate: 0 }),
      sees: (r) => {
        const { durationSecondsMax, bitrateMax } = r.impressions[0]!.video!;
        return durationSecondsMax === undefined && bitrateMax === undefined;
      },
    },
    {
      sent: 'content types in capitals or with parameters (`VIDEO/MP4; codecs="avc1"`)',
      outcome: 'read',
      why: 'neither changes the type',
      change: video({ mimes: ['VIDEO/MP4; codecs="avc1"'] }),
      sees: (r) => r.impressions[0]?.video?.mimes[0] === 'video/mp4',
    },
    {
      sent: 'a companion as an object, or wrapped as in 2.0',
      outcome: 'repaired',
      why: 'both were written in earlier versions',
      change: video({ companionad: { banner: [{ w: 300, h: 250 }] } }),
      sees: (r) => r.impressions[0]?.video?.companions.length === 1,
    },
    {
      sent: 'keywords as a list',
      outcome: 'read',
      why: 'the same words',
      change: (r) => {
        r.site.keywords = ['A', 'b'];
      },
      sees: (r) => r.site?.keywords.join() === 'a,b',
    },
    {
      sent: 'a word where a decision needs a number (`at:"first"`, `bidfloor:"high"`)',
      outcome: 'refused',
      why: 'a floor or an auction type must not be guessed',
      change: (r) => {
        r.imp[0].bidfloor = 'high';
      },
    },
    {
      sent: 'a number past all numbers (`bidfloor:1e400`) where a decision reads it',
      outcome: 'refused',
      why: 'JSON makes infinity of it',
      change: nothing,
      rewrite: (text) => text.replace('"bidfloor":0.5', '"bidfloor":1e400'),
    },
    {
      sent: 'no object where one belongs (`device:"x"`, `imp.ext:"x"`)',
      outcome: 'refused',
      why: 'what it should have said is lost, perhaps a refusal',
      change: (r) => {
        r.device = 'x';
      },
    },
    {
      sent: 'text longer than 16,384',
      outcome: 'ignored',
      why: 'no field needs it',
      change: (r) => {
        r.site.name = 'x'.repeat(20_000);
      },
      sees: (r) => r.site?.name === '',
    },
  ]),
  ...cases('Money and time', [
    {
      sent: 'a negative floor',
      outcome: 'repaired',
      why: 'no floor',
      change: (r) => {
        r.imp[0].bidfloor = -1;
      },
      sees: (r) => r.impressions[0]?.floorCpmMicros === 0,
    },
    {
      sent: 'an entry of `durfloors` without `bidfloor`',
      outcome: 'ignored',
      why: 'as a floor of 0 it would undercut the impression’s',
      change: video({ durfloors: [{ mindur: 1, maxdur: 9, bidfloor: 2 }, { mindur: 10 }] }),
      sees: (r) => r.impressions[0]?.video?.durationFloors.length === 1,
    },
    {
      sent: '`deal.bidfloorcur` missing',
      outcome: 'read',
      why: 'USD; it does not inherit (section 7.11)',
      change: (r) => Object.assign(r.imp[0], { bidfloorcur: 'EUR', pmp: { deals: [{ id: 'd' }] } }),
      sees: (r) => r.impressions[0]?.deals[0]?.floorCurrency === 'USD',
    },
    {
      sent: '`at:0`',
      outcome: 'read',
      why: 'the default, second price plus',
      change: (r) => {
        r.at = 0;
      },
      sees: (r) => r.auctionType === 2,
    },
    {
      sent: '`tmax:0`',
      outcome: 'read',
      why: 'not told',
      change: (r) => {
        r.tmax = 0;
      },
      sees: (r) => r.tmaxMs === undefined,
    },
    {
      sent: 'a negative `tmax` or `at`',
      outcome: 'refused',
      why: 'there is none',
      change: (r) => {
        r.tmax = -2;
      },
    },
    {
      sent: '`metric` viewability of 72',
      outcome: 'repaired',
      why: 'a percentage',
      change: (r) => {
        r.imp[0].metric = [{ type: 'viewability', value: 72 }];
      },
      sees: (r) => r.impressions[0]?.viewability === 0.72,
    },
    {
      sent: '`qty.multiplier` of 0 or less',
      outcome: 'refused',
      why: 'it multiplies what is paid',
      change: (r) => {
        r.imp[0].qty = { multiplier: 0 };
      },
    },
  ]),
  ...cases('Places that moved', [
    {
      sent: '`regs.ext.gdpr`, `.us_privacy`, `.gpp`, `.gpp_sid`, `user.ext.consent`, `.eids`, `source.ext.schain`',
      outcome: 'read',
      why: 'the 2.5 place; where the 2.6 place says anything, it wins',
      change: (r) => {
        r.regs = { us_privacy: '1YNN', ext: { gdpr: 0, us_privacy: '1YYN' } };
      },
      sees: (r) => r.regulations.gdpr === 0 && r.regulations.usPrivacy === '1YNN',
    },
    {
      sent: '`source.ext.schain` or `ext.schain` that lacks a field',
      outcome: 'ignored',
      why: 'an extension then; the request stands without a chain',
      change: (r) => {
        r.source = { ext: { schain: { nodes: [] } } };
      },
      sees: (r) => r.supplyChain === undefined,
    },
    {
      sent: '`imp.ext.rewarded`, `.rwdd`, `.is_rewarded_inventory`, `video.ext.rewarded`',
      outcome: 'read',
      why: 'before `imp.rwdd`',
      change: (r) => {
        r.imp[0].ext = { rewarded: 1 };
      },
      sees: (r) => r.impressions[0]?.rewarded === true,
    },
    {
      sent: '`video.placement` without `plcmt`',
      outcome: 'ignored',
      why: 'its numbers meant other things',
      change: video({ placement: 1 }),
      sees: (r) => r.impressions[0]?.video?.placement === undefined,
    },
  ]),
  ...cases('Native', [
    {
      sent: 'markup as an object',
      outcome: 'repaired',
      why: 'seen from several exchanges',
      change: native({ ver: '1.2', assets }),
      sees: (r) => r.impressions[0]?.native?.assets.length === 1,
    },
    {
      sent: 'markup wrapped in `{"native":{…}}`',
      outcome: 'read',
      why: 'Native 1.0; the answer is wrapped too',
      change: native(JSON.stringify({ native: { assets } })),
      sees: (r) => r.impressions[0]?.native?.wrapped === true,
    },
    {
      sent: 'a string in a string',
      outcome: 'repaired',
      why: 'encoded twice',
      change: native(JSON.stringify(JSON.stringify({ assets }))),
      sees: (r) => r.impressions[0]?.native?.assets.length === 1,
    },
    {
      sent: 'markup with one closing brace too many',
      outcome: 'repaired',
      why: 'wrapped by hand; what stands before it is whole',
      change: native(`${JSON.stringify({ assets })}}`),
      sees: (r) => r.impressions[0]?.native?.assets.length === 1,
    },
    {
      sent: 'markup with no assets, as a layout alone',
      outcome: 'repaired',
      why: 'the publisher knows what its layout shows; link and trackers are answered',
      change: native('{"ver":"1.0","layout":2}'),
      sees: (r) => r.impressions[0]?.native?.assets.length === 0,
    },
    {
      sent: 'markup that is no JSON, or requires an asset that cannot be read or has no id',
      outcome: 'ignored',
      why: 'OpenRTB asks only that `request` is there; other media can be bid on',
      change: native('{"assets":[ ... ]}'),
      sees: (r) => r.impressions[0]?.native === undefined,
    },
    {
      sent: 'an optional asset that cannot be read',
      outcome: 'ignored',
      why: 'it need not be answered',
      change: native(JSON.stringify({ assets: [...assets, { id: 2, data: {} }] })),
      sees: (r) => r.impressions[0]?.native?.assets.length === 1,
    },
    {
      sent: 'a title without `len`',
      outcome: 'repaired',
      why: 'taken to be 25, the shortest advised',
      change: native(
        JSON.stringify({
          assets: [
            { id: 1, title: {}, required: 0 },
            { id: 2, title: { text: 'x' } },
          ],
        }),
      ),
      sees: (r) => {
        const [asset] = r.impressions[0]?.native?.assets ?? [];
        return asset?.kind === 'title' && asset.lengthMax === 25;
      },
    },
  ]),
  ...cases('Device and place', [
    {
      sent: '`ifa` of zeros, or of a screen in a public place',
      outcome: 'ignored',
      why: 'it names no person',
      change: (r) => {
        r.device.ifa = '00000000-0000-0000-0000-000000000000';
      },
      sees: (r) => r.device.advertisingId === '',
    },
    {
      sent: 'coordinates off the globe, or 0, 0',
      outcome: 'ignored',
      why: 'written by senders that do not know',
      change: (r) => {
        r.device.geo = { lat: 0, lon: 0 };
      },
      sees: (r) => r.device.geo.latitude === undefined,
    },
    {
      sent: '`geo.region:"US-CA"`',
      outcome: 'read',
      why: 'the part after the country',
      change: (r) => {
        r.device.geo = { region: 'US-CA' };
      },
      sees: (r) => r.device.geo.region === 'CA',
    },
    {
      sent: '`site.domain` missing',
      outcome: 'read',
      why: 'taken from the page',
      change: (r) => {
        r.site = { page: 'https://Blog.A.example/x' };
      },
      sees: (r) => r.site?.domain === 'blog.a.example',
    },
  ]),
  ...cases('Privacy', [
    {
      sent: '`gdpr:2`, `coppa:"x"`, `lmt:"x"`, `dnt:"x"`',
      outcome: 'closed',
      why: 'a protection that cannot be read counts as raised',
      change: (r) => {
        r.device.lmt = 'x';
      },
      sees: (r) => r.device.limitTracking,
    },
    {
      sent: 'a consent, `us_privacy` or `gpp` that is no text or cannot be decoded',
      outcome: 'closed',
      why: 'unknown is not permission',
      change: (r) => {
        r.regs = { us_privacy: 7 };
      },
    },
    {
      sent: 'a GPP section that is not in the string, or that no rule here knows',
      outcome: 'closed',
      why: 'unknown is not permission',
      change: (r) => {
        r.regs = { gpp: 'DBABLA~CAAAAAAAAABA.QA', gpp_sid: [7, 9] };
      },
    },
    {
      sent: '`regs` or its `ext`, or `user.ext`, not an object',
      outcome: 'refused',
      why: 'a signal may be lost in it',
      change: (r) => {
        r.regs = { ext: 'x' };
      },
    },
  ]),
];

/** What became of a row: the outcome it claims, or what was seen instead. */
export function outcomeOf(row: ToleranceCase): string {
  const draft = soundRequest();
  row.change(draft);
  const text = JSON.stringify(draft);
  const decoded = openrtbJson.decode(Buffer.from(row.rewrite?.(text) ?? text));
  if (!decoded.ok) return 'refused';
  if (row.sees && !row.sees(decoded.request)) return 'read, and not as the row says';
  const isWarned = decoded.warnings.length > 0;
  if (row.outcome === 'ignored') return 'ignored';
  if (!readPermits(decoded.request, { signalMissing: 'deny' }).identity) return 'closed';
  return isWarned ? 'repaired' : 'read';
}

/** The page for people. */
export function tolerancePage(): string {
  const rows: readonly Omit<ToleranceCase, 'change'>[] = [...TRANSPORT, ...TOLERANCE];
  const groups = [...new Set(rows.map((row) => row.group))];
  return `${[
    '# What we accept in a bid request',
    '',
    'Written from `test/openrtb/tolerance-cases.ts` and `transport-cases.ts`, whose rows are also run as tests;',
    '`node test/openrtb/tolerance-page.ts` writes it anew.',
    '',
    'Three rules explain the table. What can mean only one thing is repaired. What a decision needs and cannot be read is',
    'refused with 400, for a guess could cost money. What protects a person and cannot be read counts as raised.',
    '',
    '- **read**: as good as the standard form. **repaired**: read, with a warning in the decision trace.',
    '- **ignored**: that part is left out. **closed**: bid on without knowing the person. **refused**: HTTP 400.',
    ...groups.flatMap((group) => [
      '',
      `## ${group}`,
      '',
      '| sent | becomes | why |',
      '| --- | --- | --- |',
      ...rows
        .filter((row) => row.group === group)
        .map((row) => `| ${row.sent} | ${row.outcome} | ${row.why} |`),
    ]),
  ].join('\n')}\n`;
}
