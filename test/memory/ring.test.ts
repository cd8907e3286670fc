/** Ring on one thread: bounds, takeover by successors, the asserted contract, and waiting. */
import { describe, expect, test } from "vitest";
import { SIGNAL_RING_BYTES, VERDICT_RING_BYTES } from "../../src/memory/layout.ts";
import { RingConsumer, RingProducer, signalRing, verdictRing } from "../../src/memory/ring.ts";
import { createShared } from "../../src/memory/shared.ts";

const SPEC = { offset: 0, slotCount: 4, slotBytes: 64 };

function newRing() {
  const words = new Int32Array(new SharedArrayBuffer(512 + 4 * 64));
  return { words, producer: new RingProducer(words, SPEC), consumer: new RingConsumer(words, SPEC) };
}

function push(words: Int32Array, producer: RingProducer, value: number): boolean {
  const offset = producer.claim();
  if (offset < 0) return false;
  words[offset / 4] = value;
  producer.publish();
  return true;
}

function drain(words: Int32Array, consumer: RingConsumer): number[] {
  const values: number[] = [];
  for (let offset = consumer.peek(); offset >= 0 && values.length <= 8192; offset = consumer.peek()) {
    values.push(words[offset / 4] as number);
    consumer.release();
  }
  return values;
}

describe("bounds", () => {
  test("takes exactly slotCount messages, then one more for each released", () => {
    const { words, producer, consumer } = newRing();
    expect([1, 2, 3, 4, 5].map((n) => push(words, producer, n))).toEqual([true, true, true, true, false]);
    expect(producer.depth()).toBe(4);
    expect(consumer.peek()).toBe(512);
    consumer.release();
    expect([push(words, producer, 6), push(words, producer, 7)]).toEqual([true, false]);
    expect(drain(words, consumer)).toEqual([2, 3, 4, 6]);
    expect(producer.depth()).toBe(0);
  });

  test("a claim that was not published is not seen, and is claimed again", () => {
    const { words, producer, consumer } = newRing();
    const offset = producer.claim();
    words[offset / 4] = 1;
    expect(consumer.peek()).toBe(-1);
    expect(producer.claim()).toBe(offset);
  });
});

describe("successors", () => {
  test("a consumer that died before release leaves its slot to the next one", () => {
    const { words, producer, consumer } = newRing();
    for (const n of [1, 2, 3]) push(words, producer, n);
    consumer.peek();
    consumer.release();
    consumer.peek();
    expect(drain(words, new RingConsumer(words, SPEC))).toEqual([2, 3]);
  });

  test("a producer's successor goes on where publishing stopped", () => {
    const { words, producer, consumer } = newRing();
    push(words, producer, 1);
    producer.claim();
    push(words, new RingProducer(words, SPEC), 2);
    expect(drain(words, consumer)).toEqual([1, 2]);
  });
});

describe("contract", () => {
  test("publish needs a claim, release needs a peek", () => {
    const { words, producer, consumer } = newRing();
    expect(() => producer.publish()).toThrow(/without a claim/);
    push(words, producer, 1);
    expect(() => producer.publish()).toThrow(/without a claim/);
    expect(() => consumer.release()).toThrow(/without a peek/);
  });

  test("a second producer or consumer is noticed at its first step", () => {
    const { words, producer, consumer } = newRing();
    const [second, thief] = [new RingProducer(words, SPEC), new RingConsumer(words, SPEC)];
    push(words, producer, 1);
    push(words, producer, 2);
    expect(() => push(words, second, 3)).toThrow(/second producer/);
    drain(words, consumer);
    thief.peek();
    expect(() => thief.release()).toThrow(/second consumer/);
  });

  test("the rings of the layout lie apart and hold what they say", () => {
    const { i32 } = createShared();
    expect(signalRing(1).offset - signalRing(0).offset).toBe(SIGNAL_RING_BYTES);
    expect(verdictRing(3).offset - verdictRing(2).offset).toBe(VERDICT_RING_BYTES);
    expect(() => signalRing(4)).toThrow(/lane 4/);
    const producers = [signalRing(3), verdictRing(0), verdictRing(3)].map((spec) => new RingProducer(i32, spec));
    for (const producer of producers) {
      let held = 0;
      while (held <= 8192 && push(i32, producer, held)) held++;
      expect(held).toBe(8192);
    }
    expect(drain(i32, new RingConsumer(i32, verdictRing(0)))).toEqual([...Array(8192).keys()]);
  });
});

describe("waiting", () => {
  test("does not wait when a slot is ready, and is woken by a publish", async () => {
    const { words, producer, consumer } = newRing();
    const waiting = consumer.waitAsync();
    expect(waiting).toBeInstanceOf(Promise);
    push(words, producer, 1);
    await waiting;
    expect(consumer.waitAsync()).toBeUndefined();
    expect(consumer.wait(0)).toBe(true);
    expect(drain(words, consumer)).toEqual([1]);
  });

  test("a publish between the announcement and the wait is not missed", () => {
    const { words, producer, consumer } = newRing();
    push(words, producer, 1);
    expect(consumer.waitAsync()).toBeUndefined();
  });

  test("wake ends the wait with nothing in the ring; a timeout says so", async () => {
    const { producer, consumer } = newRing();
    const waiting = consumer.waitAsync();
    producer.wake();
    await waiting;
    expect(consumer.peek()).toBe(-1);
    expect(consumer.wait(1)).toBe(false);
  });
});
