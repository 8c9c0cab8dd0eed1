/** Ways that led to conversions, or did not: what every model of attribution shares out. */

/** What one way of showings and clicks came to, summed over the people who went it. */
export interface TouchPath {
  /** In the order of time; what stands twice happened twice. */
  readonly touches: readonly Touch[];
  readonly conversions: number;
  /** People who went this way and did not convert; models of removal need them. */
  readonly misses: number;
  readonly valueMicros: number;
}

export interface Touch {
  readonly channel: string;
  /** Hours before the conversion, or before the last touch where there was none. */
  readonly hoursBefore?: number;
}

/** Conversions and value by channel. Over all channels they add up to those of the paths that have touches. */
export type Credits = ReadonlyMap<string, { readonly conversions: number; readonly valueMicros: number }>;

export interface AttributionModel {
  readonly name: string;
  readonly about: string;
  credits(paths: readonly TouchPath[]): Credits;
}

export class Ledger {
  readonly #credits = new Map<string, { conversions: number; valueMicros: number }>();

  add(channel: string, conversions: number, valueMicros: number): void {
    const credit = this.#credits.get(channel);
    if (credit) {
      credit.conversions += conversions;
      credit.valueMicros += valueMicros;
    } else this.#credits.set(channel, { conversions, valueMicros });
  }

  /** A path's outcome, by the weights of its touches, whose sum is not nought. */
  share({ touches, conversions, valueMicros }: TouchPath, weights: readonly number[]): void {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    touches.forEach(({ channel }, place) => {
      const part = weights[place]! / sum;
      if (part > 0) this.add(channel, part * conversions, part * valueMicros);
    });
  }

  get credits(): Credits {
    return this.#credits;
  }
}
