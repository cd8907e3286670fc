/**
 * `outrigger intake`: a standby beside the engine, until SIGINT or SIGTERM. It takes the port over while the engine restarts.
 */
import type { Command } from "commander";
import { openConfig } from "../config/load.ts";
import { readSecrets } from "../config/secrets.ts";
import { startStandby } from "../handover/standby.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { engineLog } from "./run.ts";
import { processShell, type Shell } from "./shell.ts";
import { stopSignal } from "./stop-signal.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("intake")
    .description("Stand beside the engine: accept and journal signals while it restarts, and hand them over in order.")
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger intake --config config/outrigger.example.yaml"))
    .action((options: Options) => standBy(options, shell));
}

async function standBy(options: Options, shell: Shell): Promise<void> {
  const { config, document } = openConfig(configPath(options.config, shell));
  if (!config.receiver.standby || config.receiver.port === 0) {
    const why = "set receiver.standby: true and a fixed receiver.port: the engine does not share its port otherwise";
    throw new CommandFailure(EXIT_CODES.usage, "STANDBY_OFF", why);
  }
  // It speaks to senders only: it has no use for the keys of venues.
  const secrets = readSecrets(config, shell.env, document, { venues: [] });
  const standby = await startStandby(config, secrets, engineLog(config));
  shell.out(
    options.json
      ? JSON.stringify({ ready: true, pid: process.pid, serving: standby.serving })
      : `outrigger intake ready: ${standby.serving ? "no engine, accepting signals" : "beside the engine"}`,
  );
  await stopSignal();
  await standby.stop();
}
