/**
 * The reference study's rules: a position in the spread of two legs, and its shadow, which takes the same trades without the hedge.
 *
 * In each bar, in this order: fill at the open what the bar before decided, mark at the close, decide. So nothing ever knows a price
 * that it could not have known.
 *
 *   flat         blocked and |z| < entry: no longer blocked. Not blocked and entry <= |z| < stop (and the cost gate holds): open
 *                against z.
 *   in position  u = -direction z. u <= exit: close ("target"). u >= stop: close ("stop") and block. Neither, and the hedge off
 *                -beta of the primary by more than the band: correct it.
 *
 * A bar without beta or z decides nothing. What is open after the last bar is closed at its close ("eod"). What it all came to is
 * `effectiveness.ts`; this file counts nothing that it does not decide on.
 */
import { type BarBlock, BLOCK_BARS } from "./joined-bars.ts";
import { Leg } from "./leg.ts";
import type { PairsTerms } from "./pairs-terms.ts";
import { SpreadStream } from "./spread-stream.ts";
import type { PairsTrade, TradeReason } from "./trade.ts";

/** Hears what happens, in order. */
export interface PairsWatch {
  /** A fill of a leg; side +1 buys. `decidedClose` is the leg's close of the bar that decided it. */
  onFill(leg: "primary" | "hedge", side: number, fillPrice: number, decidedClose: number): void;
  onRebalance(): void;
  onTrade(trade: PairsTrade): void;
  /** A close with a position open: signed values of the legs, hedge ratio of the last hedge fill. */
  onHeld(valueY: number, valueX: number, betaHeld: number): void;
  /** One close-to-close move inside a holding, as logarithms. */
  onMove(moveY: number, moveX: number, entryBeta: number): void;
  /** A bar with a z, before it is decided on; u is NaN while flat. */
  onScore(z: number, u: number): void;
  /** A bar without beta or z where there should be one. */
  onUndefined(): void;
  /** Equities, less the capital, at the close of every bar from the first score on. */
  onEquity(hedged: number, unhedged: number): void;
}

type Order = "none" | "open" | "rebalance" | "target" | "stop";

export class PairsRun {
  /** Equities of the last block's bars, aligned with it; the first `from` bars have none. */
  readonly hedged = new Float64Array(BLOCK_BARS);
  readonly unhedged = new Float64Array(BLOCK_BARS);
  from = 0;
  /** Closed in the last block. */
  readonly closed: PairsTrade[] = [];
  readonly spread: SpreadStream;
  readonly #terms: PairsTerms;
  readonly #watch: PairsWatch;
  readonly #primary: Leg;
  readonly #hedge: Leg;
  readonly #gateCost: number;
  readonly #firstScoreBar: number;
  /** Of the next block's first bar. */
  #bar = 0;
  #lastCloseY = 0;
  #lastCloseX = 0;
  /** Decided on the bar before, filled on this one. */
  #order: Order = "none";
  #decidedZ = 0;
  #decidedBeta = 0;
  #decidedMs = 0;
  #decidedCloseY = 0;
  #decidedCloseX = 0;
  /** 0 while flat. */
  #direction = 0;
  #blocked = false;
  #betaHeld = 0;
  #trades = 0;
  #open: OpenTrade | null = null;

  /** The terms are checked already. */
  constructor(terms: PairsTerms, watch: PairsWatch) {
    this.#terms = terms;
    this.#watch = watch;
    this.#primary = new Leg(terms.fee, terms.slippage);
    this.#hedge = new Leg(terms.fee, terms.slippage);
    this.#gateCost = 2 * (terms.fee + terms.slippage);
    this.#firstScoreBar = terms.betaWindow + terms.lookback - 2;
    this.spread = new SpreadStream(terms.betaWindow, terms.lookback);
  }

  /** Takes the next block in; `isLast` when no bar follows it. */
  take(block: BarBlock, isLast: boolean): void {
    this.spread.run(block);
    this.closed.length = 0;
    const { beta, sd, z } = this.spread;
    const { timestampMs, openY, openX, closeY, closeX, count } = block;
    const [primary, hedge] = [this.#primary, this.#hedge];
    this.from = Math.min(Math.max(this.#firstScoreBar - this.#bar, 0), count);
    for (let at = this.from; at < count; at++) {
      const [atY, atX] = [closeY[at]!, closeX[at]!];
      if (this.#order !== "none") this.#fill(this.#bar + at, timestampMs[at]!, openY[at]!, openX[at]!);
      if (this.#direction !== 0) {
        this.#watch.onHeld(primary.units * atY, hedge.units * atX, this.#betaHeld);
        const [wasY, wasX] = at > 0 ? [closeY[at - 1]!, closeX[at - 1]!] : [this.#lastCloseY, this.#lastCloseX];
        const { bar, beta: entryBeta } = this.#open!;
        if (this.#bar + at > bar) this.#watch.onMove(Math.log(atY / wasY), Math.log(atX / wasX), entryBeta);
      }
      this.#decide(timestampMs[at]!, atY, atX, beta[at]!, sd[at]!, z[at]!);
      if (isLast && at === count - 1) this.#end(this.#bar + at, timestampMs[at]!, atY, atX, z[at]!);
      const unhedged = primary.worth(atY);
      const hedged = unhedged + hedge.worth(atX);
      this.unhedged[at] = this.#terms.capital + unhedged;
      this.hedged[at] = this.#terms.capital + hedged;
      this.#watch.onEquity(hedged, unhedged);
    }
    this.#bar += count;
    this.#lastCloseY = closeY[count - 1]!;
    this.#lastCloseX = closeX[count - 1]!;
  }

  end(): void {
    this.spread.end();
  }

  #fill(bar: number, timestampMs: number, openY: number, openX: number): void {
    const order = this.#order;
    this.#order = "none";
    if (order === "open") this.#enter(bar, timestampMs, openY, openX);
    else if (order === "rebalance") this.#rebalance(openY, openX);
    else if (order !== "none") this.#leave(order, bar, timestampMs, openY, openX, this.#decidedZ);
  }

  #enter(bar: number, timestampMs: number, openY: number, openX: number): void {
    const { notional, intensity } = this.#terms;
    const [primary, hedge] = [this.#primary, this.#hedge];
    const beta = this.#decidedBeta;
    const direction = -Math.sign(this.#decidedZ);
    const hedgeNotional = -direction * beta * notional * intensity;
    const fillY = this.#trade("primary", primary, (direction * notional) / primary.fillPrice(openY, direction), openY);
    const side = Math.sign(hedgeNotional);
    const fillX = this.#trade("hedge", hedge, hedgeNotional / hedge.fillPrice(openX, side), openX);
    this.#direction = direction;
    this.#betaHeld = beta;
    this.#open = {
      bar,
      decisionMs: this.#decidedMs,
      entryMs: timestampMs,
      z: this.#decidedZ,
      beta,
      fillY,
      fillX,
      unitsY: primary.units,
      unitsX: hedge.units,
    };
  }

  #rebalance(openY: number, openX: number): void {
    const wanted = (-this.#terms.intensity * this.#decidedBeta * this.#primary.units * openY) / openX;
    this.#trade("hedge", this.#hedge, wanted - this.#hedge.units, openX);
    this.#betaHeld = this.#decidedBeta;
    this.#watch.onRebalance();
  }

  /** A hedge of nothing is no fill. */
  #trade(name: "primary" | "hedge", leg: Leg, units: number, price: number): number {
    const fillPrice = leg.fill(units, price);
    const close = name === "primary" ? this.#decidedCloseY : this.#decidedCloseX;
    if (units !== 0) this.#watch.onFill(name, Math.sign(units), fillPrice, close);
    return fillPrice;
  }

  #leave(reason: TradeReason, bar: number, timestampMs: number, priceY: number, priceX: number, z: number): void {
    const open = this.#open!;
    const [primary, hedge] = [this.#primary, this.#hedge];
    const exitFillY = this.#trade("primary", primary, -primary.units, priceY);
    const exitFillX = this.#trade("hedge", hedge, -hedge.units, priceX);
    const { gross: grossY, cost: costY } = primary;
    const { gross: grossX, cost: costX } = hedge;
    primary.settle();
    hedge.settle();
    const direction = this.#direction;
    this.#direction = 0;
    this.#open = null;
    const trade = {
      id: this.#trades++,
      direction,
      decisionMs: open.decisionMs,
      entryMs: open.entryMs,
      exitMs: timestampMs,
      reason,
      bars: bar - open.bar,
      zEntry: open.z,
      zExit: z,
      beta: open.beta,
      entryFillY: open.fillY,
      exitFillY,
      unitsY: open.unitsY,
      entryFillX: open.fillX,
      exitFillX,
      unitsX: open.unitsX,
      grossY,
      grossX,
      costY,
      costX,
    };
    this.closed.push(trade);
    this.#watch.onTrade(trade);
  }

  #decide(timestampMs: number, closeY: number, closeX: number, beta: number, sd: number, z: number): void {
    if (!(Number.isFinite(beta) && Number.isFinite(z))) {
      this.#watch.onUndefined();
      return;
    }
    const order = this.#direction === 0 ? this.#decideFlat(beta, sd, z) : this.#decideHeld(closeY, closeX, beta, z);
    if (order === "none") return;
    this.#order = order;
    this.#decidedZ = z;
    this.#decidedBeta = beta;
    this.#decidedMs = timestampMs;
    this.#decidedCloseY = closeY;
    this.#decidedCloseX = closeX;
  }

  #decideFlat(beta: number, sd: number, z: number): Order {
    this.#watch.onScore(z, Number.NaN);
    const { entry, exit, stop, costGate } = this.#terms;
    const size = Math.abs(z);
    if (this.#blocked) {
      if (size < entry) this.#blocked = false;
      return "none";
    }
    if (!(size >= entry && size < stop)) return "none";
    if (costGate && !((size - exit) * sd >= this.#gateCost * (1 + Math.abs(beta)))) return "none";
    return "open";
  }

  #decideHeld(closeY: number, closeX: number, beta: number, z: number): Order {
    const { exit, stop, band, intensity } = this.#terms;
    const u = -this.#direction * z;
    this.#watch.onScore(z, u);
    if (u <= exit) return "target";
    if (u >= stop) {
      this.#blocked = true;
      return "stop";
    }
    if (band === null) return "none";
    const valueY = this.#primary.units * closeY;
    const drift = Math.abs(this.#hedge.units * closeX + intensity * beta * valueY) / Math.abs(valueY);
    return drift > band ? "rebalance" : "none";
  }

  /** Behind the last bar nothing is filled any more, so what is open is closed at its close. */
  #end(bar: number, timestampMs: number, closeY: number, closeX: number, z: number): void {
    this.#order = "none";
    if (this.#direction === 0) return;
    this.#decidedCloseY = closeY;
    this.#decidedCloseX = closeX;
    this.#leave("eod", bar, timestampMs, closeY, closeX, z);
  }
}

/** A trade that is not closed yet. */
interface OpenTrade {
  readonly bar: number;
  readonly decisionMs: number;
  readonly entryMs: number;
  readonly z: number;
  readonly beta: number;
  readonly fillY: number;
  readonly fillX: number;
  readonly unitsY: number;
  readonly unitsX: number;
}
