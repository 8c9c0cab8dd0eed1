import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNNEL_STAGES, REASONS } from '../../src/core/reason.ts';
import { reasonFaults } from './reasons.ts';
import { expectNoFaults, ROOT, readSourceTree, treeOf } from './source-tree.ts';

describe('every reason', () => {
  it.runIf(existsSync(join(ROOT, 'src/main.ts')))('is given somewhere and has a remedy', () => {
    expectNoFaults(reasonFaults(readSourceTree(['src']), REASONS));
  });

  it('has a stage of the funnel and a code that OpenRTB or we define', () => {
    const odd = Object.entries(REASONS).filter(
      ([, { stage, nbr }]) => !FUNNEL_STAGES.includes(stage) || !Number.isInteger(nbr) || nbr < 0,
    );
    expect(odd).toEqual([]);
  });
});

describe('a reason at fault', () => {
  const tree = treeOf({
    'src/core/reason.ts': "const REASONS = { idle: 1, used: 1, listed: 1 }; f('idle');",
    'src/bidding/pick.ts': "refuse('used'); const counted = { listed: 0 }; // idle",
    'test/bidding/pick.test.ts': "expect('idle');",
  });

  it('is given nowhere but at home, in a comment or in a test', () => {
    const reasons = { idle: { remedy: 'Do.' }, used: { remedy: 'Do.' }, listed: { remedy: 'Do.' } };
    expect(reasonFaults(tree, reasons).map((fault) => fault.what)).toEqual(['idle is given nowhere']);
  });

  it('leaves the buyer without a remedy', () => {
    const faults = reasonFaults(tree, { used: { remedy: ' ' } });
    expect(faults.map((fault) => fault.what)).toEqual(['used has no remedy']);
  });
});
