/** A consent string as a consent platform writes it (IAB TCF 2.2, core segment): all purposes and vendors, or none. */

const VENDORS = 1500;
const PURPOSES = 24;
const FIELD_CMP_ID = 300;

export function consentString(given: boolean, nowMs: number, language: string): string {
  const bits: number[] = [];
  const write = (value: number, width: number): void => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push(Math.floor(value / 2 ** bit) % 2);
  };
  const letters = (text: string): void => {
    for (const letter of text.toUpperCase()) write(letter.charCodeAt(0) - 65, 6);
  };
  // Times are tenths of a second, cut to the day since TCF 2.2.
  const day = Math.floor(nowMs / 86_400_000) * 864_000;
  write(2, 6);
  write(day, 36);
  write(day, 36);
  write(FIELD_CMP_ID, 12);
  write(1, 12);
  write(1, 6);
  letters(language);
  write(120, 12);
  write(4, 6);
  write(1, 1);
  write(0, 1);
  write(0, 12);
  for (let purpose = 1; purpose <= PURPOSES; purpose++) write(given && purpose <= 11 ? 1 : 0, 1);
  // Legitimate interest is no basis for purposes 1 and 3 to 6 (TCF 2.2).
  for (let purpose = 1; purpose <= PURPOSES; purpose++)
    write(given && [2, 7, 8, 9, 10, 11].includes(purpose) ? 1 : 0, 1);
  write(0, 1);
  letters('DE');
  for (let section = 0; section < 2; section++) {
    write(given ? VENDORS : 0, 16);
    write(given ? 1 : 0, 1);
    if (!given) continue;
    write(1, 12);
    write(1, 1);
    write(1, 16);
    write(VENDORS, 16);
  }
  write(0, 12);
  while (bits.length % 8 !== 0) bits.push(0);
  const bytes = Buffer.alloc(bits.length / 8);
  bits.forEach((bit, index) => {
    if (bit === 1) bytes[index >> 3]! |= 128 >> (index & 7);
  });
  return bytes.toString('base64url');
}
