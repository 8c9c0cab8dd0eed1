/** Who may use the private door: bearers of the token, and browsers that came by a one-time link. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../core/clock.ts';

const COOKIE = 'bidwright_session';
const SESSION_SECONDS = 12 * 3600;
export const END_OF_SESSION = `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
const CODES_MAX = 100;

/**
 * A session is a signed date of expiry, so it lives through a restart and needs no memory; another token ends all sessions.
 * A link's code works once.
 */
export class Sessions {
  readonly #token: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #codes = new Set<string>();

  /** `clock` is the wall's, also where bids live in simulated time. */
  constructor(token: string, clock: Pick<Clock, 'now'>) {
    this.#token = token;
    this.#clock = clock;
  }

  /** An address that opens one session. `base` as http://127.0.0.1:8081. */
  link(base: string): string {
    const code = randomBytes(24).toString('base64url');
    this.#codes.add(code);
    // The oldest unused link falls when too many were made.
    const [oldest] = this.#codes;
    if (this.#codes.size > CODES_MAX && oldest !== undefined) this.#codes.delete(oldest);
    return `${base}/?t=${code}`;
  }

  /** `Set-Cookie` of a new session; undefined for a code that is unknown or used. */
  open(code: string): string | undefined {
    if (!this.#codes.delete(code)) return undefined;
    const expires = String(this.#clock.now() + SESSION_SECONDS * 1000);
    return `${COOKIE}=${expires}.${this.#sign(expires)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_SECONDS}`;
  }

  bearerKnown(token: string | undefined): boolean {
    return token !== undefined && same(token, this.#token);
  }

  cookieKnown(header: string | undefined): boolean {
    const value = header
      ?.split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${COOKIE}=`))
      ?.slice(COOKIE.length + 1);
    const [expires = '', signature = ''] = value?.split('.') ?? [];
    return same(signature, this.#sign(expires)) && Number(expires) > this.#clock.now();
  }

  #sign(expires: string): string {
    return createHmac('sha256', this.#token).update(`session ${expires}`).digest('base64url');
  }
}

function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
