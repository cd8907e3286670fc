/** A log that writes by itself, full as it is, takes what it follows in another log with it. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { createBlocks, openSmall, payloadFor, readAll, SMALL } from "./support-parts.ts";
import { createTempDirectory } from "./temp-directory.ts";

it.each([
  ["the buffer", 64 * 1024, SMALL.bufferBytes],
  ["the segment", SMALL.segmentBytes, 64 * 1024],
])("is handed over before %s is full of what follows it", (_, segmentBytes, bufferBytes) => {
  const directory = createTempDirectory();
  const [first, second] = createBlocks(2);
  const before = openSmall(join(directory, "before"), {
    block: first!,
    bufferBytes: 64 * 1024,
    segmentBytes: 64 * 1024,
  });
  const after = openSmall(join(directory, "after"), { block: second!, bufferBytes, segmentBytes, logId: SMALL.logId });
  after.writer.predecessor = before.writer;
  let lastWritten = 0;
  for (let lsn = 1; lsn <= 100; lsn++) {
    before.writer.append(1, 1, lsn, lsn, payloadFor(lsn, 30));
    after.writer.append(1, 1, lsn, lsn, payloadFor(lsn));
    const [kept, follows] = [readAll(join(directory, "before")).length, readAll(join(directory, "after")).length];
    expect(kept, `${follows} records are there that follow as many`).toBeGreaterThanOrEqual(follows);
    lastWritten = follows;
  }
  expect(lastWritten, "it wrote by itself").toBeGreaterThan(10);
  after.writer.close();
  before.writer.close();
});
