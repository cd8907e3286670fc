/**
 * Quotes table: the best bid and ask of every listing, published by the lane that holds the venue's socket, read anywhere.
 *
 * Invariants: a listing has one publisher; a reader never returns half of a quote. The bytes are in `layout.ts`, the
 * protocol in `seqlock.ts`. Nothing here allocates after construction.
 */
import { assert } from "../domain/units.ts";
import {
  QUOTE_ASK_LOTS_OFFSET,
  QUOTE_ASK_TICKS_OFFSET,
  QUOTE_BID_LOTS_OFFSET,
  QUOTE_BID_TICKS_OFFSET,
  QUOTE_COUNT,
  QUOTE_PAYLOAD_BYTES,
  QUOTE_RECEIVED_NS_OFFSET,
  QUOTE_VENUE_MS_OFFSET,
  quoteOffset,
  SLOT_PAYLOAD_OFFSET,
} from "./layout.ts";
import { SeqlockReader, SeqlockWriter } from "./seqlock.ts";
import type { SharedMemory } from "./shared.ts";

/** Prices in ticks, quantities in lots of the instrument. Reused by its owner. */
export interface QuoteSlot {
  bidTicks: number;
  askTicks: number;
  bidLots: number;
  askLots: number;
  venueMs: number;
  receivedNs: number;
}

export function createQuoteSlot(): QuoteSlot {
  return { bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0, receivedNs: 0 };
}

export interface QuoteWriter {
  publish(
    listing: number,
    bidTicks: number,
    askTicks: number,
    bidLots: number,
    askLots: number,
    venueMs: number,
    receivedNs: number,
  ): void;
}

export interface QuoteReader {
  /**
   * False, with `into` untouched: no quote yet, or the slot stayed busy for `READ_ATTEMPTS_MAX` tries. The caller goes on
   * with the copy it has; its age check refuses it when that has become too old.
   */
  readQuote(listing: number, into: QuoteSlot): boolean;
}

/** `owner` is the index of the lane that holds the venue's sockets. */
export function createQuotes(shared: SharedMemory, owner: number): QuoteWriter {
  const lock = new SeqlockWriter(shared.i32, owner, QUOTE_PAYLOAD_BYTES);
  const staged = lock.stagedF64;
  return {
    publish(listing, bidTicks, askTicks, bidLots, askLots, venueMs, receivedNs) {
      assert(listing >= 0 && listing < QUOTE_COUNT, `listing ${listing} is outside 0..${QUOTE_COUNT - 1}`);
      staged[BID_TICKS] = bidTicks;
      staged[ASK_TICKS] = askTicks;
      staged[BID_LOTS] = bidLots;
      staged[ASK_LOTS] = askLots;
      staged[VENUE_MS] = venueMs;
      staged[RECEIVED_NS] = receivedNs;
      lock.publish(quoteOffset(listing));
    },
  };
}

export function openQuotes(shared: SharedMemory): QuoteReader {
  const lock = new SeqlockReader(shared.i32, QUOTE_PAYLOAD_BYTES);
  const { f64 } = lock;
  return {
    readQuote(listing, into) {
      assert(listing >= 0 && listing < QUOTE_COUNT, `listing ${listing} is outside 0..${QUOTE_COUNT - 1}`);
      if (!lock.read(quoteOffset(listing))) return false;
      into.bidTicks = f64[BID_TICKS] as number;
      into.askTicks = f64[ASK_TICKS] as number;
      into.bidLots = f64[BID_LOTS] as number;
      into.askLots = f64[ASK_LOTS] as number;
      into.venueMs = f64[VENUE_MS] as number;
      into.receivedNs = f64[RECEIVED_NS] as number;
      return true;
    },
  };
}

/** Index of a payload field in the staged views. */
const BID_TICKS = (QUOTE_BID_TICKS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const ASK_TICKS = (QUOTE_ASK_TICKS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const BID_LOTS = (QUOTE_BID_LOTS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const ASK_LOTS = (QUOTE_ASK_LOTS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const VENUE_MS = (QUOTE_VENUE_MS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
const RECEIVED_NS = (QUOTE_RECEIVED_NS_OFFSET - SLOT_PAYLOAD_OFFSET) / 8;
