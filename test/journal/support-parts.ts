/** Parts of the journal's tests that run outside the test runner too: log blocks, a small log, deterministic payloads. */
import { JournalError, type JournalErrorCode } from "../../src/journal/errors.ts";
import type { LogBlock } from "../../src/journal/log-block.ts";
import { type LogOptions, type OpenedLog, openLog } from "../../src/journal/open-log.ts";
import { readLog } from "../../src/journal/reader.ts";
import { LOG_BLOCK_BYTES } from "../../src/memory/layout.ts";

/** Blocks of `count` logs behind one request word. */
export function createBlocks(count = 1): LogBlock[] {
  const buffer = new SharedArrayBuffer(LOG_BLOCK_BYTES * (count + 1));
  const i32 = new Int32Array(buffer);
  const i64 = new BigInt64Array(buffer);
  return Array.from({ length: count }, (_, index) => ({
    i32,
    i64,
    blockOffset: LOG_BLOCK_BYTES * (index + 1),
    requestOffset: 0,
  }));
}

export const createBlock = (): LogBlock => createBlocks(1)[0]!;

export const SMALL = {
  logId: 7,
  bootId: "boot-a",
  wallMs: 1_700_000_000_000,
  segmentBytes: 16_384,
  bufferBytes: 4_096,
};

export function openSmall(directory: string, options: Partial<LogOptions> = {}): OpenedLog {
  return openLog({ ...SMALL, directory, block: createBlock(), ...options });
}

/** The lsn decides the content and the length, so that a reader can tell any wrong record. */
export function payloadFor(lsn: number, bytesMax = 300): Buffer {
  const bytes = Buffer.alloc((lsn * 37) % bytesMax);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (lsn * 31 + index * 7) & 255;
  return bytes;
}

export interface Copied {
  lsn: number;
  type: number;
  version: number;
  monoNs: number;
  wallMs: number;
  payload: Buffer;
}

export function readAll(directory: string, fromLsn = 1): Copied[] {
  const all: Copied[] = [];
  for (const { lsn, type, version, monoNs, wallMs, payload } of readLog(directory, { fromLsn })) {
    all.push({ lsn, type, version, monoNs, wallMs, payload: Buffer.from(payload) });
  }
  return all;
}

export function codeOf(action: () => unknown): JournalErrorCode | "no error" {
  try {
    action();
    return "no error";
  } catch (error) {
    if (error instanceof JournalError) return error.code;
    throw error;
  }
}

/** Small, seeded, good enough to draw cases from. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
