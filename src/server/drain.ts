/** The orderly end: once it has begun, the process reports not ready and asks its callers to connect elsewhere. */
export class Drain {
  #begun = false;
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  get begun(): boolean {
    return this.#begun;
  }

  /** Requests being answered now. */
  get open(): number {
    return this.#open;
  }

  begin(): void {
    this.#begun = true;
  }

  enter(): void {
    this.#open++;
  }

  leave(): void {
    this.#open--;
    if (this.#open === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is being answered. */
  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
