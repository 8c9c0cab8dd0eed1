/** Tokens of those who use the API beside the operator's own: only their hashes are kept, so a token is seen once, when it is made. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Actor, Role } from './roles.ts';
import { ROLES } from './roles.ts';

export interface TokenFacts {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** All where absent. */
  readonly advertisers?: readonly string[];
  readonly createdMs: number;
  /** Never where absent. */
  readonly expiresMs?: number;
}

interface KeptToken extends TokenFacts {
  /** SHA-256; a token is drawn from 256 bits, so nothing slower is needed. */
  readonly hash: string;
}

export interface TokenStore {
  load(name: string): Promise<Uint8Array | undefined>;
  save(name: string, bytes: Uint8Array): Promise<void>;
}

export type NewToken = Pick<TokenFacts, 'name' | 'role' | 'advertisers' | 'expiresMs'>;

const TABLE = 'api_tokens';
export const TOKENS_MAX = 500;

export class Tokens {
  readonly #clock: Pick<Clock, 'now'>;
  #store: TokenStore | undefined;
  #byHash = new Map<string, KeptToken>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  async open(store: TokenStore): Promise<void> {
    this.#store = store;
    const bytes = await store.load(TABLE);
    if (!bytes) return;
    const kept = JSON.parse(Buffer.from(bytes).toString('utf8')) as readonly KeptToken[];
    this.#byHash = new Map(
      kept.filter(({ role }) => ROLES.includes(role)).map((token) => [token.hash, token]),
    );
  }

  /** Undefined for one that is unknown, revoked or expired. */
  actorOf(token: string): Actor | undefined {
    const kept = this.#byHash.get(hashOf(token));
    if (!kept || (kept.expiresMs !== undefined && kept.expiresMs <= this.#clock.now())) return undefined;
    const { name, role, advertisers } = kept;
    return { who: name, role, ...(advertisers ? { advertisers: new Set(advertisers) } : {}) };
  }

  /** Durable when it resolves. Undefined where there are too many. */
  async create(
    wanted: NewToken,
  ): Promise<{ readonly token: string; readonly facts: TokenFacts } | undefined> {
    if (this.#byHash.size >= TOKENS_MAX) return undefined;
    const token = `bw_${randomBytes(32).toString('base64url')}`;
    const hash = hashOf(token);
    const facts: TokenFacts = {
      ...wanted,
      id: randomBytes(6).toString('hex'),
      createdMs: this.#clock.now(),
    };
    await this.#keep(new Map(this.#byHash).set(hash, { ...facts, hash }));
    return { token, facts };
  }

  /** False for one that is not there. */
  async revoke(id: string): Promise<boolean> {
    const rest = new Map([...this.#byHash].filter(([, token]) => token.id !== id));
    if (rest.size === this.#byHash.size) return false;
    await this.#keep(rest);
    return true;
  }

  list(): readonly TokenFacts[] {
    return [...this.#byHash.values()].map(({ hash: _, ...facts }) => facts);
  }

  /** Counts from the moment on at which a restart would find it. */
  async #keep(tokens: Map<string, KeptToken>): Promise<void> {
    if (!this.#store) throw new Error('tokens are not open yet');
    await this.#store.save(TABLE, Buffer.from(JSON.stringify([...tokens.values()])));
    this.#byHash = tokens;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
