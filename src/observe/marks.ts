/**
 * Marks: what each instrument costs now, read from the quotes that the lanes publish. Mid prices in quote units by symbol.
 *
 * An instrument's mark is the median of its listings' fresh mids; one that trades nowhere has that of what is traded for it,
 * and one without any fresh quote has none.
 */
import type { Directory } from "../domain/instrument.ts";
import { createQuoteSlot, openQuotes } from "../memory/quotes.ts";
import type { SharedMemory } from "../memory/shared.ts";
import type { Clock } from "../time/clock.ts";

/** `pricedBy` gives by the symbol of an asset that of whose price stands for it. */
export function createMarks(
  shared: SharedMemory,
  directory: Directory,
  pricedBy: ReadonlyMap<string, string>,
  quoteAgeMsMax: number,
  clock: Clock,
): () => Readonly<Record<string, number>> {
  const quotes = openQuotes(shared);
  const slot = createQuoteSlot();
  const markOf = (instrument: number): number => {
    const mids: number[] = [];
    for (const listing of directory.listings) {
      if (listing.instrument !== instrument || !quotes.readQuote(listing.index, slot)) continue;
      const isFresh = clock.nowNs() - slot.receivedNs <= quoteAgeMsMax * 1e6;
      if (isFresh && slot.bidTicks > 0) mids.push((slot.bidTicks + slot.askTicks) / 2);
    }
    mids.sort((a, b) => a - b);
    return mids[mids.length >> 1] ?? Number.NaN;
  };
  return () => {
    const marks: Record<string, number> = {};
    for (const { index, symbol, tick } of directory.instruments) {
      const ticks = markOf(index);
      if (!Number.isNaN(ticks)) marks[symbol] = Number((ticks * tick).toPrecision(12));
    }
    for (const [asset, traded] of pricedBy) {
      const mark = marks[traded];
      if (marks[asset] === undefined && mark !== undefined) marks[asset] = mark;
    }
    return marks;
  };
}
