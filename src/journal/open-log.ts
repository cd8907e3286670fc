/** Opens a log: recovers what a crash has left of it, and makes its one writer. */
import fs from "node:fs";
import { assert } from "../domain/units.ts";
import { JournalError } from "./errors.ts";
import { SEGMENT_HEADER_BYTES } from "./format.ts";
import { LogWriter } from "./log.ts";
import { type LogBlock, loadDurableLsn } from "./log-block.ts";
import { recoverLog, type Trust } from "./recover.ts";

export interface LogOptions {
  readonly directory: string;
  /** Distinguishes the logs of one engine; a segment of another log is refused. */
  readonly logId: number;
  /** Up to 64 ASCII characters, written into every segment that this boot begins. */
  readonly bootId: string;
  readonly block: LogBlock;
  readonly wallMs: number;
  readonly segmentBytes?: number;
  /** How much may be appended between two writes; also bounds a record. */
  readonly bufferBytes?: number;
  /** Older segments are deleted. Unlimited unless given. */
  readonly segmentsMax?: number;
  /** What is not read at the opening (recover.ts): its owner reads it himself, or not at all. Everything is, unless given. */
  readonly trust?: Trust;
}

export interface OpenedLog {
  readonly writer: LogWriter;
  /** Of the oldest record kept; the next lsn when there is none. */
  readonly firstLsn: number;
  /** Durable. 0 in an empty log. */
  readonly lastLsn: number;
  /** What a crash had left behind the last whole record, and has been cut. */
  readonly tornBytes: number;
}

const SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024;
const BUFFER_BYTES_DEFAULT = 1024 * 1024;
const BOOT_ID = /^[\x20-\x7e]{1,64}$/;

/** Blocks while it reads the log and, for a new one, while it fills the first segment. Throws JOURNAL_CORRUPT. */
export function openLog(options: LogOptions): OpenedLog {
  const { directory, logId, block, segmentBytes = SEGMENT_BYTES_DEFAULT } = options;
  const { bufferBytes = BUFFER_BYTES_DEFAULT, segmentsMax = Number.POSITIVE_INFINITY } = options;
  assert(BOOT_ID.test(options.bootId), `bootId is 1 to 64 printable ASCII characters, got "${options.bootId}"`);
  assert(
    segmentBytes % 4096 === 0 && segmentBytes > SEGMENT_HEADER_BYTES,
    `segmentBytes ${segmentBytes} is not whole pages`,
  );
  assert(segmentBytes < 2 ** 32, `segmentBytes ${segmentBytes} does not fit the format`);
  assert(bufferBytes % 8 === 0 && bufferBytes >= 64, `bufferBytes ${bufferBytes} is not whole groups of 8`);
  assert(
    segmentsMax >= 2,
    `segmentsMax ${segmentsMax} is below 2: the current one and its predecessor are always kept`,
  );
  fs.mkdirSync(directory, { recursive: true });
  const { trust = "nothing" } = options;
  const recovered = recoverLog(directory, logId, trust);
  const { firstLsn, lastLsn, tornBytes } = recovered;
  const durableLsn = loadDurableLsn(block);
  if (lastLsn < durableLsn) {
    const message = `${directory} ends at record ${lastLsn} although ${durableLsn} had been durable`;
    throw new JournalError("JOURNAL_CORRUPT", message, { file: directory, lsn: lastLsn + 1 });
  }
  const resolved = { ...options, segmentBytes, bufferBytes, segmentsMax, trust };
  return { writer: new LogWriter(resolved, recovered), firstLsn, lastLsn, tornBytes };
}
