/** Run with --expose-gc: prints what a quote and a signal cost the heap, as JSON. A real core, kernels and configuration. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Child } from "../../src/core/child.ts";
import { ENDED_CHILDREN_MAX } from "../../src/core/children.ts";
import type { Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import { createOrderReport } from "../../src/domain/order.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { orderTagger } from "../../src/lane/order-tag.ts";
import { createShared } from "../../src/memory/shared.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { compileKernels, instantiateKernels } from "../../src/wasm/kernels.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { sampleConfig } from "./sample-config.ts";

const QUOTES = 50_000;
const QUOTES_WARM_UP = 150_000;
const SIGNALS = 2000;
/** More than the orders that are remembered after their end: from there on their objects are used again. */
const SIGNALS_WARM_UP = ENDED_CHILDREN_MAX + 3600;
const MID_TICKS = 618_000;

const directory = mkdtempSync(join(tmpdir(), "outrigger-allocation-"));
const { config, secrets } = sampleConfig({
  directory,
  venues: [
    { name: "paper-a", port: 1 },
    { name: "paper-b", port: 2 },
  ],
  // Fees of twenty thousand orders are no loss to stop for.
  edit: (yaml) => {
    yaml.breakers = { dailyLossMax: 1e9, drawdownMax: 1e9, dailyCostMax: 1e9 };
  },
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
const signalIds = Array.from({ length: SIGNALS_WARM_UP + SIGNALS + 2 }, (_, n) => `s-${n}`);
const signal: { -readonly [Field in keyof Signal]: Signal[Field] } = {
  intakeSeq: 0,
  signalId: "",
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
  quantity: 0.1,
  receivedNs: nowNs(),
  model: 0,
  modelVersion: 0,
};
const signalEvent = { type: "signal" as const, nowNs: nowNs(), wallMs: wallMs(), signal };
const report = createOrderReport();
const reportEvent = { type: "report" as const, nowNs: nowNs(), wallMs: wallMs(), report };
/** Filled from the front, and never emptied. */
const orders: Child[] = [];
let ordersFilled = 0;
let kept: unknown;

become(activeCore());
signalAndFill(1);
for (const load of ["nothing", "quotes", "quotesAndArrays"] as const) run(QUOTES_WARM_UP, load);
const ownBytes = measured(QUOTES, () => run(QUOTES, "nothing"));
const quoteBytes = measured(QUOTES, () => run(QUOTES, "quotes")) - ownBytes;
const controlBytes = measured(QUOTES, () => run(QUOTES, "quotesAndArrays")) - ownBytes;
const corrections = core.commands.filter(({ type }) => type === "place").length;
const first = 2 + SIGNALS_WARM_UP;
for (let n = 2; n < first; n++) signalAndFill(n);
ordersFilled = 0;
const signalBytes =
  measured(SIGNALS, () => {
    for (let n = 0; n < SIGNALS; n++) signalAndFill(first + n);
  }) -
  listings.length * quoteBytes;
const ordersPerSignal = ordersFilled / SIGNALS;
console.log(
  JSON.stringify({ ownBytes, quoteBytes, controlBytes, corrections, signalBytes, ordersPerSignal, kept: typeof kept }),
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

function signalAndFill(n: number): void {
  run(listings.length, "quotes");
  signal.intakeSeq = n;
  signal.signalId = signalIds[n]!;
  signal.generatedAtMs = wallMs();
  signal.quantity = n % 2 === 0 ? 0.1 : 0.2;
  signal.receivedNs = nowNs();
  signalEvent.nowNs = nowNs();
  signalEvent.wallMs = wallMs();
  core.step(signalEvent);
  fillAll();
}

function fillAll(): void {
  let count = 0;
  for (const command of core.commands) if (command.type === "place") orders[count++] = command.child;
  core.commands.length = 0;
  for (let n = 0; n < count; n++) {
    const child = orders[n]!;
    report.venue = child.venue;
    report.clientOrderId = child.clientOrderId;
    report.listing = child.listing;
    report.kind = "status";
    report.status = "filled";
    report.cumQtyLots = child.qtyLots;
    report.avgPxTicks = child.pxTicks;
    reportEvent.nowNs = nowNs();
    reportEvent.wallMs = wallMs();
    core.step(reportEvent);
    ordersFilled++;
  }
  core.commands.length = 0;
}
