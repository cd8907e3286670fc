/** The report's section on a parameter sweep: what the best trial is worth once its luck is taken off. */
import type { PairsDocument } from "./pairs-document.ts";
import { percentOf, plain, plainOf } from "./report-numbers.ts";
import { reportSection, reportTable, reportText } from "./report-page.ts";
import type { SweepReport, SweepTrial } from "./sweep.ts";

/** Trials that are listed. */
const LISTED = 12;

/** Nothing without a sweep. */
export function sweepSection({ sweep }: PairsDocument): string[] {
  if (sweep === undefined) return [];
  const { best, walk_forward } = sweep;
  return [
    reportSection("Parameter sweep", [
      reportText(worthOf(sweep)),
      reportTable(["", "found"], figures(sweep)),
      ...(best === null ? [] : [reportText(`The ${LISTED} best by Sharpe ratio:`), trialTable(sweep)]),
      ...(walk_forward === null ? [] : [reportText("Walk-forward, part by part:"), foldTable(sweep)]),
    ]),
  ];
}

function worthOf({ trials, best, periods }: SweepReport): string {
  const start = `${trials.length} combinations over ${periods.count} periods of ${periods.bars_each} bars. `;
  if (best === null) return `${start}None has a Sharpe ratio: nothing was traded, or nothing varied.`;
  return (
    `${start}The best of so many is good by luck first: its Sharpe ratio is ${plain(best.sharpe_per_year, 4)} per year, and the best of as ` +
    `many worthless ones would show ${plainOf(best.luck_per_year, 4)}.`
  );
}

function figures({ best, overfitting, walk_forward }: SweepReport): string[][] {
  return [
    ["probability that the best is better than luck (deflated Sharpe)", percentOf(best?.dsr ?? null)],
    ["probability that choosing the best overfits (PBO)", percentOf(overfitting.pbo)],
    ["probability that the chosen one loses out of sample", percentOf(overfitting.loss_probability)],
    ["Sharpe ratio per year, walk-forward", plainOf(walk_forward?.sharpe_per_year ?? null, 4)],
    ["profit, walk-forward", plainOf(walk_forward?.profit ?? null, 6)],
  ];
}

function trialTable({ trials }: SweepReport): string {
  const rank = ({ sharpe_per_year: sharpe }: SweepTrial) => sharpe ?? Number.NEGATIVE_INFINITY;
  const listed = [...trials].sort((a, b) => rank(b) - rank(a)).slice(0, LISTED);
  const names = Object.keys(listed[0]!.varied);
  return reportTable(
    [...names, "trades", "final equity", "Sharpe ratio per year"],
    listed.map(({ varied, trades, final_equity, sharpe_per_year }) => [
      ...Object.values(varied).map(String),
      String(trades),
      plain(final_equity, 6),
      plainOf(sharpe_per_year, 4),
    ]),
  );
}

function foldTable({ trials, walk_forward }: SweepReport): string {
  return reportTable(
    ["part", "chosen", "Sharpe before", "Sharpe in it", "profit in it"],
    walk_forward!.folds.map(({ chosen, sharpe_per_year_before, sharpe_per_year_in, profit_in }, at) => [
      String(at + 1),
      wordsOf(trials[chosen]!),
      plain(sharpe_per_year_before, 4),
      plainOf(sharpe_per_year_in, 4),
      plain(profit_in, 5),
    ]),
  );
}

function wordsOf({ varied }: SweepTrial): string {
  return Object.entries(varied)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
