/**
 * Binance spot: exchange state as its JSON texts. Amounts have eight places. Put together by hand, as for USDM and for the
 * same reasons (`usdm-render.ts`).
 */
import type { AssetBalance, PaperTrade } from "../../account.ts";
import { type Level, topLevels } from "../../depth-diff.ts";
import type { PaperListing } from "../../listing.ts";
import type { AccountEvent, OrderEvent, PaperOrder } from "../../order.ts";
import { formatMoney } from "../../order-decimal.ts";
import { wireOrderId } from "./order-id.ts";
import type { MarketForm } from "./streams.ts";
import { EXECUTION, STATUS } from "./usdm-render.ts";

/** What spot's public streams say. */
export const SPOT_MARKET: MarketForm = {
  bookTicker: renderBookTicker,
  depthUpdate: (listing, first, _previous, bids, asks, nowMs) =>
    `{"e":"depthUpdate","E":${nowMs},"s":"${listing.symbol}","U":${first},"u":${listing.updateId},` +
    `"b":${renderLevels(listing, bids)},"a":${renderLevels(listing, asks)}}`,
  partialDepth: (listing, levels) => renderSpotDepth(listing, levels),
  aggTrade: (listing, pxTicks, qtyLots, buyerIsMaker, nowMs) => {
    const id = listing.lastTradeId;
    return (
      `{"e":"aggTrade","E":${nowMs},"s":"${listing.symbol}","a":${id},"p":"${price(listing, pxTicks)}","q":"${amount(listing, qtyLots)}",` +
      `"f":${id},"l":${id},"T":${nowMs},"m":${buyerIsMaker},"M":true,"st":1}`
    );
  },
  trade: (listing, pxTicks, qtyLots, buyerIsMaker, nowMs) =>
    `{"e":"trade","E":${nowMs},"s":"${listing.symbol}","t":${listing.lastTradeId},"p":"${price(listing, pxTicks)}",` +
    `"q":"${amount(listing, qtyLots)}","b":0,"a":0,"T":${nowMs},"m":${buyerIsMaker},"M":true}`,
};

/** `respType`: ACK says only that it was accepted, RESULT what became of it, FULL each fill too. */
export function renderPlaced(order: PaperOrder, respType: "ACK" | "RESULT" | "FULL"): string {
  const ack =
    `{"symbol":"${order.listing.symbol}","orderId":${wireOrderId(order.orderId)},"orderListId":-1,` +
    `"clientOrderId":"${order.clientOrderId}","transactTime":${order.updatedMs}`;
  if (respType === "ACK") return `${ack}}`;
  const accepted = order.lie !== null;
  const result =
    `${ack},${amountsOf(order, accepted)},${termsOf(order)},"workingTime":${order.createdMs},` +
    `"selfTradePreventionMode":"${preventionOf(order)}"`;
  if (respType === "RESULT") return `${result}}`;
  const fills = accepted ? [] : order.account.tradesOf(order).map(renderFill);
  return `${result},"fills":[${fills.join(",")}]}`;
}

/** `cancelId` is the client id that the cancel itself has. */
export function renderCanceled(order: PaperOrder, cancelId: string): string {
  return (
    `{"symbol":"${order.listing.symbol}","origClientOrderId":"${order.clientOrderId}","orderId":${wireOrderId(order.orderId)},` +
    `"orderListId":-1,"clientOrderId":"${cancelId}","transactTime":${order.updatedMs},${amountsOf(order, false)},${termsOf(order)},` +
    `"selfTradePreventionMode":"${preventionOf(order)}"}`
  );
}

export function renderSpotOrder(order: PaperOrder): string {
  return (
    `{"symbol":"${order.listing.symbol}","orderId":${wireOrderId(order.orderId)},"orderListId":-1,` +
    `"clientOrderId":"${order.clientOrderId}",${amountsOf(order, false)},${termsOf(order)},"stopPrice":"0.00000000",` +
    `"icebergQty":"0.00000000","time":${order.createdMs},"updateTime":${order.updatedMs},"isWorking":true,` +
    `"workingTime":${order.createdMs},"selfTradePreventionMode":"${preventionOf(order)}"}`
  );
}

/** `cancelId`: null where no request cancelled it. */
export function renderExecutionReport(event: OrderEvent, cancelId: string | null): string {
  const { order, atMs, execution } = event;
  const { listing } = order;
  const filled = execution === "trade";
  const expiry = order.endReason === "noLiquidity" && execution === "expired" ? ',"eR":"INSUFFICIENT_LIQUIDITY"' : "";
  return (
    `{"e":"executionReport","E":${atMs},"s":"${listing.symbol}","c":"${cancelId ?? order.clientOrderId}","S":"${sideOf(order)}",` +
    `"o":"${typeOf(order)}","f":"${timeInForceOf(order)}","q":"${amount(listing, order.qtyLots)}","p":"${priceOf(order)}",` +
    `"P":"0.00000000","F":"0.00000000","g":-1,"C":"${cancelId === null ? "" : order.clientOrderId}","x":"${EXECUTION[execution]}",` +
    `"X":"${STATUS[event.status]}","r":"NONE","i":${wireOrderId(order.orderId)},"l":"${amount(listing, event.lastLots)}",` +
    `"z":"${amount(listing, event.cumLots)}","L":"${price(listing, event.lastPxTicks)}",` +
    `"n":"${filled ? formatMoney(event.feeE8) : "0"}","N":${filled ? `"${event.feeAsset}"` : "null"},"T":${atMs},` +
    `"t":${filled ? event.tradeId : -1},"I":${order.orderId},"w":${event.status === "new" || event.status === "partiallyFilled"},` +
    `"m":${event.maker},"M":${filled},"O":${order.createdMs},"Z":"${value(listing, event.cumUnits)}",` +
    `"Y":"${value(listing, event.lastPxTicks * event.lastLots)}","Q":"0.00000000","W":${order.createdMs},"V":"${preventionOf(order)}"${expiry}}`
  );
}

export function renderAccountPosition({ assets, atMs }: AccountEvent): string {
  const rows = assets.map(
    ({ asset, freeE8, lockedE8 }) => `{"a":"${asset}","f":"${formatMoney(freeE8)}","l":"${formatMoney(lockedE8)}"}`,
  );
  return `{"e":"outboundAccountPosition","E":${atMs},"u":${atMs},"B":[${rows.join(",")}]}`;
}

export function renderBalanceRow({ asset, freeE8, lockedE8 }: AssetBalance): string {
  return `{"asset":"${asset}","free":"${formatMoney(freeE8)}","locked":"${formatMoney(lockedE8)}"}`;
}

export function renderSpotTrade(trade: PaperTrade): string {
  const { order } = trade;
  const { listing } = order;
  return (
    `{"symbol":"${listing.symbol}","id":${trade.tradeId},"orderId":${wireOrderId(order.orderId)},"orderListId":-1,` +
    `"price":"${price(listing, trade.pxTicks)}","qty":"${amount(listing, trade.qtyLots)}",` +
    `"quoteQty":"${value(listing, trade.pxTicks * trade.qtyLots)}","commission":"${formatMoney(trade.feeE8)}",` +
    `"commissionAsset":"${trade.feeAsset}","time":${trade.atMs},"isBuyer":${order.side === "buy"},"isMaker":${trade.maker},"isBestMatch":true}`
  );
}

export function renderSpotDepth(listing: PaperListing, levels: number): string {
  const [bids, asks] = topLevels(listing, levels);
  return `{"lastUpdateId":${listing.updateId},"bids":${renderLevels(listing, bids)},"asks":${renderLevels(listing, asks)}}`;
}

export function renderSpotBookRow(listing: PaperListing): string {
  const bid = listing.engine.bestBid();
  const ask = listing.engine.bestAsk();
  return (
    `{"symbol":"${listing.symbol}","bidPrice":"${price(listing, bid?.pxTicks ?? 0)}","bidQty":"${amount(listing, bid?.qtyLots ?? 0)}",` +
    `"askPrice":"${price(listing, ask?.pxTicks ?? 0)}","askQty":"${amount(listing, ask?.qtyLots ?? 0)}"}`
  );
}

function renderBookTicker(listing: PaperListing, nowMs: number): string {
  const bid = listing.engine.bestBid();
  const ask = listing.engine.bestAsk();
  return (
    `{"u":${listing.updateId},"s":"${listing.symbol}","b":"${price(listing, bid?.pxTicks ?? 0)}","B":"${amount(listing, bid?.qtyLots ?? 0)}",` +
    `"a":"${price(listing, ask?.pxTicks ?? 0)}","A":"${amount(listing, ask?.qtyLots ?? 0)}","T":${nowMs},"E":${nowMs}}`
  );
}

function renderFill(trade: PaperTrade): string {
  const { listing } = trade.order;
  return (
    `{"price":"${price(listing, trade.pxTicks)}","qty":"${amount(listing, trade.qtyLots)}","commission":"${formatMoney(trade.feeE8)}",` +
    `"commissionAsset":"${trade.feeAsset}","tradeId":${trade.tradeId}}`
  );
}

/** `asAccepted`: as it was before anything filled. */
function amountsOf(order: PaperOrder, asAccepted: boolean): string {
  const { listing } = order;
  return (
    `"price":"${priceOf(order)}","origQty":"${amount(listing, order.qtyLots)}",` +
    `"executedQty":"${amount(listing, asAccepted ? 0 : order.cumLots)}","origQuoteOrderQty":"0.000000",` +
    `"cummulativeQuoteQty":"${value(listing, asAccepted ? 0 : order.cumUnits)}","status":"${asAccepted ? "NEW" : STATUS[order.status]}"`
  );
}

function termsOf(order: PaperOrder): string {
  return `"timeInForce":"${timeInForceOf(order)}","type":"${typeOf(order)}","side":"${sideOf(order)}"`;
}

function renderLevels(listing: PaperListing, levels: readonly Level[]): string {
  return `[${levels.map(([pxTicks, qtyLots]) => `["${price(listing, pxTicks)}","${amount(listing, qtyLots)}"]`).join(",")}]`;
}

function price({ tickE8 }: PaperListing, pxTicks: number): string {
  return formatMoney(BigInt(pxTicks) * BigInt(tickE8));
}

function amount({ lotE8 }: PaperListing, qtyLots: number): string {
  return formatMoney(BigInt(qtyLots) * BigInt(lotE8));
}

/** Ticks x lots as an amount of the quote asset. */
function value({ unitE8 }: PaperListing, units: number): string {
  return formatMoney(BigInt(units) * unitE8);
}

/** A market order shows none. */
function priceOf({ type, listing, pxTicks }: PaperOrder): string {
  return price(listing, type === "limit" ? pxTicks : 0);
}

function typeOf({ type, timeInForce }: PaperOrder): string {
  if (type === "market") return "MARKET";
  return timeInForce === "postOnly" ? "LIMIT_MAKER" : "LIMIT";
}

/** A market order and a LIMIT_MAKER are shown as GTC, as the real venue does. */
function timeInForceOf({ type, timeInForce }: PaperOrder): string {
  if (type === "market" || timeInForce === "postOnly") return "GTC";
  return timeInForce.toUpperCase();
}

function sideOf({ side }: PaperOrder): string {
  return side === "buy" ? "BUY" : "SELL";
}

function preventionOf({ preventSelfTrade }: PaperOrder): string {
  return preventSelfTrade ? "EXPIRE_TAKER" : "NONE";
}
