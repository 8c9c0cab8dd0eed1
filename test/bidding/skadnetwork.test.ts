import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEngine } from '../fixture/engine.ts';
import { ask, testEngine } from '../fixture/engine.ts';
import { judge } from '../judge/judge.ts';

const NETWORK = 'bakery123.skadnetwork';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKey = createPublicKey(privateKey);

let folder: string;
let engine: TestEngine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bidwright-skadnetwork-'));
  writeFileSync(join(folder, 'network.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(
    join(folder, 'book.yaml'),
    `
account:
  id: apps
  signalMissing: allow
  skadnetwork: { networkId: ${NETWORK}, registryNumber: 12, privateKeyFile: network.pem }
exchanges: [{ id: example }]
advertisers: [{ id: bakery, domains: [bakery.example] }]
campaigns: [{ id: app, advertiserId: bakery }]
lineItems: [{ id: app, campaignId: app, bid: { strategy: fixed_cpm, priceCpmMicros: 4e6 }, pacing: asap, creatives: [{ id: app }] }]
creatives:
  - id: app
    advertiserId: bakery
    format: banner
    landingPage: https://bakery.example/app
    sizes: [{ width: 320, height: 50 }]
    imageUrl: https://cdn.bakery.example/app.png
    skadnetwork: { itunesItem: "525463029", campaign: 45, sourceIdentifier: "39", required: true }
`,
  );
  engine = await testEngine(folder);
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

let asked = 0;
async function bidFor(skadn: object | undefined) {
  const request = {
    id: `r${++asked}`,
    at: 1,
    imp: [{ id: '1', banner: { format: [{ w: 320, h: 50 }] }, ...(skadn ? { ext: { skadn } } : {}) }],
    app: { id: 'game', bundle: '880047117' },
  };
  const answer = await ask(engine, request);
  if (answer.status === 204) return undefined;
  expect(judge(request, answer.json)).toEqual([]);
  return answer.json.seatbid[0].bid[0];
}

const offer = (more: object = {}) => ({
  versions: ['2.2', '3.0', '4.0'],
  sourceapp: '880047117',
  skadnetids: ['other.skadnetwork', NETWORK],
  ...more,
});

describe('installations credited by SKAdNetwork', () => {
  it.each([
    ['4.0', ['2.2', '4.0'], { sourceidentifier: '0039', campaign: undefined }, '0039'],
    ['3.0', ['2.2', '3.0'], { campaign: '45', sourceidentifier: undefined }, '45'],
    ['2.2', ['2.2'], { campaign: '45' }, '45'],
  ])('are signed as Apple asks for in version %s', async (version, versions, named, campaign) => {
    const bid = await bidFor(offer({ versions }));
    const { skadn } = bid.ext;
    expect(skadn).toMatchObject({
      version,
      network: NETWORK,
      itunesitem: '525463029',
      sourceapp: '880047117',
    });
    for (const [key, value] of Object.entries(named)) expect(skadn[key]).toBe(value);
    expect(bid.bundle).toBe('525463029');
    expect(skadn.fidelities.map(({ fidelity }: { fidelity: number }) => fidelity)).toEqual([0, 1]);
    const nonces = new Set(skadn.fidelities.map(({ nonce }: { nonce: string }) => nonce));
    expect(nonces.size).toBe(2);
    for (const { fidelity, nonce, timestamp, signature } of skadn.fidelities) {
      // Combined in this order, with an invisible separator (Apple, "Combining parameters to generate signatures").
      const parts = [version, NETWORK, campaign, '525463029', nonce, '880047117', fidelity, timestamp];
      const signed = Buffer.from(parts.join('\u2063'));
      expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64'))).toBe(true);
      expect(verify('sha256', Buffer.from(parts.join('')), publicKey, Buffer.from(signature, 'base64'))).toBe(
        false,
      );
    }
  });

  it('are offered only where the app lists the network, by name or by its number in the registry', async () => {
    expect(await bidFor(undefined)).toBeUndefined();
    expect(await bidFor(offer({ skadnetids: ['other.skadnetwork'] }))).toBeUndefined();
    expect(await bidFor(offer({ versions: ['2.0'] }))).toBeUndefined();
    const listed = (skadnetlist: object) => bidFor(offer({ skadnetids: undefined, skadnetlist }));
    expect(await listed({ max: 306 })).toBeDefined();
    expect(await listed({ max: 11 })).toBeUndefined();
    expect(await listed({ max: 306, excl: [12] })).toBeUndefined();
    expect(await listed({ addl: [NETWORK.toUpperCase()] })).toBeDefined();
  });

  it('say in the trace why a creative that needs them is not shown', async () => {
    const body = {
      id: 'x',
      imp: [{ id: '1', banner: { format: [{ w: 320, h: 50 }] } }],
      app: { id: 'game' },
    };
    const trace = await engine.explain('example', Buffer.from(JSON.stringify(body)));
    expect(trace.ok && trace.explanation.impressions[0]?.lines[0]?.verdict).toBe('installs_not_credited');
  });
});
