/** What happened: alerts that last, and the history of changes. */

import { signal } from '@preact/signals';
import { get, messageOf, post, send } from './client.ts';
import { t } from './language.ts';
import type { AlertView, ChangeView, EffectView } from './news-model.ts';
import { connection } from './state.ts';

export const alerts = signal<readonly AlertView[]>([]);
export const changes = signal<readonly ChangeView[]>([]);
/** Of changes that are looked at, by number. */
export const effects = signal<ReadonlyMap<number, readonly EffectView[]>>(new Map());
export const alertsTrouble = signal<string | undefined>(undefined);
export const historyTrouble = signal<string | undefined>(undefined);

const REFRESH_MS = 5_000;
const SHOWN = 25;

export function startNews(): () => void {
  const timer = setInterval(() => void refreshNews(), REFRESH_MS);
  void refreshNews();
  return () => clearInterval(timer);
}

export async function refreshNews(): Promise<void> {
  if (document.hidden || connection.value === 'signed_out') return;
  try {
    const [told, made] = await Promise.all([
      get<{ items: AlertView[] }>('api/v1/alerts'),
      get<{ items: ChangeView[] }>(`api/v1/changes?limit=${SHOWN}`),
    ]);
    alerts.value = told.items;
    changes.value = made.items;
  } catch {
    // What was known stays on the page; the header says that the bidder is away.
    return;
  }
}

export async function lookAt(number: number): Promise<void> {
  try {
    const { effect } = await get<{ effect: EffectView[] }>(`api/v1/changes/${number}`);
    effects.value = new Map(effects.value).set(number, effect);
  } catch (error) {
    historyTrouble.value = messageOf(error);
  }
}

export async function undo(number: number): Promise<void> {
  historyTrouble.value = undefined;
  try {
    await post(
      `api/v1/changes/${number}/undo?reason=${encodeURIComponent(t('history.undoWhy', { n: number }))}`,
      {},
    );
  } catch (error) {
    historyTrouble.value = messageOf(error);
  }
  await refreshNews();
}

export async function acknowledge(id: string, note: string): Promise<void> {
  alertsTrouble.value = undefined;
  try {
    await send('api/v1/alerts/acknowledge', 'POST', { id, note });
  } catch (error) {
    alertsTrouble.value = messageOf(error);
  }
  await refreshNews();
}
