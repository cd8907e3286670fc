/**
 * Memory layout: the only declaration of what lies where in the shared memory. Compiled by tsc AND by asc.
 *
 * Portable subset: untyped integer constants and integer functions only. Each offset is the previous one plus its size.
 * `_OFFSET` counts bytes from the start of the memory, or of the block where a block is drawn; `_COUNT` counts things.
 * `assembly/layout-check.ts` fails the kernel build when AssemblyScript sees a slot differently, and
 * `scripts/check-wasm.mjs` when the module's own data leaves the kernel-data region.
 *
 *   0 B      header                 magic, version, size
 *   1 KiB    kernel data            asc's data segments (--memoryBase), rewritten by every instantiation
 *   64 KiB   control                kill switch, engine state, flush request, log blocks, lane blocks
 *   then     rings, quotes, position book, histograms, kernel scratch (each computed below)
 *
 * 64-bit values: log positions are aligned i64 (BigInt64Array, as flusher and owner need them whole and rarely); f64 in
 * seqlocked slots are two i32 words, because Atomics on BigInt64Array would allocate on every access.
 */

// "OTRG" in memory order. The version rises with every change of this file that moves a byte.
export const LAYOUT_MAGIC = 0x4752544f;
export const LAYOUT_VERSION = 1;

export const CACHE_LINE_BYTES = 64;
// Two lines: the adjacent-line prefetcher of x86 pulls lines in pairs.
export const CACHE_PAIR_BYTES = 2 * CACHE_LINE_BYTES;
export const WORD_BYTES = 4;
export const WASM_PAGE_BYTES = 65536;
export const MEMORY_PAGES = 512;
export const MEMORY_BYTES = MEMORY_PAGES * WASM_PAGE_BYTES;

// Header
//  0         4          8             12 ...... 1023
//  ├ magic ──┼ version ─┼ memoryBytes ┼ reserved ┤
export const HEADER_OFFSET = 0;
export const HEADER_MAGIC_OFFSET = HEADER_OFFSET;
export const HEADER_VERSION_OFFSET = HEADER_MAGIC_OFFSET + WORD_BYTES;
export const HEADER_MEMORY_BYTES_OFFSET = HEADER_VERSION_OFFSET + WORD_BYTES;
export const HEADER_BYTES = 1024;

// Kernel data: nobody but asc's data segments may lie here. scripts/build.mjs passes the offset as --memoryBase.
export const KERNEL_DATA_OFFSET = HEADER_OFFSET + HEADER_BYTES;
export const KERNEL_DATA_BYTES = WASM_PAGE_BYTES - HEADER_BYTES;

// Control words, i32 each, one pair of cache lines per word because their readers differ.
//  0             128            256
//  ├ killSwitch ─┼ engineState ─┼ flushRequest ─┤
// killSwitch    0 run · 1 refuse what increases risk · 2 refuse every send
// flushRequest  bumped and notified by log owners after write(); the flusher waits on it
export const CONTROL_OFFSET = KERNEL_DATA_OFFSET + KERNEL_DATA_BYTES;
export const KILL_SWITCH_OFFSET = CONTROL_OFFSET;
export const ENGINE_STATE_OFFSET = KILL_SWITCH_OFFSET + CACHE_PAIR_BYTES;
export const FLUSH_REQUEST_OFFSET = ENGINE_STATE_OFFSET + CACHE_PAIR_BYTES;

// Log block, one per log. First line written by the log's owner, second by the flusher.
//  0                8          12 .. 63   64               72         76            80 .. 127
//  ├ writtenLsn i64 ┼ segment ─┼ reserved ┼ durableLsn i64 ┼ failure ─┼ completion ─┼ reserved ┤
// completion   bumped and notified after each publish of durableLsn or failure
export const LOGS_OFFSET = FLUSH_REQUEST_OFFSET + CACHE_PAIR_BYTES;
export const LOG_COUNT = 4;
export const LOG_WRITTEN_LSN_OFFSET = 0;
export const LOG_SEGMENT_OFFSET = LOG_WRITTEN_LSN_OFFSET + 2 * WORD_BYTES;
export const LOG_DURABLE_LSN_OFFSET = CACHE_LINE_BYTES;
export const LOG_FAILURE_OFFSET = LOG_DURABLE_LSN_OFFSET + 2 * WORD_BYTES;
export const LOG_COMPLETION_OFFSET = LOG_FAILURE_OFFSET + WORD_BYTES;
export const LOG_BLOCK_BYTES = 2 * CACHE_LINE_BYTES;

// Lane block, one per lane. First pair of lines written by the lane, second by its supervisor.
//  0         4       8           12         16 ... 127   128    132     136 .. 255
//  ├ state ──┼ epoch ┼ heartbeat ┼ deciding ┼ reserved ──┼ stop ┼ grant ┼ reserved ┤
// epoch        the epoch the lane runs under; the supervisor grants a new one only after the old thread's exit
// heartbeat    bumped at least once per turn of the lane's loop; wraps
// deciding     low 31 bits of the intake number of the signal being decided, 0 for none: who killed a lane that died
export const LANES_OFFSET = LOGS_OFFSET + LOG_COUNT * LOG_BLOCK_BYTES;
export const LANE_COUNT = 4;
export const LANE_STATE_OFFSET = 0;
export const LANE_EPOCH_OFFSET = LANE_STATE_OFFSET + WORD_BYTES;
export const LANE_HEARTBEAT_OFFSET = LANE_EPOCH_OFFSET + WORD_BYTES;
export const LANE_DECIDING_OFFSET = LANE_HEARTBEAT_OFFSET + WORD_BYTES;
export const LANE_STOP_OFFSET = CACHE_PAIR_BYTES;
export const LANE_GRANT_OFFSET = LANE_STOP_OFFSET + WORD_BYTES;
export const LANE_BLOCK_BYTES = 2 * CACHE_PAIR_BYTES;
export const CONTROL_BYTES = WASM_PAGE_BYTES;

// Ring: three words on their own pair of lines, then the slots. Cursors are u32 that wrap; slot = cursor & (count - 1).
//  0                        128                      256                      384 .. 511   512
//  ├ tail (producer) ───────┼ head (consumer) ───────┼ parked (both, rarely) ─┼ reserved ──┼ slot 0 ┼ slot 1 ┼ ...
export const RING_TAIL_OFFSET = 0;
export const RING_HEAD_OFFSET = RING_TAIL_OFFSET + CACHE_PAIR_BYTES;
export const RING_PARKED_OFFSET = RING_HEAD_OFFSET + CACHE_PAIR_BYTES;
export const RING_SLOTS_OFFSET = 4 * CACHE_PAIR_BYTES;

// Gateway → lane. What a slot holds is the business of its two ends.
export const SIGNAL_RING_SLOT_COUNT = 8192;
export const SIGNAL_RING_SLOT_BYTES = 256;
export const SIGNAL_RING_BYTES = RING_SLOTS_OFFSET + SIGNAL_RING_SLOT_COUNT * SIGNAL_RING_SLOT_BYTES;
export const SIGNAL_RINGS_OFFSET = CONTROL_OFFSET + CONTROL_BYTES;

// Lane → gateway.
export const VERDICT_RING_SLOT_COUNT = 8192;
export const VERDICT_RING_SLOT_BYTES = 128;
export const VERDICT_RING_BYTES = RING_SLOTS_OFFSET + VERDICT_RING_SLOT_COUNT * VERDICT_RING_SLOT_BYTES;
export const VERDICT_RINGS_OFFSET = SIGNAL_RINGS_OFFSET + LANE_COUNT * SIGNAL_RING_BYTES;

// Seqlocked slots begin with the sequence and the owner; the payload follows and is copied as i32 words.
// owner   0 nobody yet, else the writer's number plus one; outlives the writer so that its successor may take over
export const SLOT_SEQ_OFFSET = 0;
export const SLOT_OWNER_OFFSET = SLOT_SEQ_OFFSET + WORD_BYTES;
export const SLOT_PAYLOAD_OFFSET = SLOT_OWNER_OFFSET + WORD_BYTES;

// Quote slot, 128 bytes (two cache lines, so neighbours never share one). All f64.
//  0     4       8          16         24        32        40        48           56 ... 127
//  ├ seq ┼ owner ┼ bidTicks ┼ askTicks ┼ bidLots ┼ askLots ┼ venueMs ┼ receivedNs ┼ reserved ┤
export const QUOTE_COUNT = 128;
export const QUOTE_BID_TICKS_OFFSET = SLOT_PAYLOAD_OFFSET;
export const QUOTE_ASK_TICKS_OFFSET = QUOTE_BID_TICKS_OFFSET + 8;
export const QUOTE_BID_LOTS_OFFSET = QUOTE_ASK_TICKS_OFFSET + 8;
export const QUOTE_ASK_LOTS_OFFSET = QUOTE_BID_LOTS_OFFSET + 8;
export const QUOTE_VENUE_MS_OFFSET = QUOTE_ASK_LOTS_OFFSET + 8;
export const QUOTE_RECEIVED_NS_OFFSET = QUOTE_VENUE_MS_OFFSET + 8;
export const QUOTE_PAYLOAD_BYTES = QUOTE_RECEIVED_NS_OFFSET + 8 - SLOT_PAYLOAD_OFFSET;
export const QUOTE_SLOT_BYTES = 2 * CACHE_LINE_BYTES;
export const QUOTES_OFFSET = VERDICT_RINGS_OFFSET + LANE_COUNT * VERDICT_RING_BYTES;

// Position slot, 128 bytes. `state` is i32, the rest of the payload f64.
//  0     4       8       12         16        24           32           40                48
//  ├ seq ┼ owner ┼ state ┼ reserved ┼ qtyLots ┼ avgPxTicks ┼ targetLots ┼ pendingBuyLots ─┼ pendingSellLots ─▸
//  56                 64              72           80          88 ... 127
//  ▸ exposureNotional ┼ netDeltaNotional ┼ hedgeRatio ┼ updatedNs ┼ reserved ┤
export const POSITION_LISTING_COUNT = QUOTE_COUNT;
export const POSITION_INSTRUMENT_COUNT = 64;
export const POSITION_COUNT = POSITION_LISTING_COUNT + POSITION_INSTRUMENT_COUNT;
export const POSITION_STATE_OFFSET = SLOT_PAYLOAD_OFFSET;
export const POSITION_QTY_LOTS_OFFSET = POSITION_STATE_OFFSET + 8;
export const POSITION_AVG_PX_TICKS_OFFSET = POSITION_QTY_LOTS_OFFSET + 8;
export const POSITION_TARGET_LOTS_OFFSET = POSITION_AVG_PX_TICKS_OFFSET + 8;
export const POSITION_PENDING_BUY_LOTS_OFFSET = POSITION_TARGET_LOTS_OFFSET + 8;
export const POSITION_PENDING_SELL_LOTS_OFFSET = POSITION_PENDING_BUY_LOTS_OFFSET + 8;
export const POSITION_EXPOSURE_NOTIONAL_OFFSET = POSITION_PENDING_SELL_LOTS_OFFSET + 8;
export const POSITION_NET_DELTA_NOTIONAL_OFFSET = POSITION_EXPOSURE_NOTIONAL_OFFSET + 8;
export const POSITION_HEDGE_RATIO_OFFSET = POSITION_NET_DELTA_NOTIONAL_OFFSET + 8;
export const POSITION_UPDATED_NS_OFFSET = POSITION_HEDGE_RATIO_OFFSET + 8;
export const POSITION_PAYLOAD_BYTES = POSITION_UPDATED_NS_OFFSET + 8 - SLOT_PAYLOAD_OFFSET;
export const POSITION_SLOT_BYTES = 2 * CACHE_LINE_BYTES;
export const POSITIONS_OFFSET = QUOTES_OFFSET + QUOTE_COUNT * QUOTE_SLOT_BYTES;

// Latency histogram of nanoseconds, log-linear: exact below 64, then 64 buckets per octave up to 2^36 (69 s).
//  0             4 ........ 63  64
//  ├ overRange ──┼ reserved ────┼ bucket 0 u32 ┼ ... ┼ bucket 1983 ┤
// overRange   measurements of 2^36 ns and more; they are also counted in the last bucket
export const HISTOGRAM_COUNT = 16;
export const HISTOGRAM_SUB_BUCKET_BITS = 6;
export const HISTOGRAM_SUB_BUCKET_COUNT = 64;
export const HISTOGRAM_NS_BITS = 36;
export const HISTOGRAM_BUCKET_COUNT =
  HISTOGRAM_SUB_BUCKET_COUNT + (HISTOGRAM_NS_BITS - HISTOGRAM_SUB_BUCKET_BITS) * HISTOGRAM_SUB_BUCKET_COUNT;
export const HISTOGRAM_OVER_RANGE_OFFSET = 0;
export const HISTOGRAM_BUCKETS_OFFSET = CACHE_LINE_BYTES;
export const HISTOGRAM_BYTES = HISTOGRAM_BUCKETS_OFFSET + HISTOGRAM_BUCKET_COUNT * WORD_BYTES;
export const HISTOGRAMS_OFFSET = POSITIONS_OFFSET + POSITION_COUNT * POSITION_SLOT_BYTES;

// Kernel scratch: one arena per lane for rolling windows.
export const SCRATCH_COUNT = LANE_COUNT;
export const SCRATCH_BYTES = 4194304;
export const SCRATCH_OFFSET = HISTOGRAMS_OFFSET + HISTOGRAM_COUNT * HISTOGRAM_BYTES;

export const LAYOUT_END_OFFSET = SCRATCH_OFFSET + SCRATCH_COUNT * SCRATCH_BYTES;

// Offsets of the nth block. The callers check the index: these run in kernels too, where nothing could be thrown.

export function logOffset(log: i32): i32 {
  return LOGS_OFFSET + log * LOG_BLOCK_BYTES;
}

export function laneOffset(lane: i32): i32 {
  return LANES_OFFSET + lane * LANE_BLOCK_BYTES;
}

export function signalRingOffset(lane: i32): i32 {
  return SIGNAL_RINGS_OFFSET + lane * SIGNAL_RING_BYTES;
}

export function verdictRingOffset(lane: i32): i32 {
  return VERDICT_RINGS_OFFSET + lane * VERDICT_RING_BYTES;
}

export function quoteOffset(listing: i32): i32 {
  return QUOTES_OFFSET + listing * QUOTE_SLOT_BYTES;
}

// Slots 0 .. 127 are listings, the rest instruments.
export function listingPositionSlot(listing: i32): i32 {
  return listing;
}

export function instrumentPositionSlot(instrument: i32): i32 {
  return POSITION_LISTING_COUNT + instrument;
}

export function positionOffset(slot: i32): i32 {
  return POSITIONS_OFFSET + slot * POSITION_SLOT_BYTES;
}

export function histogramOffset(histogram: i32): i32 {
  return HISTOGRAMS_OFFSET + histogram * HISTOGRAM_BYTES;
}

export function scratchOffset(lane: i32): i32 {
  return SCRATCH_OFFSET + lane * SCRATCH_BYTES;
}
