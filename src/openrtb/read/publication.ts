/** Where the impression is: a site, an app, or a screen in a public place. */
import type { App, OutOfHome, Publication, Site } from '../request.ts';
import type { Notes } from './notes.ts';
import type { Json } from './value.ts';
import { isFilled, NONE, newerFirst, readInteger, readObject, readText, readTexts } from './value.ts';

const HOST = /^https?:\/\/(?:[^/?#@]*@)?([^/:?#]+)/i;

export function readSite(raw: Json, notes: Notes): Site {
  notes.within = 'site';
  const page = readText(raw.page, 'page', notes);
  const publication = readPublication(raw, notes);
  const domain = publication.domain || (HOST.exec(page)?.[1] ?? '').toLowerCase();
  return { ...publication, domain, page };
}

export function readApp(raw: Json, notes: Notes): App {
  notes.within = 'app';
  return {
    ...readPublication(raw, notes),
    bundle: readText(raw.bundle, 'bundle', notes),
    storeUrl: readText(raw.storeurl, 'storeurl', notes),
  };
}

export function readOutOfHome(raw: Json, notes: Notes): OutOfHome {
  notes.within = 'dooh';
  return {
    ...readPublication(raw, notes),
    venueTypes: readTexts(raw.venuetype, 'venuetype', notes),
    venueTaxonomy: readInteger(raw.venuetypetax, 'venuetypetax', notes) ?? 1,
  };
}

function readPublication(raw: Json, notes: Notes): Publication {
  const publisher = readObject(raw.publisher, 'publisher', notes);
  const content = readObject(raw.content, 'content', notes);
  return {
    id: readText(raw.id, 'id', notes),
    name: readText(raw.name, 'name', notes),
    domain: readText(raw.domain, 'domain', notes).toLowerCase(),
    categories: readCategories(raw, notes),
    categoryTaxonomy: readInteger(raw.cattax, 'cattax', notes) || 1,
    keywords: readKeywords(raw, notes),
    publisherId: publisher ? readText(publisher.id, 'publisher.id', notes) : '',
    publisherDomain: publisher ? readText(publisher.domain, 'publisher.domain', notes).toLowerCase() : '',
    contentLanguage: content ? readLanguage(content, 'content.language', notes) : '',
  };
}

/** Categories of the whole, the section and the page: an advertiser asks for any of them. */
function readCategories(raw: Json, notes: Notes): readonly string[] {
  const whole = readTexts(raw.cat, 'cat', notes);
  if (raw.sectioncat === undefined && raw.pagecat === undefined) return whole;
  const section = readTexts(raw.sectioncat, 'sectioncat', notes);
  const page = readTexts(raw.pagecat, 'pagecat', notes);
  if (section.length === 0 && page.length === 0) return whole;
  return [...new Set([...whole, ...section, ...page])];
}

/** Lower case, from a list or from text with commas. */
export function readKeywords(raw: Json, notes: Notes): readonly string[] {
  const { keywords, kwarray } = raw;
  if (!isFilled(keywords) && !isFilled(kwarray)) return NONE;
  const isList = Array.isArray(keywords) || !isFilled(keywords);
  const words = isList
    ? readTexts(newerFirst(kwarray, keywords), 'keywords', notes)
    : readText(keywords, 'keywords', notes).split(',');
  return words.map((word) => word.trim().toLowerCase()).filter((word) => word !== '');
}

/** `language` (ISO 639-1) or `langb` (BCP 47), lower case. */
export function readLanguage(raw: Json, path: string, notes: Notes): string {
  return readText(newerFirst(raw.language, raw.langb), path, notes).toLowerCase();
}
