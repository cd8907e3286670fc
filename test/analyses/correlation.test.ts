/** The matrix of the portfolio hedge, from candles. */
import { describe, expect, it } from "vitest";
import type { Candles } from "../../src/analyses/candles.ts";
import { estimateCorrelation } from "../../src/analyses/correlation.ts";
import { runTasksNow } from "../../src/analyses/run-tasks.ts";
import type { AnalysisTerms, CorrelationTask } from "../../src/analyses/task.ts";
import { Correlation } from "../../src/core/correlation.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { ledoitWolf } from "../../src/stats/index.ts";
import { coreConfig } from "../support/core-config.ts";
import { A, B, C, D, DIRECTORY, INDEX } from "../support/portfolio-book.ts";

const HOUR_MS = 3_600_000;
const TO_MS = 1_700_006_400_000;
const ROWS = 1000;
const TASK: CorrelationTask = { kind: "correlation", index: INDEX, instruments: [A, B, C, INDEX] };
const TERMS = {
  core: coreConfig({ directory: DIRECTORY, shields: [] }),
  intervalMs: HOUR_MS,
  spanMs: 182 * 24 * HOUR_MS,
  rowsMin: 200,
  endAgeMsMax: 3 * 24 * HOUR_MS,
} as AnalysisTerms;

/** Hourly closes that move by `of` of the market and by something of their own, 1 % an hour in all. */
function candles(instrument: number, of: number, rows = ROWS): Candles {
  const market = createPrng(1);
  const own = createPrng(100 + instrument);
  let log = 0;
  const close = Float64Array.from({ length: rows }, () => {
    log += 0.01 * Math.sqrt(12) * (of * (market.float() - 0.5) + Math.sqrt(1 - of * of) * (own.float() - 0.5));
    return Math.exp(log);
  });
  const timestampMs = Float64Array.from({ length: rows }, (_, i) => TO_MS - (rows - i) * HOUR_MS);
  return { from: `${instrument}.csv`, intervalMs: HOUR_MS, endMs: TO_MS, timestampMs, high: close, low: close, close };
}
const LOADS = new Map([
  [A, 0.98],
  [B, 0.95],
  [C, 0],
  [INDEX, 0.99],
]);
const HISTORY = new Map([...LOADS].map(([instrument, of]) => [instrument, candles(instrument, of)]));
const run = (task = TASK, history = HISTORY, terms = TERMS, nowMs = TO_MS) => {
  const memory = { onAnalysis: () => undefined } as never;
  const [result] = runTasksNow([task], terms, memory, ({ instrument }) => history.get(instrument)!, nowMs);
  return result!;
};
function found(task = TASK, history = HISTORY) {
  const result = run(task, history);
  if (!result.ok) throw new Error(result.message);
  const [analysis] = result.analyses;
  if (analysis?.kind !== "correlation") throw new Error("no correlation");
  return analysis;
}

describe("the correlation of a book", () => {
  it("is near what the candles were made with, and the core takes it", () => {
    const analysis = found();
    const rho = (one: number, other: number) =>
      analysis.correlation[TASK.instruments.indexOf(one)]![TASK.instruments.indexOf(other)]!;
    expect(rho(A, B)).toBeCloseTo(0.98 * 0.95, 1);
    expect(rho(A, INDEX)).toBeCloseTo(0.98 * 0.99, 1);
    expect(Math.abs(rho(A, C))).toBeLessThan(0.1);
    for (const sigma of analysis.volatilityDaily) expect(sigma / (0.01 * Math.sqrt(24))).toBeCloseTo(1, 1);
    expect(analysis.untilMs).toBe(TO_MS);
    expect(analysis.basis).toMatchObject({ rows: ROWS - 1, toMs: TO_MS });
    const core = new Correlation(INDEX, 0.8, 9);
    expect(core.take(analysis, [A, B, C])).toBeNull();
    expect([...core.clusterOf]).toEqual([0, 0, -1, -1]);
    expect(run().ok && run().name).toBe("correlation with INDEX/USDT:USDT");
  });

  it("is that of Ledoit and Wolf, of returns of one standard deviation, whatever their scale", () => {
    const prng = createPrng(5);
    const columns = [0, 1, 2].map((k) => Float64Array.from({ length: 40 }, () => (prng.float() - 0.5) * 10 ** -k));
    const { correlation, shrinkage, volatilityDaily } = estimateCorrelation(columns, HOUR_MS);
    const scaled = estimateCorrelation([columns[0]!.map((x) => x * 1024), columns[1]!, columns[2]!], HOUR_MS);
    expect(scaled.correlation).toEqual(correlation);
    expect(scaled.volatilityDaily[0]).toBe(volatilityDaily[0]! * 1024);
    expect(shrinkage).toBeGreaterThan(0);
    // Unscaled, the wildest column alone would decide the shrinkage.
    expect(ledoitWolf(columns).shrinkage).not.toBeCloseTo(shrinkage, 2);
    // One factor of all off-diagonal entries: what shrinkage toward the identity does.
    const plain = (i: number, j: number) => {
      const sums = (f: (a: number, b: number) => number) =>
        columns[i]!.reduce((s, a, t) => s + f(a, columns[j]![t]!), 0);
      const [ma, mb] = [i, j].map((k) => columns[k]!.reduce((s, a) => s + a, 0) / 40) as [number, number];
      const norm = (k: number, m: number) => Math.sqrt(columns[k]!.reduce((s, a) => s + (a - m) ** 2, 0));
      return sums((a, b) => (a - ma) * (b - mb)) / norm(i, ma) / norm(j, mb);
    };
    const factor = correlation[0]![1]! / plain(0, 1);
    expect(factor).toBeLessThan(1);
    expect(correlation[1]![2]! / plain(1, 2)).toBeCloseTo(factor, 12);
  });

  it("leaves out returns over gaps, and joins by time", () => {
    const gapped = new Map(HISTORY);
    const whole = HISTORY.get(B)!;
    const keep = (values: Float64Array) => values.filter((_, i) => i < 500 || i >= 510);
    gapped.set(B, {
      ...whole,
      timestampMs: keep(whole.timestampMs),
      high: keep(whole.high),
      low: keep(whole.low),
      close: keep(whole.close),
    });
    const analysis = found(TASK, gapped);
    // Ten rows are missing, and the return over them.
    expect(analysis.basis!.rows).toBe(ROWS - 1 - 11);
    expect(analysis.correlation[0]![1]).toBeCloseTo(found().correlation[0]![1]!, 2);
  });

  it("sees nothing that was not over", () => {
    const result = run(TASK, HISTORY, TERMS, TO_MS - 1);
    expect(result.ok && result.analyses[0]!.basis!.toMs).toBe(TO_MS - HOUR_MS);
  });

  it.each([
    ["TOO_FEW_ROWS", { ...TERMS, rowsMin: ROWS }, TO_MS],
    ["HISTORY_OLD", TERMS, TO_MS + 3 * 24 * HOUR_MS + 1],
  ])("fails with %s", (code, terms, nowMs) => {
    expect(run(TASK, HISTORY, terms, nowMs)).toMatchObject({ ok: false, code });
  });

  it("fails where a price never moved", () => {
    const flat = new Map(HISTORY);
    flat.set(D, { ...HISTORY.get(A)!, close: new Float64Array(ROWS).fill(5) });
    expect(run({ ...TASK, instruments: [A, D, INDEX] }, flat)).toMatchObject({ ok: false, code: "SAMPLE_BAD" });
  });
});
