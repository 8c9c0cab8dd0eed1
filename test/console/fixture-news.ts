/** Alerts, changes and one object to edit, with names that an attacker chose. */
import type { AlertView, ChangeView } from '../../src/console/news-model.ts';
import { HOSTILE } from './fixture-book.ts';

const AT_MS = Date.UTC(2026, 2, 12, 11);

export const ALERTS: readonly AlertView[] = [
  {
    id: 'a1',
    kind: 'no_delivery',
    objectKind: 'line_item',
    objectId: 'l1',
    sinceMs: AT_MS,
    confidence: 0.97,
    message: `${HOSTILE} was not shown for an hour.`,
    cause: HOSTILE,
    remedy: 'Look at its funnel.',
    timesInMonth: 2,
  },
];

export const CHANGES: readonly ChangeView[] = [
  {
    number: 3,
    atMs: AT_MS,
    source: 'api',
    who: HOSTILE,
    why: HOSTILE,
    objects: [
      {
        kind: 'line-items',
        id: HOSTILE,
        before: { name: 'Calm', status: 'active' },
        after: { name: HOSTILE, status: 'active' },
        patch: { name: HOSTILE },
      },
    ],
  },
];

export function editable(id: string): object {
  return {
    id,
    name: HOSTILE,
    status: 'active',
    budget: { dailyMicros: 80e6 },
    bid: { strategy: 'max_cpm', maxCpmMicros: 4e6 },
  };
}
