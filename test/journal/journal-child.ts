/**
 * A process to be killed: appends records, and writes down which are acknowledged, when the gateway would answer: once the
 * flusher has made them durable. Says on its standard output when it has acknowledged the first. Arguments: directory, file
 * for the acknowledgements (a pipe could be full), seed.
 */
import { openSync, writeSync } from "node:fs";
import { DurableWatch } from "../../src/journal/durable-watch.ts";
import { startFlusher } from "../../src/journal/flusher.ts";
import { createBlock, createRandom, openSmall, payloadFor } from "./support-parts.ts";

const [directory = "", ackPath = "", seed = "0"] = process.argv.slice(2);
const random = createRandom(Number(seed));
const block = createBlock();
const { writer } = openSmall(directory, { block, segmentBytes: 65_536 });
const watch = new DurableWatch(block);
await startFlusher({ logs: [{ directory, block }], onFault: (fault) => process.stderr.write(JSON.stringify(fault)) });
const acks = openSync(ackPath, "w");
let acknowledging = false;

// Acknowledgements lag behind, so that the kill meets every state between append and answer.
for (;;) {
  const count = 1 + Math.floor(random() * 8);
  for (let index = 0; index < count; index++) {
    const lsn = writer.append(1, 1, 0, 0, payloadFor(writer.appendedLsn + 1));
    watch.whenDurable(lsn, (durable) => {
      writeSync(acks, `${durable ? "acked" : "failed"} ${lsn}\n`);
      if (!acknowledging) console.log("acknowledging");
      acknowledging = true;
    });
  }
  writer.write();
  await new Promise((resolve) => setImmediate(resolve));
}
