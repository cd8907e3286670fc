/** Ten million bars, and two million quotes through the whole core, in memory that does not grow. */
import { expect, it } from "vitest";
import { measureRun } from "../../bench/backtest-run.ts";
import { type BarBlock, type BarSource, BLOCK_BARS } from "../../src/backtest/joined-bars.ts";
import { runPairs } from "../../src/backtest/pairs.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { TERMS } from "../backtest/pairs-rig.ts";

const BARS = 10_000_000;
const QUOTES = 2_000_000;
/** What a collector leaves lying about; a run that kept eight bytes of each bar would need more. */
const GROWTH_BYTES_MAX = 64e6;

it(`runs ${BARS} bars of a pair`, () => {
  const blocks = runPairs(madeBars(BARS), TERMS, process.hrtime.bigint);
  let firstBytes = 0;
  for (let step = blocks.next(); ; step = blocks.next()) {
    if (step.done !== true) {
      if (step.value.firstBar === 200 * BLOCK_BARS) firstBytes = process.memoryUsage().rss;
      continue;
    }
    const growthBytes = process.memoryUsage().rss - firstBytes;
    const perSecond = Math.round(BARS / (step.value.computeNs / 1e9));
    console.info(`${perSecond} bars/s, ${(growthBytes / 1e6).toFixed(1)} MB more`);
    expect(step.value.result.n_trades).toBeGreaterThan(10_000);
    expect(growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
    return;
  }
});

it(`runs ${QUOTES} quotes through core, router and account`, () => {
  const { end, events, seconds, cpuSeconds, growthBytes } = measureRun(QUOTES);
  const perSecond = (duration: number) => Math.round(events / duration);
  console.info(
    `${perSecond(seconds)} events/s, ${perSecond(cpuSeconds)} per second of processor time, ${(growthBytes / 1e6).toFixed(1)} MB more`,
  );
  expect(end.counts.quotes).toBe(QUOTES);
  expect(end.counts.orders).toBeGreaterThan(1000);
  expect(growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
});

/** Legs with a common factor and a spread that comes back. */
function madeBars(bars: number): BarSource {
  const random = createPrng(1);
  let [bar, common, spread] = [0, 0, 0];
  return {
    fill(block: BarBlock) {
      block.count = Math.min(BLOCK_BARS, bars - bar);
      for (let at = 0; at < block.count; at++) {
        common = 0.9999 * common + 0.002 * (random.float() + random.float() - 1);
        spread = 0.93 * spread + 0.002 * (random.float() + random.float() - 1);
        block.timestampMs[at] = 1_600_000_000_000 + bar++ * 60_000;
        block.openY[at] = 3000 * Math.exp(common + spread);
        block.closeY[at] = block.openY[at]!;
        block.openX[at] = 60_000 * Math.exp(common);
        block.closeX[at] = block.openX[at]!;
      }
    },
  };
}
