/**
 * One account of a paper venue: money, net positions and the orders it knows.
 *
 * With `cash` null fills move a margin balance by profit and fee. Otherwise (spot) they move two assets, the fee is taken
 * from what is received, and a position's net quantity says only what was traded.
 *
 * Invariants
 *   - A position's net quantity is the sum of the account's signed fills in that symbol.
 *   - Money is whole 10^-8 quote units; a fee is rounded up, a profit toward zero.
 *   - Every open order is known; of the terminal ones the latest `terminalOrdersMax`.
 */
import { parseScaled } from "../domain/decimal.ts";
import type { Side } from "../domain/order.ts";
import { AssertionError, assert } from "../domain/units.ts";
import type { PaperListing } from "./listing.ts";
import type { PaperOrder } from "./order.ts";

export interface Position {
  readonly listing: PaperListing;
  /** Long is positive. */
  netLots: number;
  /** What the net quantity cost, in ticks x lots, with its sign. */
  costUnits: number;
  /** Sum of its funding payments; negative: paid. */
  fundingE8: bigint;
  updatedMs: number;
}

export interface FundingPayment {
  readonly id: number;
  readonly listing: PaperListing;
  /** Negative: paid. */
  readonly amountE8: bigint;
  readonly atMs: number;
}

export interface AccountLimits {
  readonly terminalOrdersMax: number;
  readonly tradesMax: number;
}

export interface PaperTrade {
  readonly tradeId: number;
  readonly order: PaperOrder;
  readonly pxTicks: number;
  readonly qtyLots: number;
  readonly maker: boolean;
  readonly feeE8: bigint;
  readonly feeAsset: string;
  readonly realizedE8: bigint;
  readonly atMs: number;
}

export interface AssetBalance {
  readonly asset: string;
  readonly freeE8: bigint;
  /** Held back for open orders. */
  readonly lockedE8: bigint;
}

const FUNDING_MAX = 1000;

export class PaperAccount {
  /** Owner number in the matching engines; above the market's. */
  readonly owner: number;
  readonly apiKey: string;
  /** Margin; 0 where there is cash. */
  balanceE8: bigint;
  /** Amounts by asset, what is locked included. */
  readonly cash: Map<string, bigint> | null;
  readonly positions = new Map<string, Position>();
  readonly openByClientId = new Map<string, PaperOrder>();
  readonly #byId = new Map<number, PaperOrder>();
  readonly #byClientId = new Map<string, PaperOrder>();
  readonly #terminal: Ring<PaperOrder>;
  readonly #trades: Ring<PaperTrade>;
  readonly #funding = new Ring<FundingPayment>(FUNDING_MAX);
  #lastFundingId = 0;
  ordersPlaced = 0;
  ordersForgotten = 0;

  constructor(owner: number, apiKey: string, money: bigint | ReadonlyMap<string, bigint>, limits: AccountLimits) {
    this.owner = owner;
    this.apiKey = apiKey;
    this.balanceE8 = typeof money === "bigint" ? money : 0n;
    this.cash = typeof money === "bigint" ? null : new Map(money);
    this.#terminal = new Ring(limits.terminalOrdersMax);
    this.#trades = new Ring(limits.tradesMax);
  }

  position(listing: PaperListing): Position {
    let found = this.positions.get(listing.symbol);
    if (found === undefined) {
      found = { listing, netLots: 0, costUnits: 0, fundingE8: 0n, updatedMs: 0 };
      this.positions.set(listing.symbol, found);
    }
    return found;
  }

  /** Folds one fill into position and money. Returns the profit it realised and the fee it paid. */
  applyFill(listing: PaperListing, side: Side, pxTicks: number, qtyLots: number, feeBps: number, atMs: number) {
    const realizedUnits = this.#foldPosition(listing, side, pxTicks, qtyLots, atMs);
    const notionalE8 = BigInt(pxTicks) * BigInt(qtyLots) * listing.unitE8;
    if (this.cash !== null) return this.#exchangeCash(this.cash, listing, side, notionalE8, qtyLots, feeBps);
    const realizedE8 = BigInt(realizedUnits) * listing.unitE8;
    const feeE8 = feeOf(notionalE8, feeBps);
    this.balanceE8 += realizedE8 - feeE8;
    return { realizedE8, feeE8, feeAsset: listing.quote };
  }

  /** The profit realised, in ticks x lots. */
  #foldPosition(listing: PaperListing, side: Side, pxTicks: number, qtyLots: number, atMs: number): number {
    const position = this.position(listing);
    const sign = side === "buy" ? 1 : -1;
    const closedLots = position.netLots * sign < 0 ? Math.min(Math.abs(position.netLots), qtyLots) : 0;
    let realizedUnits = 0;
    if (closedLots > 0) {
      const portionUnits = mulDiv(position.costUnits, closedLots, Math.abs(position.netLots));
      realizedUnits = -sign * closedLots * pxTicks - portionUnits;
      position.costUnits -= portionUnits;
    }
    position.costUnits += sign * (qtyLots - closedLots) * pxTicks;
    position.netLots += sign * qtyLots;
    position.updatedMs = atMs;
    assert(Number.isSafeInteger(position.costUnits), `position in ${listing.symbol} is too large to count`);
    return realizedUnits;
  }

  #exchangeCash(
    cash: Map<string, bigint>,
    { base, quote, lotE8 }: PaperListing,
    side: Side,
    notionalE8: bigint,
    qtyLots: number,
    feeBps: number,
  ) {
    const baseE8 = BigInt(qtyLots) * BigInt(lotE8);
    const [paid, paidE8, received, receivedE8] =
      side === "buy" ? [quote, notionalE8, base, baseE8] : [base, baseE8, quote, notionalE8];
    const feeE8 = feeOf(receivedE8, feeBps);
    cash.set(paid, (cash.get(paid) ?? 0n) - paidE8);
    cash.set(received, (cash.get(received) ?? 0n) + receivedE8 - feeE8);
    return { realizedE8: 0n, feeE8, feeAsset: received };
  }

  /** What of an asset is free and what open orders hold back. O(open orders). */
  assetBalance(asset: string): AssetBalance {
    let lockedE8 = 0n;
    for (const { listing, side, pxTicks, qtyLots, cumLots } of this.openByClientId.values()) {
      const leaves = BigInt(qtyLots - cumLots);
      if (side === "buy" && listing.quote === asset) lockedE8 += BigInt(pxTicks) * leaves * listing.unitE8;
      else if (side === "sell" && listing.base === asset) lockedE8 += BigInt(listing.lotE8) * leaves;
    }
    return { asset, freeE8: (this.cash?.get(asset) ?? 0n) - lockedE8, lockedE8 };
  }

  applyFunding(position: Position, amountE8: bigint, atMs: number): void {
    this.balanceE8 += amountE8;
    position.fundingE8 += amountE8;
    position.updatedMs = atMs;
    this.#funding.push({ id: ++this.#lastFundingId, listing: position.listing, amountE8, atMs });
  }

  remember(order: PaperOrder): void {
    this.ordersPlaced++;
    this.#byId.set(order.orderId, order);
    this.#byClientId.set(order.clientOrderId, order);
    this.openByClientId.set(order.clientOrderId, order);
  }

  /** An order became terminal: it leaves the open ones, and the oldest terminal one may be forgotten. */
  retire(order: PaperOrder): void {
    this.openByClientId.delete(order.clientOrderId);
    const evicted = this.#terminal.push(order);
    if (evicted === undefined) return;
    this.ordersForgotten++;
    this.#byId.delete(evicted.orderId);
    if (this.#byClientId.get(evicted.clientOrderId) === evicted) this.#byClientId.delete(evicted.clientOrderId);
  }

  orderById(orderId: number): PaperOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** The latest order of that client id: the open one if there is one. */
  orderByClientId(clientOrderId: string): PaperOrder | undefined {
    return this.#byClientId.get(clientOrderId);
  }

  /** Every order still known, oldest first. */
  orders(): Iterable<PaperOrder> {
    return this.#byId.values();
  }

  recordTrade(trade: PaperTrade): void {
    this.#trades.push(trade);
  }

  /** Oldest first, the latest `FUNDING_MAX`. */
  funding(): Iterable<FundingPayment> {
    return this.#funding.items();
  }

  /** The trades of an order, oldest first. Cheap right after it traded: looks back only as far as its first fill. */
  tradesOf(order: PaperOrder): PaperTrade[] {
    const found: PaperTrade[] = [];
    let missingLots = order.cumLots;
    for (const trade of this.#trades.newestFirst()) {
      if (missingLots <= 0) break;
      // With itself the account traded too, and that side lies between.
      if (trade.order !== order) continue;
      found.push(trade);
      missingLots -= trade.qtyLots;
    }
    return found.reverse();
  }

  /** Oldest first. */
  trades(): Iterable<PaperTrade> {
    return this.#trades.items();
  }
}

/** A margin balance, or what there is of each asset: `balance` of every quote, `amounts` of others. */
export function startingMoney(
  settlement: "margin" | "cash",
  { balance, assets: amounts = {} }: { readonly balance: number; readonly assets?: Readonly<Record<string, string>> },
  listings: Iterable<PaperListing>,
): bigint | Map<string, bigint> {
  const balanceE8 = BigInt(balance) * 100_000_000n;
  if (settlement === "margin") return balanceE8;
  const cash = new Map<string, bigint>();
  const assets = [...listings];
  for (const { base } of assets) cash.set(base, 0n);
  for (const { quote } of assets) cash.set(quote, balanceE8);
  for (const [asset, amount] of Object.entries(amounts)) {
    const amountE8 = parseScaled(amount, 8);
    if (amountE8 === null || amountE8 < 0n) throw new AssertionError(`assets: ${amount} ${asset} is no amount`);
    cash.set(asset, amountE8);
  }
  return cash;
}

/** Keeps the last `capacity` items. */
class Ring<Item> {
  readonly #capacity: number;
  readonly #items: Item[] = [];
  #oldest = 0;

  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity > 0, `ring capacity ${capacity} is not a positive whole number`);
    this.#capacity = capacity;
  }

  /** Returns what it pushed out, if anything. */
  push(item: Item): Item | undefined {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item);
      return undefined;
    }
    const evicted = this.#items[this.#oldest];
    this.#items[this.#oldest] = item;
    this.#oldest = (this.#oldest + 1) % this.#capacity;
    return evicted;
  }

  *newestFirst(): Generator<Item> {
    for (let at = this.#items.length - 1; at >= 0; at--) yield this.#items[(this.#oldest + at) % this.#items.length]!;
  }

  *items(): Generator<Item> {
    for (let at = 0; at < this.#items.length; at++) yield this.#items[(this.#oldest + at) % this.#items.length]!;
  }
}

/** `value * numerator / denominator` toward zero; the product may exceed a safe integer. */
function mulDiv(value: number, numerator: number, denominator: number): number {
  return Number((BigInt(value) * BigInt(numerator)) / BigInt(denominator));
}

/** Hundredths of a basis point are the finest fee step. */
function feeOf(notionalE8: bigint, feeBps: number): bigint {
  const rate = BigInt(Math.round(feeBps * 100));
  const scaled = notionalE8 * rate;
  return scaled > 0n ? (scaled + 999_999n) / 1_000_000n : scaled / 1_000_000n;
}
