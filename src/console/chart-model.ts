/** Where points, ticks and marks of a chart lie, as shares of its width and height. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  /** `main` is filled, `second` a line, `plan` a dashed line. */
  readonly tone: 'main' | 'second' | 'plan';
  readonly points: readonly Point[];
}

export interface Frame {
  readonly xMin: number;
  readonly xMax: number;
  readonly yMax: number;
}

/** Always from zero, so that a quiet figure looks quiet. */
export function frameOf(all: readonly Series[], marks: readonly number[] = []): Frame | undefined {
  const points = all.flatMap((series) => series.points);
  if (points.length === 0) return undefined;
  let [xMin, xMax, yMax] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const { x, y } of points) {
    xMin = Math.min(xMin, x);
    xMax = Math.max(xMax, x);
    yMax = Math.max(yMax, y);
  }
  for (const x of marks) xMax = Math.max(xMax, x);
  return { xMin, xMax: xMax > xMin ? xMax : xMin + 1, yMax: niceAbove(yMax) };
}

/** 1, 2, 2.5 or 5 times a power of ten that is not less. */
export function niceAbove(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= value * (1 - 1e-12)) ?? 10;
  return step * power;
}

export function shareX({ xMin, xMax }: Frame, x: number): number {
  return (x - xMin) / (xMax - xMin);
}

/** From the top. */
export function shareY({ yMax }: Frame, y: number): number {
  return 1 - y / yMax;
}

export const WIDTH = 1000;
export const HEIGHT = 300;

/** `points` of an SVG polyline. */
export function polyline(frame: Frame, points: readonly Point[]): string {
  return points
    .map(({ x, y }) => `${(WIDTH * shareX(frame, x)).toFixed(1)},${(HEIGHT * shareY(frame, y)).toFixed(1)}`)
    .join(' ');
}

export function ticks(least: number, greatest: number, parts: number): readonly number[] {
  return Array.from({ length: parts + 1 }, (_, index) => least + ((greatest - least) * index) / parts);
}

/** The point nearest to a place. */
export function nearest(points: readonly Point[], x: number): Point | undefined {
  let best: Point | undefined;
  for (const point of points) if (!best || Math.abs(point.x - x) < Math.abs(best.x - x)) best = point;
  return best;
}
