/**
 * `outrigger positions`: what the running engine holds, asked of its control API with the token in its data directory.
 */
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { askControl } from "./control-client.ts";
import { processShell, type Shell } from "./shell.ts";
import { type Cell, textTable } from "./table.ts";

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("positions")
    .description("Print the positions of the running engine: per venue, and per instrument with target and net delta.")
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger positions --config config/outrigger.example.yaml"))
    .action(async (options: { config?: string; json?: boolean }) => {
      const { config } = openConfig(configPath(options.config, shell));
      const answer = await askControl(config, "/positions");
      shell.out(options.json ? JSON.stringify(answer) : formatAnswer(answer));
    });
}

/** Every list of the answer as a table under its name, everything else as a line. */
export function formatAnswer(answer: unknown): string {
  if (Array.isArray(answer)) return formatList("positions", answer);
  if (typeof answer !== "object" || answer === null) return String(answer);
  return Object.entries(answer)
    .map(([name, value]) => (Array.isArray(value) ? formatList(name, value) : `${name}: ${flat(value)}`))
    .join("\n\n");
}

function formatList(name: string, list: readonly unknown[]): string {
  if (list.length === 0) return `${name}: none`;
  const rows = list.map((entry) =>
    typeof entry === "object" && entry !== null
      ? Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, flat(value)]))
      : { [name]: flat(entry) },
  );
  return `${name}\n${textTable(rows)}`;
}

/** Numbers for people: what a float has behind its ninth digit is noise. */
function flat(value: unknown): Cell {
  if (typeof value === "number" && !Number.isInteger(value)) return Number(value.toPrecision(9));
  return typeof value === "object" && value !== null ? JSON.stringify(value) : (value as Cell);
}
