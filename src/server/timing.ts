/**
 * Whether answers reach an exchange in time, learned from what can be seen here: callers that hang up before they are answered, answers that were ready after
 * `tmax`, and loss notices whose code says "too late" (`lateLossCodes`).
 *
 * Two things follow. The network's part of `tmax` grows towards what those who hung up left us, and sinks slowly to the configured one. And load
 * is taken back where it is load that makes answers late: requests are answered 204 unread, fewer by three tenths at once and more by a twentieth at a time
 * (additive increase, multiplicative decrease, as congestion control has it: Chiu and Jain 1989). Where taking less does not help, all is taken again.
 */
import type { ExchangeProfile } from '../openrtb/exchange-profile.ts';

export type LateSign = 'hung_up' | 'after_tmax' | 'loss_notice';

export interface TimingState {
  readonly exchangeId: string;
  /** Part of the requests that are looked at. */
  readonly share: number;
  /** Kept of tmax for the network. */
  readonly marginMs: number;
  readonly configuredMarginMs: number;
  /** Of the last window that had enough to say; absent before. */
  readonly lateShare?: number;
  readonly answered: number;
  readonly late: number;
}

export interface TimingWatch {
  late(exchangeId: string, sign: LateSign): void;
  /** All requests were looked at and fewer are, or the other way round. */
  turned(state: TimingState): void;
}

const WINDOW_MS = 5_000;
const ANSWERS_MIN = 50;
const LATE_MIN = 10;
/** Exchanges throttle whom they hear too late: Google asks for 85 % in time, so there is room below that. */
const LATE_SHARE_MAX = 0.05;
const LATE_SHARE_FINE = 0.02;
const DECREASE = 0.7;
const INCREASE = 0.05;
const SHARE_MIN = 0.1;
/** So many decreases without a better figure: it is not the load. */
const TRIES = 3;
const HELPED = 0.8;
const USELESS_MS = 600_000;
const MARGIN_STEP = 0.5;
/** Of a window; the middle one of so many is as good as that of all. */
const WAYS_MAX = 101;
const MARGIN_UP = 1.25;
const MARGIN_DECAY = 0.98;
/** More than half of its time never goes to the network. */
const MARGIN_SHARE_MAX = 0.5;

interface Course {
  share: number;
  credit: number;
  marginMs: number;
  lateShare: number | undefined;
  windowFromMs: number;
  answers: number;
  late: number;
  /** Of them, those whom the exchange showed: not our own clock. */
  outside: number;
  /** What those who hung up left of tmax. */
  ways: number[];
  answeredInAll: number;
  lateInAll: number;
  /** Of the run of decreases. */
  decreases: number;
  lateBefore: number;
  holdUntilMs: number;
  timed: { readonly of: ExchangeProfile; readonly profile: ExchangeProfile } | undefined;
}

export class ExchangeTiming {
  readonly #courses = new Map<string, Course>();
  readonly #clock: { monotonic(): number };
  readonly #watch: TimingWatch;

  constructor(
    clock: { monotonic(): number },
    watch: TimingWatch = { late: () => undefined, turned: () => undefined },
  ) {
    this.#clock = clock;
    this.#watch = watch;
  }

  /** Whether this request is looked at; evenly spread, so that every second one is the second and not chance. */
  takes(profile: Pick<ExchangeProfile, 'id' | 'backsOff'>): boolean {
    const course = this.#courses.get(profile.id);
    if (!course || course.share >= 1 || !profile.backsOff) return true;
    course.credit += course.share;
    if (course.credit < 1) return false;
    course.credit--;
    return true;
  }

  /** The profile with the network's part as it was learned. */
  timed(profile: ExchangeProfile): ExchangeProfile {
    const course = this.#courses.get(profile.id);
    if (!course) return profile;
    const marginMs = Math.round(Math.max(course.marginMs, profile.deadlineMarginMs));
    if (marginMs === profile.deadlineMarginMs) return profile;
    const { timed } = course;
    if (timed?.of === profile && timed.profile.deadlineMarginMs === marginMs) return timed.profile;
    const changed = { ...profile, deadlineMarginMs: marginMs };
    course.timed = { of: profile, profile: changed };
    return changed;
  }

  /** An answer was ready `elapsedMs` after its request had come; where the caller was gone by then, `hungUpMs` says since when. */
  answered(profile: ExchangeProfile, tmaxMs: number, elapsedMs: number, hungUpMs?: number): void {
    const course = this.#courseOf(profile);
    course.answers++;
    course.answeredInAll++;
    if (hungUpMs !== undefined) this.#hungUp(course, profile.id, tmaxMs - hungUpMs, tmaxMs);
    else if (elapsedMs >= tmaxMs) this.#count(course, profile.id, 'after_tmax');
    this.#step(course, profile);
  }

  /** One of those answered had gone by then: the way takes at least what was left of its time. */
  leftUnheard(profile: ExchangeProfile, tmaxMs: number, elapsedMs: number): void {
    const course = this.#courseOf(profile);
    this.#hungUp(course, profile.id, tmaxMs - elapsedMs, tmaxMs);
    this.#step(course, profile);
  }

  /** A loss notice of the exchange; most say something else than that it was too late. */
  lost(profile: ExchangeProfile, code: number | undefined): void {
    if (code === undefined || !profile.lateLossCodes.includes(code)) return;
    const course = this.#courseOf(profile);
    course.outside++;
    this.#count(course, profile.id, 'loss_notice');
    this.#step(course, profile);
  }

  stateOf(profile: ExchangeProfile): TimingState {
    const course = this.#courses.get(profile.id);
    return {
      exchangeId: profile.id,
      share: course && profile.backsOff ? course.share : 1,
      marginMs: Math.round(Math.max(course?.marginMs ?? 0, profile.deadlineMarginMs)),
      configuredMarginMs: profile.deadlineMarginMs,
      ...(course?.lateShare === undefined ? {} : { lateShare: course.lateShare }),
      answered: course?.answeredInAll ?? 0,
      late: course?.lateInAll ?? 0,
    };
  }

  #hungUp(course: Course, exchangeId: string, leftMs: number, tmaxMs: number): void {
    const wayMs = Math.min(Math.max(0, leftMs), MARGIN_SHARE_MAX * tmaxMs);
    course.outside++;
    if (course.ways.length < WAYS_MAX) course.ways.push(wayMs);
    this.#count(course, exchangeId, 'hung_up');
  }

  #courseOf(profile: ExchangeProfile): Course {
    let course = this.#courses.get(profile.id);
    if (!course) {
      course = {
        share: 1,
        credit: 0,
        marginMs: profile.deadlineMarginMs,
        lateShare: undefined,
        windowFromMs: this.#clock.monotonic(),
        answers: 0,
        late: 0,
        outside: 0,
        ways: [],
        answeredInAll: 0,
        lateInAll: 0,
        decreases: 0,
        lateBefore: 0,
        holdUntilMs: Number.NEGATIVE_INFINITY,
        timed: undefined,
      };
      this.#courses.set(profile.id, course);
    }
    return course;
  }

  #count(course: Course, exchangeId: string, sign: LateSign): void {
    course.late++;
    course.lateInAll++;
    this.#watch.late(exchangeId, sign);
  }

  /** At the end of a window that had enough in it. */
  #step(course: Course, profile: ExchangeProfile): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs - course.windowFromMs < WINDOW_MS) return;
    if (course.answers < ANSWERS_MIN && course.late < LATE_MIN) return;
    // Notices tell of answers of before, so there may be more of them than answers.
    const lateShare = Math.min(1, course.late / Math.max(1, course.answers));
    course.lateShare = lateShare;
    learnWay(course, profile);
    const wasAll = course.share >= 1;
    course.windowFromMs = nowMs;
    course.answers = 0;
    course.late = 0;
    course.outside = 0;
    course.ways = [];
    if (lateShare > LATE_SHARE_MAX) this.#decrease(course, lateShare, nowMs);
    else if (lateShare <= LATE_SHARE_FINE) {
      course.decreases = 0;
      course.share = Math.min(1, course.share + INCREASE);
    }
    if (profile.backsOff && wasAll !== course.share >= 1) this.#watch.turned(this.stateOf(profile));
  }

  #decrease(course: Course, lateShare: number, nowMs: number): void {
    if (nowMs < course.holdUntilMs) return;
    if (course.decreases === 0) course.lateBefore = lateShare;
    if (course.decreases >= TRIES && lateShare > HELPED * course.lateBefore) {
      course.share = 1;
      course.decreases = 0;
      course.holdUntilMs = nowMs + USELESS_MS;
      return;
    }
    course.decreases++;
    course.share = Math.max(SHARE_MIN, DECREASE * course.share);
  }
}

/** One caller who left says nothing of the way, nor does an answer that was late by our own clock: that is our doing. */
function learnWay(course: Course, { deadlineMarginMs, tmaxDefaultMs }: ExchangeProfile): void {
  const mostMs = Math.max(MARGIN_SHARE_MAX * tmaxDefaultMs, deadlineMarginMs);
  if (course.outside <= LATE_SHARE_FINE * course.answers) {
    course.marginMs = Math.max(deadlineMarginMs, MARGIN_DECAY * course.marginMs);
    return;
  }
  const wayMs = course.ways.toSorted((a, b) => a - b)[course.ways.length >> 1];
  // A notice says that it was too late and not by how much.
  const nextMs =
    wayMs === undefined
      ? MARGIN_UP * course.marginMs + 1
      : course.marginMs + MARGIN_STEP * (wayMs - course.marginMs);
  course.marginMs = Math.min(mostMs, Math.max(course.marginMs, nextMs));
}
