/**
 * Who may do what at the private door. Whatever is read needs a viewer; every route that changes something stands in the list below, and one
 * that does not is refused at the start.
 */

/** Each may do what those before it may. */
export const ROLES = ['viewer', 'trader', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Whoever asks, once let in. */
export interface Actor {
  /** For the history. */
  readonly who: string;
  readonly role: Role;
  /** Sees and changes what belongs to these alone; all where absent. */
  readonly advertisers?: ReadonlySet<string> | undefined;
}

/** What traders tune day by day; approvers, what it stands on; admins, what concerns everybody. */
const CHANGES: Readonly<Record<string, Role>> = {
  'PUT /api/v1/bidding': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
  'DELETE /api/v1/people/:id': 'admin',
  'POST /api/v1/consents': 'approver',
  'DELETE /api/v1/session': 'viewer',
  'POST /api/v1/explain': 'viewer',
  'POST /api/v1/forecast': 'viewer',
  'POST /api/v1/what-if': 'viewer',
  'POST /api/v1/experiments/verdict': 'viewer',
  'POST /api/v1/experiments/:id/winner': 'approver',
  'POST /api/v1/plan': 'approver',
  'POST /api/v1/alerts/acknowledge': 'trader',
  'POST /api/v1/discrepancy': 'trader',
  'POST /api/v1/invalid-clicks': 'approver',
  'POST /api/v1/line-items/:id/creatives/judge': 'viewer',
  'POST /api/v1/audiences/:id/members': 'trader',
  'POST /api/v1/changes/:number/undo': 'approver',
  // Of each list only what the role may write singly: the route looks.
  'POST /api/v1/import': 'trader',
  ...writesOf('exchanges', 'admin'),
  ...writesOf('advertisers', 'approver'),
  ...writesOf('campaigns', 'trader'),
  ...writesOf('line-items', 'trader'),
  ...writesOf('creatives', 'trader'),
  ...writesOf('audiences', 'trader'),
  ...writesOf('conversion-actions', 'approver'),
  ...writesOf('experiments', 'trader'),
};

/** Read by admins alone: who may come in at all. */
const READ_BY_ADMINS: ReadonlySet<string> = new Set(['GET /api/v1/tokens', 'HEAD /api/v1/tokens']);

/** Routes that look at what belongs to an advertiser, and keep to those of the one who asks. */
const SCOPED = [
  /^\/api\/v1\/(?:advertisers|campaigns|line-items|creatives|conversion-actions)(?:\/:id)?$/,
  /^\/api\/v1\/(?:account|session|openapi\.json|export|import)$/,
];

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @throws Error for a route that changes something and does not stand in the list. */
export function roleNeeded(method: string, url: string): Role {
  const route = `${method} ${url}`;
  if (SAFE.has(method)) return READ_BY_ADMINS.has(route) ? 'admin' : 'viewer';
  const role = CHANGES[route];
  if (role === undefined) throw new Error(`${route} does not say who may use it`);
  return role;
}

export function mayUse({ role, advertisers }: Actor, method: string, url: string): boolean {
  if (ROLES.indexOf(role) < ROLES.indexOf(roleNeeded(method, url))) return false;
  return advertisers === undefined || SCOPED.some((pattern) => pattern.test(url));
}

function writesOf(list: string, role: Role): Readonly<Record<string, Role>> {
  return {
    [`POST /api/v1/${list}`]: role,
    [`PATCH /api/v1/${list}/:id`]: role,
    [`DELETE /api/v1/${list}/:id`]: role,
  };
}
