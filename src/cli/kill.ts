/** `outrigger kill`: stops the running engine's sends at once; `operate kill` knows levels of parts too. */
import type { Command } from "commander";
import { example } from "./config.ts";
import { configOption, jsonOption } from "./config-option.ts";
import { type Options, tell } from "./operate.ts";
import { processShell, type Shell } from "./shell.ts";

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("kill")
    .description("Stop all sends of the running engine at once, cancels and queries excepted. Survives a restart.")
    .addOption(configOption())
    .addOption(jsonOption())
    .requiredOption("-r, --reason <text>", "why; journaled with it")
    .option("--new-risk", "only what increases risk: hedges may still be taken off")
    .addHelpText("after", example('outrigger kill --reason "venue misbehaves"'))
    .action((options: Options & { newRisk?: boolean }) =>
      tell("/kill", { level: options.newRisk === true ? 1 : 2, reason: options.reason }, options, shell),
    );
}
