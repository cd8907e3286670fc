/**
 * One repetition: fresh processes for every target and one load client over all of them, its blocks interleaved.
 */
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuTimeUs } from "./machine.ts";
import { Process } from "./processes.ts";
import { isEcho, type StartedTarget, startTarget, type TargetName } from "./targets.ts";

export interface Load {
  readonly name: string;
  /** Signals per second; 0 is a closed loop. */
  readonly rate: number;
  readonly rounds: number;
  readonly block: number;
}

export interface RepetitionPlan {
  readonly targets: readonly TargetName[];
  readonly loads: readonly Load[];
  readonly warmUp: number;
  /** Empty directory of this repetition. */
  readonly directory: string;
  readonly framesFile: string;
  /** The load client: a program and the arguments before its own. */
  readonly client: readonly [string, ...string[]];
  readonly clientCpus: string;
  readonly serverCpus: string;
  readonly engine: string;
  readonly nodeArgs: readonly string[];
}

/** What one target did under one load. */
export interface Samples {
  readonly latenciesUs: number[];
  lost: number;
  doubled: number;
  foreign: number;
}

export interface RepetitionResult {
  /** By load, then by target. */
  readonly samples: readonly (readonly Samples[])[];
  /** Processor time of each target's process per signal after its warm-up, all loads together. NaN where not known. */
  readonly cpuUs: readonly number[];
}

const TOKEN = "bench-token-of-no-secret-at-all-0123456789";
/** Longest silence of the client: one block of the slowest load, or the boot of an engine. */
const BLOCK_MS = 60_000;

export async function runRepetition(plan: RepetitionPlan): Promise<RepetitionResult> {
  const { targets, loads, directory } = plan;
  mkdirSync(directory, { recursive: true });
  const logFile = join(directory, "stderr.log");
  const log = openSync(logFile, "a");
  const positions = targets.map((target) => join(directory, `${target}.positions`));
  for (const file of positions) writeFileSync(file, new Uint8Array(8));
  const started: Process[] = [];
  try {
    const venue = new Process(
      "venue",
      plan.clientCpus,
      process.execPath,
      [fileURLToPath(new URL("./venue.ts", import.meta.url)), ...positions],
      log,
    );
    started.push(venue);
    const venuePorts = JSON.parse(await venue.line()) as number[];
    const [program, ...args] = plan.client;
    const client = new Process(
      "load client",
      plan.clientCpus,
      program,
      [
        ...args,
        ...["-f", plan.framesFile, "-t", TOKEN, "-w", String(plan.warmUp)],
        ...["-p", loads.map(({ rate, rounds, block }) => `${rate}:${rounds}:${block}`).join(",")],
        ...targets.map((target, i) => (isEcho(target) ? `echo:${target}:-` : `lane:${target}:${positions[i]}`)),
      ],
      log,
    );
    started.push(client);
    const [said, ...orderPorts] = (await client.line()).split(" ");
    if (said !== "ports") throw new Error(`load client: ${[said, ...orderPorts].join(" ")}`);
    const servers: StartedTarget[] = [];
    for (const [i, target] of targets.entries()) {
      const server = await startTarget(target, {
        cpus: plan.serverCpus,
        directory: join(directory, target),
        token: TOKEN,
        orderPort: Number(orderPorts[i]),
        venuePort: venuePorts[i]!,
        log,
        engine: plan.engine,
        nodeArgs: plan.nodeArgs,
      });
      started.push(server.process);
      servers.push(server);
    }
    client.say(servers.map(({ port }) => port).join(" "));
    const pids = servers.map(({ process }) => process.child.pid ?? 0);
    return await readResult(client, plan, () => pids.map(cpuTimeUs));
  } catch (error) {
    const said = readFileSync(logFile, "utf8").trim().split("\n").slice(-10).join("\n");
    throw new Error(`${(error as Error).message}; the processes' last lines:\n${said}`, { cause: error });
  } finally {
    for (const each of started.reverse()) await each.end();
  }
}

async function readResult(
  client: Process,
  { loads, targets }: RepetitionPlan,
  cpuTimesUs: () => number[],
): Promise<RepetitionResult> {
  const samples = loads.map(() => targets.map((): Samples => ({ latenciesUs: [], lost: 0, doubled: 0, foreign: 0 })));
  const signals = loads.reduce((sum, { rounds, block }) => sum + rounds * block, 0);
  let warmUs: number[] = [];
  for (;;) {
    const [said, ...fields] = (await client.line(BLOCK_MS)).split(" ");
    if (said === "warm") {
      warmUs = cpuTimesUs();
    } else if (said === "done") {
      return { samples, cpuUs: cpuTimesUs().map((us, i) => (us - warmUs[i]!) / signals) };
    } else if (said === "refused") {
      throw new Error(`${targets[Number(fields[0])]} refused ${fields[1]} signals`);
    } else if (said === "block") {
      const [load, target, lost, doubled, foreign, ...latenciesUs] = fields.map(Number);
      const of = samples[load!]![target!]!;
      for (const us of latenciesUs) of.latenciesUs.push(us);
      of.lost += lost!;
      of.doubled += doubled!;
      of.foreign += foreign!;
    } else throw new Error(`load client: ${fields.join(" ")}`);
  }
}
