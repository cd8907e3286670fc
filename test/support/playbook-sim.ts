/**
 * Playbooks on a market that moves, over venues that fill, fill in part, reject, stay silent and go away. Everything is drawn
 * from a seed; the core is driven as a lane would.
 */
import type { Child } from "../../src/core/child.ts";
import { hasEnded } from "../../src/core/child.ts";
import type { Command } from "../../src/core/event.ts";
import { createDirectory } from "../../src/domain/instrument.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { createPrng, type Prng } from "../../src/sim/prng.ts";
import type { CoreOptions } from "./core-config.ts";
import { CoreRig } from "./core-rig.ts";

const VENUES = ["alpha", "beta"];
const listed = (symbol: string) => VENUES.map((venue) => ({ venue, symbol, takerFee: 0.0005 }));
const perp = (base: string) => ({
  symbol: `${base}/USDT:USDT`,
  tickSize: "0.1",
  lotSize: "0.001",
  listings: listed(`${base}USDT`),
});
/** Four perpetuals: 0 and 1 are a signal's legs, 2 and 3 a spread's. Listings of instrument i are 2i and 2i + 1. */
const DIRECTORY = createDirectory(["hook", "feed"], VENUES, [perp("AAA"), perp("BBB"), perp("CCC"), perp("DDD")]);
const START_TICKS = 100_000;

export type Half = "signal" | "reversion";

export const OPTIONS: CoreOptions = {
  directory: DIRECTORY,
  shields: [],
  signals: [{ asset: 0, primary: 0, hedge: 1, notional: 1000, notionalMax: 3000, stopLoss: 0.08 }],
  reversions: [{ primary: 2, hedge: 3, notional: 1000, lookback: 20, barMs: 500, costMultiple: 0, stopLoss: 0.08 }],
};

interface Turn {
  readonly ms: number;
  /** By instrument, how many ticks its price moves; whether it is quoted at all. */
  readonly moves: readonly number[];
  readonly signal: {
    readonly kind: "open" | "adjust" | "close";
    readonly long: boolean;
    readonly confidence: number;
  } | null;
  /** What becomes of each order that is under way, by what is left of the turn's luck. */
  readonly luck: readonly number[];
  readonly venueAway: number;
  /** An instrument that nobody trades for a while; -1: none. */
  readonly dry: number;
}

/** The same turns for whoever asks: nothing of a core's answer is drawn from them. */
export function turns(seed: number, count: number): Turn[] {
  const prng: Prng = createPrng(seed);
  return Array.from({ length: count }, () => ({
    ms: 20 + Math.floor(prng.float() * 180),
    moves: [0, 1, 2, 3].map(() => Math.round((prng.float() - 0.5) * 3000)),
    signal:
      prng.float() < 0.06
        ? {
            kind: prng.float() < 0.5 ? "open" : prng.float() < 0.6 ? "adjust" : "close",
            long: prng.float() < 0.5,
            confidence: 0.5 + prng.float() / 2,
          }
        : null,
    luck: [0, 1, 2, 3].map(() => prng.float()),
    venueAway: prng.float() < 0.01 ? 1 : 0,
    dry: prng.float() < 0.04 ? Math.floor(prng.float() * 4) : -1,
  }));
}

interface LateFill {
  readonly order: Child;
  readonly dueMs: number;
}

const halfOf = (instrument: number): Half => (instrument < 2 ? "signal" : "reversion");

export class PlaybookSim {
  rig: CoreRig;
  readonly #options: CoreOptions;
  readonly #prices = [START_TICKS, START_TICKS, START_TICKS, START_TICKS];
  readonly #halves: readonly Half[];
  #orders: Child[] = [];
  #awayUntilMs = 0;
  #compareDueMs = 0;
  #late: LateFill[] = [];
  readonly #dryUntilMs = [0, 0, 0, 0];

  /** Which half's events come first, where both have some at the same time. */
  constructor(halves: readonly Half[], options: CoreOptions = OPTIONS) {
    this.#halves = halves;
    this.#options = options;
    this.rig = CoreRig.ready(options);
    this.rig.analysis({ kind: "halfLife", asset: 2, hedge: 3, bars: 10 });
    this.#takeOrders();
  }

  run(all: readonly Turn[], check: () => void): void {
    for (const turn of all) {
      this.#turn(turn);
      check();
    }
  }

  /** The core dies and another goes on from its log. Orders under way stay so: the venues do not know. */
  restart(): void {
    const ids = this.#orders.map(({ clientOrderId }) => clientOrderId);
    this.rig = CoreRig.restarted(this.rig, this.#options);
    this.#orders = ids.flatMap((id) => this.rig.core.router.childOf(id) ?? []);
    this.#takeOrders();
  }

  /** Every venue is back and fills at once, prices stand still: what is under way comes to its end. */
  calm(ms: number): void {
    const untilMs = this.rig.nowMs + ms;
    for (const venue of VENUES.keys()) this.rig.venue(venue);
    const isBusy = () => this.rig.core.router.inFlight > 0 && this.rig.nowMs < untilMs + 5000;
    while (this.rig.nowMs < untilMs || isBusy()) {
      this.rig.nowMs += 100;
      this.#quoteAll();
      for (const order of this.#orders) if (!hasEnded(order)) this.rig.fill(order);
      for (const half of this.#halves) this.#fillLate(half);
      if (this.rig.core.nextTimerNs() <= this.rig.at.nowNs) this.rig.timer();
      this.#compare(false);
      this.#takeOrders();
    }
  }

  signal(kind: "open" | "adjust" | "close", long: boolean, confidence: number): void {
    this.rig.signal({
      kind,
      instrument: 0,
      direction: long ? "long" : "short",
      confidence,
      horizonMs: 60_000,
      signalId: `t${this.rig.nowMs}`,
      intakeSeq: Math.round(this.rig.nowMs),
      generatedAtMs: this.rig.at.wallMs as EpochMs,
    });
    this.#takeOrders();
  }

  #turn(turn: Turn): void {
    const { rig } = this;
    rig.nowMs += turn.ms;
    turn.moves.forEach((move, i) => {
      // A pull to the start, so that nothing wanders off for good.
      this.#prices[i] = Math.max(1000, Math.round(this.#prices[i]! * 0.98 + START_TICKS * 0.02) + move);
    });
    if (turn.venueAway === 1) this.#awayUntilMs = rig.nowMs + 3000;
    const away = rig.nowMs < this.#awayUntilMs;
    rig.venue(1, { ordersLive: !away });
    this.#quoteAll();
    if (turn.signal !== null) {
      this.signal(turn.signal.kind, turn.signal.long, turn.signal.confidence);
    }
    if (turn.dry >= 0) this.#dryUntilMs[turn.dry] = rig.nowMs + 2500;
    for (const half of this.#halves) {
      for (const order of this.#orders.filter(({ instrument }) => halfOf(instrument) === half)) {
        this.#answer(order, turn.luck[order.instrument]!);
      }
    }
    for (const half of this.#halves) this.#fillLate(half);
    if (rig.core.nextTimerNs() <= rig.at.nowNs) rig.timer();
    this.#compare(away);
    this.#takeOrders();
  }

  #fillLate(half: Half): void {
    const isDue = ({ order, dueMs }: LateFill) => halfOf(order.instrument) === half && dueMs <= this.rig.nowMs;
    for (const { order } of this.#late.filter(isDue)) this.rig.status(order, "filled", order.qtyLots);
    this.#late = this.#late.filter((each) => !isDue(each));
  }

  /** Now and then every venue that is there tells its positions, and people look at a venue that is back. */
  #compare(away: boolean): void {
    const { rig } = this;
    if (rig.nowMs < this.#compareDueMs) return;
    this.#compareDueMs = rig.nowMs + 1000;
    for (const venue of VENUES.keys()) {
      if (away && venue === 1) continue;
      const listings = DIRECTORY.listings.filter((listing) => listing.venue === venue);
      rig.positions(
        venue,
        listings.map(({ index }) => [index, rig.core.ledger.positionLots(index)] as const),
      );
    }
    const isOpen = rig.core.breakers.tripped.some(({ breaker, open }) => breaker === "venueDown" && open);
    if (isOpen && !away) rig.control({ type: "acknowledge", breaker: "venueDown", subject: 1, reason: "it is back" });
  }

  /** Luck is an instrument's, so that one half's orders cannot change the other's. */
  #answer(order: Child, luck: number): void {
    if (hasEnded(order)) return;
    const { rig } = this;
    if (rig.nowMs < this.#dryUntilMs[order.instrument]!) rig.status(order, "expired", order.cumQtyLots);
    else if (luck < 0.5) rig.fill(order);
    else if (luck < 0.65) rig.status(order, "expired", Math.max(order.cumQtyLots, Math.floor(order.qtyLots * luck)));
    else if (luck < 0.75) {
      rig.status(order, "expired", order.cumQtyLots);
      // The venue was wrong: it fills after all.
      if (luck > 0.74) this.#late.push({ order: { ...order }, dueMs: rig.nowMs + 700 });
    } else if (luck < 0.8) rig.report(order, { kind: "rejected", code: -2019 });
    // Else silence: it becomes unknown, and is asked for.
  }

  #quoteAll(): void {
    for (const half of this.#halves) {
      for (const { index, instrument } of DIRECTORY.listings) {
        if (halfOf(instrument) !== half) continue;
        const mid = this.#prices[instrument]!;
        this.rig.quote(index, mid - 1, mid + 1);
      }
    }
  }

  #takeOrders(): void {
    this.#orders = [...this.#orders.filter((order) => !hasEnded(order)), ...this.rig.placed()];
  }
}

/** What two runs must share: everything but the numbers of routes, which all owners count together. */
export function commandsOf(commands: readonly Command[], instruments: readonly number[], owner: number): string[] {
  return commands.flatMap((command) => {
    if (command.type === "place" && instruments.includes(command.child.instrument)) {
      const { clientOrderId, side, qtyLots, pxTicks, venue, cause, reduceOnly } = command.child;
      return [JSON.stringify({ clientOrderId, side, qtyLots, pxTicks, venue, cause, reduceOnly })];
    }
    return command.type === "positioned" && command.record.owner === owner ? [JSON.stringify(command.record)] : [];
  });
}
