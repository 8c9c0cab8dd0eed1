/**
 * Our counts against the exchange's, day by day of its own zone, and why they differ: each cause that could be is worked out on our hourly
 * sums, and told with the part of the difference that goes when it is taken into account. This file is one thing: the list of causes.
 *
 * Example: a report of Berlin days that was sent as one of UTC differs day by day and hardly in sum; moved to Berlin's midnights our sums agree,
 * and `time_zone` explains nearly all.
 */
import { zoneNamed } from '../../core/zone.ts';
import type { TheirDay } from './figures.ts';

export const CAUSE_KINDS = [
  'time_zone',
  'late_notices',
  'currency',
  'price_unit',
  'price_share',
  'missing_notices',
  'missing_hours',
  'counting',
  'flagged_prices',
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface Cause {
  readonly kind: CauseKind;
  /** Part of the difference that goes with it, 0..1. */
  readonly explains: number;
  readonly message: string;
  readonly remedy: string;
}

/** What one exchange told, as it is kept. */
export interface TheirFigures {
  readonly exchangeId: string;
  readonly timeZone: string;
  readonly currency: string;
  /** A difference up to this share is usual. */
  readonly threshold: number;
  readonly takenMs: number;
  readonly days: readonly TheirDay[];
}

/** Sums of one exchange in one hour, spend in the account's currency. */
export interface HourSums {
  readonly hourMs: number;
  readonly wins: number;
  readonly billings: number;
  readonly impressions: number;
  readonly spendMicros: number;
  readonly flagged: number;
}

export interface CompareFacts {
  /** In order. */
  readonly hours: readonly HourSums[];
  readonly nowMs: number;
  /** The notice that is charged, of the exchange's profile. */
  readonly billing: 'burl' | 'impression' | 'win';
  readonly accountZone: string;
  /** Account currency for one unit of each that has a rate, in millionths; that of the report must be among them. */
  readonly ratesMicros: ReadonlyMap<string, number>;
}

/** A report, and what it takes to compare it. */
export interface TheirReport {
  readonly figures: TheirFigures;
  readonly facts: Omit<CompareFacts, 'hours' | 'nowMs'>;
}

export interface Figures {
  readonly impressions: number;
  /** Of the account's currency. */
  readonly spendMicros: number;
}

export interface ComparedDay {
  readonly day: string;
  readonly ours: Figures;
  readonly theirs: Figures;
  /** Ours less theirs, as a share of theirs; absent where they have none. */
  readonly impressionsOff?: number;
  readonly spendOff?: number;
  readonly isOver: boolean;
  /** The day is not over in their zone, or had not been when they told of it: it is shown and left out of the sums. */
  readonly isOpen: boolean;
}

export interface Comparison {
  readonly exchangeId: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly threshold: number;
  readonly takenMs: number;
  readonly days: readonly ComparedDay[];
  readonly total: Omit<ComparedDay, 'day' | 'isOpen'>;
  /** The sums, or a day of them, differ by more than the threshold. */
  readonly isOver: boolean;
  /** What explains most, first. */
  readonly causes: readonly Cause[];
}

const HOUR_MS = 3_600_000;
/** Less than this explains nothing. */
const EXPLAINS_MIN = 0.5;
/** Fewer days fit any shift of hours, and any constant. */
const DAYS_MIN = 3;
/** Rates have a date, and exchanges another one. */
const RATE_TOLERANCE = 0.03;
/** The latest tell enough, and what is worked out holds up a process that bids. */
const CAUSE_DAYS_MAX = 31;
const TYPICAL_HOUR_MIN = 20;
const SHOWN_BY_NOTICES = 0.8;
/** Zones that reports of exchanges are usually in; the others follow by their distance from UTC. */
const USUAL_ZONES = [
  'UTC',
  'America/New_York',
  'America/Los_Angeles',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Moscow',
  'Asia/Kolkata',
  'Asia/Shanghai',
  'Asia/Tokyo',
];

export function compareFigures(theirs: TheirFigures, facts: CompareFacts): Comparison {
  const rate = (facts.ratesMicros.get(theirs.currency) ?? 0) / 1_000_000;
  const zone = zoneNamed(theirs.timeZone);
  const whole = theirs.days.map(({ day, impressions, spendMicros }) => {
    const { startMs, endMs } = zone.bounds(day);
    const told = { impressions, spendMicros: Math.round(spendMicros * rate) };
    const isOpen = endMs > Math.min(facts.nowMs, theirs.takenMs);
    return { day, isOpen, told, own: sumsIn(facts.hours, startMs, endMs) };
  });
  const closed = whole.filter(({ isOpen }) => !isOpen);
  const { threshold } = theirs;
  const days = whole.map(({ day, isOpen, told, own }) => {
    const compared = offOf(figuresOf(own, facts), told, threshold);
    return { day, isOpen, ...compared, isOver: compared.isOver && !isOpen };
  });
  const total = offOf(
    added(closed.map(({ own }) => figuresOf(own, facts))),
    added(closed.map(({ told }) => told)),
    threshold,
  );
  const isOver = total.isOver || days.some((day) => day.isOver);
  const causes = isOver ? causesOf(closed.slice(-CAUSE_DAYS_MAX), theirs, facts, rate) : [];
  const { exchangeId, timeZone, currency, takenMs } = theirs;
  return { exchangeId, timeZone, currency, threshold, takenMs, days, total, isOver, causes };
}

type Sums = Omit<HourSums, 'hourMs'>;
interface Day {
  readonly day: string;
  readonly told: Figures;
  readonly own: Sums;
}

/** What is billed is what both count. */
function figuresOf(
  { wins, impressions, spendMicros }: Sums,
  { billing }: Pick<CompareFacts, 'billing'>,
): Figures {
  return { impressions: billing === 'win' ? wins : impressions, spendMicros };
}

function offOf(ours: Figures, theirs: Figures, threshold: number): Omit<ComparedDay, 'day' | 'isOpen'> {
  const off = (name: keyof Figures) => (theirs[name] > 0 ? ours[name] / theirs[name] - 1 : undefined);
  const [impressionsOff, spendOff] = [off('impressions'), off('spendMicros')];
  const isOver = (['impressions', 'spendMicros'] as const).some(
    (name) =>
      Math.abs(ours[name] - theirs[name]) >
      threshold * Math.max(theirs[name], name === 'impressions' ? 1 : 0),
  );
  return {
    ours,
    theirs,
    ...(impressionsOff === undefined ? {} : { impressionsOff }),
    ...(spendOff === undefined ? {} : { spendOff }),
    isOver,
  };
}

function added(figures: readonly Figures[]): Figures {
  return {
    impressions: figures.reduce((sum, { impressions }) => sum + impressions, 0),
    spendMicros: figures.reduce((sum, { spendMicros }) => sum + spendMicros, 0),
  };
}

/** An hour that a zone's midnight divides falls to both days by its minutes. `hours` are in order. */
function sumsIn(hours: readonly HourSums[], startMs: number, endMs: number): Sums {
  const sums = { wins: 0, billings: 0, impressions: 0, spendMicros: 0, flagged: 0 };
  for (let place = firstFrom(hours, startMs - HOUR_MS); place < hours.length; place++) {
    const hour = hours[place]!;
    if (hour.hourMs >= endMs) break;
    const part = (Math.min(endMs, hour.hourMs + HOUR_MS) - Math.max(startMs, hour.hourMs)) / HOUR_MS;
    if (part <= 0) continue;
    sums.wins += part * hour.wins;
    sums.billings += part * hour.billings;
    sums.impressions += part * hour.impressions;
    sums.spendMicros += part * hour.spendMicros;
    sums.flagged += part * hour.flagged;
  }
  return {
    wins: Math.round(sums.wins),
    billings: Math.round(sums.billings),
    impressions: Math.round(sums.impressions),
    spendMicros: Math.round(sums.spendMicros),
    flagged: Math.round(sums.flagged),
  };
}

const NOTHING_HERE: Cause = {
  kind: 'missing_notices',
  explains: 1,
  message: 'Nothing of it was told here: there is no notice of this exchange in these days.',
  remedy:
    'Look whether the report is of our seat and of this exchange, and whether its notices reach `publicUrl`.',
};

/** Place of the first that begins then or later. */
function firstFrom(hours: readonly HourSums[], atMs: number): number {
  let [low, high] = [0, hours.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hours[middle]!.hourMs < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Found {
  readonly error: number;
  readonly cause: Omit<Cause, 'explains'>;
}

/** Money that is counted in something else is put right first, for it hides whatever else there may be. */
function causesOf(
  days: readonly Day[],
  theirs: TheirFigures,
  facts: CompareFacts,
  rate: number,
): readonly Cause[] {
  const errorOf = (own: readonly Figures[], told: readonly Figures[]): number =>
    apart(own, told, 'impressions') + apart(own, told, 'spendMicros');
  const own = days.map((day) => figuresOf(day.own, facts));
  const told = days.map((day) => day.told);
  const before = errorOf(own, told);
  if (!(before > 0)) return [];
  if (sumOf(own, 'impressions') === 0 && sumOf(own, 'spendMicros') === 0) return [NOTHING_HERE];
  // What notices themselves show to be missing is not taken for a fee.
  const isShown = uncounted(days, own, facts, (corrected, cause) => ({
    error: errorOf(corrected, told),
    cause,
  })).some(({ error }) => error <= (1 - SHOWN_BY_NOTICES) * before);
  const scale = isShown ? undefined : scaleOfMoney(own, told, theirs, facts, rate);
  const scaled = scale ? told.map((day) => ({ ...day, spendMicros: day.spendMicros * scale.factor })) : told;
  const between = errorOf(own, scaled);
  const judged = (corrected: readonly Figures[], cause: Omit<Cause, 'explains'>): Found => ({
    error: errorOf(corrected, scaled),
    cause,
  });
  const found = [
    ...inOtherZones(days, scaled, theirs, facts, judged),
    ...tooLate(own, scaled, errorOf),
    ...uncounted(days, own, facts, judged),
    ...missingHours(days, own, theirs, facts, judged),
    ...constantShares(own, scaled, theirs.threshold, judged),
  ]
    .map(({ error, cause }) => ({ ...cause, explains: Math.max(0, (between - error) / before) }))
    .filter(
      ({ explains }) =>
        explains >= EXPLAINS_MIN * (between / before) && explains * before > theirs.threshold / 4,
    )
    .sort((a, b) => b.explains - a.explains);
  const money = scale ? [{ ...scale.cause, explains: (before - between) / before }] : [];
  return [...money, ...found]
    .filter(({ explains }) => explains > 0)
    .sort((a, b) => b.explains - a.explains)
    .map((cause) => ({ ...cause, explains: Math.min(1, Math.round(1000 * cause.explains) / 1000) }));
}

function apart(own: readonly Figures[], told: readonly Figures[], name: keyof Figures): number {
  const all = told.reduce((sum, day) => sum + day[name], 0);
  if (!(all > 0)) return 0;
  return own.reduce((sum, day, place) => sum + Math.abs(day[name] - told[place]![name]), 0) / all;
}

function sumOf(figures: readonly Figures[], name: keyof Figures): number {
  return figures.reduce((sum, day) => sum + day[name], 0);
}

/** The same money in another currency or another unit, or a part of it. */
function scaleOfMoney(
  own: readonly Figures[],
  told: readonly Figures[],
  { currency, threshold }: TheirFigures,
  { ratesMicros }: CompareFacts,
  rate: number,
): { readonly factor: number; readonly cause: Omit<Cause, 'explains'> } | undefined {
  const [spent, said] = [sumOf(own, 'spendMicros'), sumOf(told, 'spendMicros')];
  const [shown, counted] = [sumOf(own, 'impressions'), sumOf(told, 'impressions')];
  if (!(spent > 0 && said > 0 && shown > 0 && counted > 0)) return undefined;
  // By the impression, so that impressions that are missing are not taken for money.
  const ratio = spent / shown / (said / counted);
  if (Math.abs(ratio - 1) <= threshold) return undefined;
  const unit = [1000, 1 / 1000, 100, 1 / 100, 1_000_000, 1 / 1_000_000].find((each) => isNear(ratio, each));
  if (unit !== undefined)
    return {
      factor: unit,
      cause: {
        kind: 'price_unit',
        message: `Our spend is ${unit > 1 ? unit : `1/${Math.round(1 / unit)}`} of theirs: one side counts for one impression what the other counts for a thousand, or in hundredths.`,
        remedy: 'Look at `priceUnit` and `quotes` of the exchange, and at the unit of its report.',
      },
    };
  for (const [code, micros] of ratesMicros) {
    const other = micros / 1_000_000;
    if (code === currency || !isNear(ratio, other / rate)) continue;
    return {
      factor: other / rate,
      cause: {
        kind: 'currency',
        message: `The amounts agree if they are ${code} and not ${currency}.`,
        remedy: `Send the report with currency=${code}, or correct the exchange’s \`currency\`.`,
      },
    };
  }
  const days = own.length;
  const even = own.every((day, place) => {
    const theirs = told[place]!;
    if (!(day.spendMicros > 0 && theirs.spendMicros > 0)) return false;
    const each = day.spendMicros / day.impressions / (theirs.spendMicros / theirs.impressions);
    return Math.abs(each / ratio - 1) <= threshold;
  });
  if (days < DAYS_MIN || !even) return undefined;
  const percent = Math.abs(100 * (1 - ratio)).toFixed(1);
  return {
    factor: ratio,
    cause: {
      kind: 'price_share',
      message: `For the same impressions they have ${percent} % ${ratio < 1 ? 'more' : 'less'} money, every day alike.`,
      remedy:
        ratio < 1
          ? 'The price that notices tell lacks a fee or a tax: ask what the report adds to it.'
          : 'The report leaves something out that notices tell: a fee of theirs, a discount, or invalid traffic paid back.',
    },
  };
}

function isNear(ratio: number, expected: number): boolean {
  return Math.abs(ratio / expected - 1) <= RATE_TOLERANCE;
}

type Judge = (corrected: readonly Figures[], cause: Omit<Cause, 'explains'>) => Found;

/** The one in which our hours make their days best; a well-known one before one that is only as far from UTC. */
function inOtherZones(
  days: readonly Day[],
  told: readonly Figures[],
  { timeZone }: TheirFigures,
  facts: CompareFacts,
  judged: Judge,
): Found[] {
  if (days.length < DAYS_MIN) return [];
  const declared = sumOf(told, 'impressions');
  if (declared === 0) return [];
  let best: Found | undefined;
  for (const { name, text, boundsOf } of zonesToTry(facts.accountZone)) {
    if (name === timeZone) continue;
    const moved = days.map(({ day }) => {
      const { startMs, endMs } = boundsOf(day);
      return figuresOf(sumsIn(facts.hours, startMs, endMs), facts);
    });
    const found = judged(moved, {
      kind: 'time_zone',
      message: `Their days are those of ${text}, not of ${timeZone}.`,
      remedy: `Send the report with time_zone=${name}.`,
    });
    if (!best || found.error < 0.98 * best.error) best = found;
  }
  return best ? [best] : [];
}

interface ZoneToTry {
  readonly name: string;
  readonly text: string;
  boundsOf(day: string): { readonly startMs: number; readonly endMs: number };
}

/** Those without a change of clocks are worked out without a calendar, for there are many. */
function zonesToTry(accountZone: string): readonly ZoneToTry[] {
  const named = [accountZone, ...USUAL_ZONES].map((name) => ({
    name,
    text: name,
    boundsOf: (day: string) => zoneNamed(name).bounds(day),
  }));
  const offsets = Array.from({ length: 27 }, (_, place) => 12 - place)
    .filter((west) => west !== 0)
    .map((west) => ({
      // The names of the tz database have their sign the other way round.
      name: `Etc/GMT${west > 0 ? '+' : ''}${west}`,
      text: `UTC${west > 0 ? '-' : '+'}${Math.abs(west)}`,
      boundsOf: (day: string) => {
        const startMs = Date.parse(`${day}T00:00Z`) + west * HOUR_MS;
        return { startMs, endMs: startMs + 24 * HOUR_MS };
      },
    }));
  return [...named, ...offsets];
}

/** A part of each day that was told on the next, by least squares. */
function tooLate(
  own: readonly Figures[],
  told: readonly Figures[],
  errorOf: (own: readonly Figures[], told: readonly Figures[]) => number,
): Found[] {
  if (own.length < DAYS_MIN) return [];
  let [product, square] = [0, 0];
  told.forEach((day, place) => {
    const step = day.impressions - (told[place - 1] ?? day).impressions;
    product += (day.impressions - own[place]!.impressions) * step;
    square += step * step;
  });
  const part = square > 0 ? product / square : 0;
  if (!(part > 0.002 && part <= 1)) return [];
  const slipped = told.map((day, place): Figures => {
    const before = told[place - 1] ?? day;
    return {
      impressions: day.impressions - part * (day.impressions - before.impressions),
      spendMicros: day.spendMicros - part * (day.spendMicros - before.spendMicros),
    };
  });
  return [
    {
      error: errorOf(own, slipped),
      cause: {
        kind: 'late_notices',
        message: `As if ${(100 * part).toFixed(1)} % of each day were told on the next.`,
        remedy:
          'We count by when notices come: ask for them sooner, or for the time of the showing in them (${AUCTION_IMP_TS}), which is counted by where it is filled in.',
      },
    },
  ];
}

/** Notices of one kind that came where those of another did not. */
function uncounted(
  days: readonly Day[],
  own: readonly Figures[],
  facts: CompareFacts,
  judged: Judge,
): Found[] {
  const sums = (name: keyof Sums): number => days.reduce((sum, day) => sum + day.own[name], 0);
  const found: Found[] = [];
  const [shown, billed, won, flagged] = [
    sums('impressions'),
    sums('billings'),
    sums('wins'),
    sums('flagged'),
  ];
  if (facts.billing === 'burl' && billed < shown && billed > 0)
    found.push(
      judged(
        days.map((day, place) => ({
          ...own[place]!,
          spendMicros:
            day.own.billings > 0
              ? (day.own.spendMicros * day.own.impressions) / day.own.billings
              : day.own.spendMicros,
        })),
        {
          kind: 'missing_notices',
          message: `${shown} were shown by our tracker and ${billed} told by billing notices: the others were not charged.`,
          remedy:
            'Ask for the notices that are missing (`burl`); look at their firewall, and at `bidder_http_requests_total` by code.',
        },
      ),
    );
  if (facts.billing !== 'win' && won > shown)
    found.push(
      judged(
        days.map((day, place) => ({
          impressions: day.own.wins,
          spendMicros:
            day.own.impressions > 0
              ? (own[place]!.spendMicros * day.own.wins) / day.own.impressions
              : own[place]!.spendMicros,
        })),
        {
          kind: 'counting',
          message: `Their count agrees with our ${won} wins, not with the ${shown} that were shown.`,
          remedy:
            'They bill wins (`billing: win` in the exchange’s profile), or notices of the showing do not arrive.',
        },
      ),
    );
  if (flagged > 0 && shown > 0)
    found.push(
      judged(
        days.map((day, place) => {
          const priced = Math.max(1, day.own.impressions - day.own.flagged);
          return { ...own[place]!, spendMicros: (day.own.spendMicros * (priced + day.own.flagged)) / priced };
        }),
        {
          kind: 'flagged_prices',
          message: `${flagged} notices came with a price that could not be read or believed.`,
          remedy:
            'Look at `bidder_notice_flags_total` by flag: keys, unit, or macros that are not filled in.',
        },
      ),
    );
  return found;
}

/** Hours in which we counted nothing, and usually do. */
function missingHours(
  days: readonly Day[],
  own: readonly Figures[],
  { timeZone }: TheirFigures,
  facts: CompareFacts,
  judged: Judge,
): Found[] {
  const zone = zoneNamed(timeZone);
  const byHour = new Map(facts.hours.map((hour) => [hour.hourMs, hour]));
  const usual = new Map<number, { impressions: number; spendMicros: number; hours: number }>();
  const first = Math.min(...byHour.keys());
  for (const [hourMs, hour] of byHour) {
    const figures = figuresOf(hour, facts);
    if (figures.impressions === 0) continue;
    const ofDay = (hourMs / HOUR_MS) % 24;
    const sums = usual.get(ofDay) ?? { impressions: 0, spendMicros: 0, hours: 0 };
    usual.set(ofDay, {
      impressions: sums.impressions + figures.impressions,
      spendMicros: sums.spendMicros + figures.spendMicros,
      hours: sums.hours + 1,
    });
  }
  const empty: number[] = [];
  const filled = days.map(({ day }, place): Figures => {
    let { impressions, spendMicros } = own[place]!;
    const { startMs, endMs } = zone.bounds(day);
    for (let hourMs = Math.ceil(startMs / HOUR_MS) * HOUR_MS; hourMs < endMs; hourMs += HOUR_MS) {
      const mean = usual.get((hourMs / HOUR_MS) % 24);
      const hour = byHour.get(hourMs);
      if (hourMs < first || !mean || mean.impressions / mean.hours < TYPICAL_HOUR_MIN) continue;
      if (hour && figuresOf(hour, facts).impressions > 0) continue;
      empty.push(hourMs);
      impressions += mean.impressions / mean.hours;
      spendMicros += mean.spendMicros / mean.hours;
    }
    return { impressions, spendMicros };
  });
  if (empty.length === 0) return [];
  const from = new Date(empty[0]!).toISOString().slice(0, 16);
  return [
    judged(filled, {
      kind: 'missing_hours',
      message: `Nothing was counted here in ${empty.length} hours that usually have something, the first at ${from}Z.`,
      remedy: 'Look whether notices could come in then: the log, `/readyz`, what stands in front.',
    }),
  ];
}

/** All of it less or more, every day alike. */
function constantShares(
  own: readonly Figures[],
  told: readonly Figures[],
  threshold: number,
  judged: Judge,
): Found[] {
  const [ours, theirs] = [sumOf(own, 'impressions'), sumOf(told, 'impressions')];
  if (own.length < DAYS_MIN || !(ours > 0 && theirs > 0)) return [];
  const ratio = ours / theirs;
  if (Math.abs(ratio - 1) <= threshold / 2) return [];
  const percent = Math.abs(100 * (1 - ratio)).toFixed(1);
  return [
    judged(
      own.map(({ impressions, spendMicros }) => ({
        impressions: impressions / ratio,
        spendMicros: spendMicros / ratio,
      })),
      ratio < 1
        ? {
            kind: 'missing_notices',
            message: `${percent} % of what they count was never told here, every day alike.`,
            remedy:
              'Ask for the notices that are missing; try the addresses from outside with `npx bidwright onboard`.',
          }
        : {
            kind: 'counting',
            message: `We count ${percent} % more than they bill, every day alike.`,
            remedy:
              'They leave invalid traffic out, or bill a later event than the one we charge by (`billing`).',
          },
    ),
  ];
}
