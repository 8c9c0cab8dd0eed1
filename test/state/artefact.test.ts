import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Artefact } from '../../src/state/artefact.ts';
import { readArtefact, writeArtefact } from '../../src/state/artefact.ts';

const NOW_MS = Date.UTC(2026, 3, 1);

function artefact(keys: readonly number[], expiresMs?: number): Artefact {
  const expiry = expiresMs === undefined ? {} : { expiresMs };
  const about = { packId: 'p', version: 'abc', source: 'upload', definition: 'd', createdMs: 1 };
  return { head: { ...about, size: keys.length, ...expiry }, keys: Float64Array.from(keys) };
}

const written = (of: Artefact): Buffer => Buffer.concat([...writeArtefact(of)]);

const faultOf = (bytes: Uint8Array, packId = 'p', nowMs = NOW_MS): string => {
  const read = readArtefact(bytes, packId, nowMs);
  return read.ok ? 'none' : read.fault;
};

describe('an artefact', () => {
  const keys = fc.array(fc.integer({ min: 0, max: 2 ** 48 - 1 }), { maxLength: 50 });

  test.prop([keys])('comes back as it was written', (list) => {
    expect(readArtefact(written(artefact(list)), 'p', NOW_MS)).toEqual({
      ok: true,
      artefact: artefact(list),
    });
  });

  test.prop([keys, fc.nat(), fc.integer({ min: 1, max: 255 })])(
    'with one byte changed is refused',
    (list, place, change) => {
      const bytes = written(artefact(list));
      bytes[place % bytes.length]! ^= change;
      expect(faultOf(bytes)).not.toBe('none');
    },
  );

  test.prop([keys, fc.nat()])('that ends before its end is refused', (list, place) => {
    const bytes = written(artefact(list));
    expect(faultOf(bytes.subarray(0, place % bytes.length))).not.toBe('none');
  });

  test.prop([fc.uint8Array({ maxLength: 300 })])(
    'is not made of any bytes, and none of them throw',
    (bytes) => {
      expect(faultOf(bytes)).not.toBe('none');
      expect(faultOf(Buffer.concat([Buffer.from('BWPACK01'), bytes]))).not.toBe('none');
    },
  );

  it('says why it is refused', () => {
    const bytes = Buffer.from(written(artefact([1, 2, 3])));
    expect(faultOf(bytes, 'q')).toBe('other_pack');
    expect(faultOf(bytes.subarray(0, -1))).toBe('truncated');
    const changed = Buffer.from(bytes);
    changed[changed.length - 33]! ^= 1;
    expect(faultOf(changed)).toBe('checksum');
    expect(faultOf(Buffer.concat([Buffer.from('BWPACK02'), bytes.subarray(8)]))).toBe('newer_format');
    expect(faultOf(Buffer.from('id\na'))).toBe('not_an_artefact');
    expect(faultOf(written(artefact([1], NOW_MS)))).toBe('expired');
    expect(faultOf(written(artefact([1], NOW_MS + 1)))).toBe('none');
  });
});
