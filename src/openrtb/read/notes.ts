/** A hostile body could be wrong in thousands of places; the first few tell as much. */
const WARNINGS_MAX = 32;

/**
 * What was found while reading one request: repairs as warnings, and the first fault that cannot be repaired. Readers
 * record a refusal and go on with a harmless value, so none of them throws and none returns early.
 */
export class Notes {
  readonly warnings: string[] = [];
  /** Empty while everything can be read. */
  refusal = '';
  /**
   * Where the paths of the readers begin: the number of an impression, or a path. A full path is put together only
   * where there is something to say, so a sound request pays nothing for it.
   */
  within: number | string = '';

  warn(path: string, what: string): void {
    if (this.warnings.length < WARNINGS_MAX) this.warnings.push(`${this.place(path)}: ${what}`);
  }

  refuse(path: string, what: string): void {
    if (this.refusal === '') this.refusal = `${this.place(path)}: ${what}`;
  }

  /** The refusal so far, which is forgotten: what was being read can be left out. */
  takeRefusal(): string {
    const { refusal } = this;
    this.refusal = '';
    return refusal;
  }

  place(path: string): string {
    const start = typeof this.within === 'number' ? `imp[${this.within}]` : this.within;
    return start === '' || path === '' ? start + path : `${start}.${path}`;
  }
}
