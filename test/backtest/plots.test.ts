/** Curves of any length as plots: nothing that a plot could show is lost, and nothing is drawn outside it. */
import { describe, expect, test } from "vitest";
import { reportPage, reportTable } from "../../src/backtest/report-page.ts";
import { BUCKETS, SampledSeries } from "../../src/backtest/sampled-series.ts";
import { plotFigure } from "../../src/backtest/svg-plot.ts";
import { createPrng } from "../../src/sim/prng.ts";

function sampled(values: readonly number[]): SampledSeries {
  const series = new SampledSeries();
  for (const [at, value] of values.entries()) series.add(at * 1000, value);
  return series;
}

describe("a sampled series", () => {
  test.each([1, BUCKETS, BUCKETS + 1, 3 * BUCKETS + 5, 50_000])("of %d points keeps each extreme in its place", (n) => {
    const random = createPrng(n);
    const values = Array.from({ length: n }, () => (random.float() < 0.1 ? Number.NaN : random.float() - 0.5));
    const series = sampled(values);
    expect(series.count).toBeLessThanOrEqual(BUCKETS);
    expect(series.count).toBeGreaterThanOrEqual(Math.min(n, BUCKETS / 2));
    expect(series.lastMs).toBe((n - 1) * 1000);
    for (let at = 0; at < series.count; at++) {
      const from = series.timeMs[at]! / 1000;
      const to = at + 1 < series.count ? series.timeMs[at + 1]! / 1000 : n;
      const inside = values.slice(from, to).filter((value) => !Number.isNaN(value));
      expect(series.low[at]).toBe(inside.length === 0 ? Number.NaN : Math.min(...inside));
      expect(series.high[at]).toBe(inside.length === 0 ? Number.NaN : Math.max(...inside));
    }
    expect(series.timeMs[0]).toBe(0);
  });
});

describe("a plot", () => {
  const format = (value: number) => value.toPrecision(3);
  test("draws every line and mark inside its frame, with round ticks", () => {
    const values = Array.from({ length: 5000 }, (_, at) => 1e6 * Math.sin(at / 100) + at);
    const html = plotFigure({
      title: "a < b & c",
      unit: "quote",
      lines: [{ name: "wave", colour: "a", points: sampled(values) }],
      limits: [-2e6, 2e6],
      marks: [
        { timeMs: 1000, value: 5, shape: "up", words: "in" },
        { timeMs: 9e9, value: 5, shape: "dot", words: "too late" },
        { timeMs: 2000, value: Number.NaN, shape: "cross", words: "nowhere" },
      ],
      format,
    });
    expect(html).toContain("a &#60; b &#38; c");
    expect(html.match(/class="mark/g)).toHaveLength(1);
    expect(html.match(/class="limit/g)).toHaveLength(2);
    const [, path] = /class="line a" d="([^"]+)"/.exec(html)!;
    const points = [...path!.matchAll(/[ML]([\d.]+) ([\d.]+)/g)];
    expect(points.length).toBeGreaterThan(500);
    for (const [, x, y] of points) {
      expect(Number(x)).toBeLessThanOrEqual(960);
      expect(Number(y)).toBeLessThanOrEqual(300);
    }
    const ticks = [...html.matchAll(/text-anchor="end">([^<]+)</g)].map(([, text]) => Number(text));
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    expect(ticks.every((tick) => tick % 5e5 === 0)).toBe(true);
  });

  test("leaves holes where there is no value", () => {
    const html = plotFigure({
      title: "holes",
      unit: "",
      lines: [{ name: "line", colour: "b", points: sampled([1, 2, Number.NaN, 3, 4]) }],
      format,
    });
    expect(/class="line b" d="([^"]+)"/.exec(html)![1]!.match(/M/g)).toHaveLength(2);
  });

  test("of a line that stands still, of one point and of nothing", () => {
    const plot = (values: number[]) =>
      plotFigure({ title: "t", unit: "", lines: [{ name: "n", colour: "a", points: sampled(values) }], format });
    for (const values of [[5, 5, 5], [0, 0], [7]]) expect(plot(values)).not.toMatch(/NaN|Infinity/);
    for (const values of [[], [Number.NaN]]) expect(plot(values)).toContain("Nothing to draw");
  });
});

test("a page takes what files are called as text", () => {
  const html = reportPage('<img src="x">', [reportTable(["a"], [["<script>alert(1)</script>"], ["12.5 %"], ["met"]])]);
  expect(html).not.toMatch(/<script|<img/);
  expect(html).toContain('<td class="number">12.5 %</td>');
  expect(html).toContain('<td class="good">met</td>');
});
