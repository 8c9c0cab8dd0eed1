/** Where clicks on a template lead: like any landing page, to the advertiser's own domains. */
import type { Dynamic } from './schema.ts';
import { slotsIn } from './text.ts';

/** The host of a landing page that belongs to somebody else; undefined where all is well or nothing can be told. */
export function foreignLanding(
  { landingPage = '' }: Pick<Dynamic, 'landingPage'>,
  /** Values of what begins the landing page, where a slot does: by column of a row, or of one variant under the empty name. */
  values: Readonly<Record<string, string>>,
  domains: readonly (string | undefined)[],
): string | undefined {
  const [first] = slotsIn(landingPage);
  const address = first?.offset === 0 ? values[first.column] : landingPage.slice(0, first?.offset);
  if (address === undefined || !URL.canParse(address)) return undefined;
  const host = new URL(address).hostname.replace(/\.$/, '');
  const isOwn = domains.some(
    (domain) => domain !== undefined && (host === domain || host.endsWith(`.${domain}`)),
  );
  return isOwn ? undefined : host;
}
