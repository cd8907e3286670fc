/**
 * `outrigger paper`: the paper exchange as a process of its own, so that its truth survives the engine.
 *
 * Runs until SIGINT or SIGTERM. One ready line says where each venue listens; with --json it is one JSON object.
 */
import { type Command, InvalidArgumentError } from "commander";
import { openConfig } from "../config/load.ts";
import { readSecrets } from "../config/secrets.ts";
import { startPaper } from "../paper/server.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { reportFailure } from "./failure.ts";
import { type PaperOverrides, paperOptions } from "./paper-options.ts";
import { processShell, type Shell } from "./shell.ts";
import { stopSignal } from "./stop-signal.ts";

interface Options extends PaperOverrides {
  readonly config?: string;
  readonly json?: boolean;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("paper")
    .description("Run the paper exchange: the configuration's paper venues, and one market that moves them all.")
    .addOption(configOption())
    .option("-m, --market <files...>", "play recorded CSV files (file or file=SYMBOL) instead of the configured market")
    .option("--speed <x>", "pace of the market, times recorded time", positive)
    .option("--no-loop", "stop the market at the end of a recording, and keep serving")
    .option("--seed <n>", "seed of synthetic market and latency", wholeNumber)
    .option("--latency-ms <ms>", "added to every message, each way", positiveOrZero)
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger paper -c config/outrigger.example.yaml --seed 42"))
    .action((options: Options) => paper(options, shell));
}

async function paper(options: Options, shell: Shell): Promise<void> {
  const { config, document } = openConfig(configPath(options.config, shell));
  const { loop, ...rest } = options;
  // Commander's --no-loop makes `loop` true when it is absent: only its false was said.
  const overrides = loop === false ? { ...rest, loop } : rest;
  const secrets = readSecrets(config, shell.env, document, { sources: [] });
  const server = await startPaper(paperOptions(config, secrets, overrides));
  const venues = server.venues.map(({ name, port }) => ({ name, url: `http://${config.paper.host}:${port}` }));
  shell.out(
    options.json
      ? JSON.stringify({ ready: true, pid: process.pid, venues })
      : `paper exchange ready: ${venues.map((venue) => `${venue.name} ${venue.url}`).join(", ")}`,
  );
  // A recording that ends leaves the venues up; one that is bad ends the process, or prices would stand still unnoticed.
  const market = server.market.then(
    () => "ended" as const,
    (error: unknown) => {
      shell.setExitCode(reportFailure(error, options.json ?? false, shell));
      return "failed" as const;
    },
  );
  const stopped = stopSignal();
  const first = await Promise.race([stopped, market]);
  if (first === "ended") shell.err("the market has ended; the venues keep serving");
  if (first !== "failed") await stopped;
  await server.close();
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 10_000)) throw new InvalidArgumentError("It must be a number above 0, at most 10000.");
  return value;
}

function positiveOrZero(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 10_000)) {
    throw new InvalidArgumentError("It must be a number from 0 to 10000.");
  }
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 4_294_967_295) {
    throw new InvalidArgumentError("It must be a whole number from 0 to 4294967295.");
  }
  return value;
}
