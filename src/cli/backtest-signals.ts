/**
 * `outrigger backtest signals`: the signals study over recorded pairs of markets and over made-up ones. Signals are synthetic, of a
 * stated worth, and go through the live receiver's rules, scoring and core as recorded webhooks do.
 *
 * Ctrl-C is code 130 and writes nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { OutputFile } from "../backtest/output-file.ts";
import { MarketFeed } from "../backtest/run/market-feed.ts";
import type { RunEnd } from "../backtest/run/run.ts";
import { RUN_TERMS } from "../backtest/run/run-terms.ts";
import { readSignals } from "../backtest/run/signal-feed.ts";
import {
  MODEL_HEADER,
  modelCells,
  SCENARIO_HEADER,
  StudyCurve,
  scenarioCells,
  signalsReport,
} from "../backtest/run/signals-report.ts";
import {
  type ModelRow,
  modelRows,
  SIGNAL_SCENARIOS,
  type SignalRow,
  type SignalScenario,
  scenarioTerms,
  signalRow,
} from "../backtest/run/signals-study.ts";
import { SYNTHETIC_BARS } from "../backtest/run/synthetic-bars.ts";
import { syntheticPair } from "../backtest/run/synthetic-pair.ts";
import { hookLines, SYNTHETIC_SIGNALS, syntheticSignals } from "../backtest/run/synthetic-signals.ts";
import { example } from "./config.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { CommandFailure, reportFailure } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { ProgressBar } from "./progress-bar.ts";
import { asUsageFailure, numberOption } from "./result-options.ts";
import { configuredInputs, finishedRun } from "./run-inputs.ts";
import type { Shell } from "./shell.ts";
import {
  CAPITAL_MULTIPLE,
  STUDY_ASSET,
  STUDY_HEDGE,
  STUDY_PRIMARY,
  signalsStudyConfig,
  studyNotional,
  studySpreadBps,
} from "./signals-study-config.ts";
import { type StudyMarket, studyMarket } from "./study-market.ts";
import { textTable } from "./table.ts";
import { engineVersion } from "./version.ts";

interface Options {
  readonly primary?: string;
  readonly hedge?: string;
  readonly seeds: number;
  readonly days: number;
  readonly signalSeed: number;
  readonly scenario?: readonly string[];
  readonly feeBps: number;
  readonly spreadBps: number;
  readonly hooks?: string;
  readonly json?: string;
  readonly csv?: string;
  readonly report?: string;
}

export function registerSignals(backtest: Command, shell: Shell): void {
  backtest
    .command("signals")
    .summary("what the signal playbook makes of signals of a known worth, and of late ones")
    .description(
      "Made-up signals of models that are as good as they say, that boast, and that are a coin, over recorded or made-up pairs of " +
        "markets, through the live core: scores, hedges, the shadow beside them, late webhooks, venues that are away, lost answers. " +
        "Your own recorded webhooks go through `backtest run --signals`.",
    )
    .option("--primary <file>", "bars of what signals open: CSV in ccxt's order or Binance Vision klines")
    .option("--hedge <file>", "bars of its hedge")
    .option("--seeds <n>", "made-up pairs of markets", numberOption, 1)
    .option("--days <n>", "of each of them", numberOption, 180)
    .option("--signal-seed <n>", "of the made-up signals", numberOption, 1)
    .option("--scenario <names...>", `of ${SIGNAL_SCENARIOS.map(({ name }) => `"${name}"`).join(", ")} (else all)`)
    .option("--fee-bps <bps>", "taker fee of both legs", numberOption, 5)
    .option("--spread-bps <bps>", "between bid and ask, at least; more where the closes say so", numberOption, 2)
    .option("--hooks <file>", "write the webhooks of the first market, one JSON object per line")
    .option("--json <file>", "write the rows")
    .option("--csv <file>", "write the scenarios' rows as CSV")
    .option("--report <file>", "write a report with plots as one HTML file")
    .addHelpText("after", example("outrigger backtest signals --seeds 1 --days 180 --report signals.html"))
    .action(async (options: Options) => {
      const code = await study(options, shell).catch((error) => reportFailure(asUsageFailure(error), false, shell));
      shell.setExitCode(code);
    });
}

const LIMITS = [
  "Signals are made up: each model's chance of being right is its own rule, read from the bars' future by the generator and by nothing else,",
  "so profits say what the engine did with signals of that worth and not what signals earn. Shares of the capital, ten times a position's notional. Bars show four prices each,",
  "so latencies of milliseconds cost next to nothing here. Hedge ratios and calibrations are computed as time goes by, from what was over by then. Funding is not counted.",
];

async function study(options: Options, shell: Shell): Promise<ExitCode> {
  const scenarios = scenariosOf(options.scenario);
  const at = (path: string | undefined) => (path === undefined ? null : new OutputFile(resolve(shell.cwd, path)));
  const files = { json: at(options.json), csv: at(options.csv), report: at(options.report), hooks: at(options.hooks) };
  const scratch = mkdtempSync(join(tmpdir(), "outrigger-signals-"));
  const bar = new ProgressBar(process.stderr, () => performance.now());
  const interruption = new Interruption();
  try {
    const pairs = pairsOf(options, scratch, shell.cwd);
    const rows: SignalRow[] = [];
    const models: ModelRow[] = [];
    const curves: StudyCurve[] = [];
    for (const [nth, { name, paths }] of pairs.entries()) {
      const [primary, hedge] = paths().map(studyMarket) as [StudyMarket, StudyMarket];
      const lines = hookLines(
        syntheticSignals({
          path: primary.path,
          intervalMs: primary.intervalMs,
          asset: STUDY_ASSET,
          seed: options.signalSeed,
        }),
      );
      const hooks = join(scratch, `${nth}.jsonl`);
      writeFileSync(hooks, lines);
      if (nth === 0) files.hooks?.write(lines);
      for (const [n, scenario] of scenarios.entries()) {
        bar.show((nth + n / scenarios.length) / pairs.length, `${name}, ${scenario.name}`);
        await interruption.turn();
        if (interruption.signal.aborted) {
          shell.err("outrigger: interrupted; no results were written");
          return EXIT_CODES.interrupted;
        }
        const curve = new StudyCurve(name);
        const end = runOf(scenario, primary, hedge, hooks, options, curve);
        rows.push(signalRow(name, scenario, end));
        models.push(...modelRows(name, scenario, end));
        if (n === 0) curves.push(curve);
      }
    }
    bar.clear();
    const document = {
      engine: { name: "outrigger", version: engineVersion() },
      command: "backtest signals",
      inputs: { signals: SYNTHETIC_SIGNALS, synthetic: SYNTHETIC_BARS, ...options },
      limits: LIMITS,
      scenarios: scenarios.map(({ name, what }) => ({ name, what })),
      rows,
      models,
    };
    files.json?.write(`${JSON.stringify(document, null, 2)}\n`);
    files.csv?.write(csvOf(rows));
    files.report?.write(signalsReport(engineVersion(), rows, models, curves, LIMITS));
    for (const file of Object.values(files)) file?.keep();
    shell.out(
      [
        textTable(rows.map((row) => named(SCENARIO_HEADER, scenarioCells(row)))),
        "",
        textTable(models.map((row) => named(MODEL_HEADER, modelCells(row)))),
        "",
        ...LIMITS,
      ].join("\n"),
    );
    return EXIT_CODES.ok;
  } finally {
    bar.clear();
    interruption.end();
    for (const file of Object.values(files)) file?.discard();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function scenariosOf(names: readonly string[] | undefined): readonly SignalScenario[] {
  if (names === undefined) return SIGNAL_SCENARIOS;
  return names.map((name) => {
    const found = SIGNAL_SCENARIOS.find((each) => each.name === name);
    if (found !== undefined) return found;
    const why = `--scenario ${name}: there are ${SIGNAL_SCENARIOS.map((each) => each.name).join(", ")}`;
    throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", why);
  });
}

interface PairOfMarkets {
  readonly name: string;
  paths(): readonly [primary: string, hedge: string];
}

function pairsOf({ primary, hedge, seeds, days }: Options, scratch: string, cwd: string): readonly PairOfMarkets[] {
  if ((primary === undefined) !== (hedge === undefined)) {
    throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", "--primary and --hedge belong together");
  }
  const recorded =
    primary === undefined || hedge === undefined
      ? []
      : [
          {
            name: `${basename(primary)} by ${basename(hedge)}`,
            paths: () => [resolve(cwd, primary), resolve(cwd, hedge)] as const,
          },
        ];
  const count = Math.round((days * 86_400_000) / SYNTHETIC_BARS.intervalMs);
  const madeUp = Array.from({ length: seeds }, (_, at) => at + 1).map((seed) => ({
    name: `made up, seed ${seed}`,
    paths: () => {
      const lines = [...syntheticPair({ seed, count })];
      const paths = [join(scratch, `${seed}-primary.csv`), join(scratch, `${seed}-hedge.csv`)] as const;
      paths.forEach((path, leg) => {
        writeFileSync(path, `${lines.map((each) => each[leg]).join("\n")}\n`);
      });
      return paths;
    },
  }));
  return [...recorded, ...madeUp];
}

function runOf(
  scenario: SignalScenario,
  primary: StudyMarket,
  hedge: StudyMarket,
  hooks: string,
  options: Options,
  curve: StudyCurve,
): RunEnd {
  const { directory, ...configured } = configuredInputs(
    signalsStudyConfig(primary, hedge, options.feeBps),
    scenario.analyses,
  );
  const files = [
    { path: primary.path, listings: STUDY_PRIMARY.listings, asset: -1 },
    { path: hedge.path, listings: STUDY_HEDGE.listings, asset: -1 },
  ];
  const terms = scenarioTerms(scenario, primary, {
    spreadBps: studySpreadBps(options.spreadBps, primary, hedge),
    sampleMs: Math.min(86_400_000, primary.intervalMs),
    capital: CAPITAL_MULTIPLE * studyNotional(primary, hedge),
    seed: RUN_TERMS.seed,
  });
  return finishedRun(
    {
      ...configured,
      market: (given) => new MarketFeed(files, given, directory),
      priced: new Set([STUDY_PRIMARY.instrument, STUDY_HEDGE.instrument]),
      signals: readSignals(hooks, directory.sources[0]!),
      terms,
    },
    { onSample: (atMs, hedged, unhedged) => curve.onSample(atMs, hedged, unhedged) },
  );
}

const named = (header: readonly string[], cells: readonly string[]): Record<string, string> =>
  Object.fromEntries(header.map((name, at) => [name, cells[at]!]));

function csvOf(rows: readonly SignalRow[]): string {
  const [first] = rows;
  if (first === undefined) return "";
  const quoted = (cell: string | number | null) =>
    typeof cell === "string" && /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : (cell ?? "");
  const names = Object.keys(first) as (keyof SignalRow)[];
  return [names.join(","), ...rows.map((row) => names.map((name) => quoted(row[name])).join(","))]
    .join("\n")
    .concat("\n");
}
