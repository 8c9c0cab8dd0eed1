/** What the page knows now, as signals, and the few actions that change it. */

import { computed, signal } from '@preact/signals';
import type { Connection } from './client.ts';
import { follow, get, messageOf, post } from './client.ts';
import { elapsedMs } from './clock.ts';
import { formats } from './format.ts';
import { language, t } from './language.ts';
import type { BudgetsView, ExplanationView, FunnelView, Overview, SteeringView } from './model.ts';
import { budgetsOf, explanationOf, funnelOf, overviewOf } from './overview-model.ts';
import { lookWho, who } from './session.ts';
import type { Sample } from './trend.ts';
import { extend } from './trend.ts';

export const connection = signal<Connection>('connecting');
export const overview = signal<Overview | undefined>(undefined);
export const samples = signal<readonly Sample[]>([]);
/** Campaigns whose line items are shown. */
export const opened = signal<ReadonlySet<string>>(new Set());
/** The line item whose funnel is shown. */
export const selected = signal<string | undefined>(undefined);
export const funnel = signal<FunnelView | undefined>(undefined);
export const funnelTrouble = signal<string | undefined>(undefined);
export const budgets = signal<BudgetsView | undefined>(undefined);
export const steering = signal<readonly SteeringView[]>([]);
export const explanation = signal<ExplanationView | undefined>(undefined);
export const explainTrouble = signal<string | undefined>(undefined);
export const explaining = signal(false);

const currency = computed(() => overview.value?.currency ?? 'USD');
const timeZone = computed(() => overview.value?.timeZone ?? 'UTC');
export const format = computed(() =>
  formats(currency.value, timeZone.value, language.value === 'zh' ? 'zh-CN' : undefined),
);

/** Names by `campaign/<id>` and `line_item/<id>`. */
export const names = computed(() => {
  const found = new Map<string, string>();
  for (const campaign of overview.value?.campaigns ?? []) {
    found.set(`campaign/${campaign.id}`, campaign.name);
    for (const line of campaign.lines) found.set(`line_item/${line.id}`, line.name);
  }
  return found;
});

/** How often what is not pushed is asked for again. */
const REFRESH_MS = 3_000;

/** Starts listening; gives the way to stop. */
export function start(): () => void {
  const stopFollowing = follow('api/v1/overview', 'api/v1/events', {
    onConnection: (next) => {
      connection.value = next;
      // Told once a door is open; who is told nothing may look, and not change.
      if (next === 'live' && who.value === undefined) void lookWho().catch(() => undefined);
      if (next === 'signed_out') who.value = undefined;
    },
    onMessage: receive,
  });
  const timer = setInterval(refresh, REFRESH_MS);
  refresh();
  return () => {
    clearInterval(timer);
    stopFollowing();
  };
}

export function toggleCampaign(id: string): void {
  const next = new Set(opened.value);
  if (!next.delete(id)) next.add(id);
  opened.value = next;
}

export function toggleLine(id: string): void {
  choose(selected.value === id ? undefined : id);
}

export function showLine(id: string): void {
  if (selected.value !== id) choose(id);
}

/** What the account pays for a thousand impressions, so far. */
export function marketCpmMicros(): number | undefined {
  const totals = overview.peek()?.totals;
  return totals && totals.impressions > 0 ? (1000 * totals.spendMicros) / totals.impressions : undefined;
}

function choose(id: string | undefined): void {
  selected.value = id;
  funnel.value = undefined;
  funnelTrouble.value = undefined;
  void refreshFunnel();
}

/** `text` is what the buyer pasted; what is not JSON is said here, with the place that the parser names. */
export async function explain(exchange: string, text: string): Promise<void> {
  explaining.value = true;
  explainTrouble.value = undefined;
  try {
    const request = parse(text);
    explanation.value = explanationOf(await post('api/v1/explain', { exchange, request }));
  } catch (error) {
    explanation.value = undefined;
    explainTrouble.value =
      error instanceof SyntaxError ? t('explain.notJson', { why: error.message }) : messageOf(error);
  } finally {
    explaining.value = false;
  }
}

function receive(answer: Parameters<typeof overviewOf>[0]): void {
  const next = overviewOf(answer);
  overview.value = next;
  samples.value = extend(samples.value, { atMs: elapsedMs(), ...next.totals });
}

function refresh(): void {
  if (document.hidden || connection.value === 'signed_out') return;
  void refreshBudgets();
  void refreshSteering();
  void refreshFunnel();
}

async function refreshFunnel(): Promise<void> {
  const id = selected.value;
  if (id === undefined) return;
  try {
    const next = funnelOf(await get(`api/v1/funnel?line_item=${encodeURIComponent(id)}`));
    // The answer to a question that nobody asks any more is thrown away.
    if (selected.value !== id) return;
    funnel.value = next;
    funnelTrouble.value = undefined;
  } catch (error) {
    if (selected.value === id) funnelTrouble.value = messageOf(error);
  }
}

/** What was known stays on the page while the bidder is away; the header says that it is. */
async function refreshBudgets(): Promise<void> {
  try {
    budgets.value = budgetsOf(await get('api/v1/budgets'));
  } catch {
    return;
  }
}

async function refreshSteering(): Promise<void> {
  try {
    steering.value = (await get<{ lineItems: SteeringView[] }>('api/v1/steering')).lineItems;
  } catch {
    return;
  }
}

function parse(text: string): unknown {
  if (text.trim() === '') throw new SyntaxError(t('explain.empty'));
  return JSON.parse(text);
}
