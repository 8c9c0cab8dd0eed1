/** Escaping for where a value lands. Each function makes any text safe in its place, and leaves exchange macros readable. */

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML or XML text, and attribute values in either kind of quotes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character]!).replace(CONTROL, '');
}

/** Content of a CDATA section: the one sequence that would end it is split over two sections. */
export function cdata(text: string): string {
  return `<![CDATA[${text.replace(CONTROL, '').replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}

/** A JavaScript string literal's inside, safe within a script element too. */
export function escapeScriptString(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(
      /[<>&'\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

/** Control characters have no place in markup; XML 1.0 forbids them even as references. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is the list of what is taken out
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
