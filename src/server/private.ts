/** The private door: console, API, metrics, health. Everything but the health checks needs the token or a session. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import fastifySwagger from '@fastify/swagger';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import type { Sessions } from './access.ts';
import type { ApiPorts } from './api-routes.ts';
import { API, apiRoutes } from './api-routes.ts';
import { bearerOf } from './conversion-routes.ts';
import { liveEvents } from './live-events.ts';
import type { Metrics } from './metrics.ts';
import type { ProblemError } from './problem.ts';
import { sendProblem } from './problem.ts';
import type { Actor } from './roles.ts';
import { mayUse, roleNeeded } from './roles.ts';
import { sessionRoutes } from './session-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import type { Tokens } from './tokens.ts';

export interface Readiness {
  readonly ready: boolean;
  /** What was looked at, and what was found. */
  readonly checks: Readonly<Record<string, boolean | string | number>>;
}

export interface PrivatePorts extends ApiPorts {
  readonly sessions: Pick<Sessions, 'open' | 'bearerKnown' | 'cookieKnown'>;
  readonly tokens: Pick<Tokens, 'actorOf' | 'create' | 'revoke' | 'list'>;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readiness(): Readiness;
  fault(where: string, error: unknown): void;
}

export interface PrivateOptions {
  /** The built console; a page that says what to do stands in for it where the folder is not there. */
  readonly consoleDir: string;
  readonly version: string;
}

const BODY_BYTES_MAX = 1_048_576;
/** The longest that a list of ids may take to come. Who may not send one is turned away before its body is read. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
/** Ids of people may be long. */
const PARAMETER_CHARACTERS_MAX = 1_300;
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz']);
/** The console's own program, which knows nothing: a stranger needs it to sign in. */
const CONSOLE_ASSETS = '/assets/';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export function privateApp(ports: PrivatePorts, options: PrivateOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    return503OnClosing: false,
  });
  // The schemas of answers describe them; they do not cut away what they leave out.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS);
    return admit(request, reply, ports, options.consoleDir);
  });
  app.decorateRequest('actor', undefined);
  // A route that nobody said who may use is a fault of ours, and found at the start.
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) roleNeeded(each, url);
  });
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'There is nothing at this address'));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, 'The question has faults', faultsOf(error));
    const away = AWAY.get(error.code);
    if (away !== undefined) return sendProblem(reply, 503, away);
    ports.fault(request.routeOptions.url ?? 'other', error);
    return sendProblem(reply, 500, 'A fault of ours; the log has it');
  });
  app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Bidwright', version: options.version, description: 'Amounts are integer micros.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  });
  app.register(async (inner) => {
    healthRoutes(inner, ports, options);
    apiRoutes(inner, ports);
    tokenRoutes(inner, API, ports);
    sessionRoutes(inner, API);
    liveEvents(
      inner,
      `${API}/events`,
      () => ports.questions.overview(),
      (error) => ports.fault('events', error),
    );
    inner.get(`${API}/openapi.json`, { schema: { hide: true } }, () => app.swagger());
    consoleFiles(inner, options.consoleDir);
  });
  return app;
}

/** What cannot be told for now, by the code of the fault: no fault of the one who asks, nor of this program. */
const AWAY: ReadonlyMap<string, string> = new Map([
  [
    'BW_LEDGER_AWAY',
    'The store that nodes share does not answer, so budgets are not known; bids go on from leases for a minute',
  ],
  [
    'BW_LEDGER_FENCED',
    'Another process goes by the name of this node, so it knows no budgets; give each a nodeId and a data folder of its own',
  ],
  ['BW_JOURNAL_UNAVAILABLE', 'The state file cannot be written; the log says why'],
]);

function healthRoutes(app: FastifyInstance, ports: PrivatePorts, { version }: PrivateOptions): void {
  app.get('/healthz', { schema: { hide: true } }, () => ({ status: 'ok', version }));
  app.get('/readyz', { schema: { hide: true } }, (_request, reply) => {
    const { ready, checks } = ports.readiness();
    return reply.code(ready ? 200 : 503).send({ ready, checks });
  });
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.header('content-type', ports.metrics.contentType).send(await ports.metrics.text()),
  );
}

/** Gives a reply where the caller is not let in, or is sent on with a new session. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { sessions, tokens }: Pick<PrivatePorts, 'sessions' | 'tokens'>,
  consoleDir: string,
): Promise<FastifyReply | undefined> {
  const path = request.url.split('?')[0] ?? '';
  if (OPEN_PATHS.has(path) || (path.startsWith(CONSOLE_ASSETS) && SAFE_METHODS.has(request.method)))
    return undefined;
  const bearer = bearerOf(request.headers.authorization);
  if (sessions.bearerKnown(bearer)) return permit(request, reply, OPERATOR);
  const actor = bearer === undefined ? undefined : tokens.actorOf(bearer);
  if (actor) return permit(request, reply, actor);
  const signedIn = sessions.cookieKnown(request.headers.cookie);
  const code = (request.query as { readonly t?: unknown }).t;
  // A link preview asks by HEAD; only a person's GET may use the code up.
  if (path === '/' && request.method === 'GET' && typeof code === 'string') {
    const cookie = sessions.open(code);
    if (cookie !== undefined) reply.header('set-cookie', cookie);
    // The code does not stay in the address, where history and screenshots would keep it.
    if (cookie !== undefined || signedIn) return reply.code(303).header('location', './').send();
  }
  if (!signedIn) return refuse(request, reply, path === '/' ? signInPageOf(consoleDir) : SIGN_IN_PAGE);
  // A session travels by itself, so another site must not be able to act through it.
  const site = request.headers['sec-fetch-site'];
  if (!SAFE_METHODS.has(request.method) && site !== undefined && site !== 'same-origin')
    return sendProblem(reply, 403, 'Another site may not do this');
  return permit(request, reply, CONSOLE);
}

const OPERATOR: Actor = { who: 'admin', role: 'admin' };
/** Came by the link that the operator's process printed. */
const CONSOLE: Actor = { who: 'console', role: 'admin' };

function permit(request: FastifyRequest, reply: FastifyReply, actor: Actor): FastifyReply | undefined {
  (request as { actor?: Actor }).actor = actor;
  const { url } = request.routeOptions;
  if (url === undefined || mayUse(actor, request.method, url)) return undefined;
  const whole =
    actor.advertisers !== undefined && mayUse({ ...actor, advertisers: undefined }, request.method, url);
  return sendProblem(
    reply,
    403,
    whole
      ? 'This token is for single advertisers, and this is about all of them'
      : `This takes the role ${roleNeeded(request.method, url)}; the token has ${actor.role}`,
  );
}

const SIGN_IN_PAGE = page(
  'Signed out',
  'Open the link that the bidder printed at its start; each works once.',
);
const UNBUILT_PAGE = page('No console here', 'It is not built: run npm run prepare. The API is at api/v1.');

/** The console asks for a token by itself; where it is not built, words must do. */
function signInPageOf(folder: string): string {
  const file = join(folder, 'index.html');
  return existsSync(file) ? readFileSync(file, 'utf8') : SIGN_IN_PAGE;
}

function refuse(request: FastifyRequest, reply: FastifyReply, signInPage: string): FastifyReply {
  reply.header('www-authenticate', 'Bearer');
  const fromBrowser = request.headers.accept?.includes('text/html') ?? false;
  if (!fromBrowser) return sendProblem(reply, 401, 'A token or a session is needed');
  return reply.code(401).type('text/html; charset=utf-8').send(signInPage);
}

function page(title: string, text: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`;
}

function consoleFiles(app: FastifyInstance, folder: string): void {
  if (existsSync(join(folder, 'index.html')))
    app.register(fastifyStatic, { root: folder, decorateReply: false });
  else
    app.get('/', { schema: { hide: true } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(UNBUILT_PAGE),
    );
}

/** What the framework's own checks found, in the API's words. */
function faultsOf(error: FastifyError): ProblemError[] {
  if (!error.validation) return [{ path: '', code: error.code, message: error.message, hint: '' }];
  return error.validation.map(({ instancePath, keyword, message = '', params }) => {
    const missing = typeof params.missingProperty === 'string' ? params.missingProperty : '';
    const path = [...instancePath.split('/').slice(1), missing].filter((step) => step !== '').join('.');
    return { path, code: keyword, message, hint: '' };
  });
}
