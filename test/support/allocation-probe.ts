/** Run with --expose-gc: prints what a quote and a signal cost the heap, as JSON. A real core, kernels and configuration. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import { createOrderReport } from "../../src/domain/order.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { type EpochMs, lots, type Ns } from "../../src/domain/units.ts";
import { orderTagger } from "../../src/lane/order-tag.ts";
import { createShared } from "../../src/memory/shared.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { compileKernels, instantiateKernels } from "../../src/wasm/kernels.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { sampleConfig } from "./sample-config.ts";

const WARM_UP = 300_000;
const QUOTES = 200_000;
const SIGNALS = 2000;
const MID_TICKS = 618_000;

const directory = mkdtempSync(join(tmpdir(), "outrigger-allocation-"));
const { config, secrets } = sampleConfig({
  directory,
  venues: [
    { name: "paper-a", port: 1 },
    { name: "paper-b", port: 2 },
  ],
});
rmSync(directory, { recursive: true });
const { core: coreConfig } = laneOptions(config, secrets, "boot-of-the-test");
const core = new Core(coreConfig, {
  kernels: instantiateKernels(compileKernels(), createShared().memory),
  tagOf: orderTagger("probe"),
  epoch: 1,
});
const listings = coreConfig.directory.listings.filter(({ symbol }) => symbol === "BTCUSDT");
const prng = createPrng(3);
/** Monotonic and wall time. Not two variables: a module's number is boxed anew whenever it changes. */
const time = new Float64Array([1.5e12, 1.7e12]);
const nowNs = () => time[0] as Ns;
const wallMs = () => time[1] as EpochMs;
const quote = { listing: 0, bidTicks: 0, askTicks: 0, bidLots: 100, askLots: 100, venueMs: 0 };
const quoteEvent = { type: "quote" as const, nowNs: nowNs(), wallMs: wallMs(), quote };
let commands = 0;
let kept: unknown;

become(activeCore());
decide(1);
fillAll();
for (const load of ["nothing", "quotes", "quotesAndArrays"] as const) run(WARM_UP, load);
const ownBytes = measured(QUOTES, () => run(QUOTES, "nothing"));
const quoteBytes = measured(QUOTES, () => run(QUOTES, "quotes")) - ownBytes;
const controlBytes = measured(QUOTES, () => run(QUOTES, "quotesAndArrays")) - ownBytes;
const corrections = core.commands.filter(({ type }) => type === "place").length;
for (let n = 2; n < 1000; n++) signalAndFill(n);
const signalBytes = measured(SIGNALS, () => {
  for (let n = 0; n < SIGNALS; n++) signalAndFill(1000 + n);
});
console.log(
  JSON.stringify({ ownBytes, quoteBytes, controlBytes, signalBytes, corrections, commands, kept: typeof kept }),
);

/** New space is large enough that nothing is collected on the way. */
function measured(count: number, action: () => void): number {
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  action();
  return (process.memoryUsage().heapUsed - before) / count;
}

function become(events: readonly Event[]): void {
  for (const event of events) core.step(event);
  core.commands.length = 0;
}

function activeCore(): Event[] {
  const at = { nowNs: nowNs(), wallMs: wallMs() };
  return coreConfig.directory.venues.flatMap(({ index }): Event[] => [
    {
      type: "venue",
      ...at,
      status: {
        venue: index,
        ordersLive: true,
        streamLive: true,
        quotesLive: true,
        clockOffsetMs: 0.5,
        clockErrorMs: 1,
      },
    },
    { type: "positions", ...at, venue: index, lots: [] },
  ]);
}

/** Quotes that wander a little, inside the no-trade band. The controls: no core at all, and one small array per quote. */
function run(count: number, load: "nothing" | "quotes" | "quotesAndArrays"): void {
  for (let n = 0; n < count; n++) {
    time[0]! += 1e6;
    time[1]! += 1;
    const listing = listings[n % listings.length]!;
    const mid = MID_TICKS + Math.floor(prng.float() * 200) - 100;
    quote.listing = listing.index;
    quote.bidTicks = mid - 1;
    quote.askTicks = mid + 1;
    quote.venueMs = wallMs();
    quoteEvent.nowNs = nowNs();
    quoteEvent.wallMs = wallMs();
    if (load !== "nothing") core.step(quoteEvent);
    if (load === "quotesAndArrays") kept = [n];
  }
}

function decide(n: number): void {
  run(4, "quotes");
  const signal: Signal = {
    intakeSeq: n,
    signalId: `s-${n}`,
    source: 0,
    kind: "hedge",
    instrument: 0,
    direction: "long",
    strength: 0.9,
    confidence: 0.9,
    // Beyond everything that is played here, so that decay asks for nothing.
    horizonMs: 30 * 86_400_000,
    generatedAtMs: wallMs(),
    notional: Number.NaN,
    quantity: n % 2 === 0 ? 0.1 : 0.2,
    receivedNs: nowNs(),
    model: 0,
    modelVersion: 0,
  };
  core.step({ type: "signal", nowNs: nowNs(), wallMs: wallMs(), signal });
}

function fillAll(): void {
  const report = createOrderReport();
  for (const command of [...core.commands]) {
    if (command.type !== "place") continue;
    const { child } = command;
    Object.assign(report, { venue: child.venue, clientOrderId: child.clientOrderId, listing: child.listing });
    report.kind = "status";
    report.status = "filled";
    report.cumQtyLots = lots(child.qtyLots);
    report.avgPxTicks = child.pxTicks;
    core.step({ type: "report", nowNs: nowNs(), wallMs: wallMs(), report });
  }
  commands += core.commands.length;
  core.commands.length = 0;
}

function signalAndFill(n: number): void {
  decide(n);
  fillAll();
}
