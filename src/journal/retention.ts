/**
 * Retention: takes the oldest segments out of a log, into an archive or for good.
 *
 * Invariants
 *   - Only what no start can need goes: segments before all that the kept snapshots need, never the newest two.
 *   - A segment goes when its successor holds its hash, so that the chain of what is left, and that from the archive on, can be
 *     checked for ever.
 *   - The oldest first, one by one: whatever interrupts this leaves a log without holes.
 */
import fs from "node:fs";
import { join } from "node:path";
import { readChain } from "./chain.ts";
import { errnoOf } from "./errors.ts";
import { listSegments, readPadded, syncDirectory } from "./files.ts";
import { decodeStart, SEGMENT_HEADER_BYTES, segmentName, segmentPath } from "./format.ts";

export interface RetentionRule {
  /** Segments whose last record is older go; Infinity keeps all. */
  readonly keepMs: number;
  /** The oldest go while the log takes more; Infinity keeps all. */
  readonly keepBytes: number;
  /** Where they go; null: they are removed. */
  readonly archive: string | null;
}

/** Returns the numbers of the segments that went. `neededFrom`: the oldest that a start may read. */
export function retain(directory: string, rule: RetentionRule, neededFrom: number, nowMs: number): number[] {
  const gone: number[] = [];
  if (rule.keepMs === Number.POSITIVE_INFINITY && rule.keepBytes === Number.POSITIVE_INFINITY) return gone;
  const segments = listSegments(directory);
  let bytes = 0;
  for (const segment of segments) bytes += fs.statSync(segmentPath(directory, segment)).size;
  for (const segment of segments.slice(0, -2)) {
    if (segment >= neededFrom || readChain(directory, segment + 1) === null) break;
    // It ended when its successor began.
    const endedMs = startMs(directory, segment + 1);
    if (!(nowMs - endedMs > rule.keepMs) && bytes <= rule.keepBytes) break;
    bytes -= fs.statSync(segmentPath(directory, segment)).size;
    if (rule.archive !== null) archive(segmentPath(directory, segment), rule.archive, segmentName(segment));
    fs.rmSync(segmentPath(directory, segment), { force: true });
    syncDirectory(directory);
    gone.push(segment);
  }
  return gone;
}

/** A copy that is whole and durable before the original goes; on the same file system another name for the same bytes. */
function archive(path: string, directory: string, name: string): void {
  fs.mkdirSync(directory, { recursive: true });
  const target = join(directory, name);
  const aside = `${target}.tmp`;
  fs.rmSync(aside, { force: true });
  try {
    fs.linkSync(path, aside);
  } catch (error) {
    if (errnoOf(error) === "UNKNOWN") throw error;
    fs.copyFileSync(path, aside);
    const fd = fs.openSync(aside, "r+");
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }
  fs.renameSync(aside, target);
  syncDirectory(directory);
}

function startMs(directory: string, segment: number): number {
  const fd = fs.openSync(segmentPath(directory, segment), "r");
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    readPadded(fd, header, header.length, 0);
    // One that never reached the disk says nothing about age.
    return decodeStart(header)?.wallMs ?? Number.NaN;
  } finally {
    fs.closeSync(fd);
  }
}
