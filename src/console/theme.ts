/** Light or dark: as the system has it, until the visitor says otherwise. */
import { signal } from '@preact/signals';
import { keep, kept } from './keeping.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'bidwright.theme';
export const theme = signal<Theme>(THEMES.find((one) => one === kept(KEY)) ?? 'system');

export function chooseTheme(next: Theme): void {
  theme.value = next;
  keep(KEY, next === 'system' ? undefined : next);
  showTheme();
}

export function showTheme(): void {
  if (theme.value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme.value;
}
