/** "Did you mean": the known word that a mistyped one was likely meant to be. */
import { distance } from 'fastest-levenshtein';

const LONGEST_WORD = 64;
const LISTED = 8;

/** The nearest word within a third of its letters; case, dashes and underscores do not count. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const plainWord = plain(word);
  let best: string | undefined;
  // Two letters that changed places are two steps, so even a short word gets two.
  let least = Math.max(plainWord.length < 4 ? 1 : 2, Math.floor(plainWord.length / 3)) + 1;
  for (const candidate of known) {
    const plainCandidate = plain(candidate);
    if (Math.abs(plainCandidate.length - plainWord.length) >= least) continue;
    const steps = distance(plainWord, plainCandidate);
    if (steps < least) [best, least] = [candidate, steps];
  }
  return best;
}

/** "Did you mean x?", or the known words where they are few, or nothing. */
export function suggestion(word: unknown, known: readonly string[], noun = 'Known'): string {
  const close = typeof word === 'string' ? nearest(word, known) : undefined;
  if (close !== undefined) return `Did you mean ${close}?`;
  if (known.length === 0 || known.length > LISTED) return '';
  return `${noun}: ${known.join(', ')}.`;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[\s_-]/g, '');
}
