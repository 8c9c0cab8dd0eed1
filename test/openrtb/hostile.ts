import fc from 'fast-check';

const PIECES = [
  '"',
  "'",
  '<',
  '>',
  '&',
  ']]>',
  '<![CDATA[',
  '</script>',
  '<!--',
  '-->',
  '\\',
  '\n',
  '\u0000',
  '\u2028',
  '${AUCTION_PRICE}',
  '$&',
  "$'",
  '{clickUrl}',
  'javascript:',
  'é',
  '文',
  '😀',
  'onerror=alert(1)',
  '<svg/onload=x>',
  ' ',
  'a',
];

/** Text that tries to break out of where it stands, glued together from the pieces attackers use. */
export const hostile = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 12 })
  .map((pieces) => pieces.join(''));

/** Control characters are taken out on purpose; the rest must come back. */
export function kept(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the list that the escaping takes out
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
}
