/** The memory map: regions in order, apart, aligned and inside the memory; and AssemblyScript's word for it. */
import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { expect, test } from "vitest";
import * as layout from "../../src/memory/layout.ts";

const REGIONS: readonly [string, number, number][] = [
  ["header", layout.HEADER_OFFSET, layout.HEADER_BYTES],
  ["kernel data", layout.KERNEL_DATA_OFFSET, layout.KERNEL_DATA_BYTES],
  ["control", layout.CONTROL_OFFSET, layout.CONTROL_BYTES],
  ["signal rings", layout.SIGNAL_RINGS_OFFSET, layout.LANE_COUNT * layout.SIGNAL_RING_BYTES],
  ["verdict rings", layout.VERDICT_RINGS_OFFSET, layout.LANE_COUNT * layout.VERDICT_RING_BYTES],
  ["quotes", layout.QUOTES_OFFSET, layout.QUOTE_COUNT * layout.QUOTE_SLOT_BYTES],
  ["positions", layout.POSITIONS_OFFSET, layout.POSITION_COUNT * layout.POSITION_SLOT_BYTES],
  ["histograms", layout.HISTOGRAMS_OFFSET, layout.HISTOGRAM_COUNT * layout.HISTOGRAM_BYTES],
  ["scratch", layout.SCRATCH_OFFSET, layout.SCRATCH_COUNT * layout.SCRATCH_BYTES],
];

test("regions follow each other without gap or overlap, on cache lines, and end inside the memory", () => {
  let next = 0;
  for (const [name, offset, bytes] of REGIONS) {
    expect([name, offset]).toEqual([name, next]);
    expect([name, offset % layout.CACHE_LINE_BYTES]).toEqual([name, 0]);
    next = offset + bytes;
  }
  expect(next).toBe(layout.LAYOUT_END_OFFSET);
  expect(next).toBeLessThanOrEqual(layout.MEMORY_BYTES);
  expect(layout.laneOffset(layout.LANE_COUNT)).toBeLessThanOrEqual(layout.CONTROL_OFFSET + layout.CONTROL_BYTES);
});

test("the log block is the one agreed with the journal", () => {
  expect([
    layout.LOG_WRITTEN_LSN_OFFSET,
    layout.LOG_SEGMENT_OFFSET,
    layout.LOG_DURABLE_LSN_OFFSET,
    layout.LOG_FAILURE_OFFSET,
    layout.LOG_COMPLETION_OFFSET,
    layout.LOG_BLOCK_BYTES,
  ]).toEqual([0, 8, 64, 72, 76, 128]);
  for (let log = 0; log < layout.LOG_COUNT; log++) expect(layout.logOffset(log) % 8).toBe(0);
});

test("words of different writers never share a pair of cache lines", () => {
  const lineOf = (offset: number) => Math.floor(offset / layout.CACHE_PAIR_BYTES);
  const ring = layout.signalRingOffset(1);
  const lines = [ring + layout.RING_TAIL_OFFSET, ring + layout.RING_HEAD_OFFSET, ring + layout.RING_SLOTS_OFFSET].map(
    lineOf,
  );
  expect(new Set(lines).size).toBe(3);
  expect(lineOf(layout.laneOffset(1) + layout.LANE_HEARTBEAT_OFFSET)).not.toBe(
    lineOf(layout.laneOffset(1) + layout.LANE_STOP_OFFSET),
  );
});

const DRIFTS = [
  ["POSITION_TARGET_LOTS_OFFSET = POSITION_AVG_PX_TICKS_OFFSET + 8", "+ 16", "PositionSlot.targetLots"],
  ["QUOTE_BID_TICKS_OFFSET = SLOT_PAYLOAD_OFFSET", "+ 8", "QuoteSlot.bidTicks"],
  ["LOG_FAILURE_OFFSET = LOG_DURABLE_LSN_OFFSET + 2 * WORD_BYTES", "+ 4", "LogBlock.failure"],
  ["SCRATCH_BYTES = 4194304", "* 2", "the regions exceed the memory"],
] as const;

test("the kernel build stops on drift, naming each field, and not without it", async () => {
  const source = readFileSync(new URL("../../src/memory/layout.ts", import.meta.url), "utf8");
  expect(await compile(source)).toEqual({ error: null, stderr: "" });

  let drifted = source;
  for (const [declaration, change] of DRIFTS) {
    expect(source).toContain(`${declaration};`);
    drifted = drifted.replace(`${declaration};`, `${declaration} ${change};`);
  }
  const { error, stderr } = await compile(drifted);
  expect(error).not.toBeNull();
  for (const [, , message] of DRIFTS) expect(stderr).toMatch(new RegExp(`layout drift: ${message}`));
});

/** Compiles the kernels with another layout.ts, writing nothing. */
async function compile(layoutSource: string): Promise<{ error: Error | null; stderr: string }> {
  const root = new URL("../../", import.meta.url);
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    ["assembly/layout-check.ts", "--runtime", "stub", "--enable", "simd", "--outFile", "k.wasm"],
    {
      stderr,
      readFile: (name) => {
        if (name.endsWith("src/memory/layout.ts")) return layoutSource;
        // The whole kernels would be compiled too.
        if (name.endsWith("asconfig.json")) return null;
        try {
          return readFileSync(new URL(name, root), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: () => {},
      listFiles: () => [],
    },
  );
  return { error, stderr: stderr.toString() };
}
