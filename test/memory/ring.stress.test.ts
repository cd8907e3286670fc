/**
 * Ring under fire: real threads, every message checked by content and place.
 *
 *   IN_ORDER      ACCEPTABLE   the nth slot held the nth message, whole
 *   WRONG         FORBIDDEN    lost, doubled, reordered or half-written: the nth slot held something else
 *   LOST_WAKE_UP  FORBIDDEN    the consumer slept on while a message lay in the ring
 *
 * The controls use the same ring with a producer that is wrong on purpose, and must be caught.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { RingConsumer, RingProducer, type RingSpec } from "../../src/memory/ring.ts";
import { fillMessage, isMessage } from "./threads/numbers.ts";

const TIME_MS_MAX = 4_000;

/** Few slots, so that full, empty and the end of the slots are met all the time; cursors that wrap past 2^31 and 2^32 soon. */
function smallRing(startCursor: number, slotCount = 64, slotBytes = 64): { words: Int32Array; spec: RingSpec } {
  const words = new Int32Array(new SharedArrayBuffer(512 + slotCount * slotBytes));
  words[0] = startCursor;
  words[32] = startCursor;
  return { words, spec: { offset: 0, slotCount, slotBytes } };
}

async function consumeAll(count: number, fault: "none" | "early" | "overrun", startCursor: number, workPerMessage = 0) {
  const { words, spec } = smallRing(startCursor);
  const consumer = new RingConsumer(words, spec);
  const worker = new Worker(new URL("./threads/ring-producer.ts", import.meta.url), {
    workerData: { words, spec, count, fault, burst: 0 },
  });
  const outcomes = { IN_ORDER: 0, WRONG: 0, slept: 0 };
  const end = performance.now() + TIME_MS_MAX;
  await once(worker, "online");
  for (let n = 0; n < count && performance.now() < end; ) {
    const offset = consumer.peek();
    if (offset < 0) {
      outcomes.slept++;
      if (!consumer.wait(500) && fault !== "none") break;
      continue;
    }
    for (let turn = 0; turn < workPerMessage; turn++) Atomics.load(words, 0);
    if (isMessage(words, offset, spec.slotBytes, n)) outcomes.IN_ORDER++;
    else outcomes.WRONG++;
    consumer.release();
    n++;
  }
  await worker.terminate();
  return outcomes;
}

test("no message is lost, doubled, reordered or half-written across threads", async () => {
  const outcomes = await consumeAll(1_000_000, "none", -500_000);
  console.log("ring, cursors through 0", outcomes);
  expect(outcomes.WRONG).toBe(0);
  expect(outcomes.IN_ORDER).toBeGreaterThan(20_000);
});

test("nor where the cursors pass from 2^31 - 1 to -2^31", async () => {
  const outcomes = await consumeAll(300_000, "none", 2 ** 31 - 1_000);
  console.log("ring, cursors through 2^31", outcomes);
  expect(outcomes.WRONG).toBe(0);
  expect(outcomes.IN_ORDER).toBeGreaterThan(20_000);
});

test("control: a slot that is published before it is filled is caught", async () => {
  const outcomes = await consumeAll(300_000, "early", 0);
  console.log("control, published early", outcomes);
  expect(outcomes.WRONG).toBeGreaterThan(0);
});

test("control: a producer that overruns a full ring is caught", async () => {
  const outcomes = await consumeAll(100_000, "overrun", 0, 200);
  console.log("control, overrun", outcomes);
  expect(outcomes.WRONG).toBeGreaterThan(0);
});

async function pingPong(
  rounds: number,
  wait: (consumer: RingConsumer, words: Int32Array) => Promise<unknown> | undefined,
) {
  const slots = { slotCount: 4, slotBytes: 64 };
  const words = new Int32Array(new SharedArrayBuffer(2 * (512 + 4 * 64)));
  const out: RingSpec = { offset: 0, ...slots };
  const back: RingSpec = { offset: 512 + 4 * 64, ...slots };
  const producer = new RingProducer(words, out);
  const consumer = new RingConsumer(words, back);
  const worker = new Worker(new URL("./threads/ring-echo.ts", import.meta.url), {
    workerData: { words, inbound: out, outbound: back, count: rounds },
  });
  await once(worker, "online");
  const outcomes = { IN_ORDER: 0, WRONG: 0, LOST_WAKE_UP: 0, slept: 0 };
  const end = performance.now() + TIME_MS_MAX;
  for (let n = 0; n < rounds && outcomes.LOST_WAKE_UP === 0 && performance.now() < end; n++) {
    fillMessage(words, producer.claim(), out.slotBytes, n);
    producer.publish();
    while (outcomes.LOST_WAKE_UP === 0 && consumer.peek() < 0) {
      const waiting = wait(consumer, words);
      if (waiting === undefined) continue;
      outcomes.slept++;
      const woken = await Promise.race([waiting.then(() => true), late()]);
      // Late and yet nothing there: the other thread is only slow.
      if (!woken && consumer.peek() >= 0) outcomes.LOST_WAKE_UP++;
    }
    if (outcomes.LOST_WAKE_UP > 0) break;
    if (isMessage(words, consumer.peek(), back.slotBytes, n)) outcomes.IN_ORDER++;
    else outcomes.WRONG++;
    consumer.release();
  }
  clearTimeout(lateTimer);
  await worker.terminate();
  return outcomes;
}

let lateTimer: NodeJS.Timeout | undefined;

function late(): Promise<boolean> {
  clearTimeout(lateTimer);
  return new Promise((resolve) => {
    lateTimer = setTimeout(resolve, 1_500, false);
  });
}

test("no wake-up is lost when both sides sleep for every message", async () => {
  const outcomes = await pingPong(30_000, (consumer) => consumer.waitAsync());
  console.log("ping-pong", outcomes);
  expect(outcomes).toMatchObject({ WRONG: 0, LOST_WAKE_UP: 0 });
  expect(outcomes.IN_ORDER).toBeGreaterThan(1_000);
  expect(outcomes.slept).toBeGreaterThan(100);
});

test("control: announcing the sleep after it began loses wake-ups", async () => {
  const parkedIndex = (512 + 4 * 64 + 256) / 4;
  const tailIndex = (512 + 4 * 64) / 4;
  const outcomes = await pingPong(30_000, (consumer, words) => {
    if (consumer.peek() >= 0) return undefined;
    const waiting = Atomics.waitAsync(words, tailIndex, Atomics.load(words, tailIndex + 32));
    for (let turn = 0; turn < 2_000; turn++) Atomics.load(words, 0);
    Atomics.store(words, parkedIndex, 1);
    return waiting.async ? waiting.value : undefined;
  });
  console.log("control, announced late", outcomes);
  expect(outcomes.LOST_WAKE_UP).toBeGreaterThan(0);
});
