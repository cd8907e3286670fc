/**
 * `npm run bench -- backtest [--bars N] [--quotes N]`: the pairs study over made-up bars: kernels, rules and sums in bars per second of
 * one core, memory at the run's beginning and end; a run of the whole core over made-up quotes; and how fast bar files are read. Each figure is taken three times, the best one
 * counts: what disturbs a machine only ever makes it slower.
 */
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BarFile } from "../src/backtest/bar-file.ts";
import { type BarBlock, type BarSource, BLOCK_BARS } from "../src/backtest/joined-bars.ts";
import { type PairsOutcome, runPairs } from "../src/backtest/pairs.ts";
import type { PairsTerms } from "../src/backtest/pairs-terms.ts";
import { createPrng, type Prng } from "../src/sim/prng.ts";
import { PAIRS_TERMS } from "../test/support/pairs-terms.ts";
import { measureRun, type RunFigures } from "./backtest-run.ts";
import { BACKTEST_BARS_PER_S_MIN, BACKTEST_EVENTS_PER_S_MIN } from "./budgets.ts";

const TERMS: PairsTerms = PAIRS_TERMS;
const REPETITIONS = 3;
const FILE_ROWS = 500_000;
/** A run may end with this many bytes more than it began with, whatever its length. */
const GROWTH_BYTES_MAX = 48e6;

export function benchBacktest(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: { bars: { type: "string", default: "10000000" }, quotes: { type: "string", default: "1000000" } },
  });
  const bars = Number(values.bars);
  let missed = 0;
  for (const [name, terms] of Object.entries({ plain: TERMS, "band 5 %": { ...TERMS, band: 0.05 } })) {
    const runs = Array.from({ length: REPETITIONS }, () => measure(bars, terms));
    const barsPerS = Math.max(...runs.map((run) => run.barsPerS));
    const growth = Math.max(...runs.map((run) => run.growthBytes));
    const good = barsPerS >= BACKTEST_BARS_PER_S_MIN && growth <= GROWTH_BYTES_MAX;
    if (!good) missed++;
    const { n_trades } = runs[0]!.outcome.result;
    console.log(
      `pairs, ${name}: ${bars} bars, ${n_trades} trades, ${count(barsPerS)} bars/s (at least ${count(BACKTEST_BARS_PER_S_MIN)}), ` +
        `memory ${(growth / 1e6).toFixed(1)} MB more at the end than after the first blocks: ${good ? "met" : "MISSED"}`,
    );
  }
  const quotes = Number(values.quotes);
  const runs = Array.from({ length: REPETITIONS }, () => measureRun(quotes));
  const eventsPerS = Math.max(...runs.map(({ events, seconds }) => events / seconds));
  const perCpuS = Math.max(...runs.map(({ events, cpuSeconds }) => events / cpuSeconds));
  const growthBytes = Math.max(...runs.map((run) => run.growthBytes));
  const isGood = eventsPerS >= BACKTEST_EVENTS_PER_S_MIN && growthBytes <= GROWTH_BYTES_MAX;
  if (!isGood) missed++;
  const [{ events, end }] = runs as [RunFigures];
  console.log(
    `run: ${events} events, ${end.counts.orders} orders, ${count(eventsPerS)} events/s (at least ${count(BACKTEST_EVENTS_PER_S_MIN)}), ` +
      `${count(perCpuS)} per second of processor time, memory ${(growthBytes / 1e6).toFixed(1)} MB more at the end than after its ` +
      `first tenth: ${isGood ? "met" : "MISSED"}`,
  );
  const rowsPerS = Math.max(...Array.from({ length: REPETITIONS }, readRows));
  console.log(`bar files: ${count(rowsPerS)} rows/s, checked`);
  process.exitCode = missed === 0 ? 0 : 1;
}

function measure(bars: number, terms: PairsTerms): { barsPerS: number; growthBytes: number; outcome: PairsOutcome } {
  const blocks = runPairs(new MadeBars(bars), terms, process.hrtime.bigint);
  let startBytes = 0;
  for (;;) {
    const step = blocks.next();
    if (step.done === true) {
      const outcome = step.value;
      return {
        barsPerS: bars / (outcome.computeNs / 1e9),
        growthBytes: process.memoryUsage().rss - startBytes,
        outcome,
      };
    }
    if (step.value.firstBar === 100 * BLOCK_BARS) startBytes = process.memoryUsage().rss;
  }
}

/** Legs with a common factor and a spread that comes back. */
class MadeBars implements BarSource {
  readonly #random: Prng = createPrng(1);
  #left: number;
  #bar = 0;
  #common = 0;
  #spread = 0;

  constructor(bars: number) {
    this.#left = bars;
  }

  fill(block: BarBlock): void {
    const random = this.#random;
    const count = Math.min(BLOCK_BARS, this.#left);
    for (let at = 0; at < count; at++) {
      this.#common = 0.9999 * this.#common + 0.002 * (random.float() + random.float() - 1);
      this.#spread = 0.93 * this.#spread + 0.002 * (random.float() + random.float() - 1);
      const x = 60_000 * Math.exp(this.#common);
      const y = 3000 * Math.exp(this.#common + this.#spread);
      block.timestampMs[at] = 1_600_000_000_000 + this.#bar++ * 60_000;
      block.openY[at] = y;
      block.closeY[at] = y;
      block.openX[at] = x;
      block.closeX[at] = x;
    }
    block.count = count;
    this.#left -= count;
  }
}

/** Rows per second. */
function readRows(): number {
  const dir = mkdtempSync(join(tmpdir(), "outrigger-bench-"));
  try {
    const path = join(dir, "bars.csv");
    const file = openSync(path, "w");
    const random = createPrng(2);
    let text = "";
    for (let row = 0; row < FILE_ROWS; row++) {
      const price = (3000 + random.float()).toFixed(2);
      text += `${1_600_000_000_000 + row * 60_000},${price},${price},${price},${price},${(random.float() * 100).toFixed(4)}\n`;
      if (text.length > 1e6 || row === FILE_ROWS - 1) {
        writeSync(file, text);
        text = "";
      }
    }
    const bars = new BarFile(path);
    const started = process.hrtime.bigint();
    let rows = 0;
    while (bars.next()) rows += bars.rows;
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    bars.end();
    return rows / seconds;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}
