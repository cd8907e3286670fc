/**
 * Parts for gateway tests: an intake whose durability the test decides, a receiver on a free port, a raw HTTP client.
 */
import { createHmac, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { createDirectory } from "../../src/domain/instrument.ts";
import type { DecodedSignal, Signal } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { DEFAULT_MAX_AGE_MS, type SourceRules } from "../../src/gateway/admission.ts";
import { createVerifier } from "../../src/gateway/auth.ts";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import type { DeadLetter, GatewayAlarm, Intake } from "../../src/gateway/intake.ts";
import {
  createReceiver,
  type HookSource,
  type Receiver,
  type ReceiverOptions,
  type ReceiverParts,
} from "../../src/gateway/receiver.ts";
import { SequenceMarks } from "../../src/gateway/sequence.ts";
import { SystemClock } from "../../src/time/clock.ts";
import { createSchemaAdapter } from "../../src/wire/adapters/schema.ts";
import { createTradingViewAdapter, tradingViewPassphrase } from "../../src/wire/adapters/tradingview.ts";
import { decodeFrame } from "../../src/wire/decode.ts";

/** As configured by default (config/schema-receiver.ts), on any free port. */
export const RECEIVER_LIMITS = {
  host: "127.0.0.1",
  port: 0,
  connectionsMax: 1_000,
  bodyBytesMax: 65_536,
  answerTimeoutMs: 2_500,
  backlogMax: 16_384,
  authFailuresPerMinuteMax: 60,
  feed: { frameBytesMax: 4_096, backpressureBytesMax: 262_144, idleTimeoutS: 120, lifetimeMinutes: 239 },
} as const;

/** A journal in memory. With `holds` set, nothing is durable until `flush`. */
export class MemoryIntake implements Intake {
  readonly accepted: { readonly lsn: number; readonly signal: Signal; readonly body: string }[] = [];
  readonly deadLetters: (Omit<DeadLetter, "body"> & { readonly body: string })[] = [];
  holds = false;
  full = false;
  throws = false;
  lsn = 0;
  #durable = 0;
  #waiting: { readonly lsn: number; readonly done: (durable: boolean) => void }[] = [];

  accept(signal: Signal, _decoded: DecodedSignal, body: Uint8Array): number {
    if (this.throws) throw new Error("planted: the intake throws");
    if (this.full) return -1;
    this.lsn += 1;
    signal.intakeSeq = this.lsn;
    this.accepted.push({ lsn: this.lsn, signal, body: Buffer.from(body).toString("latin1") });
    this.#written();
    return this.lsn;
  }

  deadLetter(entry: DeadLetter): number {
    if (this.full) return -1;
    this.lsn += 1;
    this.deadLetters.push({ ...entry, body: Buffer.from(entry.body).toString("latin1") });
    this.#written();
    return this.lsn;
  }

  whenDurable(lsn: number, done: (durable: boolean) => void): void {
    if (lsn <= this.#durable) done(true);
    else this.#waiting.push({ lsn, done });
  }

  flush(upTo = this.lsn): void {
    this.#durable = Math.max(this.#durable, upTo);
    const due = this.#waiting.filter((one) => one.lsn <= this.#durable);
    this.#waiting = this.#waiting.filter((one) => one.lsn > this.#durable);
    for (const one of due) one.done(true);
  }

  fail(): void {
    const failed = this.#waiting;
    this.#waiting = [];
    for (const one of failed) one.done(false);
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  #written(): void {
    if (!this.holds) this.#durable = this.lsn;
  }
}

export const directory = createDirectory(
  ["sample", "tv", "feed"],
  [],
  [
    { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize: "0.001", aliases: ["TWICE"] },
    { symbol: "ETH/USDT:USDT", tickSize: "0.01", lotSize: "0.001", aliases: ["TWICE"] },
  ],
);

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const PASSPHRASE = "correct-horse-battery-staple";
export const FEED_TOKEN = "feed-token-0123456789abcdef";

export function rules(index: number, name: string, changes: Partial<SourceRules> = {}): SourceRules {
  return {
    index,
    name,
    kinds: ["open", "adjust", "close", "hedge"],
    maxAgeMs: DEFAULT_MAX_AGE_MS,
    ratePerSecMax: 1e6,
    rateBurst: 1e6,
    ...changes,
  };
}

export function signedHook(changes: Partial<HookSource> = {}): HookSource {
  return {
    ...rules(0, "sample"),
    path: "sample",
    contentTypes: ["application/json"],
    verify: createVerifier({ type: "standard-webhooks", secrets: [{ id: "a", secret: SECRET }] }),
    decode: createSchemaAdapter(),
    ...changes,
  };
}

export function tradingViewHook(addresses: readonly string[] = ["127.0.0.1"]): HookSource {
  return {
    ...rules(1, "tv"),
    path: "tv-7f3c9a51d2e84b60",
    contentTypes: ["application/json", "text/plain"],
    verify: createVerifier({
      type: "tradingview",
      secrets: [{ id: "p", secret: PASSPHRASE }],
      addresses,
      passphraseOf: tradingViewPassphrase,
    }),
    decode: createTradingViewAdapter({
      model: "tv",
      modelVersion: "1",
      signalKind: "hedge",
      horizonMs: 3_600_000,
      confidence: 0.8,
    }),
  };
}

export interface Harness {
  readonly receiver: Receiver;
  readonly intake: MemoryIntake;
  readonly alarms: GatewayAlarm[];
  readonly crashes: unknown[];
  readonly url: string;
}

export async function startHarness(
  changes: Partial<ReceiverOptions> = {},
  parts: Partial<ReceiverParts> = {},
): Promise<Harness> {
  const intake = new MemoryIntake();
  const alarms: GatewayAlarm[] = [];
  const crashes: unknown[] = [];
  const receiver = createReceiver(
    {
      ...RECEIVER_LIMITS,
      authFailuresPerMinuteMax: 1_000_000,
      hooks: [signedHook(), tradingViewHook()],
      feeds: [{ ...rules(2, "feed"), tokens: [FEED_TOKEN] }],
      ...changes,
    },
    {
      clock: new SystemClock(),
      directory,
      dedupe: new DedupeTable(10_000),
      sequences: new SequenceMarks(),
      intake,
      decodeFrame,
      onAlarm: (alarm) => alarms.push(alarm),
      onCrash: (error) => crashes.push(error),
      ...parts,
    },
  );
  receiver.open();
  await receiver.listen("alone");
  return { receiver, intake, alarms, crashes, url: `http://127.0.0.1:${receiver.port}` };
}

/** A body of the schema that is admitted as it stands. */
export function schemaBody(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    signal_id: randomUUID(),
    model: "m",
    model_version: "1",
    kind: "hedge",
    asset: "BTCUSDT.P",
    direction: "long",
    confidence: 0.9,
    time_horizon: "4h",
    generated_at: Date.now(),
    ...changes,
  });
}

export function decodedSignal(changes: Partial<DecodedSignal> = {}): DecodedSignal {
  return {
    signalId: randomUUID(),
    model: "m",
    modelVersion: "1",
    kind: "hedge",
    asset: "BTC/USDT:USDT",
    direction: "long",
    strength: 0.9,
    confidence: 0.9,
    horizonMs: 3_600_000,
    generatedAtMs: Date.now() as EpochMs,
    notional: Number.NaN,
    quantity: Number.NaN,
    sequence: -1,
    sourceContext: "",
    ...changes,
  };
}

/** Standard Webhooks headers, by the letter of the specification and independent of auth.ts. */
export function signedHeaders(body: string | Buffer, secret = SECRET, timestampS = Math.floor(Date.now() / 1000)) {
  const id = `msg_${randomUUID()}`;
  const key = Buffer.from(secret.slice(6), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${timestampS}.`).update(body).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": `${timestampS}`,
    "webhook-signature": `v1,${mac}`,
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: { code?: string; message?: string; signal_id?: string; position?: number; numbers?: object };
}

export async function post(url: string, body: string | Buffer, headers: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { method: "POST", body, headers });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Answer["json"] };
}

/** Sends bytes as they are; resolves to everything received until the server closes or `quietMs` pass without a byte. */
export function raw(port: number, bytes: string | Buffer, quietMs = 150): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    let text = "";
    let closed = false;
    const socket = connect(port, "127.0.0.1");
    const finish = () => {
      socket.destroy();
      resolve({ text, closed });
    };
    let timer = setTimeout(finish, 3_000);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs);
    });
    socket.on("close", () => {
      closed = true;
      clearTimeout(timer);
      finish();
    });
    socket.on("error", () => {});
    socket.write(bytes);
  });
}

export function rawPost(path: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\nhost: x\r\n${lines.join("")}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits for a condition another thread or socket brings about. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 6000; tries += 1) {
    if (condition()) return;
    await sleep(10);
  }
  throw new Error(`waited in vain: ${what}`);
}
