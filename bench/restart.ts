/**
 * `npm run bench -- restart [--mib 1024]`: how long a start takes on a journal of that size, without and with snapshots: the
 * whole engine, from the launch of its process to ACTIVE at paper venues that are there, by stages, and the parts of it that read
 * the disk. Then how long a lane is away that is killed (respawn.ts).
 *
 * The journal is begun by an engine, grown by test/support/grown-journal.ts, and ended by the engines that are measured.
 */
import { readdirSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openConfig } from "../src/config/load.ts";
import type { Config } from "../src/config/schema.ts";
import { Core } from "../src/core/step.ts";
import type { StartStages } from "../src/engine.ts";
import { DedupeTable } from "../src/gateway/dedupe.ts";
import { SequenceMarks } from "../src/gateway/sequence.ts";
import { recoverIntake } from "../src/intake/recovery.ts";
import { readBootId } from "../src/journal/boot-id.ts";
import { LetterBook } from "../src/journal/letter-book.ts";
import { recoverLog } from "../src/journal/recover.ts";
import { listSnapshots } from "../src/journal/snapshot-file.ts";
import { foldDecisions } from "../src/lane/lane-snapshot.ts";
import { LOG } from "../src/lane/options.ts";
import { createShared } from "../src/memory/shared.ts";
import { compileKernels, instantiateKernels } from "../src/wasm/kernels.ts";
import { coreConfig, directoryOf, sourceRules } from "../src/wiring/wiring.ts";
import { LAUNCHER_FLAGS, pause, startEngineProcess, startPaperProcess } from "../test/support/engine-process.ts";
import { growJournal } from "../test/support/grown-journal.ts";
import { createWorld, type World } from "../test/support/world.ts";
import { benchRespawn } from "./respawn.ts";

const MIB_DEFAULT = 1024;
const HOUR_MS = 3_600_000;
const STARTS = 3;
/** Longer than any of this takes, whatever else the machine does. */
const SNAPSHOT_MS_MAX = 600_000;
const LOGS = ["intake", "decisions"] as const;

export async function benchRestart(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { mib: { type: "string" } } });
  const mib = Number(values.mib ?? MIB_DEFAULT);
  const world = await createWorld();
  const journal = join(world.dataDir, "journal");
  const paper = await startPaperProcess(world);
  try {
    const { config } = openConfig(world.configFile);
    await start("start on an empty journal", world);
    const core = coreConfig(config, directoryOf(config));
    const { segmentBytes } = config.journal;
    const signals = growJournal({
      journal,
      core,
      bytes: mib * 2 ** 20,
      segmentBytes,
      firstSeq: 1,
      nowMs: Date.now() - HOUR_MS,
    });
    console.log(`grown to ${mib} MiB: ${signals} signals`);
    removeSnapshots(journal);
    measureParts(journal, config, "without snapshots");
    await start("start without snapshots", world, journal);
    measureParts(journal, config, "with snapshots");
    for (let left = STARTS; left > 0; left--) await start("start with snapshots", world);
    await benchRespawn(say);
  } finally {
    await paper.end("SIGTERM");
    world.remove();
  }
}

/** From the launch to ACTIVE, which is asked for every 20 ms. With `journal` it stays until its snapshots are up to date. */
async function start(what: string, world: World, journal?: string): Promise<void> {
  const fromMs = performance.now();
  const engine = await startEngineProcess(world, { nodeFlags: LAUNCHER_FLAGS, readyMs: SNAPSHOT_MS_MAX });
  const tookMs = performance.now() - fromMs;
  const { program, journal: main, lane, doors } = engine.ready["tookMs"] as StartStages;
  say(what, [tookMs]);
  const venuesMs = Math.round(tookMs - program - main - lane - doors);
  console.log(
    `  program ${program}, main's journal ${main}, lane ${lane}, doors ${doors}; venues and launch ${venuesMs} ms`,
  );
  const untilMs = performance.now() + SNAPSHOT_MS_MAX;
  while (journal !== undefined && !LOGS.every((log) => listSnapshots(join(journal, log)).length > 0)) {
    if (performance.now() > untilMs) throw new Error(`no snapshots:\n${engine.output()}`);
    await pause(200);
  }
  if (journal !== undefined)
    console.log(`snapshots written ${Math.round(performance.now() - fromMs)} ms after the launch`);
  await engine.end("SIGTERM");
}

/** What reads the disk, in this process: the lane's share is what its respawn waits for too. */
function measureParts(journal: string, config: Config, how: string): void {
  const core = coreConfig(config, directoryOf(config));
  const kernels = instantiateKernels(compileKernels(), createShared().memory);
  const decisions = join(journal, "decisions");
  say(
    `  ${how}: lane, end of the decision log`,
    timed(() => recoverLog(decisions, LOG.DECISIONS, "durable")),
  );
  say(
    `  ${how}: lane, end of the quote log`,
    timed(() => recoverLog(join(journal, "quotes"), LOG.QUOTES, { boot: readBootId() })),
  );
  const parts = { kernels, tagOf: () => "", epoch: 0 };
  say(
    `  ${how}: lane, fold`,
    timed(() => foldDecisions(decisions, new Core(core, parts))),
  );
  const memory = {
    dedupe: new DedupeTable(config.receiver.dedupeIdsMax),
    sequences: new SequenceMarks(),
    letters: new LetterBook(),
    sources: config.sources.map(sourceRules),
  };
  say(
    `  ${how}: main, end of the intake log`,
    timed(() => recoverLog(join(journal, "intake"), LOG.INTAKE, "durable")),
  );
  say(
    `  ${how}: main, fold`,
    timed(() => recoverIntake(journal, memory, LOG.DECISIONS)),
  );
}

/** Wall time, and what of it this process had a processor for: the second says more on a machine with other work. */
function timed(run: () => void): readonly [ms: number, cpuMs: number] {
  const fromMs = performance.now();
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return [performance.now() - fromMs, (user + system) / 1000];
}

function say(what: string, [ms, cpuMs]: readonly [ms: number, cpuMs?: number]): void {
  const cpu = cpuMs === undefined ? "" : `, ${cpuMs.toFixed(0)} ms of processor`;
  console.log(`${what.padEnd(60)} ${ms.toFixed(0).padStart(7)} ms${cpu}   (load ${loadavg()[0]!.toFixed(1)})`);
}

function removeSnapshots(journal: string): void {
  for (const log of LOGS) {
    for (const name of readdirSync(join(journal, log))) if (name.endsWith(".snap")) rmSync(join(journal, log, name));
  }
}
