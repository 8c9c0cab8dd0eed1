/**
 * Who is who, who consented and who withdrew, told among nodes that share a store: each node's graph of ids comes to know the joins of all, and whoever
 * is erased at one node is erased at every other, also at one that was down meanwhile. Both may be told twice and in any order but
 * that of one node. Only keyed hashes travel. Part of the composition root.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';
import type { KeyedId } from './core/person-id.ts';
import { ID_SPACES } from './core/person-id.ts';
import type { Metrics } from './server/metrics.ts';
import type { ConsentRecord } from './state/consent-port.ts';
import type { Evidence, IdentityPort, TablesPort } from './state/port.ts';
import { BEGINNING, SharedBatches } from './state/redis/learned.ts';

type Graph = Pick<IdentityPort, 'numberOf' | 'leadOf' | 'join' | 'meet' | 'idsOf' | 'bornAtMs' | 'currentOf'>;

interface Needs {
  readonly client: Redis;
  readonly accountId: string;
  readonly node: string;
  readonly disk: TablesPort;
  readonly graph: Graph;
  readonly metrics: Pick<Metrics, 'gauge'>;
}

export interface SharedPeople {
  /** The graph, whose joins are told where they join something. */
  readonly graph: Graph;
  /** Keys of somebody who was erased here. */
  /** Kept on this node's disk until the store has taken it. */
  erased(keys: readonly string[]): Promise<void>;
  /** The same of consents that were recorded here. */
  consented(records: readonly ConsentRecord[]): Promise<void>;
  /** From here on what others tell is taken. `erase` takes part of nothing that is gone already. */
  begin(taker: {
    erase(keys: readonly string[]): Promise<unknown>;
    isErased(key: string): boolean;
    consent(records: readonly ConsentRecord[]): Promise<unknown>;
  }): void;
  /** @throws where the store does not answer. */
  tend(): Promise<void>;
}

type Told =
  | readonly ['join', readonly KeyedId[], number, Evidence]
  | readonly ['erase', readonly string[]]
  | readonly ['consent', readonly ConsentRecord[]];

/** Past it joins are dropped, which costs others a link until it is seen again; an erasure or a consent never is. */
const WAITING_MAX = 50_000;
const BYTES_MAX = 67_108_864;
const TABLE = 'shared_people';
const ERASURES_TABLE = 'shared_erasures';

export async function openSharedPeople(needs: Needs): Promise<SharedPeople> {
  const { node, disk, graph } = needs;
  const batches = new SharedBatches(needs.client, needs.accountId, 'people');
  let waiting: Told[] = [];
  let sealed: { readonly told: readonly Told[]; readonly body: Buffer } | undefined;
  let number = await batches.lastNumber(node);
  let after = Buffer.from((await disk.load(TABLE)) ?? []).toString();
  if (!/^\d+-\d+$/.test(after)) after = BEGINNING;
  let taker: Parameters<SharedPeople['begin']>[0] | undefined;
  let dropped = 0;
  let joined = 0;
  needs.metrics.gauge('links_dropped', 'Joins of ids that other nodes were not told of.', () => dropped);
  needs.metrics.gauge('links_taken', 'Joins of ids that other nodes told of.', () => joined);

  const words = parsed(await disk.load(ERASURES_TABLE));
  for (const told of words) if (told[0] !== 'join') waiting.push(told);
  const keepWords = (): Promise<void> => {
    const kept = [...(sealed?.told ?? []), ...waiting].filter(([kind]) => kind !== 'join');
    return disk.save(ERASURES_TABLE, Buffer.from(JSON.stringify(kept)));
  };

  const take = async (told: Told): Promise<void> => {
    if (!taker) return;
    const [kind] = told;
    if (kind === 'erase') {
      const { isErased } = taker;
      if (!told[1].every((key) => isErased(key))) await taker.erase(told[1]);
      return;
    }
    if (kind === 'consent') {
      await taker.consent(told[1].filter(({ key }) => !taker?.isErased(key)));
      return;
    }
    const [, ids, atMs, evidence] = told;
    if (ids.some(({ key }) => taker?.isErased(key))) return;
    graph.join(ids, atMs, evidence);
    joined++;
  };
  const joinsSomething = (ids: readonly KeyedId[]): boolean => {
    if (ids.length < 2) return false;
    const first = graph.numberOf(ids[0]!.key);
    return first === undefined || ids.some(({ key }) => graph.numberOf(key) !== first);
  };
  return {
    graph: {
      numberOf: (key) => graph.numberOf(key),
      leadOf: (key) => graph.leadOf(key),
      meet: (ids, nowMs) => graph.meet(ids, nowMs),
      idsOf: (person) => graph.idsOf(person),
      bornAtMs: (person) => graph.bornAtMs(person),
      currentOf: (person) => graph.currentOf(person),
      join: (ids, nowMs, evidence) => {
        const isNews = joinsSomething(ids);
        const person = graph.join(ids, nowMs, evidence);
        // What was refused here, as a crowd behind one address is, would be refused there, and told again and again.
        if (isNews && !joinsSomething(ids)) {
          if (waiting.length < WAITING_MAX) waiting.push(['join', ids, nowMs, evidence]);
          else dropped++;
        }
        return person;
      },
    },
    erased: async (keys) => {
      waiting.push(['erase', keys]);
      await keepWords();
    },
    consented: async (records) => {
      if (records.length === 0) return;
      waiting.push(['consent', records]);
      await keepWords();
    },
    begin: (takes) => {
      taker = takes;
    },
    tend: async () => {
      if (sealed === undefined && waiting.length > 0) {
        sealed = { told: waiting, body: gzipSync(JSON.stringify(waiting), { level: 1 }) };
        waiting = [];
        number++;
      }
      if (sealed !== undefined) {
        await batches.append(node, number, sealed.body);
        sealed = undefined;
        await keepWords();
      }
      const before = after;
      for (;;) {
        const some = await batches.after(after);
        if (some.length === 0) break;
        for (const batch of some) {
          if (batch.node !== node) for (const told of unpack(batch.body)) await take(told);
          after = batch.id;
        }
      }
      if (after !== before) await disk.save(TABLE, Buffer.from(after));
    },
  };
}

function unpack(body: Uint8Array): readonly Told[] {
  try {
    return parsed(gunzipSync(body, { maxOutputLength: BYTES_MAX }));
  } catch {
    return [];
  }
}

function parsed(bytes: Uint8Array | undefined): readonly Told[] {
  try {
    const list: unknown = bytes && JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Array.isArray(list) ? list.filter(isTold) : [];
  } catch {
    return [];
  }
}

function isTold(told: unknown): told is Told {
  if (!Array.isArray(told)) return false;
  const [kind, list, atMs, evidence] = told;
  if (!Array.isArray(list)) return false;
  if (kind === 'erase') return list.every((key) => typeof key === 'string');
  if (kind === 'consent') return list.every(isConsent);
  const isId = (id: unknown): boolean => {
    const { key, space } = (id ?? {}) as Partial<Record<keyof KeyedId, unknown>>;
    return typeof key === 'string' && ID_SPACES.some((each) => each === space);
  };
  return (
    kind === 'join' &&
    list.every(isId) &&
    Number.isSafeInteger(atMs) &&
    (evidence === 'observed' || evidence === 'declared')
  );
}

function isConsent(record: unknown): record is ConsentRecord {
  const { key, purposes, atMs, source } = (record ?? {}) as Partial<Record<keyof ConsentRecord, unknown>>;
  return (
    typeof key === 'string' &&
    Number.isInteger(purposes) &&
    Number(purposes) >= 0 &&
    Number(purposes) < 8 &&
    Number.isSafeInteger(atMs) &&
    typeof source === 'string'
  );
}
