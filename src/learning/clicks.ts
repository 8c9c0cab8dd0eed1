/**
 * The click model as showings teach it. A showing is learned once it has had time for its click, so that a young one is not taken for
 * one that nobody clicked; a click that comes later still is learned by itself. What the model says is held, for each line item, to
 * what came of late: the ratio over about its last two hundred clicks, so that a rate that has moved is followed within as many.
 */
import type { BidFacts, Forecast } from '../core/event.ts';
import { FtrlModel, restoreFtrl } from '../policy/predict/ftrl.ts';
import type { ClickModel, FrozenClickModel } from '../policy/predict/predictor.ts';
import { recalibration } from '../policy/predict/recalibrate.ts';
import type { TablesPort } from '../state/port.ts';

/** Almost all clicks come within seconds, those on video and native within minutes. */
const CLICK_WINDOW_MS = 10 * 60_000;
/** Some 300 bytes each. Past it the oldest is learned early. */
const YOUNG_MAX = 100_000;
/** Clicks after which a line item's calibration has forgotten two thirds of what was before. */
const MEMORY_CLICKS = 200;
/** Whether its rate has moved shows within fewer, by so many standard deviations: from then on these speak alone. */
const LATE_CLICKS = 50;
const MOVED_FROM = 3;
const TABLE = 'clicks';
const CALIBRATION_TABLE = 'click-calibration';

interface Young {
  readonly lineItemId: string;
  readonly forecast: Forecast;
  readonly shownAtMs: number;
  clicked: boolean;
}

/** Of late, fading as more comes. */
interface Held {
  came: number;
  expected: number;
  lateCame: number;
  lateExpected: number;
  /** Of `lateCame`, were the rate what it was. */
  lateVariance: number;
}

const NOTHING_HELD: Held = { came: 0, expected: 0, lateCame: 0, lateExpected: 0, lateVariance: 0 };

/** What bids read: a model that later lessons do not change, and the factor that holds it to a line item. */
export interface HeldClickModel {
  pClick(lineItemId: string, features: readonly number[], base: number): number;
}

export class ClickLearner {
  #model: ClickModel;
  /** In the order of their showing. */
  readonly #young = new Map<string, Young>();
  readonly #held = new Map<string, Held>();
  #frozen: FrozenClickModel | undefined;
  /** Where the model was brought from outside, it is for its owner to keep. */
  readonly #isOwn: boolean;

  constructor(model?: ClickModel) {
    this.#isOwn = model === undefined;
    this.#model = model ?? new FtrlModel();
  }

  impression({ bidId, lineItemId, forecast }: BidFacts, atMs: number): void {
    if (!forecast) return;
    this.#young.set(bidId, { lineItemId, forecast, shownAtMs: atMs, clicked: false });
  }

  /** `baseOf` gives what is known of a line item's click rate without the model. */
  click(
    { bidId, lineItemId, forecast, bidAtMs }: BidFacts,
    atMs: number,
    baseOf: (id: string) => number,
  ): void {
    if (!forecast) return;
    const young = this.#young.get(bidId);
    if (young) young.clicked = true;
    // One whose showing was forgotten with a restart is left out, as its neighbours without a click are.
    else if (atMs - bidAtMs > CLICK_WINDOW_MS) {
      this.#frozen = undefined;
      this.#model.learn(forecast.features, baseOf(lineItemId), true);
      const held = this.#heldOf(lineItemId);
      held.came++;
      held.lateCame++;
    }
  }

  /** It was nobody's: a showing that is not learned yet had no click. What was learned stays, and fades. */
  clickVoided({ bidId }: BidFacts): void {
    const young = this.#young.get(bidId);
    if (young) young.clicked = false;
  }

  /** Learns what has had its time. */
  step(nowMs: number, baseOf: (id: string) => number): void {
    for (const [bidId, young] of this.#young) {
      if (nowMs - young.shownAtMs < CLICK_WINDOW_MS && this.#young.size <= YOUNG_MAX) break;
      this.#young.delete(bidId);
      this.#learn(young, baseOf(young.lineItemId));
    }
  }

  /** Clicks for each that the model expected, of late. */
  calibrationOf(lineItemId: string): number {
    const { came, expected, lateCame, lateExpected, lateVariance } =
      this.#held.get(lineItemId) ?? NOTHING_HELD;
    const ratio = recalibration(came, expected);
    const beyond = Math.abs(lateCame - ratio * lateExpected) / Math.sqrt(ratio * lateVariance);
    return beyond > MOVED_FROM ? recalibration(lateCame, lateExpected) : ratio;
  }

  publish(): HeldClickModel {
    const model = (this.#frozen ??= this.#model.freeze());
    const ratios = new Map([...this.#held.keys()].map((id) => [id, this.calibrationOf(id)]));
    return {
      pClick: (id, features, base) => Math.min(1, model.predict(features, base) * (ratios.get(id) ?? 1)),
    };
  }

  async save(store: Pick<TablesPort, 'save'>): Promise<void> {
    if (this.#isOwn) await store.save(TABLE, this.#model.save());
    await store.save(CALIBRATION_TABLE, Buffer.from(JSON.stringify(Object.fromEntries(this.#held))));
  }

  /** Gives false for tables that cannot be believed. */
  async restore(store: Pick<TablesPort, 'load'>): Promise<boolean> {
    const saved = this.#isOwn ? await store.load(TABLE) : undefined;
    const held = readHeld(await store.load(CALIBRATION_TABLE));
    const restored = saved && restoreFtrl(saved);
    if (restored) this.#model = restored;
    this.#frozen = undefined;
    for (const [id, each] of Object.entries(held ?? {})) this.#held.set(id, each);
    return (!saved || restored !== undefined) && held !== undefined;
  }

  #learn({ lineItemId, forecast, clicked }: Young, base: number): void {
    const { features } = forecast;
    const expected = this.#model.predict(features, base);
    this.#frozen = undefined;
    this.#model.learn(features, base, clicked);
    const held = this.#heldOf(lineItemId);
    const keep = Math.exp(-expected / MEMORY_CLICKS);
    held.expected = held.expected * keep + expected;
    held.came = held.came * keep + (clicked ? 1 : 0);
    const keepLate = Math.exp(-expected / LATE_CLICKS);
    held.lateExpected = held.lateExpected * keepLate + expected;
    held.lateCame = held.lateCame * keepLate + (clicked ? 1 : 0);
    held.lateVariance = held.lateVariance * keepLate * keepLate + expected;
  }

  #heldOf(lineItemId: string): Held {
    let held = this.#held.get(lineItemId);
    if (!held) this.#held.set(lineItemId, (held = { ...NOTHING_HELD }));
    return held;
  }
}

function readHeld(bytes: Uint8Array | undefined): Record<string, Held> | undefined {
  if (!bytes) return {};
  try {
    const table = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, Held>;
    const sound = Object.values(table).every((held) =>
      Object.keys(NOTHING_HELD).every(
        (name) => Number.isFinite(held[name as keyof Held]) && held[name as keyof Held] >= 0,
      ),
    );
    return sound ? table : undefined;
  } catch {
    return undefined;
  }
}
