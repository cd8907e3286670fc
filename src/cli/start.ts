/**
 * `outrigger start`, behind `npm start`: everything at once on this machine, to be looked at. Paper venues in a process of
 * their own, the engine, signed webhooks and a binary feed as samples, and a status block. No keys, no money.
 *
 * Every start is a fresh one: paper positions end with the paper exchange, so the journal of the last start is put aside.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError } from "commander";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { readSecrets } from "../config/secrets.ts";
import { startEngine } from "../engine.ts";
import { lockDirectory } from "../journal/lock.ts";
import { example } from "./config.ts";
import { endEarlierPaper, ensurePaper } from "./paper-process.ts";
import { engineLog, refuseOtherThan } from "./run.ts";
import { startSampleSenders } from "./sample-senders.ts";
import { processShell, type Shell } from "./shell.ts";
import { statusBlock } from "./status-block.ts";
import { stopSignal } from "./stop-signal.ts";

const SAMPLE = fileURLToPath(new URL("../../config/outrigger.example.yaml", import.meta.url));
const REFRESH_MS = 1000;

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("start")
    .description("A first look: paper venues, the engine, sample signals and their status, all on this machine.")
    .option("--seconds <n>", "stop by itself after so long", seconds)
    .addHelpText("after", example("outrigger start"))
    .action((options: { seconds?: number }) => start(options, shell));
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError("It must be a number above 0, at most 86400.");
  return value;
}

async function start(options: { seconds?: number }, shell: Shell): Promise<void> {
  const { config, document } = openConfig(SAMPLE);
  refuseOtherThan("paper", config);
  // Before anything is touched: what another start is using must not be put aside.
  lockDirectory(config.engine.dataDir, process.pid).release();
  await endEarlierPaper(config);
  putAside(config);
  writeSampleSecrets(config);
  const secrets = readSecrets(config, shell.env, document);
  shell.out("starting paper venues and engine ...");
  const paper = await ensurePaper(config, SAMPLE, []);
  const logFile = join(config.engine.dataDir, "engine.log");
  try {
    const engine = await startEngine(config, secrets, engineLog(config, openSync(logFile, "a")));
    const senders = startSampleSenders(config, secrets, engine.receiverPort);
    shell.out(`ready. Log: ${relative(shell.cwd, logFile)}. Send a signal of your own from another terminal:\n`);
    const launcher = relative(shell.cwd, resolve(dirname(SAMPLE), "../bin/outrigger.cjs"));
    const sample = relative(shell.cwd, SAMPLE);
    shell.out(`  node ${launcher} send -c ${sample} -s sample -a BTC-USD -k hedge -d long --confidence 0.9`);
    shell.out(`  node ${launcher} send -c ${sample} -s tradingview -a BTCUSDT -k close -d flat --text\n`);
    shell.out("Ctrl-C stops everything.\n");
    const live = process.stdout.isTTY === true;
    let drawn = 0;
    const refresh = setInterval(() => {
      const block = statusBlock(engine.status.snapshot(), engine.status.positions());
      // On a terminal the block is redrawn in place; in a pipe it is printed anew.
      if (live && drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[J`);
      shell.out(block);
      drawn = block.split("\n").length;
    }, REFRESH_MS);
    const timeUp =
      options.seconds === undefined
        ? new Promise<never>(() => {})
        : new Promise((done) => setTimeout(done, Number(options.seconds) * 1000));
    await Promise.race([stopSignal(), timeUp]);
    clearInterval(refresh);
    await senders.stop();
    await engine.stop();
    shell.out("stopped.");
  } finally {
    if (paper.started) paper.stop();
  }
}

/** One earlier journal is kept, for whoever wants to look at it. */
function putAside(config: Config): void {
  const journal = join(config.engine.dataDir, "journal");
  if (!existsSync(journal)) return;
  const before = join(config.engine.dataDir, "journal.before");
  rmSync(before, { recursive: true, force: true });
  renameSync(journal, before);
}

/** Secrets of the sample's senders, made here and known to nobody else. */
function writeSampleSecrets(config: Config): void {
  for (const { auth } of config.sources) {
    if (auth.type === "bearer") writeSecret(auth.tokenFile, randomBytes(24).toString("base64url"));
    else if (auth.type === "tradingview") writeSecret(auth.passphraseFile, randomBytes(24).toString("base64url"));
    else for (const file of auth.secretsFile ?? []) writeSecret(file, `whsec_${randomBytes(32).toString("base64")}`);
  }
}

function writeSecret(file: string | undefined, secret: string): void {
  if (file === undefined || existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
}
