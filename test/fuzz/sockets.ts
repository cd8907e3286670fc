/**
 * Sends socket cases to a receiver in another process and holds it to its promises:
 *
 *   - it lives, no handler throws, and it serves a good request between any two stretches of cases
 *   - it acts on nothing but bodies that were signed as they stand, alerts with their passphrase, and feeds with their token
 *   - when all have left it holds no more connections, handles or memory than after the first stretch
 *
 * A case that breaks one is written to a file; `npm run fuzz -- --replay <file>` sends it again.
 */
import { type ChildProcess, fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { goodRequest, INTRUDER, type SocketCase, socketCase } from "./socket-cases.ts";
import type { Act, Health, ServerMessage } from "./socket-server.ts";

const SERVER = fileURLToPath(new URL("./socket-server.ts", import.meta.url));
const AT_ONCE = 48;
/** Requests that are cut short wait for more, and need not be waited for. */
const SILENCE_MS = 40;
const CASE_MS_MAX = 5_000;
const RSS_GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const HEAP_GROWTH_BYTES_MAX = 8 * 1024 * 1024;

export interface SocketFuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** Where a failing case goes. */
  readonly failureFile: string;
  readonly plantOpenDoor?: boolean;
}

export interface SocketFuzzResult {
  readonly cases: number;
  /** First status of a conversation, or how it ended without one. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly deadLetters: number;
  /** After the first stretch of cases, and after the last. */
  readonly before: Health;
  readonly after: Health;
}

export class SocketFuzzFailure extends Error {
  override readonly name = "SocketFuzzFailure";
}

export async function fuzzSockets(options: SocketFuzzOptions): Promise<SocketFuzzResult> {
  return fuzz(options, (round) => (round < options.count ? socketCase(options.seed, round) : null));
}

/** One case that was kept, alone. Throws again where it did before. */
export async function replaySocketCase(json: string, failureFile: string): Promise<SocketFuzzResult> {
  const { kind, rude, signed, writes } = JSON.parse(json) as KeptCase;
  const kept: SocketCase = { kind, rude, signed, writes: writes.map((text) => Buffer.from(text, "base64")) };
  return fuzz({ seed: 0, count: 1, failureFile }, (round) => (round === 0 ? kept : null));
}

interface KeptCase extends Omit<SocketCase, "writes"> {
  readonly writes: readonly string[];
}

async function fuzz(
  { seed, count, failureFile, plantOpenDoor = false }: SocketFuzzOptions,
  caseOf: (round: number) => SocketCase | null,
): Promise<SocketFuzzResult> {
  const signed = new Set<string>();
  const outcomes: Record<string, number> = {};
  const underWay = new Map<number, SocketCase>();
  let accepted = 0;
  let deadLetters = 0;
  let failure: string | null = null;
  const fail = (what: string) => {
    failure ??= what;
  };
  const server = await startServer(plantOpenDoor, fail, (act) => {
    if (act.accepted) accepted += 1;
    else deadLetters += 1;
    if (!authentic(act, signed)) fail(`acted on what nobody signed: ${JSON.stringify(act)}`);
  });
  const keep = () => {
    const kept = [...underWay].map(([round, { kind, rude, signed: bodies, writes }]) => {
      const text: KeptCase = { kind, rude, signed: bodies, writes: writes.map((bytes) => bytes.toString("base64")) };
      return JSON.stringify({ seed, round, failure, ...text });
    });
    writeFileSync(failureFile, `${kept.join("\n")}\n`);
    return new SocketFuzzFailure(
      `${failure}\nseed ${seed}, one of rounds ${[...underWay.keys()].join(", ")}: ${failureFile}`,
    );
  };

  let next = 0;
  let sent = 0;
  const stretch = Math.max(200, Math.min(5_000, Math.ceil(count / 5)));
  const client = async (until: number) => {
    while (failure === null && next < until) {
      const round = next++;
      const one = caseOf(round);
      if (one === null) return;
      for (const body of one.signed) signed.add(body);
      underWay.set(round, one);
      const outcome = await converse(server.port, one);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      sent += 1;
      // What the server did about it may still be on its way: a failure found now names its contemporaries too.
      if (failure === null) underWay.delete(round);
    }
  };
  try {
    let before: Health | null = null;
    while (failure === null && next < count) {
      const until = Math.min(count, next + stretch);
      await Promise.all(Array.from({ length: AT_ONCE }, () => client(until)));
      if (failure !== null) break;
      const served = await good(server.port, seed, sent, signed);
      if (served !== "202") fail(`a good request was answered ${served} after ${sent} cases`);
      before ??= await server.health();
    }
    if (failure !== null || before === null) throw keep();
    const after = await server.health();
    if (after.connections > 0) fail(`${after.connections} connections are still counted`);
    if (after.handles > before.handles + 4) fail(`handles grew from ${before.handles} to ${after.handles}`);
    if (after.rssBytes - before.rssBytes > RSS_GROWTH_BYTES_MAX)
      fail(`memory grew from ${before.rssBytes} to ${after.rssBytes} bytes`);
    if (after.heapBytes - before.heapBytes > HEAP_GROWTH_BYTES_MAX)
      fail(`the heap grew from ${before.heapBytes} to ${after.heapBytes} bytes`);
    if (failure !== null) throw keep();
    return { cases: sent, outcomes, accepted, deadLetters, before, after };
  } finally {
    server.stop();
  }
}

/** The door's promise, judged without its code. */
function authentic(act: Act, signed: ReadonlySet<string>): boolean {
  if (act.source === "sample") return signed.has(act.body);
  if (act.source === "tv") return act.blanked;
  return act.signalId !== INTRUDER;
}

/** Status of a request with nothing wrong about it. */
function good(port: number, seed: number, sent: number, signed: Set<string>): Promise<string> {
  const { bytes, body } = goodRequest(`good-${seed}-${sent}`);
  signed.add(body);
  return converse(port, { kind: "http", rude: false, signed: [], writes: [bytes] }, CASE_MS_MAX);
}

interface Server {
  readonly port: number;
  health(): Promise<Health>;
  stop(): void;
}

async function startServer(
  plantOpenDoor: boolean,
  fail: (what: string) => void,
  onAct: (act: Act) => void,
): Promise<Server> {
  const child: ChildProcess = fork(SERVER, plantOpenDoor ? ["--plant-open-door"] : [], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let stopping = false;
  let onHealth: ((health: Health) => void) | null = null;
  const port = await new Promise<number>((resolve, reject) => {
    child.on("message", (message: ServerMessage) => {
      if ("port" in message) resolve(message.port);
      else if ("crash" in message) fail(`a handler threw: ${message.crash}`);
      else if ("health" in message) onHealth?.(message.health);
      else for (const act of message.acts) onAct(act);
    });
    child.on("exit", (code, signal) => {
      if (stopping) return;
      fail(`the server died: ${code ?? signal}`);
      onHealth?.({ connections: 0, handles: 0, rssBytes: 0, heapBytes: 0, counts: {} });
      reject(new Error(`the server did not start: ${code ?? signal}`));
    });
  });
  const ask = () =>
    new Promise<Health>((resolve) => {
      onHealth = resolve;
      if (child.connected) child.send("health");
    });
  return {
    port,
    async health() {
      // The server learns that a client has left a moment after the client did.
      for (let tries = 0; ; tries += 1) {
        const health = await ask();
        if (health.connections === 0 || tries === 100) return health;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop() {
      stopping = true;
      child.kill("SIGKILL");
    },
  };
}

/** First status, or "closed", "silent", "left", "unreachable". */
function converse(port: number, { kind, writes, rude }: SocketCase, silenceMs = SILENCE_MS): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let status = "";
    let quiet: NodeJS.Timeout | undefined;
    const finish = (outcome: string) => {
      clearTimeout(quiet);
      clearTimeout(late);
      socket.destroy();
      resolve(outcome);
    };
    const late = setTimeout(() => finish("late"), CASE_MS_MAX);
    const rest = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => finish(status === "" ? "silent" : status), silenceMs);
    };
    const [first = Buffer.alloc(0), ...later] = writes;
    const more = () => {
      for (const bytes of later) socket.write(bytes);
      if (rude) finish("left");
      else rest();
    };
    socket.on("connect", () => {
      socket.setNoDelay(true);
      socket.write(first);
      if (kind === "feed") rest();
      else if (later.length > 0) setImmediate(more);
      else more();
    });
    socket.on("data", (chunk) => {
      const opened = status === "";
      if (opened) status = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString("latin1"))?.[1] ?? "other";
      if (kind === "feed" && opened && status === "101") more();
      else if (kind === "http" && writes.length === 1 && opened) finish(status);
      else rest();
    });
    socket.on("close", () => finish(status === "" ? "closed" : status));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") finish("unreachable");
    });
  });
}
