/**
 * What each method of β takes of the variance on the second half of a real pair: ratios are estimated on what lies before, again
 * when the engine's schedule would (after 29 days, or when a short sample may have doubled), and judged on changes over a
 * horizon.
 */
import { readFileSync } from "node:fs";
import { readCandleFile } from "../../src/analyses/candle-file.ts";
import { joinedCandles, type LogPair, logPair } from "../../src/analyses/candles.ts";
import { heldOutReduction } from "../../src/analyses/held-out.ts";
import { estimateBeta } from "../../src/analyses/ratio-estimates.ts";
import { type BetaMethod, chooseBeta } from "../../src/core/sizing/beta.ts";

export const MARKET = new URL("../../../shared/data/market/", import.meta.url);
const DAY_MS = 86_400_000;

/** Of two files of candles, by name, in candles of `intervalMs`. */
export function filePair(y: string, x: string, intervalMs: number): LogPair {
  const [one, other] = [y, x].map((name) => {
    const candles = readCandleFile(new URL(`${name}.csv`, MARKET).pathname, 0);
    return candles.intervalMs === intervalMs ? candles : joinedCandles(candles, intervalMs);
  });
  return logPair(one!, other!);
}

/** Bitcoin at Binance on the spot and as a perpetual, mids of every `every`-th tenth of a second. */
export function spotAndPerp(every: number): LogPair {
  const rows = readFileSync(new URL("tick/bbo100ms_BTCUSDT_spot_perp_20240808.csv", MARKET), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .filter((_, row) => row % every === 0)
    .map((line) => line.split(",").map(Number) as [number, number, number, number, number]);
  return {
    from: "spot and perpetual",
    intervalMs: 100 * every,
    timestampMs: Float64Array.from(rows, ([at]) => at),
    y: Float64Array.from(rows, ([, bid, ask]) => Math.log((bid + ask) / 2)),
    x: Float64Array.from(rows, ([, , , bid, ask]) => Math.log((bid + ask) / 2)),
  };
}

export type Shares = Readonly<Record<Exclude<BetaMethod, "auto"> | "auto", number>> & { readonly chosen: string };

/** Shares of the variance of `horizon`-bar changes; NaN for a method that had no ratio at some time. */
export function outOfSample({ timestampMs, intervalMs, y, x }: LogPair, horizon: number): Shares {
  const rows = y.length;
  const none: number[] = [];
  const left = {
    fixed: [] as number[],
    ols: [] as number[],
    returns: [] as number[],
    combined: [] as number[],
    johansen: [] as number[],
    auto: [] as number[],
  };
  const chosen = new Set<string>();
  for (let from = rows >> 1; from < rows - horizon; ) {
    const sample = { y: y.subarray(0, from), x: x.subarray(0, from) };
    const spanMs = timestampMs[from - 1]! - timestampMs[0]!;
    const againMs = Math.min(29 * DAY_MS, Math.max(DAY_MS, spanMs));
    let end = from + 1;
    while (end < rows - horizon && timestampMs[end]! - timestampMs[from]! < againMs) end++;
    const estimates = {
      asset: 0,
      hedge: 1,
      spanDays: spanMs / DAY_MS,
      ...estimateBeta(sample),
      heldOut: heldOutReduction(sample, horizon, 1),
    };
    const rule = { method: "auto", driftMax: 0.1, revalidateMs: 1, longHoldingMs: 2 * intervalMs } as const;
    const choice = chooseBeta({ ...rule, holdingMs: horizon * intervalMs }, 1, estimates);
    chosen.add(choice?.method ?? "none");
    const { ols, returns, combined, johansen } = estimates;
    const ratios = { fixed: 1, ols, returns, combined, johansen };
    for (let t = from; t < end; t++) {
      const dy = y[t + horizon]! - y[t]!;
      const dx = x[t + horizon]! - x[t]!;
      none.push(dy);
      for (const [method, ratio] of Object.entries({ ...ratios, auto: choice?.value ?? 1 })) {
        left[method as keyof typeof left].push(dy - ratio * dx);
      }
    }
    from = end;
  }
  const all = variance(none);
  const taken = (method: keyof typeof left) => 1 - variance(left[method]) / all;
  return {
    fixed: taken("fixed"),
    ols: taken("ols"),
    returns: taken("returns"),
    combined: taken("combined"),
    johansen: taken("johansen"),
    auto: taken("auto"),
    chosen: [...chosen].join(", "),
  };
}

/** The best of the single methods. */
export const best = ({ fixed, ols, returns, johansen }: Shares): number =>
  Math.max(...[fixed, ols, returns, johansen].filter((share) => !Number.isNaN(share)));

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
