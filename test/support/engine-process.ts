/**
 * Outrigger as its user runs it: `outrigger` from dist/ in processes of its own, on a generated configuration, free ports and
 * a temporary directory. Killing a process is always by the id it was started under.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PositionsSnapshot, StatusSnapshot } from "../../src/observe/status.ts";
import type { World } from "./world.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** What the launcher gives Node: fast from the first signal on, for 0.6 s more of processor time at the start. */
export const LAUNCHER_FLAGS = createRequire(import.meta.url)("../../bin/node-flags.cjs") as readonly string[];
const READY_MS = 20_000;
const POLL_MS = 20;

/** A started process and what it has said so far. */
export interface Running {
  readonly pid: number;
  /** The first line of standard output, as JSON. */
  readonly ready: Readonly<Record<string, unknown>>;
  output(): string;
  /** Resolves with the exit code; null where a signal ended it. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

export interface Engine extends Running {
  status(): Promise<StatusSnapshot>;
  positions(): Promise<PositionsSnapshot>;
}

/** The paper exchange alone, so that it outlives the engine. */
export const startPaperProcess = (world: World): Promise<Running> =>
  startProcess([MAIN, "paper", "--config", world.configFile, "--json"]);

/** A standby intake beside the engine. */
export const startStandbyProcess = (world: World): Promise<Running> =>
  startProcess([MAIN, "intake", "--config", world.configFile, "--json"]);

export interface EngineProcessOptions {
  readonly args?: readonly string[];
  /** None by default: they change how fast it is, not what it does. */
  readonly nodeFlags?: readonly string[];
  /** Added to the little that it is given. */
  readonly env?: Readonly<Record<string, string>>;
  readonly readyMs?: number;
  /** Waited for. */
  readonly state?: "active" | "reducing";
}

/** The engine, trading: its venues are connected and its positions compared. */
export async function startEngineProcess(
  world: World,
  { args = [], nodeFlags = [], env = {}, state = "active", readyMs = READY_MS }: EngineProcessOptions = {},
): Promise<Engine> {
  const command = [MAIN, "run", "--paper", "--config", world.configFile, "--json", ...args];
  const running = await startProcess([...nodeFlags, ...command], env, readyMs);
  const ask = async (path: string) => {
    const token = readFileSync(join(world.dataDir, "control.token"), "utf8").trim();
    const response = await fetch(`http://127.0.0.1:${world.controlPort}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(5000),
    });
    if (!response.ok) throw new Error(`the control API answered ${response.status} to ${path}`);
    return response.json();
  };
  const engine: Engine = {
    ...running,
    status: async () => (await ask("/status")) as StatusSnapshot,
    positions: async () => (await ask("/positions")) as PositionsSnapshot,
  };
  try {
    await until(`the engine is ${state}`, async () => (await engine.positions()).state === state, readyMs);
  } catch (cause) {
    await running.end("SIGKILL");
    throw new Error(`the engine did not become ${state}:\n${running.output()}`, { cause });
  }
  return engine;
}

/** An engine that is killed without ever having been waited for: `afterMs` from its start, wherever it is then. */
export async function startAndKillEngine(world: World, afterMs: number): Promise<void> {
  const child = spawnNode([MAIN, "run", "--paper", "--config", world.configFile, "--json"]);
  child.stdout?.resume();
  child.stderr?.resume();
  await pause(afterMs);
  await endOf(child, "SIGKILL");
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One command to its end. */
export async function outrigger(...args: readonly string[]): Promise<Ran> {
  const child = spawnNode([MAIN, ...args]);
  const collected = collect(child);
  const late = setTimeout(() => child.kill("SIGKILL"), READY_MS);
  const code = await exitOf(child);
  clearTimeout(late);
  return { code, ...collected };
}

/** Starts a Node program and waits for its first line of JSON. */
export async function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  readyMs = READY_MS,
): Promise<Running> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: run "npm run build" first`);
  const child = spawnNode(args, env);
  const collected = collect(child);
  const output = () => `${collected.out}${collected.err}`;
  try {
    await until(
      "the process is ready",
      () => {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error("it ended at once");
        return collected.out.includes("\n");
      },
      readyMs,
    );
    const ready = JSON.parse(collected.out.slice(0, collected.out.indexOf("\n"))) as Record<string, unknown>;
    return { pid: child.pid ?? 0, ready, output, end: (signal) => endOf(child, signal) };
  } catch (cause) {
    await endOf(child, "SIGKILL");
    throw new Error(`${args.slice(0, 3).join(" ")} did not get ready:\n${output()}`, { cause });
  }
}

/** Polls until `holds`; what it throws ends the wait. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = READY_MS,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(POLL_MS);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const running = new Set<ChildProcess>();
// A test that is cut short must not leave an engine behind.
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

function spawnNode(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

function collect(child: ChildProcess): { out: string; err: string } {
  const collected = { out: "", err: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    collected.out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    collected.err += text;
  });
  return collected;
}

async function endOf(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  return exitOf(child);
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  });
}
