/** Events that wait for other systems. */
export interface OutgoingEvent {
  /** Rises; never used twice in the life of the file. */
  readonly seq: number;
  /** One JSON object; `event_id` tells events apart everywhere. */
  readonly body: string;
}

export interface OutboxPort {
  after(seq: number, limit: number): Promise<readonly OutgoingEvent[]>;
  /** Number of the last there ever was; 0 before the first. */
  last(): Promise<number>;
  /** All up to this one are kept elsewhere. */
  taken(seq: number): Promise<void>;
}
