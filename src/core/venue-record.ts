/**
 * What each venue has been like lately: how fast it answers orders, and whether it left one in doubt. Ranking of venues and
 * the delay of racers rest on it.
 *
 * Plain arithmetic on the times of events, so that replay has the same figures. Bounded: one fixed histogram per venue, its
 * counts halved at `SAMPLES_MAX`, so that what is old fades. Allocates nothing after construction.
 */
import type { Ns } from "../domain/units.ts";
import { refill } from "./saved.ts";

/** Resolution of the lowest buckets. Above 2 ms a bucket is an eighth of its power of two wide. */
const UNIT_MS = 0.25;
const SUB_BITS = 3;
const SUBS = 1 << SUB_BITS;
/** 2^20 units, 262 s: no order waits that long. */
const BUCKETS = (20 - SUB_BITS + 1) * SUBS;
const SAMPLES_MAX = 512;
/** Quantiles are worked out again after so many answers. */
const REFRESH_EVERY = 8;

interface Answers {
  readonly counts: Float64Array;
  total: number;
  sinceRefresh: number;
  medianMs: number;
  p99Ms: number;
}

export class VenueRecord {
  readonly #answers: readonly Answers[];
  readonly #doubtUntilNs: Float64Array;

  constructor(venueCount: number) {
    this.#answers = Array.from({ length: venueCount }, () => ({
      counts: new Float64Array(BUCKETS),
      total: 0,
      sinceRefresh: REFRESH_EVERY,
      medianMs: Number.NaN,
      p99Ms: Number.NaN,
    }));
    this.#doubtUntilNs = new Float64Array(venueCount).fill(Number.NEGATIVE_INFINITY);
  }

  /** An order's first answer came after `ackMs`; a timeout counts as an answer that took so long. */
  onAnswer(venue: number, ackMs: number): void {
    // An order of an earlier life has no known time of sending.
    if (!(ackMs >= 0 && ackMs < Number.POSITIVE_INFINITY)) return;
    const answers = this.#answers[venue]!;
    answers.counts[bucketOf(ackMs)]!++;
    answers.total++;
    if (answers.total >= SAMPLES_MAX) halve(answers);
    if (++answers.sinceRefresh < REFRESH_EVERY) return;
    answers.sinceRefresh = 0;
    answers.medianMs = quantileMs(answers, 0.5);
    answers.p99Ms = quantileMs(answers, 0.99);
  }

  /** What a snapshot keeps of it. */
  save() {
    const answers = this.#answers.map((each) => ({ ...each, counts: each.counts.slice() }));
    return { answers, doubtUntilNs: this.#doubtUntilNs.slice() };
  }
  load({ answers, doubtUntilNs }: ReturnType<VenueRecord["save"]>): void {
    refill(this.#doubtUntilNs, doubtUntilNs);
    answers.forEach(({ counts, ...rest }, venue) => {
      const known = this.#answers[venue]!;
      Object.assign(known, rest);
      refill(known.counts, counts);
    });
  }

  /** It left an order in doubt: others go first until `untilNs`. */
  onDoubt(venue: number, untilNs: number): void {
    this.#doubtUntilNs[venue] = Math.max(this.#doubtUntilNs[venue]!, untilNs);
  }

  isDoubted(venue: number, nowNs: Ns): boolean {
    return nowNs < this.#doubtUntilNs[venue]!;
  }

  /** Upper bound of the bucket that holds the quantile; NaN before the first answer. */
  ackMsMedian(venue: number): number {
    return this.#answers[venue]!.medianMs;
  }
  ackMsP99(venue: number): number {
    return this.#answers[venue]!.p99Ms;
  }
}

function bucketOf(ms: number): number {
  const units = Math.min(Math.floor(ms / UNIT_MS), 2 ** 20 - 1);
  if (units < SUBS) return units;
  const power = 31 - Math.clz32(units);
  return (power - SUB_BITS + 1) * SUBS + ((units >> (power - SUB_BITS)) & (SUBS - 1));
}

/** First value above the bucket's. */
function endMs(bucket: number): number {
  if (bucket < SUBS) return (bucket + 1) * UNIT_MS;
  const shift = Math.floor(bucket / SUBS) - 1;
  return (SUBS + (bucket % SUBS) + 1) * (1 << shift) * UNIT_MS;
}

function quantileMs({ counts, total }: Answers, share: number): number {
  const rank = Math.ceil(total * share);
  let seen = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    seen += counts[bucket]!;
    if (seen >= rank) return endMs(bucket);
  }
  return Number.NaN;
}

/** Half of every count, rounded up: the rare slow answers must not be the first to go. */
function halve(answers: Answers): void {
  let total = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = Math.ceil(answers.counts[bucket]! / 2);
    answers.counts[bucket] = count;
    total += count;
  }
  answers.total = total;
}
