/** A preview as a page for a frame: a banner as it is, a native ad as a plain card, a film with what stands beside it. */
import type { Creative } from '../campaign/creative.ts';
import { escapeMarkup } from '../openrtb/escape.ts';
import type { Preview } from './preview.ts';

/** Nothing of the console is within reach of a creative, and nothing is sent from it. */
export const PREVIEW_PAGE_POLICY = [
  'sandbox allow-scripts',
  "default-src 'none'",
  'img-src https: http: data:',
  'media-src https: http: data:',
  "style-src 'unsafe-inline' https:",
  "script-src 'unsafe-inline' https:",
  'font-src https: data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

export function previewPage({ look, markup, format, creativeId }: Preview): string {
  const body = format === 'banner' ? markup : format === 'native' ? nativeCard(look) : spot(look);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeMarkup(creativeId)}</title><style>body{margin:0;font:14px/1.4 system-ui,sans-serif;color:#111;background:#fff}</style><body>${body}</body></html>`;
}

function nativeCard(look: Creative): string {
  if (look.format !== 'native') return '';
  const { title, images, data } = look;
  const picture = images.find(({ type }) => type === 'main') ?? images[0];
  const image = picture
    ? `<img src="${escapeMarkup(picture.url)}" alt="" style="display:block;width:100%;aspect-ratio:${picture.width}/${picture.height};object-fit:cover;background:#eee">`
    : '';
  const line = (type: string, style: string): string =>
    data[type] === undefined ? '' : `<p style="margin:4px 0;${style}">${escapeMarkup(data[type])}</p>`;
  return `<article>${image}<div style="padding:10px 12px">${line('1', 'color:#555;font-size:12px')}<h1 style="margin:0;font-size:16px">${escapeMarkup(title)}</h1>${line('2', '')}${line('6', 'font-weight:700')}${line('12', 'display:inline-block;padding:4px 10px;border:1px solid #111;border-radius:4px')}</div></article>`;
}

function spot(look: Creative): string {
  if (look.format !== 'video' && look.format !== 'audio') return '';
  const files = look.mediaFiles.map(
    ({ url, mime }) => `<source src="${escapeMarkup(url)}" type="${escapeMarkup(mime)}">`,
  );
  const player = `<${look.format} controls preload="metadata" style="display:block;width:100%">${files.join('')}</${look.format}>`;
  const beside = look.companions.map(({ html, imageUrl, iframeUrl, alt = '', endCard, width, height }) => {
    const shown =
      html ??
      (imageUrl === undefined
        ? `<p>${escapeMarkup(iframeUrl ?? '')}</p>`
        : `<img src="${escapeMarkup(imageUrl)}" alt="${escapeMarkup(alt)}" width="${width}" height="${height}">`);
    return `<h2 style="font-size:12px;color:#555;margin:10px 0 4px">${endCard ? 'End card' : 'Companion'}, ${width} × ${height}</h2>${shown}`;
  });
  return player + beside.join('');
}
