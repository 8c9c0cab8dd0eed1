import { describe, expect, it } from 'vitest';
import type { Json } from './reading.ts';
import { DAAST, DAAST_WRAPPER, VAST_ONE, VAST_ONE_WRAPPER } from './samples.ts';
import type { Served } from './served.ts';
import { judgeServed } from './served.ts';
import type { Kind } from './sound-pairs.ts';
import { SPOT } from './sound-pairs.ts';
import { changedPair } from './spoil.ts';

function verdict(on: Kind, set: Record<string, unknown>, served: Omit<Served, 'bidId'>): string[] {
  const { request, response } = changedPair({ on, set });
  return judgeServed(request as Json, response as Json, { bidId: 'bid-1', ...served }).map(
    ({ code }) => code,
  );
}

describe('markup that the win notice returns', () => {
  const later = { 'bid.adm': undefined };

  it('is sound where it would be in the bid', () => {
    expect(verdict('video', later, { markup: SPOT, isUnwrapped: false })).toEqual([]);
  });

  it('is held to the medium, the length and what was said of it', () => {
    const longer = SPOT.replace('00:00:15', '00:00:20');
    expect(verdict('video', later, { markup: longer, isUnwrapped: false })).toEqual(['duration_mismatch']);
    expect(verdict('banner', later, { markup: SPOT, isUnwrapped: false })).toContain('markup_mismatch');
    expect(verdict('video', { ...later, 'bid.protocol': 7 }, { markup: SPOT, isUnwrapped: false })).toEqual([
      'protocol_mismatch',
    ]);
  });
});

describe('the document behind a wrapper', () => {
  const one = { 'imp.video.protocols': [4], 'bid.protocol': 4, 'bid.adm': VAST_ONE_WRAPPER };
  const audio = { 'imp.audio.protocols': [10], 'bid.adm': DAAST_WRAPPER };

  it('is the inline ad of the same version', () => {
    expect(verdict('video', one, { markup: VAST_ONE, isUnwrapped: true })).toEqual([]);
    expect(verdict('audio', audio, { markup: DAAST, isUnwrapped: true })).toEqual([]);
  });

  it('is found also where the protocol is one number, and nobody counts there', () => {
    const old = { ...one, 'imp.video.protocols': undefined, 'imp.video.protocol': 4 };
    const markup = VAST_ONE.replace('https://bid.example/i', 'about:blank');
    expect(verdict('video', old, { markup, isUnwrapped: true })).toEqual([]);
  });

  it('is not of another version, nor a page', () => {
    expect(verdict('video', one, { markup: SPOT, isUnwrapped: true })).toEqual([
      'vast_protocol',
      'protocol_mismatch',
    ]);
    expect(verdict('audio', audio, { markup: '<html>https:</html>', isUnwrapped: true })).toEqual([
      'bad_vast',
    ]);
  });
});
