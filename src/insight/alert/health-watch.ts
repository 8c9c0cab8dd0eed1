/** What bids rest on: packs, estimates, beliefs about creatives, and time enough to answer. */
import type { CatalogLine } from '../../campaign/catalog.ts';
import { linesAsWritten } from '../../campaign/catalog.ts';
import { namesIn } from '../../campaign/rule-names.ts';
import { betaQuantile } from '../beta.ts';
import type { Alert, AlertSources } from './alert.ts';
import { about, HOUR_MS, hourOf, nameOf } from './alert.ts';

const DAY_MS = 24 * HOUR_MS;
/** An upload is told of when it is older; the others are worked out anew by themselves. */
const STALE_MS = 30 * DAY_MS;
const LATE_SHARE_MIN = 0.05;
const REQUESTS_MIN = 500;
const RESULTS_MIN = 30;
const CALIBRATION_Z = 4;
const CALIBRATED = [0.8, 1.25] as const;
const COLLAPSED_SHARE = 0.98;
const SHOWN_MIN = 1_000;

export function healthAlerts(sources: AlertSources): Alert[] {
  return [
    ...audiences(sources),
    ...calibration(sources),
    ...collapsed(sources),
    ...corrupt(sources),
    ...timeouts(sources),
  ];
}

/** Packs that an active line item goes by. */
function audiences({ catalog, nowMs, packs = [] }: AlertSources): Alert[] {
  const users = new Map<string, CatalogLine[]>();
  for (const line of linesAsWritten(catalog))
    for (const { list, id } of namesIn(line.lineItem.targeting))
      if (list === 'audiences') users.set(id, [...(users.get(id) ?? []), line]);
  return packs.flatMap((pack): Alert[] => {
    const lines = users.get(pack.id);
    if (!lines) return [];
    const who = lines.map(nameOf).slice(0, 3).join(', ');
    const isKnownById = pack.source !== 'exchange_segments' && pack.source !== 'tree';
    const facts = { confidence: 1, timesInMonth: 1, cause: `${who} go by it.` };
    if (isKnownById && pack.size === 0)
      return [
        {
          ...about('audience_empty', 'audience', pack.id, pack.createdMs),
          ...facts,
          message: `The pack ${pack.id} has nobody in it.`,
          remedy:
            pack.source === 'upload' ? 'Upload its list again; look at the ids’ form.' : 'Loosen its rule.',
        },
      ];
    const expired = pack.expiresMs !== undefined && pack.expiresMs <= nowMs;
    if (!expired && !(pack.source === 'upload' && nowMs - pack.createdMs > STALE_MS)) return [];
    return [
      {
        ...about(
          'audience_stale',
          'audience',
          pack.id,
          expired ? pack.expiresMs! : pack.createdMs + STALE_MS,
        ),
        ...facts,
        message: expired
          ? `The pack ${pack.id} has expired and matches nobody.`
          : `The list of ${pack.id} is ${Math.floor((nowMs - pack.createdMs) / DAY_MS)} days old.`,
        remedy: 'Upload a fresh list.',
      },
    ];
  });
}

/** What was expected of showings against what came, by line item; conversions still to come are not expected yet. */
function calibration({ catalog, nowMs, steered = [] }: AlertSources): Alert[] {
  return steered.flatMap(
    ({ lineItemId, results, expectedResults: inTheEnd, maturedShare, drifting }): Alert[] => {
      const expectedResults = inTheEnd * maturedShare;
      const line = catalog.lineById.get(lineItemId);
      const ratio = expectedResults > 0 ? results / expectedResults : 1;
      const z =
        expectedResults > 0 ? Math.abs(results - expectedResults) / Math.sqrt(1.3 * expectedResults) : 0;
      const isOff =
        expectedResults >= RESULTS_MIN &&
        z >= CALIBRATION_Z &&
        (ratio < CALIBRATED[0] || ratio > CALIBRATED[1]);
      if (!line || !isOff) return [];
      return [
        {
          ...about('calibration_off', 'line_item', lineItemId, nowMs - (nowMs % DAY_MS)),
          id: `calibration_off/${lineItemId}`,
          confidence: 1 - Math.exp((-z * z) / 2),
          message: `${nameOf(line)} brought ${results.toFixed(0)} results where ${expectedResults.toFixed(0)} were expected when it bid.`,
          cause: drifting
            ? 'Its conversion rate has moved of late.'
            : 'Its showings are not like those that were learned from.',
          remedy: 'The estimate follows by itself; bound the bid by maxCpmMicros until it has.',
          timesInMonth: 1,
        },
      ];
    },
  );
}

/** All on one creative while what is known of another does not rule it out. */
function collapsed({ catalog, nowMs, byCreative = [] }: AlertSources): Alert[] {
  const recent = byCreative.filter(({ key }) => hourOf(key.hour) > nowMs - DAY_MS);
  const lately = Map.groupBy(recent, ({ key }) => key.line_item ?? '');
  const ever = Map.groupBy(byCreative, ({ key }) => key.line_item ?? '');
  return linesAsWritten(catalog).flatMap((line): Alert[] => {
    const { rotation } = line.lineItem;
    if (
      rotation === 'even' ||
      rotation === 'weighted' ||
      rotation === 'sequential' ||
      line.creatives.length < 2
    )
      return [];
    const shown = countsBy(lately.get(line.lineItem.id) ?? []);
    const all = [...shown.values()].reduce((sum, { impressions }) => sum + impressions, 0);
    const [first] = [...shown].sort(([, a], [, b]) => b.impressions - a.impressions);
    if (!first || all < SHOWN_MIN || first[1].impressions < COLLAPSED_SHARE * all) return [];
    const known = countsBy(ever.get(line.lineItem.id) ?? []);
    const interval = (id: string): readonly [number, number] => {
      const { impressions = 0, clicks = 0 } = known.get(id) ?? {};
      const [a, b] = [clicks + 1, Math.max(0, impressions - clicks) + 1];
      return [betaQuantile(0.025, a, b), betaQuantile(0.975, a, b)];
    };
    const [low] = interval(first[0]);
    const possible = line.creatives.find(
      ({ creative }) =>
        creative.id !== first[0] &&
        interval(creative.id)[1] > low &&
        (known.get(creative.id)?.impressions ?? 0) < SHOWN_MIN,
    );
    if (!possible) return [];
    return [
      {
        ...about('posterior_collapsed', 'line_item', line.lineItem.id, nowMs - DAY_MS),
        id: `posterior_collapsed/${line.lineItem.id}`,
        confidence: 0.95,
        message: `${nameOf(line)} shows ${first[0]} alone, though ${possible.creative.id} may well be as good.`,
        cause: `${possible.creative.id} was shown ${known.get(possible.creative.id)?.impressions ?? 0} times in all: too seldom to be ruled out.`,
        causeKind: 'creative',
        remedy: 'Give it a least share (`shareMin`), or look whether it fits where the line item shows.',
        timesInMonth: 1,
      },
    ];
  });
}

function countsBy(rows: AlertSources['rows']): Map<string, { impressions: number; clicks: number }> {
  const sums = new Map<string, { impressions: number; clicks: number }>();
  for (const { key, impressions, clicks } of rows) {
    const id = key.creative ?? '';
    const own = sums.get(id) ?? { impressions: 0, clicks: 0 };
    sums.set(id, { impressions: own.impressions + impressions, clicks: own.clicks + clicks });
  }
  return sums;
}

function corrupt({ beliefsCorruptAtMs }: AlertSources): Alert[] {
  if (beliefsCorruptAtMs === undefined) return [];
  return [
    {
      ...about('beliefs_corrupt', 'account', 'account', beliefsCorruptAtMs),
      confidence: 1,
      message: 'What was saved of creatives was damaged; all of it was counted from the journal anew.',
      cause: 'The state file, or the disk below it.',
      remedy: 'Nothing is lost; look at the disk.',
      timesInMonth: 1,
    },
  ];
}

/** Requests that came with too little time, or whose decision took too long. */
function timeouts({ counts, nowMs }: AlertSources): Alert[] {
  const exchanges = Map.groupBy(
    counts.filter(({ exchangeId, lineItemId }) => exchangeId !== '' && lineItemId === ''),
    ({ exchangeId }) => exchangeId,
  );
  return [...exchanges].flatMap(([exchangeId, rows]): Alert[] => {
    const countOf = (name: string): number =>
      rows.filter((row) => row.name === name).reduce((sum, { count }) => sum + count, 0);
    const [requests, late, short] = [
      countOf('requests'),
      countOf('deadline_passed'),
      countOf('too_little_time'),
    ];
    if (requests < REQUESTS_MIN || late + short < LATE_SHARE_MIN * requests) return [];
    const hours = rows.filter(({ name }) => name === 'deadline_passed' || name === 'too_little_time');
    return [
      {
        ...about(
          'exchange_timeouts',
          'exchange',
          exchangeId,
          Math.min(...hours.map(({ hourMs }) => hourMs), nowMs),
        ),
        id: `exchange_timeouts/${exchangeId}`,
        confidence: 1,
        message: `${Math.round((100 * (late + short)) / requests)} % of the requests of ${exchangeId} could not be answered in time.`,
        cause:
          short > late
            ? 'They leave too little time (`tmax`).'
            : 'Deciding took too long here: load, or the store of people.',
        ...(short > late ? { causeKind: 'exchange' as const } : {}),
        remedy:
          short > late
            ? 'Ask the exchange for a longer tmax, or move nearer.'
            : 'Add workers, or look at the store.',
        timesInMonth: 1,
      },
    ];
  });
}
