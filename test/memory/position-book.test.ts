/** Position book and quotes on one thread: round trips, ownership, and a writer that died inside a publish. */
import { describe, expect, test } from "vitest";
import { describePosition, describeQuote } from "../../src/memory/inspect.ts";
import * as layout from "../../src/memory/layout.ts";
import { createPositionBook, createPositionSlot, openPositionBook } from "../../src/memory/position-book.ts";
import { createQuoteSlot, createQuotes, openQuotes } from "../../src/memory/quotes.ts";
import { createShared } from "../../src/memory/shared.ts";

const POSITION = {
  state: 3,
  qtyLots: -1234567890123,
  avgPxTicks: 618002.25,
  targetLots: -5,
  pendingBuyLots: 7,
  pendingSellLots: 11,
  exposureNotional: 1e15,
  netDeltaNotional: -0.125,
  hedgeRatio: 0.4,
  updatedNs: 2 ** 52 + 1,
};
const SLOT = layout.instrumentPositionSlot(63);
const SEQ_INDEX = (layout.positionOffset(SLOT) + layout.SLOT_SEQ_OFFSET) / 4;

describe("position book", () => {
  test("reads back what was published, field by field, and neighbours stay unpublished", () => {
    const shared = createShared();
    createPositionBook(shared, 0).publish(SLOT, POSITION);
    const read = createPositionSlot();
    const book = openPositionBook(shared);
    expect(book.readPosition(SLOT, read)).toBe(true);
    expect(read).toEqual(POSITION);
    expect(book.readPosition(SLOT - 1, createPositionSlot())).toBe(false);
  });

  test("a reader that gives up leaves the last copy untouched; the successor's publish repairs the slot", () => {
    const shared = createShared();
    const book = openPositionBook(shared);
    const read = createPositionSlot();
    createPositionBook(shared, 1).publish(SLOT, POSITION);
    expect(book.readPosition(SLOT, read)).toBe(true);

    // The writer's thread dies with the sequence odd and half of the payload replaced.
    Atomics.add(shared.i32, SEQ_INDEX, 1);
    shared.i32[SEQ_INDEX + 6] = 99;
    expect(describePosition(shared, SLOT)).toContain("seq=3 (being written) owner=1 state=3");
    expect(book.readPosition(SLOT, read)).toBe(false);
    expect(read).toEqual(POSITION);

    createPositionBook(shared, 1).publish(SLOT, { ...POSITION, qtyLots: 5 });
    expect(book.readPosition(SLOT, read)).toBe(true);
    expect(read).toEqual({ ...POSITION, qtyLots: 5 });
    expect(describePosition(shared, SLOT)).toMatch(/^position of instrument 63 @\d+: seq=4 owner=1 state=3 qtyLots=5 /);
  });

  test("a second writer is an assertion, and changes nothing", () => {
    const shared = createShared();
    createPositionBook(shared, 0).publish(SLOT, POSITION);
    expect(() => createPositionBook(shared, 1).publish(SLOT, createPositionSlot())).toThrow(/owned by writer 0/);
    const read = createPositionSlot();
    expect(openPositionBook(shared).readPosition(SLOT, read)).toBe(true);
    expect(read).toEqual(POSITION);
  });

  test("the sequence survives its wrap without claiming that nothing was published", () => {
    const shared = createShared();
    const writer = createPositionBook(shared, 0);
    writer.publish(SLOT, createPositionSlot());
    Atomics.store(shared.i32, SEQ_INDEX, -2);
    writer.publish(SLOT, POSITION);
    const read = createPositionSlot();
    expect(openPositionBook(shared).readPosition(SLOT, read)).toBe(true);
    expect(read).toEqual(POSITION);
  });

  test.each([-1, layout.POSITION_COUNT])("slot %i is out of bounds", (slot) => {
    const shared = createShared();
    expect(() => createPositionBook(shared, 0).publish(slot, POSITION)).toThrow(/outside/);
    expect(() => openPositionBook(shared).readPosition(slot, createPositionSlot())).toThrow(/outside/);
  });
});

describe("quotes", () => {
  test("reads back what was published, and tells no quote from one", () => {
    const shared = createShared();
    const quote = createQuoteSlot();
    expect(openQuotes(shared).readQuote(127, quote)).toBe(false);
    createQuotes(shared, 2).publish(127, 618001, 618002, 3.5, 4.5, 1723161600123, 987654321);
    expect(openQuotes(shared).readQuote(127, quote)).toBe(true);
    expect(quote).toEqual({
      bidTicks: 618001,
      askTicks: 618002,
      bidLots: 3.5,
      askLots: 4.5,
      venueMs: 1723161600123,
      receivedNs: 987654321,
    });
    expect(describeQuote(shared, 127)).toMatch(/seq=2 owner=2 bidTicks=618001 askTicks=618002 bidLots=3.5 askLots=4.5/);
    expect(() => createQuotes(shared, 3).publish(127, 1, 2, 3, 4, 5, 6)).toThrow(/owned by writer 2/);
    expect(() => createQuotes(shared, 3).publish(128, 1, 2, 3, 4, 5, 6)).toThrow(/outside/);
  });
});
