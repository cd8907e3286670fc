/** `outrigger report`: what hedging was worth so far, from the journal of a live engine, which may be running. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import { journalDirectory } from "../config/paths.ts";
import { example } from "./config.ts";
import { configOption, configPath } from "./config-option.ts";
import { reportFailure } from "./failure.ts";
import { reportJournal } from "./journal-report.ts";
import { asUsageFailure, numberOption, type ResultOptions, withResultOptions } from "./result-options.ts";
import { processShell, type Shell } from "./shell.ts";

interface Options extends ResultOptions {
  readonly config?: string;
  readonly journal?: string;
  readonly sampleS: number;
  readonly capital?: number;
}

export function register(program: Command, shell: Shell = processShell()): void {
  const command = program
    .command("report")
    .description("Say what hedging was worth so far: the backtest's tables, from the journal of a live engine.")
    .addOption(configOption())
    .option("--journal <dir>", "the journal (else that of the configuration's engine)")
    .option("--sample-s <seconds>", "between two points of the equity curves", numberOption, 60)
    .option("--capital <quote>", "equity at the start (else the notional of what is held)", numberOption);
  withResultOptions(command)
    .addHelpText("after", example("outrigger report --config outrigger.yaml --report report.html"))
    .action((options: Options) => shell.setExitCode(run(options, shell)));
}

function run(options: Options, shell: Shell): number {
  try {
    const { config } = openConfig(configPath(options.config, shell));
    const directory = options.journal === undefined ? journalDirectory(config) : resolve(shell.cwd, options.journal);
    const { sampleS, capital = null } = options;
    return reportJournal({ config, directory, options, sampleMs: sampleS * 1000, capital }, shell);
  } catch (error) {
    return reportFailure(asUsageFailure(error), false, shell);
  }
}
