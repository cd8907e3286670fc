/**
 * Walks the records of one segment, forward, in large reads.
 *
 * The fields are those of the record at the cursor and are overwritten by the next step: copy what must outlive it. Memory
 * is bounded by the larger of the chunk and one record. Works on a segment that is being written: the bytes past the last
 * complete record look like `end` or `bad`, and `reload()` looks again.
 */
import fs from "node:fs";
import { assert } from "../domain/units.ts";
import { type CrcArea, crcOf, createCrcArea } from "./crc.ts";
import { JournalError } from "./errors.ts";
import { readPadded } from "./files.ts";
import {
  decodeIdentity,
  decodeStart,
  RECORD_CRC_OFFSET,
  RECORD_DISTANCE_OFFSET,
  RECORD_HEADER_BYTES,
  RECORD_LSN_OFFSET,
  RECORD_MONO_OFFSET,
  RECORD_TYPE_OFFSET,
  RECORD_VERSION_OFFSET,
  RECORD_WALL_OFFSET,
  recordBytesFor,
  SEGMENT_HEADER_BYTES,
  type SegmentIdentity,
  type SegmentStart,
  segmentPath,
} from "./format.ts";

const CHUNK_BYTES = 1024 * 1024;

const NO_AREA = createCrcArea(0);

/**
 * record  a whole record with a good checksum
 * end     zeroes, or no room for another record
 * bad     anything else
 */
export type Step = "record" | "end" | "bad";

export class RecordCursor {
  lsn = 0;
  type = 0;
  version = 0;
  monoNs = 0;
  wallMs = 0;
  /** What the writer knew to be durable when it wrote this record. 0: nothing. */
  durableLsn = 0;
  payload: Buffer = Buffer.alloc(0);
  /** Where the record at the cursor begins in the segment's file. */
  recordOffset = SEGMENT_HEADER_BYTES;
  /** Of the next record in the segment's file: where the last step stopped unless it returned `record`. */
  offset = SEGMENT_HEADER_BYTES;

  readonly path: string;
  readonly identity: SegmentIdentity;
  /** Null when it never reached the disk. */
  readonly start: SegmentStart | null;
  readonly fileBytes: number;
  readonly #fd: number;
  #area: CrcArea = NO_AREA;
  #buffer: Buffer = Buffer.alloc(0);
  #chunkOffset = 0;
  #chunkBytes = 0;

  /** Throws ENOENT as it is, and JOURNAL_CORRUPT when the file's first sector is not the segment it should be. */
  constructor(directory: string, segment: number) {
    this.path = segmentPath(directory, segment);
    this.#fd = fs.openSync(this.path, "r");
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    readPadded(this.#fd, header, header.length, 0);
    this.fileBytes = fs.fstatSync(this.#fd).size;
    const identity = decodeIdentity(header);
    if (!identity || identity.segment !== segment) {
      fs.closeSync(this.#fd);
      throw new JournalError("JOURNAL_CORRUPT", `${this.path} does not begin like segment ${segment}`, {
        file: this.path,
        offset: 0,
      });
    }
    this.identity = identity;
    this.start = decodeStart(header);
  }

  get segment(): number {
    return this.identity.segment;
  }

  next(): Step {
    const { segmentBytes } = this.identity;
    if (this.offset + RECORD_HEADER_BYTES > segmentBytes) return "end";
    let at = this.#need(RECORD_HEADER_BYTES);
    const payloadBytes = this.#buffer.readUInt32LE(at);
    const crc = this.#buffer.readUInt32LE(at + RECORD_CRC_OFFSET);
    const lsn = this.#readLsn(at);
    if (payloadBytes === 0 && crc === 0 && lsn === 0) return "end";
    const recordBytes = recordBytesFor(payloadBytes);
    if (recordBytes > segmentBytes - this.offset) return "bad";
    at = this.#need(recordBytes);
    if (crcOf(this.#area, at + RECORD_LSN_OFFSET, recordBytes - RECORD_LSN_OFFSET, payloadBytes) !== crc) return "bad";
    this.lsn = lsn;
    this.monoNs = this.#buffer.readDoubleLE(at + RECORD_MONO_OFFSET);
    this.wallMs = this.#buffer.readDoubleLE(at + RECORD_WALL_OFFSET);
    this.type = this.#buffer.readUInt16LE(at + RECORD_TYPE_OFFSET);
    this.version = this.#buffer.readUInt16LE(at + RECORD_VERSION_OFFSET);
    this.durableLsn = Math.max(0, lsn - this.#buffer.readUInt32LE(at + RECORD_DISTANCE_OFFSET));
    this.payload = this.#buffer.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + payloadBytes);
    this.recordOffset = this.offset;
    this.offset += recordBytes;
    return "record";
  }

  /**
   * Moves on to the next place where a record with an lsn in [`lsnMin`, `lsnMax`] begins, however damaged the bytes before
   * it are, and reads it. Looks at every group of 8 bytes.
   */
  seek(lsnMin: number, lsnMax: number): boolean {
    const { segmentBytes } = this.identity;
    for (; this.offset + RECORD_HEADER_BYTES <= segmentBytes; this.offset += 8) {
      const at = this.#need(RECORD_HEADER_BYTES);
      const lsn = this.#readLsn(at);
      if (lsn >= lsnMin && lsn <= lsnMax && this.next() === "record") return true;
    }
    return false;
  }

  /** Forgets what was read, to see what a writer has written since. */
  reload(): void {
    this.#chunkBytes = 0;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #readLsn(at: number): number {
    return (
      this.#buffer.readUInt32LE(at + RECORD_LSN_OFFSET + 4) * 2 ** 32 +
      this.#buffer.readUInt32LE(at + RECORD_LSN_OFFSET)
    );
  }

  /** Has `byteCount` bytes from the cursor on in the chunk, and says where in it they begin: a multiple of 8. */
  #need(byteCount: number): number {
    const at = this.offset - this.#chunkOffset;
    if (at >= 0 && at + byteCount <= this.#chunkBytes) return at;
    if (byteCount > this.#area.bytes.length) {
      const chunkBytes = Math.min(CHUNK_BYTES, Math.floor(this.identity.segmentBytes / 8) * 8);
      this.#area = createCrcArea(Math.max(byteCount, chunkBytes));
      this.#buffer = Buffer.from(this.#area.bytes.buffer);
    }
    this.#chunkOffset = this.offset;
    this.#chunkBytes = Math.min(this.#area.bytes.length, this.identity.segmentBytes - this.offset);
    assert(this.#chunkBytes >= byteCount, "a record never reaches past its segment");
    readPadded(this.#fd, this.#buffer, this.#chunkBytes, this.offset);
    return 0;
  }
}
