// The judge and the strict reading of requests against payloads that nobody here wrote, where they are at
// hand. Most of those answers are fixtures of exchange software: the table is kept, but the markup is a
// placeholder and the request has other ids. So what they show is that the judge survives them, that its
// reading of the tables is the same as somebody else's, and, printed, what it says of them.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { DepartureCode } from './departure.ts';
import { ADVISORY_CODES } from './departure.ts';
import { judge } from './judge.ts';
import { requestDepartures } from './strict.ts';

interface Row {
  readonly id: string;
  readonly kind: 'valid' | 'invalid' | 'unlabelled';
  readonly request?: unknown;
  readonly response?: unknown;
  readonly in_reply_to?: string;
  readonly departures?: readonly string[];
}

const FOLDER = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url));
const FILES = {
  requests: 'openrtb-requests.dev.ndjson',
  invalid: 'openrtb-invalid-requests.dev.ndjson',
  responses: 'openrtb-responses.dev.ndjson',
};

/**
 * Why these answers depart, looked at case by case for each code. None of them was found to be sound: what
 * looks like an alarm for nothing is a fixture that never met the request it is filed under.
 */
const WHY: Readonly<Record<string, readonly DepartureCode[]>> = {
  'names of the fixture instead of those of the request': [
    'id_mismatch',
    'unknown_imp',
    'unknown_deal',
    'duplicate_bid_id',
    'repeated_bid',
    'bad_adomain',
    'deal_advertiser',
    'seat_not_allowed',
  ],
  'a word where markup or an address belongs, or markup cut down to what a test looks at': [
    'bad_vast',
    'vast_missing_element',
    'bad_media_file',
    'bad_native',
    'native_link',
    'native_required_asset',
    'native_unknown_asset',
    'native_asset_kind',
    'native_image_unsized',
    'native_image_size',
    'native_tracker_not_offered',
    'insecure_markup',
    'insecure_url',
    'bad_url',
    'missing_markup',
    'markup_mismatch',
    'unknown_macro',
  ],
  'bidders of older versions, whose answers an adapter completes before they go on': [
    'missing_adomain',
    'missing_crid',
    'missing_mtype',
    'missing_size',
    'missing_duration',
    'currency_not_allowed',
    'unknown_field',
    'bad_mtype',
    'empty_answer',
    'bad_nbr',
    'bad_dsa',
  ],
  'what the fixture is about, or a bid that its request would not have got': [
    'missing_field',
    'wrong_type',
    'not_an_object',
    'bad_price',
    'bad_exp',
    'below_floor',
    'medium_not_offered',
    'size_not_offered',
    'vast_protocol',
    'api_not_offered',
    'mime_not_offered',
    'bitrate_out_of_range',
    'bad_skadn',
  ],
};

const missing = Object.values(FILES).filter((name) => !existsSync(FOLDER + name));
if (missing.length > 0) console.warn(`not judged, missing beside the repository: ${missing.join(', ')}`);

describe.skipIf(missing.length > 0)('over the corpus', () => {
  it('the strict reading of requests finds the departures that the corpus labels, and no others', () => {
    const rows = [...rowsOf(FILES.requests), ...rowsOf(FILES.invalid)].filter((row) => 'request' in row);
    const differing = rows.filter((row) => !isSame(requestDepartures(row.request), row.departures));
    console.log(`requests: ${rows.length} read, ${rows.length - differing.length} with exactly the labels`);
    expect(differing.map((row) => row.id)).toEqual([]);
  });

  it('the judge finds the departures from the response tables that the corpus labels, and no others', () => {
    const rows = rowsOf(FILES.responses);
    const differing = rows.filter((row) => !isSame(shapeDepartures(row.response), row.departures));
    console.log(`responses: ${rows.length} read, ${rows.length - differing.length} with exactly the labels`);
    expect(differing.map((row) => row.id)).toEqual([]);
  });

  it('the judge has an opinion on every answered request, and fails on none', () => {
    const requests = new Map(
      [...rowsOf(FILES.requests), ...rowsOf(FILES.invalid)].map((row) => [row.id, row]),
    );
    const pairs = rowsOf(FILES.responses).flatMap((row) => {
      const request = requests.get(row.in_reply_to ?? '');
      return request === undefined ? [] : [{ row, departures: judge(request.request, row.response) }];
    });
    const counts = new Map<string, number>();
    for (const { departures } of pairs) {
      for (const code of new Set(departures.map((one) => one.code)))
        counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    const clean = pairs.filter(({ departures }) => departures.length === 0).length;
    const polite = pairs.filter(({ departures }) =>
      departures.every(({ code }) => ADVISORY_CODES.has(code)),
    ).length;
    const table = [...counts]
      .sort((one, other) => other[1] - one[1])
      .map(([code, count]) => `${code} ${count}`);
    console.log(
      `pairs: ${pairs.length} judged, ${clean} clean, ${polite} without a firm departure; ${table.join(', ')}`,
    );
    const explained = new Set<string>(Object.values(WHY).flat());
    expect([...counts.keys()].filter((code) => !explained.has(code))).toEqual([]);
    expect(counts.get('judge_failed')).toBeUndefined();
    const silent = pairs.filter(
      ({ row, departures }) => row.departures !== undefined && departures.length === 0,
    );
    expect(silent.map(({ row }) => row.id)).toEqual([]);
  });
});

function rowsOf(file: string): Row[] {
  const lines = readFileSync(FOLDER + file, 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Row);
}

/** In the words of the labels. */
function shapeDepartures(response: unknown): string[] {
  return judge({}, response).flatMap(({ code, path }) => {
    if (code === 'missing_field') return [`required:${path}`];
    return code === 'wrong_type' || code === 'not_an_object' ? [`type:${path}`] : [];
  });
}

function isSame(found: readonly string[], labelled: readonly string[] = []): boolean {
  return found.length === labelled.length && found.every((one) => labelled.includes(one));
}
