/** How an ad wears out on people: each showing of a campaign takes its share of the chance that the next one is clicked. */

export class Freshness {
  readonly #fatigue: number;
  readonly #shown = new Map<string, number>();

  /** `fatigue` is the share that is lost with each showing, 0..1. */
  constructor(fatigue: number) {
    this.#fatigue = fatigue;
  }

  shown(personId: string, campaignId: string): void {
    if (this.#fatigue === 0) return;
    const key = `${personId}\0${campaignId}`;
    this.#shown.set(key, (this.#shown.get(key) ?? 0) + 1);
  }

  /** Of the chance of a click on the next showing, what is left. */
  ofNext(personId: string, campaignId: string): number {
    return this.#fatigue === 0
      ? 1
      : (1 - this.#fatigue) ** (this.#shown.get(`${personId}\0${campaignId}`) ?? 0);
  }
}
