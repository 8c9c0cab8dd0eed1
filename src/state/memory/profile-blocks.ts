/** Room for rows of numbers, in blocks that are used again. Chunks are of one size, since doubling one of a hundred megabytes would stop every bid. */

/** Of a row. */
export const WORDS = 4;
const CHUNK_ROWS = 16_384;
const NONE = 0xffff_ffff;

/** Blocks of one size; a block is named by its number. */
export class Blocks {
  readonly rows: number;
  readonly #chunks: Uint32Array[] = [];
  #made = 0;
  #firstFree = NONE;

  constructor(rows: number) {
    this.rows = rows;
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_ROWS * WORDS * 4;
  }

  take(): number {
    if (this.#firstFree !== NONE) {
      const block = this.#firstFree;
      this.#firstFree = this.at(block)[0]!;
      return block;
    }
    const perChunk = CHUNK_ROWS / this.rows;
    if (this.#made % perChunk === 0) this.#chunks.push(new Uint32Array(CHUNK_ROWS * WORDS));
    return this.#made++;
  }

  /** Wiped, so that nothing of a forgotten person stays in memory. */
  free(block: number): void {
    const words = this.at(block);
    words.fill(0);
    words[0] = this.#firstFree;
    this.#firstFree = block;
  }

  at(block: number): Uint32Array {
    const perChunk = CHUNK_ROWS / this.rows;
    const from = (block % perChunk) * this.rows * WORDS;
    return this.#chunks[Math.floor(block / perChunk)]!.subarray(from, from + this.rows * WORDS);
  }
}
