/** Addresses of the screens: `#/line-items/hikers-even?from=2026-11-01`. What is no screen leads to the first. */

/** In the order of the navigation; `line-item` stands below `line-items`. */
export const SCREENS = [
  'overview',
  'line-items',
  'troubleshoot',
  'creatives',
  'audiences',
  'experiments',
  'conversions',
  'reports',
  'plan',
  'recap',
  'history',
  'alerts',
  'settings',
] as const;
export type ScreenName = (typeof SCREENS)[number];

export interface Route {
  readonly screen: ScreenName;
  /** Of the object that is shown; the screen's list where absent. */
  readonly id: string | undefined;
}

export function routeOf(hash: string): Route {
  const [screen = '', id] = hash.replace(/^#?\/?/, '').split('/');
  const known = SCREENS.find((name) => name === screen);
  if (known === undefined) return { screen: SCREENS[0], id: undefined };
  return { screen: known, id: id === undefined || id === '' ? undefined : decoded(id) };
}

export function hrefOf(screen: ScreenName, id?: string): string {
  return id === undefined ? `#/${screen}` : `#/${screen}/${encodeURIComponent(id)}`;
}

/** A broken escape stands for itself: an address is typed by anybody. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
