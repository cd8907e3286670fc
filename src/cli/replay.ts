/**
 * `outrigger replay`: makes every decision of a journal again and compares, byte for byte. Needs the journal and nothing else;
 * with `--config` it says what another configuration would have decided.
 */
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import { type CommandFields, type Difference, type Replay, replayJournal } from "../lane/replay.ts";
import { compileKernels } from "../wasm/kernels.ts";
import { coreConfig, directoryOf } from "../wiring/wiring.ts";
import { example } from "./config.ts";
import { configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { journalOf } from "./journal.ts";
import { processShell, type Shell } from "./shell.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("replay <journal>")
    .description(
      "Make every decision of a journal again. Ends with 1 where one differs, and shows the first per start.",
    )
    .option("-c, --config <file>", "decide by this configuration instead of those in the journal")
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger replay .outrigger/sample/journal"))
    .action((journal: string, options: Options) => replay(journal, options, shell));
}

function replay(journal: string, options: Options, shell: Shell): void {
  const core = options.config === undefined ? null : coreOf(configPath(options.config, shell));
  const result = replayJournal(core, journalOf(journal, {}, shell), compileKernels());
  shell.out(options.json ? JSON.stringify(result) : formatReplay(result));
  if (result.differences.length > 0) shell.setExitCode(EXIT_CODES.failure);
}

function coreOf(file: string) {
  const { config } = openConfig(file);
  return coreConfig(config, directoryOf(config));
}

export function formatReplay({ lives, events, commands, sha256, differences, unrecorded, gaps }: Replay): string {
  const lines = [
    `${commands} commands of ${events} events in ${lives} starts made again, the same`,
    `sha256 ${sha256}`,
  ];
  if (unrecorded > 0) lines.push(`${unrecorded} commands more, which a death had cut off`);
  for (const { epoch, step } of gaps)
    lines.push(`start ${epoch} ends at step ${step}: its quotes are not kept any more`);
  return [...lines, ...differences.flatMap(formatDifference)].join("\n");
}

function formatDifference({ epoch, step, lsn, event, recorded, made }: Difference): string[] {
  return [
    "",
    `start ${epoch} differs first at step ${step}, record ${lsn} of the decision log`,
    ...(event === null ? [] : ["  event", ...linesOf(event).map((line) => `    ${line}`)]),
    `  - recorded: ${recorded?.type ?? "nothing"}`,
    `  + made:     ${made?.type ?? "nothing"}`,
    ...difference(recorded, made),
  ];
}

/** What both say plainly, what only one says with its sign. */
function difference(recorded: CommandFields | null, made: CommandFields | null): string[] {
  const before = recorded === null ? [] : linesOf(recorded.fields);
  const after = made === null ? [] : linesOf(made.fields);
  const lines = [...before.map((line) => `  ${after.includes(line) ? " " : "-"} ${line}`)];
  lines.push(...after.filter((line) => !before.includes(line)).map((line) => `  + ${line}`));
  const isSame = lines.every((line) => line.startsWith("    "));
  return isSame ? [...lines, "    (the same in words: the times or the form of the record differ)"] : lines;
}

function linesOf(fields: object, path = ""): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "object" && value !== null ? linesOf(value, `${path}${name}.`) : [`${path}${name}: ${value}`],
  );
}
