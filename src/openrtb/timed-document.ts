/** A video or audio ad written down by the template of a protocol. */
import { daastEmpty, daastInline, daastWrapper } from './daast.ts';
import type { Protocol } from './protocol.ts';
import type { TimedAd, TimedWrapper } from './timed-ad.ts';
import { vastEmpty, vastInline, vastWrapper } from './vast.ts';
import { vastOneEmpty, vastOneInline, vastOneWrapper } from './vast-one.ts';

export function inlineDocument({ template, version }: Protocol, ad: TimedAd): string {
  if (template === 'vast_one') return vastOneInline(ad);
  return template === 'daast' ? daastInline(ad) : vastInline(version, ad);
}

export function wrapperDocument({ template, version }: Protocol, wrapper: TimedWrapper): string {
  if (template === 'vast_one') return vastOneWrapper(wrapper);
  return template === 'daast' ? daastWrapper(wrapper) : vastWrapper(version, wrapper);
}

/** For an ad that is gone. */
export function emptyDocument({ template, version }: Protocol): string {
  if (template === 'vast_one') return vastOneEmpty();
  return template === 'daast' ? daastEmpty() : vastEmpty(version);
}
