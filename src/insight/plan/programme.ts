/** A budget over line items as a linear programme: each response curve in straight pieces, the steepest first, as a concave curve has them. */
import type { Response } from './response.ts';
import { resultsAt } from './response.ts';

export interface PlanLine {
  readonly id: string;
  readonly response: Response;
  readonly minMicros: number;
  readonly maxMicros: number;
}

export interface Piece {
  readonly widthMicros: number;
  /** Results for a micro. */
  readonly slope: number;
}

/** Ends of pieces, as multiples of what is spent now. */
const ENDS = [0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10];

export function piecesOf({ response, maxMicros }: PlanLine): readonly Piece[] {
  const ends = ENDS.map((times) => times * response.spendMicros).filter((end) => end < maxMicros);
  let from = 0;
  return [...ends, maxMicros].flatMap((end) => {
    const widthMicros = end - from;
    if (widthMicros <= 0) return [];
    const slope = (resultsAt(response, end) - resultsAt(response, from)) / widthMicros;
    from = end;
    return [{ widthMicros, slope }];
  });
}

/**
 * In the LP format of CPLEX, in units of a thousandth of the budget so that the solver's tolerances are small money. Slopes fall from piece to
 * piece, so the solver fills them in order without being told.
 */
export function programmeOf(lines: readonly PlanLine[], budgetMicros: number): string {
  const unit = Math.max(1, budgetMicros) / 1000;
  const pieces = lines.map(piecesOf);
  const scale = Math.max(...pieces.flat().map(({ slope }) => slope), Number.MIN_VALUE);
  const sum = (terms: readonly string[]): string => (terms.length > 0 ? terms.join(' + ') : '0 none');
  const name = (line: number, piece: number): string => `x${line}_${piece}`;
  const every = pieces.map((own, line) => own.map((_, piece) => name(line, piece)));
  return [
    'Maximize',
    ` results: ${sum(pieces.flatMap((own, line) => own.map(({ slope }, piece) => `${plain(slope / scale)} ${name(line, piece)}`)))}`,
    'Subject To',
    ` budget: ${sum(every.flat())} <= ${plain(budgetMicros / unit)}`,
    ...lines.flatMap(({ minMicros }, line) =>
      minMicros > 0 && every[line]!.length > 0
        ? [` least${line}: ${sum(every[line]!)} >= ${plain(minMicros / unit)}`]
        : [],
    ),
    'Bounds',
    ...pieces.flatMap((own, line) =>
      own.map(({ widthMicros }, piece) => ` 0 <= ${name(line, piece)} <= ${plain(widthMicros / unit)}`),
    ),
    'End',
  ].join('\n');
}

/** From the solver's columns back to money, a line item after the other. */
export function spendsOf(
  lines: readonly PlanLine[],
  budgetMicros: number,
  amountOf: (column: string) => number,
): readonly number[] {
  const unit = Math.max(1, budgetMicros) / 1000;
  return lines.map((line, number) =>
    Math.round(piecesOf(line).reduce((sum, _, piece) => sum + amountOf(`x${number}_${piece}`), 0) * unit),
  );
}

/** The slow twin: least shares first, then the steepest piece that is left, until nothing is. Right for concave curves. */
export function greedySpends(lines: readonly PlanLine[], budgetMicros: number): readonly number[] {
  const left = lines.map((line) => piecesOf(line).map((piece) => ({ ...piece })));
  const spends = lines.map(() => 0);
  let rest = budgetMicros;
  const take = (line: number, most: number): void => {
    let wanted = Math.min(most, rest);
    for (const piece of left[line]!) {
      const part = Math.min(wanted, piece.widthMicros);
      piece.widthMicros -= part;
      spends[line]! += part;
      rest -= part;
      wanted -= part;
    }
  };
  lines.forEach(({ minMicros }, line) => {
    take(line, minMicros);
  });
  for (;;) {
    let best: { readonly line: number; readonly piece: { widthMicros: number; slope: number } } | undefined;
    left.forEach((own, line) => {
      const piece = own.find(({ widthMicros }) => widthMicros > 0);
      if (piece && piece.slope > (best?.piece.slope ?? 0)) best = { line, piece };
    });
    if (!best || rest <= 0) return spends;
    take(best.line, best.piece.widthMicros);
  }
}

/** The format takes no exponents of every kind, so none. */
function plain(number: number): string {
  return number.toFixed(12).replace(/\.?0+$/, '');
}
