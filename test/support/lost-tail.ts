/** What a power loss does to a log of which the last records had not reached the disk. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import {
  RECORD_CRC_OFFSET,
  RECORD_HEADER_BYTES,
  RECORD_LSN_OFFSET,
  recordBytesFor,
  segmentPath,
} from "../../src/journal/format.ts";
import { type PlacedRecord, readLog } from "../../src/journal/reader.ts";

/** The last record that `chosen` says yes to; its payload is a copy. */
export function lastRecord(directory: string, chosen: (record: PlacedRecord) => boolean): PlacedRecord {
  let found: PlacedRecord | null = null;
  for (const record of readLog(directory)) {
    if (!chosen(record)) continue;
    const { lsn, type, version, monoNs, wallMs, segment, recordOffset } = record;
    found = { lsn, type, version, monoNs, wallMs, segment, recordOffset, payload: Buffer.from(record.payload) };
  }
  if (found === null) throw new Error(`no such record in ${directory}`);
  return found;
}

/** The record and everything behind it is gone. It lies in the last segment. */
export function loseFrom(directory: string, { segment, recordOffset }: PlacedRecord): void {
  const fd = openSync(segmentPath(directory, segment), "r+");
  const lost = Buffer.alloc(fstatSync(fd).size - recordOffset);
  writeSync(fd, lost, 0, lost.length, recordOffset);
  closeSync(fd);
}

/** Puts other bytes of the same length in a record's place, with a checksum that fits. */
export function rewrite(directory: string, { segment, recordOffset, payload }: PlacedRecord, bytes: Buffer): void {
  if (bytes.length !== payload.length) throw new Error(`${bytes.length} bytes instead of ${payload.length}`);
  const fd = openSync(segmentPath(directory, segment), "r+");
  const record = Buffer.alloc(recordBytesFor(payload.length));
  readSync(fd, record, 0, record.length, recordOffset);
  bytes.copy(record, RECORD_HEADER_BYTES);
  record.writeUInt32LE(crc32(record.subarray(RECORD_LSN_OFFSET), payload.length), RECORD_CRC_OFFSET);
  writeSync(fd, record, 0, record.length, recordOffset);
  closeSync(fd);
}
