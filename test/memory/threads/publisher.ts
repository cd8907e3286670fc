/** Publishes positions and quotes until the stop word is set, with short pauses so that readers get through. */
import { parentPort, workerData } from "node:worker_threads";
import { ENGINE_STATE_OFFSET } from "../../../src/memory/layout.ts";
import { createPositionBook, createPositionSlot } from "../../../src/memory/position-book.ts";
import { createQuotes } from "../../../src/memory/quotes.ts";
import { openShared } from "../../../src/memory/shared.ts";
import { fillPosition } from "./numbers.ts";

const { memory, slot, listing, pauseTurns } = workerData as {
  memory: WebAssembly.Memory;
  slot: number;
  listing: number;
  pauseTurns: number;
};
const shared = openShared(memory);
const book = createPositionBook(shared, 0);
const quotes = createQuotes(shared, 0);
const position = createPositionSlot();
const stopIndex = ENGINE_STATE_OFFSET / 4;

let n = 1;
for (; Atomics.load(shared.i32, stopIndex) === 0; n++) {
  fillPosition(position, n);
  book.publish(slot, position);
  const x = n * 1.000000119;
  quotes.publish(listing, x, x + 1, x + 2, x + 3, x + 4, n);
  for (let turn = 0; turn < pauseTurns; turn++) Atomics.load(shared.i32, stopIndex);
}
parentPort?.postMessage(n - 1);
