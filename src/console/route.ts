/** Where the visitor is, as a signal that follows the address. */
import { signal } from '@preact/signals';
import type { Route, ScreenName } from './route-model.ts';
import { hrefOf, routeOf } from './route-model.ts';

export const route = signal<Route>(routeOf(location.hash));

export function followAddress(): void {
  addEventListener('hashchange', () => {
    route.value = routeOf(location.hash);
  });
}

export function goTo(screen: ScreenName, id?: string): void {
  location.hash = hrefOf(screen, id);
}
