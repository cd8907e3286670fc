/**
 * Simulated exchange: what a venue's matching engine and order store do, without time, sockets or faults.
 *
 * Invariants
 *   - A client order id is unique among *open* orders only, as at Binance: once an order has ended its id is accepted again,
 *     and fills again. Whoever resends blindly is caught by `filledLots`.
 *   - `positions` is the sum of all fills, `filledLots` the sum per client order id over every order that carried it.
 *
 * The truth that tests compare the engine's book with.
 */
import type { Directory } from "../domain/instrument.ts";
import type { OrderRequest, OrderStatus } from "../domain/order.ts";
import { sideSign } from "../domain/order.ts";
import { assert } from "../domain/units.ts";
import { type Fill, MatchingEngine } from "../paper/matching.ts";

export interface SimOrder {
  readonly orderId: number;
  readonly request: OrderRequest;
  status: OrderStatus;
  cumQtyLots: number;
  /** Ticks times lots of all fills: the average price is this over `cumQtyLots`. */
  cumTickLots: number;
}

/** One step in an order's life, copied: what a private-stream event carries. */
export interface OrderState {
  readonly clientOrderId: string;
  readonly listing: number;
  readonly status: OrderStatus;
  readonly cumQtyLots: number;
  readonly avgPxTicks: number;
}

export type PlaceResult =
  | { readonly ok: true; readonly order: SimOrder }
  | { readonly ok: false; readonly code: number; readonly duplicate: boolean };

/** Ended orders kept for queries; beyond that the oldest are forgotten, as venues do. */
const ORDERS_MAX = 200_000;
const OUTSIDE = 0;
const OURS = 1;

export class SimExchange {
  readonly #books = new Map<number, MatchingEngine>();
  readonly #outsideIds = new Map<number, number[]>();
  readonly #open = new Map<number, SimOrder>();
  readonly #latest = new Map<string, SimOrder>();
  readonly #filledLots = new Map<string, number>();
  readonly #positions = new Map<number, number>();
  readonly #fills: Fill[] = [];
  readonly #directory: Directory;
  readonly #onState: (state: OrderState) => void;
  #orderCount = 0;

  /** `onState` is called at every step of every order, in order, while it happens. */
  constructor(directory: Directory, onState: (state: OrderState) => void) {
    this.#directory = directory;
    this.#onState = onState;
  }

  positionLots(listing: number): number {
    return this.#positions.get(listing) ?? 0;
  }

  filledLots(clientOrderId: string): number {
    return this.#filledLots.get(clientOrderId) ?? 0;
  }

  get orderCount(): number {
    return this.#orderCount;
  }

  /** `venueMs` is checked against the stamp; at most `takeLotsMax` fills at once. */
  place(request: OrderRequest, venueMs: number, takeLotsMax: number): PlaceResult {
    const { listing, side, clientOrderId, stampMs, validForMs } = request;
    if (venueMs > stampMs + validForMs || venueMs < stampMs - 1000) return refused(-1021);
    const known = this.#latest.get(clientOrderId);
    if (known && isOpen(known)) return { ok: false, code: -4116, duplicate: true };
    if (!request.reduceOnly && this.#isTooSmall(request)) return refused(-4164);
    const reducibleLots = -sideSign(side) * this.positionLots(listing);
    if (request.reduceOnly && reducibleLots <= 0) return refused(-2022);
    const qtyLots = request.reduceOnly ? Math.min(request.qtyLots, reducibleLots) : request.qtyLots;
    this.#orderCount += 1;
    const order: SimOrder = { orderId: this.#orderCount, request, status: "open", cumQtyLots: 0, cumTickLots: 0 };
    this.#remember(order);
    const book = this.#book(listing);
    const outcome = book.submit(
      { ...request, orderId: order.orderId, owner: OURS, qtyLots, takeLotsMax: Math.min(takeLotsMax, qtyLots) },
      this.#fills,
    );
    if (outcome.status === "rejected") {
      this.#open.delete(order.orderId);
      this.#latest.delete(clientOrderId);
      return refused(-5022);
    }
    this.#onState(stateOf(order));
    this.#applyFills();
    if (outcome.status !== "open" && outcome.status !== "partiallyFilled") this.#end(order, outcome.status);
    return { ok: true, order };
  }

  /** Null: no open order of that id. */
  cancel(listing: number, clientOrderId: string): SimOrder | null {
    const order = this.#latest.get(clientOrderId);
    if (!order || order.request.listing !== listing || !isOpen(order)) return null;
    const cancelled = this.#book(listing).cancel(order.orderId);
    assert(cancelled, `order ${order.orderId} is open but does not rest`);
    this.#end(order, "canceled");
    return order;
  }

  /** The latest order of that id, ended ones included. */
  find(listing: number, clientOrderId: string): SimOrder | null {
    const order = this.#latest.get(clientOrderId);
    return order && order.request.listing === listing ? order : null;
  }

  /** Replaces the outside liquidity. Orders of ours that it crosses are filled at their own price. */
  /** The latest order of every client order id. */
  orders(): Iterable<SimOrder> {
    return this.#latest.values();
  }

  setQuote(listing: number, bidTicks: number, bidLots: number, askTicks: number, askLots: number): void {
    assert(bidTicks < askTicks, `crossed quote ${bidTicks} / ${askTicks}`);
    const book = this.#book(listing);
    const outside = this.#outsideIds.get(listing)!;
    for (const orderId of outside) book.cancel(orderId);
    outside.length = 0;
    const offer = (side: "buy" | "sell", pxTicks: number, qtyLots: number) => {
      if (qtyLots <= 0) return;
      this.#orderCount += 1;
      outside.push(this.#orderCount);
      book.submit(
        { orderId: this.#orderCount, owner: OUTSIDE, side, pxTicks, qtyLots, timeInForce: "gtc" },
        this.#fills,
      );
      this.#applyFills();
    };
    // Two orders each, so that what takes both fills in two steps, as it does on a real book.
    offer("buy", bidTicks, Math.floor(bidLots / 2));
    offer("buy", bidTicks, bidLots - Math.floor(bidLots / 2));
    offer("sell", askTicks, Math.floor(askLots / 2));
    offer("sell", askTicks, askLots - Math.floor(askLots / 2));
  }

  #isTooSmall({ listing, qtyLots, pxTicks }: OrderRequest): boolean {
    const rules = this.#directory.listings[listing];
    const instrument = rules && this.#directory.instruments[rules.instrument];
    assert(rules && instrument, `no listing ${listing}`);
    return qtyLots < rules.qtyLotsMin || qtyLots * instrument.lot * pxTicks * instrument.tick < rules.notionalMin;
  }

  #book(listing: number): MatchingEngine {
    let book = this.#books.get(listing);
    if (!book) {
      book = new MatchingEngine();
      this.#books.set(listing, book);
      this.#outsideIds.set(listing, []);
    }
    return book;
  }

  #applyFills(): void {
    for (const fill of this.#fills) {
      if (fill.takerOwner === OURS) this.#applyFill(fill.takerOrderId, fill, false);
      if (fill.makerOwner === OURS) this.#applyFill(fill.makerOrderId, fill, fill.makerLeavesLots === 0);
    }
    this.#fills.length = 0;
  }

  #applyFill(orderId: number, { qtyLots, pxTicks }: Fill, isMakerDone: boolean): void {
    const order = this.#open.get(orderId);
    assert(order, `order ${orderId} fills but is not open`);
    const { listing, side, clientOrderId } = order.request;
    order.cumQtyLots += qtyLots;
    order.cumTickLots += qtyLots * pxTicks;
    order.status = "partiallyFilled";
    this.#filledLots.set(clientOrderId, this.filledLots(clientOrderId) + qtyLots);
    this.#positions.set(listing, this.positionLots(listing) + sideSign(side) * qtyLots);
    if (isMakerDone) this.#end(order, "filled");
    else if (order.cumQtyLots < order.request.qtyLots) this.#onState(stateOf(order));
  }

  /** A reduce-only order is cut to what there is to reduce: filled in that part, the rest of it has expired. */
  #end(order: SimOrder, status: OrderStatus): void {
    order.status = status === "filled" && order.cumQtyLots < order.request.qtyLots ? "expired" : status;
    this.#open.delete(order.orderId);
    this.#onState(stateOf(order));
  }

  #remember(order: SimOrder): void {
    this.#open.set(order.orderId, order);
    // Set anew, so that the Map's order is that of the latest use and its first entry the oldest.
    this.#latest.delete(order.request.clientOrderId);
    this.#latest.set(order.request.clientOrderId, order);
    if (this.#latest.size <= ORDERS_MAX) return;
    const [oldest] = this.#latest.values();
    if (!oldest || isOpen(oldest)) return;
    this.#latest.delete(oldest.request.clientOrderId);
    this.#filledLots.delete(oldest.request.clientOrderId);
  }
}

export function stateOf(order: SimOrder): OrderState {
  const { clientOrderId, listing } = order.request;
  const avgPxTicks = order.cumQtyLots > 0 ? order.cumTickLots / order.cumQtyLots : Number.NaN;
  return { clientOrderId, listing, status: order.status, cumQtyLots: order.cumQtyLots, avgPxTicks };
}

const isOpen = (order: SimOrder): boolean => order.status === "open" || order.status === "partiallyFilled";

function refused(code: number): PlaceResult {
  return { ok: false, code, duplicate: false };
}
