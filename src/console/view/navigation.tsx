/** The way to every screen: a row where there is room, a menu where there is none. */
import { useSignal } from '@preact/signals';
import type { Key } from '../language.ts';
import { t } from '../language.ts';
import { alerts } from '../news-state.ts';
import type { ScreenName } from '../route-model.ts';
import { hrefOf, SCREENS } from '../route-model.ts';

export function Navigation({ current }: { readonly current: ScreenName }) {
  const open = useSignal(false);
  const pending = alerts.value.filter(({ acknowledged }) => acknowledged === undefined).length;
  return (
    <nav class="nav" aria-label={t('nav.label')} data-open={open.value}>
      <button
        type="button"
        class="nav-menu"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {t('nav.menu')} · {t(`nav.${current}` as Key)}
      </button>
      <ul class="nav-list">
        {SCREENS.map((screen) => (
          <li key={screen}>
            <a
              href={hrefOf(screen)}
              aria-current={screen === current ? 'page' : undefined}
              onClick={() => {
                open.value = false;
              }}
            >
              {t(`nav.${screen}` as Key)}
              {screen === 'alerts' && pending > 0 && <span class="nav-count">{pending}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
