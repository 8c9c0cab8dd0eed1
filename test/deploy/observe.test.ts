/** Every rule and every panel asks for metrics that a bidder really has, by labels that these really have. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compose } from '../../src/compose.ts';
import { configurationOf } from '../fixture/engine.ts';
import { noRedis, startRedis } from '../fixture/redis-server.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const textOf = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const rules = ['prometheus/recording.yml', 'prometheus/alerts.yml'].flatMap((path) =>
  (parse(textOf(path)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
);
const boards = readdirSync(join(DEPLOY, 'grafana/dashboards')).map((name) => ({
  name,
  board: JSON.parse(textOf(`grafana/dashboards/${name}`)) as {
    uid: string;
    panels: {
      title: string;
      datasource: { uid: string };
      targets: { expr: string; legendFormat: string }[];
    }[];
  },
}));

const folder = mkdtempSync(join(tmpdir(), 'bidwright-observe-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Only a node that shares a store has them. */
const OF_STORE = /^bidder_(?:people_store|ledger)_/;
const known = new Set<string>(['up']);

async function pageOf(settings: Readonly<Record<string, string>>): Promise<string> {
  const engine = compose(configurationOf('wide-open', settings), {
    processMetrics: true,
    ...(settings.redisUrl === undefined ? { state: 'memory' as const } : {}),
  });
  try {
    await engine.ready();
    const { pathname, search } = new URL(engine.consoleLink('http://127.0.0.1:8081'));
    const session = await engine.privateApp.inject(pathname + search);
    const cookie = String(session.headers['set-cookie']).split(';')[0]!;
    return (await engine.privateApp.inject({ url: '/metrics', headers: { cookie } })).body;
  } finally {
    await engine.close();
  }
}

beforeAll(async () => {
  let page = await pageOf({});
  if (!noRedis) {
    const redis = await startRedis();
    page += await pageOf({ redisUrl: redis.url, dataDir: folder }).finally(() => redis.stop());
  }
  for (const [, name = '', type] of page.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const endings =
      type === 'histogram'
        ? ['_bucket', '_sum', '_count']
        : type === 'summary'
          ? ['_sum', '_count', '']
          : [''];
    for (const ending of endings) known.add(name + ending);
  }
  for (const { record } of rules) if (record !== undefined) known.add(record);
});

const LABELS = new Set([
  'exchange',
  'outcome',
  'reason',
  'route',
  'method',
  'code',
  'le',
  'loss_reason',
  'kind',
  'result',
  'flag',
]);
const MORE_LABELS = ['sign', 'currency', 'where', 'instance', 'job'];
for (const label of MORE_LABELS) LABELS.add(label);

/** Names of metrics in an expression; functions are followed by a bracket, labels stand in braces or after `by`. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring) *\([^)]*\)/g, '')
    .replace(/"[^"]*"/g, '');
  const words = bare.match(/[a-zA-Z_:][a-zA-Z0-9_:]*(?! *\()\b/g) ?? [];
  return words.filter(
    (word) => !['and', 'or', 'unless', 'bool', 'e6', 'e9'].includes(word) && !bare.includes(`${word}(`),
  );
}

function unknownIn(expr: string): string[] {
  const found = metricsIn(expr);
  if (found.length === 0) return [`${expr} asks for nothing`];
  return found.filter((name) => !known.has(name) && !(noRedis && OF_STORE.test(name)));
}

function labelsIn(expr: string): string[] {
  const grouped = [...expr.matchAll(/\bby *\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/(\w+) *=/g)].map(([, name = '']) => name),
  );
  return [...grouped, ...matched].filter((label) => !LABELS.has(label));
}

describe('rules of Prometheus', () => {
  it.each(rules.map((rule) => [rule.alert ?? rule.record, rule] as const))(
    '%s',
    (_name, { expr, alert, annotations }) => {
      expect(unknownIn(expr)).toEqual([]);
      expect(labelsIn(expr)).toEqual([]);
      if (alert !== undefined) expect(annotations?.remedy, 'what to do first').toMatch(/\.$/);
    },
  );

  it('would be told of a metric that is not there', () => {
    expect(
      unknownIn('rate(bidder_bids_totals[5m]) / sum by (exchange) (rate(bidder_bids_total[5m]))'),
    ).toEqual(['bidder_bids_totals']);
    expect(labelsIn('sum by (exchnage) (x{outcom="bid"})')).toEqual(['exchnage', 'outcom']);
  });
});

describe('dashboards of Grafana', () => {
  it.each(boards)('$name', ({ board }) => {
    expect(board.panels.length).toBeGreaterThan(8);
    for (const { title, datasource, targets } of board.panels) {
      expect(datasource.uid).toBe('prometheus');
      for (const { expr, legendFormat } of targets) {
        expect(unknownIn(expr), title).toEqual([]);
        const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        expect(
          shown.filter((label) => !LABELS.has(label)),
          title,
        ).toEqual([]);
      }
    }
  });

  it('are found by their provisioning, each once', () => {
    const { datasources } = parse(textOf('grafana/provisioning/datasources/prometheus.yaml'));
    expect(datasources[0].uid).toBe('prometheus');
    expect(new Set(boards.map(({ board }) => board.uid)).size).toBe(boards.length);
  });
});
