/** Report of the kernel bench: rounds become medians and ratios, and the bars their verdicts. */
import type { KernelBar } from "../budgets.ts";
import { median, type Verdict } from "../report.ts";
import type { Case } from "./data.ts";
import { CONTROL, type Measured } from "./rounds.ts";

export interface KernelRow {
  readonly case: string;
  readonly side: string;
  /** Median over rounds. */
  readonly nsPerUnit: number;
  /** This side's time over the first side's: median, and the quartiles, of the ratios within each round. */
  readonly ratio: number;
  readonly quartiles: readonly [number, number];
  /** The fastest round of this side over the fastest of the first: what is left of the ratio when all noise is taken away. */
  readonly bestRatio: number;
  readonly result: number;
}

export function kernelRows(each: Case, measured: readonly Measured[]): KernelRow[] {
  const [first] = measured;
  return measured.map(({ side, nsPerUnit, result }) => {
    const ratios = nsPerUnit.map((ns, round) => ns / first!.nsPerUnit[round]!).sort((a, b) => a - b);
    const at = (share: number) => ratios[Math.round(share * (ratios.length - 1))]!;
    return {
      case: each.name,
      side,
      nsPerUnit: median(nsPerUnit),
      ratio: median(ratios),
      quartiles: [at(0.25), at(0.75)],
      bestRatio: Math.min(...nsPerUnit) / Math.min(...first!.nsPerUnit),
      result,
    };
  });
}

export function kernelTable(rows: readonly KernelRow[]): string {
  return rows
    .map(({ side, nsPerUnit, ratio, quartiles: [low, high], bestRatio, result }) => {
      const ratios = `${ratio.toFixed(2).padStart(8)} × [${low.toFixed(2)}-${high.toFixed(2)}]`;
      return `  ${side.padEnd(20)} ${time(nsPerUnit).padStart(10)} ${ratios.padEnd(26)} best ${bestRatio.toFixed(2).padEnd(7)} result ${result.toPrecision(9)}`;
    })
    .join("\n");
}

function time(ns: number): string {
  if (ns < 1000) return `${ns.toFixed(1)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(2)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

/** A bar without its sides in the rows, as C without a compiler, gives no verdict. */
export function judgeBars(rows: readonly KernelRow[], bars: readonly KernelBar[]): Verdict[] {
  return bars.flatMap((bar) => {
    const find = (side: string) => rows.find((each) => each.case === bar.case && each.side === side);
    const row = find(bar.side);
    const own = bar.of === undefined ? 1 : find(bar.of)?.ratio;
    if (row === undefined || own === undefined) return [];
    const name = bar.of === undefined ? bar.case : `${bar.case} ${bar.of}`;
    if (bar.at === "least") {
      const value = row.ratio / own;
      return [{ bar: `${name}: faster than ${bar.side}, at least`, value, limit: bar.times, pass: value >= bar.times }];
    }
    const value = own / row.ratio;
    return [{ bar: `${name}: time over ${bar.side}'s, at most`, value, limit: bar.times, pass: value <= bar.times }];
  });
}

export const barLine = ({ bar, value, limit, pass }: Verdict): string =>
  `${pass ? "pass" : "FAIL"}  ${bar.padEnd(52)} ${value.toFixed(2).padStart(8)}  bar ${limit}`;

/** How far the two identical sides of each case are apart, in the median: the error of that case's ratios. */
export const controlsApart = (rows: readonly KernelRow[]): { readonly case: string; readonly apart: number }[] =>
  rows
    .filter(({ side }) => side === CONTROL)
    .map((row) => ({ case: row.case, apart: Math.max(row.ratio, 1 / row.ratio) - 1 }));
