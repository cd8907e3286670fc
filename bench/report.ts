/**
 * Report: samples of all repetitions become the table, and the bars their verdicts.
 *
 * A figure of a target is the median over repetitions of that repetition's percentile, and its ratio the median of the ratios
 * to the echo of the same repetition: a repetition on a slow minute counts as one, not as its worst samples.
 */
import type { Budget } from "./budgets.ts";
import type { Load, RepetitionResult } from "./repetition.ts";
import type { TargetName } from "./targets.ts";

const PERCENTILES = { p50: 0.5, p99: 0.99, p999: 0.999 } as const;
type Percentile = keyof typeof PERCENTILES;

export interface Row {
  readonly load: string;
  readonly target: TargetName;
  readonly samples: number;
  readonly us: Readonly<Record<Percentile, number>>;
  /** To the echo. */
  readonly ratio: Readonly<Record<Percentile, number>>;
  /** Lowest and highest ratio of p50 over the repetitions. */
  readonly p50RatioRange: readonly [number, number];
  readonly cpuUs: number;
  readonly lost: number;
  readonly doubled: number;
  readonly foreign: number;
}

export function rowsOf(
  loads: readonly Load[],
  targets: readonly TargetName[],
  repetitions: readonly RepetitionResult[],
): Row[] {
  const yardstick = targets.indexOf("echo");
  return loads.flatMap(({ name }, load) =>
    targets.map((target, index): Row => {
      const mine = repetitions.map(({ samples }) => samples[load]![index]!);
      const figures = mine.map(({ latenciesUs }) => percentiles(latenciesUs));
      const echo = repetitions.map(({ samples }) => percentiles(samples[load]![yardstick]!.latenciesUs));
      const ratios = (which: Percentile) => figures.map((figure, i) => figure[which] / echo[i]![which]);
      const each = (of: (which: Percentile) => number) => ({ p50: of("p50"), p99: of("p99"), p999: of("p999") });
      const total = (of: "lost" | "doubled" | "foreign") => mine.reduce((sum, samples) => sum + samples[of], 0);
      return {
        load: name,
        target,
        samples: mine.reduce((sum, { latenciesUs }) => sum + latenciesUs.length, 0),
        us: each((which) => median(figures.map((figure) => figure[which]))),
        ratio: each((which) => median(ratios(which))),
        p50RatioRange: [Math.min(...ratios("p50")), Math.max(...ratios("p50"))],
        cpuUs: median(repetitions.map(({ cpuUs }) => cpuUs[index]!)),
        lost: total("lost"),
        doubled: total("doubled"),
        foreign: total("foreign"),
      };
    }),
  );
}

function percentiles(latenciesUs: readonly number[]): Record<Percentile, number> {
  const sorted = latenciesUs.toSorted((a, b) => a - b);
  const at = (fraction: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
  return { p50: at(PERCENTILES.p50), p99: at(PERCENTILES.p99), p999: at(PERCENTILES.p999) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function table(rows: readonly Row[]): string {
  const lines = [
    "load      target      samples |  p50 µs   p99 µs  p99.9 µs | ratio to echo p50 [range]     p99   p99.9 | lost doubled foreign",
  ];
  let load = "";
  for (const row of rows) {
    if (row.load !== load && load !== "") lines.push("");
    load = row.load;
    const { us, ratio } = row;
    const [low, high] = row.p50RatioRange;
    lines.push(
      `${row.load.padEnd(9)} ${row.target.padEnd(10)} ${cell(row.samples, 8, 0)} |${cell(us.p50, 8)} ${cell(us.p99, 8)} ${cell(us.p999, 9)} |` +
        `${cell(ratio.p50, 8, 2)} [${cell(low, 6, 2)}-${cell(high, 6, 2)}] ${cell(ratio.p99, 9, 2)} ${cell(ratio.p999, 7, 2)} |` +
        `${cell(row.lost, 5, 0)} ${cell(row.doubled, 7, 0)} ${cell(row.foreign, 7, 0)}`,
    );
  }
  return lines.join("\n");
}

const cell = (value: number, width: number, places = 1): string => value.toFixed(places).padStart(width);

export interface Verdict {
  readonly bar: string;
  readonly value: number;
  readonly limit: number;
  readonly pass: boolean;
}

export function judge(rows: readonly Row[], budgets: readonly Budget[]): Verdict[] {
  return rows.flatMap(({ load, target, ratio }) => {
    const budget = budgets.find((each) => each.target === target);
    if (budget === undefined) return [];
    return [
      verdict(`${target} p50 / echo, ${load}`, ratio.p50, budget.p50RatioMax),
      verdict(`${target} p99 / echo, ${load}`, ratio.p99, budget.p99RatioMax),
    ];
  });
}

export const verdict = (bar: string, value: number, limit: number): Verdict => ({
  bar,
  value,
  limit,
  pass: value <= limit,
});

export const verdictLine = ({ bar, value, limit, pass }: Verdict): string =>
  `${pass ? "pass" : "FAIL"}  ${bar.padEnd(34)} ${value.toFixed(2).padStart(9)}  limit ${limit.toFixed(2)}`;
