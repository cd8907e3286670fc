/**
 * Latency histogram in shared memory: one thread records, any thread takes snapshots.
 *
 * Nanoseconds from 0 to 2^36 (69 s), exact below 64 and log-linear above: 64 buckets per octave, so a percentile, which is the
 * upper end of its bucket, is at most 1/64 = 1.6 % too high and never too low. Larger values are counted in the last
 * bucket and as over range. A bucket stops at 2^32 − 1 instead of wrapping. `record` allocates nothing.
 *
 * A snapshot taken while the writer records may miss its latest records; it never counts one twice.
 */
import { assert } from "../domain/units.ts";
import {
  HISTOGRAM_BUCKET_COUNT,
  HISTOGRAM_BUCKETS_OFFSET,
  HISTOGRAM_COUNT,
  HISTOGRAM_NS_BITS,
  HISTOGRAM_OVER_RANGE_OFFSET,
  HISTOGRAM_SUB_BUCKET_BITS,
  HISTOGRAM_SUB_BUCKET_COUNT,
  histogramOffset,
  WORD_BYTES,
} from "./layout.ts";
import type { SharedMemory } from "./shared.ts";

const NS_MAX = 2 ** HISTOGRAM_NS_BITS - 1;
const COUNT_MAX = 2 ** 32 - 1;

export class HistogramWriter {
  readonly #words: Int32Array;
  readonly #bucketsIndex: number;
  readonly #overRangeIndex: number;

  constructor(shared: SharedMemory, histogram: number) {
    assertIndex(histogram);
    this.#words = shared.i32;
    this.#bucketsIndex = (histogramOffset(histogram) + HISTOGRAM_BUCKETS_OFFSET) / WORD_BYTES;
    this.#overRangeIndex = (histogramOffset(histogram) + HISTOGRAM_OVER_RANGE_OFFSET) / WORD_BYTES;
  }

  /** Negative durations count as 0: two clocks of one machine may disagree by a little. NaN is a bug. */
  record(ns: number): void {
    assert(!Number.isNaN(ns), "a latency must be a number");
    if (ns > NS_MAX) this.#bump(this.#overRangeIndex);
    this.#bump(this.#bucketsIndex + bucketOf(ns));
  }

  #bump(index: number): void {
    // Single writer: the plain read is our own last store. The store is atomic so that a reader sees the whole word.
    const count = (this.#words[index] as number) >>> 0;
    if (count < COUNT_MAX) Atomics.store(this.#words, index, (count + 1) | 0);
  }
}

/** A copy of the counts at one moment. `take` reuses it. */
export class HistogramSnapshot {
  readonly #counts = new Uint32Array(HISTOGRAM_BUCKET_COUNT);
  #count = 0;
  #overRange = 0;

  take(shared: SharedMemory, histogram: number): this {
    assertIndex(histogram);
    const offset = histogramOffset(histogram);
    const buckets = (offset + HISTOGRAM_BUCKETS_OFFSET) / WORD_BYTES;
    this.#count = 0;
    for (let i = 0; i < HISTOGRAM_BUCKET_COUNT; i++) {
      const count = Atomics.load(shared.i32, buckets + i) >>> 0;
      this.#counts[i] = count;
      this.#count += count;
    }
    this.#overRange = Atomics.load(shared.i32, (offset + HISTOGRAM_OVER_RANGE_OFFSET) / WORD_BYTES) >>> 0;
    return this;
  }

  get count(): number {
    return this.#count;
  }

  /** How many of them were 2^36 ns or more. */
  get overRange(): number {
    return this.#overRange;
  }

  /** Smallest bucket end that `fraction` (0..1) of the records do not exceed; 0.5 is the median, 1 the maximum. NaN when empty. */
  percentileNs(fraction: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(fraction * this.#count));
    let seen = 0;
    for (let i = 0; i < HISTOGRAM_BUCKET_COUNT; i++) {
      seen += this.#counts[i] as number;
      if (seen >= rank) return bucketEndNs(i);
    }
    return NS_MAX;
  }

  maxNs(): number {
    return this.percentileNs(1);
  }

  /** Calls back for every bucket with records, in rising order: for export to other formats. */
  forEachBucket(visit: (endNs: number, count: number) => void): void {
    for (let i = 0; i < HISTOGRAM_BUCKET_COUNT; i++) {
      const count = this.#counts[i] as number;
      if (count > 0) visit(bucketEndNs(i), count);
    }
  }
}

/** Index of the bucket that counts `ns`. */
export function bucketOf(ns: number): number {
  if (ns < HISTOGRAM_SUB_BUCKET_COUNT) return ns > 0 ? ns | 0 : 0;
  const clamped = Math.min(ns, NS_MAX);
  // Integer instructions end at 2^31: larger values give up low bits first, which their buckets do not resolve anyway.
  const coarse = clamped >= 2 ** 31;
  const value = coarse ? Math.floor(clamped / HISTOGRAM_SUB_BUCKET_COUNT) : clamped | 0;
  const shift = 31 - Math.clz32(value) - HISTOGRAM_SUB_BUCKET_BITS;
  const octave = shift + (coarse ? HISTOGRAM_SUB_BUCKET_BITS : 0);
  return (octave + 1) * HISTOGRAM_SUB_BUCKET_COUNT + (value >> shift) - HISTOGRAM_SUB_BUCKET_COUNT;
}

/** Largest whole nanosecond that the bucket counts. */
export function bucketEndNs(bucket: number): number {
  if (bucket < HISTOGRAM_SUB_BUCKET_COUNT) return bucket;
  const octave = Math.floor(bucket / HISTOGRAM_SUB_BUCKET_COUNT) - 1;
  const within = (bucket % HISTOGRAM_SUB_BUCKET_COUNT) + HISTOGRAM_SUB_BUCKET_COUNT;
  return (within + 1) * 2 ** octave - 1;
}

function assertIndex(histogram: number): void {
  assert(histogram >= 0 && histogram < HISTOGRAM_COUNT, `histogram ${histogram} is outside 0..${HISTOGRAM_COUNT - 1}`);
}
