/** The log blocks of shared memory, as journal code takes them. */
import type { LogBlock } from "../journal/log-block.ts";
import { FLUSH_REQUEST_OFFSET, logOffset } from "../memory/layout.ts";
import type { SharedMemory } from "../memory/shared.ts";

export const logBlock = (shared: SharedMemory, log: number): LogBlock => ({
  i32: shared.i32,
  i64: shared.i64,
  blockOffset: logOffset(log),
  requestOffset: FLUSH_REQUEST_OFFSET,
});
