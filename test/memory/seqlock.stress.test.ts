/**
 * Seqlock under fire: one thread publishes, this one reads, every outcome is counted.
 *
 *   WHOLE      ACCEPTABLE   all fields of one publish
 *   GAVE_UP    ACCEPTABLE   no quiet moment within READ_ATTEMPTS_MAX tries
 *   TORN       FORBIDDEN    fields of two publishes
 *   BACKWARDS  FORBIDDEN    older than what was read before
 *
 * The control reads the same bytes without the protocol. It must see TORN, or this machine cannot show the fault.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ENGINE_STATE_OFFSET,
  POSITION_PAYLOAD_BYTES,
  positionOffset,
  SLOT_PAYLOAD_OFFSET,
} from "../../src/memory/layout.ts";
import { createPositionSlot, openPositionBook, type PositionReader } from "../../src/memory/position-book.ts";
import { createQuoteSlot, openQuotes } from "../../src/memory/quotes.ts";
import { createShared, type SharedMemory } from "../../src/memory/shared.ts";
import { isWholePosition, isWholeQuote } from "./threads/numbers.ts";

const READS_MAX = 1_500_000;
const TIME_MS_MAX = 2_500;
const SLOT = 130;
const LISTING = 7;

let shared: SharedMemory;
let publisher: Worker;

beforeEach(async () => {
  shared = createShared();
  publisher = new Worker(new URL("./threads/publisher.ts", import.meta.url), {
    workerData: { memory: shared.memory, slot: SLOT, listing: LISTING, pauseTurns: 100 },
  });
  const [book, quotes] = [openPositionBook(shared), openQuotes(shared)];
  const [position, quote] = [createPositionSlot(), createQuoteSlot()];
  while (!book.readPosition(SLOT, position) || !quotes.readQuote(LISTING, quote)) await pause();
});

afterEach(async () => {
  Atomics.store(shared.i32, ENGINE_STATE_OFFSET / 4, 1);
  await once(publisher, "exit");
});

test("a position is never read torn or backwards", () => {
  const outcomes = readPositions(openPositionBook(shared));
  console.log("positions", outcomes);
  expect(outcomes).toMatchObject({ TORN: 0, BACKWARDS: 0 });
  expect(outcomes.WHOLE).toBeGreaterThan(1_000);
  expect(outcomes.distinct).toBeGreaterThan(100);
});

test("control: the same reads without the lock are torn", () => {
  const outcomes = readPositions(withoutLock(shared));
  console.log("positions without the lock", outcomes);
  expect(outcomes.TORN).toBeGreaterThan(0);
});

test("a quote is never read torn or backwards", () => {
  const quotes = openQuotes(shared);
  const quote = createQuoteSlot();
  const outcomes = { WHOLE: 0, GAVE_UP: 0, TORN: 0, BACKWARDS: 0 };
  let newest = 0;
  for (const _ of bounded()) {
    if (!quotes.readQuote(LISTING, quote)) outcomes.GAVE_UP++;
    else if (!isWholeQuote(quote)) outcomes.TORN++;
    else if (quote.receivedNs < newest) outcomes.BACKWARDS++;
    else outcomes.WHOLE++;
    newest = Math.max(newest, quote.receivedNs);
  }
  console.log("quotes", outcomes);
  expect(outcomes).toMatchObject({ TORN: 0, BACKWARDS: 0 });
  expect(outcomes.WHOLE).toBeGreaterThan(1_000);
});

function readPositions(book: PositionReader) {
  const position = createPositionSlot();
  const outcomes = { WHOLE: 0, GAVE_UP: 0, TORN: 0, BACKWARDS: 0, distinct: 0 };
  let newest = 0;
  for (const _ of bounded()) {
    if (!book.readPosition(SLOT, position)) outcomes.GAVE_UP++;
    else if (!isWholePosition(position)) outcomes.TORN++;
    else if (position.updatedNs < newest) outcomes.BACKWARDS++;
    else {
      outcomes.WHOLE++;
      if (position.updatedNs > newest) outcomes.distinct++;
      newest = position.updatedNs;
    }
  }
  return outcomes;
}

/** The book's reader with the two looks at the sequence taken out. */
function withoutLock(from: SharedMemory): PositionReader {
  const first = (positionOffset(SLOT) + SLOT_PAYLOAD_OFFSET) / 4;
  const words = new Int32Array(POSITION_PAYLOAD_BYTES / 4);
  const f64 = new Float64Array(words.buffer);
  return {
    readPosition(_slot, into) {
      for (let i = 0; i < words.length; i++) words[i] = Atomics.load(from.i32, first + i);
      into.state = words[0] as number;
      into.qtyLots = f64[1] as number;
      into.avgPxTicks = f64[2] as number;
      into.targetLots = f64[3] as number;
      into.pendingBuyLots = f64[4] as number;
      into.pendingSellLots = f64[5] as number;
      into.exposureNotional = f64[6] as number;
      into.netDeltaNotional = f64[7] as number;
      into.hedgeRatio = f64[8] as number;
      into.updatedNs = f64[9] as number;
      return true;
    },
  };
}

/** Turns until the count or the time is used up. */
function* bounded(): Generator<number> {
  const end = performance.now() + TIME_MS_MAX;
  for (let turn = 0; turn < READS_MAX; turn++) {
    if ((turn & 1023) === 0 && performance.now() > end) return;
    yield turn;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
