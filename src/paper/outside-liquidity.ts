/**
 * Outside liquidity: the rest of the world's orders in one listing's book, as the market source last quoted them.
 *
 * Invariants
 *   - After `quote`, the outside owner rests exactly what was quoted, less what met a user's order on the way in.
 *   - A quantity that grows queues behind the users' orders of that price; one that shrinks gives way from the back.
 *     So a resting user order never gains a place in the queue by a repeated quote.
 *
 * Behind the quoted top stand assumed levels: recordings of the best bid and ask say nothing of the depth behind them.
 */
import type { Side } from "../domain/order.ts";
import type { Fill, MatchingEngine } from "./matching.ts";

export const MARKET_OWNER = 0;

/** Told of what one order of the outside took from users, all of it at once. The list is only good during the call. */
export type OnFills = (fills: readonly Fill[]) => void;

export interface DepthAssumption {
  /** Levels behind the quoted top. 0: nothing is assumed. */
  readonly levels: number;
  readonly spacingBps: number;
}

export interface TopOfBook {
  readonly bidTicks: number;
  readonly bidLots: number;
  readonly askTicks: number;
  readonly askLots: number;
}

/** Weight of a new quote in the average top size, which is the size assumed behind it. */
const SIZE_WEIGHT = 0.05;
/** How far the average may wander before the assumed size follows: else every quote would touch every level. */
const SIZE_TOLERANCE = 0.25;

export class OutsideLiquidity {
  readonly #engine: MatchingEngine;
  readonly #depth: DepthAssumption;
  readonly #orders: Record<Side, Map<number, number[]>> = { buy: new Map(), sell: new Map() };
  readonly #averageLots: Record<Side, number> = { buy: 0, sell: 0 };
  readonly #assumedLots: Record<Side, number> = { buy: 0, sell: 0 };
  readonly #fills: Fill[] = [];
  /** Below zero, so that they never meet an exchange's own order ids. */
  #nextId = -1;
  #changed = false;

  constructor(engine: MatchingEngine, depth: DepthAssumption) {
    this.#engine = engine;
    this.#depth = depth;
  }

  /** Replaces what the outside rests and hands the fills of users' resting orders to `onFills`. False: nothing changed. */
  quote(top: TopOfBook, onFills: OnFills): boolean {
    this.#changed = false;
    const bids = this.#wanted("buy", top.bidTicks, top.bidLots);
    const asks = this.#wanted("sell", top.askTicks, top.askLots);
    // Old liquidity goes first: a new bid above yesterday's ask must not trade with the outside itself.
    this.#withdraw("buy", bids);
    this.#withdraw("sell", asks);
    this.#supply("buy", bids, onFills);
    this.#supply("sell", asks, onFills);
    return this.#changed;
  }

  /** A trade of the outside world: takes from the book what its price reaches, users' and its own alike, in queue order. */
  trade(aggressor: Side, pxTicks: number, qtyLots: number, onFills: OnFills): void {
    const order = {
      orderId: this.#nextId--,
      owner: MARKET_OWNER,
      side: aggressor,
      pxTicks,
      qtyLots,
      timeInForce: "ioc",
    } as const;
    this.#engine.submit(order, this.#fills);
    onFills(this.#fills.filter((fill) => fill.makerOwner !== MARKET_OWNER));
  }

  #wanted(side: Side, topTicks: number, topLots: number): Map<number, number> {
    const wanted = new Map<number, number>();
    if (topLots <= 0 || topTicks <= 0) return wanted;
    wanted.set(topTicks, topLots);
    if (this.#depth.levels === 0) return wanted;
    const behindLots = this.#sizeBehind(side, topLots);
    const spacingTicks = Math.max(1, Math.round((topTicks * this.#depth.spacingBps) / 10_000));
    for (let level = 1; level <= this.#depth.levels; level++) {
      const pxTicks = topTicks + (side === "buy" ? -level : level) * spacingTicks;
      if (pxTicks > 0) wanted.set(pxTicks, behindLots);
    }
    return wanted;
  }

  #sizeBehind(side: Side, topLots: number): number {
    const before = this.#averageLots[side];
    const average = before === 0 ? topLots : before + (topLots - before) * SIZE_WEIGHT;
    this.#averageLots[side] = average;
    if (Math.abs(average - this.#assumedLots[side]) > SIZE_TOLERANCE * this.#assumedLots[side])
      this.#assumedLots[side] = Math.max(1, Math.round(average));
    return this.#assumedLots[side];
  }

  #withdraw(side: Side, wanted: ReadonlyMap<number, number>): void {
    const orders = this.#orders[side];
    for (const [pxTicks, queue] of orders) {
      let surplusLots = this.#restingLots(queue) - (wanted.get(pxTicks) ?? 0);
      while (surplusLots > 0) {
        const last = queue.at(-1);
        if (last === undefined) break;
        const leavesLots = this.#engine.leavesLots(last);
        if (leavesLots > 0) this.#engine.reduce(last, Math.min(leavesLots, surplusLots));
        this.#changed = true;
        if (leavesLots <= surplusLots) queue.pop();
        surplusLots -= leavesLots;
      }
      if (queue.length === 0 || !wanted.has(pxTicks)) orders.delete(pxTicks);
    }
  }

  #supply(side: Side, wanted: ReadonlyMap<number, number>, onFills: OnFills): void {
    const orders = this.#orders[side];
    for (const [pxTicks, wantedLots] of wanted) {
      const queue = (orders.get(pxTicks) ?? []).filter((orderId) => this.#engine.leavesLots(orderId) > 0);
      const missingLots = wantedLots - this.#restingLots(queue);
      if (missingLots > 0) {
        const orderId = this.#nextId--;
        this.#changed = true;
        const order = {
          orderId,
          owner: MARKET_OWNER,
          side,
          pxTicks,
          qtyLots: missingLots,
          timeInForce: "gtc",
        } as const;
        const { leavesLots } = this.#engine.submit(order, this.#fills);
        if (leavesLots > 0) queue.push(orderId);
        if (this.#fills.length > 0) onFills(this.#fills);
      }
      if (queue.length > 0) orders.set(pxTicks, queue);
      else orders.delete(pxTicks);
    }
  }

  #restingLots(queue: readonly number[]): number {
    let total = 0;
    for (const orderId of queue) total += this.#engine.leavesLots(orderId);
    return total;
  }
}
