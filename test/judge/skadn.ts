// SKAdNetwork (IAB extension "skadnetwork"): the parameters that a phone of Apple's needs to credit an
// installation, offered only for the networks, versions and app that the request names.

import type { BidCase } from './bid-case.ts';
import type { Report } from './departure.ts';
import type { Json } from './reading.ts';
import { isFilled, isObject, listOf, numberOf, objectOf, shown, textOf, textsOf } from './reading.ts';

export function checkSkadn({ imp, bid, path }: BidCase, report: Report): void {
  const given = objectOf(bid.ext).skadn;
  if (given === undefined || given === null) return;
  const at = `${path}.ext.skadn`;
  const asked = objectOf(imp.ext).skadn;
  if (!isObject(asked)) {
    report('skadn_not_offered', at, 'the impression has no ext.skadn');
    return;
  }
  if (!isObject(given)) {
    report('bad_skadn', at, 'not an object');
    return;
  }
  checkOffered(asked, given, at, report);
  checkParameters(asked, given, textOf(bid.bundle), at, report);
}

/** Where the IAB's own list is referred to by number (`skadnetlist.max`), only that list could tell. */
function checkOffered(asked: Json, given: Json, at: string, report: Report): void {
  const list = objectOf(asked.skadnetlist);
  const networks = [...textsOf(asked.skadnetids), ...textsOf(list.addl)].map((one) => one.toLowerCase());
  const network = textOf(given.network)?.toLowerCase();
  if (network !== undefined && !networks.includes(network) && !isFilled(list.max))
    report('skadn_not_offered', `${at}.network`, `${network} is not one of ${networks.join(', ') || 'none'}`);
  const versions = [...textsOf(asked.versions), ...textsOf(asked.version)];
  const version = textOf(given.version);
  if (version !== undefined && versions.length > 0 && !versions.includes(version))
    report('skadn_not_offered', `${at}.version`, `${version} is not one of ${versions.join(', ')}`);
}

// Apple's numbering: from 2.2 a signature for each fidelity, from 4.0 a source identifier for the campaign.
const FIDELITIES_SINCE = 2.2;
const SOURCE_IDENTIFIER_SINCE = 4;

function checkParameters(
  asked: Json,
  given: Json,
  bundle: string | undefined,
  at: string,
  report: Report,
): void {
  const bad = (field: string, message: string) => report('bad_skadn', `${at}.${field}`, message);
  for (const field of ['version', 'network', 'itunesitem', 'sourceapp']) {
    if (typeof given[field] !== 'string' || given[field] === '') bad(field, 'no text');
  }
  if (given.network !== textOf(given.network)?.toLowerCase()) bad('network', 'Apple signs it in lower case');
  if (bundle !== undefined && textOf(given.itunesitem) !== bundle)
    bad('itunesitem', `${shown(given.itunesitem)}, and the bid's bundle is ${bundle}`);
  const app = textOf(asked.sourceapp);
  if (app !== undefined && textOf(given.sourceapp) !== app)
    bad('sourceapp', `${shown(given.sourceapp)}, and the request's is ${app}`);
  const version = numberOf(given.version) ?? 0;
  checkCampaign(given, version, bad);
  if (version < FIDELITIES_SINCE) checkSignature(given, '', bad);
  else if (listOf(given.fidelities).length === 0) bad('fidelities', 'no signature');
  else {
    for (const [index, entry] of listOf(given.fidelities).entries()) {
      const fidelity = objectOf(entry);
      const name = `fidelities[${index}].`;
      if (fidelity.fidelity !== 0 && fidelity.fidelity !== 1) bad(`${name}fidelity`, 'neither 0 nor 1');
      checkSignature(fidelity, name, bad);
    }
  }
}

type Bad = (field: string, message: string) => void;

function checkCampaign(given: Json, version: number, bad: Bad): void {
  if (version >= SOURCE_IDENTIFIER_SINCE) {
    if (!/^\d{1,4}$/.test(textOf(given.sourceidentifier) ?? '')) bad('sourceidentifier', 'not four digits');
    return;
  }
  const campaign = numberOf(given.campaign);
  if (campaign === undefined || !Number.isInteger(campaign) || campaign < 1 || campaign > 100)
    bad('campaign', `${shown(given.campaign)} is not 1..100`);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function checkSignature(owner: Json, prefix: string, bad: Bad): void {
  if (!UUID.test(textOf(owner.nonce) ?? '')) bad(`${prefix}nonce`, 'not a UUID in lower case');
  if (!/^\d+$/.test(textOf(owner.timestamp) ?? '')) bad(`${prefix}timestamp`, 'not a number of milliseconds');
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(textOf(owner.signature) ?? ''))
    bad(`${prefix}signature`, 'not base64');
}
