/**
 * The hash chain: every segment carries the SHA-256 of its predecessor's whole file, so that a log cannot be rewritten in
 * the middle without rewriting all that follows. For audits; recovery does not need it.
 *
 * The flusher fills it in behind the writer, in slices short enough (about 0.1 ms) not to hold up its syncs.
 */
import { createHash, type Hash } from "node:crypto";
import fs from "node:fs";
import { JournalError } from "./errors.ts";
import { listSegments, readPadded, writeWhole } from "./files.ts";
import { CHAIN_SECTOR_OFFSET, decodeChain, encodeChain, SEGMENT_HEADER_BYTES, segmentPath } from "./format.ts";

const SLICE_BYTES = 32 * 1024;
const AUDIT_SLICE_BYTES = 1024 * 1024;

/** Extends the chain of one log. */
export class ChainBuilder {
  readonly #directory: string;
  readonly #slice = Buffer.alloc(SLICE_BYTES);
  /** The segment being hashed; 0 before the first look at the directory. */
  #segment = 0;
  #fd = -1;
  #offset = 0;
  #hash: Hash | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Does one slice of work towards the segment that is being written. False when there is none to do. */
  advance(currentSegment: number): boolean {
    if (this.#hash === null && !this.#begin(currentSegment)) return false;
    const byteCount = fs.readSync(this.#fd, this.#slice, 0, SLICE_BYTES, this.#offset);
    this.#offset += byteCount;
    if (byteCount > 0) this.#hash!.update(this.#slice.subarray(0, byteCount));
    else this.#finish();
    return true;
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
    this.#hash = null;
  }

  /** A segment is complete, and not hashed before, when its successor exists and has no hash. */
  #begin(currentSegment: number): boolean {
    if (this.#segment >= currentSegment) return false;
    // Retention may have deleted what this had not come to.
    this.#segment = Math.max(this.#segment, listSegments(this.#directory)[0] ?? currentSegment);
    for (; this.#segment < currentSegment; this.#segment++) {
      if (readChain(this.#directory, this.#segment + 1)) continue;
      this.#fd = fs.openSync(segmentPath(this.#directory, this.#segment), "r");
      this.#offset = 0;
      this.#hash = createHash("sha256");
      return true;
    }
    return false;
  }

  #finish(): void {
    const sector = encodeChain(this.#hash!.digest());
    this.close();
    this.#segment++;
    const fd = fs.openSync(segmentPath(this.#directory, this.#segment), "r+");
    try {
      writeWhole(fd, sector, sector.length, CHAIN_SECTOR_OFFSET);
      fs.fdatasyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** Checks every link that has been made; returns how many. Throws JOURNAL_CORRUPT naming the segment that was changed. */
export function verifyChain(directory: string): number {
  let links = 0;
  for (const segment of listSegments(directory)) {
    const expected = fs.existsSync(segmentPath(directory, segment + 1)) ? readChain(directory, segment + 1) : null;
    if (expected === null) continue;
    const file = segmentPath(directory, segment);
    if (!hashOf(file).equals(expected)) {
      throw new JournalError("JOURNAL_CORRUPT", `${file} is not what its successor's hash says`, { file });
    }
    links++;
  }
  return links;
}

/** The hash of the segment before, as this one has it; null while it has none. */
export function readChain(directory: string, segment: number): Buffer | null {
  const fd = fs.openSync(segmentPath(directory, segment), "r");
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    readPadded(fd, header, header.length, 0);
    return decodeChain(header);
  } finally {
    fs.closeSync(fd);
  }
}

function hashOf(file: string): Buffer {
  const fd = fs.openSync(file, "r");
  try {
    const hash = createHash("sha256");
    const slice = Buffer.alloc(AUDIT_SLICE_BYTES);
    for (let count = fs.readSync(fd, slice); count > 0; count = fs.readSync(fd, slice))
      hash.update(slice.subarray(0, count));
    return hash.digest();
  } finally {
    fs.closeSync(fd);
  }
}
