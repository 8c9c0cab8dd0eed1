/** Words in the visitor's language. English comes with the page, another one when it is asked for. */
import { signal } from '@preact/signals';
import { words as wordsOf } from './format.ts';
import { keep, kept } from './keeping.ts';
import { en } from './words/en.ts';
import type { Language, Words } from './words/fill.ts';
import { fill } from './words/fill.ts';

export type Key = keyof Words;

const KEY = 'bidwright.language';
export const language = signal<Language>('en');
const shown = signal<Words>(en);
const terms = signal<Readonly<Record<string, string>>>({});

/** Before the first paint, so that nothing is shown twice. */
export async function openLanguage(): Promise<void> {
  const wanted = kept(KEY) ?? navigator.language;
  if (wanted.startsWith('zh')) await show('zh');
}

export async function chooseLanguage(next: Language): Promise<void> {
  keep(KEY, next);
  await show(next);
}

async function show(next: Language): Promise<void> {
  if (next === 'zh') {
    const { zh, zhTerms } = await import('./words/zh.ts');
    [shown.value, terms.value] = [zh, zhTerms];
  } else [shown.value, terms.value] = [en, {}];
  language.value = next;
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
}

/** `{name}` in the words gives way to the value of that name. */
export function t(key: Key, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(shown.value[key], values);
}

/** A name from one of the bidder's closed lists, `limited_by_budget`, as a person would write it. */
export function term(name: string): string {
  return terms.value[name] ?? wordsOf(name);
}
