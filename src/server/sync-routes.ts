/**
 * Cookie sync with exchanges, both ways. `/sync` sends a browser with our id to an exchange, which hands it back as
 * `user.buyeruid`; `/setuid` takes an exchange's id and joins it to ours. Consent is asked before any cookie is read or set,
 * and a browser is sent nowhere but to addresses of exchange profiles.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { KeysOf } from '../bidding/permit.ts';
import type { Account } from '../campaign/campaign.ts';
import type { KeyedId } from '../core/person-id.ts';
import { OWN_SPACE, rawId } from '../core/person-id.ts';
import { signalsOf } from '../learning/profile-collect.ts';
import { readPermits } from '../openrtb/consent.ts';
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';
import type { IdentityPort } from '../state/port.ts';
import { sendPixel } from './notice-routes.ts';

export interface SyncPorts {
  /** In the order in which a chain visits them. */
  exchanges(): readonly ExchangeProfile[];
  account(): Account;
  keysOf(...id: Parameters<KeysOf>): ReturnType<KeysOf>;
  identity(): Pick<IdentityPort, 'join'>;
  /** An id for a browser; never guessed, never made twice. */
  newId(): string;
  nowMs(): number;
  readonly publicUrl: string;
  /** What came of a call: `sent`, `joined`, `no_cookie`, `unknown`, `bad_id`, or why identity is refused. */
  count(outcome: string): void;
}

const COOKIE = 'bwuid';
const OWN_ID = /^[A-Za-z0-9_-]{22}$/;
const COOKIE_SECONDS = 90 * 86_400;
const ID_LENGTH_MAX = 256;
/** What an exchange did not fill in. */
const MACRO = /[$[\]{}%#<>\s]/;
const CONSENT_NAMES = ['gdpr', 'gdpr_consent', 'us_privacy', 'gpp', 'gpp_sid'] as const;
/** A browser follows some 20 redirects in all; each exchange of a chain takes two. */
const CHAIN_MAX = 8;

type Query = Readonly<Record<string, string>>;

export function syncRoutes(app: FastifyInstance, ports: SyncPorts): void {
  app.get('/sync', (call, reply) => sync(call, reply, ports));
  app.get('/setuid', (call, reply) => setUid(call, reply, ports));
}

/** A new cookie is looked for by one bounce through ourselves: a browser that refuses it would be given a new id by each call. */
function sync(call: FastifyRequest, reply: FastifyReply, ports: SyncPorts): FastifyReply {
  const query = queryOf(call);
  const isChain = query.exchange === undefined;
  const exchange = isChain ? chainOf(ports)[0] : exchangeNamed(query.exchange, ports);
  if (!exchange?.sync) return refuse(reply, ports, 'unknown');
  const refusal = refusalOf(call, query, ports);
  if (refusal !== undefined) return stay(reply, ports, refusal);
  const known = cookieOf(call);
  if (known === undefined && query.bounced === '1') return stay(reply, ports, 'no_cookie');
  const own = known ?? ports.newId();
  if (!keysOfOwn(own, ports)) return withdraw(reply, ports);
  setCookie(reply, own);
  if (known === undefined) return redirect(reply, addressOf(ports, 'sync', { ...query, bounced: '1' }));
  ports.count('sent');
  return redirect(reply, outwards(exchange, own, query, ports, isChain ? 0 : undefined));
}

function setUid(call: FastifyRequest, reply: FastifyReply, ports: SyncPorts): FastifyReply {
  const query = queryOf(call);
  const exchange = exchangeNamed(query.exchange, ports);
  if (!exchange) return refuse(reply, ports, 'unknown');
  const refusal = refusalOf(call, query, ports);
  if (refusal !== undefined) return stay(reply, ports, refusal);
  const own = cookieOf(call) ?? ports.newId();
  const theirs = idOf(query[exchange.sync?.uidParameter ?? 'uid'] ?? '', exchange);
  const ownKeys = keysOfOwn(own, ports);
  const theirKeys = theirs && ports.keysOf(theirs);
  if (!ownKeys || (theirs && !theirKeys)) return withdraw(reply, ports);
  setCookie(reply, own);
  // Anybody can call this address, so it is no more than an observation: it joins nobody with two e-mail addresses.
  if (theirKeys) ports.identity().join([...ownKeys, ...theirKeys], ports.nowMs(), 'observed');
  ports.count(theirKeys ? 'joined' : 'bad_id');
  const next = nextOf(query, ports);
  if (next) return redirect(reply, outwards(next.exchange, own, query, ports, next.step));
  return theirKeys ? sendPixel(reply) : reply.code(400).header('cache-control', 'no-store').send();
}

function queryOf(call: FastifyRequest): Query {
  const entries = Object.entries(call.query as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    entries.flatMap(([name, value]): [string, string][] => {
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return typeof first === 'string' ? [[name, first]] : [];
    }),
  );
}

function refusalOf(call: FastifyRequest, query: Query, ports: SyncPorts): string | undefined {
  const { dnt, 'sec-gpc': gpc } = call.headers;
  const told = { ...query, ...(dnt === '1' ? { dnt: '1' } : {}), ...(gpc === '1' ? { gpc: '1' } : {}) };
  const { identity, refusal } = readPermits(signalsOf(told), ports.account());
  return identity ? undefined : refusal;
}

function exchangeNamed(id: string | undefined, ports: SyncPorts): ExchangeProfile | undefined {
  return ports.exchanges().find((exchange) => exchange.id === id);
}

/** Exchanges that lead a browser back to us. */
function chainOf(ports: SyncPorts): readonly ExchangeProfile[] {
  return ports
    .exchanges()
    .filter(({ sync: habit }) => habit?.url.includes(RETURN) === true)
    .slice(0, CHAIN_MAX);
}

/** The step only ever grows, so a chain ends. */
function nextOf(query: Query, ports: SyncPorts): { exchange: ExchangeProfile; step: number } | undefined {
  if (query.step === undefined || !/^\d$/.test(query.step)) return undefined;
  const step = Number(query.step) + 1;
  const exchange = chainOf(ports)[step];
  return exchange && { exchange, step };
}

function idOf(uid: string, exchange: ExchangeProfile) {
  if (uid.length > ID_LENGTH_MAX || MACRO.test(uid)) return undefined;
  return rawId(`user.id@${exchange.id}`, uid);
}

function keysOfOwn(own: string, ports: SyncPorts): readonly KeyedId[] | undefined {
  return ports.keysOf({ space: OWN_SPACE, id: own });
}

function cookieOf(call: FastifyRequest): string | undefined {
  const pairs = (call.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const value = pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return value !== undefined && OWN_ID.test(value) ? value : undefined;
}

function setCookie(reply: FastifyReply, own: string, seconds = COOKIE_SECONDS): void {
  reply.header(
    'set-cookie',
    `${COOKIE}=${own}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=None; Partitioned`,
  );
}

const RETURN = '{returnUrl}';

/** The exchange's address with what it asks for filled in; everything is escaped, so nothing of the caller's changes where it leads. */
function outwards(
  { id, sync: habit }: ExchangeProfile,
  own: string,
  query: Query,
  ports: SyncPorts,
  step: number | undefined,
): string {
  const back = addressOf(ports, 'setuid', {
    ...consentOf(query),
    exchange: id,
    ...(step === undefined ? {} : { step: String(step) }),
  });
  // The exchange looks for its macro as it wrote it, so it is not escaped inside our address.
  const returnUrl = `${back}&${habit?.uidParameter ?? 'uid'}=${habit?.uidMacro ?? ''}`;
  const values: Query = {
    uid: own,
    returnUrl,
    gdpr: query.gdpr ?? '',
    gdprConsent: query.gdpr_consent ?? '',
    usPrivacy: query.us_privacy ?? '',
    gpp: query.gpp ?? '',
    gppSid: query.gpp_sid ?? '',
  };
  return (habit?.url ?? '').replace(/\{(\w+)\}/g, (macro, name: string) => {
    const value = values[name];
    if (value === undefined) return macro;
    return name === 'returnUrl' ? escapedButMacro(value, habit?.uidMacro ?? '') : encodeURIComponent(value);
  });
}

function escapedButMacro(text: string, macro: string): string {
  const end = text.length - macro.length;
  return encodeURIComponent(text.slice(0, end)) + text.slice(end);
}

function consentOf(query: Query): Query {
  return Object.fromEntries(
    CONSENT_NAMES.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])),
  );
}

function addressOf(ports: SyncPorts, path: string, { exchange, step, bounced, ...query }: Query): string {
  const kept = { exchange, step, bounced, ...consentOf(query) };
  const given = Object.entries(kept).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${ports.publicUrl}/${path}?${new URLSearchParams(given)}`;
}

function redirect(reply: FastifyReply, location: string): FastifyReply {
  return reply
    .code(302)
    .header('location', location)
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .send();
}

function refuse(reply: FastifyReply, ports: SyncPorts, outcome: string): FastifyReply {
  ports.count(outcome);
  return reply.code(400).header('cache-control', 'no-store').send();
}

/** The picture that the page waits for, and nothing else. */
function stay(reply: FastifyReply, ports: SyncPorts, outcome: string): FastifyReply {
  ports.count(outcome);
  return sendPixel(reply);
}

/** Somebody who asked to be forgotten: the browser forgets too. */
function withdraw(reply: FastifyReply, ports: SyncPorts): FastifyReply {
  setCookie(reply, '', 0);
  return stay(reply, ports, 'withdrawn');
}
