/**
 * `npm run bench`: how long from a signal to its order, as a ratio to a bare echo on the same machine in the same minute?
 *
 *   npm run bench -- [--smoke] [--only inline,hosted] [--repetitions 5] [--json out.json]
 *                    [--engine dist/main.js] [--directory where/journals/go] [--node-args "--cpu-prof"] [--keep]
 *                    [--client-cpus 0] [--server-cpus 1]
 *
 * Five targets, fresh processes in every repetition: a bare uWebSockets.js echo, the same again as a control (how far two
 * identical servers seem apart is the error of everything else), the engine with its lane inline and with its lane hosted by
 * Piscina, and a naive `pool.run()` per signal. The engines are whole: token, FlatBuffers, journal on disk, risk gate, signed
 * orders of the Binance dialect, fills coming back. One load client is the sender and the venue's order socket, so one clock
 * stamps both ends. Its method is in latency-client.c; what is accepted is in budgets.ts.
 *
 * A missed bar is printed and does not fail the run: it fails only when it could not measure, or when a signal did not cause
 * exactly one order.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BUDGETS, CONTROL_APART_MAX, DRIVER_DISAGREEMENT_MAX } from "./budgets.ts";
import { writeFrames } from "./frames.ts";
import { describeMachine } from "./machine.ts";
import { hasTaskset } from "./processes.ts";
import { type Load, type RepetitionPlan, type RepetitionResult, runRepetition } from "./repetition.ts";
import { judge, median, rowsOf, table, type Verdict, verdict, verdictLine } from "./report.ts";
import { isEcho, TARGETS, type TargetName } from "./targets.ts";

const { values: options } = parseArgs({
  args: process.argv.slice(process.argv[2] === "latency" ? 3 : 2),
  options: {
    smoke: { type: "boolean", default: false },
    only: { type: "string", default: TARGETS.join(",") },
    repetitions: { type: "string" },
    json: { type: "string" },
    // Another build to measure, where its journals go, Node options for profiles, and which cores.
    engine: { type: "string", default: here("../dist/main.js") },
    directory: { type: "string", default: tmpdir() },
    "node-args": { type: "string", default: "" },
    "client-cpus": { type: "string" },
    "server-cpus": { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

const FULL: readonly Load[] = [
  { name: "closed", rate: 0, rounds: 18, block: 1000 },
  { name: "1k/s", rate: 1000, rounds: 12, block: 500 },
  { name: "10k/s", rate: 10_000, rounds: 18, block: 1000 },
];
const SMOKE: readonly Load[] = [
  { name: "closed", rate: 0, rounds: 2, block: 200 },
  { name: "1k/s", rate: 1000, rounds: 2, block: 200 },
  { name: "10k/s", rate: 10_000, rounds: 2, block: 300 },
];
const loads = options.smoke ? SMOKE : FULL;
const warmUp = options.smoke ? 300 : 3000;
const repetitions = Number(options.repetitions ?? (options.smoke ? 1 : 5));
const targets = targetsOf(options.only);
const directory = mkdtempSync(join(options.directory, "outrigger-bench-"));
const pinned = hasTaskset() && availableParallelism() >= 2;
const clientCpus = pinned ? (options["client-cpus"] ?? "0") : "";
const serverCpus = pinned ? (options["server-cpus"] ?? "1") : "";

try {
  const machine = describeMachine(directory);
  const framesFile = join(directory, "frames");
  writeFrames(framesFile, warmUp + loads.reduce((sum, { rounds, block }) => sum + rounds * block, 0));
  const compiled = compileClient(join(directory, "latency-client"));
  const driver: RepetitionPlan["client"] = [process.execPath, here("./driver.ts")];
  const plan = {
    loads,
    warmUp,
    framesFile,
    clientCpus,
    serverCpus,
    engine: options.engine,
    nodeArgs: options["node-args"].split(" ").filter((arg) => arg !== ""),
  };
  say(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}`);
  say(
    `commit ${machine.commit}, ${machine.date} UTC, journals on ${machine.fileSystem}, load before ${machine.loadBefore}`,
  );
  say(pinned ? `pinned: client and venue on core ${clientCpus}, each target on core ${serverCpus}` : "not pinned");
  say(
    `client: ${compiled === null ? "driver.ts (no C compiler found)" : "latency-client.c"}; ${repetitions} × fresh processes`,
  );

  const results: RepetitionResult[] = [];
  for (let i = 0; i < repetitions; i++) {
    results.push(
      await runRepetition({ ...plan, targets, client: compiled ?? driver, directory: join(directory, `run-${i}`) }),
    );
    say(`repetition ${i + 1} of ${repetitions} done`);
  }
  const rows = rowsOf(loads, targets, results);
  say(`\n${table(rows)}`);
  const [first] = loads;
  const cpu = rows
    .filter(({ load }) => load === first!.name)
    .map(({ target, cpuUs }) => `${target} ${cpuUs.toFixed(0)}`);
  say(`\nprocessor time per signal, µs, all threads and all loads: ${cpu.join(", ")}`);

  const verdicts: Verdict[] = [];
  // A smoke run shows that the bench works. Its processes are cold, so its figures mean nothing.
  if (!options.smoke) {
    verdicts.push(...judge(rows, BUDGETS));
    if (compiled !== null && targets.includes("hosted"))
      verdicts.push(...(await compareClients(plan, compiled, driver)));
    say(`\n${verdicts.map(verdictLine).join("\n")}`);
  } else say("\nsmoke: too small to judge");
  if (options.json !== undefined) {
    const report = { machine, pinned: { clientCpus, serverCpus }, repetitions, loads, rows, verdicts };
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  for (const { load, ratio } of rows.filter(({ target }) => target === "control")) {
    const apart = Math.max(...[ratio.p50, ratio.p99].map((each) => Math.max(each, 1 / each))) - 1;
    if (apart <= CONTROL_APART_MAX) continue;
    say(
      `NOISE: ${load}: two identical echoes are ${(100 * apart).toFixed(0)} % apart, so its verdicts mean little, passes too`,
    );
  }
  const wrong = rows.filter(({ lost, doubled, foreign }) => lost + doubled + foreign > 0);
  for (const { target, load } of wrong) say(`FAILED: ${target}, ${load}: not every signal caused exactly one order`);
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  if (options.keep) say(`kept ${directory}`);
  else rmSync(directory, { recursive: true, force: true });
}

/**
 * Both clients over echo and hosted lane, in turn: a client that agrees on both adds nothing of its own. The driver cannot
 * sleep to the microsecond, so the C client does not sleep here either.
 */
async function compareClients(
  plan: Omit<RepetitionPlan, "targets" | "client" | "directory">,
  compiled: RepetitionPlan["client"],
  driver: RepetitionPlan["client"],
): Promise<Verdict[]> {
  const pair: readonly TargetName[] = ["echo", "hosted"];
  // Not at the rate that saturates: there a queue is measured, and its length is chance.
  const calm = plan.loads.filter(({ rate }) => rate <= 1000);
  const p50s = async (client: RepetitionPlan["client"], name: string) => {
    const place = { client, targets: pair, loads: calm, directory: join(directory, name) };
    return rowsOf(calm, pair, [await runRepetition({ ...plan, ...place })]).map(({ us }) => us.p50);
  };
  const ratios: number[][] = [];
  for (let i = 0; i < Math.min(3, repetitions); i++) {
    const theirs = await p50s([...compiled, "-s"], `client-${i}`);
    const ours = await p50s(driver, `driver-${i}`);
    ratios.push(ours.map((us, n) => us / theirs[n]!));
  }
  return calm.flatMap(({ name }, load) =>
    pair.map((target, index) => {
      const ratio = median(ratios.map((each) => each[load * pair.length + index]!));
      return verdict(`driver vs C client, ${target} p50, ${name}`, Math.abs(ratio - 1), DRIVER_DISAGREEMENT_MAX);
    }),
  );
}

/** Null where there is no compiler, or none that this source compiles with. */
function compileClient(file: string): RepetitionPlan["client"] | null {
  mkdirSync(join(file, ".."), { recursive: true });
  try {
    execFileSync("cc", ["-O2", "-o", file, here("./latency-client.c")], { stdio: ["ignore", "ignore", "pipe"] });
    return [file];
  } catch {
    return null;
  }
}

/** The echo is always one of them, and the first: it is what the others are compared with. Its control says how well. */
function targetsOf(only: string): TargetName[] {
  const wanted = only.split(",");
  const unknown = wanted.find((name) => !TARGETS.includes(name as TargetName));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: the targets are ${TARGETS.join(", ")}`);
  return TARGETS.filter((name) => isEcho(name) || wanted.includes(name));
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function say(line: string): void {
  console.log(line);
}
