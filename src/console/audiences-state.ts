/** Packs, whom they reach and what they share: asked for now and then, since it takes a look at every list. */
import { signal } from '@preact/signals';
import type { AudienceAnswer, AudiencesView, OverlapView, ReachView } from './audiences-model.ts';
import { audiencesView } from './audiences-model.ts';
import { get, messageOf } from './client.ts';
import { connection } from './state.ts';

export const audiences = signal<AudiencesView | undefined>(undefined);
export const audiencesTrouble = signal<string | undefined>(undefined);

const REFRESH_MS = 10_000;

/** Gives the way to stop. */
export function startAudiences(): () => void {
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  void refresh();
  return () => clearInterval(timer);
}

async function refresh(): Promise<void> {
  if (document.hidden || connection.value === 'signed_out') return;
  try {
    const [list, reach, overlap] = await Promise.all([
      get<{ items: AudienceAnswer[] }>('api/v1/audiences'),
      get<{ sinceMs?: number; items: ReachView[] }>('api/v1/audiences/reach'),
      get<OverlapView>('api/v1/audiences/overlap'),
    ]);
    audiences.value = audiencesView(list.items, reach, overlap);
    audiencesTrouble.value = undefined;
  } catch (error) {
    audiencesTrouble.value = messageOf(error);
  }
}
