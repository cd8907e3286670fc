/**
 * `npm run bench -- orders`: what does one order cost at a venue, from `place` to its answer?
 *
 *   npm run bench -- orders [--smoke] [--json out.json] [--client-cpus 1] [--venue-cpus 0]
 *
 * Five clients of one paper exchange, each in a process of its own, take turns in blocks: the native client signing every
 * order (HMAC), the same again as a control, the native client on a session that signed once (Ed25519), ccxt.pro's
 * createOrderWs, and the same with watchOrders beside it. Turns go forth and back, so that a slow minute is everybody's.
 * Orders are sent one at a time. The native clients have their private and market streams open and pay for their events: like
 * is compared with like where ccxt watches its orders too, and the bar is held against ccxt alone all the same.
 *
 * A missed bar is printed and does not fail the run: it fails only when an order was not answered as filled.
 */
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CONTROL_APART_MAX, ORDER_BUDGETS } from "./budgets.ts";
import { describeMachine } from "./machine.ts";
import type { BlockResult } from "./orders-client.ts";
import { hasTaskset, Process } from "./processes.ts";
import { median, type Verdict, verdict, verdictLine } from "./report.ts";

const CLIENTS = ["hmac", "control", "ed25519", "ccxt", "ccxt-watching"] as const;
type Client = (typeof CLIENTS)[number];

interface Figures {
  readonly orders: number;
  readonly roundTripUs: Percentiles;
  /** NaN for ccxt. */
  readonly sendUs: Percentiles;
  readonly cpuUs: number;
}
interface Percentiles {
  /** What it takes undisturbed: on a busy machine the only figure that is the client's own. */
  readonly p10: number;
  readonly p50: number;
  readonly p99: number;
}

export async function benchOrders(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      smoke: { type: "boolean", default: false },
      json: { type: "string" },
      "client-cpus": { type: "string" },
      "venue-cpus": { type: "string" },
    },
  });
  const plan = options.smoke ? { warmUp: 50, rounds: 1, block: 50 } : { warmUp: 3000, rounds: 10, block: 500 };
  const pinned = hasTaskset() && availableParallelism() >= 2;
  const clientCpus = pinned ? (options["client-cpus"] ?? "1") : "";
  const venueCpus = pinned ? (options["venue-cpus"] ?? "0") : "";
  const directory = mkdtempSync(join(tmpdir(), "outrigger-orders-"));
  const log = openSync(join(directory, "log"), "w");
  const processes: Process[] = [];
  const start = async (name: string, cpus: string, file: string, ...rest: string[]) => {
    const node = ["--disable-warning=ExperimentalWarning", here(file), ...rest];
    const started = new Process(name, cpus, process.execPath, node, log);
    processes.push(started);
    return { process: started, line: await started.line() };
  };
  try {
    const machine = describeMachine(directory);
    say(`${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}`);
    say(`commit ${machine.commit}, ${machine.date} UTC, load before ${machine.loadBefore}`);
    say(pinned ? `pinned: exchange on core ${venueCpus}, clients on core ${clientCpus}` : "not pinned");
    const paper = await start("paper exchange", venueCpus, "./orders-paper.ts");
    const clients = new Map<Client, Process>();
    for (const client of CLIENTS) {
      const kind = client === "control" ? "hmac" : client;
      clients.set(client, (await start(client, clientCpus, "./orders-client.ts", kind, paper.line)).process);
    }
    const run = async (client: Client, orders: number): Promise<BlockResult> => {
      clients.get(client)!.say(String(orders));
      return JSON.parse(await clients.get(client)!.line()) as BlockResult;
    };
    for (const client of CLIENTS) await run(client, plan.warmUp);
    const blocks = new Map<Client, BlockResult[]>(CLIENTS.map((client) => [client, []]));
    for (let round = 0; round < plan.rounds; round++) {
      for (const client of [...CLIENTS, ...CLIENTS.toReversed()])
        blocks.get(client)!.push(await run(client, plan.block));
    }
    const figures = new Map(CLIENTS.map((client) => [client, figuresOf(blocks.get(client)!)]));
    say(`\n${table(figures)}`);
    const verdicts = options.smoke ? [] : judge(figures);
    say(options.smoke ? "\nsmoke: too small to judge" : `\n${verdicts.map(verdictLine).join("\n")}`);
    const apart = apartOf(figures);
    if (apart > CONTROL_APART_MAX) {
      say(
        `NOISE: two identical clients are ${(100 * apart).toFixed(0)} % apart, so the verdicts mean little, passes too`,
      );
    }
    if (options.json !== undefined) {
      const report = { machine, plan, figures: Object.fromEntries(figures), verdicts };
      writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
    }
  } catch (cause) {
    say(readFileSync(join(directory, "log"), "utf8").slice(-4000));
    throw cause;
  } finally {
    for (const each of processes) await each.end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The median over blocks of each block's figure: a block on a slow moment counts as one, not as its worst samples. */
function figuresOf(blocks: readonly BlockResult[]): Figures {
  const each = (samples: (block: BlockResult) => readonly number[]): Percentiles => ({
    p10: median(blocks.map((block) => percentile(samples(block), 0.1))),
    p50: median(blocks.map((block) => percentile(samples(block), 0.5))),
    p99: median(blocks.map((block) => percentile(samples(block), 0.99))),
  });
  return {
    orders: blocks.reduce((sum, { roundTripsUs }) => sum + roundTripsUs.length, 0),
    roundTripUs: each(({ roundTripsUs }) => roundTripsUs),
    sendUs: each(({ sendsUs }) => sendsUs),
    cpuUs: median(blocks.map(({ cpuUs, roundTripsUs }) => cpuUs / roundTripsUs.length)),
  };
}

function percentile(samples: readonly number[], fraction: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}

function judge(figures: ReadonlyMap<Client, Figures>): Verdict[] {
  const [hmac, ed25519, ccxt, watching] = (["hmac", "ed25519", "ccxt", "ccxt-watching"] as const).map(
    (client) => figures.get(client)!,
  );
  const { hmacSendUsMax, sessionSendUsMax, hmacRoundTripUsMax, sessionRoundTripUsMax, cpuShareOfCcxtMax } =
    ORDER_BUDGETS;
  return [
    verdict("build + send p50 µs, HMAC", hmac!.sendUs.p50, hmacSendUsMax),
    verdict("build + send p50 µs, session", ed25519!.sendUs.p50, sessionSendUsMax),
    verdict("round trip p50 µs, HMAC", hmac!.roundTripUs.p50, hmacRoundTripUsMax),
    verdict("round trip p50 µs, session", ed25519!.roundTripUs.p50, sessionRoundTripUsMax),
    verdict("CPU per order / ccxt, HMAC", hmac!.cpuUs / ccxt!.cpuUs, cpuShareOfCcxtMax),
    verdict("CPU per order / ccxt, session", ed25519!.cpuUs / ccxt!.cpuUs, cpuShareOfCcxtMax),
    verdict("CPU / ccxt watching, HMAC", hmac!.cpuUs / watching!.cpuUs, cpuShareOfCcxtMax),
    verdict("CPU / ccxt watching, session", ed25519!.cpuUs / watching!.cpuUs, cpuShareOfCcxtMax),
  ];
}

/** How far the control is from the client that it repeats, in round trip or processor time. */
function apartOf(figures: ReadonlyMap<Client, Figures>): number {
  const [hmac, control] = [figures.get("hmac")!, figures.get("control")!];
  const ratios = [control.roundTripUs.p50 / hmac.roundTripUs.p50, control.cpuUs / hmac.cpuUs];
  return Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio))) - 1;
}

function table(figures: ReadonlyMap<Client, Figures>): string {
  const cell = (value: number, width: number) => (Number.isNaN(value) ? "-" : value.toFixed(1)).padStart(width);
  const rows = [...figures].map(
    ([client, { orders, roundTripUs, sendUs, cpuUs }]) =>
      `${client.padEnd(13)} ${String(orders).padStart(7)} |${cell(sendUs.p10, 8)} ${cell(sendUs.p50, 8)} ${cell(sendUs.p99, 8)} |` +
      `${cell(roundTripUs.p10, 9)} ${cell(roundTripUs.p50, 9)} ${cell(roundTripUs.p99, 9)} |${cell(cpuUs, 9)}`,
  );
  return [
    "client         orders | build + send µs          | round trip µs                 | CPU per order",
    "                      |     p10      p50      p99 |      p10       p50       p99 |   µs",
    ...rows,
  ].join("\n");
}

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function say(line: string): void {
  console.log(line);
}
