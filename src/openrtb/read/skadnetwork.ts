import type { SkAdNetworkOffer } from '../request.ts';
import type { Notes } from './notes.ts';
import type { Json } from './value.ts';
import { isFilled, isObject, NONE, readCount, readIntegers, readText, readTexts } from './value.ts';

/** `imp.ext.skadn` (IAB Tech Lab, SKAdNetwork extension); undefined where it does not say which app asks, and in which version. */
export function readSkAdNetwork(ext: unknown, notes: Notes): SkAdNetworkOffer | undefined {
  const raw = isObject(ext) && isObject(ext.skadn) ? (ext.skadn as Json) : undefined;
  if (!raw) return undefined;
  const list = isObject(raw.skadnetlist) ? (raw.skadnetlist as Json) : {};
  const versions = isFilled(raw.versions) ? raw.versions : isFilled(raw.version) ? [raw.version] : NONE;
  const offer = {
    versions: readTexts(versions, 'ext.skadn.versions', notes),
    sourceApp: readText(raw.sourceapp, 'ext.skadn.sourceapp', notes),
    networks: [
      ...readTexts(raw.skadnetids, 'ext.skadn.skadnetids', notes),
      ...readTexts(list.addl, 'ext.skadn.skadnetlist.addl', notes),
    ].map((network) => network.toLowerCase()),
    registryMax: readCount(list.max, 'ext.skadn.skadnetlist.max', notes) ?? 0,
    registryExcluded: readIntegers(list.excl, 'ext.skadn.skadnetlist.excl', notes),
  };
  return offer.sourceApp === '' || offer.versions.length === 0 ? undefined : offer;
}
