/**
 * `npm run bench -- core`: what a decision costs the core alone, for every playbook with all of its policies on: a quote, a
 * signal to its orders, an order to its fill. No journal, no socket, no threads. The control is what measuring itself costs.
 * Compare runs of one machine only.
 *
 *   npm run bench -- core [--seconds 2] [--only shield|signal|reversion]
 */
import { parseArgs } from "node:util";
import { Bench } from "tinybench";
import type { Child } from "../src/core/child.ts";
import type { Event } from "../src/core/event.ts";
import { Core } from "../src/core/step.ts";
import { createOrderReport } from "../src/domain/order.ts";
import type { EpochMs, Ns } from "../src/domain/units.ts";
import {
  BTC,
  BTC_PERP,
  type CoreOptions,
  coreConfig,
  coreParts,
  ETH_PERP,
  SCORE,
  SHIELD,
} from "../test/support/core-config.ts";

const BID_TICKS: Readonly<Record<number, number>> = { [BTC_PERP]: 600_000, [ETH_PERP]: 300_000 };
const MONTH_MS = 30 * 86_400_000;
/** So long that a core driven flat out stays below its limit on orders per minute. */
const EVENT_MS = 10;
const CONTROL_SAMPLES = 50_000;

const PLAYBOOKS: Readonly<Record<string, CoreOptions>> = {
  shield: { shields: [{ linear: { ...SHIELD.linear, weights: [0.3, 0.3, 0.2, 0.1, 0.1], leverage: 5 } }] },
  // An open and its close by turns: the linear model, decay and every factor of the score.
  signal: {
    shields: [],
    signals: [
      {
        policy: { policy: "linear", linear: { ...SHIELD.linear, weights: [0.3, 0.3, 0.2, 0.1, 0.1], leverage: 5 } },
      },
    ],
    score: { threshold: 0.1, timeOfDay: new Array(24).fill(0.5), indicators: { ...SCORE.indicators, samplesMin: 2 } },
  },
  // Enters whenever the spread is off its mean, and is closed by a signal: with entries of its own it would have no other.
  reversion: {
    shields: [],
    reversions: [{ costMultiple: 0, halfLifeBarsMin: 1, entryZ: 0.5, exitZ: 0, stopZ: Number.POSITIVE_INFINITY }],
    analysisAgeMsMax: Number.POSITIVE_INFINITY,
  },
};

export function benchCore(args: readonly string[]): void {
  const { values: options } = parseArgs({
    args: [...args],
    options: { seconds: { type: "string", default: "2" }, only: { type: "string" } },
  });
  for (const name of Object.keys(PLAYBOOKS)) {
    if (options.only !== undefined && options.only !== name) continue;
    benchPlaybook(name, Number(options.seconds) * 1000);
  }
}

function benchPlaybook(playbook: string, time: number): void {
  const market = new Market(PLAYBOOKS[playbook]!);
  const timestampProvider = "hrtimeNow";
  const bench = new Bench({ time, warmupTime: time, timestampProvider });
  bench.add("quote", () => market.quote(0));
  const prepare = () => {
    if (playbook === "reversion") market.enter();
    else market.quotes();
    market.draw();
  };
  // Signals open or grow, and shrink or close, by turns.
  bench.add("signal to order", () => market.decide(), { beforeEach: prepare, afterEach: () => market.takeAndFill() });
  bench.add("order to fill", () => market.fill(), {
    beforeEach: () => {
      prepare();
      market.decide();
      market.take();
    },
  });
  // What is measured of a function that does nothing. Not for so long a time of it: that would be millions.
  const control = new Bench({ time: 0, iterations: CONTROL_SAMPLES, warmup: false, timestampProvider });
  control.add("control", () => {}, { beforeEach: prepare, afterEach: () => market.decideAndFill() });
  for (const { name, result } of [...bench.runSync(), ...control.runSync()]) {
    if (result.state === "errored") throw result.error;
    if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
    const us = (ms: number) => (ms * 1000).toFixed(2).padStart(8);
    const { p50, p99, p999, samplesCount } = result.latency;
    const label = `${playbook}: ${name}`.padEnd(26);
    console.log(`${label} p50 ${us(p50)}  p99 ${us(p99)}  p99.9 ${us(p999)} µs  ${samplesCount} samples`);
  }
}

/** A core with its venues up, and what happens to it. */
class Market {
  readonly #core: Core;
  readonly #listings: readonly { readonly index: number; readonly instrument: number }[];
  readonly #report = createOrderReport();
  readonly #isShield: boolean;
  readonly #isReversion: boolean;
  #orders: Child[] = [];
  #nowMs = 1_000_000;
  #signals = 0;
  #signal: Event | null = null;

  constructor(options: CoreOptions) {
    this.#core = new Core(coreConfig(options), coreParts());
    this.#isShield = this.#core.shields.length > 0;
    this.#isReversion = this.#core.config.reversions.length > 0;
    const { venues, listings } = this.#core.config.directory;
    this.#listings = this.#isShield ? listings.filter(({ instrument }) => instrument === BTC_PERP) : listings;
    for (const { index: venue } of venues) {
      const status = { ordersLive: true, streamLive: true, quotesLive: true, clockOffsetMs: 0, clockErrorMs: 1 };
      this.#core.step({ type: "venue", ...this.#at(), status: { venue, ...status } });
    }
    for (const { index: venue } of venues) this.#core.step({ type: "positions", ...this.#at(), venue, lots: [] });
    const halfLife = { kind: "halfLife", asset: BTC_PERP, hedge: ETH_PERP, bars: 10 } as const;
    if (this.#isReversion) this.#core.step({ type: "analysis", ...this.#at(), analysis: halfLife });
    this.#core.commands.length = 0;
    for (let n = 0; n < 1000; n++) this.quotes();
  }

  quotes(): void {
    for (const { index } of this.#listings) this.quote(index);
  }

  /** Lets the spread leave its mean until a position is opened and filled. */
  enter(): void {
    while (this.#core.playbooks[0]!.position.state !== "open") {
      this.quotes();
      if (this.#hasOrders()) this.fill();
    }
  }

  quote(listing: number): void {
    this.#nowMs += EVENT_MS;
    const { instrument } = this.#core.config.directory.listings[listing]!;
    // A spread that never moves has no mean to leave.
    const isMoved = this.#isReversion && instrument === BTC_PERP && Math.floor(this.#nowMs / 1000) % 2 === 0;
    const bidTicks = BID_TICKS[instrument]! + (isMoved ? 60 : 0);
    const book = { bidTicks, askTicks: bidTicks + 2, bidLots: 1000, askLots: 1000, venueMs: 0 };
    this.#core.step({ type: "quote", ...this.#at(), quote: { listing, ...book } });
  }

  /** By turns strong and weak, or open and close, so that each one causes orders. */
  draw(): void {
    const now = this.#at();
    const odd = this.#signals++ % 2 === 0;
    this.#signal = {
      type: "signal",
      ...now,
      signal: {
        intakeSeq: this.#signals,
        signalId: `s${this.#signals}`,
        source: 0,
        kind: this.#isShield ? "hedge" : odd && !this.#isReversion ? "open" : "close",
        instrument: this.#isReversion ? BTC_PERP : BTC,
        direction: "long",
        strength: odd ? 0.9 : 0.4,
        confidence: 0.9,
        horizonMs: MONTH_MS,
        generatedAtMs: now.wallMs,
        notional: Number.NaN,
        quantity: Number.NaN,
        receivedNs: now.nowNs,
        model: 7,
        modelVersion: 1,
      },
    };
  }

  decide(): void {
    this.#core.step(this.#signal!);
  }

  take(): void {
    if (!this.#hasOrders()) throw new Error(`signal ${this.#signals} caused no order`);
  }

  takeAndFill(): void {
    this.take();
    this.fill();
  }

  decideAndFill(): void {
    this.decide();
    this.takeAndFill();
  }

  #hasOrders(): boolean {
    for (const command of this.#core.commands) if (command.type === "place") this.#orders.push(command.child);
    this.#core.commands.length = 0;
    return this.#orders.length > 0;
  }

  /** All orders there are, and those that their fills cause. */
  fill(): void {
    const report = this.#report;
    for (const child of this.#orders) {
      report.venue = child.venue;
      report.clientOrderId = child.clientOrderId;
      report.listing = child.listing;
      report.kind = "status";
      report.status = "filled";
      report.cumQtyLots = child.qtyLots;
      report.avgPxTicks = child.pxTicks;
      this.#core.step({ type: "report", ...this.#at(), report });
    }
    this.#orders.length = 0;
    if (this.#hasOrders()) this.fill();
  }

  #at(): { nowNs: Ns; wallMs: EpochMs } {
    return { nowNs: (1e13 + this.#nowMs * 1e6) as Ns, wallMs: (1.7e12 + this.#nowMs) as EpochMs };
  }
}
