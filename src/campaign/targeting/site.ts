/** The site's domain and everything below it, or its id. */
import { Type } from 'typebox';
import type { Probe } from './dimension.ts';
import { valueDimension } from './value-dimension.ts';

export const site = valueDimension({
  name: 'site',
  description: 'Web site. A domain covers its subdomains: example.com is also news.example.com.',
  level: 'request',
  cost: 12,
  item: Type.String({
    minLength: 1,
    maxLength: 253,
    description: 'Domain, or id:VALUE for the exchange’s site id.',
  }),
  maxItems: 100_000,
  values,
  expand: (value) => [value.startsWith('id:') ? value : plain(value)],
});

/** A host is at most 127 labels long by the DNS; nobody targets below the sixteenth. */
const LABELS_MAX = 16;

function values({ request }: Probe): readonly string[] {
  if (!request.site) return [];
  const found: string[] = [];
  if (request.site.id !== '') found.push(`id:${request.site.id}`);
  const host = plain(request.site.domain === '' ? hostOf(request.site.page) : request.site.domain);
  if (host === '') return found;
  const labels = host.split('.');
  for (let from = Math.max(0, labels.length - LABELS_MAX); from < labels.length; from++)
    found.push(labels.slice(from).join('.'));
  return found;
}

function plain(domain: string): string {
  return domain
    .trim()
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^www\./, '');
}

function hostOf(page: string): string {
  return page === '' || !URL.canParse(page) ? '' : new URL(page).hostname;
}
