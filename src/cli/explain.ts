/**
 * `outrigger explain`: why a signal did what it did, every number from the signal to its orders, from the journal. The engine
 * may run meanwhile or not.
 */
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { openConfig } from "../config/load.ts";
import { explainSignal, type Line, type Names } from "../journal/explain.ts";
import { explainPortfolio } from "../journal/explain-portfolio.ts";
import { explainReversions } from "../journal/explain-reversion.ts";
import { listSegments } from "../journal/files.ts";
import { readLog } from "../journal/reader.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { processShell, type Shell } from "./shell.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly portfolio?: number;
  readonly reversion?: number;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("explain")
    .description(
      "Print every number from a signal, or of the portfolio hedge, to its orders, in the order of computing.",
    )
    .argument("[signal_id]", "as its sender named it")
    .option("--reversion <n>", "the last n entries of reversions instead", countOption)
    .option("--portfolio <n>", "the last n corrections of the portfolio hedge instead", countOption)
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger explain alert-17 --config config/outrigger.example.yaml"))
    .action((signalId: string | undefined, options: Options) => {
      const { portfolio, reversion } = options;
      if ([signalId, portfolio, reversion].filter((each) => each !== undefined).length !== 1) {
        throw new CommandFailure(EXIT_CODES.usage, "OPTION_BAD", "name a signal, or --portfolio, or --reversion");
      }
      const { config } = openConfig(configPath(options.config, shell));
      const journal = join(config.engine.dataDir, "journal");
      const names: Names = {
        sources: config.sources.map(({ name }) => name),
        instruments: config.instruments,
        venues: config.venues,
      };
      const decisions = readLog(join(journal, "decisions"));
      const [stories, code, what] =
        portfolio !== undefined
          ? ([
              explainPortfolio(portfolio, names, decisions),
              "NOTHING_HEDGED",
              "the portfolio hedge was never corrected",
            ] as const)
          : reversion !== undefined
            ? ([explainReversions(reversion, names, decisions), "NOTHING_ENTERED", "no reversion was entered"] as const)
            : ([
                explainSignal(signalId!, names, readLog(join(journal, "intake")), decisions),
                "UNKNOWN_SIGNAL",
                `no signal "${signalId}"`,
              ] as const);
      if (stories.length === 0)
        throw new CommandFailure(EXIT_CODES.failure, code, `${what} in ${journal}${trimmedNote(journal)}`);
      shell.out(options.json ? JSON.stringify(stories) : stories.map(formatStory).join("\n\n"));
    });
}

/** What is not found may have been there once. */
function trimmedNote(journal: string): string {
  const [oldest = 1] = listSegments(join(journal, "intake"));
  return oldest > 1 ? `, which begins with segment ${oldest}: those before it were archived or removed` : "";
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
