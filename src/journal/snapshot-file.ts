/**
 * Snapshot files: what the records of a log up to one of them had folded into, so that a start reads only what came after.
 * They lie beside the segments as `0000000000012345.snap`, named by the last record they cover.
 *
 *   magic 8 | format version u32 | kind u32 | lsn u64 | segment u32 | record offset u32 | next offset u32 | record crc32 u32
 *   | payload bytes u64 | SHA-256 of the segment before, as its successor has it, or zeroes 32 | oldest segments needed: intake
 *   u32, decisions u32 | payload | SHA-256 of all that
 *
 * Invariants
 *   - A snapshot covers durable records only, and appears whole or not at all: written aside, synced, renamed, directory synced.
 *   - It is never believed by itself: its hash, the record it ends with and the chain before that must be those of the log. One
 *     that fails is passed over for the one before, and at the last for the whole log.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { errnoOf } from "./errors.ts";
import { readPadded, syncDirectory, writeWhole } from "./files.ts";
import { decodeChain, RECORD_CRC_OFFSET, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, segmentPath } from "./format.ts";
import { type LogPlace, readRecordAt } from "./reader.ts";

/** What the payload is; a number on disk, never reused. */
export const SNAPSHOT_KIND = { LANE: 1, INTAKE: 2 } as const;

export interface Snapshot<Value> {
  readonly place: LogPlace;
  readonly value: Value;
}

/** The oldest segment of each log that a start from a snapshot may still read; NO_SEGMENT where it reads none. */
export interface SegmentsNeeded {
  readonly intake: number;
  readonly decisions: number;
}
export const NO_SEGMENT = 0xffff_ffff;

/** One that is there and cannot be used. */
export interface BadSnapshot {
  readonly file: string;
  readonly why: string;
}

const MAGIC = Buffer.from("OUTRGSNP", "latin1");
const VERSION = 1;
const HEADER_BYTES = 88;
const CHAIN_OFFSET = 48;
const NEEDS_OFFSET = 80;
const SHA256_BYTES = 32;
const NO_CHAIN = Buffer.alloc(SHA256_BYTES);
/** The newest, and one before it should the newest prove bad. */
const KEPT = 2;
const NAME = /^(\d{16})\.snap$/;
const SLICE_BYTES = 1024 * 1024;

export const snapshotName = (lsn: number): string => `${String(lsn).padStart(16, "0")}.snap`;

/** Positions that snapshots of the log claim to cover, newest first. */
export function listSnapshots(directory: string): number[] {
  if (!fs.existsSync(directory)) return [];
  const lsns = fs.readdirSync(directory).flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return lsns.sort((a, b) => b - a);
}

/** Writes one and removes those before the last `KEPT`. Blocks for the disk; to be called where nobody waits. */
export function writeSnapshot(
  directory: string,
  kind: number,
  place: LogPlace,
  needs: SegmentsNeeded,
  payload: Buffer,
): void {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header, 0);
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(kind, 12);
  header.writeBigUInt64LE(BigInt(place.lsn), 16);
  header.writeUInt32LE(place.segment, 24);
  header.writeUInt32LE(place.recordOffset, 28);
  header.writeUInt32LE(place.nextOffset, 32);
  header.writeUInt32LE(recordCrcAt(directory, place), 36);
  header.writeBigUInt64LE(BigInt(payload.length), 40);
  header.set(chainAt(directory, place.segment) ?? NO_CHAIN, CHAIN_OFFSET);
  header.writeUInt32LE(needs.intake, NEEDS_OFFSET);
  header.writeUInt32LE(needs.decisions, NEEDS_OFFSET + 4);
  const path = join(directory, snapshotName(place.lsn));
  const aside = `${path}.tmp`;
  const fd = fs.openSync(aside, "w+");
  try {
    writeWhole(fd, header, header.length, 0);
    for (let at = 0; at < payload.length; at += SLICE_BYTES) {
      const slice = payload.subarray(at, at + SLICE_BYTES);
      writeWhole(fd, slice, slice.length, HEADER_BYTES + at);
      // Slice by slice: one long sync would hold up those that senders wait for.
      fs.fdatasyncSync(fd);
    }
    writeWhole(fd, hashOf(header, payload), SHA256_BYTES, HEADER_BYTES + payload.length);
    fs.fsyncSync(fd);
  } catch (error) {
    fs.closeSync(fd);
    fs.rmSync(aside, { force: true });
    throw error;
  }
  fs.closeSync(fd);
  fs.renameSync(aside, path);
  syncDirectory(directory);
  for (const lsn of listSnapshots(directory).slice(KEPT))
    fs.rmSync(join(directory, snapshotName(lsn)), { force: true });
}

/**
 * The newest snapshot of that kind that the log bears out and `parse` can make something of; null where there is none. `parse`
 * says in words what is wrong with a payload. `onBad` hears of those passed over.
 */
export function readSnapshot<Value extends object>(
  directory: string,
  kind: number,
  parse: (payload: Buffer) => Value | string,
  onBad: (bad: BadSnapshot) => void = () => {},
): Snapshot<Value> | null {
  for (const lsn of listSnapshots(directory)) {
    const file = join(directory, snapshotName(lsn));
    const checked = checkedSnapshot(directory, file, lsn, kind);
    const value = typeof checked === "string" ? checked : parse(checked.value);
    if (typeof checked !== "string" && typeof value !== "string") return { place: checked.place, value };
    onBad({ file, why: String(value) });
  }
  return null;
}

/** Where the newest snapshot ends whose last record the log still has: what lies before was durable. Null where none is. */
export function newestPlace(directory: string): LogPlace | null {
  for (const lsn of listSnapshots(directory)) {
    const header = headerOf(join(directory, snapshotName(lsn)));
    const place = header === null ? null : placeIn(header);
    if (place !== null && place.lsn === lsn && bearsOut(directory, place, header!.readUInt32LE(36))) return place;
  }
  return null;
}

/** What all snapshots of a log together still need; null where it has none, or one cannot be read. */
export function segmentsNeeded(directory: string): SegmentsNeeded | null {
  let needed: SegmentsNeeded | null = null;
  for (const lsn of listSnapshots(directory)) {
    const header = headerOf(join(directory, snapshotName(lsn)));
    if (header === null) return null;
    const intake = Math.min(needed?.intake ?? NO_SEGMENT, header.readUInt32LE(NEEDS_OFFSET));
    const decisions = Math.min(needed?.decisions ?? NO_SEGMENT, header.readUInt32LE(NEEDS_OFFSET + 4));
    needed = { intake, decisions };
  }
  return needed;
}

/** The snapshot, or what is wrong with it. */
function checkedSnapshot(directory: string, file: string, lsn: number, kind: number): Snapshot<Buffer> | string {
  let bytes: Buffer;
  try {
    bytes = wholeFile(file);
  } catch (error) {
    return `cannot be read: ${errnoOf(error)}`;
  }
  if (bytes.length < HEADER_BYTES + SHA256_BYTES) return "it is cut short";
  const header = bytes.subarray(0, HEADER_BYTES);
  if (!header.subarray(0, 8).equals(MAGIC) || header.readUInt32LE(8) !== VERSION) return "it is of another form";
  if (header.readUInt32LE(12) !== kind) return "it is of another log";
  const payload = bytes.subarray(HEADER_BYTES, bytes.length - SHA256_BYTES);
  if (BigInt(payload.length) !== header.readBigUInt64LE(40)) return "it is cut short";
  if (!hashOf(header, payload).equals(bytes.subarray(bytes.length - SHA256_BYTES))) return "its hash is not its own";
  const place = placeIn(header);
  if (place.lsn !== lsn) return "its name is not its own";
  try {
    if (!bearsOut(directory, place, header.readUInt32LE(36)))
      return `record ${lsn} is not where it says, or is another`;
    const chain = chainAt(directory, place.segment);
    const known = header.subarray(CHAIN_OFFSET, CHAIN_OFFSET + SHA256_BYTES);
    if (chain !== null && !known.equals(NO_CHAIN) && !known.equals(chain)) return "the log before it is another";
  } catch (error) {
    return `the log where it ends cannot be read: ${errnoOf(error)}`;
  }
  return { place, value: payload };
}

/** Null where it is none of this form. */
function headerOf(path: string): Buffer | null {
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = fs.openSync(path, "r");
  try {
    readPadded(fd, header, header.length, 0);
  } finally {
    fs.closeSync(fd);
  }
  return header.subarray(0, 8).equals(MAGIC) && header.readUInt32LE(8) === VERSION ? header : null;
}

const placeIn = (header: Buffer): LogPlace => ({
  lsn: Number(header.readBigUInt64LE(16)),
  segment: header.readUInt32LE(24),
  recordOffset: header.readUInt32LE(28),
  nextOffset: header.readUInt32LE(32),
});

function hashOf(header: Uint8Array, payload: Uint8Array): Buffer {
  return createHash("sha256").update(header).update(payload).digest();
}

/** The record that a fold ended with is still there, and the same. */
export function bearsOut(directory: string, place: LogPlace, crc: number): boolean {
  try {
    const record = readRecordAt(directory, place.segment, place.recordOffset);
    return record?.lsn === place.lsn && recordCrcAt(directory, place) === crc;
  } catch (error) {
    if (errnoOf(error) === "UNKNOWN") throw error;
    return false;
  }
}

export function recordCrcAt(directory: string, { segment, recordOffset }: LogPlace): number {
  const head = Buffer.alloc(RECORD_HEADER_BYTES);
  withSegment(directory, segment, (fd) => readPadded(fd, head, head.length, recordOffset));
  return head.readUInt32LE(RECORD_CRC_OFFSET);
}

function chainAt(directory: string, segment: number): Buffer | null {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  withSegment(directory, segment, (fd) => readPadded(fd, header, header.length, 0));
  return decodeChain(header);
}

function withSegment(directory: string, segment: number, use: (fd: number) => void): void {
  const fd = fs.openSync(segmentPath(directory, segment), "r");
  try {
    use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function wholeFile(path: string): Buffer {
  const fd = fs.openSync(path, "r");
  try {
    const bytes = Buffer.alloc(fs.fstatSync(fd).size);
    readPadded(fd, bytes, bytes.length, 0);
    return bytes;
  } finally {
    fs.closeSync(fd);
  }
}
