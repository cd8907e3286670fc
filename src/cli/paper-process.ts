/**
 * The paper exchange as a process of its own: found where it runs already, started where not.
 *
 * It is detached: an engine that is killed leaves it running, with its orders and positions, as a real venue would be.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { dirname, join } from "node:path";
import type { Config } from "../config/schema.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

export interface PaperProcess {
  /** False where it ran already: it is not ours to stop. */
  readonly started: boolean;
  stop(): void;
}

const READY_MS = 15_000;
const POLL_MS = 50;
const PING_MS = 1000;

export async function ensurePaper(config: Config, configFile: string, args: readonly string[]): Promise<PaperProcess> {
  if (await allAnswer(config)) return { started: false, stop: () => {} };
  const logFile = join(config.engine.dataDir, "paper.log");
  mkdirSync(dirname(logFile), { recursive: true });
  const output = openSync(logFile, "a");
  const child = spawn(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? "", "paper", "--config", configFile, ...args],
    {
      detached: true,
      stdio: ["ignore", output, output],
    },
  );
  closeSync(output);
  child.unref();
  writeFileSync(pidPath(config), `${child.pid}\n`);
  let exited = false;
  child.once("exit", () => {
    exited = true;
  });
  const untilMs = performance.now() + READY_MS;
  while (!(await allAnswer(config))) {
    if (exited || performance.now() > untilMs) {
      if (!exited) child.kill();
      const reason = exited ? `ended at once: ${lastWords(logFile)}` : `did not answer within ${READY_MS} ms`;
      throw new CommandFailure(EXIT_CODES.failure, "PAPER_FAILED", `the paper exchange ${reason}; see ${logFile}`);
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  return { started: true, stop: () => void child.kill("SIGTERM") };
}

/** What it said last: why it ended, but for advice in brackets. */
function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("("));
  return lines.at(-1) ?? "it said nothing";
}

/**
 * Ends the paper exchange that an engine of this data directory had started and then was killed. Its positions belong to a
 * journal that is not gone on with. One that was started by hand is left alone.
 */
export async function endEarlierPaper(config: Config): Promise<void> {
  const pid = earlierPid(config);
  if (pid === null || !(await allAnswer(config))) return;
  process.kill(pid, "SIGTERM");
  const untilMs = performance.now() + READY_MS;
  while ((await allAnswer(config)) && performance.now() < untilMs)
    await new Promise((done) => setTimeout(done, POLL_MS));
}

/** Null where the process of that number is not (any more) a paper exchange. */
function earlierPid(config: Config): number | null {
  try {
    const pid = Number(readFileSync(pidPath(config), "utf8"));
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes("paper") ? pid : null;
  } catch {
    return null;
  }
}

const pidPath = (config: Config): string => join(config.engine.dataDir, "paper.pid");

async function allAnswer(config: Config): Promise<boolean> {
  const asked = config.paper.venues.map(({ port }) => answers200(`http://${config.paper.host}:${port}/paper/ping`));
  return (await Promise.all(asked)).every(Boolean);
}

/** Not by `fetch`, of which the first takes a start 80 ms. */
function answers200(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: PING_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
