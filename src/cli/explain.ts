/**
 * `outrigger explain`: why a signal did what it did, every number from the signal to its orders, from the journal. The engine
 * may run meanwhile or not.
 */
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { openConfig } from "../config/load.ts";
import { explainSignal, type Line, type Names } from "../journal/explain.ts";
import { explainPortfolio } from "../journal/explain-portfolio.ts";
import { readLog } from "../journal/reader.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { processShell, type Shell } from "./shell.ts";

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("explain")
    .description(
      "Print every number from a signal, or of the portfolio hedge, to its orders, in the order of computing.",
    )
    .argument("[signal_id]", "as its sender named it")
    .option("--portfolio <n>", "the last n corrections of the portfolio hedge instead", countOption)
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger explain alert-17 --config config/outrigger.example.yaml"))
    .action((signalId: string | undefined, options: { config?: string; json?: boolean; portfolio?: number }) => {
      if ((signalId === undefined) === (options.portfolio === undefined)) {
        throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", "name a signal, or --portfolio, and not both");
      }
      const { config } = openConfig(configPath(options.config, shell), shell.env);
      const journal = join(config.engine.dataDir, "journal");
      const names: Names = {
        sources: config.sources.map(({ name }) => name),
        instruments: config.instruments,
        venues: config.venues,
      };
      const logs = ["intake", "decisions"].map((log) => readLog(join(journal, log)));
      const stories =
        signalId === undefined
          ? explainPortfolio(options.portfolio ?? 1, names, logs[1]!)
          : explainSignal(signalId, names, logs[0]!, logs[1]!);
      if (stories.length === 0) {
        const [code, what] =
          signalId === undefined
            ? ["NOTHING_HEDGED", "the portfolio hedge was never corrected"]
            : ["UNKNOWN_SIGNAL", `no signal "${signalId}"`];
        throw new CommandFailure(EXIT_CODES.failure, code!, `${what} in ${journal}`);
      }
      shell.out(options.json ? JSON.stringify(stories) : stories.map(formatStory).join("\n\n"));
    });
}

function countOption(text: string): number {
  const count = Number(text);
  if (!(Number.isInteger(count) && count >= 1 && count <= 1000)) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 1000.");
  }
  return count;
}

/** One line per number, under the part that it belongs to. */
export function formatStory(lines: readonly Line[]): string {
  const width = Math.max(...lines.map(({ name }) => name.length));
  const out: string[] = [];
  lines.forEach(({ part, name, value }, i) => {
    if (part !== lines[i - 1]?.part) out.push(part);
    out.push(`  ${name.padEnd(width)}  ${value}`);
  });
  return out.join("\n");
}
