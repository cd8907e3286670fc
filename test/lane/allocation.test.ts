/**
 * What a quote costs the garbage collector after warm-up: no object, array or closure. What V8 does take are boxes of 16 bytes
 * for doubles that cross a call which it did not inline, above all an event's two times. Counted in a process of its own with a
 * real core, real kernels and an open position, and against two controls.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/**
 * New space so large that nothing is collected while it is counted, and code compiled at the same calls in every run: what is
 * compiled into what decides which doubles are boxed, so that every run counts the same.
 */
const FLAGS = [
  "--expose-gc",
  "--min-semi-space-size=128",
  "--max-semi-space-size=128",
  "--no-concurrent-recompilation",
  "--no-concurrent-osr",
];
const PROBE = fileURLToPath(new URL("../support/allocation-probe.ts", import.meta.url));

/** The two times of an event, as objects for whom they are handed to, half a mid, and room for one box more: an array makes 56. */
const QUOTE_BYTES_MAX = 64;
/**
 * What is written of a signal or kept of it: its decision, cause and verdict, the route, the order's command. Orders themselves
 * are used again.
 */
const SIGNAL_BYTES_MAX = 2560;

test("the core's quote path allocates no object; a signal's path is bounded", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, PROBE]);
  const { ownBytes, quoteBytes, controlBytes, corrections, signalBytes, ordersPerSignal } = JSON.parse(
    stdout,
  ) as Record<string, number>;
  expect(ownBytes).toBeLessThan(1);
  expect(controlBytes! - quoteBytes!).toBeGreaterThan(32);
  expect(quoteBytes).toBeLessThan(QUOTE_BYTES_MAX);
  expect(controlBytes).toBeGreaterThan(QUOTE_BYTES_MAX);
  // The quotes moved mid and drift, and none led to an order.
  expect(corrections).toBe(0);
  console.info(
    `core: ${quoteBytes!.toFixed(0)} bytes per quote, ${signalBytes!.toFixed(0)} bytes per signal that is ordered and filled`,
  );
  expect(ordersPerSignal).toBe(1);
  expect(signalBytes).toBeLessThan(SIGNAL_BYTES_MAX);
});
