/**
 * Debug views: shared memory as text, with the field names of layout.ts. For people and failure reports, not for programs.
 *
 * Reads single words as they are, without the seqlock, so that a slot stuck in the middle of an update can be seen as well.
 */
import * as layout from "./layout.ts";
import type { SharedMemory } from "./shared.ts";

export function describeHeader(shared: SharedMemory): string {
  const magic = word(shared, layout.HEADER_MAGIC_OFFSET);
  return line("header", layout.HEADER_OFFSET, [
    ["magic", magic === layout.LAYOUT_MAGIC ? "OTRG" : `0x${(magic >>> 0).toString(16)} (not OTRG)`],
    ["version", word(shared, layout.HEADER_VERSION_OFFSET)],
    ["memoryBytes", word(shared, layout.HEADER_MEMORY_BYTES_OFFSET)],
  ]);
}

export function describeControl(shared: SharedMemory): string {
  const lines = [
    line("control", layout.CONTROL_OFFSET, [
      ["killSwitch", word(shared, layout.KILL_SWITCH_OFFSET)],
      ["engineState", word(shared, layout.ENGINE_STATE_OFFSET)],
      ["flushRequest", word(shared, layout.FLUSH_REQUEST_OFFSET)],
    ]),
  ];
  for (let log = 0; log < layout.LOG_COUNT; log++) {
    const at = layout.logOffset(log);
    lines.push(
      line(`log ${log}`, at, [
        ["writtenLsn", Atomics.load(shared.i64, (at + layout.LOG_WRITTEN_LSN_OFFSET) / 8)],
        ["segment", word(shared, at + layout.LOG_SEGMENT_OFFSET)],
        ["durableLsn", Atomics.load(shared.i64, (at + layout.LOG_DURABLE_LSN_OFFSET) / 8)],
        ["failure", word(shared, at + layout.LOG_FAILURE_OFFSET)],
        ["completion", word(shared, at + layout.LOG_COMPLETION_OFFSET)],
      ]),
    );
  }
  for (let lane = 0; lane < layout.LANE_COUNT; lane++) {
    const at = layout.laneOffset(lane);
    lines.push(
      line(`lane ${lane}`, at, [
        ["state", word(shared, at + layout.LANE_STATE_OFFSET)],
        ["epoch", word(shared, at + layout.LANE_EPOCH_OFFSET)],
        ["heartbeat", word(shared, at + layout.LANE_HEARTBEAT_OFFSET)],
        ["deciding", word(shared, at + layout.LANE_DECIDING_OFFSET)],
        ["stop", word(shared, at + layout.LANE_STOP_OFFSET)],
        ["grant", word(shared, at + layout.LANE_GRANT_OFFSET)],
      ]),
      describeRing(shared, `signal ring ${lane}`, layout.signalRingOffset(lane), layout.SIGNAL_RING_SLOT_COUNT),
      describeRing(shared, `verdict ring ${lane}`, layout.verdictRingOffset(lane), layout.VERDICT_RING_SLOT_COUNT),
    );
  }
  return lines.join("\n");
}

export function describePosition(shared: SharedMemory, slot: number): string {
  const at = layout.positionOffset(slot);
  const name =
    slot < layout.POSITION_LISTING_COUNT
      ? `position of listing ${slot}`
      : `position of instrument ${slot - layout.POSITION_LISTING_COUNT}`;
  return line(name, at, [
    ...slotHead(shared, at),
    ["state", word(shared, at + layout.POSITION_STATE_OFFSET)],
    ["qtyLots", float(shared, at + layout.POSITION_QTY_LOTS_OFFSET)],
    ["avgPxTicks", float(shared, at + layout.POSITION_AVG_PX_TICKS_OFFSET)],
    ["targetLots", float(shared, at + layout.POSITION_TARGET_LOTS_OFFSET)],
    ["pendingBuyLots", float(shared, at + layout.POSITION_PENDING_BUY_LOTS_OFFSET)],
    ["pendingSellLots", float(shared, at + layout.POSITION_PENDING_SELL_LOTS_OFFSET)],
    ["exposureNotional", float(shared, at + layout.POSITION_EXPOSURE_NOTIONAL_OFFSET)],
    ["netDeltaNotional", float(shared, at + layout.POSITION_NET_DELTA_NOTIONAL_OFFSET)],
    ["hedgeRatio", float(shared, at + layout.POSITION_HEDGE_RATIO_OFFSET)],
    ["updatedNs", float(shared, at + layout.POSITION_UPDATED_NS_OFFSET)],
  ]);
}

export function describeQuote(shared: SharedMemory, listing: number): string {
  const at = layout.quoteOffset(listing);
  return line(`quote of listing ${listing}`, at, [
    ...slotHead(shared, at),
    ["bidTicks", float(shared, at + layout.QUOTE_BID_TICKS_OFFSET)],
    ["askTicks", float(shared, at + layout.QUOTE_ASK_TICKS_OFFSET)],
    ["bidLots", float(shared, at + layout.QUOTE_BID_LOTS_OFFSET)],
    ["askLots", float(shared, at + layout.QUOTE_ASK_LOTS_OFFSET)],
    ["venueMs", float(shared, at + layout.QUOTE_VENUE_MS_OFFSET)],
    ["receivedNs", float(shared, at + layout.QUOTE_RECEIVED_NS_OFFSET)],
  ]);
}

type Field = readonly [name: string, value: string | number | bigint];

function describeRing(shared: SharedMemory, name: string, at: number, slotCount: number): string {
  const tail = word(shared, at + layout.RING_TAIL_OFFSET);
  const head = word(shared, at + layout.RING_HEAD_OFFSET);
  return line(name, at, [
    ["tail", tail >>> 0],
    ["head", head >>> 0],
    ["depth", `${(tail - head) | 0}/${slotCount}`],
    ["parked", word(shared, at + layout.RING_PARKED_OFFSET)],
  ]);
}

function slotHead(shared: SharedMemory, at: number): Field[] {
  const seq = word(shared, at + layout.SLOT_SEQ_OFFSET);
  const owner = word(shared, at + layout.SLOT_OWNER_OFFSET);
  return [
    ["seq", `${seq >>> 0}${seq === 0 ? " (never published)" : seq & 1 ? " (being written)" : ""}`],
    ["owner", owner === 0 ? "nobody" : owner - 1],
  ];
}

function line(name: string, offset: number, fields: readonly Field[]): string {
  return `${name} @${offset}: ${fields.map(([field, value]) => `${field}=${value}`).join(" ")}`;
}

function word(shared: SharedMemory, offset: number): number {
  return Atomics.load(shared.i32, offset / layout.WORD_BYTES);
}

function float(shared: SharedMemory, offset: number): number {
  return shared.f64[offset / 8] as number;
}
