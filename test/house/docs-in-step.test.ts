import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pagesVersion } from '../../bin/release-text.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { commandFaults, commandNames, dependencyFaults, linkFaults } from './docs-in-step.ts';
import { expectNoFaults, filesBelow, ROOT, readSourceTree, readText, treeOf } from './source-tree.ts';

const isComplete = existsSync(join(ROOT, 'src/main.ts'));
const scripts = new Set(Object.keys(packageJson.scripts));
const pages = [
  ...readdirSync(ROOT),
  ...filesBelow(
    ['src', 'test', 'docs', 'bench', 'config'].filter((folder) => existsSync(join(ROOT, folder))),
  ),
].filter((path) => path.endsWith('.md'));

describe('the pages', () => {
  it.runIf(isComplete)('name commands that exist', () => {
    const commands = commandNames(readSourceTree(['src']));
    expect(commands.size, 'no command found in src/main.ts or src/cli').toBeGreaterThan(0);
    expect(pages).toContain('README.md');
    expectNoFaults(pages.flatMap((path) => commandFaults(path, readText(path), scripts, commands)));
  });

  it.runIf(isComplete)('give a reason for every dependency', () => {
    const dependencies = Object.keys({ ...packageJson.dependencies, ...packageJson.devDependencies });
    expectNoFaults(dependencyFaults('ARCHITECTURE.md', readText('ARCHITECTURE.md'), dependencies));
  });

  it.runIf(isComplete)('say for which version they hold', () => {
    expect(pagesVersion(readText('docs/README.md'))).toBe(packageJson.version);
  });

  it.each(pages)('lead somewhere: %s', (path) => {
    expectNoFaults(linkFaults(path, readText(path), (target) => existsSync(join(ROOT, target))));
  });
});

describe('a page out of step', () => {
  const whats = (faults: readonly { readonly what: string }[]): string[] => faults.map((fault) => fault.what);

  it('names a script or command that is gone', () => {
    const page =
      'Run `npm test`,\n`npm run bench`, `npm run gone` or `npx bidwright serve --config x`; `npx bidwright fly`.';
    const faults = commandFaults('README.md', page, new Set(['test', 'bench']), new Set(['serve']));
    expect(whats(faults)).toEqual([
      '`npm run gone`: there is no such script',
      '`npx bidwright fly`: there is no such command',
    ]);
    expect(faults[0]?.line).toBe(2);
  });

  it('is compared with the commands of the command line', () => {
    const tree = treeOf({
      'src/main.ts': "program.command('serve <folder>').action(serve); new Command('check');",
      'src/cli/explain.ts': "program.command('explain');",
      'src/server/bus.ts': "bus.command('nothing');",
    });
    expect([...commandNames(tree)]).toEqual(['serve', 'check', 'explain']);
  });

  it('leaves out a dependency', () => {
    const faults = dependencyFaults('ARCHITECTURE.md', '`pino` writes the log; node is the runtime', [
      'pino',
      'node',
    ]);
    expect(whats(faults)).toEqual(['does not name the dependency `node`']);
  });

  it('links to what does not exist', () => {
    const page = [
      '[a](docs/a.md#part) [b](../b.md) [web](https://example.com/x) [here](#here)',
      '![picture](gone.png "title") `[code](no.md)`',
      '```\n[fenced](no.md)\n```',
    ].join('\n');
    const faults = linkFaults('pages/index.md', page, (path) => path === 'pages/docs/a.md');
    expect(whats(faults)).toEqual([
      'links to ../b.md, which does not exist',
      'links to gone.png, which does not exist',
    ]);
  });
});
