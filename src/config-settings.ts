/** What the server process needs to know, and where each value comes from: defaults < YAML < environment < flags. This file is one thing: the list of settings. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Issue } from './campaign/issue.ts';
import { issue, warning } from './campaign/issue.ts';
import { suggestion } from './campaign/nearest.ts';
import { checkShape } from './campaign/shape.ts';
import type { Fault, Place } from './config-faults.ts';
import { faultAt } from './config-faults.ts';

const port = (what: string, standard: number) =>
  Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: standard,
    description: `${what} 0 takes a free one.`,
  });
const host = (what: string, standard: string) =>
  Type.String({ minLength: 1, maxLength: 253, default: standard, description: what });

export const settingsSchema = Type.Object(
  {
    publicPort: port('Port for exchanges and browsers: bids, notices, tracking, conversions.', 8080),
    publicHost: host('Address that the public port listens on.', '0.0.0.0'),
    privatePort: port('Port for people: console, API, metrics, health.', 8081),
    privateHost: host('Address that the private port listens on.', '127.0.0.1'),
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 300,
        description:
          'Address under which exchanges and browsers reach the public port; http://localhost:<publicPort> where absent.',
      }),
    ),
    dataDir: Type.String({
      minLength: 1,
      default: './data',
      description: 'Folder of all state, relative to where the server is started.',
    }),
    adminToken: Type.Optional(
      Type.String({
        minLength: 8,
        maxLength: 500,
        pattern: '^[\\x21-\\x7e]+$',
        writeOnly: true,
        description:
          'Fixed token of the private port, 8 or more visible characters; where absent, one is made and kept in dataDir.',
      }),
    ),
    signingSecret: Type.Optional(
      Type.String({
        minLength: 32,
        maxLength: 500,
        writeOnly: true,
        description:
          'Secret that notices, clicks and pseudonyms are signed with, 32 or more characters; where absent, one is made and kept in dataDir.',
      }),
    ),
    peopleSecret: Type.Optional(
      Type.String({
        minLength: 32,
        maxLength: 500,
        writeOnly: true,
        description:
          'Secret under which ids of people are hashed, 32 or more characters; signingSecret where absent. To change it, give the one before as peopleSecretFormer.',
      }),
    ),
    peopleSecretFormer: Type.Optional(
      Type.String({
        minLength: 32,
        maxLength: 500,
        writeOnly: true,
        description:
          'Secret that peopleSecret took the place of. People known under it are found, and known under the new one from then on; drop it once retention.ids has passed.',
      }),
    ),
    alertWebhookUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s]+$',
        maxLength: 500,
        // Receivers of chat programs are known by a secret in their address.
        writeOnly: true,
        description:
          'Address that is told of every new alert by POST; https, and outside of private networks, unless alertWebhookPrivate.',
      }),
    ),
    alertWebhookSecret: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 500,
        writeOnly: true,
        description:
          'Secret that these are signed with, 16 or more characters; where absent, one is derived from signingSecret.',
      }),
    ),
    alertWebhookPrivate: Type.Boolean({
      default: false,
      description: 'Whether alertWebhookUrl may be plain http and lead into a private network.',
    }),
    redisUrl: Type.Optional(
      Type.String({
        pattern: '^rediss?(://[^\\s/]+|\\+cluster://[^\\s/]+|\\+sentinel://[^\\s/]+/[^\\s/]+)(/[0-9]*)?$',
        maxLength: 500,
        writeOnly: true,
        description:
          'Redis 7 or newer, or Valkey, that remembers people for all processes, as redis://user:password@host:6379/0, rediss:// for TLS, or redis+sentinel://user:password@host:26379,host:26379/name/0 where sentinels know the primary by a name, or redis+cluster://user:password@host:6379,host:6379 for a cluster; all need the same signingSecret. Where absent, each process remembers people by itself.',
      }),
    ),
    eventsKept: Type.Integer({
      minimum: 0,
      maximum: 1_000_000_000,
      default: 0,
      description:
        'Events of notices and conversions, some 400 bytes each, that the store’s stream keeps for other systems to read; 0 streams none. Needs redisUrl.',
    }),
    clickhouseUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s?#]+$',
        maxLength: 500,
        writeOnly: true,
        description:
          'ClickHouse that takes events from the stream, as http://user:password@host:8123/database; deploy/clickhouse/events.sql makes its table. Needs eventsKept.',
      }),
    ),
    nodeId: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        description:
          'Name of this process among those that share a store; the host’s name and the public port where absent. Each needs its own, and keeps it over restarts.',
      }),
    ),
    bodyLimitBytes: Type.Integer({
      minimum: 1024,
      maximum: 16_777_216,
      default: 131_072,
      description: 'Largest body taken on the public port, after decompression.',
    }),
    logLevel: Type.Union(
      [
        Type.Literal('fatal'),
        Type.Literal('error'),
        Type.Literal('warn'),
        Type.Literal('info'),
        Type.Literal('debug'),
        Type.Literal('trace'),
        Type.Literal('silent'),
      ],
      { default: 'info', description: 'Least important message that is logged.' },
    ),
    drainMs: Type.Integer({
      minimum: 0,
      maximum: 600_000,
      default: 10_000,
      description: 'Longest wait for open requests and unwritten events when the server is stopped.',
    }),
    drainNoticeMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 3_000,
      description:
        'Longest time that a server which was told to stop goes on answering, not ready any more, so that balancers notice; it ends once nothing came for half a second.',
    }),
    reloadMs: Type.Integer({
      minimum: 0,
      maximum: 3_600_000,
      default: 2_000,
      description: 'How often the configuration’s files are looked at for changes; 0 never.',
    }),
    seed: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 4_294_967_295,
        description:
          'Start of all chance, for a run that can be repeated; taken from the system where absent.',
      }),
    ),
  },
  { additionalProperties: false, description: 'The server process.' },
);
type StaticSettings = Static<typeof settingsSchema>;
/** Complete settings: `publicUrl` without a slash at its end, `dataDir` absolute. */
export type Settings = Omit<StaticSettings, 'publicUrl'> & { readonly publicUrl: string };

export type Environment = Readonly<Record<string, string | undefined>>;

interface Candidate {
  readonly value: unknown;
  readonly place: Place;
}

/** What the YAML files say, each key with its place; shapes are checked already. */
export type WrittenSettings = ReadonlyMap<string, Candidate>;

type Properties = Readonly<
  Record<string, TSchema & { readonly type?: string; readonly writeOnly?: boolean }>
>;
const PROPERTIES = settingsSchema.properties as unknown as Properties;
const PREFIX = 'BIDWRIGHT_';
const SECRET_FILE_BYTES_MAX = 10_000;

export function resolveSettings(
  written: WrittenSettings,
  environment: Environment,
  flags: Readonly<Record<string, unknown>>,
): { readonly settings: Settings; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const chosen = new Map<string, Candidate>(written);
  for (const [key, candidate] of [...fromEnvironment(environment, faults), ...fromFlags(flags, faults)])
    chosen.set(key, candidate);
  const given = Object.fromEntries([...chosen].map(([key, { value }]) => [key, value]));
  const { value } = checkShape(settingsSchema, given);
  const settings = value as StaticSettings;
  const publicUrl = (settings.publicUrl ?? `http://localhost:${settings.publicPort}`).replace(/\/+$/, '');
  const urlPlace = chosen.get('publicUrl')?.place;
  if (urlPlace && !URL.canParse(publicUrl))
    faults.push(faultAt(urlPlace, issue([], 'not_an_address', 'is not a web address', { value: publicUrl })));
  return { settings: { ...settings, publicUrl, dataDir: resolve(settings.dataDir) }, faults };
}

/** `publicPort` is `BIDWRIGHT_PUBLIC_PORT`. */
export function environmentName(key: string): string {
  return PREFIX + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function fromEnvironment(environment: Environment, faults: Fault[]): [string, Candidate][] {
  const found: [string, Candidate][] = [];
  const known: string[] = [];
  for (const [key, schema] of Object.entries(PROPERTIES)) {
    const name = environmentName(key);
    known.push(name);
    const direct = textAt(environment, name, key);
    const secret =
      schema.writeOnly === true ? secretFrom(environment, `${name}_FILE`, key, faults) : undefined;
    if (schema.writeOnly === true) known.push(`${name}_FILE`);
    if (direct && secret)
      faults.push(
        faultAt(
          secret.place,
          issue([], 'given_twice', `is given beside ${name}`, { hint: 'Keep one of the two.' }),
        ),
      );
    const candidate = direct ?? secret;
    if (candidate) found.push(...accepted(key, candidate, faults));
  }
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || known.includes(name)) continue;
    // Only a warning: container platforms put variables of their own beside ours, as BIDWRIGHT_SERVICE_HOST.
    faults.push(
      faultAt(
        environmentPlace(name),
        warning([], 'unknown_key', 'is not a setting', { hint: suggestion(name, known) }),
      ),
    );
  }
  return found;
}

/** An empty variable counts as absent, since shells and containers cannot unset one easily. */
function textAt(environment: Environment, name: string, key: string): Candidate | undefined {
  const text = environment[name];
  return text === undefined || text === ''
    ? undefined
    : { value: fromText(key, text), place: environmentPlace(name) };
}

function secretFrom(
  environment: Environment,
  name: string,
  key: string,
  faults: Fault[],
): Candidate | undefined {
  const file = environment[name];
  if (file === undefined || file === '') return undefined;
  const place = environmentPlace(name);
  try {
    if (statSync(file).size <= SECRET_FILE_BYTES_MAX)
      return { value: fromText(key, readFileSync(file, 'utf8').replace(/\r?\n$/, '')), place };
    faults.push(
      faultAt(place, issue([], 'too_large', 'names a file that is too large for a secret', { value: file })),
    );
  } catch {
    faults.push(faultAt(place, issue([], 'not_found', 'names a file that cannot be read', { value: file })));
  }
  return undefined;
}

function fromFlags(flags: Readonly<Record<string, unknown>>, faults: Fault[]): [string, Candidate][] {
  return Object.entries(flags).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const place = {
      file: 'flags',
      line: 0,
      column: 0,
      key: `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    };
    if (Object.hasOwn(PROPERTIES, key))
      return accepted(
        key,
        { value: typeof value === 'string' ? fromText(key, value) : value, place },
        faults,
      );
    faults.push(
      faultAt(
        place,
        issue([], 'unknown_key', 'is not a setting', { hint: suggestion(key, Object.keys(PROPERTIES)) }),
      ),
    );
    return [];
  });
}

function accepted(key: string, candidate: Candidate, faults: Fault[]): [string, Candidate][] {
  const { issues } = checkShape(PROPERTIES[key]!, candidate.value);
  faults.push(...issues.map((one: Issue) => faultAt(candidate.place, one)));
  return issues.length === 0 ? [[key, candidate]] : [];
}

/** Text of the environment or of a flag as the type its setting has; text that cannot be read so is left for the check to refuse. */
function fromText(key: string, text: string): unknown {
  switch (PROPERTIES[key]?.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case 'boolean':
      return { true: true, 1: true, false: false, 0: false }[text.trim().toLowerCase()] ?? text;
    default:
      return text;
  }
}

function environmentPlace(name: string): Place {
  return { file: 'environment', line: 0, column: 0, key: name };
}
