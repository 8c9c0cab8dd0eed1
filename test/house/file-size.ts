/** Long files say why they are one thing. */
import type { Fault, SourceFile, SourceTree } from './source-tree.ts';

const LINES_MAX = 300;
const REASON = /\bone (?:thing|page)\b/;

export function sizeFaults(tree: SourceTree): Fault[] {
  const faults: Fault[] = [];
  for (const file of tree.values()) {
    const lines = file.text.trimEnd().split('\n').length;
    if (!file.program || lines <= LINES_MAX || REASON.test(headerOf(file))) continue;
    faults.push({
      path: file.path,
      line: 1,
      what: `has ${lines} lines, and its header does not say why it is "one thing" or "one page"`,
      why: `past ${LINES_MAX} lines a file is usually two; where it is not, the reader is told what holds it together`,
    });
  }
  return faults;
}

/** The comments before the first statement that is not an import. */
function headerOf(file: SourceFile): string {
  const first = file.program?.body.find((statement) => statement.type !== 'ImportDeclaration');
  const end = first?.start ?? file.text.length;
  const header = file.comments.filter((comment) => comment.start < end).map((comment) => comment.value);
  // A comment is broken into lines; the words may stand on both sides of a break.
  return header.join(' ').replace(/[\s*]+/g, ' ');
}
