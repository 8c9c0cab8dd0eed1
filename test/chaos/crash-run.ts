/** Starts the child, reads what it did, and lets it be killed. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BidFacts } from '../../src/core/event.ts';

/** What all lives did. */
export interface Heard {
  readonly acknowledged: Set<string>;
  readonly bids: Map<string, BidFacts>;
  readonly losses: Set<string>;
}

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
  readonly errors: string;
}

export interface Life {
  readonly child: ChildProcess;
  /** Rejects where the child ends before it bids. */
  readonly ready: Promise<void>;
  /** Ids of the notices that were acknowledged so far, in order. */
  acknowledged(): string[];
  /** How it ended; what it did is heard by then. */
  readonly ended: Promise<End>;
}

export interface LifeOptions {
  readonly directory: string;
  /** Where files pass between test and child. */
  readonly scratch: string;
  readonly incarnation: number;
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** Bids whose wins are told at once. */
  readonly again?: readonly BidFacts[];
}

export function startLife(options: LifeOptions, heard: Heard): Life {
  const { directory, scratch, incarnation, synchronous = 'FULL' } = options;
  const again = join(scratch, `again-${incarnation}`);
  const said = join(scratch, `said-${incarnation}`);
  writeFileSync(again, (options.again ?? []).map((facts) => JSON.stringify(facts)).join('\n'));
  writeFileSync(said, '');
  const script = join(import.meta.dirname, 'crash-child.ts');
  const words = [directory, synchronous, String(incarnation), again, said];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  child.stdout.once('data', () => resolve());
  const ended = new Promise<End>((settle) => {
    child.on('close', (code, signal) => {
      reject(new Error(`the child ended with ${code ?? signal}: ${errors}`));
      hear(readFileSync(said, 'utf8'), heard);
      settle({ code, signal, errors });
    });
  });
  const acknowledged = (): string[] => {
    const lines = readFileSync(said, 'utf8').split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('a ')).map((line) => line.slice(2));
  };
  return { child, ready, acknowledged, ended };
}

/** A last line without its end was cut off by the kill. */
function hear(text: string, heard: Heard): void {
  for (const line of text.split('\n').slice(0, -1)) {
    const rest = line.slice(2);
    if (line.startsWith('a ')) heard.acknowledged.add(rest);
    else if (line.startsWith('l ')) heard.losses.add(rest);
    else {
      const facts: BidFacts = JSON.parse(rest);
      heard.bids.set(facts.bidId, facts);
    }
  }
}
