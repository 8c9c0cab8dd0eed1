import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadFaults } from './dead-files.ts';
import { expectNoFaults, ROOT, readSourceTree, treeOf } from './source-tree.ts';

describe('every source file', () => {
  it.runIf(existsSync(join(ROOT, 'src/main.ts')))('is reached from an entry', () => {
    expectNoFaults(deadFaults(readSourceTree(['src'])));
  });
});

function dead(texts: Record<string, string>): string[] {
  return deadFaults(treeOf(texts)).map((fault) => fault.path);
}

describe('a dead file', () => {
  it('is one that no chain of imports reaches', () => {
    const texts = {
      'src/main.ts': "import { a } from './core/a.ts';",
      'src/core/a.ts': "import type { B } from './b.ts';",
      'src/core/b.ts': '',
      'src/core/c.ts': "import { d } from './d.ts';",
      'src/core/d.ts': '',
    };
    expect(dead(texts)).toEqual(['src/core/c.ts', 'src/core/d.ts']);
  });

  it('is not one that a worker or a late import starts', () => {
    const texts = {
      'src/main.ts':
        "new Worker(new URL('./state/writer.ts', import.meta.url)); await import('./cli/serve.ts');",
      'src/state/writer.ts': '',
      'src/cli/serve.ts': '',
    };
    expect(dead(texts)).toEqual([]);
  });

  it('in the console is one that its page does not lead to', () => {
    const texts = {
      'src/main.ts': '',
      'src/console/index.html': '<link href="./page.css"><script type="module" src="/main.tsx"></script>',
      'src/console/main.tsx': "import { view } from './view.tsx'; import './view.css';",
      'src/console/view.tsx': '',
      'src/console/view.css': "@import './colours.css';",
      'src/console/colours.css': '',
      'src/console/page.css': '',
      'src/console/old.tsx': '',
      'src/console/old.css': '',
      'src/console/vite.config.ts': '',
      'src/console/tsconfig.json': '{}',
    };
    expect(dead(texts)).toEqual(['src/console/old.tsx', 'src/console/old.css']);
  });

  it('is a script that no string names', () => {
    const texts = {
      'src/main.ts': "const scripts = ['reserve', 'lua/settle.lua']; // forgotten.lua",
      'src/state/lua/reserve.lua': '',
      'src/state/lua/settle.lua': '',
      'src/state/lua/forgotten.lua': '',
    };
    expect(dead(texts)).toEqual(['src/state/lua/forgotten.lua']);
  });
});
