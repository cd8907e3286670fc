/**
 * `outrigger run`: the engine, until SIGINT or SIGTERM.
 */
import type { Command } from "commander";
import { type Logger, pino } from "pino";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { readSecrets, type Secrets } from "../config/secrets.ts";
import { type EngineLog, startEngine } from "../engine.ts";
import { buildSha256, configSha256 } from "../preflight/fingerprint.ts";
import { beginLive, liveRefusal } from "../preflight/verdict-file.ts";
import { chooseHedges } from "./choose-hedges.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { ensurePaper } from "./paper-process.ts";
import { processShell, type Shell } from "./shell.ts";
import { stopSignal } from "./stop-signal.ts";

interface Options {
  readonly config?: string;
  readonly json?: boolean;
  readonly paper?: boolean;
  readonly testnet?: boolean;
  readonly live?: boolean;
  readonly market?: readonly string[];
  readonly speed?: string;
}

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("run")
    .description("Run the engine. Paper starts the paper exchange too, where it does not run yet.")
    .addOption(configOption())
    .option("--paper", "trade on the paper exchange")
    .option("--testnet", "trade on the venues' own testnets, with keys of theirs")
    .option("--live", "trade on real venues, with real money: needs a passed preflight of this configuration")
    .option("-m, --market <files...>", "paper: play these CSV files (file or file=SYMBOL)")
    .option("--speed <x>", "paper: pace of the recording")
    .addOption(jsonOption())
    .addHelpText("after", example("outrigger run --paper --config config/outrigger.example.yaml"))
    .action((options: Options) => run(options, shell));
}

async function run(options: Options, shell: Shell): Promise<void> {
  const modes = ENVIRONMENTS.filter((mode) => options[mode]);
  const [environment] = modes;
  if (environment === undefined || modes.length > 1) {
    throw new CommandFailure(EXIT_CODES.usage, "MODE_MISSING", "say one of --paper, --testnet and --live");
  }
  const file = configPath(options.config, shell);
  const { config, document } = openConfig(file);
  const begin = environment === "live" ? permissionToTrade(config) : () => {};
  refuseOtherThan(environment, config);
  if (environment !== "paper" && (options.market !== undefined || options.speed !== undefined)) {
    throw new CommandFailure(EXIT_CODES.usage, "PAPER_ONLY", "--market and --speed belong to --paper");
  }
  const secrets = readSecrets(config, shell.env, document);
  if (environment !== "paper") {
    await serve(config, secrets, options, shell, begin);
    return;
  }
  const paper = await ensurePaper(config, file, [
    ...(options.market === undefined ? [] : ["--market", ...options.market]),
    ...(options.speed === undefined ? [] : ["--speed", options.speed]),
  ]);
  if (!paper.started && options.market !== undefined) {
    throw new CommandFailure(
      EXIT_CODES.usage,
      "PAPER_RUNNING",
      "--market: the paper exchange runs already, stop it first",
    );
  }
  try {
    await serve(config, secrets, options, shell, begin);
  } finally {
    if (paper.started) paper.stop();
  }
}

const ENVIRONMENTS = ["paper", "testnet", "live"] as const;

/** Of a passed, matching and fresh preflight; what it returns is to be called when the engine has started. LIVE_REFUSED. */
function permissionToTrade(config: Config): () => void {
  const { dataDir } = config.engine;
  const [configNow, buildNow] = [configSha256(config), buildSha256()];
  const why = liveRefusal(dataDir, configNow, buildNow, Date.now());
  if (why !== null) throw new CommandFailure(EXIT_CODES.refused, "LIVE_REFUSED", `live trading is refused: ${why}`);
  return () => beginLive(dataDir, configNow, buildNow);
}

async function serve(
  given: Config,
  secrets: Secrets,
  options: Options,
  shell: Shell,
  begin: () => void,
): Promise<void> {
  const log = engineLog(given);
  const config = await chooseHedges(given, Date.now(), (words) => log.info(words));
  const engine = await startEngine(config, secrets, log);
  begin();
  const stopped = stopSignal();
  const receiver = `http://${config.receiver.host}:${engine.receiverPort}`;
  const control = `http://${config.control.host}:${engine.controlPort}`;
  shell.out(
    options.json
      ? JSON.stringify({ ready: true, pid: process.pid, receiver, control, tookMs: engine.tookMs })
      : `outrigger ready: receiver ${receiver}/hooks/<source>, feed ${receiver.replace("http", "ws")}/feed, control ${control}`,
  );
  await stopped;
  await engine.stop();
}

export function refuseOtherThan(environment: (typeof ENVIRONMENTS)[number], config: Config): void {
  const other = config.venues.find((venue) => venue.environment !== environment);
  if (other === undefined) return;
  const why = `--${environment}: venue ${other.name} is ${other.environment}`;
  throw new CommandFailure(EXIT_CODES.refused, `NOT_${environment.toUpperCase()}`, why);
}

export function engineLog(config: Config, destination = 2): EngineLog {
  const logger: Logger = pino({ level: config.engine.logLevel, base: null }, pino.destination(destination));
  return { info: (message) => logger.info(message), warn: (message) => logger.warn(message) };
}
