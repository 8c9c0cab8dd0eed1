/** Requests kept as samples: what was asked for, without whom. */
export interface RequestSample {
  readonly atMs: number;
  readonly exchangeId: string;
  /** Requests that it stands for. */
  readonly weight: number;
  /** OpenRTB JSON without ids, addresses and consent of anybody. */
  readonly text: string;
  /** Packs that its person was in, and whether there was one who might be known. */
  readonly packs: readonly string[];
  readonly isKnown: boolean;
}

export interface SamplePort {
  addSamples(samples: readonly RequestSample[]): Promise<void>;
  /** Oldest first. */
  samples(): Promise<readonly RequestSample[]>;
}
