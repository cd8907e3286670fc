/** The files of a run or a report: trade list, equity, HTML. Written as the numbers come, in constant memory. */
import { OutputFile } from "../output-file.ts";
import { reportPage, reportSection, reportTable, reportText } from "../report-page.ts";
import { SampledSeries } from "../sampled-series.ts";
import { Drawdown } from "../sums.ts";
import { plotFigure } from "../svg-plot.ts";
import type { AccountWatch } from "./account.ts";
import { EPISODE_COLUMNS, type Episode, episodeLine } from "./episode.ts";
import type { EpisodeGroup } from "./episode-groups.ts";
import type { ReliabilityRow } from "./reliability.ts";
import type { RunResult } from "./run-result.ts";

export interface RunPaths {
  readonly json?: string | undefined;
  readonly trades?: string | undefined;
  readonly equity?: string | undefined;
  readonly report?: string | undefined;
}

export interface RunDocument {
  readonly engine: { readonly name: string; readonly version: string };
  readonly result: RunResult;
}

export class RunOutputs implements AccountWatch {
  readonly #files: Readonly<Record<keyof RunPaths, OutputFile | null>>;
  readonly #hedged = new SampledSeries();
  readonly #unhedged = new SampledSeries();
  readonly #fallHedged = new SampledSeries();
  readonly #fallUnhedged = new SampledSeries();
  readonly #ratio = new SampledSeries();
  readonly #firstFill = new SampledSeries();
  readonly #peaks = { hedged: new Drawdown(), unhedged: new Drawdown() };
  #capital = Number.NaN;

  /** OUTPUT_UNWRITABLE. */
  constructor(paths: RunPaths) {
    const open = (path: string | undefined) => (path === undefined ? null : new OutputFile(path));
    this.#files = {
      json: open(paths.json),
      trades: open(paths.trades),
      equity: open(paths.equity),
      report: open(paths.report),
    };
    this.#files.trades?.write(`${EPISODE_COLUMNS.join(",")}\n`);
    this.#files.equity?.write("timestamp_ms,pnl_hedged,pnl_unhedged,exposure,hedge\n");
  }

  /** Drawdowns are of the capital: known with the first sample. */
  onCapital(capital: number): void {
    this.#capital = capital;
  }

  onEpisode(episode: Episode): void {
    this.#files.trades?.write(`${episodeLine(episode)}\n`);
    this.#firstFill.add(episode.decidedMs, episode.firstFillMs);
  }

  onSample(atMs: number, hedged: number, unhedged: number, exposure: number, hedge: number): void {
    this.#files.equity?.write(`${atMs},${hedged},${unhedged},${exposure},${hedge}\n`);
    if (exposure !== 0) this.#ratio.add(atMs, -hedge / exposure);
    this.#hedged.add(atMs, hedged);
    this.#unhedged.add(atMs, unhedged);
    this.#fallHedged.add(atMs, -this.#peaks.hedged.add(this.#capital + hedged));
    this.#fallUnhedged.add(atMs, -this.#peaks.unhedged.add(this.#capital + unhedged));
  }

  /** Puts every file in its place. */
  finish(title: string, inputs: readonly (readonly [name: string, value: string])[], document: RunDocument): void {
    this.#files.json?.write(`${JSON.stringify(document, null, 2)}\n`);
    this.#files.report?.write(this.#html(title, inputs, document));
    for (const file of Object.values(this.#files)) file?.keep();
  }

  /** Leaves nothing behind of what is not finished. */
  discard(): void {
    for (const file of Object.values(this.#files)) file?.discard();
  }

  #html(title: string, inputs: readonly (readonly [string, string])[], { engine, result }: RunDocument): string {
    return reportPage(title, [
      reportText(summaryOf(result)),
      reportSection("Effectiveness against its targets", [
        reportTable(
          ["metric", "target", "found", "verdict", ""],
          result.verdicts.metrics.map(({ metric, target, value, verdict, why }) => [
            metric,
            target,
            value === null ? "–" : metric === "Sharpe improvement" ? `${plain(value, 4)}×` : percent(value),
            verdict,
            why ?? "",
          ]),
        ),
      ]),
      reportSection("Curves", this.#figures()),
      reportSection("By signal kind", [groupTable(result.by_signal_kind)]),
      reportSection("By source", [groupTable(result.by_source)]),
      reportSection("By model version", [groupTable(result.by_model_version)]),
      reportSection("By position", [groupTable(result.by_asset)]),
      reportSection("By playbook", [groupTable(result.by_playbook)]),
      reportSection("By end of the trade", [groupTable(result.by_end)]),
      reportSection("How far models could be believed", [reliabilityTable(result.reliability)]),
      reportSection("By venue", [venueTable(result)]),
      reportSection("Signals and alarms", [
        reportTable(["outcome of a signal", "times"], pairsOf(result.signal_outcomes)),
        reportTable(["alarm", "times"], pairsOf(result.alarms)),
      ]),
      reportSection("Inputs", [
        reportTable(
          ["input", "value"],
          inputs.map(([name, value]) => [name, value]),
        ),
        reportText(`Made by outrigger ${engine.version}. Funding of perpetuals is not counted.`),
      ]),
    ]);
  }

  #figures(): string[] {
    const both = (a: SampledSeries, b: SampledSeries) => [
      { name: "hedged", colour: "a" as const, points: a },
      { name: "shadow, without the hedge", colour: "b" as const, points: b },
    ];
    return [
      plotFigure({
        title: "Profit",
        unit: "quote, since the start",
        lines: both(this.#hedged, this.#unhedged),
        format: (value) => plain(value, 6),
      }),
      plotFigure({
        title: "Drawdown",
        unit: "below the peak so far",
        lines: both(this.#fallHedged, this.#fallUnhedged),
        format: percent,
      }),
      plotFigure({
        title: "Hedge ratio",
        unit: "hedge held, as a share of the exposure",
        lines: [{ name: "hedged", colour: "c", points: this.#ratio }],
        format: (value) => plain(value, 3),
      }),
      plotFigure({
        title: "Latency",
        unit: "ms from a signal's arrival to its first fill",
        lines: [{ name: "first fill", colour: "c", points: this.#firstFill }],
        format: (value) => plain(value, 4),
      }),
    ];
  }
}

function summaryOf(result: RunResult): string {
  const { trades, comparable_trades: comparable, days, metrics, verdicts, capital } = result;
  if (metrics === null || capital === null) return "No price was seen, so nothing can be said.";
  const met = verdicts.metrics.filter(({ verdict }) => verdict === "met").length;
  const verdict = verdicts.enough
    ? `${met} of ${verdicts.metrics.length} targets met.`
    : `Not enough for a verdict: ${verdicts.missing.join(", ")}.`;
  const ruined = metrics.sharpe.ruined_hedged || metrics.sharpe.ruined_unhedged ? " An account was ruined." : "";
  return (
    `${trades} trades, ${comparable} of them comparable, over ${days.toFixed(1)} days on a capital of ${plain(capital, 8)}. ` +
    `Equity ended at ${plain(metrics.final_equity_hedged, 8)} hedged and at ${plain(metrics.final_equity_unhedged, 8)} ` +
    `without the hedge; hedging cost ${plain(metrics.hedge_cost_drag.hedge_costs, 6)} in fees and slippage.${ruined} ${verdict}`
  );
}

const GROUP_HEADER = [
  "",
  "trades",
  "comparable",
  "profit unhedged",
  "hedge, gross",
  "cost",
  "profit hedged",
  "worst unhedged",
  "worst hedged",
  "losses reduced",
  "slippage",
  "first fill, ms",
];

function groupTable(groups: readonly EpisodeGroup[]): string {
  if (groups.length === 0) return reportText("There were none.");
  const rows = groups.map((each) => [
    each.group,
    String(each.trades),
    String(each.comparable),
    plain(each.pnl_unhedged, 6),
    plain(each.pnl_hedge_gross, 6),
    plain(each.hedge_cost, 6),
    plain(each.pnl_hedged, 6),
    plain(each.worst_unhedged, 6),
    plain(each.worst_hedged, 6),
    each.loss_reduction === null ? "–" : percent(each.loss_reduction),
    each.slippage_mean === null ? "–" : percent(each.slippage_mean),
    each.first_fill_ms_mean === null ? "–" : plain(each.first_fill_ms_mean, 4),
  ]);
  return reportTable(GROUP_HEADER, rows);
}

function reliabilityTable(rows: readonly ReliabilityRow[]): string {
  if (rows.length === 0) return reportText("Nothing was scored.");
  const cell = (value: number | null, show: (value: number) => string) => (value === null ? "–" : show(value));
  const number = (value: number | null) => cell(value, (each) => plain(each, 4));
  return reportTable(
    [
      "model",
      "source",
      "scored",
      "passed",
      "calibrated",
      "outcomes",
      "came true",
      "stated",
      "Brier, stated",
      "Brier, calibrated",
    ],
    rows.map((row) => [
      `${row.model}@${row.model_version}`,
      row.source,
      String(row.scored),
      String(row.passed),
      String(row.calibrated),
      String(row.outcomes),
      cell(row.hit_rate, percent),
      cell(row.stated_mean, percent),
      number(row.brier_stated),
      number(row.brier_calibrated),
    ]),
  );
}

function venueTable({ by_venue: venues }: RunResult): string {
  const rows = venues.map((each) => [
    each.venue,
    String(each.orders),
    String(each.fills),
    String(each.partial_fills),
    String(each.rejected),
    String(each.unknown),
    plain(each.filled_notional, 8),
    plain(each.fees, 6),
    each.slippage_mean === null ? "–" : percent(each.slippage_mean),
    each.answer_ms_mean === null ? "–" : plain(each.answer_ms_mean, 4),
  ]);
  const header = [
    "venue",
    "orders",
    "fills",
    "in part",
    "rejected",
    "unknown",
    "filled",
    "fees",
    "slippage",
    "answer, ms",
  ];
  return reportTable(header, rows);
}

const pairsOf = (counts: Readonly<Record<string, number>>): string[][] =>
  Object.entries(counts).map(([name, times]) => [name, String(times)]);

const percent = (value: number): string => `${plain(value * 100, 4)} %`;

/** Rounded to so many significant digits, without trailing zeros. */
function plain(value: number, digits: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : "–";
}
