/**
 * A log: one writer appends records, which are numbered from 1 without gaps and survive the death of this process as soon
 * as `write()` has returned.
 *
 *   append / begin + commit   copies into a buffer of this process. Allocates nothing, makes no system call.
 *   write                     one system call for all that was appended, then tells the flusher.
 *   (flusher.ts)              makes it survive a power loss, and says so: see durable-watch.ts.
 *
 * Invariants
 *   - One writer per log; the engine's lock (lock.ts) keeps other processes out.
 *   - Record n + 1 is never on disk without record n in front of it.
 *   - After the disk has refused a write, nothing is ever appended again: what it kept of it is unknown.
 *   - A segment is published before any position in it, so the flusher never believes that it has synced what it has not.
 *
 * On a full disk the next segment cannot be prepared, which is known when half of the current one is still free. From then on
 * the end of it is a reserve (`isScarce`): owners refuse what may be refused, so that what may not still finds room, and ask
 * for the next segment again (`retryNext`) until there is one.
 *
 * Rolling to the next segment costs a rename and one small write when the segment has been prepared, which starts when half
 * of the current one is used; else the writer waits for the disk (`unpreparedRolls` counts that).
 */
import fs from "node:fs";
import { assert } from "../domain/units.ts";
import { type CrcArea, crcOf, createCrcArea } from "./crc.ts";
import { errnoOf, JournalError } from "./errors.ts";
import { listSegments, syncDirectory, writeWhole } from "./files.ts";
import {
  DISTANCE_MAX,
  encodeStart,
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
  START_SECTOR_OFFSET,
  segmentPath,
} from "./format.ts";
import { type LogBlock, loadDurableLsn, requestFlush, segmentIndex, storeWrittenLsn } from "./log-block.ts";
import { NextSegment } from "./next-segment.ts";
import type { LogOptions } from "./open-log.ts";
import type { LastSegment, Recovered } from "./recover.ts";

const RESERVE_BYTES_MAX = 1024 * 1024;

export type WriterState = "open" | "failed" | "closed";

export class LogWriter {
  /** Where `begin` lets the caller write a payload. The same for the writer's life. */
  readonly bytes: Buffer;
  readonly view: DataView;

  readonly #options: Required<LogOptions>;
  readonly #block: LogBlock;
  readonly #area: CrcArea;
  /** A log of the same owner that is handed over before anything of this one: no record outlives those there it follows. */
  predecessor: LogWriter | null = null;
  #state: WriterState = "open";
  #failure: unknown = null;

  #fd = -1;
  #segment = 0;
  #segmentBytes = 0;
  #segmentOffset = 0;
  readonly #next: NextSegment;

  #pendingBytes = 0;
  #openPayloadBytes = -1;
  #appendedLsn: number;
  #recordOffset = 0;
  #writtenLsn: number;
  /** As of the first record since the last write: asking the flusher for every record would cost three atomic loads each. */
  #knownDurableLsn: number;
  #wallMs: number;

  constructor(options: Required<LogOptions>, recovered: Recovered) {
    this.#options = options;
    this.#block = options.block;
    this.#area = createCrcArea(options.bufferBytes);
    this.bytes = Buffer.from(this.#area.bytes.buffer);
    this.view = new DataView(this.#area.bytes.buffer);
    this.#next = new NextSegment(options.directory, options.logId, options.segmentBytes);
    this.#appendedLsn = recovered.lastLsn;
    this.#writtenLsn = recovered.lastLsn;
    this.#knownDurableLsn = recovered.lastLsn;
    this.#wallMs = options.wallMs;
    try {
      if (recovered.last) this.#resume(recovered.last);
      else this.#beginSegment(1);
      syncDirectory(options.directory);
      fs.fsyncSync(this.#fd);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#publish();
    this.#trim();
  }

  /** Of the last record committed, whether or not it has been written. */
  get appendedLsn(): number {
    return this.#appendedLsn;
  }

  /** Where in `segment` the last record committed begins. */
  get recordOffset(): number {
    return this.#recordOffset;
  }

  /** Of the last record that survives this process. */
  get writtenLsn(): number {
    return this.#writtenLsn;
  }

  get state(): WriterState {
    return this.#state;
  }

  get segment(): number {
    return this.#segment;
  }

  /** Payloads above this are refused. */
  get payloadBytesMax(): number {
    return Math.min(this.#area.bytes.length, this.#segmentBytes - SEGMENT_HEADER_BYTES) - RECORD_HEADER_BYTES;
  }

  /** Why the next segment could not be prepared (ENOSPC: the disk is full, and the log will fail at its next roll). */
  get preparationErrno(): string | null {
    return this.#next.errno;
  }

  /** There is no next segment, and what is left of this one is kept for records that cannot be refused. */
  get isScarce(): boolean {
    if (this.#next.errno === null) return false;
    const left = this.#segmentBytes - this.#segmentOffset - this.#pendingBytes;
    return left < Math.min(RESERVE_BYTES_MAX, this.#segmentBytes / 8);
  }

  /** The next roll will not wait for the disk. */
  get nextPrepared(): boolean {
    return this.#next.ready;
  }

  /** The next segment is being filled. After `close` this ends by itself, and removes what it had made. */
  get preparing(): boolean {
    return this.#next.preparing;
  }

  get unpreparedRolls(): number {
    return this.#next.hurried;
  }

  /** Appends a payload that already exists. Returns its lsn. */
  append(type: number, version: number, monoNs: number, wallMs: number, payload: Uint8Array): number {
    const offset = this.begin(type, version, payload.length, monoNs, wallMs);
    this.bytes.set(payload, offset);
    return this.commit();
  }

  /**
   * Reserves a record and returns where in `bytes` and `view` its payload goes; `commit` completes it. A record that is
   * not committed before the next `begin` or `write` never was. Writes what is pending when the buffer or the segment has
   * no room for it.
   */
  begin(type: number, version: number, payloadBytes: number, monoNs: number, wallMs: number): number {
    if (this.#state !== "open") throw this.#refusal();
    if (payloadBytes > this.payloadBytesMax) throw tooLarge(payloadBytes, this.payloadBytesMax);
    const recordBytes = recordBytesFor(payloadBytes);
    this.#wallMs = wallMs;
    if (this.#pendingBytes + recordBytes > this.#area.bytes.length) this.write();
    if (this.#segmentOffset + this.#pendingBytes + recordBytes > this.#segmentBytes) this.#roll();
    if (this.#pendingBytes === 0) this.#knownDurableLsn = Math.max(this.#knownDurableLsn, loadDurableLsn(this.#block));
    const { view } = this;
    const at = this.#pendingBytes;
    view.setFloat64(at + RECORD_MONO_OFFSET, monoNs, true);
    view.setFloat64(at + RECORD_WALL_OFFSET, wallMs, true);
    view.setUint16(at + RECORD_TYPE_OFFSET, type, true);
    view.setUint16(at + RECORD_VERSION_OFFSET, version, true);
    this.#openPayloadBytes = payloadBytes;
    return at + RECORD_HEADER_BYTES;
  }

  /** Completes the record begun last, with fewer payload bytes than reserved if the caller needed fewer. */
  commit(payloadBytes: number = this.#openPayloadBytes): number {
    assert(this.#openPayloadBytes >= 0, "commit without begin");
    assert(payloadBytes >= 0 && payloadBytes <= this.#openPayloadBytes, "a record does not outgrow what it reserved");
    const { view } = this;
    const at = this.#pendingBytes;
    const recordBytes = recordBytesFor(payloadBytes);
    const lsn = this.#appendedLsn + 1;
    view.setUint32(at, payloadBytes, true);
    view.setUint32(at + RECORD_LSN_OFFSET, lsn, true);
    view.setUint32(at + RECORD_LSN_OFFSET + 4, Math.floor(lsn / 2 ** 32), true);
    view.setUint32(at + RECORD_DISTANCE_OFFSET, Math.min(lsn - this.#knownDurableLsn, DISTANCE_MAX), true);
    // The buffer is reused: without this an old record's bytes would be this one's padding.
    for (let index = at + RECORD_HEADER_BYTES + payloadBytes; index < at + recordBytes; index++) this.bytes[index] = 0;
    const crc = crcOf(this.#area, at + RECORD_LSN_OFFSET, recordBytes - RECORD_LSN_OFFSET, payloadBytes);
    view.setUint32(at + RECORD_CRC_OFFSET, crc, true);
    this.#pendingBytes = at + recordBytes;
    this.#openPayloadBytes = -1;
    this.#appendedLsn = lsn;
    this.#recordOffset = this.#segmentOffset + at;
    return lsn;
  }

  /** Hands all that was appended to the system in one call. From its return on it survives the death of this process. */
  write(): void {
    this.handOver();
    this.wakeFlusher();
  }

  /** Calls the flusher, should it sleep. */
  wakeFlusher(): void {
    requestFlush(this.#block);
  }

  /** `write` without the call to the flusher, for owners with something more urgent to do first: `wakeFlusher` must follow. */
  handOver(): void {
    this.#openPayloadBytes = -1;
    if (this.#state !== "open") throw this.#refusal();
    if (this.#pendingBytes === 0) return;
    this.predecessor?.handOver();
    try {
      writeWhole(this.#fd, this.bytes, this.#pendingBytes, this.#segmentOffset);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#segmentOffset += this.#pendingBytes;
    this.#pendingBytes = 0;
    this.#writtenLsn = this.#appendedLsn;
    this.#publish();
    this.#prepareInTime();
  }

  /**
   * Starts filling the next segment in the background, unless that is running or done. `write` calls it when half of the
   * segment is used; call it again to retry after `preparationErrno`.
   */
  prepareNext(): void {
    if (this.#state === "open") this.#next.prepare(this.#segment + 1);
  }

  /** After a failed preparation: tries again, where the disk says that there is room for it. */
  retryNext(): void {
    if (this.#next.errno === null || this.#next.preparing) return;
    const { bavail, bsize } = fs.statfsSync(this.#options.directory);
    if (bavail * bsize >= this.#options.segmentBytes) this.prepareNext();
  }

  /** Writes what is pending and lets go of the files. Does not wait for the flusher. */
  close(): void {
    if (this.#state === "open") this.write();
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
    if (this.#state === "open") this.#state = "closed";
    this.#next.close();
  }

  /** 1. The segment, 2. the position in it: the flusher reads them in the opposite order. */
  #publish(): void {
    Atomics.store(this.#block.i32, segmentIndex(this.#block), this.#segment);
    storeWrittenLsn(this.#block, this.#writtenLsn);
  }

  #resume(last: LastSegment): void {
    this.#fd = fs.openSync(segmentPath(this.#options.directory, last.segment), "r+");
    this.#segment = last.segment;
    this.#segmentBytes = last.segmentBytes;
    this.#segmentOffset = last.endOffset;
    // Only a segment that holds no record yet may lack its start: otherwise this lsn would not be its first.
    if (!last.started && last.endOffset === SEGMENT_HEADER_BYTES) this.#writeStart();
  }

  #roll(): void {
    this.write();
    const fd = this.#fd;
    try {
      this.#beginSegment(this.#segment + 1);
    } catch (error) {
      throw this.#fail(error);
    }
    // The flusher syncs the old segment through a descriptor of its own.
    fs.closeSync(fd);
    this.#publish();
    this.#trim();
  }

  #prepareInTime(): void {
    if (this.#segmentOffset * 2 <= this.#segmentBytes || this.#next.errno !== null) return;
    this.#next.prepare(this.#segment + 1);
  }

  #beginSegment(segment: number): void {
    this.#fd = this.#next.take(segment);
    this.#segment = segment;
    this.#segmentBytes = this.#options.segmentBytes;
    this.#segmentOffset = SEGMENT_HEADER_BYTES;
    this.#writeStart();
  }

  #writeStart(): void {
    const { bootId } = this.#options;
    const sector = encodeStart({ firstLsn: this.#writtenLsn + 1, wallMs: this.#wallMs, bootId });
    writeWhole(this.#fd, sector, sector.length, START_SECTOR_OFFSET);
  }

  #trim(): void {
    const { directory, segmentsMax } = this.#options;
    if (segmentsMax === Number.POSITIVE_INFINITY) return;
    for (const segment of listSegments(directory)) {
      if (segment > this.#segment - segmentsMax) break;
      // On libuv's threads, since freeing 64 MiB takes the file system a while. What stays is deleted at the next roll.
      fs.unlink(segmentPath(directory, segment), () => {});
    }
  }

  #fail(cause: unknown): JournalError {
    this.#state = "failed";
    this.#failure = cause;
    const errno = errnoOf(cause);
    const file = segmentPath(this.#options.directory, this.#segment);
    const message = `${errno} after record ${this.#writtenLsn} in ${file}`;
    return new JournalError("JOURNAL_WRITE_FAILED", message, { errno, file, lsn: this.#writtenLsn + 1, cause });
  }

  #refusal(): JournalError {
    if (this.#state === "closed") return new JournalError("JOURNAL_CLOSED", `${this.#options.directory} is closed`);
    const details = { errno: errnoOf(this.#failure), cause: this.#failure };
    return new JournalError("JOURNAL_FAILED", `${this.#options.directory} failed earlier: ${details.errno}`, details);
  }
}

function tooLarge(bytes: number, limitBytes: number): JournalError {
  const message = `a payload of ${bytes} bytes is over the limit of ${limitBytes}`;
  return new JournalError("JOURNAL_RECORD_TOO_LARGE", message, { bytes, limitBytes });
}
