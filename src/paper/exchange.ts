/**
 * One paper venue without any wire: accounts, books, orders, fills, fees and the rules an exchange enforces on them.
 *
 * Invariants
 *   - A client order id is unique among *open* orders only; once terminal it is accepted again, as Binance does.
 *   - Σ fills of an account in a symbol = its net position there; every fill has exactly one trade record per user side.
 *   - A reduce-only order never opens or flips a position at the moment it enters, and what rests of it is taken out as
 *     soon as it could.
 *   - Events are queued in the order they happened and handed out by `flush`, so that a dialect may answer first.
 *
 * Every call is synchronous. Wire formats are in `dialects/`, faults in `faults.ts`, prices come from `market.ts`.
 * Not here: conditional orders, hedge mode, liquidation.
 */
import type { Side } from "../domain/order.ts";
import { assert } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";
import { PaperAccount, type PaperTrade, startingMoney } from "./account.ts";
import { admit, type ExchangeRules, type PlaceRequest } from "./admission.ts";
import { createListing, type ListingOptions, type PaperListing } from "./listing.ts";
import type { Fill, Outcome } from "./matching.ts";
import { type EndReason, isTerminal, type PaperOrder, type Rejection, reject, type UserEvent } from "./order.ts";
import { type DepthAssumption, MARKET_OWNER, type TopOfBook } from "./outside-liquidity.ts";
import { NO_FILL, UserEvents } from "./user-events.ts";

export interface ExchangeOptions {
  readonly rules: ExchangeRules;
  readonly symbols: readonly ListingOptions[];
  readonly apiKeys: readonly string[];
  /** Margin; or, where the venue settles in cash, what there is of each quote asset. */
  readonly balance: number;
  /** Cash only: amounts of further assets, in whole and decimal parts ("0.5"). */
  readonly assets?: Readonly<Record<string, string>>;
  readonly leverage: number;
  readonly takerFeeBps: number;
  readonly makerFeeBps: number;
  readonly depth: DepthAssumption;
  readonly openOrdersMax: number;
  readonly terminalOrdersMax: number;
  readonly tradesMax: number;
}

export interface OrderRef {
  readonly orderId?: number;
  readonly clientOrderId?: string;
}

/** What a venue tells the outside. Public calls come as the book changes, user events on `flush`. */
export interface ExchangeListener {
  /** Never empty, and only good during the call. */
  onUserEvents(events: readonly UserEvent[]): void;
  onBook(listing: PaperListing): void;
  onTrade(listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean): void;
}

export class PaperExchange {
  readonly listings: ReadonlyMap<string, PaperListing>;
  readonly accounts: ReadonlyMap<string, PaperAccount>;
  readonly #byMarketSymbol: ReadonlyMap<string, PaperListing>;
  readonly #byOwner: PaperAccount[] = [];
  readonly #options: ExchangeOptions;
  readonly #clock: Clock;
  readonly #listener: ExchangeListener;
  readonly #events = new UserEvents();
  readonly #fills: Fill[] = [];
  #lastOrderId = 0;

  constructor(options: ExchangeOptions, clock: Clock, listener: ExchangeListener) {
    this.#options = options;
    this.#clock = clock;
    this.#listener = listener;
    this.listings = new Map(options.symbols.map((each) => [each.symbol, createListing(each, options.depth)]));
    this.#byMarketSymbol = new Map([...this.listings.values()].map((each) => [each.marketSymbol, each]));
    const accounts = new Map<string, PaperAccount>();
    for (const apiKey of options.apiKeys) {
      const money = startingMoney(options.rules.settlement, options, this.listings.values());
      const account = new PaperAccount(accounts.size + MARKET_OWNER + 1, apiKey, money, options);
      accounts.set(apiKey, account);
      this.#byOwner[account.owner] = account;
    }
    this.accounts = accounts;
  }

  place(account: PaperAccount, request: PlaceRequest): PaperOrder | Rejection {
    const admitted = admit(account, this.listings.get(request.symbol), request, this.#options);
    if ("rejected" in admitted) return admitted;
    const { listing, pxTicks, qtyLots } = admitted;
    const orderId = ++this.#lastOrderId;
    const nowMs = this.#clock.wallMs();
    const order: PaperOrder = {
      orderId,
      clientOrderId: request.clientOrderId ?? `paper-${orderId}`,
      account,
      listing,
      side: request.side,
      type: request.price === null ? "market" : "limit",
      timeInForce: request.price === null ? "ioc" : request.timeInForce,
      pxTicks,
      qtyLots,
      reduceOnly: request.reduceOnly,
      preventSelfTrade: request.preventSelfTrade,
      lie: request.lie ?? null,
      createdMs: nowMs,
      status: "new",
      endReason: null,
      cumLots: 0,
      cumUnits: 0,
      cumFeeE8: 0n,
      updatedMs: nowMs,
    };
    if (order.lie === "neverMatched") {
      account.remember(order);
      return order;
    }
    return this.#match(order, admitted.takeLotsMax);
  }

  cancel(account: PaperAccount, symbol: string, ref: OrderRef): PaperOrder | Rejection {
    const order = this.#known(account, symbol, ref);
    if (order === undefined || isTerminal(order.status)) return reject("cancelUnknown", symbol);
    this.#finish(order, "canceled", "asked");
    return order;
  }

  find(account: PaperAccount, symbol: string, ref: OrderRef): PaperOrder | Rejection {
    return this.#known(account, symbol, ref) ?? reject("orderNotFound", symbol);
  }

  /** The outside world's best bid and ask moved: resting user orders it reaches fill. */
  quote(listing: PaperListing, top: TopOfBook): void {
    if (listing.outside.quote(top, (fills) => this.#applyMakerFills(listing, fills))) this.#bookChanged(listing);
  }

  /** A trade of the outside world printed. */
  trade(listing: PaperListing, aggressor: Side, pxTicks: number, qtyLots: number): void {
    listing.outside.trade(aggressor, pxTicks, qtyLots, (fills) => this.#applyMakerFills(listing, fills));
    listing.lastPxTicks = pxTicks;
    listing.lastTradeId++;
    this.#listener.onTrade(listing, pxTicks, qtyLots, aggressor === "sell");
    this.#bookChanged(listing);
  }

  /** Hands out the user events queued since the last call. `deliver` false: they are lost (a fault). */
  flush(deliver = true): void {
    this.#events.flush((events) => {
      if (deliver) this.#listener.onUserEvents(events);
    });
  }

  /** The listing that a market source's symbol moves: by its own name, or the one that venues share. */
  moved(symbol: string): PaperListing | undefined {
    return this.#byMarketSymbol.get(symbol) ?? this.listings.get(symbol);
  }

  /** Every position pays, or is paid, `rate` of its value at the mark price. */
  settleFunding(rate: number): void {
    const rateE8 = BigInt(Math.round(rate * 1e8));
    for (const account of this.accounts.values()) {
      for (const position of account.positions.values()) {
        if (position.netLots === 0) continue;
        const { listing } = position;
        const doubleTicks = BigInt(Math.round(this.markPxTicks(listing) * 2));
        const valueE8 = (doubleTicks * BigInt(position.netLots) * listing.unitE8) / 2n;
        const fundingE8 = -(valueE8 * rateE8) / 100_000_000n;
        account.applyFunding(position, fundingE8, this.#clock.wallMs());
        this.#events.account(position, account, "funding", fundingE8);
      }
    }
    this.flush();
  }

  /** Middle of the book, else the last price: for unrealised profit and margin. */
  markPxTicks(listing: PaperListing): number {
    const bid = listing.engine.bestBid();
    const ask = listing.engine.bestAsk();
    return bid !== null && ask !== null ? (bid.pxTicks + ask.pxTicks) / 2 : listing.lastPxTicks;
  }

  #match(order: PaperOrder, capLots: number): PaperOrder | Rejection {
    const { account, listing } = order;
    const outcome = listing.engine.submit(
      {
        orderId: order.orderId,
        owner: account.owner,
        side: order.side,
        pxTicks: order.pxTicks,
        qtyLots: order.qtyLots,
        timeInForce: order.timeInForce,
        preventSelfTrade: order.preventSelfTrade,
        takeLotsMax: capLots,
      },
      this.#fills,
    );
    const refused = outcome.status === "rejected";
    if (refused && this.#options.rules.postOnly === "refused") return reject("postOnlyWouldTake", order.clientOrderId);
    account.remember(order);
    this.#events.order(order, "new", NO_FILL);
    if (refused) this.#retire(order, "canceled", "postOnly");
    for (const fill of this.#fills) {
      const tradeId = ++listing.lastTradeId;
      this.#applyFill(order, fill, tradeId, false);
      const maker =
        fill.makerOwner === MARKET_OWNER ? undefined : this.#byOwner[fill.makerOwner]?.orderById(fill.makerOrderId);
      if (maker !== undefined) this.#applyFill(maker, fill, tradeId, true);
      listing.lastPxTicks = fill.pxTicks;
      this.#listener.onTrade(listing, fill.pxTicks, fill.qtyLots, order.side === "sell");
    }
    if (outcome.status === "expired") this.#retire(order, "expired", endReasonOf(outcome));
    if (this.#fills.length > 0) this.#expireReduceOnly(listing, account.owner);
    for (const fill of this.#fills) this.#expireReduceOnly(listing, fill.makerOwner);
    if (this.#fills.length > 0 || outcome.leavesLots > 0) this.#bookChanged(listing);
    return order;
  }

  /** What one order of the outside world took from users' resting orders. */
  #applyMakerFills(listing: PaperListing, fills: readonly Fill[]): void {
    for (const fill of fills) {
      const order = this.#byOwner[fill.makerOwner]?.orderById(fill.makerOrderId);
      assert(order !== undefined, `order ${fill.makerOrderId} rests in ${listing.symbol} but no account knows it`);
      this.#applyFill(order, fill, ++listing.lastTradeId, true);
      listing.lastPxTicks = fill.pxTicks;
      this.#listener.onTrade(listing, fill.pxTicks, fill.qtyLots, order.side === "buy");
    }
    for (const fill of fills) this.#expireReduceOnly(listing, fill.makerOwner);
  }

  /** One side of a fill: order, position, balance, trade record, events. */
  #applyFill(order: PaperOrder, fill: Fill, tradeId: number, maker: boolean): void {
    const { account, listing } = order;
    const { pxTicks, qtyLots } = fill;
    const nowMs = this.#clock.wallMs();
    order.cumLots += qtyLots;
    order.cumUnits += pxTicks * qtyLots;
    order.updatedMs = nowMs;
    order.status = order.cumLots === order.qtyLots ? "filled" : "partiallyFilled";
    const feeBps = maker ? this.#options.makerFeeBps : this.#options.takerFeeBps;
    const paid = account.applyFill(listing, order.side, pxTicks, qtyLots, feeBps, nowMs);
    order.cumFeeE8 += paid.feeE8;
    const { feeE8, feeAsset, realizedE8 } = paid;
    const trade: PaperTrade = { tradeId, order, pxTicks, qtyLots, maker, feeE8, feeAsset, realizedE8, atMs: nowMs };
    account.recordTrade(trade);
    const position = account.position(listing);
    if (order.lie !== "neverTold" && account.cash === null) this.#events.account(position, account, "order", 0n);
    this.#events.order(order, "trade", trade);
    if (order.status === "filled") account.retire(order);
  }

  /** Takes a resting order out of the book and ends it. */
  #finish(order: PaperOrder, status: "canceled" | "expired", reason: EndReason): void {
    const removed = order.listing.engine.cancel(order.orderId);
    assert(removed || order.lie === "neverMatched", `open order ${order.orderId} does not rest in its book`);
    this.#retire(order, status, reason);
    this.#bookChanged(order.listing);
  }

  #retire(order: PaperOrder, status: "canceled" | "expired", reason: EndReason): void {
    order.status = status;
    order.endReason = reason;
    order.updatedMs = this.#clock.wallMs();
    order.account.retire(order);
    this.#events.order(order, status, NO_FILL);
  }

  /**
   * Ends an owner's resting reduce-only orders, newest first, until the rest of them can only reduce. Called when all
   * that one order took is booked: the engine matched it as a whole, and a fill that waits to be booked is final.
   */
  #expireReduceOnly(listing: PaperListing, owner: number): void {
    const account = this.#byOwner[owner];
    if (account === undefined || account.openByClientId.size === 0) return;
    const { netLots } = account.position(listing);
    let restingLots = 0;
    for (const order of [...account.openByClientId.values()]) {
      const leavesLots = order.reduceOnly && order.listing === listing ? listing.engine.leavesLots(order.orderId) : 0;
      if (leavesLots === 0) continue;
      const reduces = netLots * (order.side === "buy" ? 1 : -1) < 0;
      if (reduces && restingLots + leavesLots <= Math.abs(netLots)) restingLots += leavesLots;
      else this.#finish(order, "expired", "reduceOnly");
    }
  }

  #known(account: PaperAccount, symbol: string, ref: OrderRef): PaperOrder | undefined {
    const order =
      ref.orderId !== undefined
        ? account.orderById(ref.orderId)
        : ref.clientOrderId !== undefined
          ? account.orderByClientId(ref.clientOrderId)
          : undefined;
    return order?.listing.symbol === symbol ? order : undefined;
  }

  #bookChanged(listing: PaperListing): void {
    listing.updateId++;
    this.#listener.onBook(listing);
  }
}

function endReasonOf({ reason }: Outcome): EndReason {
  assert(reason !== "none" && reason !== "wouldTake", `an order expired for ${reason}`);
  return reason;
}

export function isRejection(answer: PaperOrder | Rejection): answer is Rejection {
  return "rejected" in answer;
}
