// Host names of advertisers.

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^(?:${LABEL}\\.)+[a-z0-9-]{2,63}$`, 'i');

/**
 * A bare host name with at least one dot: no scheme, no path, no port. Names in other scripts come as
 * punycode.
 */
export function isHostLike(text: string): boolean {
  return text.length <= 253 && HOST.test(text);
}

/** Is the domain the parent itself or below it: `shop.ford.com` within `ford.com`. */
export function isWithinDomain(domain: string, parent: string): boolean {
  const child = bare(domain);
  const top = bare(parent);
  return top !== '' && (child === top || child.endsWith(`.${top}`));
}

/** Lists in the wild carry capitals, a leading dot or `www.`, a scheme or a trailing slash. */
function bare(domain: string): string {
  // Lists of a thousand entries are common, and nearly all of them are bare already.
  if (/^(?!www\.)[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(domain)) return domain;
  return domain
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[/?#].*$/, '')
    .replace(/^\*?\./, '')
    .replace(/^www\./, '')
    .replace(/\.$/, '');
}
