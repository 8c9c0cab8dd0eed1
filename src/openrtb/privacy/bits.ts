const ALPHABET = /^[A-Za-z0-9_-]+$/;

/** Reads the bits of base64url text from the left. Past the end it gives zeros and says so. */
export class BitReader {
  readonly #bytes: Buffer;
  #position = 0;
  #isOverrun = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** True once more was asked for than there is. */
  get isOverrun(): boolean {
    return this.#isOverrun;
  }

  /** Up to 32 bits as a number. */
  read(width: number): number {
    let value = 0;
    for (let index = 0; index < width; index++) value = value * 2 + this.#bitAt(this.#position++);
    return value;
  }

  skip(width: number): void {
    this.#position += width;
  }

  /** The bit `offset` places further on, which is not read. */
  peek(offset: number): number {
    return this.#bitAt(this.#position + offset);
  }

  #bitAt(position: number): number {
    const byte = this.#bytes[position >> 3];
    if (byte === undefined) {
      this.#isOverrun = true;
      return 0;
    }
    return (byte >> (7 - (position & 7))) & 1;
  }
}

/** Undefined where the text is not base64url. */
export function bitsOf(text: string): BitReader | undefined {
  return ALPHABET.test(text) ? new BitReader(Buffer.from(text, 'base64url')) : undefined;
}
