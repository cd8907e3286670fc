/**
 * `outrigger backtest shield`: the shield study over recorded bars and over made-up ones. States liquidation rate, cost and drawdown
 * of a shield against no hedge and against a hedge that stands, whichever way it comes out.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { OutputFile } from "../backtest/output-file.ts";
import { MARGIN_TERMS } from "../backtest/run/margin-paths.ts";
import { MarketFeed } from "../backtest/run/market-feed.ts";
import type { RunInputs } from "../backtest/run/run.ts";
import { RUN_TERMS, type RunTerms } from "../backtest/run/run-terms.ts";
import { SHIELD_RULE, SHIELD_RULES, type ShieldRuleName, shieldAlerts } from "../backtest/run/shield-rule.ts";
import { pooledRows, type ShieldRow, ShieldSamples, shieldRows } from "../backtest/run/shield-study.ts";
import { SYNTHETIC_BARS, syntheticBars } from "../backtest/run/synthetic-bars.ts";
import { parseConfig } from "../config/load.ts";
import { plainDecimal } from "../market-data/plain-decimal.ts";
import { example } from "./config.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { reportFailure } from "./failure.ts";
import { Interruption } from "./interruption.ts";
import { ProgressBar } from "./progress-bar.ts";
import { asUsageFailure, numberOption } from "./result-options.ts";
import { configuredInputs, finishedRun } from "./run-inputs.ts";
import type { Shell } from "./shell.ts";
import { stepBelow, studyMarket } from "./study-market.ts";
import { textTable } from "./table.ts";
import { engineVersion } from "./version.ts";

interface Options {
  readonly bars?: readonly string[];
  readonly seeds: number;
  readonly days: number;
  readonly feeBps: number;
  readonly spreadBps: number;
  readonly json?: string;
}

export function registerShield(backtest: Command, shell: Shell): void {
  backtest
    .command("shield")
    .summary("what a shield does for a leveraged position, against a hedge that stands")
    .description(
      "Hold a position with leverage over recorded bars, and over made-up ones, without a hedge, with a shield on alerts (the live " +
        "core over simulated venues), and with a hedge that stands. Says how often it is liquidated, and at what cost it is not.",
    )
    .option("--bars <files...>", "bars of the position: CSV in ccxt's order or Binance Vision klines")
    .option("--seeds <n>", "made-up markets", numberOption, 3)
    .option("--days <n>", "of each of them", numberOption, 180)
    .option("--fee-bps <bps>", "taker fee of the hedge", numberOption, 5)
    .option(
      "--spread-bps <bps>",
      "between bid and ask of the hedge, at least; more where the closes say so",
      numberOption,
      4,
    )
    .option("--json <file>", "write the rows")
    .addHelpText("after", example("outrigger backtest shield --bars spot5m_TRXBTC_2018-01.csv --json shield.json"))
    .action(async (options: Options) => {
      const code = await study(options, shell).catch((error) => reportFailure(asUsageFailure(error), false, shell));
      shell.setExitCode(code);
    });
}

async function study(options: Options, shell: Shell): Promise<ExitCode> {
  const json = options.json === undefined ? null : new OutputFile(resolve(shell.cwd, options.json));
  const scratch = mkdtempSync(join(tmpdir(), "outrigger-shield-"));
  const bar = new ProgressBar(process.stderr, () => performance.now());
  const interruption = new Interruption();
  const rows: ShieldRow[] = [];
  try {
    const markets = [
      ...(options.bars ?? []).map((file) => ({ name: basename(file), path: () => resolve(shell.cwd, file) })),
      ...Array.from({ length: options.seeds }, (_, at) => at + 1).map((seed) => ({
        name: `made up, seed ${seed}`,
        path: () => madeUp(join(scratch, `${seed}.csv`), seed, options.days),
      })),
    ];
    let done = 0;
    for (const { name, path } of markets) {
      const file = path();
      for (const { rule, leverage } of CASES) {
        bar.show(done++ / (markets.length * CASES.length), `${name}, ${rule} alerts, leverage ${leverage}`);
        await interruption.turn();
        if (interruption.signal.aborted) return interrupted(shell);
        rows.push(...runOf(name, rule, file, leverage, options));
      }
    }
    bar.clear();
    const pooled =
      options.seeds > 1
        ? pooledRows(
            "all made up",
            rows.filter(({ market }) => market.startsWith("made up")),
          )
        : [];
    const all = [...rows, ...pooled];
    const document = {
      engine: { name: "outrigger", version: engineVersion() },
      command: "backtest shield",
      inputs: { rule: SHIELD_RULE, margin: MARGIN_TERMS, synthetic: SYNTHETIC_BARS, ...options },
      limits: LIMITS,
      rows: all,
    };
    json?.write(`${JSON.stringify(document, null, 2)}\n`);
    json?.keep();
    const shown =
      pooled.length === 0 ? all : all.filter((row) => pooled.includes(row) || !row.market.startsWith("made up"));
    shell.out(`${textTable(shown.map(cellsOf))}\n\n${LIMITS.join("\n")}`);
    return EXIT_CODES.ok;
  } finally {
    bar.clear();
    interruption.end();
    json?.discard();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const CASES = SHIELD_RULES.flatMap((rule) => MARGIN_TERMS.leverages.map((leverage) => ({ rule, leverage })));

const LIMITS = [
  "Shares of the notional at the start. A path is the position opened anew, held for a day; paths begin hourly and overlap, so they",
  "are far from independent. Not counted: margin that the hedge binds, funding, liquidation fees, moves between samples. The hedge is",
  "of the same price as the position: no basis. The alert rules are plain and were not fitted; others would give other numbers.",
];

function interrupted(shell: Shell): ExitCode {
  shell.err("outrigger: interrupted; no results were written");
  return EXIT_CODES.interrupted;
}

function madeUp(path: string, seed: number, days: number): string {
  const count = Math.round((days * 86_400_000) / SYNTHETIC_BARS.intervalMs);
  writeFileSync(path, `${[...syntheticBars({ ...SYNTHETIC_BARS, seed, count })].join("\n")}\n`);
  return path;
}

function runOf(
  market: string,
  rule: ShieldRuleName,
  path: string,
  leverage: number,
  options: Options,
): readonly ShieldRow[] {
  const { inputs, intervalMs } = inputsOf(rule, path, leverage, options);
  const samples = new ShieldSamples();
  const end = finishedRun(inputs, samples);
  const margin = { ...MARGIN_TERMS, windowMs: Math.max(MARGIN_TERMS.windowMs, intervalMs) };
  const costs = { feeBps: options.feeBps, spreadBps: inputs.terms.spreadBps };
  return shieldRows(market, rule, leverage, samples, end, margin, costs);
}

/** The engine's own defaults, for one position of the file's instrument. */
function inputsOf(
  rule: ShieldRuleName,
  path: string,
  leverage: number,
  options: Options,
): { inputs: RunInputs; intervalMs: number } {
  const { intervalMs, rollSpreadBps, price, volume } = studyMarket(path);
  // Small against the market, so that depth is not what is studied.
  const holdings = Number((volume / 20).toPrecision(3));
  const text = `
engine: { id: shield-study }
sources:
  - { name: alerts, adapter: schema, auth: { type: standard-webhooks, secretsFile: [unused] } }
venues:
  - { name: simulated, type: binance-usdm, environment: paper }
instruments:
  - { symbol: HELD/QUOTE, tickSize: "${stepBelow(price, 6)}", lotSize: "${stepBelow(holdings, 5)}" }
  - symbol: HELD/QUOTE:QUOTE
    tickSize: "${stepBelow(price, 6)}"
    lotSize: "${stepBelow(holdings, 5)}"
    listings: [{ venue: simulated, symbol: HELDQUOTE, takerFee: ${options.feeBps / 10_000} }]
shield:
  - asset: HELD/QUOTE
    holdings: "${plainDecimal(String(holdings))}"
    hedge: HELD/QUOTE:QUOTE
    onUnknown: wait
    leverage: ${leverage}
    scaling: { positionNotionalFull: ${Math.max(1, holdings * price)} }
risk: { orderNotionalMax: 1000000000000, positionNotionalMax: 1000000000000 }
paper: { venues: [{ name: simulated, port: 9101 }] }
`;
  const { config } = parseConfig("shield-study.yaml", text);
  const { directory, ...configured } = configuredInputs(config, false);
  const inputs = {
    ...configured,
    market: (terms: RunTerms) => new MarketFeed([{ path, listings: [0], asset: -1 }], terms, directory),
    priced: new Set([1]),
    signals: shieldAlerts(rule, path, intervalMs, "HELD/QUOTE", "alerts"),
    // Bars of a market that jumps between bid and ask would fill at prices that nobody could have had.
    terms: {
      ...RUN_TERMS,
      spreadBps: Math.max(options.spreadBps, Math.min(1000, rollSpreadBps ?? 0)),
      sampleMs: intervalMs / 4,
    },
  };
  return { inputs, intervalMs };
}

function cellsOf(row: ShieldRow) {
  const percent = (value: number) => `${(value * 100).toFixed(2)} %`;
  return {
    market: row.market,
    alerts: row.rule,
    leverage: row.leverage,
    way: row.way,
    "hedged on average": percent(row.hedged_mean),
    profit: percent(row.profit),
    "cost of hedging": percent(row.cost),
    "spread bps": row.spread_bps.toFixed(1),
    "deepest drawdown": percent(row.drawdown_max),
    liquidated: `${row.liquidated} of ${row.paths}`,
    rate: row.liquidation_rate === null ? "-" : percent(row.liquidation_rate),
  };
}
