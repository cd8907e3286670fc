/**
 * Binance USDM: exchange state as its JSON texts.
 *
 * Texts are put together by hand: order ids are above 2^53, and JSON.stringify of an order costs more than matching it.
 * Everything inserted is a number or a text of characters that need no escape (client order ids, symbols).
 */
import type { TimeInForce } from "../../../domain/order.ts";
import type { PaperAccount, PaperTrade, Position } from "../../account.ts";
import { type Level, topLevels } from "../../depth-diff.ts";
import type { PaperListing } from "../../listing.ts";
import type { AccountEvent, OrderEvent, PaperOrder, PaperOrderStatus } from "../../order.ts";
import { formatMoney } from "../../order-decimal.ts";
import type { VenueContext } from "../dialect.ts";
import { wireOrderId } from "./order-id.ts";
import type { MarketForm } from "./streams.ts";

/** What USDM's public streams say. A partial depth is a depth update of the top levels. */
export const USDM_MARKET: MarketForm = {
  bookTicker: renderBookTicker,
  depthUpdate: renderDepthUpdate,
  partialDepth: null,
  aggTrade: renderAggTrade,
  trade: null,
};

export const STATUS: Readonly<Record<PaperOrderStatus, string>> = {
  new: "NEW",
  partiallyFilled: "PARTIALLY_FILLED",
  filled: "FILLED",
  canceled: "CANCELED",
  expired: "EXPIRED",
};

export const EXECUTION: Readonly<Record<OrderEvent["execution"], string>> = {
  new: "NEW",
  trade: "TRADE",
  canceled: "CANCELED",
  expired: "EXPIRED",
};

const TIME_IN_FORCE: Readonly<Record<TimeInForce, string>> = { gtc: "GTC", ioc: "IOC", fok: "FOK", postOnly: "GTX" };

/** An order as REST and the WebSocket API answer it. `asAccepted`: as it was before anything filled (respType ACK). */
export function renderOrder(order: PaperOrder, asAccepted = false): string {
  const { listing } = order;
  const cumLots = asAccepted ? 0 : order.cumLots;
  const cumUnits = asAccepted ? 0 : order.cumUnits;
  const status = asAccepted ? "NEW" : STATUS[order.status];
  const cumQty = listing.lot.format(cumLots);
  return (
    `{"orderId":${wireOrderId(order.orderId)},"symbol":"${listing.symbol}","status":"${status}","clientOrderId":"${order.clientOrderId}",` +
    `"price":"${priceOf(order)}","avgPrice":"${averagePrice(listing, cumUnits, cumLots)}",` +
    `"origQty":"${listing.lot.format(order.qtyLots)}","executedQty":"${cumQty}","cumQty":"${cumQty}",` +
    `"cumQuote":"${formatMoney(BigInt(cumUnits) * listing.unitE8)}","timeInForce":"${TIME_IN_FORCE[order.timeInForce]}","type":"${typeOf(order)}",` +
    `"reduceOnly":${order.reduceOnly},"closePosition":false,"side":"${sideOf(order)}","positionSide":"BOTH","stopPrice":"0",` +
    `"workingType":"CONTRACT_PRICE","priceProtect":false,"origType":"${typeOf(order)}","priceMatch":"NONE",` +
    `"selfTradePreventionMode":"${order.preventSelfTrade ? "EXPIRE_TAKER" : "NONE"}","goodTillDate":0,` +
    `"time":${order.createdMs},"updateTime":${order.updatedMs}}`
  );
}

export function renderOrderEvent(event: OrderEvent): string {
  const { order, atMs } = event;
  const { listing } = order;
  return (
    `{"e":"ORDER_TRADE_UPDATE","E":${atMs},"T":${atMs},"o":{"s":"${listing.symbol}","c":"${order.clientOrderId}",` +
    `"S":"${sideOf(order)}","o":"${typeOf(order)}","f":"${TIME_IN_FORCE[order.timeInForce]}","q":"${listing.lot.format(order.qtyLots)}",` +
    `"p":"${priceOf(order)}","ap":"${averagePrice(listing, event.cumUnits, event.cumLots)}","sp":"0",` +
    `"x":"${EXECUTION[event.execution]}","X":"${STATUS[event.status]}","i":${wireOrderId(order.orderId)},` +
    `"l":"${listing.lot.format(event.lastLots)}","z":"${listing.lot.format(event.cumLots)}","L":"${listing.tick.format(event.lastPxTicks)}",` +
    `"N":"${listing.quote}","n":"${formatMoney(event.feeE8)}","T":${atMs},"t":${event.tradeId},"b":"0","a":"0","m":${event.maker},` +
    `"R":${order.reduceOnly},"wt":"CONTRACT_PRICE","ot":"${typeOf(order)}","ps":"BOTH","cp":false,"AP":"0","cr":"0","pP":false,"si":0,"ss":0,` +
    `"rp":"${formatMoney(event.realizedE8)}","V":"${order.preventSelfTrade ? "EXPIRE_TAKER" : "NONE"}","pm":"NONE","gtd":0,"W":${order.createdMs},"er":"0"}}`
  );
}

export function renderAccountEvent(event: AccountEvent, markPxTicks: number): string {
  const { listing, netLots, costUnits, atMs } = event;
  const entry = averagePrice(listing, costUnits, netLots);
  const balance = formatMoney(event.balanceE8);
  return (
    `{"e":"ACCOUNT_UPDATE","E":${atMs},"T":${atMs},"a":{"m":"${event.reason === "order" ? "ORDER" : "FUNDING_FEE"}","B":[{"a":"${listing.quote}","wb":"${balance}","cw":"${balance}","bc":"${event.reason === "funding" ? formatMoney(event.fundingE8) : "0"}"}],` +
    `"P":[{"s":"${listing.symbol}","pa":"${listing.lot.format(netLots)}","ep":"${entry}","bep":"${entry}","cr":"0",` +
    `"up":"${unrealized(listing, netLots, costUnits, markPxTicks)}","mt":"cross","iw":"0","ps":"BOTH"}]}}`
  );
}

export function renderTrade(trade: PaperTrade): string {
  const { order } = trade;
  const { listing } = order;
  const buyer = order.side === "buy";
  return (
    `{"symbol":"${listing.symbol}","id":${trade.tradeId},"orderId":${wireOrderId(order.orderId)},"side":"${sideOf(order)}",` +
    `"price":"${listing.tick.format(trade.pxTicks)}","qty":"${listing.lot.format(trade.qtyLots)}","realizedPnl":"${formatMoney(trade.realizedE8)}",` +
    `"marginAsset":"${listing.quote}","quoteQty":"${formatMoney(BigInt(trade.pxTicks * trade.qtyLots) * listing.unitE8)}",` +
    `"commission":"${formatMoney(trade.feeE8)}","commissionAsset":"${listing.quote}","time":${trade.atMs},"positionSide":"BOTH",` +
    `"buyer":${buyer},"maker":${trade.maker}}`
  );
}

/** One row of positionRisk; its second and third versions differ in fields only, so one row carries both. */
export function renderPosition(position: Position, markPxTicks: number, leverage: number): string {
  const { listing, netLots, costUnits } = position;
  const entry = averagePrice(listing, costUnits, netLots);
  const notionalE8 = (BigInt(Math.round(markPxTicks * 2)) * BigInt(netLots) * listing.unitE8) / 2n;
  const notional = formatMoney(notionalE8);
  const margin = formatMoney((notionalE8 < 0n ? -notionalE8 : notionalE8) / BigInt(leverage));
  return (
    `{"symbol":"${listing.symbol}","positionSide":"BOTH","positionAmt":"${listing.lot.format(netLots)}","entryPrice":"${entry}",` +
    `"breakEvenPrice":"${entry}","markPrice":"${listing.tick.formatFraction(markPxTicks)}",` +
    `"unRealizedProfit":"${unrealized(listing, netLots, costUnits, markPxTicks)}","liquidationPrice":"0","isolatedMargin":"0",` +
    `"notional":"${notional}","marginAsset":"${listing.quote}","isolatedWallet":"0","initialMargin":"${margin}","maintMargin":"0",` +
    `"positionInitialMargin":"${margin}","openOrderInitialMargin":"0","adl":0,"bidNotional":"0","askNotional":"0",` +
    `"leverage":"${leverage}","maxNotionalValue":"100000000","marginType":"cross","isAutoAddMargin":"false","updateTime":${position.updatedMs}}`
  );
}

function renderBookTicker(listing: PaperListing, nowMs: number): string {
  const bid = listing.engine.bestBid();
  const ask = listing.engine.bestAsk();
  return (
    `{"e":"bookTicker","u":${listing.updateId},"E":${nowMs},"T":${nowMs},"s":"${listing.symbol}",` +
    `"b":"${listing.tick.format(bid?.pxTicks ?? 0)}","B":"${listing.lot.format(bid?.qtyLots ?? 0)}",` +
    `"a":"${listing.tick.format(ask?.pxTicks ?? 0)}","A":"${listing.lot.format(ask?.qtyLots ?? 0)}","st":1,"ps":"${listing.symbol}"}`
  );
}

export function renderBookRow(listing: PaperListing, nowMs: number): string {
  const bid = listing.engine.bestBid();
  const ask = listing.engine.bestAsk();
  return (
    `{"symbol":"${listing.symbol}","bidPrice":"${listing.tick.format(bid?.pxTicks ?? 0)}","bidQty":"${listing.lot.format(bid?.qtyLots ?? 0)}",` +
    `"askPrice":"${listing.tick.format(ask?.pxTicks ?? 0)}","askQty":"${listing.lot.format(ask?.qtyLots ?? 0)}",` +
    `"time":${nowMs},"lastUpdateId":${listing.updateId}}`
  );
}

export function renderPremium(
  listing: PaperListing,
  markPxTicks: number,
  funding: VenueContext["funding"],
  nowMs: number,
): string {
  const mark = listing.tick.formatFraction(markPxTicks);
  const intervalMs = funding?.intervalMs ?? 28_800_000;
  const nextMs = (Math.floor(nowMs / intervalMs) + 1) * intervalMs;
  return (
    `{"symbol":"${listing.symbol}","markPrice":"${mark}","indexPrice":"${mark}","estimatedSettlePrice":"${mark}",` +
    `"lastFundingRate":"${(funding?.rate ?? 0).toFixed(8)}","interestRate":"0.00010000","nextFundingTime":${nextMs},"time":${nowMs}}`
  );
}

function renderDepthUpdate(
  listing: PaperListing,
  first: number,
  previous: number,
  bids: readonly Level[],
  asks: readonly Level[],
  nowMs: number,
): string {
  return (
    `{"e":"depthUpdate","E":${nowMs},"T":${nowMs},"s":"${listing.symbol}","ps":"${listing.symbol}","st":1,` +
    `"U":${first},"u":${listing.updateId},"pu":${previous},"b":${renderLevels(listing, bids)},"a":${renderLevels(listing, asks)}}`
  );
}

export function renderDepth(listing: PaperListing, levels: number, nowMs: number): string {
  const [bids, asks] = topLevels(listing, levels);
  return (
    `{"lastUpdateId":${listing.updateId},"E":${nowMs},"T":${nowMs},` +
    `"bids":${renderLevels(listing, bids)},"asks":${renderLevels(listing, asks)}}`
  );
}

function renderAggTrade(
  listing: PaperListing,
  pxTicks: number,
  qtyLots: number,
  buyerIsMaker: boolean,
  nowMs: number,
): string {
  const id = listing.lastTradeId;
  return (
    `{"e":"aggTrade","E":${nowMs},"a":${id},"s":"${listing.symbol}","p":"${listing.tick.format(pxTicks)}","q":"${listing.lot.format(qtyLots)}",` +
    `"f":${id},"l":${id},"T":${nowMs},"m":${buyerIsMaker},"st":1}`
  );
}

export function renderBalance(account: PaperAccount, asset: string): string {
  const balance = formatMoney(account.balanceE8);
  return `{"asset":"${asset}","balance":"${balance}","crossWalletBalance":"${balance}","availableBalance":"${balance}"}`;
}

function renderLevels(listing: PaperListing, levels: readonly Level[]): string {
  return `[${levels.map(([pxTicks, qtyLots]) => `["${listing.tick.format(pxTicks)}","${listing.lot.format(qtyLots)}"]`).join(",")}]`;
}

function averagePrice(listing: PaperListing, units: number, lots: number): string {
  return lots === 0 ? listing.tick.format(0) : listing.tick.formatFraction(units / lots);
}

function unrealized(listing: PaperListing, netLots: number, costUnits: number, markPxTicks: number): string {
  const units = Math.round(markPxTicks * 2) * netLots - 2 * costUnits;
  return formatMoney((BigInt(units) * listing.unitE8) / 2n);
}

function typeOf(order: PaperOrder): string {
  return order.type === "limit" ? "LIMIT" : "MARKET";
}

/** A market order shows none. */
function priceOf({ type, listing, pxTicks }: PaperOrder): string {
  return listing.tick.format(type === "limit" ? pxTicks : 0);
}

function sideOf(order: PaperOrder): string {
  return order.side === "buy" ? "BUY" : "SELL";
}
