import fs from "node:fs";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crcOf, createCrcArea } from "../../src/journal/crc.ts";
import { listSegments } from "../../src/journal/files.ts";
import { hurriedPath, preparedPath, segmentPath } from "../../src/journal/format.ts";
import { loadDurableLsn, loadWrittenLsn, segmentIndex, storeWrittenLsn } from "../../src/journal/log-block.ts";
import { codeOf, createBlock, openSmall, payloadFor, readAll, SMALL } from "./support-parts.ts";
import { createTempDirectory } from "./temp-directory.ts";

describe("the checksum", () => {
  it("equals zlib's for every length, offset and seed", () => {
    const area = createCrcArea(4_096);
    for (let index = 0; index < area.bytes.length; index++) area.bytes[index] = (index * 167) ^ (index >> 3);
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (slot, slots, seed) => {
        const byteCount = Math.min(slots, 512 - slot) * 8;
        const expected = crc32(area.bytes.subarray(slot * 8, slot * 8 + byteCount), seed);
        expect(crcOf(area, slot * 8, byteCount, seed)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a log", () => {
  it("gives back what was appended, field by field, across segments and reopenings", async () => {
    const directory = createTempDirectory();
    for (let boot = 0; boot < 4; boot++) {
      const { writer, lastLsn, tornBytes } = openSmall(directory, { bootId: `boot-${boot}` });
      expect({ lastLsn, tornBytes }).toEqual({ lastLsn: boot * 200, tornBytes: 0 });
      for (let lsn = lastLsn + 1; lsn <= lastLsn + 200; lsn++) {
        expect(writer.append(lsn % 65_536, 3, lsn * 1.5, 1e12 + lsn, payloadFor(lsn))).toBe(lsn);
        if (lsn % 9 === 0) writer.write();
        // Lets the background preparation take part.
        if (lsn % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      writer.close();
    }
    const all = readAll(directory);
    expect(all.length).toBe(800);
    for (const [index, record] of all.entries()) {
      const lsn = index + 1;
      expect(record).toEqual({
        lsn,
        type: lsn,
        version: 3,
        monoNs: lsn * 1.5,
        wallMs: 1e12 + lsn,
        payload: payloadFor(lsn),
      });
    }
    expect(listSegments(directory).length).toBeGreaterThan(5);
    expect(readAll(directory, 555).map(({ lsn }) => lsn)).toEqual(
      Array.from({ length: 246 }, (_, index) => 555 + index),
    );
    expect(readAll(directory, 801)).toEqual([]);
  });

  it("lets the caller encode in place and keep less than it reserved", () => {
    const directory = createTempDirectory();
    const { writer } = openSmall(directory);
    // Dirties the buffer that the next records reuse.
    writer.append(1, 1, 0, 0, Buffer.alloc(1_000, 255));
    writer.write();
    const offset = writer.begin(2, 1, 100, 5, 6);
    writer.bytes.fill(255, offset, offset + 100);
    writer.view.setUint32(offset, 0xcafe_f00d, true);
    expect(writer.commit(5)).toBe(2);
    // Begun and abandoned: it never was.
    writer.begin(3, 1, 50, 0, 0);
    writer.begin(4, 1, 0, 7, 8);
    expect(writer.commit()).toBe(3);
    writer.close();
    const [, second, third] = readAll(directory);
    // The padding is under the checksum and of a known content: nothing of an older record shows in it.
    const bytes = fs.readFileSync(segmentPath(directory, 1));
    const payloadEnd = bytes.indexOf(Buffer.from([0x0d, 0xf0, 0xfe, 0xca])) + 5;
    expect([...bytes.subarray(payloadEnd, payloadEnd + 3)]).toEqual([0, 0, 0]);
    expect(second!.payload.length).toBe(5);
    expect(second!.payload.readUInt32LE(0)).toBe(0xcafe_f00d);
    expect(third).toEqual({ lsn: 3, type: 4, version: 1, monoNs: 7, wallMs: 8, payload: Buffer.alloc(0) });
  });

  it("shows nothing to readers before write and everything after", () => {
    const directory = createTempDirectory();
    const block = createBlock();
    const { writer } = openSmall(directory, { block });
    writer.append(1, 1, 0, 0, payloadFor(1));
    expect(readAll(directory).length).toBe(0);
    expect(loadWrittenLsn(block)).toBe(0);
    writer.write();
    expect(readAll(directory).length).toBe(1);
    expect(loadWrittenLsn(block)).toBe(1);
    expect(Atomics.load(block.i32, segmentIndex(block))).toBe(1);
    expect(loadDurableLsn(block)).toBe(0);
    writer.close();
  });

  it("refuses a record over its limit, names the limit, and goes on", () => {
    const directory = createTempDirectory();
    const { writer } = openSmall(directory);
    const limitBytes = writer.payloadBytesMax;
    expect(() => writer.append(1, 1, 0, 0, Buffer.alloc(limitBytes + 1))).toThrow(
      expect.objectContaining({ code: "JOURNAL_RECORD_TOO_LARGE", details: { bytes: limitBytes + 1, limitBytes } }),
    );
    expect(writer.append(1, 1, 0, 0, Buffer.alloc(limitBytes, 9))).toBe(1);
    expect(writer.append(1, 1, 0, 0, Buffer.alloc(limitBytes, 8))).toBe(2);
    writer.close();
    expect(readAll(directory).map(({ payload }) => payload.length)).toEqual([limitBytes, limitBytes]);
    expect(codeOf(() => writer.append(1, 1, 0, 0, Buffer.alloc(1)))).toBe("JOURNAL_CLOSED");
  });

  it("is read while it is written, and the reader sees whole records without gaps", () => {
    const directory = createTempDirectory();
    const { writer } = openSmall(directory);
    let seen = 0;
    for (let lsn = 1; lsn <= 1_500; lsn++) {
      writer.append(1, 1, 0, 0, payloadFor(lsn));
      if (lsn % 7 !== 0) continue;
      writer.write();
      if (lsn % 70 !== 0) continue;
      // Reads in two halves, with the writer going on in between, over the end of a segment too.
      const from = seen + 1;
      for (const record of readAll(directory, from)) {
        expect(record.lsn).toBe(seen + 1);
        expect(record.payload).toEqual(payloadFor(record.lsn));
        seen = record.lsn;
      }
      expect(seen).toBe(lsn);
    }
    writer.close();
  });

  it("goes on in the reader when the writer rolls under it", async () => {
    const { readLog } = await import("../../src/journal/reader.ts");
    const directory = createTempDirectory();
    const { writer } = openSmall(directory);
    const reader = readLog(directory);
    let appended = 0;
    const append = (count: number) => {
      for (let index = 0; index < count; index++) writer.append(1, 1, 0, 0, payloadFor(++appended));
      writer.write();
    };
    append(10);
    for (let lsn = 1; lsn <= 10; lsn++) expect(reader.next().value!.lsn).toBe(lsn);
    // The reader has the end of its chunk in memory; the writer now fills the segment and three more.
    append(400);
    let lsn = 10;
    for (const record of reader) expect(record.lsn).toBe(++lsn);
    expect(lsn).toBe(410);
    writer.close();
  });

  it("keeps only as many segments as it may", async () => {
    const directory = createTempDirectory();
    const { writer } = openSmall(directory, { segmentsMax: 3 });
    for (let lsn = 1; lsn <= 1_000; lsn++) writer.append(1, 1, 0, 0, payloadFor(lsn));
    writer.close();
    await expect.poll(() => listSegments(directory).length).toBe(3);
    const kept = readAll(directory);
    expect(kept.at(-1)!.lsn).toBe(1_000);
    expect(kept[0]!.lsn).toBeGreaterThan(500);
    const reopened = openSmall(directory, { segmentsMax: 3 });
    expect(reopened).toMatchObject({ firstLsn: kept[0]!.lsn, lastLsn: 1_000, tornBytes: 0 });
    expect(reopened.writer.append(1, 1, 0, 0, payloadFor(1_001))).toBe(1_001);
    reopened.writer.close();
  });

  it("rolls into a segment prepared in the background, and never lets a late preparation touch its own", async () => {
    const directory = createTempDirectory();
    const segmentBytes = 1024 * 1024;
    const { writer } = openSmall(directory, { segmentBytes });
    const payload = Buffer.alloc(2_000, 7);
    while (writer.appendedLsn * payload.length < segmentBytes / 2) writer.append(1, 1, 0, 0, payload);
    expect(writer.nextPrepared).toBe(false);
    writer.write();
    await expect.poll(() => writer.nextPrepared).toBe(true);
    while (writer.segment === 1) writer.append(1, 1, 0, 0, payload);
    expect(writer.unpreparedRolls).toBe(0);
    // Now without yielding: the preparation has no chance to be in time, and ends after the roll.
    while (writer.segment < 4) {
      writer.append(1, 1, 0, 0, payload);
      writer.write();
    }
    expect(writer.unpreparedRolls).toBe(2);
    const late = () => fs.readdirSync(directory).filter((name) => name.endsWith(".tmp") && !name.includes("00000005"));
    await expect.poll(late).toEqual([]);
    const { appendedLsn } = writer;
    writer.close();
    expect(readAll(directory).length).toBe(appendedLsn);
    expect(fs.existsSync(hurriedPath(directory, 3))).toBe(false);
  });

  it("refuses a segment of another log, and a log with a segment missing", () => {
    const directory = createTempDirectory();
    const { writer } = openSmall(directory);
    for (let lsn = 1; lsn <= 300; lsn++) writer.append(1, 1, 0, 0, payloadFor(lsn));
    writer.close();
    expect(codeOf(() => openSmall(directory, { logId: 8 }))).toBe("JOURNAL_CORRUPT");
    fs.renameSync(segmentPath(directory, 2), segmentPath(directory, 9));
    expect(codeOf(() => openSmall(directory))).toBe("JOURNAL_CORRUPT");
    fs.renameSync(segmentPath(directory, 9), segmentPath(directory, 2));
    expect(openSmall(directory).lastLsn).toBe(300);
  });

  it("refuses to open when it ends before what this machine has called durable", () => {
    const directory = createTempDirectory();
    openSmall(directory).writer.close();
    const block = createBlock();
    block.i64[(block.blockOffset + 64) / 8] = 5n;
    expect(codeOf(() => openSmall(directory, { block }))).toBe("JOURNAL_CORRUPT");
  });

  it("removes half-prepared segments when opened", () => {
    const directory = createTempDirectory();
    openSmall(directory).writer.close();
    fs.writeFileSync(preparedPath(directory, 2), "half");
    openSmall(directory).writer.close();
    expect(fs.readdirSync(directory)).toEqual(["00000001.seg"]);
  });

  it("counts positions over 2^32 without a gap", () => {
    const block = createBlock();
    for (const lsn of [1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 33 + 5, Number.MAX_SAFE_INTEGER]) {
      storeWrittenLsn(block, lsn);
      expect(loadWrittenLsn(block)).toBe(lsn);
      expect(block.i64[block.blockOffset / 8]).toBe(BigInt(lsn));
    }
  });

  it("resumes with the size its segment was made with", () => {
    const directory = createTempDirectory();
    openSmall(directory).writer.close();
    const { writer } = openSmall(directory, { segmentBytes: SMALL.segmentBytes * 2 });
    while (writer.segment < 3) writer.append(1, 1, 0, 0, payloadFor(writer.appendedLsn + 1));
    writer.close();
    const sizes = listSegments(directory).map((segment) => fs.statSync(segmentPath(directory, segment)).size);
    expect(sizes.slice(0, 2)).toEqual([SMALL.segmentBytes, SMALL.segmentBytes * 2]);
  });
});
