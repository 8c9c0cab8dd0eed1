/** The trial of a bidder as one page of HTML that needs nothing beside it, and as lines for a terminal. */
import type { Onboarding } from './onboard.ts';
import { escapeMarkup } from './openrtb/escape.ts';

export function linesOf({ exchange, questions, trials, latencyMs }: Onboarding): string[] {
  const width = Math.max(...questions.map(([question]) => question.length));
  return [
    `${exchange.name ?? exchange.id} (${exchange.id})`,
    '',
    ...questions.map(([question, answer]) => `${question.padEnd(width)}  ${answer}`),
    '',
    ...trials.map(({ name, passed, found }) => `${passed ? 'passed' : 'FAILED'}  ${name}: ${found}`),
    '',
    `Latency, ms: ${Object.entries(latencyMs)
      .map(([name, value]) => `${name} ${value.toFixed(2)}`)
      .join(', ')}`,
  ];
}

export function htmlOf({ exchange, questions, trials, latencyMs }: Onboarding, atMs: number): string {
  const row = (cells: readonly string[]): string =>
    `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  const title = `Bidder self-test for ${escapeMarkup(exchange.name ?? exchange.id)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2530}
table{border-collapse:collapse;width:100%;margin:0 0 2rem}td{border-top:1px solid #d8dee6;padding:.4rem .6rem;vertical-align:top;overflow-wrap:anywhere}
td:first-child{width:14rem;font-weight:600}.passed{color:#11683a}.failed{color:#a8201a}</style></head>
<body><h1>${title}</h1><p>${new Date(atMs).toISOString()}, on loopback. ${trials.filter(({ passed }) => passed).length} of ${trials.length} trials passed.</p>
<h2>Questionnaire</h2><table>${questions.map(([question, answer]) => row([escapeMarkup(question), escapeMarkup(answer)])).join('\n')}</table>
<h2>Trials</h2><table>${trials
    .map(({ name, passed, found }) =>
      row([
        escapeMarkup(name),
        `<span class="${passed ? 'passed' : 'failed'}">${passed ? 'passed' : 'failed'}</span>`,
        escapeMarkup(found),
      ]),
    )
    .join('\n')}</table>
<h2>Latency, milliseconds</h2><table>${Object.entries(latencyMs)
    .map(([name, value]) => row([name, value.toFixed(2)]))
    .join('\n')}</table>
</body></html>
`;
}
