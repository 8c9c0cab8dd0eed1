/** Name, the bidder's clock, whether what is shown is live, and how the visitor wants it. */
import type { Key } from '../language.ts';
import { chooseLanguage, language, t } from '../language.ts';
import { signOut, who } from '../session.ts';
import { connection, format, overview } from '../state.ts';
import type { Theme } from '../theme.ts';
import { chooseTheme, THEMES, theme } from '../theme.ts';
import type { Language } from '../words/fill.ts';

export function Header() {
  const now = overview.value?.nowMs;
  return (
    <header class="bar">
      <div class="bar-inside">
        <p class="brand">
          <Mark />
          <span class="brand-name">Bidwright</span>
        </p>
        <p class="clock">
          <span class="clock-label">{t('shell.clock')}</span>{' '}
          <time dateTime={now === undefined ? undefined : new Date(now).toISOString()}>
            {now === undefined ? '' : format.value.time(now)}
          </time>
        </p>
        <p class="connection" role="status" data-state={connection.value}>
          <span class="connection-light" aria-hidden="true" />
          {t(`shell.${connection.value}` as Key)}
        </p>
        <div class="wishes">
          <select
            aria-label={t('shell.language')}
            value={language.value}
            onChange={(event) => void chooseLanguage(event.currentTarget.value as Language)}
          >
            <option value="en" lang="en">
              English
            </option>
            <option value="zh" lang="zh-CN">
              中文
            </option>
          </select>
          <select
            aria-label={t('shell.theme')}
            value={theme.value}
            onChange={(event) => chooseTheme(event.currentTarget.value as Theme)}
          >
            {THEMES.map((one) => (
              <option key={one} value={one}>
                {t(`shell.theme.${one}` as Key)}
              </option>
            ))}
          </select>
          {who.value && (
            <button type="button" class="sign-out" title={who.value.who} onClick={() => void signOut()}>
              {t('shell.signOut')}
            </button>
          )}
        </div>
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8 21h4v-5h4v-5h4V7h4" />
      <path class="mark-base" d="M8 25.5h16" />
    </svg>
  );
}
