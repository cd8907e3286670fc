/**
 * `outrigger analyse`: what the engine's analyses find now, computed at once and printed. Nothing is sent to an engine; one may
 * be running, and its journal is only read.
 *
 * Code 1 where one of them could not be made.
 */
import type { Command } from "commander";
import { runBatch } from "../analyses/analyst.ts";
import type { TaskResult } from "../analyses/run-tasks.ts";
import { openConfig } from "../config/load.ts";
import { analystOptions } from "../wiring/analyses.ts";
import { coreConfig, directoryOf } from "../wiring/wiring.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { Interruption } from "./interruption.ts";
import { processShell, type Shell } from "./shell.ts";
import { timeOption } from "./time-option.ts";

interface Options {
  readonly config?: string;
  readonly at?: number;
  readonly json?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("analyse")
    .description(
      "Compute hedge ratios, half-lives, calibrations, excursions and weights now, and print what they rest on.",
    )
    .addOption(configOption())
    .option("--at <time>", "as it would have been then: RFC 3339, or a day such as 2024-01-01 (else now)", timeOption)
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger analyse --config config/outrigger.example.yaml"))
    .action((options: Options) => analyse(options, shell));
}

async function analyse(options: Options, shell: Shell): Promise<void> {
  const { config } = openConfig(configPath(options.config, shell));
  const { tasks, batch, timeoutMs } = analystOptions(config, coreConfig(config, directoryOf(config)));
  const interruption = new Interruption();
  try {
    // The engine's own file is read only: it may be writing it.
    const kept = options.at === undefined && batch.kept !== null ? { ...batch.kept, write: false } : null;
    const all = { ...batch, kept, tasks: tasks.map(({ task }) => task), nowMs: options.at ?? Date.now() };
    const results = await runBatch(all, timeoutMs, interruption.signal);
    shell.out(options.json ? JSON.stringify(results) : results.map(lineOf).join("\n"));
    if (results.some(({ ok }) => !ok)) shell.setExitCode(EXIT_CODES.failure);
  } catch (cause) {
    if (!interruption.signal.aborted) throw cause;
    shell.setExitCode(EXIT_CODES.interrupted);
  } finally {
    interruption.end();
  }
}

function lineOf(result: TaskResult): string {
  return result.ok ? `${result.name}: ${result.words}` : `${result.name}: ${result.code}: ${result.message}`;
}
