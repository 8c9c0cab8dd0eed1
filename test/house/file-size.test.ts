import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sizeFaults } from './file-size.ts';
import { expectNoFaults, ROOT, readSourceTree, treeOf } from './source-tree.ts';

const FOLDERS = ['src', 'test', 'bench'].filter((folder) => existsSync(join(ROOT, folder)));

describe('a long file', () => {
  it('says why it is one thing', () => {
    expectNoFaults(sizeFaults(readSourceTree(FOLDERS)));
  });
});

function faults(header: string, lines: number): number {
  return sizeFaults(treeOf({ 'src/core/long.ts': `${header}\n${'f();\n'.repeat(lines - 1)}` })).length;
}

describe('the size rule', () => {
  it('lets 300 lines pass and stops at the next', () => {
    expect(faults('', 300)).toBe(0);
    expect(faults('', 301)).toBe(1);
  });

  it('takes a reason from the header alone', () => {
    expect(faults('/** The parser is one thing: states and table. */', 400)).toBe(0);
    expect(faults('/** Kept as one\n * page, for the steps follow each other. */', 400)).toBe(0);
    expect(faults("import './a.ts'; // one thing\n", 400)).toBe(0);
    expect(faults('f(); // one thing', 400)).toBe(1);
    expect(faults('/** Some things. */', 400)).toBe(1);
  });
});
