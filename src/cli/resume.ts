/** `outrigger resume`: releases the kill switch of the running engine, in two steps. */
import type { Command } from "commander";
import { example } from "./config.ts";
import { configOption, jsonOption } from "./config-option.ts";
import { type Options, tell } from "./operate.ts";
import { processShell, type Shell } from "./shell.ts";

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("resume")
    .description(
      "Release the kill switch: proposed first, done when it is said again with --confirm within ten minutes.",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .requiredOption("-r, --reason <text>", "why; journaled with it")
    .option("--confirm", "confirm what was proposed")
    .addHelpText("after", example('outrigger resume --reason "positions checked" --confirm'))
    .action((options: Options) =>
      tell("/resume", { confirmed: options.confirm === true, reason: options.reason }, options, shell),
    );
}
