/**
 * What survives of a log after a crash: every record that was ever durable, and nothing that was not written.
 *
 *   - A crash of the process leaves all that was written. A power loss may drop, zero or garble any sector that was not yet
 *     synced, in the last segment and in the one before if the writer had just rolled; so the log is cut at the first record
 *     that is not whole. (The disk is trusted not to harm synced bytes in front of new ones in the same sector.)
 *   - A record that is not whole although a later one knows that it had been durable is damage, not a torn tail. The log is
 *     refused: cutting it would lose acknowledged records.
 *   - What is cut is overwritten with zeroes before anything is appended. Otherwise a later crash could join new records to
 *     old ones behind them whose numbers happen to follow.
 *   - All that is kept is synced: the caller may treat the last record as durable.
 *
 * Reads everything once: about a third of a second per 64 MiB. Owners may have less read:
 *
 *   durable   what no later record and no snapshot knows durable: usually the end of the last segment. For an owner that reads
 *             the log afterwards anyway, from its beginning or from a snapshot (damage shows then, reader.ts).
 *   boot      the end of the last segment, where that was begun since the machine has booted: only a power loss takes what was
 *             written. For a log of small records that nobody depends on; a damaged segment shows when it is read.
 */
import fs from "node:fs";
import { RecordCursor } from "./cursor.ts";
import { JournalError } from "./errors.ts";
import { isZero, listSegments, readPadded, removeLeftovers, SLICE_BYTES, syncDirectory, writeZeroes } from "./files.ts";
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES, type SegmentIdentity, segmentPath } from "./format.ts";
import { newestPlace } from "./snapshot-file.ts";

export type Trust = "nothing" | "durable" | { readonly boot: string };

export interface LastSegment {
  readonly segment: number;
  readonly segmentBytes: number;
  /** Where the next record goes. */
  readonly endOffset: number;
  /** Its start sector is there. A power loss may have taken it. */
  readonly started: boolean;
}

export interface Recovered {
  /** Null when the directory holds no log yet. */
  readonly last: LastSegment | null;
  /** Of the records kept; `firstLsn` is the next lsn where none is. */
  readonly firstLsn: number;
  readonly lastLsn: number;
  /** Bytes that were not zero in what was cut. */
  readonly tornBytes: number;
}

export function recoverLog(directory: string, logId: number, trust: Trust = "nothing"): Recovered {
  removeLeftovers(directory);
  const segments = listSegments(directory);
  const [first] = segments;
  if (first === undefined) return { last: null, firstLsn: 1, lastLsn: 0, tornBytes: 0 };
  const firstLsn = firstLsnOf(directory, first);
  const trusted = trustedPart(directory, segments, trust, firstLsn);
  // A crash may have kept the start from the only segment there is.
  let lsn = trusted.count === 0 && trusted.offset === undefined ? firstLsn : trusted.nextLsn;
  let tornBytes = 0;
  let last: Recovered["last"] = null;
  for (const [position, segment] of segments.entries()) {
    if (segment !== first + position) {
      const file = segmentPath(directory, first + position);
      throw new JournalError("JOURNAL_CORRUPT", `${file} is missing`, { file, lsn });
    }
    if (position < trusted.count) continue;
    const scan = scanSegment(directory, segment, logId, lsn, position === trusted.count ? trusted.offset : undefined);
    lsn = scan.nextLsn;
    last = { segment, segmentBytes: scan.segmentBytes, endOffset: scan.endOffset, started: scan.started };
    const following = segments.slice(position + 1);
    const [next] = following;
    if (scan.whole && (next === undefined || beginsWith(directory, next, lsn))) continue;
    refuseDamage(directory, [segment, ...following], scan.endOffset, lsn);
    tornBytes = cut(directory, segment, scan.endOffset, following);
    break;
  }
  for (const segment of listSegments(directory)) withFile(segmentPath(directory, segment), fs.fsyncSync);
  syncDirectory(directory);
  return { last, firstLsn, lastLsn: lsn - 1, tornBytes };
}

interface TrustedPart {
  /** Segments that are not read, and the record behind what is not. */
  readonly count: number;
  readonly nextLsn: number;
  /** Where in the segment behind them that record begins; absent where it is the segment's first. */
  readonly offset?: number;
}

function trustedPart(directory: string, segments: readonly number[], trust: Trust, firstLsn: number): TrustedPart {
  if (trust === "nothing") return { count: 0, nextLsn: firstLsn };
  if (trust !== "durable") return sinceBoot(directory, segments, trust.boot) ?? { count: 0, nextLsn: firstLsn };
  const known = trustedSegments(directory, segments);
  const place = newestPlace(directory);
  const count = place === null ? -1 : segments.indexOf(place.segment);
  return place === null || count < known.count ? known : { count, nextLsn: place.lsn + 1, offset: place.nextOffset };
}

/** All but the end of the last segment; null where that was begun before the machine has booted. */
function sinceBoot(directory: string, segments: readonly number[], boot: string): TrustedPart | null {
  const cursor = new RecordCursor(directory, segments.at(-1)!);
  try {
    if (cursor.start?.bootId !== boot) return null;
    const { segmentBytes } = cursor.identity;
    const { firstLsn } = cursor.start;
    cursor.offset = withFile(cursor.path, (fd) => zeroesFrom(fd, segmentBytes)) - SLICE_BYTES;
    const lsnMax = firstLsn + Math.ceil(segmentBytes / RECORD_HEADER_BYTES);
    const count = segments.length - 1;
    if (cursor.offset <= SEGMENT_HEADER_BYTES || !cursor.seek(firstLsn, lsnMax)) return { count, nextLsn: firstLsn };
    return { count, nextLsn: cursor.lsn, offset: cursor.recordOffset };
  } finally {
    cursor.close();
  }
}

/** The first slice from which on nothing is written, found by halving: a log is written from its beginning on. */
function zeroesFrom(fd: number, segmentBytes: number): number {
  const slice = Buffer.alloc(SLICE_BYTES);
  let written = 0;
  let empty = Math.ceil((segmentBytes - SEGMENT_HEADER_BYTES) / SLICE_BYTES);
  while (written < empty) {
    const middle = Math.floor((written + empty) / 2);
    const from = SEGMENT_HEADER_BYTES + middle * SLICE_BYTES;
    const bytes = slice.subarray(0, Math.min(SLICE_BYTES, segmentBytes - from));
    readPadded(fd, bytes, bytes.length, from);
    if (isZero(bytes)) empty = middle;
    else written = middle + 1;
  }
  return SEGMENT_HEADER_BYTES + written * SLICE_BYTES;
}

/**
 * How many segments from the oldest on hold nothing but records that a later record knows durable, and the record behind
 * them. Never all of them, and none where a start is missing.
 */
function trustedSegments(directory: string, segments: readonly number[]): { count: number; nextLsn: number } {
  const starts = segments.map((segment) => {
    const cursor = new RecordCursor(directory, segment);
    try {
      const firstLsn = cursor.start?.firstLsn ?? Number.NaN;
      const isRecord = cursor.next() === "record" && cursor.lsn === firstLsn;
      return { firstLsn, durableLsn: isRecord ? cursor.durableLsn : 0 };
    } finally {
      cursor.close();
    }
  });
  const durableLsn = Math.max(0, ...starts.map((start) => start.durableLsn));
  let count = 0;
  for (let at = 1; at < starts.length && starts[at]!.firstLsn - 1 <= durableLsn; at++) count = at;
  return { count, nextLsn: starts[count]?.firstLsn ?? 1 };
}

interface Scan {
  readonly nextLsn: number;
  readonly endOffset: number;
  readonly segmentBytes: number;
  readonly started: boolean;
  /** The records are followed by nothing but zeroes. */
  readonly whole: boolean;
}

function scanSegment(
  directory: string,
  segment: number,
  logId: number,
  expectedLsn: number,
  fromOffset: number = SEGMENT_HEADER_BYTES,
): Scan {
  const cursor = new RecordCursor(directory, segment);
  try {
    const { segmentBytes } = cursor.identity;
    if (cursor.identity.logId !== logId) {
      throw new JournalError(
        "JOURNAL_CORRUPT",
        `${cursor.path} belongs to log ${cursor.identity.logId}, not ${logId}`,
        {
          file: cursor.path,
          offset: 0,
        },
      );
    }
    cursor.offset = fromOffset;
    let nextLsn = expectedLsn;
    let endOffset = cursor.offset;
    let step = cursor.next();
    while (step === "record" && cursor.lsn === nextLsn) {
      nextLsn++;
      endOffset = cursor.offset;
      step = cursor.next();
    }
    const clean = withFile(cursor.path, (fd) => dirtyBytes(fd, endOffset)) === 0;
    const whole = step === "end" && clean && cursor.fileBytes >= segmentBytes;
    return { nextLsn, endOffset, segmentBytes, started: cursor.start !== null, whole };
  } finally {
    cursor.close();
  }
}

/** The oldest segment kept says where the log begins; a log that was never trimmed begins at 1. */
function firstLsnOf(directory: string, segment: number): number {
  const cursor = new RecordCursor(directory, segment);
  try {
    if (cursor.start) return cursor.start.firstLsn;
    if (segment === 1) return 1;
    if (cursor.next() === "record") return cursor.lsn;
    throw new JournalError("JOURNAL_CORRUPT", `${cursor.path} does not say where it begins`, { file: cursor.path });
  } finally {
    cursor.close();
  }
}

/** Either the start sector or the first record may prove it: after a power loss one of them can be missing. */
function beginsWith(directory: string, segment: number, lsn: number): boolean {
  const cursor = new RecordCursor(directory, segment);
  try {
    return cursor.start?.firstLsn === lsn || (cursor.next() === "record" && cursor.lsn === lsn);
  } finally {
    cursor.close();
  }
}

/** Throws when any record behind the bad one says that the bad one had been durable. */
export function refuseDamage(directory: string, segments: readonly number[], endOffset: number, lsn: number): void {
  let lsnMax = lsn;
  for (const segment of segments) {
    const cursor = new RecordCursor(directory, segment);
    try {
      if (segment === segments[0]) cursor.offset = endOffset;
      lsnMax += Math.ceil(cursor.identity.segmentBytes / RECORD_HEADER_BYTES);
      while (cursor.seek(lsn + 1, lsnMax)) {
        if (cursor.durableLsn < lsn) continue;
        const file = segmentPath(directory, segments[0]!);
        const message = `record ${lsn} at byte ${endOffset} of ${file} is damaged: record ${cursor.lsn} knew it durable`;
        throw new JournalError("JOURNAL_CORRUPT", message, { file, offset: endOffset, lsn });
      }
    } finally {
      cursor.close();
    }
  }
}

/** Later segments go first, and last to first, so that an interrupted cut leaves a log that is cut at the same record. */
function cut(directory: string, segment: number, endOffset: number, following: readonly number[]): number {
  let tornBytes = 0;
  for (const later of following.toReversed()) {
    tornBytes += withFile(segmentPath(directory, later), (fd) => dirtyBytes(fd, SEGMENT_HEADER_BYTES));
    fs.unlinkSync(segmentPath(directory, later));
    syncDirectory(directory);
  }
  const { segmentBytes } = identityOf(directory, segment);
  tornBytes += withFile(segmentPath(directory, segment), (fd) => {
    const dirty = dirtyBytes(fd, endOffset);
    writeZeroes(fd, endOffset, endOffset + dirty);
    writeZeroes(fd, fs.fstatSync(fd).size, segmentBytes);
    fs.fsyncSync(fd);
    return dirty;
  });
  return tornBytes;
}

/** Distance from `from` to the end of the last byte that is not zero. */
function dirtyBytes(fd: number, from: number): number {
  const { size } = fs.fstatSync(fd);
  const slice = Buffer.alloc(Math.max(0, Math.min(SLICE_BYTES, size - from)));
  let dirtyEnd = from;
  for (let offset = from; offset < size; offset += SLICE_BYTES) {
    const bytes = slice.subarray(0, Math.min(SLICE_BYTES, size - offset));
    readPadded(fd, bytes, bytes.length, offset);
    if (isZero(bytes)) continue;
    dirtyEnd = offset + bytes.findLastIndex((byte) => byte !== 0) + 1;
  }
  return dirtyEnd - from;
}

function identityOf(directory: string, segment: number): SegmentIdentity {
  const cursor = new RecordCursor(directory, segment);
  cursor.close();
  return cursor.identity;
}

function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = fs.openSync(path, "r+");
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}
