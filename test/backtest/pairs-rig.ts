/** Synthetic pairs as files, and a run over two files with everything it says kept. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { BarFile } from "../../src/backtest/bar-file.ts";
import { JoinedBars } from "../../src/backtest/joined-bars.ts";
import { type PairsOutcome, runPairs } from "../../src/backtest/pairs.ts";
import type { PairsTerms } from "../../src/backtest/pairs-terms.ts";
import type { PairsTrade } from "../../src/backtest/trade.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { PAIRS_TERMS } from "../support/pairs-terms.ts";
import type { OracleBar } from "./pairs-oracle.ts";

export const TERMS: PairsTerms = PAIRS_TERMS;

export interface Row {
  readonly t: number;
  readonly open: number;
  readonly close: number;
  readonly volume: number;
}

export interface PairShape {
  readonly seed: number;
  readonly bars: number;
  /** Price levels. */
  readonly levelY: number;
  readonly levelX: number;
  readonly beta: number;
  /** Of the factor that both legs share, per bar: what a hedge takes away. Default 0.002. */
  readonly swing?: number;
  /** Share of bars at which something pushes the spread away for a while. Default 0.015. */
  readonly pushes?: number;
  /** Share of rows that a file lacks. */
  readonly missing?: number;
  /** Share of bars in which nothing traded: no volume, the price before. */
  readonly stale?: number;
  /** From bar to bar: the hedge does not move at all. */
  readonly flatX?: readonly [from: number, to: number];
  readonly startY?: number;
  readonly endX?: number;
}

export const STEP_MS = 300_000;
const START_MS = 1_713_657_600_000;

/** Two legs that share a factor, with a spread that comes back and now and then breaks. */
export function makePair(shape: PairShape): { y: Row[]; x: Row[] } {
  const {
    seed,
    bars,
    levelY,
    levelX,
    beta,
    swing = 0.002,
    pushes = 0.015,
    missing = 0,
    stale = 0,
    flatX,
    startY = 0,
    endX = bars,
  } = shape;
  const random = createPrng(seed);
  const normal = () => random.float() + random.float() + random.float() + random.float() - 2;
  const rows: { y: Row[]; x: Row[] } = { y: [], x: [] };
  let [common, spread, push] = [0, 0, 0];
  let [lastY, lastX] = [levelY, levelX];
  for (let bar = 0; bar < bars; bar++) {
    common += swing * normal();
    // Pushes that grow before they fade take open positions to their stops.
    push = random.float() < pushes ? 0.006 * normal() : 1.3 * push;
    if (Math.abs(push) > 0.03) push = 0;
    spread = 0.93 * spread + 0.002 * normal() + push;
    const t = START_MS + bar * STEP_MS;
    const openY = lastY * (1 + 0.0004 * normal());
    const openX = lastX * (1 + 0.0004 * normal());
    const still = random.float() < stale;
    const flat = flatX !== undefined && bar >= flatX[0] && bar < flatX[1];
    if (!still) lastY = levelY * Math.exp(beta * common + spread);
    if (!flat && random.float() >= stale) lastX = levelX * Math.exp(common);
    if (bar >= startY && random.float() >= missing)
      rows.y.push({ t, open: still ? lastY : openY, close: lastY, volume: still ? 0 : 1 + random.int(9) });
    if (bar < endX && random.float() >= missing)
      rows.x.push({ t, open: flat ? lastX : openX, close: lastX, volume: flat ? 0 : 1 + random.int(9) });
  }
  return rows;
}

export function csvOf(rows: readonly Row[]): string {
  const line = ({ t, open, close, volume }: Row) =>
    `${t},${open},${Math.max(open, close)},${Math.min(open, close)},${close},${volume}`;
  return ["timestamp_ms,open,high,low,close,volume", ...rows.map(line), ""].join("\n");
}

/** The join as a person would do it: by looking each time up. */
export function join2({ y, x }: { y: readonly Row[]; x: readonly Row[] }): OracleBar[] {
  const other = new Map(x.map((row) => [row.t, row]));
  return y.flatMap((row) => {
    const match = other.get(row.t);
    return match === undefined ? [] : [{ t: row.t, oy: row.open, cy: row.close, ox: match.open, cx: match.close }];
  });
}

export interface Ran {
  readonly outcome: PairsOutcome;
  readonly trades: PairsTrade[];
  readonly beta: number[];
  readonly z: number[];
  /** From bar `firstBar` on. */
  readonly timestampMs: number[];
  readonly hedged: number[];
  readonly unhedged: number[];
  readonly firstBar: number;
}

/** A directory that ends with the test, and files in it. */
export function filesOf(files: Readonly<Record<string, string | Buffer>>): (name: string) => string {
  const dir = mkdtempSync(join(tmpdir(), "outrigger-pairs-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return (name) => join(dir, name);
}

export function runFiles(primary: string, hedge: string, terms: PairsTerms): Ran {
  const [y, x] = [new BarFile(primary), new BarFile(hedge)];
  const ran = {
    trades: [] as PairsTrade[],
    beta: [] as number[],
    z: [] as number[],
    timestampMs: [] as number[],
    hedged: [] as number[],
    unhedged: [] as number[],
  };
  let firstBar = -1;
  try {
    const blocks = runPairs(new JoinedBars(y, x), terms, process.hrtime.bigint);
    for (;;) {
      const step = blocks.next();
      if (step.done === true) return { ...ran, outcome: step.value, firstBar };
      const { bars, from, trades, hedged, unhedged, beta, z } = step.value;
      const { count } = bars;
      if (firstBar < 0 && from < count) firstBar = step.value.firstBar + from;
      ran.trades.push(...trades);
      ran.beta.push(...beta.subarray(0, count));
      ran.z.push(...z.subarray(0, count));
      ran.timestampMs.push(...bars.timestampMs.subarray(from, count));
      ran.hedged.push(...hedged.subarray(from, count));
      ran.unhedged.push(...unhedged.subarray(from, count));
    }
  } finally {
    y.end();
    x.end();
  }
}

export function runRows(pair: { y: readonly Row[]; x: readonly Row[] }, terms: PairsTerms): Ran {
  const dir = mkdtempSync(join(tmpdir(), "outrigger-pairs-"));
  try {
    const [primary, hedge] = [join(dir, "y.csv"), join(dir, "x.csv")];
    writeFileSync(primary, csvOf(pair.y));
    writeFileSync(hedge, csvOf(pair.x));
    return runFiles(primary, hedge, terms);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
