/** All dimensions together: columns for the bid, the plain twin for the trace. Dimensions that no line item uses cost nothing. */
import type { Bitset } from '../core/bitset.ts';
import type { TargetingIndex } from './catalog.ts';
import type { Dimension, DimensionIndex, LineContext, Probe } from './targeting/dimension.ts';
import type { Targeting } from './targeting/index.ts';
import { dimensions } from './targeting/index.ts';

export interface TargetedLine extends LineContext {
  readonly targeting: Targeting;
}

/** `lines[n]` is line item n. */
export function compileTargeting(lines: readonly TargetedLine[]): TargetingIndex {
  const used = usedDimensions(lines);
  const request = used
    .filter(({ level }) => level === 'request')
    .map((dimension) => indexOf(dimension, lines));
  const impression = used
    .filter(({ level }) => level === 'impression')
    .map((dimension) => indexOf(dimension, lines));
  const ordered = [
    ...used.filter(({ level }) => level === 'request'),
    ...used.filter(({ level }) => level === 'impression'),
  ];
  const refuses = (dimension: Dimension, lineNumber: number, probe: Probe): boolean => {
    const line = lines[lineNumber];
    const rule = line && ruleOf(line, dimension);
    return line !== undefined && rule !== undefined && !dimension.accepts(rule, probe, line);
  };
  return {
    narrowByRequest: (probe, candidates) => narrow(request, probe, candidates),
    narrowByImpression: (probe, candidates) => narrow(impression, probe, candidates),
    firstRefusal: (lineNumber, probe) =>
      ordered.find((dimension) => refuses(dimension, lineNumber, probe))?.name,
    refusals: (lineNumber, probe) =>
      ordered.filter((dimension) => refuses(dimension, lineNumber, probe)).map(({ name }) => name),
  };
}

/** By rising cost, so that what leaves fewest for the others comes first. */
function usedDimensions(lines: readonly TargetedLine[]): Dimension[] {
  return dimensions
    .filter((dimension) => lines.some((line) => ruleOf(line, dimension) !== undefined))
    .sort((a, b) => a.cost - b.cost);
}

function indexOf(dimension: Dimension, lines: readonly TargetedLine[]): DimensionIndex {
  return dimension.index(
    lines.map((line) => ruleOf(line, dimension)),
    lines,
  );
}

/** Of the dimension's own type, which this file does not know. */
function ruleOf(line: TargetedLine, dimension: Dimension): never | undefined {
  return (line.targeting as Readonly<Record<string, unknown>>)[dimension.name] as never | undefined;
}

/** Nothing to narrow by leaves the candidates as they are, and there may be none of them. */
function narrow(indexes: readonly DimensionIndex[], probe: Probe, candidates: Bitset): boolean {
  if (indexes.length === 0) return candidates.some((word) => word !== 0);
  for (let at = 0; at < indexes.length; at++) if (!indexes[at]!.narrow(probe, candidates)) return false;
  return true;
}
