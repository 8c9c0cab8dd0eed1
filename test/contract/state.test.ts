import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import type { RedisServer } from '../fixture/redis-server.ts';
import { noRedis, startRedis } from '../fixture/redis-server.ts';
import { ledgerNode } from '../fixture/shared-ledger.ts';
import type { OpenState } from './state-contract.ts';
import { stateContract } from './state-contract.ts';

stateContract('sqlite in memory', () => openSqliteState({ directory: ':memory:' }), undefined);

const directory = mkdtempSync(join(tmpdir(), 'bidwright-state-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
stateContract(
  'sqlite on disk',
  () => openSqliteState({ directory }),
  async (state) => {
    await state.close();
    return openSqliteState({ directory });
  },
);

describe.skipIf(noRedis)('a ledger that processes share', () => {
  let server: RedisServer;
  let accounts = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());
  const shared = mkdtempSync(join(tmpdir(), 'bidwright-shared-state-'));
  afterAll(() => rmSync(shared, { recursive: true, force: true }));

  /** What no lease had left is found by the ledger, after the notice was answered: the report is asked for once it is. */
  const openNode = async (account: string): Promise<OpenState> => {
    const node = await ledgerNode(server.url, { directory: join(shared, account), account });
    const { journal, tables } = node.state;
    const report: typeof journal.report = async (query) => {
      await node.ledger.bucketStates([]);
      return journal.report(query);
    };
    return { journal: { ...journal, report }, ledger: node.ledger, tables, close: node.close };
  };
  stateContract(
    'sqlite on disk, ledger in Redis',
    () => openNode(`contract-${++accounts}`),
    async (state) => {
      await state.close();
      return openNode(`contract-${accounts}`);
    },
  );
});
