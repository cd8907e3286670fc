/**
 * `outrigger status`: how the running engine is, asked of its control API with the token in its data directory.
 */
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import type { PositionsSnapshot, StatusSnapshot } from "../observe/status.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { askControl } from "./control-client.ts";
import { processShell, type Shell } from "./shell.ts";
import { statusBlock } from "./status-block.ts";

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("status")
    .description("Print how the running engine is: state, signals, latencies, venues with their limits, last alarm.")
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger status --config config/outrigger.example.yaml"))
    .action(async (options: { config?: string; json?: boolean }) => {
      const { config } = openConfig(configPath(options.config, shell));
      const status = (await askControl(config, "/status")) as StatusSnapshot;
      if (options.json) shell.out(JSON.stringify(status));
      else shell.out(statusBlock(status, (await askControl(config, "/positions")) as PositionsSnapshot).trimEnd());
    });
}
