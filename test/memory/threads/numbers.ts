/** What the stress threads write: every field follows from one number, so a reader can tell a whole update from a torn one. */
import type { PositionSlot } from "../../../src/memory/position-book.ts";
import type { QuoteSlot } from "../../../src/memory/quotes.ts";

/** Both halves of every f64 change from one `n` to the next. */
export function fillPosition(into: PositionSlot, n: number): void {
  const x = n * 1.000000119;
  into.state = n | 0;
  into.qtyLots = x;
  into.avgPxTicks = x + 1;
  into.targetLots = x + 2;
  into.pendingBuyLots = x + 3;
  into.pendingSellLots = x + 4;
  into.exposureNotional = x + 5;
  into.netDeltaNotional = x + 6;
  into.hedgeRatio = x + 7;
  into.updatedNs = n;
}

export function isWholePosition(slot: PositionSlot): boolean {
  const x = slot.updatedNs * 1.000000119;
  return (
    slot.state === (slot.updatedNs | 0) &&
    slot.qtyLots === x &&
    slot.avgPxTicks === x + 1 &&
    slot.targetLots === x + 2 &&
    slot.pendingBuyLots === x + 3 &&
    slot.pendingSellLots === x + 4 &&
    slot.exposureNotional === x + 5 &&
    slot.netDeltaNotional === x + 6 &&
    slot.hedgeRatio === x + 7
  );
}

export function isWholeQuote(quote: QuoteSlot): boolean {
  const x = quote.receivedNs * 1.000000119;
  return (
    quote.bidTicks === x &&
    quote.askTicks === x + 1 &&
    quote.bidLots === x + 2 &&
    quote.askLots === x + 3 &&
    quote.venueMs === x + 4
  );
}

/** Fills the `slotBytes` at `offset` for the nth message of a ring. */
export function fillMessage(words: Int32Array, offset: number, slotBytes: number, n: number): void {
  const first = offset / 4;
  for (let i = 0; i < slotBytes / 4; i++) words[first + i] = Math.imul(n, 2654435761) + i;
}

/** Whether the slot holds the nth message and nothing else. */
export function isMessage(words: Int32Array, offset: number, slotBytes: number, n: number): boolean {
  const first = offset / 4;
  for (let i = 0; i < slotBytes / 4; i++) {
    if (words[first + i] !== ((Math.imul(n, 2654435761) + i) | 0)) return false;
  }
  return true;
}
