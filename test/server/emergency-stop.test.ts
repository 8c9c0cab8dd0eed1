import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { compose } from '../../src/compose.ts';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, configurationOf } from '../fixture/engine.ts';

const BOOK = fileURLToPath(new URL('../fixture/life-book', import.meta.url));
const TOKEN = 'operator-token-1';
const REQUEST = { id: 'r', tmax: 1000, imp: [{ id: '1', banner: { format: [{ w: 300, h: 250 }] } }] };

it('stops all bids at once, by a signed-in operator alone, and stays on over a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bidwright-stop-'));
  const configuration = configurationOf(BOOK, { dataDir, adminToken: TOKEN });
  const open = async () => {
    const engine = compose(configuration, { clock: { now: () => Date.UTC(2026, 10, 23, 15) }, random: 1 });
    await engine.ready();
    return engine;
  };
  const set = (engine: Pick<TestEngine, 'privateApp'>, stopped: unknown, token = TOKEN) =>
    engine.privateApp.inject({
      method: 'PUT',
      url: '/api/v1/bidding',
      headers: { authorization: `Bearer ${token}` },
      payload: { stopped },
    });
  try {
    const first = await open();
    expect((await ask(first, REQUEST)).status).toBe(200);
    expect((await set(first, true, 'somebody-else')).statusCode).toBe(401);
    expect((await set(first, 'soon')).statusCode).toBe(400);
    expect((await ask(first, REQUEST)).status).toBe(200);
    expect((await set(first, true)).json()).toEqual({ stopped: true });
    expect((await ask(first, REQUEST)).status).toBe(204);
    await first.close();
    const second = await open();
    expect((await ask(second, REQUEST)).status).toBe(204);
    await set(second, false);
    expect((await ask(second, REQUEST)).status).toBe(200);
    await second.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
