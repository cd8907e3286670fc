/**
 * How long does a slice hold its thread? Long computations, slice by slice, over and over.
 *
 * A slice does the same work each time, so its median over the repetitions is what the work takes, and the longest of those medians
 * is what a lane beside it would wait at worst. The single longest time seen is the machine's noise as well, and is given beside it.
 */
import { createPrng } from "../../src/sim/prng.ts";
import { correlation, correlationSlices } from "../../src/stats/correlation.ts";
import { symmetricEigenSlices } from "../../src/stats/eigen.ts";
import { isotonicFitSlices } from "../../src/stats/isotonic.ts";
import { johansenSlices } from "../../src/stats/johansen.ts";
import { olsSlices } from "../../src/stats/ols.ts";
import { pboSlices } from "../../src/stats/pbo.ts";
import { plattFitSlices } from "../../src/stats/platt.ts";
import type { Slices } from "../../src/stats/sliced.ts";
import { median } from "../report.ts";

export interface SliceRow {
  readonly name: string;
  readonly slices: number;
  readonly totalUs: number;
  /** Of all slices of all repetitions. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  /** Longest of the slices' own medians over the repetitions, and of their own minima. */
  readonly longestUs: number;
  readonly longestBestUs: number;
}

/** `repetitions` are those measured, after as many to get warm. */
export function measureSlices(repetitions: number, smoke: boolean): SliceRow[] {
  return computations(smoke).map(({ name, start }) => {
    for (let warm = 0; warm < repetitions; warm++) timesOf(start());
    const runs = Array.from({ length: repetitions }, () => timesOf(start()));
    const all = runs.flat().sort((a, b) => a - b);
    const at = (share: number) => all[Math.min(all.length - 1, Math.floor(share * all.length))]!;
    return {
      name,
      slices: runs[0]!.length,
      totalUs: median(runs.map((times) => times.reduce((sum, us) => sum + us, 0))),
      p50Us: at(0.5),
      p99Us: at(0.99),
      maxUs: all.at(-1)!,
      longestUs: Math.max(...runs[0]!.map((_, slice) => median(runs.map((times) => times[slice]!)))),
      longestBestUs: Math.max(...runs[0]!.map((_, slice) => Math.min(...runs.map((times) => times[slice]!)))),
    };
  });
}

function timesOf(slices: Slices<unknown>): number[] {
  const times: number[] = [];
  for (let done = false; !done; ) {
    const start = process.hrtime.bigint();
    done = slices.next().done === true;
    times.push(Number(process.hrtime.bigint() - start) / 1e3);
  }
  return times;
}

interface Computation {
  readonly name: string;
  start(): Slices<unknown>;
}

function computations(smoke: boolean): Computation[] {
  const prng = createPrng(30);
  const noise = (count: number) => Float64Array.from({ length: count }, () => prng.float() - 0.5);
  const columns = (count: number, rows: number) => Array.from({ length: count }, () => noise(rows));
  const size = (full: number, small: number) => (smoke ? small : full);
  const many = columns(size(64, 8), 1000);
  const points = size(2000, 200);
  const rows = Array.from({ length: points }, () => noise(12)).map((row, t, all) =>
    // Walks, as prices are.
    t === 0 ? row : row.map((value, v) => (all[t - 1]![v]! += value)),
  );
  const y = noise(size(20_000, 500));
  const x = columns(8, y.length);
  const matrix = correlation(columns(size(100, 20), 300));
  const scores = noise(size(20_000, 500)).map((value) => value + 0.5);
  const hits = scores.map((score) => (prng.float() < score ? 1 : 0));
  const trials = columns(size(100, 5), 1000);
  return [
    { name: `correlation ${many.length}×1000`, start: () => correlationSlices(many) },
    { name: `johansen 12×${points}`, start: () => johansenSlices(rows, { det: "const", lags: 2 }) },
    { name: `ols ${y.length}×8`, start: () => olsSlices(y, x) },
    { name: `eigen ${matrix.length}×${matrix.length}`, start: () => symmetricEigenSlices(matrix) },
    { name: `pbo ${trials.length}×1000, 10 blocks`, start: () => pboSlices(trials, { blocks: 10 }) },
    { name: `platt ${scores.length}`, start: () => plattFitSlices(scores, hits) },
    { name: `isotonic ${scores.length}`, start: () => isotonicFitSlices(scores, hits) },
  ];
}

export function sliceTable(rows: readonly SliceRow[]): string {
  const us = (value: number, width = 9) => value.toFixed(1).padStart(width);
  const head = `${"".padEnd(26)} slices   total µs    p50 µs    p99 µs  longest µs  its best µs   worst single µs`;
  const lines = rows.map(
    ({ name, slices, totalUs, p50Us, p99Us, longestUs, longestBestUs, maxUs }) =>
      `${name.padEnd(26)} ${String(slices).padStart(6)} ${us(totalUs, 10)} ${us(p50Us)} ${us(p99Us)} ${us(longestUs, 11)} ${us(longestBestUs, 12)} ${us(maxUs, 17)}`,
  );
  return [head, ...lines].join("\n");
}
