import fs from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecordCursor } from "../../src/journal/cursor.ts";
import { listSegments } from "../../src/journal/files.ts";
import { recordBytesFor, SEGMENT_HEADER_BYTES, segmentPath } from "../../src/journal/format.ts";
import { storeDurableLsn } from "../../src/journal/log-block.ts";
import { takeImage } from "./power-loss.ts";
import { powerLosses } from "./power-loss-series.ts";
import { codeOf, createBlock, createRandom, openSmall, payloadFor, readAll } from "./support-parts.ts";
import { createMemoryDirectory, createTempDirectory } from "./temp-directory.ts";

/** Appends `count` records, writing in batches, and tells the log after each batch what is durable. */
function fill(directory: string, count: number, durableEvery = 5): void {
  const block = createBlock();
  const { writer, lastLsn } = openSmall(directory, { block });
  for (let lsn = lastLsn + 1; lsn <= lastLsn + count; lsn++) {
    writer.append(1, 1, lsn, lsn, payloadFor(lsn));
    if (lsn % durableEvery !== 0) continue;
    writer.write();
    storeDurableLsn(block, lsn);
  }
  writer.close();
}

/** Where each record of a segment begins. */
function offsetsOf(directory: string, segment: number): { lsn: number; offset: number; bytes: number }[] {
  const cursor = new RecordCursor(directory, segment);
  const offsets = [];
  let { offset } = cursor;
  while (cursor.next() === "record") {
    offsets.push({ lsn: cursor.lsn, offset, bytes: cursor.offset - offset });
    offset = cursor.offset;
  }
  cursor.close();
  return offsets;
}

function patch(path: string, offset: number, change: (byte: number) => number, count = 1): void {
  const bytes = fs.readFileSync(path);
  for (let at = offset; at < offset + count; at++) bytes[at] = change(bytes[at]!);
  fs.writeFileSync(path, bytes);
}

/** What must hold of any log after recovery, whatever happened before. */
function expectExactly(directory: string, lastLsn: number, payloadOf: (lsn: number) => Buffer = payloadFor): void {
  const all = readAll(directory);
  expect(all.length).toBe(lastLsn);
  for (const [index, record] of all.entries()) {
    if (record.lsn !== index + 1 || !record.payload.equals(payloadOf(index + 1))) {
      expect.fail(`record ${index + 1} is not what was written`);
    }
  }
}

describe("a torn tail", () => {
  it("keeps exactly the whole records, for every byte at which the last one can be cut", () => {
    const random = createRandom(11);
    const parent = createMemoryDirectory();
    let run = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (sizes, cut) => {
          const directory = join(parent, `${run++}`);
          const { writer } = openSmall(directory);
          for (const size of sizes) writer.append(2, 1, 0, 0, Buffer.alloc(size, size));
          writer.close();
          const last = offsetsOf(directory, 1).at(-1)!;
          const kept = cut % last.bytes;
          const garble = random() < 0.5;
          patch(
            segmentPath(directory, 1),
            last.offset + kept,
            (byte) => (garble ? (byte + 1 + random() * 254) & 255 : 0),
            last.bytes - kept,
          );
          const opened = openSmall(directory);
          // Cut inside the padding or in a run of zeroes, zeroing may have changed nothing.
          const unharmed = opened.lastLsn === sizes.length;
          if (garble) expect(unharmed).toBe(false);
          expect(opened.lastLsn).toBe(unharmed ? sizes.length : sizes.length - 1);
          opened.writer.append(2, 1, 0, 0, Buffer.from("after"));
          opened.writer.close();
          const payloads = readAll(directory).map(({ payload }) => payload);
          const before = sizes.slice(0, opened.lastLsn).map((size) => Buffer.alloc(size, size));
          expect(payloads).toEqual([...before, Buffer.from("after")]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is cut at every single byte position of one record, by zeroes, by garbage and by a short file", () => {
    const directory = createMemoryDirectory();
    fill(directory, 9, 100);
    const image = takeImage(directory).get("00000001.seg")!;
    const last = offsetsOf(directory, 1).at(-1)!;
    const path = segmentPath(directory, 1);
    for (let kept = 0; kept < recordBytesFor(payloadFor(9).length); kept++) {
      for (const kind of ["zero", "garble", "short"] as const) {
        const bytes = Buffer.from(image);
        const from = last.offset + kept;
        if (kind === "zero") bytes.fill(0, from, last.offset + last.bytes);
        if (kind === "garble") for (let at = from; at < last.offset + last.bytes; at++) bytes[at] = ~bytes[at]!;
        fs.writeFileSync(path, kind === "short" ? bytes.subarray(0, from) : bytes);
        const { writer, lastLsn, tornBytes } = openSmall(directory);
        writer.close();
        const changed = !bytes
          .subarray(last.offset, last.offset + last.bytes)
          .equals(image.subarray(last.offset, last.offset + last.bytes));
        if (kind === "garble" || changed) expect({ kind, kept, lastLsn }).toEqual({ kind, kept, lastLsn: 8 });
        if (kind === "garble") expect(tornBytes).toBeGreaterThan(0);
        expect(fs.statSync(path).size).toBe(image.length);
        expectExactly(directory, lastLsn);
      }
    }
  });

  it("cannot join old records behind the cut to new ones", () => {
    const directory = createTempDirectory();
    const sized = (lsn: number) => Buffer.alloc(64, lsn);
    const first = openSmall(directory).writer;
    for (let lsn = 1; lsn <= 20; lsn++) first.append(1, 1, 0, 0, sized(lsn));
    first.close();
    const damaged = offsetsOf(directory, 1)[9]!;
    patch(segmentPath(directory, 1), damaged.offset + 50, (byte) => byte ^ 255);
    const second = openSmall(directory);
    expect(second.lastLsn).toBe(9);
    expect(second.tornBytes).toBe(11 * damaged.bytes);
    // The same length and number as the damaged one, so that the old record 11 would follow it.
    second.writer.append(1, 1, 0, 0, Buffer.alloc(64, 200));
    second.writer.close();
    expectExactly(directory, 10, (lsn) => (lsn === 10 ? Buffer.alloc(64, 200) : sized(lsn)));
    expect(openSmall(directory).lastLsn).toBe(10);
  });
});

describe("damage", () => {
  it("in an earlier segment is refused with file, byte and lsn", () => {
    const directory = createTempDirectory();
    fill(directory, 400);
    const records = offsetsOf(directory, 2);
    const victim = records[Math.floor(records.length / 2)]!;
    const file = segmentPath(directory, 2);
    for (let bit = 0; bit < victim.bytes * 8; bit += 61) {
      const offset = victim.offset + (bit >> 3);
      patch(file, offset, (byte) => byte ^ (1 << (bit & 7)));
      expect(() => openSmall(directory)).toThrow(
        expect.objectContaining({ code: "JOURNAL_CORRUPT", details: { file, offset: victim.offset, lsn: victim.lsn } }),
      );
      expect(codeOf(() => readAll(directory))).toBe("JOURNAL_CORRUPT");
      patch(file, offset, (byte) => byte ^ (1 << (bit & 7)));
    }
    expect(openSmall(directory).lastLsn).toBe(400);
  });

  it("in the last segment is refused too where a later record proves that it had been durable, else cut", () => {
    const directory = createTempDirectory();
    fill(directory, 60);
    const [segment] = listSegments(directory).slice(-1);
    const records = offsetsOf(directory, segment!);
    const image = fs.readFileSync(segmentPath(directory, segment!));
    const damage = (lsn: number) => {
      fs.writeFileSync(segmentPath(directory, segment!), image);
      patch(
        segmentPath(directory, segment!),
        records.find((record) => record.lsn === lsn)!.offset + 9,
        (byte) => byte ^ 64,
      );
    };
    // Records 56 to 60 were one batch, written when 55 was the last durable one.
    damage(55);
    expect(codeOf(() => openSmall(directory))).toBe("JOURNAL_CORRUPT");
    damage(56);
    expect(openSmall(directory).lastLsn).toBe(55);
  });

  it("in a segment that is known durable is found by who reads it, where the opening is told to trust it", () => {
    const directory = createTempDirectory();
    fill(directory, 400);
    const trusting = { trust: "durable" as const };
    const segments = listSegments(directory);
    expect(segments.length).toBeGreaterThan(3);
    const old = segmentPath(directory, 2);
    patch(old, SEGMENT_HEADER_BYTES + 200, (byte) => byte ^ 1);
    const opened = openSmall(directory, trusting);
    opened.writer.close();
    expect([opened.firstLsn, opened.lastLsn, opened.tornBytes]).toEqual([1, 400, 0]);
    expect(codeOf(() => readAll(directory))).toBe("JOURNAL_CORRUPT");
    patch(old, SEGMENT_HEADER_BYTES + 200, (byte) => byte ^ 1);
    // The last one is read as ever, and a missing one is missed.
    const last = segmentPath(directory, segments.at(-1)!);
    patch(last, offsetsOf(directory, segments.at(-1)!)[0]!.offset + 9, (byte) => byte ^ 64);
    expect(codeOf(() => openSmall(directory, trusting))).toBe("JOURNAL_CORRUPT");
    patch(last, SEGMENT_HEADER_BYTES + 9, (byte) => byte ^ 64);
    fs.rmSync(old);
    expect(codeOf(() => openSmall(directory, trusting))).toBe("JOURNAL_CORRUPT");
  });

  it("of a segment's first sector, or a sector of zeroes among records, is refused", () => {
    const directory = createTempDirectory();
    fill(directory, 400);
    const image = takeImage(directory);
    patch(segmentPath(directory, listSegments(directory).at(-1)!), 20, (byte) => byte ^ 1);
    expect(codeOf(() => openSmall(directory))).toBe("JOURNAL_CORRUPT");
    for (const [name, bytes] of image) fs.writeFileSync(join(directory, name), bytes);
    patch(segmentPath(directory, 1), SEGMENT_HEADER_BYTES + 1024, () => 0, 512);
    expect(codeOf(() => openSmall(directory))).toBe("JOURNAL_CORRUPT");
  });
});

describe("a power loss", () => {
  it("loses nothing durable and lets nothing in that was not written, in 2,000 variants", {
    timeout: 120_000,
  }, async () => {
    const { variants, tailsSaved, cutInEarlierSegment } = await powerLosses(createMemoryDirectory(), 2_024, 40);
    expect(variants).toBe(2000);
    // The emulation reaches what it is for.
    expect(tailsSaved).toBeGreaterThan(50);
    expect(cutInEarlierSegment).toBeGreaterThan(50);
  });
});
