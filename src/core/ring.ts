/** A bounded queue. When it is full the newcomer is dropped and counted: back-pressure never reaches a bid. */
export class Ring<Item> {
  readonly #slots: (Item | undefined)[];
  #head = 0;
  #size = 0;
  #dropped = 0;

  constructor(capacity: number) {
    this.#slots = new Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** How many items were refused because the queue was full, since it was made. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: Item): boolean {
    if (this.#size >= this.#slots.length) {
      this.#dropped++;
      return false;
    }
    this.#slots[(this.#head + this.#size) % this.#slots.length] = item;
    this.#size++;
    return true;
  }

  /** Takes up to `limit` items, oldest first. */
  take(limit: number): Item[] {
    const count = Math.min(limit, this.#size);
    const items: Item[] = [];
    for (let taken = 0; taken < count; taken++) {
      items.push(this.#slots[this.#head] as Item);
      this.#slots[this.#head] = undefined;
      this.#head = (this.#head + 1) % this.#slots.length;
    }
    this.#size -= count;
    return items;
  }
}
