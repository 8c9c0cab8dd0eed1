/** The log: one line of JSON for what is worth noticing, never one for each bid. Secrets and ids of people stay out. */
import type { DestinationStream } from 'pino';
import pino from 'pino';
import type { Clock } from '../core/clock.ts';

type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

const REDACTED_KEYS = [
  'authorization',
  'cookie',
  'token',
  'key',
  'secret',
  'ip',
  'ipv6',
  'ifa',
  'buyeruid',
  'userId',
];

/** `destination` is standard output where absent. */
export function makeLog(level: string, destination?: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: REDACTED_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      serializers: { error: shownError },
    },
    ...(destination ? [destination] : []),
  );
  return {
    info: (fields, message) => logger.info(shownFields(fields), message),
    warn: (fields, message) => logger.warn(shownFields(fields), message),
    error: (fields, message) => logger.error(shownFields(fields), message),
  };
}

const TEXT_LENGTH_MAX = 500;
/** Control characters, and those that are invisible or turn the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text from outside, made harmless to read. */
export function shownText(text: string, lengthMax = TEXT_LENGTH_MAX): string {
  const seen = text.slice(0, lengthMax).replace(UNSEEN, '\ufffd');
  return text.length > lengthMax ? `${seen}…` : seen;
}

function shownFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? shownText(value) : value,
    ]),
  );
}

const STACK_LINES_MAX = 12;

function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? shownText(error) : error;
  const stack = (error.stack ?? '')
    .split('\n')
    .slice(0, STACK_LINES_MAX)
    .map((line) => shownText(line));
  return {
    name: error.name,
    message: shownText(error.message),
    ...('code' in error ? { code: error.code } : {}),
    stack,
  };
}

const WINDOW_MS = 60_000;

/** At most so many lines a minute about one matter, so that an attack cannot fill the disk. */
export class LogBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #linesPerMinute: number;
  readonly #windows = new Map<string, { startMs: number; lines: number; withheld: number }>();

  constructor(clock: Pick<Clock, 'monotonic'>, linesPerMinute = 10) {
    this.#clock = clock;
    this.#linesPerMinute = linesPerMinute;
  }

  /** How many lines about it were withheld before this one; undefined when this one is withheld too. `matter` is a fixed name of ours. */
  take(matter: string): number | undefined {
    const nowMs = this.#clock.monotonic();
    const last = this.#windows.get(matter);
    if (!last || nowMs - last.startMs >= WINDOW_MS) {
      this.#windows.set(matter, { startMs: nowMs, lines: 1, withheld: 0 });
      return last?.withheld ?? 0;
    }
    if (last.lines < this.#linesPerMinute) {
      last.lines++;
      return 0;
    }
    last.withheld++;
    return undefined;
  }
}
