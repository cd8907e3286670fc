/** Sends every message of one ring back through another, sleeping in between: each side waits for the other every time. */
import { workerData } from "node:worker_threads";
import { RingConsumer, RingProducer, type RingSpec } from "../../../src/memory/ring.ts";

const { words, inbound, outbound, count } = workerData as {
  words: Int32Array;
  inbound: RingSpec;
  outbound: RingSpec;
  count: number;
};
const consumer = new RingConsumer(words, inbound);
const producer = new RingProducer(words, outbound);

for (let echoed = 0; echoed < count; ) {
  const offset = consumer.peek();
  if (offset < 0) {
    // Ends by itself when the other side gave up.
    if (!consumer.wait(5_000)) break;
    continue;
  }
  const place = producer.claim();
  words.copyWithin(place / 4, offset / 4, (offset + inbound.slotBytes) / 4);
  producer.publish();
  consumer.release();
  echoed++;
}
