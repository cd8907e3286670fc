/** The signals study as one self-contained HTML page: scenarios, models and the equity of each market's first scenario. */
import { reportPage, reportSection, reportTable, reportText } from "../report-page.ts";
import { SampledSeries } from "../sampled-series.ts";
import { plotFigure } from "../svg-plot.ts";
import { type ModelRow, SIGNAL_SCENARIOS, type SignalRow } from "./signals-study.ts";

/** Both profits of one run, thinned for a plot. */
export class StudyCurve {
  readonly market: string;
  readonly hedged = new SampledSeries();
  readonly unhedged = new SampledSeries();

  constructor(market: string) {
    this.market = market;
  }

  onSample(atMs: number, hedged: number, unhedged: number): void {
    this.hedged.add(atMs, hedged);
    this.unhedged.add(atMs, unhedged);
  }
}

export function signalsReport(
  version: string,
  rows: readonly SignalRow[],
  models: readonly ModelRow[],
  curves: readonly StudyCurve[],
  limits: readonly string[],
): string {
  return reportPage("What the signal playbook makes of signals of a known worth", [
    reportText(limits.join(" ")),
    reportSection("Scenarios", [
      reportTable(
        ["scenario", "what differs"],
        SIGNAL_SCENARIOS.map(({ name, what }) => [name, what]),
      ),
      reportTable(SCENARIO_HEADER, rows.map(scenarioCells)),
    ]),
    reportSection("Models", [reportTable(MODEL_HEADER, models.map(modelCells))]),
    reportSection(
      "Profit as built",
      curves.map(({ market, hedged, unhedged }) =>
        plotFigure({
          title: market,
          unit: "quote, since the start",
          lines: [
            { name: "hedged", colour: "a", points: hedged },
            { name: "shadow, without the hedge", colour: "b", points: unhedged },
          ],
          format: (value) => String(Number(value.toPrecision(6))),
        }),
      ),
    ),
    reportText(`Made by outrigger ${version}.`),
  ]);
}

export const SCENARIO_HEADER = [
  "market",
  "scenario",
  "signals",
  "score refused",
  "stale",
  "trades",
  "profit shadow",
  "profit hedged",
  "cost of hedge",
  "drawdown shadow",
  "drawdown hedged",
  "Sharpe shadow",
  "Sharpe hedged",
  "variance reduced",
  "first fill ms",
  "targets",
] as const;

export function scenarioCells(row: SignalRow): string[] {
  const verdict = row.missing === "" ? `${row.targets_met} of ${row.targets}` : `not enough: ${row.missing}`;
  return [
    row.market,
    row.scenario,
    String(row.signals),
    String(row.refused_by_score),
    String(row.refused_stale),
    String(row.trades),
    percent(row.profit_shadow),
    percent(row.profit_hedged),
    percent(row.hedge_cost),
    percent(row.drawdown_shadow),
    percent(row.drawdown_hedged),
    fixed(row.sharpe_shadow, 2),
    fixed(row.sharpe_hedged, 2),
    percent(row.variance_reduction),
    fixed(row.first_fill_ms_mean, 0),
    verdict,
  ];
}

export const MODEL_HEADER = [
  "market",
  "scenario",
  "model",
  "scored",
  "passed",
  "outcomes",
  "came true",
  "stated",
  "Brier stated",
  "Brier calibrated",
] as const;

export const modelCells = (row: ModelRow): string[] => [
  row.market,
  row.scenario,
  `${row.model}@${row.model_version}`,
  String(row.scored),
  String(row.passed),
  String(row.outcomes),
  percent(row.hit_rate),
  percent(row.stated_mean),
  fixed(row.brier_stated, 4),
  fixed(row.brier_calibrated, 4),
];

const fixed = (value: number | null, digits: number): string => (value === null ? "–" : value.toFixed(digits));
const percent = (value: number | null): string => (value === null ? "–" : `${(value * 100).toFixed(2)} %`);
