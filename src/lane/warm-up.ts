/**
 * Warm-up: lets the engine's compiler see the decision path before the first signal does.
 *
 * A throwaway core is fed made-up quotes, signals and fills on made-up time, for every playbook that is configured. Nothing of it
 * is journaled, sent or kept: a core has no way to reach out, so this is all that it can do. Without it the first thousands of
 * signals of a lane's life run several times slower than the rest.
 *
 * Its configuration is the lane's but for what would end the exercise early: limits, gates and the rollout let everything pass.
 */
import type { Child } from "../core/child.ts";
import type { CoreConfig, CoreParts } from "../core/config.ts";
import { ownerCount } from "../core/owners.ts";
import { Core } from "../core/step.ts";
import { createOrderReport } from "../domain/order.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Notional, Ns } from "../domain/units.ts";

const START_MS = 1_700_000_000_000;
/** Fewer orders in a minute than `permissive` allows. */
const ROUND_MS = 10;
const ORDERS_PER_MINUTE_MAX = 100_000;
/** What a leg has, in the least that all of its listings take: so fine that any two hedges differ by an order. */
const LEG_ORDERS = 200;
/** How far the made-up spread swings, as a fraction of price. */
const SWING = 0.01;
const RHO = 0.9;
const LARGE = 1e15;

/** Enough for the compiler to be done with what every decision does. */
const DECISIONS = 2000;

/**
 * About so many decisions, shared out among the playbooks: a hedge; an open, an adjust or a close; a spread that goes out and comes
 * back. Returns how many orders each of them made, in the order of their owners; the portfolio hedge is the last.
 */
export function warmUp(config: CoreConfig, parts: CommonParts, decisions = DECISIONS): readonly number[] {
  const exercise = new Exercise(permissive(config), parts);
  const { shields, signals, reversions } = config;
  const rounds = Math.ceil(decisions / Math.max(1, shields.length + signals.length + reversions.length));
  for (let round = 0; round < rounds; round++) exercise.round(round);
  return exercise.ordersOf;
}

/** Those of the lane's own core, so that they are warm as well. */
export type CommonParts = Pick<CoreParts, "kernels" | "tagOf">;

class Exercise {
  readonly ordersOf: number[];
  readonly #core: Core;
  readonly #config: CoreConfig;
  readonly #report = createOrderReport();
  // As large as a real one: a number that fits 31 bits would be another kind of field to the compiler, which would start over.
  #nowNs = 1e13 as Ns;
  #wallMs = START_MS as EpochMs;
  #signals = 0;

  constructor(config: CoreConfig, parts: CommonParts) {
    this.#config = config;
    this.#core = new Core(config, { ...parts, epoch: 0 });
    this.ordersOf = new Array<number>(ownerCount(config)).fill(0);
    const live = { ordersLive: true, streamLive: true, quotesLive: true, clockOffsetMs: 0, clockErrorMs: 0 };
    for (const { index: venue } of config.directory.venues) {
      this.#core.step({ type: "venue", ...this.#at(), status: { venue, ...live } });
      this.#core.step({ type: "positions", ...this.#at(), venue, lots: [] });
    }
    if (config.portfolio !== undefined) this.#correlate(config.portfolio.index);
  }

  round(round: number): void {
    const { shields, signals, reversions, portfolio } = this.#config;
    for (const { asset, hedge, holdings } of shields) {
      this.#pass(ROUND_MS);
      this.#quote(hedge, this.#holdingTicks(hedge, holdings), 0);
      this.#signal("hedge", asset, holdings > 0 ? "long" : "short", 0.8 * (round % 2) + (round % 10) / 50);
    }
    for (const { asset, primary, hedge, notional } of signals) {
      this.#pass(ROUND_MS);
      this.#quote(primary, this.#legTicks(primary, notional), 0);
      this.#quote(hedge, this.#legTicks(hedge, notional), 0);
      this.#signal((["open", "adjust", "close"] as const)[round % 3]!, asset, "long", 0.5 + (round % 7) / 14);
    }
    for (let index = 0; index < reversions.length; index++) this.#turnSpread(index, round);
    if (portfolio !== undefined)
      this.#quote(portfolio.index, this.#legTicks(portfolio.index, this.#exposedNotional()), 0);
    if (this.#core.nextTimerNs() <= this.#nowNs) this.#core.step({ type: "timer", ...this.#at() });
    this.#fillAll();
  }

  /** Everything moves together, so that whatever a leg leaves open is the index's to hedge. */
  #correlate(index: number): void {
    const { shields, signals, reversions } = this.#config;
    const held = shields.map(({ asset }) => asset);
    const instruments = [...new Set([...held, ...[...signals, ...reversions].map(({ primary }) => primary), index])];
    const analysis = {
      kind: "correlation",
      instruments,
      correlation: instruments.map((row) => instruments.map((column) => (row === column ? 1 : RHO))),
      volatilityDaily: instruments.map(() => SWING),
      eigenvalue: 1 + (instruments.length - 1) * RHO,
      eigenvector: instruments.map(() => 1 / Math.sqrt(instruments.length)),
      untilMs: START_MS,
      shrinkage: 0,
    } as const;
    this.#core.step({ type: "analysis", ...this.#at(), analysis });
  }

  /** What the playbooks hold or protect at most. */
  #exposedNotional(): number {
    const { shields, signals, reversions, directory } = this.#config;
    let sum = 0;
    for (const { hedge, holdings } of shields) {
      sum += Math.abs(holdings) * this.#holdingTicks(hedge, holdings) * directory.instruments[hedge]!.tick;
    }
    for (const { notional } of [...signals, ...reversions]) sum += notional;
    return sum;
  }

  /** First a window of quiet bars; then in each round one more, within which the spread goes out to an entry and comes back. */
  #turnSpread(index: number, round: number): void {
    const { primary, hedge, lookback, barMs, entryZ, stopZ, notional, ...rest } = this.#config.reversions[index]!;
    const primaryTicks = this.#legTicks(primary, notional);
    const swingTicks = primaryTicks * SWING;
    for (let bar = round === 0 ? -lookback : 0; bar <= 0; bar++) {
      this.#pass(barMs);
      this.#quote(hedge, this.#legTicks(hedge, notional), 0);
      const quietTicks = (round + bar) % 2 === 0 ? swingTicks : -swingTicks;
      if (bar === 0 && round > 0) {
        this.#quote(primary, primaryTicks, (swingTicks * (entryZ + stopZ)) / 2);
        this.#quote(primary, primaryTicks, 0);
      }
      this.#quote(primary, primaryTicks, quietTicks);
    }
    if (round > 0) return;
    const bars = (rest.halfLifeBarsMin + rest.halfLifeBarsMax) / 2;
    this.#core.step({ type: "analysis", ...this.#at(), analysis: { kind: "halfLife", asset: primary, hedge, bars } });
  }

  #signal(kind: Signal["kind"], instrument: number, direction: Signal["direction"], strength: number): void {
    this.#signals++;
    const signal: Signal = {
      intakeSeq: this.#signals,
      signalId: `warm-up-${this.#signals}`,
      source: 0,
      kind,
      instrument,
      direction,
      strength,
      confidence: 0.9 + strength / 10,
      horizonMs: 3_600_000,
      generatedAtMs: this.#wallMs,
      notional: Number.NaN,
      quantity: Number.NaN,
      receivedNs: this.#nowNs,
      model: 0,
      modelVersion: 0,
    };
    this.#core.step({ type: "signal", ...this.#at(), signal });
    this.#fillAll();
  }

  #quote(instrument: number, ticks: number, movedTicks: number): void {
    for (const { index: listing, instrument: listed, tickStep } of this.#config.directory.listings) {
      if (listed !== instrument) continue;
      const midTicks = Math.max(10, Math.round((ticks + movedTicks) / tickStep)) * tickStep;
      const depth = { bidLots: 1, askLots: 1, venueMs: this.#wallMs };
      const quote = { listing, bidTicks: midTicks - tickStep, askTicks: midTicks + tickStep, ...depth };
      this.#core.step({ type: "quote", ...this.#at(), quote });
      this.#fillAll();
    }
  }

  /** Every order fills at once and whole, and so does what that causes. */
  #fillAll(): void {
    const { commands } = this.#core;
    for (let i = 0; i < commands.length; i++) {
      const command = commands[i]!;
      if (command.type === "place") this.#fill(command.child);
    }
    commands.length = 0;
  }

  #fill(child: Child): void {
    const report = this.#report;
    this.ordersOf[child.shield]!++;
    report.clientOrderId = child.clientOrderId;
    report.venue = child.venue;
    report.kind = "status";
    report.status = "filled";
    report.cumQtyLots = child.qtyLots;
    report.avgPxTicks = child.pxTicks;
    this.#core.step({ type: "report", ...this.#at(), report });
  }

  /** A price at which `notional` is LEG_ORDERS times the least that may be ordered. */
  #legTicks(instrument: number, notional: number): number {
    const { tick, lot } = this.#config.directory.instruments[instrument]!;
    return notional / (LEG_ORDERS * this.#leastLots(instrument) * tick * lot);
  }

  /** The same for what is held, of which no notional is known: whatever the venues' least notional makes worth an order. */
  #holdingTicks(instrument: number, holdings: number): number {
    const { tick, lot } = this.#config.directory.instruments[instrument]!;
    let notionalMin = 0;
    for (const listing of this.#config.directory.listings) {
      if (listing.instrument === instrument) notionalMin = Math.max(notionalMin, listing.notionalMin);
    }
    const ticks = Math.max(1e5, (LEG_ORDERS * notionalMin) / (Math.abs(holdings) * tick));
    return Math.min(ticks, LARGE / Math.max(1, Math.abs(holdings) / lot));
  }

  #leastLots(instrument: number): number {
    let least = 1;
    for (const { instrument: listed, qtyLotsMin, lotStep } of this.#config.directory.listings) {
      if (listed === instrument) least = Math.max(least, qtyLotsMin, lotStep);
    }
    return least;
  }

  #pass(ms: number): void {
    this.#nowNs = (this.#nowNs + ms * 1e6) as Ns;
    this.#wallMs = (this.#wallMs + ms) as EpochMs;
  }

  #at(): { readonly nowNs: Ns; readonly wallMs: EpochMs } {
    return { nowNs: this.#nowNs, wallMs: this.#wallMs };
  }
}

function permissive(config: CoreConfig): CoreConfig {
  const large = Number.MAX_SAFE_INTEGER as Notional;
  return {
    ...config,
    reversions: config.reversions.map((reversion) => ({ ...reversion, costMultiple: 0 })),
    ...(config.portfolio !== undefined && {
      portfolio: {
        ...config.portfolio,
        notionalMax: 0,
        correlationMin: 0,
        correlationAgeMsMax: LARGE,
        correction: { ...config.portfolio.correction, riskHorizonS: LARGE },
      },
    }),
    score: { ...config.score, threshold: 0 },
    breakers: {
      ...config.breakers,
      dailyLossMax: LARGE,
      drawdownMax: LARGE,
      ordersPerMinuteMax: ORDERS_PER_MINUTE_MAX,
    },
    ramp: { fraction: 1, startMs: 0, durationMs: 1 },
    risk: {
      ...config.risk,
      limits: config.risk.limits.map(() => ({ orderNotionalMax: large, positionNotionalMax: large })),
    },
  };
}
