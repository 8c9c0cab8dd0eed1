/**
 * Settings that are allowed but have no effect, or surely not the one that was meant. Each lint is a function from the
 * book to warnings; the file is one thing: their list.
 */
import { zoneNamed } from '../core/zone.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import { readNative } from '../openrtb/native.ts';
import { Notes } from '../openrtb/read/notes.ts';
import { partsOf } from './audience/kinds.ts';
import { addressesOf } from './book.ts';
import type { Book, Budget, Campaign, LineItem } from './campaign.ts';
import type { Creative } from './creative.ts';
import { deadCaps } from './dead-caps.ts';
import type { FeedRow } from './dynamic/feed.ts';
import { lintDynamic } from './dynamic/lint.ts';
import type { Issue, Path } from './issue.ts';
import { warning } from './issue.ts';
import { lintBanner } from './lint-banner.ts';
import { lintNative } from './lint-native.ts';
import { lintTimed } from './lint-timed.ts';
import { isUnfit } from './rule-fit.ts';
import { namesIn } from './rule-names.ts';
import type { FrequencyCap } from './words.ts';

/** A book by id, as the lints look at it. */
interface Sight {
  readonly book: Book;
  readonly exchanges: readonly ExchangeProfile[];
  readonly nowMs: number;
  /** Rows in stock, by creative; where absent feeds were not read. */
  readonly feeds: ReadonlyMap<string, readonly FeedRow[]>;
  readonly advertisers: ReadonlyMap<
    string,
    { readonly status: string; readonly frequencyCaps: readonly FrequencyCap[] }
  >;
  readonly campaigns: ReadonlyMap<string, Campaign>;
  readonly creatives: ReadonlyMap<string, Creative>;
}

type LineLint = (line: LineItem, path: Path, sight: Sight) => Issue[];

/** Warnings about a book in which everything is valid. Deterministic; today is the day of `nowMs` in each campaign's zone. */
export function lintBook(
  book: Book,
  exchanges: readonly ExchangeProfile[],
  nowMs: number,
  feeds: Sight['feeds'] = new Map(),
): Issue[] {
  const sight: Sight = {
    book,
    exchanges,
    nowMs,
    feeds,
    advertisers: byId(book.advertisers),
    campaigns: byId(book.campaigns),
    creatives: byId(book.creatives),
  };
  const alive = (object: { readonly status: string }): boolean => object.status !== 'archived';
  return [
    ...lintRates(sight),
    ...lintExchanges(sight),
    ...lintUnused(sight),
    ...book.campaigns.flatMap((campaign, index) =>
      alive(campaign) ? lintCampaign(campaign, ['campaigns', index], sight) : [],
    ),
    ...book.lineItems.flatMap((line, index) =>
      alive(line) ? LINE_LINTS.flatMap((lint) => lint(line, ['lineItems', index], sight)) : [],
    ),
    ...book.creatives.flatMap((creative, index) =>
      alive(creative) ? lintCreative(creative, ['creatives', index], sight) : [],
    ),
    ...book.audiences.flatMap((audience, index) => {
      const expires = 'expires' in audience ? audience.expires : undefined;
      if (expires === undefined || expires >= today(book.account.timeZone, nowMs)) return [];
      return [
        warning(['audiences', index, 'expires'], 'expired_pack', 'is over', {
          value: expires,
          hint: 'Nobody is in an expired pack.',
        }),
      ];
    }),
    ...book.conversionActions.flatMap((action, index) => {
      if (action.clickWindowHours > 0 || action.viewWindowHours > 0) return [];
      const hint = 'No conversion will be credited to any click or impression.';
      return [
        warning(
          ['conversionActions', index, 'clickWindowHours'],
          'no_window',
          'and viewWindowHours are both 0',
          { hint },
        ),
      ];
    }),
  ];
}

function byId<Item extends { readonly id: string }>(items: readonly Item[]): ReadonlyMap<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

function today(zoneName: string, nowMs: number): string {
  return zoneNamed(zoneName).at(nowMs).day;
}

function zoneOf(campaign: Campaign | undefined, book: Book): string {
  return campaign?.timeZone ?? book.account.timeZone;
}

/** Currencies move by a percent or two in a week, which is more than a bid is worth. */
const RATES_DAYS_MAX = 7;
const DAY_MS = 86_400_000;

function lintRates({ book: { account }, nowMs }: Sight): Issue[] {
  if (!account.currencyRates) return [];
  const { asOf } = account.currencyRates;
  const days = Math.floor((nowMs - Date.parse(`${asOf}T00:00:00Z`)) / DAY_MS);
  if (days <= RATES_DAYS_MAX && days >= -1) return [];
  const found = days > RATES_DAYS_MAX ? `is ${days} days ago` : 'lies ahead';
  return [
    warning(['account', 'currencyRates', 'asOf'], 'rates_date', found, {
      value: asOf,
      hint: 'Bids and charges in other currencies are converted at these rates. Bring them up to date.',
    }),
  ];
}

function lintExchanges({ book, exchanges }: Sight): Issue[] {
  if (exchanges.length === 0) {
    return [
      warning(['exchanges'], 'no_exchange', 'are missing', {
        hint: 'Without an exchange nobody can send a request. Name its file under include.',
      }),
    ];
  }
  const { currency, currencyRates } = book.account;
  return exchanges.flatMap((exchange, index) => {
    const found: Issue[] = [];
    if (exchange.currency !== currency && currencyRates?.rates[exchange.currency] === undefined) {
      const hint = `Give its rate under account.currencyRates, or it is not bid in.`;
      found.push(
        warning(['exchanges', index, 'currency'], 'no_rate', 'has no rate', {
          value: exchange.currency,
          hint,
        }),
      );
    }
    for (const key of ['priceKeys', 'priceKeysOther', 'priceMaxAgeSeconds'] as const) {
      if (!exchange[key] || exchange.priceCodec === 'google-hmac-sha1') continue;
      found.push(
        warning(
          ['exchanges', index, key],
          'dead_setting',
          `is not used by priceCodec ${exchange.priceCodec}`,
          { onKey: true },
        ),
      );
    }
    const { nativeLayout } = exchange;
    if (nativeLayout && !readNative({ request: nativeLayout }, new Notes())) {
      found.push(
        warning(['exchanges', index, 'nativeLayout'], 'unreadable_layout', 'is no native markup request', {
          hint: 'Each asset needs an id and one of title, img, video and data.',
        }),
      );
    }
    if (exchange.holdSeconds && !exchange.sendsWinNotices && exchange.billing === 'win') {
      const hint = 'Say sendsWinNotices: true if the exchange calls nurl from its servers.';
      found.push(
        warning(
          ['exchanges', index, 'billing'],
          'win_without_notice',
          'is win, yet win notices are not said to come',
          { hint },
        ),
      );
    }
    return found;
  });
}

function lintUnused({ book }: Sight): Issue[] {
  const lines = book.lineItems.filter(({ status }) => status !== 'archived');
  const used = {
    creatives: new Set(lines.flatMap((line) => line.creatives.map(({ id }) => id))),
    audiences: new Set([
      ...lines.flatMap((line) => [
        ...line.audienceWeights.map(({ audience }) => audience),
        ...audiencesOf(line),
      ]),
      ...book.audiences.flatMap(partsOf),
    ]),
    campaigns: new Set(lines.map(({ campaignId }) => campaignId)),
    advertisers: new Set(book.campaigns.map(({ advertiserId }) => advertiserId)),
  };
  const hints = {
    creatives: 'No line item shows it.',
    audiences: 'No line item targets or weighs it, and no pack is made of it.',
    campaigns: 'It has no line items.',
    advertisers: 'It has no campaigns.',
  };
  const lists = ['creatives', 'audiences', 'campaigns', 'advertisers'] as const;
  const unused = lists.flatMap((list) =>
    book[list].flatMap((object, index) => {
      const parked = 'status' in object && object.status !== 'active';
      return parked || used[list].has(object.id)
        ? []
        : [warning([list, index, 'id'], 'unused', 'is not used', { value: object.id, hint: hints[list] })];
    }),
  );
  const actions = book.conversionActions.flatMap((action, index) => {
    if (action.status !== 'active' || used.advertisers.has(action.advertiserId)) return [];
    return [
      warning(['conversionActions', index, 'id'], 'unused', 'is not used', {
        value: action.id,
        hint: 'Its advertiser has no campaigns.',
      }),
    ];
  });
  return [...unused, ...actions];
}

function audiencesOf(line: LineItem): string[] {
  return namesIn(line.targeting)
    .filter(({ list }) => list === 'audiences')
    .map(({ id }) => id);
}

function lintCampaign(campaign: Campaign, path: Path, sight: Sight): Issue[] {
  return [
    ...lintFlight(campaign.flight, zoneOf(campaign, sight.book), [...path, 'flight'], sight),
    ...lintBudget(campaign.budget, [...path, 'budget']),
    ...deadCaps([
      {
        caps: sight.advertisers.get(campaign.advertiserId)?.frequencyCaps ?? [],
        path: undefined,
        owner: `advertiser ${campaign.advertiserId}`,
      },
      { caps: campaign.frequencyCaps, path, owner: `campaign ${campaign.id}` },
    ]),
  ];
}

function lintFlight(flight: Campaign['flight'], zone: string, path: Path, { nowMs }: Sight): Issue[] {
  if (flight?.end === undefined || flight.end >= today(zone, nowMs)) return [];
  return [
    warning([...path, 'end'], 'flight_over', 'is in the past', {
      value: flight.end,
      hint: 'Nothing will be delivered.',
    }),
  ];
}

function lintBudget(budget: Budget | undefined, path: Path): Issue[] {
  if (!budget) return [];
  const found: Issue[] = [];
  const pairs = [
    ['dailyMicros', 'lifetimeMicros'],
    ['dailyImpressions', 'lifetimeImpressions'],
  ] as const;
  for (const [daily, lifetime] of pairs) {
    const [day, life] = [budget[daily], budget[lifetime]];
    for (const key of [daily, lifetime]) {
      if (budget[key] === 0)
        found.push(
          warning([...path, key], 'zero_budget', 'is 0', {
            value: 0,
            hint: 'Nothing will be delivered. Leave it out for no limit.',
          }),
        );
    }
    if (day === undefined || life === undefined || day <= life) continue;
    found.push(
      warning([...path, daily], 'daily_above_lifetime', `is above ${lifetime}, ${life}`, {
        value: day,
        hint: 'The daily limit has no effect.',
      }),
    );
  }
  return found;
}

/** Most that is paid for a thousand impressions; undefined where the buyer set no such price. */
function priceOf({ bid }: LineItem): { readonly key: string; readonly cpmMicros: number } | undefined {
  if (bid.strategy === 'fixed_cpm') return { key: 'priceCpmMicros', cpmMicros: bid.priceCpmMicros };
  return bid.maxCpmMicros === undefined ? undefined : { key: 'maxCpmMicros', cpmMicros: bid.maxCpmMicros };
}

/** Below a thousandth of a currency unit for a thousand impressions, units were taken for micros. */
const LEAST_LIKELY_CPM_MICROS = 1_000;

const LINE_LINTS: readonly LineLint[] = [
  (line, path, sight) =>
    lintFlight(
      line.flight,
      zoneOf(sight.campaigns.get(line.campaignId), sight.book),
      [...path, 'flight'],
      sight,
    ),
  (line, path) => lintBudget(line.budget, [...path, 'budget']),
  flightOutsideCampaign,
  budgetAboveCampaign,
  budgetAgainstPrice,
  unlikelyPrice,
  capsOfLine,
  parkedParent,
  creativesParked,
  creativesThatFit,
  deadRotation,
  deadDealChoice,
  excludedAgain,
];

function flightOutsideCampaign(line: LineItem, path: Path, { campaigns }: Sight): Issue[] {
  const flight = campaigns.get(line.campaignId)?.flight;
  const { start, end } = line.flight ?? {};
  const late = start !== undefined && flight?.end !== undefined && start > flight.end;
  const early = end !== undefined && flight?.start !== undefined && end < flight.start;
  if (!late && !early) return [];
  const hint = `The campaign runs ${flight?.start ?? '…'} to ${flight?.end ?? '…'}.`;
  return [
    warning([...path, 'flight'], 'flight_outside_campaign', 'has no day in common with its campaign’s', {
      hint,
    }),
  ];
}

function budgetAboveCampaign(line: LineItem, path: Path, { campaigns }: Sight): Issue[] {
  const whole = campaigns.get(line.campaignId)?.budget;
  const keys = ['lifetimeMicros', 'dailyMicros', 'lifetimeImpressions', 'dailyImpressions'] as const;
  return keys.flatMap((key) => {
    const [own, most] = [line.budget?.[key], whole?.[key]];
    if (own === undefined || most === undefined || own <= most) return [];
    return [
      warning([...path, 'budget', key], 'budget_above_campaign', `is above the campaign’s, ${most}`, {
        value: own,
        hint: 'The campaign’s limit is met first.',
      }),
    ];
  });
}

function budgetAgainstPrice(line: LineItem, path: Path, { campaigns }: Sight): Issue[] {
  const price = priceOf(line);
  if (!price) return [];
  const { key, cpmMicros } = price;
  const budgets = [
    { budget: line.budget, whose: 'its own' },
    { budget: campaigns.get(line.campaignId)?.budget, whose: 'its campaign’s' },
  ];
  const found = budgets.flatMap(({ budget, whose }) =>
    (['dailyMicros', 'lifetimeMicros'] as const).flatMap((limit) => {
      const most = budget?.[limit];
      if (most === undefined || most === 0 || cpmMicros <= most) return [];
      const few = Math.floor((most * 1000) / cpmMicros);
      const details = {
        value: cpmMicros,
        hint: `${whose === 'its own' ? 'Its own' : 'The campaign’s'} ${limit} is ${most}.`,
      };
      if (few < 1)
        return [
          warning(
            [...path, 'bid', key],
            'budget_below_one_bid',
            `costs more for one impression than ${whose} ${limit} allows`,
            details,
          ),
        ];
      return [
        warning(
          [...path, 'bid', key],
          'bid_above_budget',
          `is above ${whose} ${limit}, which pays for ${few} impressions`,
          details,
        ),
      ];
    }),
  );
  return found.slice(0, 1);
}

function unlikelyPrice(line: LineItem, path: Path): Issue[] {
  const price = priceOf(line);
  if (!price) return [];
  const { key, cpmMicros } = price;
  if (cpmMicros >= LEAST_LIKELY_CPM_MICROS) return [];
  const hint = `Micros are millionths: a CPM of ${cpmMicros} is written ${cpmMicros}e6.`;
  return [
    warning([...path, 'bid', key], 'unlikely_price', 'is less than a thousandth for a thousand impressions', {
      value: cpmMicros,
      hint,
    }),
  ];
}

function capsOfLine(line: LineItem, path: Path, { advertisers, campaigns }: Sight): Issue[] {
  const campaign = campaigns.get(line.campaignId);
  const above = [
    {
      caps: advertisers.get(campaign?.advertiserId ?? '')?.frequencyCaps ?? [],
      path: undefined,
      owner: `advertiser ${campaign?.advertiserId}`,
    },
    { caps: campaign?.frequencyCaps ?? [], path: undefined, owner: `campaign ${line.campaignId}` },
  ];
  const own = { caps: line.frequencyCaps, path, owner: `line item ${line.id}` };
  return [...deadCaps([...above, own]), ...deadGap(line, path)];
}

function deadGap(line: LineItem, path: Path): Issue[] {
  const once = line.frequencyCaps.find(
    (cap) =>
      cap.level === 'line_item' && cap.event === 'impression' && cap.window === 'lifetime' && cap.max === 1,
  );
  if (!once || line.minimumGapSeconds === 0) return [];
  return [
    warning([...path, 'minimumGapSeconds'], 'dead_setting', 'has no effect', {
      value: line.minimumGapSeconds,
      hint: 'Nobody sees this line item twice.',
    }),
  ];
}

function parkedParent(line: LineItem, path: Path, { advertisers, campaigns }: Sight): Issue[] {
  if (line.status !== 'active') return [];
  const campaign = campaigns.get(line.campaignId);
  const advertiser = advertisers.get(campaign?.advertiserId ?? '');
  const parked =
    campaign && campaign.status !== 'active'
      ? `campaign is ${campaign.status}`
      : advertiser && advertiser.status !== 'active'
        ? `advertiser is ${advertiser.status}`
        : '';
  if (parked === '') return [];
  return [
    warning([...path, 'campaignId'], 'parked_parent', `cannot deliver: its ${parked}`, {
      value: line.campaignId,
    }),
  ];
}

function creativesParked(line: LineItem, path: Path, { creatives, exchanges }: Sight): Issue[] {
  const own = line.creatives.map(({ id }) => creatives.get(id)).filter((creative) => creative !== undefined);
  const here = [...path, 'creatives'];
  if (own.every(({ status }) => status !== 'active'))
    return [
      warning(here, 'no_active_creative', 'are all paused or archived', { hint: 'Nothing can be shown.' }),
    ];
  if (line.rotation === 'weighted' && line.creatives.every(({ weight }) => weight === 0)) {
    return [warning(here, 'no_weight', 'all have weight 0', { hint: 'Nothing can be chosen.' })];
  }
  const rejected =
    exchanges.length > 0 &&
    own.every((creative) => exchanges.every(({ id }) => creative.approval[id] === 'rejected'));
  return rejected
    ? [
        warning(here, 'rejected_everywhere', 'are rejected by every exchange', {
          hint: 'Nothing can be shown.',
        }),
      ]
    : [];
}

function creativesThatFit(line: LineItem, path: Path, { creatives }: Sight): Issue[] {
  return line.creatives.flatMap(({ id }, at) => {
    const creative = creatives.get(id);
    if (creative?.status !== 'active') return [];
    const here = [...path, 'creatives', at, 'id'];
    const unfit = isUnfit(creative, line.targeting);
    if (unfit === 'format') {
      return [
        warning(here, 'unfit_creative', `is ${creative.format}, which the targeting leaves out`, {
          value: id,
          hint: 'It is never shown by this line item.',
        }),
      ];
    }
    if (unfit === undefined || creative.format !== 'banner') return [];
    const hint = `It renders in ${creative.sizes.map(({ width, height }) => `${width}x${height}`).join(', ')}.`;
    return [warning(here, 'unfit_creative', 'has none of the targeted sizes', { value: id, hint })];
  });
}

function deadRotation(line: LineItem, path: Path, { creatives }: Sight): Issue[] {
  const found: Issue[] = [];
  // It chooses among the elements of a template as well.
  const isTemplate = line.creatives.some(({ id }) => creatives.get(id)?.dynamic);
  if (line.creatives.length === 1 && line.rotation !== 'even' && !isTemplate) {
    found.push(
      warning([...path, 'rotation'], 'dead_setting', 'has no effect on a single creative', {
        value: line.rotation,
      }),
    );
  }
  if (line.rotation !== 'weighted' && line.creatives.some(({ weight }) => weight !== 1)) {
    const hint = 'Weights count under rotation: weighted alone.';
    found.push(
      warning(
        [...path, 'creatives'],
        'dead_setting',
        `have weights that rotation ${line.rotation} does not look at`,
        { hint },
      ),
    );
  }
  return found;
}

function deadDealChoice(line: LineItem, path: Path): Issue[] {
  const { include, require } = line.targeting.deal ?? {};
  if (!line.anyDeal || (!include && !require)) return [];
  const hint = 'Its targeting names the deals that it buys under.';
  return [warning([...path, 'anyDeal'], 'dead_setting', 'has no effect', { value: true, hint })];
}

/** A value that a rule both includes and excludes is excluded; where that leaves nothing, nothing is ever delivered. */
function excludedAgain(line: LineItem, path: Path): Issue[] {
  return Object.entries(line.targeting ?? {}).flatMap(([dimension, rule]) => {
    const { include, exclude } = (typeof rule === 'object' && rule !== null ? rule : {}) as {
      include?: unknown;
      exclude?: unknown;
    };
    if (!Array.isArray(include) || !Array.isArray(exclude) || include.length === 0) return [];
    const out = new Set(exclude.map((value) => JSON.stringify(value)));
    const left = include.filter((value) => !out.has(JSON.stringify(value)));
    if (left.length === include.length) return [];
    const here = [...path, 'targeting', dimension, 'exclude'];
    if (left.length > 0)
      return [warning(here, 'included_and_excluded', 'takes back a part of what is included')];
    return [
      warning(here, 'excludes_all', 'takes back all that is included', {
        hint: 'The line item can never deliver.',
      }),
    ];
  });
}

function lintCreative(creative: Creative, path: Path, { book, feeds }: Sight): Issue[] {
  const found = addressesOf(creative)
    .filter(
      ([address, at]) => address.startsWith('http:') && at[0] !== 'landingPage' && at[0] !== 'previewUrl',
    )
    .map(([address, at]) =>
      warning([...path, ...at], 'insecure_asset', 'is not https', {
        value: address,
        hint: 'Most placements refuse it.',
      }),
    );
  const home = book.advertisers.find(({ id }) => id === creative.advertiserId);
  found.push(
    ...deadCaps([
      { caps: home?.frequencyCaps ?? [], path: undefined, owner: `advertiser ${creative.advertiserId}` },
      { caps: creative.frequencyCaps, path, owner: `creative ${creative.id}` },
    ]),
  );
  found.push(...lintDynamic(creative, feeds.get(creative.id), path));
  if (creative.format === 'banner') found.push(...lintBanner(creative, path));
  if (creative.format === 'native') found.push(...lintNative(creative, path));
  if (creative.format === 'video' || creative.format === 'audio') found.push(...lintTimed(creative, path));
  return found;
}
