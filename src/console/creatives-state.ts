/** The line item whose creatives are shown, two of its slots against each other, and the look that is previewed. */
import { computed, effect, signal, untracked } from '@preact/signals';
import { get, messageOf } from './client.ts';
import type { CreativesView, PairsView, WithWhomView } from './creatives-model.ts';
import { connection, overview, selected } from './state.ts';

export const chosenLine = signal<string | undefined>(undefined);
export const creatives = signal<CreativesView | undefined>(undefined);
export const withWhom = signal<WithWhomView | undefined>(undefined);
export const pairs = signal<PairsView | undefined>(undefined);
export const creativesTrouble = signal<string | undefined>(undefined);
export const chosenSlots = signal<{ readonly rows: string; readonly columns: string } | undefined>(undefined);
/** A variant by slot, of the creative with slots. */
export const previewed = signal<Readonly<Record<string, string>> | undefined>(undefined);

/** The first creative that has two slots to set against each other. */
export const templated = computed(() => creatives.value?.creatives.find(({ slots }) => slots.length >= 2));

export const shownSlots = computed(() => {
  const slots = templated.value?.slots.map(({ slot }) => slot) ?? [];
  const chosen = chosenSlots.value;
  if (chosen && slots.includes(chosen.rows) && slots.includes(chosen.columns)) return chosen;
  return slots.length >= 2 ? { rows: slots[0]!, columns: slots[1]! } : undefined;
});

const REFRESH_MS = 5_000;

/** Follows the line item that is opened among the campaigns; gives the way to stop. */
export function startCreatives(): () => void {
  let followed: string | undefined;
  const stopFollowing = effect(() => {
    const first = overview.value?.campaigns.find(({ lines }) => lines.length > 0)?.lines[0]?.id;
    const opened = selected.value;
    // Followed once: afterwards the choice is the buyer's.
    const next = opened !== undefined && opened !== followed ? opened : (chosenLine.peek() ?? first);
    followed = opened;
    if (next !== undefined && next !== chosenLine.peek()) untracked(() => chooseLine(next));
  });
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  return () => {
    clearInterval(timer);
    stopFollowing();
  };
}

export function chooseLine(id: string): void {
  chosenLine.value = id;
  creatives.value = undefined;
  withWhom.value = undefined;
  pairs.value = undefined;
  previewed.value = undefined;
  chosenSlots.value = undefined;
  void refresh();
}

export function chooseSlots(rows: string, columns: string): void {
  chosenSlots.value = { rows, columns };
  pairs.value = undefined;
  previewed.value = undefined;
  void refreshPairs();
}

async function refresh(): Promise<void> {
  const id = chosenLine.value;
  if (id === undefined || document.hidden || connection.value === 'signed_out') return;
  const path = `api/v1/line-items/${encodeURIComponent(id)}/creatives`;
  try {
    const [next, whom] = await Promise.all([
      get<CreativesView>(path),
      get<WithWhomView>(`${path}/with-whom`),
    ]);
    // The answer to a question that nobody asks any more is thrown away.
    if (chosenLine.value !== id) return;
    creatives.value = next;
    withWhom.value = whom;
    creativesTrouble.value = undefined;
  } catch (error) {
    if (chosenLine.value === id) creativesTrouble.value = messageOf(error);
  }
  await refreshPairs();
}

async function refreshPairs(): Promise<void> {
  const [id, creative, slots] = [chosenLine.value, templated.value, shownSlots.value];
  if (id === undefined || !creative || !slots) return;
  const query = `rows=${encodeURIComponent(slots.rows)}&columns=${encodeURIComponent(slots.columns)}`;
  const path = `api/v1/line-items/${encodeURIComponent(id)}/creatives/${encodeURIComponent(creative.creativeId)}`;
  try {
    const next = await get<PairsView>(`${path}/pairs?${query}`);
    const now = shownSlots.value;
    if (chosenLine.value === id && now?.rows === slots.rows && now.columns === slots.columns)
      pairs.value = next;
  } catch {
    return;
  }
}
