/**
 * `outrigger hedge rank`: which instrument would have hedged best outside the sample it was estimated on, less what it costs.
 * Of a configuration's candidates, or of candle files.
 */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { readCandleFile } from "../analyses/candle-file.ts";
import {
  bestHedge,
  type HedgeRanking,
  type JudgedHedge,
  RANK_METHODS,
  type RankMethod,
  rankHedges,
  unjudged,
} from "../analyses/hedge-rank.ts";
import { BarsError } from "../backtest/bars-error.ts";
import { openConfig } from "../config/load.ts";
import { type PlaybookRanking, rankConfigured, words } from "./choose-hedges.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { numberOption } from "./result-options.ts";
import { processShell, type Shell } from "./shell.ts";
import { textTable } from "./table.ts";
import { timeOption } from "./time-option.ts";

const HOUR_MS = 3_600_000;
/** Files are few and their owner's: no fewer rows than a β is estimated on anywhere. */
const ROWS_MIN = 200;

interface Options {
  readonly config?: string;
  readonly at?: number;
  readonly json?: boolean;
  readonly fee: number;
  readonly slippage: number;
  readonly holdingHours: number;
  readonly method: RankMethod;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("hedge")
    .description("Compare instruments to hedge with.")
    .command("rank")
    .description("Order hedge candidates by the variance they would have taken away, less what they cost.")
    .argument(
      "[exposure]",
      "CSV of candles of what is to be hedged; without files the configuration's candidates are ranked",
    )
    .argument("[candidates...]", "CSV files of candles, one per candidate")
    .addOption(configOption())
    .option("--at <time>", "configuration: as it would have been then, RFC 3339 or a day (else now)", timeOption)
    .option("--fee <fraction>", "files: taker fee, of what is traded", fractionOption, 0.0005)
    .option("--slippage <fraction>", "files: slippage on top of fee and half spread", fractionOption, 0.002)
    .option("--holding-hours <hours>", "files: how long a position is usually held", hoursOption, 24)
    .option("--method <method>", `files: how β is found: ${RANK_METHODS.join(", ")}`, methodOption, "auto")
    .addOption(jsonOption())
    .addHelpText("after", `${example("outrigger hedge rank btc.csv eth.csv sol.csv --json")}\n\n${HEDGE_CODES}`)
    .action((exposure: string | undefined, candidates: readonly string[], options: Options) =>
      exposure === undefined ? rankOfConfig(options, shell) : rankOfFiles(exposure, candidates, options, shell),
    );
}

const HEDGE_CODES = `Exit codes: 0 ranked, 1 some candidate could not be judged or none takes variance away (the rest is printed),
2 wrong options, configuration or files.
Score: share of variance taken away, held out, less cost as a share of the exposure's risk over the holding time.`;

async function rankOfConfig(options: Options, shell: Shell): Promise<void> {
  const { config } = openConfig(configPath(options.config, shell));
  const rankings = await rankConfigured(config, options.at ?? Date.now());
  if (rankings.length === 0) {
    const message = "no playbook names hedgeCandidates: name some, or files of candles";
    throw new CommandFailure(EXIT_CODES.usage, "NO_CANDIDATES", message);
  }
  tell(rankings, options, shell);
}

function rankOfFiles(exposure: string, candidates: readonly string[], options: Options, shell: Shell): void {
  if (candidates.length === 0) {
    throw new CommandFailure(EXIT_CODES.usage, "NO_CANDIDATES", "name the candidates' files behind the exposure's");
  }
  const { method, holdingHours, fee: takerFee, slippage } = options;
  const holdingMs = holdingHours * HOUR_MS;
  // From two days on levels may decide, as in a configuration.
  const rule = { method, driftMax: 0, revalidateMs: 0, holdingMs, longHoldingMs: 48 * HOUR_MS };
  const read = (file: string) => readCandleFile(resolve(shell.cwd, file), Number.NEGATIVE_INFINITY);
  const hedged = refusable(() => read(exposure));
  const all = candidates.map((name) => {
    try {
      return rankHedges(hedged, [{ name, candles: read(name), costs: { takerFee, slippage } }], {
        rule,
        fixed: 1,
        rowsMin: ROWS_MIN,
      });
    } catch (cause) {
      return { ranked: [], unjudged: [unjudged(name, cause)] };
    }
  });
  const ranked = all.flatMap((each) => each.ranked).sort((one, other) => other.score - one.score);
  const found: HedgeRanking = { ranked, unjudged: all.flatMap((each) => each.unjudged) };
  tell([{ playbook: exposure, hedge: "", ...found, best: bestHedge(found)?.candidate ?? null }], options, shell);
}

function tell(rankings: readonly PlaybookRanking[], { json }: Options, shell: Shell): void {
  const ok = rankings.every(({ best, unjudged }) => best !== null && unjudged.length === 0);
  shell.out(json ? JSON.stringify({ ok, rankings }) : rankings.map(textOf).join("\n\n"));
  shell.setExitCode(ok ? EXIT_CODES.ok : EXIT_CODES.failure);
}

function textOf({ playbook, hedge, ranked, unjudged, best }: PlaybookRanking): string {
  const now = hedge === "" ? "" : `, configured: ${hedge}`;
  const table = ranked.map((each: JudgedHedge) => ({
    candidate: each.candidate,
    score: each.score.toFixed(4),
    "variance taken": each.reduction.toFixed(4),
    "cost of risk": (each.cost / each.sigma).toFixed(4),
    "half spread bps": (each.halfSpread * 1e4).toFixed(2),
    β: each.beta.toFixed(4),
    method: each.method,
    rows: each.rows,
    days: each.spanDays.toFixed(1),
  }));
  const [first] = ranked.filter(({ candidate }) => candidate === best);
  return [
    `${playbook}${now}: ${best ?? "no candidate takes any variance away"}`,
    ...(ranked.length === 0 ? [] : [textTable(table)]),
    ...unjudged.map(({ candidate, code, message }) => `${candidate}: ${code}: ${message}`),
    ...(first === undefined ? [] : [`${first.candidate}: ${words(first)}: ${first.why}; ${first.sample}`]),
  ].join("\n");
}

/** Files that cannot be used are the operator's to mend. */
function refusable<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (!(error instanceof BarsError) && typeof code !== "string") throw error;
    throw new CommandFailure(EXIT_CODES.usage, String(code), (error as Error).message);
  }
}

function fractionOption(text: string): number {
  const value = numberOption(text);
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError("It must be a fraction from 0 to below 1.");
  return value;
}

function hoursOption(text: string): number {
  const value = numberOption(text);
  if (!(value > 0 && value <= 87_600)) throw new InvalidArgumentError("It must be above 0, and at most ten years.");
  return value;
}

function methodOption(text: string): RankMethod {
  const method = RANK_METHODS.find((each) => each === text);
  if (method === undefined) throw new InvalidArgumentError(`It must be one of ${RANK_METHODS.join(", ")}.`);
  return method;
}
