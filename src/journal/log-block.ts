/**
 * The words of shared memory through which a log's owner and the flusher talk. Offsets are in memory/layout.ts.
 *
 * The owner alone writes the written position and the segment, the flusher alone the rest, each in a cache line of its
 * own. Positions are 64-bit words at addresses that are multiples of 8; they are read and written here as 32-bit halves,
 * because a 64-bit access would allocate a BigInt each time.
 */
import {
  LOG_COMPLETION_OFFSET,
  LOG_DURABLE_LSN_OFFSET,
  LOG_FAILURE_OFFSET,
  LOG_SEGMENT_OFFSET,
  LOG_WRITTEN_LSN_OFFSET,
} from "../memory/layout.ts";

export interface LogBlock {
  readonly i32: Int32Array;
  readonly i64: BigInt64Array;
  /** Bytes from the start of the views' buffer; a multiple of 8. */
  readonly blockOffset: number;
  /** The word that wakes the flusher, one for all logs. */
  readonly requestOffset: number;
}

/** Values of the failure word: 0 alive, positive the errno of the sync that failed, negative one of these. */
export const FAILURE_FLUSHER_DIED = -1;
export const FAILURE_UNKNOWN = -2;

export const loadWrittenLsn = (block: LogBlock): number => loadPosition(block, LOG_WRITTEN_LSN_OFFSET);
export const storeWrittenLsn = (block: LogBlock, lsn: number): void =>
  storePosition(block, LOG_WRITTEN_LSN_OFFSET, lsn);
export const loadDurableLsn = (block: LogBlock): number => loadPosition(block, LOG_DURABLE_LSN_OFFSET);
export const storeDurableLsn = (block: LogBlock, lsn: number): void =>
  storePosition(block, LOG_DURABLE_LSN_OFFSET, lsn);

export const segmentIndex = (block: LogBlock): number => (block.blockOffset + LOG_SEGMENT_OFFSET) >> 2;
export const failureIndex = (block: LogBlock): number => (block.blockOffset + LOG_FAILURE_OFFSET) >> 2;
export const completionIndex = (block: LogBlock): number => (block.blockOffset + LOG_COMPLETION_OFFSET) >> 2;
export const requestIndex = (block: LogBlock): number => block.requestOffset >> 2;

/** Values of the request word: the flusher looks by itself every so often, or sleeps until it is called. */
export const FLUSHER_AWAKE = 0;
export const FLUSHER_PARKED = 1;

/**
 * Owner: there is something to sync. Costs a load while the flusher is awake anyway. No call is lost: the owner stores its
 * position and then looks at the word, the flusher stores the word and then looks at the positions.
 */
export function requestFlush(block: LogBlock): void {
  if (Atomics.load(block.i32, requestIndex(block)) !== FLUSHER_PARKED) return;
  Atomics.store(block.i32, requestIndex(block), FLUSHER_AWAKE);
  Atomics.notify(block.i32, requestIndex(block));
}

/** Flusher: the durable position or the failure word has moved. */
export function announce(block: LogBlock): void {
  Atomics.add(block.i32, completionIndex(block), 1);
  Atomics.notify(block.i32, completionIndex(block));
}

/** A log dies once; the first cause is kept. */
export function storeFailure(block: LogBlock, failure: number): void {
  Atomics.compareExchange(block.i32, failureIndex(block), 0, failure);
}

const HALF = 2 ** 32;

/**
 * The high half is read before and after the low one. It only ever rises, so if it is the same both times, the low half
 * belongs to it.
 */
function loadPosition(block: LogBlock, offset: number): number {
  const index = (block.blockOffset + offset) >> 2;
  let high = Atomics.load(block.i32, index + 1);
  for (;;) {
    const low = Atomics.load(block.i32, index) >>> 0;
    const again = Atomics.load(block.i32, index + 1);
    if (again === high) return high * HALF + low;
    high = again;
  }
}

/** Only the step over 2^32 changes both halves, and it changes them in one 64-bit store. */
function storePosition(block: LogBlock, offset: number, lsn: number): void {
  const byte = block.blockOffset + offset;
  const high = Math.floor(lsn / HALF);
  if (high === Atomics.load(block.i32, (byte >> 2) + 1)) Atomics.store(block.i32, byte >> 2, lsn | 0);
  else Atomics.store(block.i64, byte >> 3, BigInt(lsn));
}
