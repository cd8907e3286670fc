/**
 * What a decision costs the core alone: quote, signal to order, order to fill. No journal, no socket, no threads.
 *
 *     node --expose-gc --min-semi-space-size=128 --max-semi-space-size=128 bench/core-step.ts
 *
 * Prints per event: median of batches in µs, and bytes allocated. Compare runs of one machine only.
 */
import type { Child } from "../src/core/child.ts";
import { Core } from "../src/core/step.ts";
import { createOrderReport } from "../src/domain/order.ts";
import type { EpochMs, Ns } from "../src/domain/units.ts";
import { BTC, coreConfig, coreParts } from "../test/support/core-config.ts";

const WARM_UP = 30_000;
const BATCHES = 60;
const BATCH = 500;
const BID = 600_000;

const core = new Core(coreConfig(), coreParts());
const listings = core.config.directory.listings.filter(({ instrument }) => instrument === 1);
const report = createOrderReport();
const quote = { listing: 0, bidTicks: BID, askTicks: BID + 2, bidLots: 1000, askLots: 1000, venueMs: 0 };
let nowMs = 1_000_000;
let signals = 0;
let orders = 0;
const at = () => ({ nowNs: (nowMs * 1e6) as Ns, wallMs: (1.7e12 + nowMs) as EpochMs });

for (const { index: venue } of core.config.directory.venues) {
  const status = { ordersLive: true, streamLive: true, quotesLive: true, clockOffsetMs: 0, clockErrorMs: 1 };
  core.step({ type: "venue", ...at(), status: { venue, ...status } });
}
for (const { index: venue } of core.config.directory.venues) {
  core.step({ type: "positions", ...at(), venue, lots: [] });
}
core.commands.length = 0;
for (let n = 0; n < WARM_UP; n++) cycle();

const spent = { quote: [] as number[], signal: [] as number[], fill: [] as number[] };
for (let batch = 0; batch < BATCHES; batch++) {
  let [quoteNs, signalNs, fillNs] = [0, 0, 0];
  for (let n = 0; n < BATCH; n++) {
    const t0 = process.hrtime.bigint();
    quotes();
    const t1 = process.hrtime.bigint();
    const child = signal();
    const t2 = process.hrtime.bigint();
    fill(child);
    const t3 = process.hrtime.bigint();
    quoteNs += Number(t1 - t0) / listings.length;
    signalNs += Number(t2 - t1);
    fillNs += Number(t3 - t2);
  }
  spent.quote.push(quoteNs / BATCH);
  spent.signal.push(signalNs / BATCH);
  spent.fill.push(fillNs / BATCH);
}
const bytes = measured(() => {
  for (let n = 0; n < 2000; n++) cycle();
});
for (const [name, ns] of Object.entries(spent)) {
  ns.sort((a, b) => a - b);
  console.log(`${name.padEnd(8)} ${(ns[BATCHES >> 1]! / 1000).toFixed(2)} µs`);
}
console.log(
  `${(bytes / 2000).toFixed(0)} bytes per cycle (${listings.length} quotes, a signal, a fill); ${orders} orders`,
);

function cycle(): void {
  quotes();
  fill(signal());
}

function quotes(): void {
  nowMs += 1;
  for (const { index } of listings) {
    quote.listing = index;
    core.step({ type: "quote", ...at(), quote });
  }
}

function signal(): Child {
  const now = at();
  signals++;
  core.step({
    type: "signal",
    ...now,
    signal: {
      intakeSeq: signals,
      signalId: `s${signals}`,
      source: 0,
      kind: "hedge",
      instrument: BTC,
      direction: "long",
      strength: signals % 2 === 0 ? 0.4 : 0.6,
      confidence: 0.5,
      horizonMs: 30 * 86_400_000,
      generatedAtMs: now.wallMs,
      notional: Number.NaN,
      quantity: Number.NaN,
      receivedNs: now.nowNs,
      model: 0,
      modelVersion: 0,
    },
  });
  const placed = core.commands.find((command) => command.type === "place");
  if (placed?.type !== "place") throw new Error("no order");
  core.commands.length = 0;
  orders++;
  return placed.child;
}

function fill(child: Child): void {
  report.venue = child.venue;
  report.clientOrderId = child.clientOrderId;
  report.listing = child.listing;
  report.kind = "status";
  report.status = "filled";
  report.cumQtyLots = child.qtyLots;
  report.avgPxTicks = child.pxTicks;
  core.step({ type: "report", ...at(), report });
  core.commands.length = 0;
}

function measured(action: () => void): number {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  action();
  return process.memoryUsage().heapUsed - before;
}
