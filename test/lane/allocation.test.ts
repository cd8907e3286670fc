/**
 * What a quote costs the garbage collector after warm-up: no object, array or closure. What V8 does take are boxes of 12 to 16
 * bytes for doubles that cross a call which it did not inline (two times of an event, a price). Counted in a process of its
 * own with a real core, real kernels and an open position, and against two controls.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** New space so large that nothing is collected while it is counted. */
const FLAGS = ["--expose-gc", "--min-semi-space-size=128", "--max-semi-space-size=128"];
const PROBE = fileURLToPath(new URL("../support/allocation-probe.ts", import.meta.url));

/** Six boxes or so, by measurement. The smallest array per quote makes 56 bytes more, as the control shows. */
const QUOTE_BYTES_MAX = 112;
/** Child, route, decision and their records: a bound to notice growth by, not a goal. */
const SIGNAL_BYTES_MAX = 16_384;

test("the core's quote path allocates no object; a signal's path is bounded", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, PROBE]);
  const { ownBytes, quoteBytes, controlBytes, signalBytes, corrections } = JSON.parse(stdout) as Record<string, number>;
  expect(ownBytes).toBeLessThan(1);
  expect(controlBytes! - quoteBytes!).toBeGreaterThan(32);
  expect(quoteBytes).toBeLessThan(QUOTE_BYTES_MAX);
  expect(controlBytes).toBeGreaterThan(QUOTE_BYTES_MAX);
  // The quotes moved mid and drift, and none led to an order.
  expect(corrections).toBe(0);
  console.info(`core: ${quoteBytes!.toFixed(0)} bytes per quote, ${signalBytes!.toFixed(0)} bytes per signal`);
  expect(signalBytes).toBeLessThan(SIGNAL_BYTES_MAX);
}, 60_000);
