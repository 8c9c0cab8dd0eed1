import type { SupplyChain } from '../request.ts';
import { Notes } from './notes.ts';
import type { Json } from './value.ts';
import { isFilled, isObject, readFlag, readObject, readObjects, readText, requireFilled } from './value.ts';

/** `source.schain` (2.6), `source.ext.schain` (2.5), `ext.schain` (2.4), in this order. */
export function readSupplyChain(request: Json, notes: Notes): SupplyChain | undefined {
  notes.within = '';
  const source = readObject(request.source, 'source', notes);
  const ofSource = source && readObject(source.ext, 'source.ext', notes);
  if (source && isFilled(source.schain)) {
    const chain = readObject(source.schain, 'source.schain', notes);
    return chain && readChain(chain, notes);
  }
  const old = ofSource?.schain ?? (isObject(request.ext) ? request.ext.schain : undefined);
  return isObject(old) ? readOldChain(old, notes) : undefined;
}

/** Before 2.6 the chain was an extension: one that cannot be read is left out, and the request stands. */
function readOldChain(raw: Json, notes: Notes): SupplyChain | undefined {
  const ofChain = new Notes();
  const chain = readChain(raw, ofChain);
  if (ofChain.refusal === '') return chain;
  notes.warn('source.ext.schain', `left out (${ofChain.refusal})`);
  return undefined;
}

function readChain(raw: Json, notes: Notes): SupplyChain {
  requireFilled(raw.complete, 'source.schain.complete', notes);
  requireFilled(raw.nodes, 'source.schain.nodes', notes);
  requireFilled(raw.ver, 'source.schain.ver', notes);
  return {
    complete: readFlag(raw.complete, 'source.schain.complete', notes),
    nodes: readObjects(raw.nodes, 'source.schain.nodes', notes).map((node) => {
      requireFilled(node.asi, 'source.schain.nodes.asi', notes);
      requireFilled(node.sid, 'source.schain.nodes.sid', notes);
      return {
        system: readText(node.asi, 'source.schain.nodes.asi', notes).toLowerCase(),
        seller: readText(node.sid, 'source.schain.nodes.sid', notes),
        paid: !isFilled(node.hp) || readFlag(node.hp, 'source.schain.nodes.hp', notes),
      };
    }),
  };
}
