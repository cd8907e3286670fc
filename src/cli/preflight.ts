/**
 * `outrigger preflight`: the checklist of live trading, item by item, each with its evidence. The verdict is kept in the data directory;
 * `outrigger run --live` goes by it.
 *
 * No order is sent: venues are connected and asked, breakers are drilled on a core of their own. The engine must not be running, since
 * its ports have to be free.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import { readSecrets } from "../config/secrets.ts";
import { readBootId } from "../journal/boot-id.ts";
import { answerChecklist, isPassed } from "../preflight/checklist.ts";
import { buildSha256, configSha256 } from "../preflight/fingerprint.ts";
import type { Item } from "../preflight/item.ts";
import { type Verdict, verdictPath, writeVerdict } from "../preflight/verdict-file.ts";
import { SystemClock } from "../time/clock.ts";
import { compileKernels } from "../wasm/kernels.ts";
import { laneOptions } from "../wiring/wiring.ts";
import { chooseHedges } from "./choose-hedges.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { mustBeJournal } from "./journal-report.ts";
import { processShell, type Shell } from "./shell.ts";
import { engineVersion } from "./version.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly journal?: readonly string[];
  readonly backtest?: readonly string[];
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("preflight")
    .description(
      "Answer the checklist of live trading with evidence, and keep the verdict in the data directory for `run --live`. " +
        "Sends no order. Code 8 where something is not as it must be.",
    )
    .addOption(configOption())
    .option("--journal <dirs...>", "journals with evidence, such as a paper engine's, beside the data directory's own")
    .option("--backtest <files...>", "JSON reports of backtests, beside those in backtests/ of the data directory")
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger preflight --config live.yaml --backtest run.json --journal paper/journal"))
    .action((options: Options) => preflight(options, shell));
}

async function preflight(options: Options, shell: Shell): Promise<void> {
  const file = configPath(options.config, shell);
  const { config: given, document } = openConfig(file);
  const clock = new SystemClock();
  // The verdict is about what will run: a hedge that is left to be chosen is chosen now, and stays chosen.
  const config = await chooseHedges(given, clock.wallMs(), (words) => shell.err(words));
  const secrets = readSecrets(config, shell.env, document);
  const absolute = (paths: readonly string[] = []) => paths.map((path) => resolve(shell.cwd, path));
  const journals = absolute(options.journal);
  for (const journal of journals) mustBeJournal(journal);
  const at = new Date(clock.wallMs()).toISOString();
  const items = await answerChecklist({
    config,
    configFile: file,
    lane: laneOptions(config, secrets, readBootId()),
    kernels: compileKernels(),
    clock,
    journals,
    reports: absolute(options.backtest),
  });
  const verdict: Verdict = {
    engine: { name: "outrigger", version: engineVersion(), build_sha256: buildSha256() },
    config: { file, sha256: configSha256(config) },
    environment: config.venues[0]?.environment ?? "",
    at,
    passed: isPassed(items),
    items,
  };
  writeVerdict(config.engine.dataDir, verdict);
  if (options.json) shell.out(JSON.stringify(verdict));
  else {
    const failed = items.filter(({ status }) => status === "failed").map(({ id }) => id);
    shell.out(itemsText(items));
    shell.out(verdict.passed ? "passed." : `FAILED: ${failed.join(", ")}.`);
    shell.out(`Evidence: ${verdictPath(config.engine.dataDir)}`);
  }
  shell.setExitCode(verdict.passed ? EXIT_CODES.ok : EXIT_CODES.checksFailed);
}

/** One block per item, for people. */
export function itemsText(items: readonly Item[]): string {
  const marks = { passed: "ok  ", failed: "FAIL", notApplicable: "n/a " } as const;
  return items.map(({ id, question, status, why }) => `${marks[status]}  ${id}: ${question}\n      ${why}`).join("\n");
}
