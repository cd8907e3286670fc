/**
 * One repetition: fresh processes for every target and one load client over all of them, its blocks interleaved.
 */
import { mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Process } from "./processes.ts";
import { isEcho, startTarget, type StartedTarget, type TargetName } from "./targets.ts";

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
  readonly clientCpu: number | null;
  readonly serverCpu: number | null;
  readonly nodeArgs: readonly string[];
}

/** What one target did under one load. */
export interface Samples {
  readonly latenciesUs: number[];
  lost: number;
  doubled: number;
  foreign: number;
}

/** By load, then by target. */
export type RepetitionResult = readonly (readonly Samples[])[];

const TOKEN = "bench-token-of-no-secret-at-all-0123456789";
/** Longest silence of the client: one block of the slowest load, or the boot of an engine. */
const BLOCK_MS = 60_000;

export async function runRepetition(plan: RepetitionPlan): Promise<RepetitionResult> {
  const { targets, loads, directory } = plan;
  mkdirSync(directory, { recursive: true });
  const log = openSync(join(directory, "stderr.log"), "a");
  const positions = targets.map((target) => join(directory, `${target}.positions`));
  for (const file of positions) writeFileSync(file, new Uint8Array(8));
  const started: Process[] = [];
  try {
    const venue = new Process(
      "venue",
      plan.clientCpu,
      process.execPath,
      [fileURLToPath(new URL("./venue.ts", import.meta.url)), ...positions],
      log,
    );
    started.push(venue);
    const venuePorts = JSON.parse(await venue.line()) as number[];
    const [program, ...args] = plan.client;
    const client = new Process(
      "load client",
      plan.clientCpu,
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
        cpu: plan.serverCpu,
        directory: join(directory, target),
        token: TOKEN,
        orderPort: Number(orderPorts[i]),
        venuePort: venuePorts[i]!,
        log,
        nodeArgs: plan.nodeArgs,
      });
      started.push(server.process);
      servers.push(server);
    }
    client.say(servers.map(({ port }) => port).join(" "));
    return await readResult(client, plan);
  } finally {
    for (const each of started.reverse()) await each.end();
  }
}

async function readResult(client: Process, { loads, targets }: RepetitionPlan): Promise<RepetitionResult> {
  const result = loads.map(() =>
    targets.map((): Samples => ({ latenciesUs: [], lost: 0, doubled: 0, foreign: 0 })),
  );
  for (;;) {
    const [said, ...fields] = (await client.line(BLOCK_MS)).split(" ");
    if (said === "done") return result;
    if (said === "refused") throw new Error(`${targets[Number(fields[0])]} refused ${fields[1]} signals`);
    if (said !== "block") throw new Error(`load client: ${fields.join(" ")}`);
    const [load, target, lost, doubled, foreign, ...latenciesUs] = fields.map(Number);
    const samples = result[load!]![target!]!;
    for (const us of latenciesUs) samples.latenciesUs.push(us);
    samples.lost += lost!;
    samples.doubled += doubled!;
    samples.foreign += foreign!;
  }
}
