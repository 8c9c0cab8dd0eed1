import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FAMILIES, ladderFaults } from './import-ladder.ts';
import { expectNoFaults, ROOT, readSourceTree, treeOf } from './source-tree.ts';

describe('imports', () => {
  it('go down only', () => {
    expectNoFaults(ladderFaults(readSourceTree(['src'])));
  });

  it.runIf(existsSync(join(ROOT, 'src/main.ts')))(
    'have a table of families that names files that exist',
    () => {
      const shared = FAMILIES.flatMap(({ folder, shared }) => shared.map((name) => `${folder}/${name}`));
      expect(shared.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    },
  );
});

/** A made-up house in which one file imports another; what the ladder says of it. */
function verdict(from: string, to: string, statement = 'import { x } from'): string[] {
  const path = relativePath(from, to);
  return ladderFaults(treeOf({ [from]: `${statement} '${path}';`, [to]: 'const nothing = 0;' }), []).map(
    (fault) => fault.why,
  );
}

function relativePath(from: string, to: string): string {
  return `${'../'.repeat(from.split('/').length - 1)}${to}`.replace(/^(?!\.)/, './');
}

describe('the import ladder', () => {
  it.each([
    ['src/openrtb/request.ts', 'src/core/units.ts'],
    ['src/bidding/bid.ts', 'src/policy/bandit/index.ts'],
    ['src/bidding/bid.ts', 'src/bidding/price.ts'],
    ['src/learning/learn.ts', 'src/bidding/snapshot.ts'],
    ['src/compose.ts', 'src/state/redis/index.ts'],
    ['src/state/sqlite/tables.ts', 'src/state/sqlite.ts'],
    ['src/main.ts', 'src/compose.ts'],
    ['src/cli/serve.ts', 'src/compose.ts'],
    ['src/campaign/targeting/geo.ts', 'src/campaign/targeting/dimension.ts'],
    ['src/campaign/targeting/index.ts', 'src/campaign/targeting/geo.ts'],
    ['src/exchange/price/index.ts', 'src/exchange/price/plain.ts'],
    ['src/console/view/line.tsx', 'src/console/store.ts'],
  ])('lets %s import %s', (from, to) => {
    expect(verdict(from, to)).toEqual([]);
  });

  it.each([
    ['src/core/clock.ts', 'src/openrtb/request.ts', 'imports go down only'],
    ['src/bidding/bid.ts', 'src/learning/learn.ts', 'one immutable snapshot'],
    ['src/learning/learn.ts', 'src/bidding/price.ts', 'one immutable snapshot'],
    ['src/campaign/catalog.ts', 'src/state/port.ts', 'rooms of one floor'],
    ['src/server/api.ts', 'src/simulate/market.ts', 'rooms of one floor'],
    ['src/server/api.ts', 'src/config.ts', 'imports go down only'],
    ['src/attic/box.ts', 'src/core/clock.ts', 'a room without a floor'],
    ['src/insight/report.ts', 'src/state/sqlite/events.ts', 'chosen in compose.ts alone'],
    ['src/state/redis/caps.ts', 'src/state/memory.ts', 'chosen in compose.ts alone'],
    ['src/campaign/targeting/geo.ts', 'src/campaign/targeting/device.ts', 'a variant stands alone'],
    ['src/policy/bandit/thompson.ts', 'src/policy/bandit/index.ts', 'a variant stands alone'],
    ['src/policy/newcomer/one.ts', 'src/policy/newcomer/two.ts', 'a variant stands alone'],
    ['src/exchange/protobuf.ts', 'src/exchange/json.ts', 'a variant stands alone'],
    ['src/core/clock.ts', 'test/house/fake.ts', 'src is what ships'],
    ['src/console/view.ts', 'src/server/api.ts', 'shapes of its answers'],
    ['src/console/view.ts', 'src/core/units.ts', 'shapes of its answers'],
    ['src/compose.ts', 'src/console/view.ts', 'shapes of its answers'],
  ])('stops %s from importing %s', (from, to, why) => {
    expect(verdict(from, to)).toEqual([expect.stringContaining(why)]);
  });

  it('lets the console see types of server/api.ts only', () => {
    expect(verdict('src/console/view.ts', 'src/server/api.ts', 'import type { x } from')).toEqual([]);
    expect(verdict('src/console/view.ts', 'src/server/token.ts', 'import type { x } from')).toHaveLength(1);
  });

  it('counts type imports and dynamic imports', () => {
    expect(verdict('src/core/clock.ts', 'src/openrtb/request.ts', 'import type { x } from')).toHaveLength(1);
    const tree = treeOf({
      'src/core/a.ts': "const later = import('../openrtb/b.ts');",
      'src/openrtb/b.ts': '',
    });
    expect(ladderFaults(tree)).toHaveLength(1);
  });

  it('finds a cycle, made of types too, and tells its path once', () => {
    const tree = treeOf({
      'src/core/a.ts': "import { b } from './b.ts';",
      'src/core/b.ts': "import type { C } from './c.ts';",
      'src/core/c.ts': "import { a } from './a.ts';",
      'src/core/d.ts': "import { a } from './a.ts';",
    });
    expect(ladderFaults(tree).map((fault) => fault.what)).toEqual([
      'is in a cycle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
    ]);
  });

  it('notices a file that is not there', () => {
    expect(ladderFaults(treeOf({ 'src/core/a.ts': "import { b } from './b.ts';" }))).toHaveLength(1);
  });

  it('honours an exception, and fails one that nothing needs', () => {
    const tree = treeOf({ 'src/core/a.ts': "import { b } from '../openrtb/b.ts';", 'src/openrtb/b.ts': '' });
    const needed = ['src/core/a.ts', 'src/openrtb/b.ts', 'a test'] as const;
    const stale = ['src/core/a.ts', 'src/openrtb/gone.ts', 'a test'] as const;
    expect(ladderFaults(tree, [needed])).toEqual([]);
    expect(ladderFaults(tree, [needed, stale])).toEqual([
      expect.objectContaining({ what: expect.stringContaining('gone.ts') }),
    ]);
  });
});
