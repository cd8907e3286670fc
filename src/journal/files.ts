/**
 * Files of a log: directory entries, whole sectors, zero-filled segments. Blocking, except `prepareSegment`.
 */
import fs from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../domain/units.ts";
import { encodeIdentity, type SegmentIdentity, segmentNumber, segmentPath } from "./format.ts";

/** Small enough that syncing one slice does not hold up the flusher's syncs of other files for long. */
export const SLICE_BYTES = 256 * 1024;
const ZEROES = Buffer.alloc(SLICE_BYTES);

/** Segment numbers present, ascending; none where there is no directory yet. */
export function listSegments(directory: string): number[] {
  const numbers: number[] = [];
  if (!fs.existsSync(directory)) return numbers;
  for (const name of fs.readdirSync(directory)) {
    const number = segmentNumber(name);
    if (number !== null) numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

/** Segments that a crash left half prepared. */
export function removeLeftovers(directory: string): void {
  if (!fs.existsSync(directory)) return;
  for (const name of fs.readdirSync(directory)) {
    if (name.endsWith(".tmp")) fs.rmSync(join(directory, name));
  }
}

/** Makes creations, renames and deletions in the directory durable. */
export function syncDirectory(directory: string): void {
  const fd = fs.openSync(directory, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** The whole file or the one before, and on disk when it returns. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  const directory = dirname(path);
  fs.mkdirSync(directory, { recursive: true });
  const aside = `${path}.${process.pid}.partial`;
  const fd = fs.openSync(aside, "w", 0o600);
  try {
    fs.writeFileSync(fd, bytes);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(aside, path);
  syncDirectory(directory);
}

/** `fs.writeSync` may write less than asked, which on a regular file means that the rest does not fit. */
export function writeWhole(fd: number, bytes: Uint8Array, byteCount: number, offset: number): void {
  const written = fs.writeSync(fd, bytes, 0, byteCount, offset);
  if (written !== byteCount)
    throw Object.assign(new Error(`wrote ${written} of ${byteCount} bytes`), { code: "ENOSPC" });
}

/** Bytes beyond the end of the file read as zeroes. */
export function readPadded(fd: number, bytes: Uint8Array, byteCount: number, offset: number): void {
  let got = 0;
  while (got < byteCount) {
    const count = fs.readSync(fd, bytes, got, byteCount - got, offset + got);
    if (count === 0) break;
    got += count;
  }
  bytes.fill(0, got, byteCount);
}

export function writeZeroes(fd: number, from: number, to: number): void {
  for (let offset = from; offset < to; offset += SLICE_BYTES) {
    const byteCount = Math.min(SLICE_BYTES, to - offset);
    writeWhole(fd, ZEROES, byteCount, offset);
  }
}

export const isZero = (bytes: Uint8Array): boolean => {
  assert(bytes.length <= SLICE_BYTES, "compared against one slice of zeroes");
  return Buffer.compare(bytes, ZEROES.subarray(0, bytes.length)) === 0;
};

/** Creates a segment under a temporary name, zero-filled and durable, and returns its descriptor. */
export function createSegment(path: string, identity: SegmentIdentity): number {
  const fd = fs.openSync(path, "w+");
  try {
    writeZeroes(fd, 0, identity.segmentBytes);
    const sector = encodeIdentity(identity);
    writeWhole(fd, sector, sector.length, 0);
    fs.fsyncSync(fd);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    // Half a segment is of no use, and the disk may be full of it.
    fs.rmSync(path, { force: true });
    throw error;
  }
}

/**
 * The same in the background, on libuv's threads, one slice at a time. Calls back on the caller's event loop, which costs
 * it a few microseconds per slice.
 */
export function prepareSegment(
  path: string,
  identity: SegmentIdentity,
  done: (error: unknown, fd: number) => void,
): void {
  fs.open(path, "w+", (openError, fd) => {
    if (openError) return done(openError, -1);
    const fail = (error: unknown) => fs.close(fd, () => fs.unlink(path, () => done(error, -1)));
    const fill = (offset: number) => {
      if (offset >= identity.segmentBytes) return finish();
      const byteCount = Math.min(SLICE_BYTES, identity.segmentBytes - offset);
      fs.write(fd, ZEROES, 0, byteCount, offset, (error, written) => {
        if (error) return fail(error);
        if (written !== byteCount) return fail(Object.assign(new Error("short write"), { code: "ENOSPC" }));
        fs.fdatasync(fd, (syncError) => (syncError ? fail(syncError) : fill(offset + byteCount)));
      });
    };
    const finish = () => {
      const sector = encodeIdentity(identity);
      fs.write(fd, sector, 0, sector.length, 0, (error) => {
        if (error) return fail(error);
        fs.fsync(fd, (syncError) => (syncError ? fail(syncError) : done(null, fd)));
      });
    };
    fill(0);
  });
}

/** Gives the prepared file its place in the log. Durable once the flusher has synced the directory. */
export function installSegment(path: string, directory: string, segment: number): void {
  fs.renameSync(path, segmentPath(directory, segment));
}

/** Syncs the last two segments: a log that rolled a moment ago may have had both under way. */
export function syncTail(directory: string): void {
  for (const segment of listSegments(directory).slice(-2)) {
    const fd = fs.openSync(segmentPath(directory, segment), "r+");
    try {
      fs.fdatasyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
}
