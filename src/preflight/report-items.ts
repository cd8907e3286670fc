/**
 * Was what decides tried on recorded markets for long enough? Answered by report files that `outrigger backtest` or `outrigger report`
 * wrote (`--json <file>`) of the same playbooks.
 *
 * Read of a file: `engine.version`, `command`, `inputs.playbooks_sha256`, `result.days`, `result.trades`, `result.comparable_trades`,
 * `result.verdicts`. A file without these keys is no evidence, and the answer says so.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Answer, failed, passed } from "./item.ts";

/** S1: six months; SPEC §12: 200 trades. */
const BACKTEST_DAYS_MIN = 180;
const BACKTEST_TRADES_MIN = 200;

interface ReportEvidence {
  readonly file: string;
  readonly sha256: string | null;
  readonly version: string | null;
  readonly command: string | null;
  readonly days: number | null;
  readonly trades: number | null;
  readonly comparableTrades: number | null;
  readonly allTargetsMet: boolean | null;
  /** Why it is no evidence; null where it is. */
  readonly problem: string | null;
}

/** Whether its targets were met is shown, and does not decide: that is for people to judge. */
export function backtestAnswer(files: readonly string[], playbooksSha256: string): Answer {
  const reports = files.map((file) => readReport(file, playbooksSha256));
  const evidence = { playbooksSha256, reports };
  if (reports.length === 0) {
    return failed("no report of a backtest was named (--backtest) or found in the data directory", evidence);
  }
  const good = reports.find(({ problem }) => problem === null);
  if (good === undefined) {
    return failed(reports.map(({ file, problem }) => `${file}: ${problem}`).join("; "), evidence);
  }
  return passed(`${good.trades} trades over ${good.days?.toFixed(1)} days: ${good.file}`, evidence);
}

function readReport(file: string, playbooksSha256: string): ReportEvidence {
  const nothing = {
    version: null,
    command: null,
    days: null,
    trades: null,
    comparableTrades: null,
    allTargetsMet: null,
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    return { ...nothing, file, sha256: null, problem: `cannot be read (${(cause as NodeJS.ErrnoException).code})` };
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const document = objectOf(parsed(bytes));
  const [engine, inputs, result] = ["engine", "inputs", "result"].map((key) => objectOf(document[key]));
  const number = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  const days = number(result!["days"]);
  const trades = number(result!["trades"]);
  const met = objectOf(result!["verdicts"])["all_met"];
  const decidedBy = text(inputs!["playbooks_sha256"]);
  const problem =
    days === null || trades === null
      ? "is no report of outrigger: result.days and result.trades are missing"
      : decidedBy !== playbooksSha256
        ? "is of other playbooks, or does not say of which (inputs.playbooks_sha256)"
        : days < BACKTEST_DAYS_MIN
          ? `${days.toFixed(1)} of ${BACKTEST_DAYS_MIN} days`
          : trades < BACKTEST_TRADES_MIN
            ? `${trades} of ${BACKTEST_TRADES_MIN} trades`
            : null;
  return {
    file,
    sha256,
    version: text(engine!["version"]),
    command: text(document["command"]),
    days,
    trades,
    comparableTrades: number(result!["comparable_trades"]),
    allTargetsMet: typeof met === "boolean" ? met : null,
    problem,
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
