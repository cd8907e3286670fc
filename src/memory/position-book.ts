/**
 * Position book: one writer per slot publishes, any thread reads, nobody waits.
 *
 * Slots 0 to 127 are listings (what a venue holds), the rest instruments (what we hold in all): `listingPositionSlot` and
 * `instrumentPositionSlot` of layout.ts.
 *
 * Invariants
 *   - A slot is written by one owner only (a lane's index); a second writer is an assertion.
 *   - A reader never returns half of an update.
 *   - The published position of an instrument is the sum of its journaled fills: the lane publishes after it applied them.
 *
 * The bytes are in `layout.ts`, the protocol in `seqlock.ts`. Nothing here allocates after construction.
 */
import { assert } from "../domain/units.ts";
import {
  POSITION_AVG_PX_TICKS_OFFSET,
  POSITION_COUNT,
  POSITION_EXPOSURE_NOTIONAL_OFFSET,
  POSITION_HEDGE_RATIO_OFFSET,
  POSITION_NET_DELTA_NOTIONAL_OFFSET,
  POSITION_PAYLOAD_BYTES,
  POSITION_PENDING_BUY_LOTS_OFFSET,
  POSITION_PENDING_SELL_LOTS_OFFSET,
  POSITION_QTY_LOTS_OFFSET,
  POSITION_STATE_OFFSET,
  POSITION_TARGET_LOTS_OFFSET,
  POSITION_UPDATED_NS_OFFSET,
  positionOffset,
  SLOT_PAYLOAD_OFFSET,
  WORD_BYTES,
} from "./layout.ts";
import { SeqlockReader, SeqlockWriter } from "./seqlock.ts";
import type { SharedMemory } from "./shared.ts";

/** One slot's payload. Lots and ticks are the instrument's; notionals are signed quote notional. Reused by its owner. */
export interface PositionSlot {
  /** The writer's own state code; the book does not interpret it. */
  state: number;
  qtyLots: number;
  avgPxTicks: number;
  targetLots: number;
  pendingBuyLots: number;
  pendingSellLots: number;
  exposureNotional: number;
  netDeltaNotional: number;
  hedgeRatio: number;
  updatedNs: number;
}

export function createPositionSlot(): PositionSlot {
  return {
    state: 0,
    qtyLots: 0,
    avgPxTicks: 0,
    targetLots: 0,
    pendingBuyLots: 0,
    pendingSellLots: 0,
    exposureNotional: 0,
    netDeltaNotional: 0,
    hedgeRatio: 0,
    updatedNs: 0,
  };
}

export interface PositionWriter {
  publish(slot: number, position: Readonly<PositionSlot>): void;
}

export interface PositionReader {
  /**
   * False, with `into` untouched: the slot was never published, or its writer kept it busy for `READ_ATTEMPTS_MAX` tries.
   * A decision then uses the last copy it has, or refuses where it has none; a display shows the last copy.
   */
  readPosition(slot: number, into: PositionSlot): boolean;
}

/** The only way to a `PositionWriter`. `owner` is the lane's index. */
export function createPositionBook(shared: SharedMemory, owner: number): PositionWriter {
  const lock = new SeqlockWriter(shared.i32, owner, POSITION_PAYLOAD_BYTES);
  const { stagedI32, stagedF64 } = lock;
  return {
    publish(slot, position) {
      assert(slot >= 0 && slot < POSITION_COUNT, `position slot ${slot} is outside 0..${POSITION_COUNT - 1}`);
      stagedI32[STATE] = position.state;
      stagedF64[QTY_LOTS] = position.qtyLots;
      stagedF64[AVG_PX_TICKS] = position.avgPxTicks;
      stagedF64[TARGET_LOTS] = position.targetLots;
      stagedF64[PENDING_BUY_LOTS] = position.pendingBuyLots;
      stagedF64[PENDING_SELL_LOTS] = position.pendingSellLots;
      stagedF64[EXPOSURE_NOTIONAL] = position.exposureNotional;
      stagedF64[NET_DELTA_NOTIONAL] = position.netDeltaNotional;
      stagedF64[HEDGE_RATIO] = position.hedgeRatio;
      stagedF64[UPDATED_NS] = position.updatedNs;
      lock.publish(positionOffset(slot));
    },
  };
}

export function openPositionBook(shared: SharedMemory): PositionReader {
  const lock = new SeqlockReader(shared.i32, POSITION_PAYLOAD_BYTES);
  const { i32, f64 } = lock;
  return {
    readPosition(slot, into) {
      assert(slot >= 0 && slot < POSITION_COUNT, `position slot ${slot} is outside 0..${POSITION_COUNT - 1}`);
      if (!lock.read(positionOffset(slot))) return false;
      into.state = i32[STATE] as number;
      into.qtyLots = f64[QTY_LOTS] as number;
      into.avgPxTicks = f64[AVG_PX_TICKS] as number;
      into.targetLots = f64[TARGET_LOTS] as number;
      into.pendingBuyLots = f64[PENDING_BUY_LOTS] as number;
      into.pendingSellLots = f64[PENDING_SELL_LOTS] as number;
      into.exposureNotional = f64[EXPOSURE_NOTIONAL] as number;
      into.netDeltaNotional = f64[NET_DELTA_NOTIONAL] as number;
      into.hedgeRatio = f64[HEDGE_RATIO] as number;
      into.updatedNs = f64[UPDATED_NS] as number;
      return true;
    },
  };
}

/** Index of a payload field in the staged views. */
const STATE = (POSITION_STATE_OFFSET - SLOT_PAYLOAD_OFFSET) / WORD_BYTES;
const QTY_LOTS = (POSITION_QTY_LOTS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const AVG_PX_TICKS = (POSITION_AVG_PX_TICKS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const TARGET_LOTS = (POSITION_TARGET_LOTS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const PENDING_BUY_LOTS = (POSITION_PENDING_BUY_LOTS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const PENDING_SELL_LOTS = (POSITION_PENDING_SELL_LOTS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const EXPOSURE_NOTIONAL = (POSITION_EXPOSURE_NOTIONAL_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const NET_DELTA_NOTIONAL = (POSITION_NET_DELTA_NOTIONAL_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const HEDGE_RATIO = (POSITION_HEDGE_RATIO_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const UPDATED_NS = (POSITION_UPDATED_NS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
