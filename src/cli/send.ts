/**
 * `outrigger send`: one signal to the running engine, in the form and with the proof its source is configured for.
 *
 * It is a sender like any other: nothing it does is privileged, and the verdict it prints is what any sender would get.
 */
import { randomUUID } from "node:crypto";
import { type Command, InvalidArgumentError, Option } from "commander";
import { openConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { SourceConfig } from "../config/schema-sources.ts";
import type { Redacted } from "../config/secret.ts";
import { readSecrets } from "../config/secrets.ts";
import { DIRECTIONS, SIGNAL_KINDS } from "../domain/signal.ts";
import { assert } from "../domain/units.ts";
import { example } from "./config.ts";
import { configOption, configPath, jsonOption } from "./config-option.ts";
import { authorityOf, unreachable } from "./control-client.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { sendOverFeed } from "./send-feed.ts";
import { type SignalOptions, schemaBody, tradingViewBody } from "./send-payload.ts";
import { processShell, type Shell } from "./shell.ts";
import { signatureHeaders } from "./sign.ts";
import { exitCodeOf, formatVerdict, type SendVerdict, verdictFrom } from "./verdict.ts";

interface Options extends SignalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly source?: string;
  readonly text?: boolean;
  readonly url?: string;
}

const ANSWER_TIMEOUT_MS = 10_000;

export function register(program: Command, shell: Shell = processShell()): void {
  program
    .command("send")
    .description("Send one signal to the running engine as one of its sources would, and print the verdict.")
    .addOption(configOption())
    .option("-s, --source <name>", "source to send as (default: the first of the configuration)")
    .requiredOption("-a, --asset <symbol>", "asset, in any spelling the engine accepts")
    .addOption(new Option("-k, --kind <kind>", "what the signal asks for (default: hedge)").choices(SIGNAL_KINDS))
    .addOption(new Option("-d, --direction <direction>", "of the exposure").choices(DIRECTIONS).default("long"))
    .option("--confidence <0..1>", "confidence (default: 0.8)", unitInterval)
    .option("--strength <0..1>", "strength (default: the confidence)", unitInterval)
    .option("--horizon <duration>", "time horizon: 30s, 15m, 4h, 2d (default: 4h)")
    .option("--notional <decimal>", "quote notional")
    .option("--quantity <decimal>", "base quantity")
    .option("--model <name>", "model (default: manual)")
    .option("--model-version <version>", "its version (default: 1)")
    // A TradingView source states its own defaults, so none of these may be filled in here.
    .option("--id <id>", "signal id: repeat one to see it refused as a duplicate (default: a new one)")
    .option("--generated-at <time>", "RFC 3339 time (default: now)")
    .option("--sequence <n>", "sequence number, feeds only", wholeNumber)
    .option("--context <text>", "free text that is journaled with it")
    .option("--text", "tradingview only: send text/plain instead of JSON")
    .option("--url <url>", "base address of the receiver (default: from the configuration)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      example("outrigger send -c config/outrigger.example.yaml -s sample -a BTC-USD -k hedge -d long --confidence 0.9"),
    )
    .action(async (options: Options) => {
      const verdict = await send(options, shell);
      shell.out(options.json ? JSON.stringify({ ok: exitCodeOf(verdict) === 0, ...verdict }) : formatVerdict(verdict));
      shell.setExitCode(exitCodeOf(verdict));
    });
}

async function send(options: Options, shell: Shell): Promise<SendVerdict> {
  const { config, document } = openConfig(configPath(options.config, shell));
  const source = sourceOf(config, options.source);
  const secret = readSecrets(config, shell.env, document, { sources: [source.name], venues: [] }).sources.get(
    source.name,
  )?.[0];
  assert(secret, `source ${source.name} has no secret`);
  const base = options.url ?? `http://${authorityOf(config.receiver.host, config.receiver.port)}`;
  const signal = { ...options, id: options.id ?? `send-${randomUUID()}` };
  if (source.adapter === "feed")
    return sendOverFeed(`${base.replace(/^http/, "ws")}/feed`, secret, signal, ANSWER_TIMEOUT_MS);
  return sendOverHttp(`${base}/hooks/${source.path ?? source.name}`, source, secret, signal);
}

function sourceOf(config: Config, name: string | undefined): SourceConfig {
  const source = name === undefined ? config.sources[0] : config.sources.find((candidate) => candidate.name === name);
  if (source) return source;
  const names = config.sources.map((candidate) => candidate.name).join(", ");
  throw new CommandFailure(EXIT_CODES.usage, "UNKNOWN_SOURCE", `no source "${name}"; the configuration has: ${names}`);
}

async function sendOverHttp(
  url: string,
  source: SourceConfig,
  secret: Redacted,
  signal: Options & { readonly id: string },
): Promise<SendVerdict> {
  const wallMs = Date.now();
  const passphrase = source.auth.type === "tradingview" ? secret : null;
  const { body, contentType } =
    source.adapter === "tradingview"
      ? tradingViewBody(signal, passphrase, wallMs, signal.text ?? false)
      : schemaBody(signal, wallMs);
  const headers = {
    "content-type": contentType,
    ...signatureHeaders(source.auth.type, secret, { id: signal.id, body, wallMs }),
  };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return verdictFrom(response.status, await response.text());
  } catch (error) {
    throw unreachable(url, error);
  }
}

function unitInterval(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It must be a number from 0 to 1.");
  return value;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError("It must be a whole number.");
  return value;
}
