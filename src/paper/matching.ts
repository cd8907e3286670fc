/**
 * Matching engine: one listing's order book, price-time priority, in whole ticks and lots.
 *
 * Invariants
 *   - The book is never crossed after a call returns.
 *   - Quantity is conserved: what an order asked for is filled, resting or expired, and every fill has two sides.
 *   - At one price the earlier order fills first; a fill happens at the resting order's price.
 *   - A resting order has at least one lot left; an empty level does not exist.
 *
 * An owner is whoever an order belongs to, the outside market included, so user orders and market liquidity share one
 * queue. The engine knows no accounts, fees, clocks or names. `submit` costs O(fills) plus a binary search and a short
 * array move when a level is born or dies; `cancel` and `reduce` are O(1) while the level survives.
 */
import type { Side, TimeInForce } from "../domain/order.ts";
import { AssertionError, assert } from "../domain/units.ts";
import { BookSide, type Level, type RestingOrder } from "./book-side.ts";

export interface NewOrder {
  /** Unique among resting orders. */
  readonly orderId: number;
  readonly owner: number;
  readonly side: Side;
  readonly pxTicks: number;
  readonly qtyLots: number;
  readonly timeInForce: TimeInForce;
  /** Expire what is left of this order on meeting one of the same owner, instead of trading with oneself. */
  readonly preventSelfTrade?: boolean;
  /** At most this much may fill on entry; a remainder that could still trade expires. Absent: no cap. */
  readonly takeLotsMax?: number;
}

/** One match. The price is the maker's. */
export interface Fill {
  readonly makerOrderId: number;
  readonly makerOwner: number;
  /** What the maker still has resting after this fill; 0 means it is done. */
  readonly makerLeavesLots: number;
  readonly takerOrderId: number;
  readonly takerOwner: number;
  readonly pxTicks: number;
  readonly qtyLots: number;
}

/**
 * What became of a submitted order. `expired` may have filled in part (an IOC's remainder); `rejected` never did.
 *   selfTrade   met its owner's own order     wouldTake   post-only that would have traded
 *   unfillable  FOK without enough to take    noLiquidity IOC remainder    capped  `takeLotsMax` stopped it
 */
export interface Outcome {
  readonly status: "open" | "partiallyFilled" | "filled" | "expired" | "rejected";
  readonly filledLots: number;
  /** What rests in the book now. */
  readonly leavesLots: number;
  readonly reason: "none" | "selfTrade" | "wouldTake" | "unfillable" | "noLiquidity" | "capped";
}

export interface DepthLevel {
  readonly pxTicks: number;
  readonly qtyLots: number;
}

export class MatchingEngine {
  readonly #bids = new BookSide("buy");
  readonly #asks = new BookSide("sell");
  readonly #resting = new Map<number, RestingOrder>();

  /** Matches `order` against the book; `out` is emptied and then holds the fills in the order they happened. */
  submit(order: NewOrder, out: Fill[]): Outcome {
    out.length = 0;
    this.#check(order);
    const opposite = order.side === "buy" ? this.#asks : this.#bids;
    const crosses = opposite.best !== null && opposite.reaches(opposite.best.pxTicks, order.pxTicks);
    if (crosses && order.timeInForce === "postOnly") return closed("rejected", 0, "wouldTake");
    if (order.timeInForce === "fok" && !this.#canFillWhole(opposite, order)) return closed("expired", 0, "unfillable");

    let leavesLots = order.qtyLots;
    if (crosses) leavesLots -= this.#take(opposite, order, out);
    const filledLots = order.qtyLots - leavesLots;
    if (leavesLots === 0) return closed("filled", filledLots, "none");

    const best = opposite.best;
    if (best !== null && opposite.reaches(best.pxTicks, order.pxTicks)) {
      const reason = filledLots >= (order.takeLotsMax ?? Number.POSITIVE_INFINITY) ? "capped" : "selfTrade";
      return closed("expired", filledLots, reason);
    }
    if (order.timeInForce === "ioc" || order.timeInForce === "fok") return closed("expired", filledLots, "noLiquidity");

    const side = order.side === "buy" ? this.#bids : this.#asks;
    this.#resting.set(order.orderId, side.append(order.orderId, order.owner, order.pxTicks, leavesLots));
    return { status: filledLots > 0 ? "partiallyFilled" : "open", filledLots, leavesLots, reason: "none" };
  }

  /** False: no such order rests here. */
  cancel(orderId: number): boolean {
    const order = this.#resting.get(orderId);
    if (order === undefined) return false;
    this.#remove(order);
    return true;
  }

  /** Takes `byLots` off a resting order, which keeps its place; takes it out when nothing is left. Returns what is left. */
  reduce(orderId: number, byLots: number): number {
    const order = this.#resting.get(orderId);
    assert(order !== undefined, `order ${orderId} does not rest here`);
    assert(Number.isSafeInteger(byLots) && byLots >= 0, `cannot reduce by ${byLots} lots`);
    if (byLots >= order.leavesLots) {
      this.#remove(order);
      return 0;
    }
    order.level.side.shrink(order, byLots);
    return order.leavesLots;
  }

  bestBid(): DepthLevel | null {
    return levelView(this.#bids.best);
  }

  bestAsk(): DepthLevel | null {
    return levelView(this.#asks.best);
  }

  /** The best `levels` levels of each side, best first. */
  depth(levels: number): { readonly bids: DepthLevel[]; readonly asks: DepthLevel[] } {
    return { bids: this.#bids.top(levels), asks: this.#asks.top(levels) };
  }

  /** What is left of a resting order; 0 when it does not rest. */
  leavesLots(orderId: number): number {
    return this.#resting.get(orderId)?.leavesLots ?? 0;
  }

  get restingCount(): number {
    return this.#resting.size;
  }

  /** Resting orders in priority order, bids first. Submitting them again as GTC in this order gives the same book. */
  snapshot(): NewOrder[] {
    return [...this.#bids.orders(), ...this.#asks.orders()].map((order) => ({
      orderId: order.orderId,
      owner: order.owner,
      side: order.level.side.side,
      pxTicks: order.level.pxTicks,
      qtyLots: order.leavesLots,
      timeInForce: "gtc",
    }));
  }

  #check(order: NewOrder): void {
    if (!Number.isSafeInteger(order.qtyLots) || order.qtyLots <= 0)
      throw new AssertionError(
        `order ${order.orderId}: quantity ${order.qtyLots} is not a positive whole number of lots`,
      );
    if (!Number.isSafeInteger(order.pxTicks) || order.pxTicks <= 0)
      throw new AssertionError(
        `order ${order.orderId}: price ${order.pxTicks} is not a positive whole number of ticks`,
      );
    if (this.#resting.has(order.orderId)) throw new AssertionError(`order ${order.orderId} rests already`);
  }

  /** Fills the order from `opposite`, best price first and oldest first, and returns how much was taken. */
  #take(opposite: BookSide, order: NewOrder, out: Fill[]): number {
    const wantedLots = Math.min(order.qtyLots, order.takeLotsMax ?? order.qtyLots);
    let takenLots = 0;
    while (takenLots < wantedLots) {
      const level = opposite.best;
      if (level === null || !opposite.reaches(level.pxTicks, order.pxTicks)) break;
      const maker = level.head;
      if (order.preventSelfTrade && maker.owner === order.owner) break;
      const qtyLots = Math.min(wantedLots - takenLots, maker.leavesLots);
      takenLots += qtyLots;
      const makerLeavesLots = maker.leavesLots - qtyLots;
      out.push({
        makerOrderId: maker.orderId,
        makerOwner: maker.owner,
        makerLeavesLots,
        takerOrderId: order.orderId,
        takerOwner: order.owner,
        pxTicks: level.pxTicks,
        qtyLots,
      });
      if (makerLeavesLots === 0) this.#remove(maker);
      else opposite.shrink(maker, qtyLots);
    }
    return takenLots;
  }

  /** Whether `#take` would fill the whole order. Walks orders, not levels, where self-trade prevention may stop it. */
  #canFillWhole(opposite: BookSide, order: NewOrder): boolean {
    if ((order.takeLotsMax ?? order.qtyLots) < order.qtyLots) return false;
    let availableLots = 0;
    for (const level of opposite.levels()) {
      if (!opposite.reaches(level.pxTicks, order.pxTicks)) return false;
      if (order.preventSelfTrade) {
        for (let maker: RestingOrder | null = level.head; maker !== null; maker = maker.next) {
          if (maker.owner === order.owner) return false;
          availableLots += maker.leavesLots;
          if (availableLots >= order.qtyLots) return true;
        }
      } else {
        availableLots += level.totalLots;
        if (availableLots >= order.qtyLots) return true;
      }
    }
    return false;
  }

  #remove(order: RestingOrder): void {
    this.#resting.delete(order.orderId);
    order.level.side.remove(order);
  }
}

function closed(status: "filled" | "expired" | "rejected", filledLots: number, reason: Outcome["reason"]): Outcome {
  return { status, filledLots, leavesLots: 0, reason };
}

function levelView(level: Level | null): DepthLevel | null {
  return level === null ? null : { pxTicks: level.pxTicks, qtyLots: level.totalLots };
}
