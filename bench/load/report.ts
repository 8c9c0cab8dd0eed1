/** Results of the load benchmark for people: a table of figures against goals, and one page with curves. */

interface Part {
  readonly commit: string;
  readonly machine: {
    readonly processor: string;
    readonly processors: number;
    readonly memoryGib: number;
    readonly node: string;
  };
  readonly settings: { readonly rounds: number; readonly requests: number; readonly size: object };
  readonly figures: Readonly<Record<string, number>>;
  readonly goals: Readonly<Record<string, number>>;
  readonly rows: readonly Readonly<Record<string, number | string>>[];
}

export interface LoadResult {
  readonly seed: number;
  readonly parts: Readonly<Record<string, object>>;
}

const ABOUT: Readonly<Record<string, string>> = {
  ratios: 'CPU of a request, closed loop, rounds in turn. To the bare route unless two ways are named.',
  growth:
    'CPU of a request as a ratio to the bare route, 1,000 line items, 100 packs, 10,000 people unless grown.',
  overload:
    'Open loop past what can be answered, 1,000 line items; good is what was decided and in time. The sender shares the processors with the server.',
  latency: 'Open loop from the intended send time; the sender shares the processors with the server.',
};

export function textReport({ seed, parts }: LoadResult): string {
  const sections = partsOf(parts).map(([name, part]) =>
    [
      `## ${name}`,
      '',
      `${ABOUT[name] ?? ''} Commit ${part.commit}; ${onMachine(part)}; seed ${seed}; ${part.settings.rounds} rounds of ${part.settings.requests}; ${JSON.stringify(part.settings.size)}.`,
      '',
      table(
        ['figure', 'value', 'goal'],
        Object.entries(part.figures).map(([figure, value]) => [
          figure,
          shown(value),
          verdict(value, part.goals[figure]),
        ]),
      ),
      '',
      rowsTable(part),
      '',
    ].join('\n'),
  );
  return ['# Load benchmark', '', ...sections].join('\n');
}

export function htmlReport({ seed, parts }: LoadResult): string {
  const sections = partsOf(parts).map(
    ([name, part]) =>
      `<section><h2>${name}</h2><p>${ABOUT[name] ?? ''} Commit ${part.commit}; ${onMachine(part)}; seed ${seed}.</p>${curves(name, part)}${htmlTable(
        ['figure', 'value', 'goal'],
        Object.entries(part.figures).map(([figure, value]) => [
          figure,
          shown(value),
          verdict(value, part.goals[figure]),
        ]),
      )}</section>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Bidwright: load benchmark</title><style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #d7dee6;padding:.25rem .75rem;text-align:left}td:nth-child(2){text-align:right;font-variant-numeric:tabular-nums}svg{width:100%;height:auto;max-width:44rem}</style><h1>Load benchmark</h1>${sections.join('')}</html>\n`;
}

function partsOf(parts: LoadResult['parts']): [string, Part][] {
  return Object.entries(parts) as [string, Part][];
}

function onMachine({ machine }: Part): string {
  return `${machine.processors} × ${machine.processor}, ${machine.memoryGib} GiB, Node ${machine.node}`;
}

function verdict(value: number, goal: number | undefined): string {
  return goal === undefined ? '' : `≤ ${goal}${value <= goal ? '' : ', missed'}`;
}

function shown(value: number | string): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowsTable({ rows }: Part): string {
  const head = Object.keys(rows[0] ?? {});
  return table(
    head,
    rows.map((row) => head.map((key) => shown(row[key] ?? ''))),
  );
}

function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`;
}

interface Curve {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

function curves(name: string, { rows }: Part): string {
  const numbers = (row: Readonly<Record<string, number | string>>, x: string, y: string) =>
    [Number(row[x]), Number(row[y])] as const;
  if (name === 'growth')
    return ['lines', 'packs', 'people']
      .map((what) =>
        chart({
          title: `CPU to the bare route by ${what}`,
          points: rows.filter((row) => row.what === what).map((row) => numbers(row, 'amount', 'ratio')),
        }),
      )
      .join('');
  if (name !== 'latency') return '';
  const ramp = rows.filter((row) => row.name === 'ramp');
  return ['p50Us', 'p99Us', 'p999Us']
    .map((which) =>
      chart({
        title: `${which} by requests a second`,
        points: ramp.map((row) => numbers(row, 'rate', which)),
      }),
    )
    .join('');
}

const WIDTH = 640;
const HEIGHT = 220;
const MARGIN = 48;

/** x in powers; y from nothing. */
function chart({ title, points }: Curve): string {
  if (points.length < 2) return '';
  const xs = points.map(([x]) => Math.log(x));
  const high = Math.max(...points.map(([, y]) => y));
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const place = ([x, y]: readonly [number, number]): readonly [number, number] => [
    MARGIN + ((Math.log(x) - left) / (right - left)) * (WIDTH - 2 * MARGIN),
    HEIGHT - MARGIN - (y / high) * (HEIGHT - 2 * MARGIN),
  ];
  const placed = points.map(place);
  const dots = placed
    .map(([x, y], at) => {
      const [value, of] = points[at]!;
      return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3"/><text x="${x.toFixed(1)}" y="${(y - 8).toFixed(1)}" text-anchor="middle">${shown(of)}</text><text x="${x.toFixed(1)}" y="${HEIGHT - MARGIN + 18}" text-anchor="middle">${value.toLocaleString('en')}</text>`;
    })
    .join('');
  const path = placed.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}" font-size="11" fill="#1c2733"><text x="${MARGIN}" y="18" font-size="13">${title}</text><line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${HEIGHT - MARGIN}" y2="${HEIGHT - MARGIN}" stroke="#9fb0c0"/><polyline points="${path}" fill="none" stroke="#1b6b93" stroke-width="2"/>${dots}</svg>`;
}
