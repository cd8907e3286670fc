/** Snapshots on disk: believed only where the log bears them out; what they cover may go, and nothing else. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ChainBuilder } from "../../src/journal/chain.ts";
import { listSegments } from "../../src/journal/files.ts";
import { segmentPath } from "../../src/journal/format.ts";
import { placeOf, readLog } from "../../src/journal/reader.ts";
import { recoverLog } from "../../src/journal/recover.ts";
import { retain } from "../../src/journal/retention.ts";
import {
  listSnapshots,
  readSnapshot,
  SNAPSHOT_KIND,
  snapshotName,
  writeSnapshot,
} from "../../src/journal/snapshot-file.ts";
import { verifyLog } from "../../src/journal/verify.ts";
import { codeOf, openSmall, payloadFor, readAll, SMALL } from "./support-parts.ts";
import { createTempDirectory } from "./temp-directory.ts";

const RECORDS = 400;
const { LANE, INTAKE } = SNAPSHOT_KIND;
const DAY_MS = 86_400_000;

function filledLog(records = RECORDS): string {
  const directory = createTempDirectory();
  const { writer } = openSmall(directory);
  for (let lsn = 1; lsn <= records; lsn++) writer.append(1, 1, lsn, SMALL.wallMs + lsn * DAY_MS, payloadFor(lsn));
  writer.close();
  return directory;
}

/** A snapshot of the first `lsn` records, which says so. */
function snapshotAt(directory: string, lsn: number): void {
  for (const record of readLog(directory)) {
    if (record.lsn !== lsn) continue;
    const place = placeOf(record);
    const needs = { intake: place.segment, decisions: place.segment };
    writeSnapshot(directory, LANE, place, needs, Buffer.from(`the first ${lsn}`));
    return;
  }
}

const read = (directory: string, bad: string[] = []) =>
  readSnapshot(
    directory,
    LANE,
    (payload) => ({ text: payload.toString() }),
    ({ why }) => bad.push(why),
  );

describe("a snapshot", () => {
  it("is found again, the newest first, and says where to go on", () => {
    const directory = filledLog();
    expect(read(directory)).toBeNull();
    snapshotAt(directory, 100);
    snapshotAt(directory, 250);
    const { place, value } = read(directory)!;
    expect(value.text).toBe("the first 250");
    expect([...readLog(directory, { after: place })].length).toBe(RECORDS - 250);
    snapshotAt(directory, 300);
    expect(listSnapshots(directory)).toEqual([300, 250]);
  });

  it("is passed over for the one before at every single byte that is not what was written", () => {
    const directory = filledLog();
    snapshotAt(directory, 100);
    snapshotAt(directory, 250);
    const file = join(directory, snapshotName(250));
    const good = fs.readFileSync(file);
    for (let at = 0; at < good.length; at++) {
      const bytes = Buffer.from(good);
      bytes[at]! ^= 1 + (at % 255);
      fs.writeFileSync(file, bytes);
      const bad: string[] = [];
      expect(read(directory, bad)?.value.text, `byte ${at}`).toBe("the first 100");
      expect(bad.length).toBe(1);
    }
    for (const length of [0, 20, good.length - 1]) {
      fs.writeFileSync(file, good.subarray(0, length));
      expect(read(directory)?.value.text).toBe("the first 100");
    }
    fs.writeFileSync(file, good);
    expect(read(directory)?.value.text).toBe("the first 250");
  });

  it("is passed over where the log is not the one it was made of, and where it is of another kind", () => {
    const directory = filledLog();
    snapshotAt(directory, 250);
    const bad: string[] = [];
    expect(
      readSnapshot(
        directory,
        INTAKE,
        () => ({}),
        ({ why }) => bad.push(why),
      ),
    ).toBeNull();
    const { place } = read(directory)!;
    const segment = fs.readFileSync(segmentPath(directory, place.segment));
    segment[place.recordOffset + 60]! ^= 1;
    fs.writeFileSync(segmentPath(directory, place.segment), segment);
    expect(read(directory, bad)).toBeNull();
    fs.rmSync(segmentPath(directory, place.segment));
    expect(read(directory, bad)).toBeNull();
    expect(bad).toEqual(["it is of another log", ...Array(2).fill("record 250 is not where it says, or is another")]);
  });
});

describe("an opening that trusts", () => {
  it("a snapshot reads only what lies behind it", () => {
    const directory = filledLog();
    snapshotAt(directory, 390);
    const { place } = read(directory)!;
    const whole = recoverLog(directory, SMALL.logId);
    // Damage before it is for who reads the log from its beginning.
    const file = segmentPath(directory, place.segment);
    const bytes = fs.readFileSync(file);
    bytes[4200]! ^= 1;
    fs.writeFileSync(file, bytes);
    expect(place.recordOffset).toBeGreaterThan(4200);
    expect(recoverLog(directory, SMALL.logId, "durable")).toEqual(whole);
    expect(codeOf(() => recoverLog(directory, SMALL.logId))).toBe("no error");
    expect(readAll(directory).length).toBeLessThan(390);
  });

  it("this boot finds the end that reading everything finds, and reads everything after another boot", () => {
    const directory = createTempDirectory();
    const segmentBytes = 4 * 1024 * 1024;
    for (const records of [0, 1, 3, 900, 4000, 9000]) {
      const { writer } = openSmall(directory, { segmentBytes, bufferBytes: 65_536, trust: { boot: SMALL.bootId } });
      for (let n = 0; n < records; n++) writer.append(1, 1, n, SMALL.wallMs, payloadFor(n));
      writer.close();
      const whole = recoverLog(directory, SMALL.logId);
      expect(recoverLog(directory, SMALL.logId, { boot: SMALL.bootId }), `${records} more`).toEqual(whole);
      expect(recoverLog(directory, SMALL.logId, { boot: "boot-b" })).toEqual(whole);
    }
    expect(listSegments(directory).length).toBe(1);
  });
});

describe("retention", () => {
  const rule = { keepMs: 10 * DAY_MS, keepBytes: Number.POSITIVE_INFINITY, archive: null } as const;
  const nowMs = SMALL.wallMs + RECORDS * DAY_MS;

  function chained(): string {
    const directory = filledLog();
    const chain = new ChainBuilder(directory);
    while (chain.advance(listSegments(directory).at(-1)!)) {}
    chain.close();
    return directory;
  }

  it("removes what is old, covered and chained, the oldest first, and never the last two", () => {
    const directory = chained();
    const segments = listSegments(directory);
    expect(segments.length).toBeGreaterThan(5);
    expect(retain(directory, { ...rule, keepMs: Number.POSITIVE_INFINITY }, 99, nowMs)).toEqual([]);
    expect(retain(directory, rule, 3, nowMs)).toEqual([1, 2]);
    expect(retain(directory, rule, 99, nowMs)).toEqual(segments.slice(2, -2));
    const [first] = readAll(directory);
    expect(first!.lsn).toBeGreaterThan(1);
    expect(codeOf(() => [...readLog(directory, { whole: true })])).toBe("JOURNAL_TRIMMED");
    expect(verifyLog(directory)).toMatchObject({ fault: null, firstLsn: first!.lsn, links: 1, segments: 2 });
  });

  it("keeps what is young, and by size the newest", () => {
    const directory = chained();
    const wallMs: number[] = [];
    for (const record of readLog(directory)) wallMs[record.segment] ??= record.wallMs;
    // The second ended when the third began.
    expect(retain(directory, rule, 99, wallMs[3]! + 10 * DAY_MS)).toEqual([1]);
    const keepBytes = 3 * SMALL.segmentBytes;
    const before = listSegments(directory);
    expect(retain(directory, { ...rule, keepMs: Number.POSITIVE_INFINITY, keepBytes }, 99, nowMs)).toEqual(
      before.slice(0, -3),
    );
  });

  it("keeps what has no link yet, and moves whole segments into an archive that continues the chain", () => {
    const unchained = filledLog();
    expect(retain(unchained, rule, 99, nowMs)).toEqual([]);
    const directory = chained();
    const archive = join(createTempDirectory(), "intake");
    const all = readAll(directory);
    const gone = retain(directory, { ...rule, archive }, 99, nowMs);
    expect(listSegments(archive)).toEqual(gone);
    expect(verifyLog(archive)).toMatchObject({ fault: null, firstLsn: 1, links: gone.length - 1 });
    for (const segment of listSegments(directory))
      fs.copyFileSync(segmentPath(directory, segment), segmentPath(archive, segment));
    expect(readAll(archive)).toEqual(all);
    expect(verifyLog(archive).links).toBe(listSegments(archive).length - 1);
  });
});
