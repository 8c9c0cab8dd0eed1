/** Deliberate faults, each of which a test must find: a check that never failed proves nothing. */
import { Server } from 'node:http';
import { Redis } from 'ioredis';

type Change = readonly [from: string | RegExp, into: string];

const ANSWERS: Change = [/if row\[2\] == act then return cjson\.decode\(row\[3\]\) end\n.*\n/, '\n'];
const TOLD: Change = [/if told ~= ARGV\[\d+\] then return finish\(\{ 'SEQ', told \}\) end/, ''];
const BIDS: Change = ["redis.call('HSETNX', hour, bid, '') == 1", 'true'];

/** What the scripts of the ledger say, and what the fault makes of it. */
const SCRIPTS = {
  'a lease ends with its process': [["'closes', ARGV[6]", "'closes', text(now)"]],
  'bids are not remembered': [BIDS],
  'acts are done as often as they come': [ANSWERS, TOLD, BIDS],
  'leases close by the clock alone': [[' and least >= closes', '']],
  'a flush goes unseen': [["if epoch ~= '' and epoch ~= known then", 'if false then']],
  'charges are told once': [TOLD],
} as const satisfies Readonly<Record<string, readonly Change[]>>;

export type Mutant =
  | keyof typeof SCRIPTS
  | 'grants are not confirmed'
  | 'what a full store refused counts as told'
  | 'bids ask the store';

type Sending = Pick<Redis, 'wait'> & {
  eval(script: string, ...rest: unknown[]): Promise<unknown>;
};

export function mutate(mutant: Mutant, storeUrl: string): void {
  const client: Sending = Redis.prototype as unknown as Sending;
  const send = client.eval;
  if (mutant === 'grants are not confirmed') client.wait = (() => Promise.resolve(9)) as Sending['wait'];
  else if (mutant === 'bids ask the store') askFirst(storeUrl);
  else if (mutant === 'what a full store refused counts as told')
    client.eval = function (script, ...rest) {
      return send.call(this, script.replace(...TOLD), ...rest).catch((error: unknown) => {
        if (String(error).includes('OOM') && script.includes('-- Books what a journal charged'))
          return ['OK'];
        throw error;
      });
    };
  else
    client.eval = function (script, ...rest) {
      const changes: readonly Change[] = SCRIPTS[mutant];
      const changed = changes.reduce((text, [from, into]) => text.replace(from, into), script);
      return send.call(this, changed, ...rest);
    };
}

/** No request is looked at before the store has answered. */
function askFirst(storeUrl: string): void {
  const probe = new Redis(storeUrl);
  const emit = Server.prototype.emit as (event: string, ...rest: unknown[]) => boolean;
  Server.prototype.emit = function (this: Server, event: string, ...rest: unknown[]) {
    if (event !== 'request') return emit.call(this, event, ...rest);
    probe.ping().finally(() => emit.call(this, event, ...rest));
    return true;
  } as typeof Server.prototype.emit;
}
