import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
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
