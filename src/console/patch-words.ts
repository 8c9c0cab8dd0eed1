/** A merge patch in lines for people: what was, and what is. */

export interface PatchLine {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

const LINES_MAX = 8;

export function patchLines(patch: unknown, before: unknown): readonly PatchLine[] {
  const lines: PatchLine[] = [];
  walk(patch, before, '', lines);
  return lines.slice(0, LINES_MAX);
}

function walk(patch: unknown, before: unknown, path: string, lines: PatchLine[]): void {
  if (typeof patch === 'object' && patch !== null && !Array.isArray(patch)) {
    for (const [key, part] of Object.entries(patch)) {
      const former = (before as Readonly<Record<string, unknown>> | null | undefined)?.[key];
      walk(part, former, path === '' ? key : `${path}.${key}`, lines);
    }
    return;
  }
  lines.push({ path, before: short(path, before), after: short(path, patch) });
}

/** Amounts in units of the currency; lists and mappings by their size. */
function short(path: string, value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (Array.isArray(value)) return `${value.length} entries`;
  if (typeof value === 'object') return 'set';
  if (typeof value === 'number' && path.endsWith('Micros')) return String(value / 1e6);
  return String(value);
}
