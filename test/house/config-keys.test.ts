import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { undescribedKeys } from './config-keys.ts';
import { expectNoFaults, ROOT } from './source-tree.ts';

const CONFIG = join(ROOT, 'src/config.ts');

describe('every key of the configuration', () => {
  it.runIf(existsSync(join(ROOT, 'src/main.ts')) || existsSync(CONFIG))('is described', async () => {
    const config: Record<string, unknown> = await import(pathToFileURL(CONFIG).href);
    expect(config, 'src/config.ts exports its schema under this name').toHaveProperty('configurationSchema');
    expectNoFaults(undescribedKeys(config['configurationSchema']));
  });
});

describe('an undescribed key', () => {
  const keys = (schema: unknown): string[] =>
    undescribedKeys(schema).map((fault) => fault.what.split(' ')[0]!);

  it('is found at any depth', () => {
    const schema = Type.Object({
      server: Type.Object(
        { port: Type.Integer(), host: Type.String({ description: 'Address.' }) },
        { description: 'Listens.' },
      ),
      lines: Type.Array(Type.Object({ id: Type.String() }), { description: 'Lines.' }),
      rates: Type.Record(Type.String(), Type.Object({ rate: Type.Number() }), { description: 'Rates.' }),
      goal: Type.Union(
        [Type.Object({ cpa: Type.Number() }), Type.Object({ cpc: Type.Number({ description: ' ' }) })],
        {
          description: 'Goal.',
        },
      ),
    });
    expect(keys(schema)).toEqual(['server.port', 'lines[].id', 'rates{}.rate', 'goal.cpa', 'goal.cpc']);
  });

  it('is not looked for in circles', () => {
    const tree: { properties: Record<string, unknown> } = { properties: {} };
    tree.properties['not'] = tree;
    expect(keys(tree)).toEqual(['not']);
  });
});
