/**
 * `npm run bench -- core`: what a decision costs the core alone: a quote, a signal to its order, an order to its fill. No journal, no
 * socket, no threads. Compare runs of one machine only.
 *
 *   npm run bench -- core [--seconds 2]
 */
import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import type { Child } from "../src/core/child.ts";
import { Core } from "../src/core/step.ts";
import { createOrderReport } from "../src/domain/order.ts";
import type { EpochMs, Ns } from "../src/domain/units.ts";
import { BTC, BTC_PERP, coreConfig, coreParts } from "../test/support/core-config.ts";

const BID_TICKS = 600_000;
const MONTH_MS = 30 * 86_400_000;

export function benchCore(args: readonly string[]): void {
  const { values: options } = parseArgs({ args: [...args], options: { seconds: { type: "string", default: "2" } } });
  const time = Number(options.seconds) * 1000;
  const market = new Market();
  let child = market.signal();
  market.fill(child);

  const bench = new Bench({ time, warmupTime: time, timestampProvider: "hrtimeNow" });
  bench.add("quote", () => market.quote(0));
  bench.add(
    "signal to order",
    () => {
      child = market.signal();
    },
    { beforeEach: () => market.quotes(), afterEach: () => market.fill(child) },
  );
  bench.add("order to fill", () => market.fill(child), {
    beforeEach: () => {
      market.quotes();
      child = market.signal();
    },
  });
  for (const { name, result } of bench.runSync()) {
    if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
    const us = (ms: number) => (ms * 1000).toFixed(2).padStart(8);
    const { p50, p99, p999, samplesCount } = result.latency;
    console.log(`${name.padEnd(16)} p50 ${us(p50)}  p99 ${us(p99)}  p99.9 ${us(p999)} µs  ${samplesCount} samples`);
  }
}

/** A core with its venues up, and what happens to it. */
class Market {
  readonly #core = new Core(coreConfig(), coreParts());
  readonly #listings = this.#core.config.directory.listings.filter(({ instrument }) => instrument === BTC_PERP);
  readonly #report = createOrderReport();
  #nowMs = 1_000_000;
  #signals = 0;

  constructor() {
    const { venues } = this.#core.config.directory;
    for (const { index: venue } of venues) {
      const status = { ordersLive: true, streamLive: true, quotesLive: true, clockOffsetMs: 0, clockErrorMs: 1 };
      this.#core.step({ type: "venue", ...this.#at(), status: { venue, ...status } });
    }
    for (const { index: venue } of venues) this.#core.step({ type: "positions", ...this.#at(), venue, lots: [] });
    this.#core.commands.length = 0;
    this.quotes();
  }

  quotes(): void {
    for (const { index } of this.#listings) this.quote(index);
  }

  quote(listing: number): void {
    this.#nowMs += 1;
    const book = { bidTicks: BID_TICKS, askTicks: BID_TICKS + 2, bidLots: 1000, askLots: 1000, venueMs: 0 };
    this.#core.step({ type: "quote", ...this.#at(), quote: { listing, ...book } });
  }

  /** A hedge by turns weak and strong, so that each one causes an order. */
  signal(): Child {
    const now = this.#at();
    this.#signals++;
    this.#core.step({
      type: "signal",
      ...now,
      signal: {
        intakeSeq: this.#signals,
        signalId: `s${this.#signals}`,
        source: 0,
        kind: "hedge",
        instrument: BTC,
        direction: "long",
        strength: this.#signals % 2 === 0 ? 0.4 : 0.6,
        confidence: 0.5,
        horizonMs: MONTH_MS,
        generatedAtMs: now.wallMs,
        notional: Number.NaN,
        quantity: Number.NaN,
        receivedNs: now.nowNs,
      },
    });
    const placed = this.#core.commands.find((command) => command.type === "place");
    if (placed?.type !== "place") throw new Error("no order");
    this.#core.commands.length = 0;
    return placed.child;
  }

  fill(child: Child): void {
    const report = this.#report;
    report.venue = child.venue;
    report.clientOrderId = child.clientOrderId;
    report.listing = child.listing;
    report.kind = "status";
    report.status = "filled";
    report.cumQtyLots = child.qtyLots;
    report.avgPxTicks = child.pxTicks;
    this.#core.step({ type: "report", ...this.#at(), report });
    this.#core.commands.length = 0;
  }

  #at(): { nowNs: Ns; wallMs: EpochMs } {
    return { nowNs: (this.#nowMs * 1e6) as Ns, wallMs: (1.7e12 + this.#nowMs) as EpochMs };
  }
}
