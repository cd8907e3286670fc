/** Options and output that `backtest run`, `backtest shield` and `report` share. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { BarsError } from "../backtest/bars-error.ts";
import { OutputFileError } from "../backtest/output-file.ts";
import { percent, plain } from "../backtest/report-numbers.ts";
import type { EpisodeGroup } from "../backtest/run/episode-groups.ts";
import type { RunPaths } from "../backtest/run/run-outputs.ts";
import type { RunResult } from "../backtest/run/run-result.ts";
import { RunTermsError } from "../backtest/run/run-terms.ts";
import type { Verdict } from "../backtest/verdicts.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { textTable } from "./table.ts";

export interface ResultOptions {
  readonly json?: string;
  readonly trades?: string;
  readonly equity?: string;
  readonly report?: string;
}

export function withResultOptions(command: Command): Command {
  return command
    .option("--json <file>", "write the result")
    .option("--trades <file>", "write the trade list as CSV: one trade per decision")
    .option("--equity <file>", "write both profits at every sample as CSV")
    .option("--report <file>", "write a report with plots as one HTML file");
}

export function resultPaths({ json, trades, equity, report }: ResultOptions, cwd: string): RunPaths {
  const at = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path));
  return { json: at(json), trades: at(trades), equity: at(equity), report: at(report) };
}

export function resultExitCode({ verdicts }: RunResult): ExitCode {
  if (!verdicts.enough) return EXIT_CODES.targetsUndecided;
  return verdicts.all_met ? EXIT_CODES.ok : EXIT_CODES.targetsMissed;
}

export function verdictTable(metrics: readonly Verdict[]): string {
  return textTable(
    metrics.map(({ metric, target, value, verdict, why }) => ({
      metric,
      target,
      found: value === null ? null : foundText(value, target),
      verdict,
      why: why ?? "",
    })),
  );
}

/** As the target is stated: a share in %, else a plain number. */
const foundText = (value: number, target: string): string => (target.includes("%") ? percent(value) : plain(value, 4));

export function resultText(result: RunResult): string {
  const { metrics, verdicts, capital } = result;
  const unfilled = result.never_filled === 0 ? "" : `, ${result.never_filled} never filled`;
  const head = `trades: ${result.trades} (${result.comparable_trades} comparable${unfilled}) over ${result.days.toFixed(1)} days`;
  if (metrics === null || capital === null) return `${head}\nno price was seen: nothing can be said`;
  const { hedge_cost_drag: drag, sharpe, drawdown } = metrics;
  const ruined = [sharpe.ruined_hedged ? "hedged" : "", sharpe.ruined_unhedged ? "shadow" : ""].filter(Boolean);
  return [
    head,
    `equity: ${money(capital)} → ${money(metrics.final_equity_hedged)} hedged, ${money(metrics.final_equity_unhedged)} shadow`,
    `cost of hedging: ${money(drag.hedge_costs)} in fees and slippage; funding is not counted`,
    `deepest drawdown: ${share(drawdown.mdd_hedged)} hedged, ${share(drawdown.mdd_unhedged)} shadow`,
    ...(ruined.length === 0 ? [] : [`ruined: ${ruined.join(" and ")}`]),
    "",
    verdictTable(verdicts.metrics),
    ...groupText("playbook", result.by_playbook.length > 1 ? result.by_playbook : []),
    ...groupText("signal kind", result.by_signal_kind),
    ...groupText("source", result.by_source),
    ...groupText("model version", result.by_model_version),
    ...reliabilityText(result),
    "",
    textTable(
      result.by_venue.map((each) => ({
        venue: each.venue,
        orders: each.orders,
        fills: each.fills,
        "in part": each.partial_fills,
        rejected: each.rejected,
        unknown: each.unknown,
        filled: money(each.filled_notional),
        fees: money(each.fees),
        slippage: share(each.slippage_mean),
        "answer ms": each.answer_ms_mean === null ? null : each.answer_ms_mean.toFixed(1),
      })),
    ),
    "",
    `signals: ${countsText(result.signal_outcomes)}`,
    `alarms: ${countsText(result.alarms)}`,
  ].join("\n");
}

function reliabilityText({ reliability }: RunResult): string[] {
  if (reliability.length === 0) return [];
  const rows = reliability.map((row) => ({
    model: `${row.model}@${row.model_version}`,
    source: row.source,
    scored: row.scored,
    passed: row.passed,
    calibrated: row.calibrated,
    outcomes: row.outcomes,
    "came true": share(row.hit_rate),
    stated: share(row.stated_mean),
    "Brier stated": row.brier_stated?.toFixed(4) ?? null,
    "Brier calibrated": row.brier_calibrated?.toFixed(4) ?? null,
  }));
  return ["", textTable(rows)];
}

function groupText(name: string, groups: readonly EpisodeGroup[]): string[] {
  if (groups.length === 0) return [];
  const rows = groups.map((each) => ({
    [name]: each.group,
    trades: each.trades,
    unhedged: money(each.pnl_unhedged),
    hedge: money(each.pnl_hedge_gross),
    cost: money(each.hedge_cost),
    hedged: money(each.pnl_hedged),
    "losses reduced": share(each.loss_reduction),
    slippage: share(each.slippage_mean),
    "first fill ms": each.first_fill_ms_mean === null ? null : each.first_fill_ms_mean.toFixed(1),
  }));
  return ["", textTable(rows)];
}

const money = (value: number): string => value.toFixed(2);
const share = (value: number | null): string => (value === null ? "-" : `${(value * 100).toPrecision(4)} %`);

export function countsText(counts: Readonly<Record<string, number>>): string {
  const each = Object.entries(counts).map(([name, times]) => `${name} ${times}`);
  return each.length === 0 ? "none" : each.join(", ");
}

/** What the files and terms are to blame for is the operator's to mend. */
export function asUsageFailure(error: unknown): unknown {
  if (error instanceof BarsError || error instanceof OutputFileError || error instanceof RunTermsError) {
    return new CommandFailure(EXIT_CODES.usage, error.code, error.message);
  }
  return error;
}

export function numberOption(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}
