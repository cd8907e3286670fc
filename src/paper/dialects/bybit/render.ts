/**
 * Bybit V5: orders, fills, positions and balances as its JSON texts.
 *
 * Every number but times and indices is a text, order ids included: they start above 2^53, so that a client that reads them
 * as floats is wrong and shall see it. Texts are put together by hand, as in the other dialects; everything inserted is a
 * number or a text of characters that need no escape.
 */
import type { TimeInForce } from "../../../domain/order.ts";
import type { PaperAccount, PaperTrade, Position } from "../../account.ts";
import type { PaperListing } from "../../listing.ts";
import { type EndReason, isTerminal, type OrderEvent, type PaperOrder, type PaperOrderStatus } from "../../order.ts";
import { formatMoney } from "../../order-decimal.ts";

const ORDER_ID_BASE = 1_726_025_498_520_715_009n;

export function wireOrderId(orderId: number): string {
  return (ORDER_ID_BASE + BigInt(orderId)).toString();
}

/** Undefined: no id we could have given. */
export function parseOrderId(text: string): number | undefined {
  if (!/^\d{19}$/.test(text)) return undefined;
  const orderId = BigInt(text) - ORDER_ID_BASE;
  return orderId > 0n && orderId < 1n << 52n ? Number(orderId) : undefined;
}

/** Contracts have no word for an expired order: what is left of an IOC is Cancelled, whatever of it has filled. */
const STATUS: Readonly<Record<PaperOrderStatus, string>> = {
  new: "New",
  partiallyFilled: "PartiallyFilled",
  filled: "Filled",
  canceled: "Cancelled",
  expired: "Cancelled",
};

const TIME_IN_FORCE: Readonly<Record<TimeInForce, string>> = {
  gtc: "GTC",
  ioc: "IOC",
  fok: "FOK",
  postOnly: "PostOnly",
};

/** An order at one moment: the order itself now, or one event of its life. */
type OrderState = Pick<OrderEvent, "status" | "cumLots" | "cumUnits"> & { readonly atMs: number };

/** A row of order/realtime and order/history. */
export function renderOrder(order: PaperOrder): string {
  const { status, cumLots, cumUnits, updatedMs } = order;
  return `{${orderFields(order, { status, cumLots, cumUnits, atMs: updatedMs })}}`;
}

/** A message of the private `order` topic. */
export function renderOrderEvent(event: OrderEvent): string {
  const { order } = event;
  return (
    `{"id":"${eventId(order, event.atMs)}","topic":"order","creationTime":${event.atMs},"data":[{"category":"linear",` +
    `${orderFields(order, event)},"closedPnl":"${formatMoney(event.realizedE8)}","feeCurrency":"${order.listing.quote}"}]}`
  );
}

function orderFields(order: PaperOrder, { status, cumLots, cumUnits, atMs }: OrderState): string {
  const { listing } = order;
  const ended = status === "canceled" || status === "expired";
  const leavesLots = ended ? 0 : order.qtyLots - cumLots;
  return (
    `"orderId":"${wireOrderId(order.orderId)}","orderLinkId":"${linkId(order)}","blockTradeId":"","symbol":"${listing.symbol}",` +
    `"price":"${listing.tick.format(order.pxTicks)}","qty":"${listing.lot.format(order.qtyLots)}","side":"${sideOf(order)}",` +
    `"isLeverage":"","positionIdx":0,"orderStatus":"${STATUS[status]}","createType":"CreateByUser",` +
    `${endFields(order, status)},` +
    `"avgPrice":"${cumLots === 0 ? "" : listing.tick.formatFraction(cumUnits / cumLots)}",` +
    `"leavesQty":"${listing.lot.format(leavesLots)}","leavesValue":"${value(listing, order.pxTicks * leavesLots)}",` +
    `"cumExecQty":"${listing.lot.format(cumLots)}","cumExecValue":"${value(listing, cumUnits)}",` +
    `"cumExecFee":"${formatMoney(order.cumFeeE8)}","timeInForce":"${TIME_IN_FORCE[order.timeInForce]}","orderType":"${typeOf(order)}",` +
    `"stopOrderType":"","orderIv":"","triggerPrice":"","takeProfit":"","stopLoss":"","tpTriggerBy":"","slTriggerBy":"",` +
    `"triggerDirection":0,"triggerBy":"","lastPriceOnCreated":"","reduceOnly":${order.reduceOnly},"closeOnTrigger":false,` +
    `"smpType":"${order.preventSelfTrade ? "CancelTaker" : "None"}","smpGroup":0,"smpOrderId":"","tpslMode":"UNKNOWN",` +
    `"tpLimitPrice":"","slLimitPrice":"","placeType":"","slippageToleranceType":"UNKNOWN","slippageTolerance":"",` +
    `"createdTime":"${order.createdMs}","updatedTime":"${atMs}","extraFees":"","cumFeeDetail":{},"rpiTakerAccess":false,"rpiMatchedQty":"0"`
  );
}

/** Who ended an order that was not filled, and why, in Bybit's words. */
function endFields({ endReason }: PaperOrder, status: PaperOrderStatus): string {
  const [cancelType, reason] =
    endReason === null || !isTerminal(status) ? ["UNKNOWN", "EC_NoError"] : END_WORDS[endReason];
  return `"cancelType":"${cancelType}","rejectReason":"${reason}"`;
}

const END_WORDS: Readonly<Record<EndReason, readonly [cancelType: string, rejectReason: string]>> = {
  asked: ["CancelByUser", "EC_PerCancelRequest"],
  postOnly: ["UNKNOWN", "EC_PostOnlyWillTakeLiquidity"],
  reduceOnly: ["CancelByReduceOnly", "EC_NoError"],
  selfTrade: ["CancelBySmp", "EC_BySelfMatch"],
  unfillable: ["UNKNOWN", "EC_NoEnoughQtyToFill"],
  noLiquidity: ["UNKNOWN", "EC_NoImmediateQtyToFill"],
  capped: ["UNKNOWN", "EC_NoImmediateQtyToFill"],
};

/** A message of the private `execution` topic. */
export function renderExecution({ order, ...fill }: OrderEvent, markPxTicks: number): string {
  const { listing } = order;
  return (
    `{"topic":"execution","id":"${eventId(order, fill.tradeId)}","creationTime":${fill.atMs},"data":[{"category":"linear",` +
    `${executionFields(order, fill.tradeId, fill.lastPxTicks, fill.lastLots, fill.maker, fill.feeE8, fill.atMs, markPxTicks)},` +
    `"leavesQty":"${listing.lot.format(order.qtyLots - fill.cumLots)}","isLeverage":"0","marketUnit":"",` +
    `"execPnl":"${formatMoney(fill.realizedE8)}","feeCurrency":"${listing.quote}"}]}`
  );
}

/** A message of the private `execution.fast` topic: what is known of a fill before anything is computed from it. */
export function renderFastExecution({ order, ...fill }: OrderEvent): string {
  const { listing } = order;
  return (
    `{"topic":"execution.fast","creationTime":${fill.atMs},"data":[{"category":"linear","symbol":"${listing.symbol}",` +
    `"execId":"${execId(order, fill.tradeId)}","execPrice":"${listing.tick.format(fill.lastPxTicks)}","execQty":"${listing.lot.format(fill.lastLots)}",` +
    `"orderId":"${wireOrderId(order.orderId)}","isMaker":${fill.maker},"orderLinkId":"${linkId(order)}","side":"${sideOf(order)}",` +
    `"execTime":"${fill.atMs}","seq":${fill.tradeId}}]}`
  );
}

/** A row of execution/list. */
export function renderTrade({ order, tradeId, pxTicks, qtyLots, maker, feeE8, atMs }: PaperTrade): string {
  const { listing } = order;
  return (
    `{${executionFields(order, tradeId, pxTicks, qtyLots, maker, feeE8, atMs, pxTicks)},` +
    `"leavesQty":"${listing.lot.format(order.qtyLots - order.cumLots)}","feeCurrency":"${listing.quote}"}`
  );
}

function executionFields(
  order: PaperOrder,
  tradeId: number,
  pxTicks: number,
  qtyLots: number,
  maker: boolean,
  feeE8: bigint,
  atMs: number,
  markPxTicks: number,
): string {
  const { listing } = order;
  const units = pxTicks * qtyLots;
  const notionalE8 = BigInt(units) * listing.unitE8;
  const feeRateE8 = notionalE8 === 0n ? 0n : (feeE8 * 100_000_000n) / notionalE8;
  return (
    `"symbol":"${listing.symbol}","orderType":"${typeOf(order)}","underlyingPrice":"","orderLinkId":"${linkId(order)}","side":"${sideOf(order)}",` +
    `"indexPrice":"","orderId":"${wireOrderId(order.orderId)}","stopOrderType":"UNKNOWN","execTime":"${atMs}","isMaker":${maker},` +
    `"execFee":"${formatMoney(feeE8)}","feeRate":"${formatMoney(feeRateE8)}","execId":"${execId(order, tradeId)}","tradeIv":"",` +
    `"blockTradeId":"","markPrice":"${listing.tick.formatFraction(markPxTicks)}","execPrice":"${listing.tick.format(pxTicks)}","markIv":"",` +
    `"orderQty":"${listing.lot.format(order.qtyLots)}","orderPrice":"${listing.tick.format(order.pxTicks)}","execValue":"${value(listing, units)}",` +
    `"execType":"Trade","execQty":"${listing.lot.format(qtyLots)}","closedSize":"","createType":"CreateByUser","extraFees":"","seq":${tradeId}`
  );
}

/** Fields that rows of position/list and the private `position` topic share, and the few that only one of them has. */
export function renderPosition(position: Position, markPxTicks: number, leverage: number): string {
  const { listing, netLots, costUnits, updatedMs } = position;
  const flat = netLots === 0;
  const average = flat ? "0" : listing.tick.formatFraction(costUnits / netLots);
  const halfUnits = Math.round(markPxTicks * 2) * netLots;
  const markValueE8 = (BigInt(Math.abs(halfUnits)) * listing.unitE8) / 2n;
  const unrealizedE8 = (BigInt(halfUnits - 2 * costUnits) * listing.unitE8) / 2n;
  const margin = flat ? "0" : formatMoney(markValueE8 / BigInt(leverage));
  return (
    `{"positionIdx":0,"riskId":1,"riskLimitValue":"100000000","symbol":"${listing.symbol}","side":"${flat ? "" : netLots > 0 ? "Buy" : "Sell"}",` +
    `"size":"${listing.lot.format(Math.abs(netLots))}","avgPrice":"${average}","entryPrice":"${average}","breakEvenPrice":"${average}","sessionAvgPrice":"",` +
    `"positionValue":"${value(listing, Math.abs(costUnits))}","tradeMode":0,"positionStatus":"Normal","autoAddMargin":0,"adlRankIndicator":0,` +
    `"leverage":"${leverage}","positionBalance":"0","markPrice":"${listing.tick.formatFraction(markPxTicks)}","liqPrice":"","bustPrice":"",` +
    `"positionMM":"0","positionIM":"${margin}","positionMMByMp":"0","positionIMByMp":"${margin}","tpslMode":"Full","takeProfit":"","stopLoss":"",` +
    `"trailingStop":"0","unrealisedPnl":"${formatMoney(unrealizedE8)}","curRealisedPnl":"0","cumRealisedPnl":"0","seq":${updatedMs},"category":"linear",` +
    `"isReduceOnly":false,"mmrSysUpdatedTime":"","leverageSysUpdatedTime":"","createdTime":"${updatedMs}","updatedTime":"${updatedMs}","openTime":${updatedMs}}`
  );
}

/** The account, as wallet-balance and the private `wallet` topic list it. */
export function renderWallet(account: PaperAccount, coin: string): string {
  const balance = formatMoney(account.balanceE8);
  const totals = ["totalEquity", "totalWalletBalance", "totalMarginBalance", "totalAvailableBalance"];
  const zeros = [
    ...["accountIMRate", "accountMMRate", "accountIMRateByMp", "accountMMRateByMp", "accountLTV", "totalPerpUPL"],
    ...["totalInitialMargin", "totalMaintenanceMargin", "totalInitialMarginByMp", "totalMaintenanceMarginByMp"],
  ];
  const coinZeros = [
    ...["borrowAmount", "accruedInterest", "totalOrderIM", "totalPositionIM", "totalPositionMM", "unrealisedPnl"],
    ...["cumRealisedPnl", "bonus", "locked", "spotHedgingQty", "spotBorrow"],
  ];
  const fields = (names: readonly string[], text: string) => names.map((name) => `"${name}":"${text}"`).join(",");
  return (
    `{${fields(totals, balance)},${fields(zeros, "0")},"accountType":"UNIFIED","coin":[{"coin":"${coin}",` +
    `${fields(["equity", "usdValue", "walletBalance", "availableToWithdraw"], balance)},"availableToBorrow":"",` +
    `${fields(coinZeros, "0")},"collateralSwitch":true,"marginCollateral":true}]}`
  );
}

/** A client order id of our own making is one the client gave none for: Bybit shows none either. */
function linkId({ clientOrderId, orderId }: PaperOrder): string {
  return clientOrderId === `paper-${orderId}` ? "" : clientOrderId;
}

function execId({ listing }: PaperOrder, tradeId: number): string {
  return `${listing.symbol}-${tradeId}`;
}

function eventId({ account, listing }: PaperOrder, seq: number): string {
  return `${account.owner}_${listing.symbol}_${seq}`;
}

function value(listing: PaperListing, units: number): string {
  return formatMoney(BigInt(units) * listing.unitE8);
}

function typeOf(order: PaperOrder): string {
  return order.type === "market" ? "Market" : "Limit";
}

function sideOf(order: PaperOrder): string {
  return order.side === "buy" ? "Buy" : "Sell";
}
