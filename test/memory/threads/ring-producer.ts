/** Produces `count` messages into a ring, as fast as the consumer lets it, with the fault the control asks for. */
import { workerData } from "node:worker_threads";
import { RingProducer, type RingSpec } from "../../../src/memory/ring.ts";
import { fillMessage } from "./numbers.ts";

const { words, spec, count, fault, burst } = workerData as {
  words: Int32Array;
  spec: RingSpec;
  count: number;
  /** early: published before it is filled. overrun: a full ring is taken for one with a free slot. */
  fault: "none" | "early" | "overrun";
  /** Messages between two pauses of a fraction of a millisecond; 0 never pauses. */
  burst: number;
};
const producer = new RingProducer(words, spec);
const napWord = new Int32Array(new SharedArrayBuffer(4));

for (let n = 0; n < count; n++) {
  let offset = producer.claim();
  for (let turn = 0; offset < 0 && fault !== "overrun"; turn++) {
    if (turn > 50) Atomics.wait(napWord, 0, 0, 0.05);
    offset = producer.claim();
  }
  if (offset < 0) {
    overwriteOldest(n);
    continue;
  }
  if (fault === "early") producer.publish();
  fillMessage(words, offset, spec.slotBytes, n);
  if (fault !== "early") producer.publish();
  if (burst > 0 && n % burst === 0) Atomics.wait(napWord, 0, 0, 0.2);
}

/** What a ring off by one would do when full: put the message where the oldest unread one lies. */
function overwriteOldest(n: number): void {
  const tail = Atomics.load(words, spec.offset / 4);
  fillMessage(words, spec.offset + 512 + (tail & (spec.slotCount - 1)) * spec.slotBytes, spec.slotBytes, n);
}
