import { describe, expect, it } from 'vitest';
import type { SourceFile } from './source-tree.ts';
import { dottedName, treeOf, walk } from './source-tree.ts';

function parsed(text: string, path = 'src/room/file.ts'): SourceFile {
  return treeOf({ [path]: text }).get(path)!;
}

describe('a parsed file', () => {
  it('lists every way in which one file can lead to another', () => {
    const file = parsed(`
      import { a } from '../core/a.ts';
      import type { B } from './b.ts';
      import { type C } from './c.ts';
      export { d } from './d.ts';
      export type * from './e.ts';
      type F = import('./f.ts').F;
      const g = await import('./g.ts');
      const h = new Worker(new URL('./h.ts', import.meta.url));
      const i = import.meta.resolve('./i.ts');
      import pino from 'pino';
    `);
    const seen = file.edges.map((edge) => `${edge.typeOnly ? 'type ' : ''}${edge.target ?? edge.specifier}`);
    expect(seen).toEqual([
      'src/core/a.ts',
      'type src/room/b.ts',
      'type src/room/c.ts',
      'src/room/d.ts',
      'type src/room/e.ts',
      'type src/room/f.ts',
      'src/room/g.ts',
      'src/room/h.ts',
      'src/room/i.ts',
      'pino',
    ]);
    expect(file.edges[0]?.line).toBe(2);
  });

  it('does not take words in comments and strings for imports', () => {
    expect(parsed(`// import './a.ts'\nconst text = "import './b.ts'";`).edges).toEqual([]);
  });

  it('knows a dotted name however it is written', () => {
    const file = parsed(`process.env; process['env']; globalThis.process.env; process?.env;`);
    const names = [...walk(file.program)].filter((node) => node.type === 'MemberExpression').map(dottedName);
    expect(names.filter((name) => name === 'process.env')).toHaveLength(4);
  });

  it('refuses a file that does not parse', () => {
    expect(() => parsed('const = ;')).toThrow(SyntaxError);
  });
});
