/** Nothing that a bidder needs lies deeper; OpenRTB's own objects end at the eighth level. */
const DEPTH_MAX = 64;

/**
 * Walks a parsed body level by level, without recursion, and says what is wrong with it, or nothing. Keys that could
 * reach a prototype when somebody copies the object are removed on the way: `raw` is handed on to targeting by path
 * and to the decision trace.
 */
export function boundsFault(body: object): string {
  let level: object[] = [body];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) return `nested deeper than ${DEPTH_MAX} levels`;
    const below: object[] = [];
    for (const node of level) collectBelow(node as Record<string, unknown>, below);
    level = below;
  }
  return '';
}

function collectBelow(node: Record<string, unknown>, below: object[]): void {
  if (Array.isArray(node)) {
    for (let index = 0; index < node.length; index++) {
      const entry: unknown = node[index];
      if (typeof entry === 'object' && entry !== null) below.push(entry);
    }
    return;
  }
  for (const key in node) {
    if (key === '__proto__' || key === 'constructor') {
      delete node[key];
      continue;
    }
    const value = node[key];
    if (typeof value === 'object' && value !== null) below.push(value);
  }
}
