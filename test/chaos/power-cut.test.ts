/**
 * A power cut without pulling a plug: the state lies on an ext4 file system of its own, on a loop device, and the file
 * system is shut down under load without flushing anything that was not synced. Needs root, loop devices and ext4.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import type { Heard } from './crash-run.ts';
import { startLife } from './crash-run.ts';

const CUTS = Number(process.env['BIDWRIGHT_POWER_CUTS'] ?? 2);
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what is not on the disk by now never gets there. */
const CUT = `
import fcntl, os, struct, sys
place = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(place, 0x8004587d, struct.pack('I', 2))
`;

const scratch = mkdtempSync(join(tmpdir(), 'bidwright-power-'));
const image = join(scratch, 'disk.img');
const mounted = join(scratch, 'disk');

function run(command: string, ...words: string[]): boolean {
  return spawnSync(command, words, { stdio: 'ignore' }).status === 0;
}

function mount(): boolean {
  return run('mount', '-o', 'loop', image, mounted);
}

function unmount(): void {
  run('umount', mounted) || run('umount', '-l', mounted);
}

/** Makes the disk, cuts it once and mounts it again: a machine that can do this can run the test. */
function canCut(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  mkdirSync(mounted);
  const able =
    run('truncate', '-s', '96M', image) &&
    run('mkfs.ext4', '-q', '-F', image) &&
    mount() &&
    run('python3', '-c', CUT, mounted);
  unmount();
  return able && mount();
}

const able = canCut();

afterAll(() => {
  if (existsSync(mounted)) unmount();
  rmSync(scratch, { recursive: true, force: true });
});

interface Recovered {
  readonly acknowledged: number;
  readonly lost: number;
  readonly code: number | null;
  readonly errors: string;
}

async function cutPower(
  synchronous: 'FULL' | 'NORMAL',
  serial: number,
  acknowledgedMin: number,
): Promise<Recovered> {
  const directory = join(mounted, `${synchronous}-${serial}`);
  mkdirSync(directory);
  run('sync', '-f', mounted);
  const heard: Heard = { acknowledged: new Set(), bids: new Map(), losses: new Set() };
  const life = startLife({ directory, scratch, incarnation: serial, synchronous }, heard);
  await life.ready;
  while (life.child.exitCode === null && life.acknowledged().length < acknowledgedMin)
    await new Promise((resolve) => setTimeout(resolve, 5));
  // Held still, so that the log does not grow long enough to be written back, for that would sync it.
  if (synchronous === 'NORMAL') life.child.kill('SIGSTOP');
  // Whoever was answered by now has it in writing. What is answered after the cut began is not looked at: a machine without
  // power answers nobody, while here the kernel lives on and may call a sync done that was overtaken by the cut.
  const acknowledged = life.acknowledged();
  if (!run('python3', '-c', CUT, mounted)) throw new Error('the file system was not shut down');
  // One that is held still, or syncs nothing, does not notice.
  const patience = setTimeout(() => life.child.kill('SIGKILL'), synchronous === 'NORMAL' ? 0 : 5000);
  const { code, errors } = await life.ended;
  clearTimeout(patience);
  unmount();
  if (!mount()) throw new Error('the file system did not come back');
  const lost = countLost(directory, new Set(acknowledged));
  rmSync(directory, { recursive: true });
  return { code, errors, acknowledged: acknowledged.length, lost };
}

function countLost(directory: string, acknowledged: ReadonlySet<string>): number {
  const database = new DatabaseSync(join(directory, 'bidwright.sqlite'));
  const [integrity] = database.prepare('PRAGMA integrity_check').all();
  expect(integrity).toEqual({ integrity_check: 'ok' });
  const tables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'notice'").all();
  const rows = tables.length === 0 ? [] : database.prepare('SELECT bid_id FROM notice WHERE kind = 1').all();
  database.close();
  const kept = new Set(rows.map((row) => String(row['bid_id'])));
  return [...acknowledged].filter((bidId) => !kept.has(bidId)).length;
}

describe.skipIf(!able)('a power cut', () => {
  it(`loses nothing that was acknowledged, ${CUTS} times`, async () => {
    for (let cut = 0; cut < CUTS; cut++) {
      const { acknowledged, lost, code, errors } = await cutPower('FULL', cut, 1000);
      console.info(JSON.stringify({ synchronous: 'FULL', acknowledged, lost, code }));
      expect(acknowledged).toBeGreaterThanOrEqual(1000);
      expect(lost).toBe(0);
      // It ends by itself and says so, rather than trying again on a disk that forgot what it was given.
      expect(errors).toContain('JournalUnavailableError');
      expect(code).toBe(7);
    }
  }, 300_000);

  it('does lose where the log is not synced at commit: the test can tell', async () => {
    const { acknowledged, lost } = await cutPower('NORMAL', 100, 60);
    console.info(JSON.stringify({ synchronous: 'NORMAL', acknowledged, lost }));
    expect(acknowledged).toBeGreaterThanOrEqual(60);
    expect(lost).toBeGreaterThan(0);
  }, 300_000);
});
