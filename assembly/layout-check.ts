/**
 * Drift check, AssemblyScript only: the slots as classes, compared with layout.ts while compiling. A difference stops the build.
 * Kernels that walk the book or the rings use these classes; nothing here produces code.
 */
import {
  CACHE_LINE_BYTES,
  CONTROL_BYTES,
  CONTROL_OFFSET,
  HEADER_BYTES,
  HEADER_MAGIC_OFFSET,
  HEADER_MEMORY_BYTES_OFFSET,
  HEADER_VERSION_OFFSET,
  LANE_BLOCK_BYTES,
  LANE_COUNT,
  LANE_DECIDING_OFFSET,
  LANE_EPOCH_OFFSET,
  LANE_HEARTBEAT_OFFSET,
  LANE_STATE_OFFSET,
  LANES_OFFSET,
  LAYOUT_END_OFFSET,
  LOG_BLOCK_BYTES,
  LOG_COMPLETION_OFFSET,
  LOG_DURABLE_LSN_OFFSET,
  LOG_FAILURE_OFFSET,
  LOG_SEGMENT_OFFSET,
  LOG_WRITTEN_LSN_OFFSET,
  MEMORY_BYTES,
  POSITION_AVG_PX_TICKS_OFFSET,
  POSITION_EXPOSURE_NOTIONAL_OFFSET,
  POSITION_HEDGE_RATIO_OFFSET,
  POSITION_NET_DELTA_NOTIONAL_OFFSET,
  POSITION_PAYLOAD_BYTES,
  POSITION_PENDING_BUY_LOTS_OFFSET,
  POSITION_PENDING_SELL_LOTS_OFFSET,
  POSITION_QTY_LOTS_OFFSET,
  POSITION_SLOT_BYTES,
  POSITION_STATE_OFFSET,
  POSITION_TARGET_LOTS_OFFSET,
  POSITION_UPDATED_NS_OFFSET,
  POSITIONS_OFFSET,
  QUOTE_ASK_LOTS_OFFSET,
  QUOTE_ASK_TICKS_OFFSET,
  QUOTE_BID_LOTS_OFFSET,
  QUOTE_BID_TICKS_OFFSET,
  QUOTE_PAYLOAD_BYTES,
  QUOTE_RECEIVED_NS_OFFSET,
  QUOTE_SLOT_BYTES,
  QUOTE_VENUE_MS_OFFSET,
  QUOTES_OFFSET,
  SIGNAL_RINGS_OFFSET,
  SLOT_OWNER_OFFSET,
  SLOT_PAYLOAD_OFFSET,
  SLOT_SEQ_OFFSET,
  VERDICT_RINGS_OFFSET,
} from "../src/memory/layout.ts";

@unmanaged
class Header {
  magic: i32;
  version: i32;
  memoryBytes: i32;
}

@unmanaged
class LogBlock {
  writtenLsn: i64;
  segment: i32;
  reserved0: i32;
  reserved1: v128;
  reserved2: v128;
  reserved3: v128;
  durableLsn: i64;
  failure: i32;
  completion: i32;
}

@unmanaged
class LaneBlock {
  state: i32;
  epoch: i32;
  heartbeat: i32;
  deciding: i32;
}

@unmanaged
class QuoteSlot {
  seq: i32;
  owner: i32;
  bidTicks: f64;
  askTicks: f64;
  bidLots: f64;
  askLots: f64;
  venueMs: f64;
  receivedNs: f64;
}

@unmanaged
class PositionSlot {
  seq: i32;
  owner: i32;
  state: i32;
  qtyLots: f64;
  avgPxTicks: f64;
  targetLots: f64;
  pendingBuyLots: f64;
  pendingSellLots: f64;
  exposureNotional: f64;
  netDeltaNotional: f64;
  hedgeRatio: f64;
  updatedNs: f64;
}

if (offsetof<Header>("magic") != HEADER_MAGIC_OFFSET) ERROR("layout drift: Header.magic");
if (offsetof<Header>("version") != HEADER_VERSION_OFFSET) ERROR("layout drift: Header.version");
if (offsetof<Header>("memoryBytes") != HEADER_MEMORY_BYTES_OFFSET) ERROR("layout drift: Header.memoryBytes");
if (<i32>offsetof<Header>() > HEADER_BYTES) ERROR("layout drift: Header is larger than its region");

if (offsetof<LogBlock>("writtenLsn") != LOG_WRITTEN_LSN_OFFSET) ERROR("layout drift: LogBlock.writtenLsn");
if (offsetof<LogBlock>("segment") != LOG_SEGMENT_OFFSET) ERROR("layout drift: LogBlock.segment");
if (offsetof<LogBlock>("durableLsn") != LOG_DURABLE_LSN_OFFSET) ERROR("layout drift: LogBlock.durableLsn");
if (offsetof<LogBlock>("failure") != LOG_FAILURE_OFFSET) ERROR("layout drift: LogBlock.failure");
if (offsetof<LogBlock>("completion") != LOG_COMPLETION_OFFSET) ERROR("layout drift: LogBlock.completion");
if (<i32>offsetof<LogBlock>() > LOG_BLOCK_BYTES) ERROR("layout drift: LogBlock is larger than its block");

if (offsetof<LaneBlock>("state") != LANE_STATE_OFFSET) ERROR("layout drift: LaneBlock.state");
if (offsetof<LaneBlock>("epoch") != LANE_EPOCH_OFFSET) ERROR("layout drift: LaneBlock.epoch");
if (offsetof<LaneBlock>("heartbeat") != LANE_HEARTBEAT_OFFSET) ERROR("layout drift: LaneBlock.heartbeat");
if (offsetof<LaneBlock>("deciding") != LANE_DECIDING_OFFSET) ERROR("layout drift: LaneBlock.deciding");

if (offsetof<QuoteSlot>("seq") != SLOT_SEQ_OFFSET) ERROR("layout drift: QuoteSlot.seq");
if (offsetof<QuoteSlot>("owner") != SLOT_OWNER_OFFSET) ERROR("layout drift: QuoteSlot.owner");
if (offsetof<QuoteSlot>("bidTicks") != QUOTE_BID_TICKS_OFFSET) ERROR("layout drift: QuoteSlot.bidTicks");
if (offsetof<QuoteSlot>("askTicks") != QUOTE_ASK_TICKS_OFFSET) ERROR("layout drift: QuoteSlot.askTicks");
if (offsetof<QuoteSlot>("bidLots") != QUOTE_BID_LOTS_OFFSET) ERROR("layout drift: QuoteSlot.bidLots");
if (offsetof<QuoteSlot>("askLots") != QUOTE_ASK_LOTS_OFFSET) ERROR("layout drift: QuoteSlot.askLots");
if (offsetof<QuoteSlot>("venueMs") != QUOTE_VENUE_MS_OFFSET) ERROR("layout drift: QuoteSlot.venueMs");
if (offsetof<QuoteSlot>("receivedNs") != QUOTE_RECEIVED_NS_OFFSET) ERROR("layout drift: QuoteSlot.receivedNs");
if (offsetof<QuoteSlot>() != SLOT_PAYLOAD_OFFSET + QUOTE_PAYLOAD_BYTES) ERROR("layout drift: QuoteSlot payload");
if (<i32>offsetof<QuoteSlot>() > QUOTE_SLOT_BYTES) ERROR("layout drift: QuoteSlot is larger than its slot");

if (offsetof<PositionSlot>("state") != POSITION_STATE_OFFSET) ERROR("layout drift: PositionSlot.state");
if (offsetof<PositionSlot>("qtyLots") != POSITION_QTY_LOTS_OFFSET) ERROR("layout drift: PositionSlot.qtyLots");
if (offsetof<PositionSlot>("avgPxTicks") != POSITION_AVG_PX_TICKS_OFFSET) ERROR("layout drift: PositionSlot.avgPxTicks");
if (offsetof<PositionSlot>("targetLots") != POSITION_TARGET_LOTS_OFFSET) ERROR("layout drift: PositionSlot.targetLots");
if (offsetof<PositionSlot>("pendingBuyLots") != POSITION_PENDING_BUY_LOTS_OFFSET) {
  ERROR("layout drift: PositionSlot.pendingBuyLots");
}
if (offsetof<PositionSlot>("pendingSellLots") != POSITION_PENDING_SELL_LOTS_OFFSET) {
  ERROR("layout drift: PositionSlot.pendingSellLots");
}
if (offsetof<PositionSlot>("exposureNotional") != POSITION_EXPOSURE_NOTIONAL_OFFSET) {
  ERROR("layout drift: PositionSlot.exposureNotional");
}
if (offsetof<PositionSlot>("netDeltaNotional") != POSITION_NET_DELTA_NOTIONAL_OFFSET) {
  ERROR("layout drift: PositionSlot.netDeltaNotional");
}
if (offsetof<PositionSlot>("hedgeRatio") != POSITION_HEDGE_RATIO_OFFSET) ERROR("layout drift: PositionSlot.hedgeRatio");
if (offsetof<PositionSlot>("updatedNs") != POSITION_UPDATED_NS_OFFSET) ERROR("layout drift: PositionSlot.updatedNs");
if (offsetof<PositionSlot>() != SLOT_PAYLOAD_OFFSET + POSITION_PAYLOAD_BYTES) ERROR("layout drift: PositionSlot payload");
if (<i32>offsetof<PositionSlot>() > POSITION_SLOT_BYTES) ERROR("layout drift: PositionSlot is larger than its slot");

// Regions: in bounds, on cache lines, and the control region holds its blocks.
if (LANES_OFFSET + LANE_COUNT * LANE_BLOCK_BYTES > CONTROL_OFFSET + CONTROL_BYTES) ERROR("layout drift: control overflows");
if (SIGNAL_RINGS_OFFSET % CACHE_LINE_BYTES != 0) ERROR("layout drift: signal rings are not on a cache line");
if (VERDICT_RINGS_OFFSET % CACHE_LINE_BYTES != 0) ERROR("layout drift: verdict rings are not on a cache line");
if (QUOTES_OFFSET % CACHE_LINE_BYTES != 0) ERROR("layout drift: quotes are not on a cache line");
if (POSITIONS_OFFSET % CACHE_LINE_BYTES != 0) ERROR("layout drift: positions are not on a cache line");
if (LAYOUT_END_OFFSET > MEMORY_BYTES) ERROR("layout drift: the regions exceed the memory");
