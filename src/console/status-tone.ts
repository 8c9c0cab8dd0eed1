/** How urgent a status is to the eye. */
export function toneOf(status: string): 'good' | 'quiet' | 'care' {
  if (status === 'active') return 'good';
  return /^(paused|archived|ended|scheduled|not_in_flight|learning)/.test(status) ? 'quiet' : 'care';
}
