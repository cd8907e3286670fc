/**
 * The HTML report of a pairs backtest: what hedging was worth, against which costs, and the curves to judge it by.
 *
 * It is fed block by block and keeps a bounded picture of the run: sampled curves, the last bars at full resolution, the best and
 * the worst trades.
 */
import type { PairsBlock } from "./pairs.ts";
import type { PairsDocument, SharpeRecord } from "./pairs-document.ts";
import { percent, percentOf, plain } from "./report-numbers.ts";
import { reportPage, reportSection, reportTable, reportText } from "./report-page.ts";
import { BUCKETS, SampledSeries } from "./sampled-series.ts";
import { Drawdown } from "./sums.ts";
import { type PlotMark, plotFigure } from "./svg-plot.ts";
import { sweepSection } from "./sweep-section.ts";
import type { PairsTrade } from "./trade.ts";

/** Bars of the close-up at the end of the run; they fit the buckets one by one. */
const CLOSE_UP_BARS = 600;
const CLOSE_UP_TRADES = 200;
const EXTREMES = 8;

export class PairsReport {
  readonly #hedged = new SampledSeries();
  readonly #unhedged = new SampledSeries();
  readonly #fallHedged = new SampledSeries();
  readonly #fallUnhedged = new SampledSeries();
  readonly #z = new SampledSeries();
  readonly #beta = new SampledSeries();
  readonly #peaks = { hedged: new Drawdown(), unhedged: new Drawdown() };
  readonly #closeUp = new LastValues();
  #recent: PairsTrade[] = [];
  readonly #worst: PairsTrade[] = [];
  readonly #best: PairsTrade[] = [];

  add({ bars, from, hedged, unhedged, beta, z, trades }: PairsBlock): void {
    for (let at = from; at < bars.count; at++) {
      const timeMs = bars.timestampMs[at]!;
      this.#hedged.add(timeMs, hedged[at]!);
      this.#unhedged.add(timeMs, unhedged[at]!);
      this.#fallHedged.add(timeMs, -this.#peaks.hedged.add(hedged[at]!));
      this.#fallUnhedged.add(timeMs, -this.#peaks.unhedged.add(unhedged[at]!));
      this.#z.add(timeMs, z[at]!);
      this.#beta.add(timeMs, beta[at]!);
      this.#closeUp.add(timeMs, z[at]!);
    }
    this.#recent = [...this.#recent, ...trades].slice(-CLOSE_UP_TRADES);
    for (const trade of trades) {
      keepLeast(this.#worst, trade, netOf);
      keepLeast(this.#best, trade, (each) => -netOf(each));
    }
  }

  html(document: PairsDocument): string {
    const { pair, engine } = document;
    return reportPage(`${pair}: what hedging was worth`, [
      reportText(summaryOf(document)),
      reportSection("Effectiveness against its targets", [verdictTable(document)]),
      reportSection("Hedged and not", [comparison(document)]),
      reportSection("Curves", this.#figures(document)),
      reportSection("Trades", [reportText("The best and the worst, by net profit of both legs."), this.#tradeTable()]),
      ...sweepSection(document),
      reportSection("Inputs", [inputTable(document), reportText(`Made by outrigger ${engine.version}.`)]),
    ]);
  }

  #figures({ entry, exit, stop }: PairsDocument): string[] {
    const money = (value: number) => plain(value, 6);
    const closeUp = this.#closeUp.series();
    const limits = [-stop, -entry, -exit, exit, entry, stop];
    return [
      plotFigure({
        title: "Equity",
        unit: "quote",
        lines: [
          { name: "hedged", colour: "a", points: this.#hedged },
          { name: "shadow, without the hedge", colour: "b", points: this.#unhedged },
        ],
        format: money,
      }),
      plotFigure({
        title: "Drawdown",
        unit: "below the peak so far",
        lines: [
          { name: "hedged", colour: "a", points: this.#fallHedged },
          { name: "shadow, without the hedge", colour: "b", points: this.#fallUnhedged },
        ],
        format: percent,
      }),
      plotFigure({
        title: "z-score of the spread",
        unit: "whole run, lowest and highest per pixel",
        lines: [{ name: "z", colour: "c", points: this.#z }],
        limits,
        format: (value) => plain(value, 3),
      }),
      plotFigure({
        title: `z-score and trades, last ${closeUp.count} bars`,
        unit: "up: bought the spread, down: sold it, dot: target, cross: stop or end of data",
        lines: [{ name: "z", colour: "c", points: closeUp }],
        limits,
        marks: this.#recent.flatMap(marksOf),
        format: (value) => plain(value, 3),
      }),
      plotFigure({
        title: "Hedge ratio",
        unit: "beta of the regression at each bar",
        lines: [{ name: "beta", colour: "a", points: this.#beta }],
        format: (value) => plain(value, 4),
      }),
    ];
  }

  #tradeTable(): string {
    const trades = [...new Set([...this.#best, ...this.#worst])].sort((a, b) => netOf(b) - netOf(a));
    if (trades.length === 0) return reportText("There were none.");
    const header = ["entered (UTC)", "side", "bars", "reason", "z in", "beta", "net hedged", "net shadow"];
    const rows = trades.map((trade) => [
      minuteOf(trade.entryMs),
      trade.direction > 0 ? "bought" : "sold",
      String(trade.bars),
      trade.reason,
      plain(trade.zEntry, 4),
      plain(trade.beta, 4),
      plain(netOf(trade), 5),
      plain(trade.grossY - trade.costY, 5),
    ]);
    return reportTable(header, rows);
  }
}

/** The last bars, each by itself. */
class LastValues {
  readonly #timeMs = new Float64Array(Math.min(CLOSE_UP_BARS, BUCKETS));
  readonly #values = new Float64Array(this.#timeMs.length);
  #added = 0;

  add(timeMs: number, value: number): void {
    const at = this.#added++ % this.#timeMs.length;
    this.#timeMs[at] = timeMs;
    this.#values[at] = value;
  }

  series(): SampledSeries {
    const series = new SampledSeries();
    const { length } = this.#timeMs;
    for (let index = Math.max(this.#added - length, 0); index < this.#added; index++) {
      series.add(this.#timeMs[index % length]!, this.#values[index % length]!);
    }
    return series;
  }
}

function keepLeast(kept: PairsTrade[], trade: PairsTrade, key: (trade: PairsTrade) => number): void {
  if (kept.length === EXTREMES && key(trade) >= key(kept[EXTREMES - 1]!)) return;
  kept.push(trade);
  kept.sort((a, b) => key(a) - key(b));
  if (kept.length > EXTREMES) kept.pop();
}

function netOf({ grossY, grossX, costY, costX }: PairsTrade): number {
  return grossY - costY + (grossX - costX);
}

function marksOf({ direction, decisionMs, exitMs, zEntry, zExit, reason }: PairsTrade): PlotMark[] {
  const side = direction > 0 ? "bought" : "sold";
  return [
    {
      timeMs: decisionMs,
      value: zEntry,
      shape: direction > 0 ? "up" : "down",
      words: `${side} the spread at z ${plain(zEntry, 3)}, ${minuteOf(decisionMs)}`,
    },
    {
      timeMs: exitMs,
      value: zExit,
      shape: reason === "target" ? "dot" : "cross",
      words: `left at z ${plain(zExit, 3)} (${reason}), ${minuteOf(exitMs)}`,
    },
  ];
}

function summaryOf({ rows, runs, costs, inputs, verdicts, C0, N }: PairsDocument): string {
  const { n_trades, n_target, n_stop, n_eod, final_equity_hedged, final_equity_unhedged, band, cost_gate } = runs.run;
  const { first_timestamp_ms: first } = inputs.primary;
  const met = verdicts.metrics.filter(({ verdict }) => verdict === "met").length;
  const verdict = verdicts.enough_trades
    ? `${met} of ${verdicts.metrics.length} targets met.`
    : `Not enough trades for a verdict: ${n_trades}, ${verdicts.trades_needed} are needed.`;
  return (
    `${rows} aligned bars from ${first === null ? "-" : minuteOf(first)} on; ${n_trades} trades (${n_target} at target, ` +
    `${n_stop} stopped, ${n_eod} at the end) of ${N} each on a capital of ${C0}. Costs: fee ${costs.fee_bps} bps and slippage ` +
    `${costs.slippage_bps} bps on every fill of both legs${band === null ? "" : `, hedge corrected beyond ${percent(band)}`}` +
    `${cost_gate ? ", cost gate on" : ""}. Equity ended at ${plain(final_equity_hedged, 8)} hedged and at ` +
    `${plain(final_equity_unhedged, 8)} without the hedge. ${verdict}`
  );
}

function verdictTable({ verdicts }: PairsDocument): string {
  const rows = verdicts.metrics.map(({ metric, target, value, verdict, why }) => [
    metric,
    target,
    value === null ? "–" : metric === "Sharpe improvement" ? `${plain(value, 4)}×` : percent(value),
    verdict,
    why ?? "",
  ]);
  return reportTable(["metric", "target", "found", "verdict", ""], rows);
}

function comparison({ runs, deflated_sharpe: record }: PairsDocument): string {
  const { sharpe, drawdown, hedge_cost_drag: drag, ...run } = runs.run;
  const show = (value: number | null) => (value === null ? "–" : plain(value, 6));
  const probability = ({ dsr }: SharpeRecord) => (dsr === null ? "–" : percent(dsr));
  return reportTable(
    ["", "hedged", "shadow"],
    [
      ["final equity", show(run.final_equity_hedged), show(run.final_equity_unhedged)],
      ["gross profit", show(drag.gross_pnl_hedged), show(drag.gross_pnl_primary_only)],
      ["fees and slippage", show(drag.hedge_costs + drag.primary_costs), show(drag.primary_costs)],
      ["deepest drawdown", percentOf(drawdown.mdd_hedged), percentOf(drawdown.mdd_unhedged)],
      ["Sharpe ratio per year", show(sharpe.hedged), show(sharpe.unhedged)],
      ["same of compounded returns", show(sharpe.hedged_compounded_returns), show(sharpe.unhedged_compounded_returns)],
      ["probability that it is above 0", probability(record.hedged), probability(record.unhedged)],
      ["ruined", sharpe.ruined_hedged ? "yes" : "no", sharpe.ruined_unhedged ? "yes" : "no"],
      ["variance taken away by the hedge", percentOf(run.ederington_variance_reduction), ""],
      ["hedge corrections", String(run.n_rebalances), ""],
    ],
  );
}

function inputTable({ inputs, undefined_bars }: PairsDocument): string {
  const { primary, hedge } = inputs;
  const row = (name: string, of: (leg: typeof primary) => number | string) => [
    name,
    String(of(primary)),
    String(of(hedge)),
  ];
  return reportTable(
    ["", "primary", "hedge"],
    [
      row("file", ({ file }) => file),
      row("bars", ({ bars }) => bars),
      row("without a counterpart, dropped", ({ dropped_bars }) => dropped_bars),
      row("without volume (stale), used", ({ stale_bars }) => stale_bars),
      row("gaps", ({ gaps }) => gaps),
      row("bars missing in them", ({ missing_bars }) => missing_bars),
      row("repeated rows, dropped", ({ duplicate_bars }) => duplicate_bars),
      row("high and low do not hold the prices", ({ inconsistent_bars }) => inconsistent_bars),
      ["bars without hedge ratio or score", String(undefined_bars), ""],
    ],
  );
}

function minuteOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace("T", " ");
}
