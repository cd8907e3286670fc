/**
 * Reads a log in order, while its writer appends to it or after its death.
 *
 * Stops at the first record that is not whole in the last segment: it may be half written. Anything else that is not the
 * next record is JOURNAL_CORRUPT. Does not repair (recover.ts) and does not wait for more: read again from
 * `lastLsn + 1`. Memory is bounded by one chunk or one record.
 */
import fs from "node:fs";
import { crc32 } from "node:zlib";
import { RecordCursor } from "./cursor.ts";
import { errnoOf, JournalError } from "./errors.ts";
import { listSegments } from "./files.ts";
import {
  RECORD_CRC_OFFSET,
  RECORD_HEADER_BYTES,
  RECORD_LSN_OFFSET,
  RECORD_MONO_OFFSET,
  RECORD_TYPE_OFFSET,
  RECORD_VERSION_OFFSET,
  RECORD_WALL_OFFSET,
  recordBytesFor,
  segmentPath,
} from "./format.ts";

/** Where reading has come to: the record it ends with, and where the next begins in the same segment. */
export interface LogPlace {
  readonly lsn: number;
  readonly segment: number;
  readonly recordOffset: number;
  readonly nextOffset: number;
}

/** Overwritten by the next step of the iteration, payload included: copy what must outlive it. */
export interface RecordView {
  readonly lsn: number;
  readonly type: number;
  readonly version: number;
  readonly monoNs: number;
  readonly wallMs: number;
  readonly payload: Uint8Array;
}

/** A record and where it lies: the segment, and where it begins in the segment's file. */
export interface PlacedRecord extends RecordView {
  readonly segment: number;
  readonly recordOffset: number;
}

/** The place of the record that is being looked at. */
export const placeOf = ({ lsn, segment, recordOffset, payload }: PlacedRecord): LogPlace => ({
  lsn,
  segment,
  recordOffset,
  nextOffset: recordOffset + recordBytesFor(payload.length),
});

export interface ReadOptions {
  /** Begins here, or with the oldest record that retention has kept if that is later. */
  readonly fromLsn?: number;
  /** Begins behind this record, without reading what lies before it. */
  readonly after?: LogPlace;
  /** Nothing less than all of the log will do: throws JOURNAL_TRIMMED where retention has taken its beginning. */
  readonly whole?: boolean;
}

export function* readLog(
  directory: string,
  { fromLsn = 1, after, whole = false }: ReadOptions = {},
): Generator<PlacedRecord, void, undefined> {
  const segments = listSegments(directory);
  const [oldest = 1] = segments;
  if (whole && oldest > 1) throw trimmed(directory, oldest);
  let segment = after?.segment ?? firstSegmentFor(directory, segments, fromLsn);
  let expectedLsn = after === undefined ? 0 : after.lsn + 1;
  while (segment > 0) {
    const cursor = openSegment(directory, segment);
    try {
      if (segment === after?.segment) cursor.offset = after.nextOffset;
      if (expectedLsn === 0 && cursor.start) expectedLsn = cursor.start.firstLsn;
      for (let step = cursor.next(); ; step = cursor.next()) {
        if (step !== "record" && successorExists(directory, segment)) {
          // The writer is done with this segment. It may have been when we last read from it, or after.
          cursor.reload();
          step = cursor.next();
          if (step !== "record") {
            if (step === "bad") throw corrupt(cursor, expectedLsn);
            break;
          }
        }
        if (step !== "record") return;
        if (expectedLsn !== 0 && cursor.lsn !== expectedLsn) throw corrupt(cursor, expectedLsn);
        expectedLsn = cursor.lsn + 1;
        if (cursor.lsn >= fromLsn) yield cursor;
      }
    } finally {
      cursor.close();
    }
    segment++;
  }
}

/** One record by its place, without what lies before it; null where none begins there. The view is the caller's to keep. */
export function readRecordAt(directory: string, segment: number, recordOffset: number): PlacedRecord | null {
  const fd = fs.openSync(segmentPath(directory, segment), "r");
  try {
    const head = Buffer.alloc(RECORD_HEADER_BYTES);
    if (fs.readSync(fd, head, 0, head.length, recordOffset) !== head.length) return null;
    const payloadBytes = head.readUInt32LE(0);
    const rest = recordBytesFor(payloadBytes) - RECORD_HEADER_BYTES;
    const lsn = Number(head.readBigUInt64LE(RECORD_LSN_OFFSET));
    if (lsn === 0 || rest > fs.fstatSync(fd).size) return null;
    const padded = Buffer.alloc(rest);
    if (fs.readSync(fd, padded, 0, rest, recordOffset + RECORD_HEADER_BYTES) !== rest) return null;
    const crc = crc32(padded, crc32(head.subarray(RECORD_LSN_OFFSET), payloadBytes));
    if (crc !== head.readUInt32LE(RECORD_CRC_OFFSET)) return null;
    return {
      lsn,
      type: head.readUInt16LE(RECORD_TYPE_OFFSET),
      version: head.readUInt16LE(RECORD_VERSION_OFFSET),
      monoNs: head.readDoubleLE(RECORD_MONO_OFFSET),
      wallMs: head.readDoubleLE(RECORD_WALL_OFFSET),
      payload: padded.subarray(0, payloadBytes),
      segment,
      recordOffset,
    };
  } finally {
    fs.closeSync(fd);
  }
}

/** The last segment that begins at or before the lsn; 0 when there is no segment. */
function firstSegmentFor(directory: string, segments: readonly number[], fromLsn: number): number {
  for (const segment of segments.toReversed()) {
    if (segment === segments[0]) return segment;
    const cursor = openSegment(directory, segment);
    cursor.close();
    if (cursor.start && cursor.start.firstLsn <= fromLsn) return segment;
  }
  return 0;
}

function openSegment(directory: string, segment: number): RecordCursor {
  try {
    return new RecordCursor(directory, segment);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    const file = segmentPath(directory, segment);
    throw new JournalError("JOURNAL_TRIMMED", `${file} was deleted while it was to be read`, { file, cause: error });
  }
}

const successorExists = (directory: string, segment: number): boolean =>
  fs.existsSync(segmentPath(directory, segment + 1));

function trimmed(directory: string, oldest: number): JournalError {
  const file = segmentPath(directory, oldest);
  const message = `${file} is the oldest segment left: those before it were archived or removed, and are needed here`;
  return new JournalError("JOURNAL_TRIMMED", message, { file });
}

function corrupt(cursor: RecordCursor, lsn: number): JournalError {
  const message = `record ${lsn} is not whole before byte ${cursor.offset} of ${cursor.path}`;
  return new JournalError("JOURNAL_CORRUPT", message, { file: cursor.path, offset: cursor.offset, lsn });
}
