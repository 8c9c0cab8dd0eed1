import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteState } from '../../src/state/sqlite/open.ts';
import { profileContract } from './profiles.ts';

profileContract('sqlite in memory', () => openSqliteState({ directory: ':memory:' }));

const directory = mkdtempSync(join(tmpdir(), 'bidwright-profiles-'));
profileContract(
  'sqlite on disk',
  () => openSqliteState({ directory }),
  async (state) => {
    await state.close();
    return openSqliteState({ directory });
  },
);
