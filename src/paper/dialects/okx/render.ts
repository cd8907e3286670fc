/**
 * OKX V5: orders as its JSON texts. Every value is a text, sizes are in contracts, and decimals carry no trailing zeros.
 *
 * Order ids are 19 digits, above 2^53 on purpose. Texts are put together by hand: everything inserted is a number or a text
 * of characters that need no escape (client order ids and tags are alphanumeric, instrument ids are ours).
 */
import type { PaperTrade } from "../../account.ts";
import type { PaperListing } from "../../listing.ts";
import type { OrderEvent, PaperOrder, PaperOrderStatus } from "../../order.ts";
import { formatMoney } from "../../order-decimal.ts";

/** Odd, so that the float next to it is another order's id. */
const ORDER_ID_BASE = 2_497_956_918_703_120_385n;

export function wireOrderId(orderId: number): string {
  return (ORDER_ID_BASE + BigInt(orderId)).toString();
}

/** -1: no id that we could have given. */
export function parseOrderId(text: string): number {
  if (!/^\d{1,20}$/.test(text)) return -1;
  const orderId = BigInt(text) - ORDER_ID_BASE;
  return orderId > 0n && orderId < BigInt(Number.MAX_SAFE_INTEGER) ? Number(orderId) : -1;
}

/** What the matching core does not know of an order and OKX repeats in every message about it. */
export interface OrderNotes {
  readonly tag: string;
  /** As asked for: `ioc` and `market` are both immediate-or-cancel to the core. */
  readonly ordType: string;
  readonly tdMode: string;
}

/** One item of an answer to place, cancel or amend. `sCode` "0": done. */
export function renderItem(item: {
  readonly clOrdId: string;
  readonly ordId: string;
  readonly tag: string;
  readonly sCode: number;
  readonly sMsg: string;
  readonly tsMs: number;
}): string {
  return (
    `{"clOrdId":"${item.clOrdId}","ordId":"${item.ordId}","tag":"${item.tag}","ts":"${item.tsMs}",` +
    `"sCode":"${item.sCode}","sMsg":${JSON.stringify(item.sMsg)},"subCode":""}`
  );
}

/** An order as REST answers it. `trades` are its own fills, oldest first. */
export function renderOrder(
  order: PaperOrder,
  notes: OrderNotes,
  trades: readonly PaperTrade[],
  lever: number,
): string {
  const last = trades.at(-1);
  let feeE8 = 0n;
  let pnlE8 = 0n;
  for (const trade of trades) {
    feeE8 += trade.feeE8;
    pnlE8 += trade.realizedE8;
  }
  const { status, cumLots, cumUnits, listing } = order;
  return (
    `{${head(order, notes, status, cumLots, lever)},"avgPx":"${averagePx(listing, cumUnits, cumLots, "")}",` +
    `"fee":"${money(-feeE8)}","pnl":"${money(pnlE8)}",` +
    `"fillPx":"${last ? price(listing, last.pxTicks) : ""}","fillSz":"${last ? size(listing, last.qtyLots) : "0"}",` +
    `"fillTime":"${last?.atMs ?? ""}","tradeId":"${last?.tradeId ?? ""}","uTime":"${order.updatedMs}"}`
  );
}

/** An order as the `orders` channel tells it: the order as it was at that event, and this event's fill. */
export function renderOrderPush(event: OrderEvent, notes: OrderNotes, totals: FeeTotals, lever: number): string {
  const { order, status, cumLots, cumUnits } = event;
  const { listing } = order;
  const { quote } = listing;
  const filled = event.execution === "trade";
  const fillUnits = event.lastLots * event.lastPxTicks;
  return (
    `{${head(order, notes, status, cumLots, lever)},"avgPx":"${averagePx(listing, cumUnits, cumLots, "0")}",` +
    `"amendResult":"","amendSource":"","code":"0","msg":"","reqId":"","fee":"${money(-totals.feeE8)}","pnl":"${money(totals.pnlE8)}",` +
    `"execType":"${filled ? (event.maker ? "M" : "T") : ""}","fillFee":"${money(-event.feeE8)}","fillFeeCcy":"${filled ? quote : ""}",` +
    `"fillNotionalUsd":"${filled ? notional(listing, fillUnits) : ""}","fillPx":"${filled ? price(listing, event.lastPxTicks) : ""}",` +
    `"fillSz":"${size(listing, event.lastLots)}","fillPnl":"${money(event.realizedE8)}","fillTime":"${filled ? event.atMs : ""}",` +
    `"fillPxVol":"","fillPxUsd":"","fillMarkVol":"","fillFwdPx":"","fillMarkPx":"","fillIdxPx":"",` +
    `"lastPx":"${price(listing, listing.lastPxTicks)}","notionalUsd":"${notional(listing, order.pxTicks * order.qtyLots)}",` +
    `"tradeId":"${filled ? event.tradeId : ""}","uTime":"${event.atMs}"}`
  );
}

/** Fees and profit of an order's fills so far. */
export interface FeeTotals {
  readonly feeE8: bigint;
  readonly pnlE8: bigint;
}

/** One row of `/trade/fills`. */
export function renderFill(trade: PaperTrade): string {
  const { order, maker } = trade;
  const { listing } = order;
  return (
    `{"instType":"SWAP","instId":"${listing.symbol}","tradeId":"${trade.tradeId}","ordId":"${wireOrderId(order.orderId)}",` +
    `"clOrdId":"${clientIdOf(order)}","billId":"${wireOrderId(trade.tradeId)}","subType":"${order.side === "buy" ? 3 : 4}","tag":"",` +
    `"fillPx":"${price(listing, trade.pxTicks)}","fillSz":"${size(listing, trade.qtyLots)}","fillIdxPx":"","fillPnl":"${money(trade.realizedE8)}",` +
    `"fillPxVol":"","fillPxUsd":"","fillMarkVol":"","fillFwdPx":"","fillMarkPx":"","side":"${order.side}","posSide":"net",` +
    `"execType":"${maker ? "M" : "T"}","feeCcy":"${listing.quote}","fee":"${money(-trade.feeE8)}","feeRate":"","ts":"${trade.atMs}","fillTime":"${trade.atMs}"}`
  );
}

/** Empty where the client gave none: the core's own ids for such orders have a dash, which OKX's cannot. */
export function clientIdOf({ clientOrderId }: PaperOrder): string {
  return clientOrderId.includes("-") ? "" : clientOrderId;
}

export function stateOf({ status }: PaperOrder): string {
  return STATE[status];
}

/** Sizes in contracts. */
export function size(listing: PaperListing, lots: number): string {
  return plain(listing.wireLot.format(lots));
}

export function price(listing: PaperListing, ticks: number): string {
  return plain(listing.tick.format(ticks));
}

export function money(amountE8: bigint): string {
  return plain(formatMoney(amountE8));
}

/** Ticks x lots of one listing as money. */
export function notional(listing: PaperListing, units: number): string {
  return money(BigInt(units) * listing.unitE8);
}

export function averagePx(listing: PaperListing, units: number, lots: number, none: string): string {
  return lots === 0 ? none : plain(listing.tick.formatFraction(units / lots));
}

/** "61800.20" → "61800.2", "5.0" → "5". */
export function plain(text: string): string {
  if (!text.includes(".")) return text;
  const trimmed = text.replace(/\.?0+$/, "");
  return trimmed === "-0" ? "0" : trimmed;
}

const STATE: Readonly<Record<PaperOrderStatus, string>> = {
  new: "live",
  partiallyFilled: "partially_filled",
  filled: "filled",
  canceled: "canceled",
  expired: "canceled",
};

/** Fields that do not differ between REST and the channel. */
function head(order: PaperOrder, notes: OrderNotes, status: PaperOrderStatus, cumLots: number, lever: number): string {
  const { listing } = order;
  return (
    `"instType":"SWAP","instId":"${listing.symbol}","ordId":"${wireOrderId(order.orderId)}","clOrdId":"${clientIdOf(order)}",` +
    `"tag":"${notes.tag}","ordType":"${notes.ordType}","side":"${order.side}","posSide":"net","tdMode":"${notes.tdMode}",` +
    `"px":"${notes.ordType === "market" || notes.ordType === "optimal_limit_ioc" ? "" : price(listing, order.pxTicks)}",` +
    `"sz":"${size(listing, order.qtyLots)}","accFillSz":"${size(listing, cumLots)}","state":"${STATE[status]}",` +
    `"cancelSource":"${cancelSource(status, order)}","cancelSourceReason":"","category":"normal","reduceOnly":"${order.reduceOnly}","cTime":"${order.createdMs}",` +
    `"lever":"${lever}","feeCcy":"${listing.quote}","rebate":"0","rebateCcy":"${listing.quote}","ccy":"","source":"",` +
    `"pxUsd":"","pxVol":"","pxType":"","quickMgnType":"","stpId":"","stpMode":"${order.preventSelfTrade ? "cancel_taker" : "cancel_maker"}",` +
    `"tgtCcy":"","tradeQuoteCcy":"","algoClOrdId":"","algoId":"","attachAlgoClOrdId":"","attachAlgoOrds":[],"isTpLimit":"false",` +
    `"linkedAlgoOrd":{"algoId":""},"slOrdPx":"","slTriggerPx":"","slTriggerPxType":"","tpOrdPx":"","tpTriggerPx":"","tpTriggerPxType":""`
  );
}

/** The documented number of what ended an order. */
function cancelSource(status: PaperOrderStatus, { endReason, timeInForce }: PaperOrder): string {
  if (status !== "canceled" && status !== "expired") return "";
  switch (endReason) {
    case "asked":
      return "1";
    case "postOnly":
      return "31";
    case "reduceOnly":
      return "23";
    case "selfTrade":
      return "32";
    case "unfillable":
      return "13";
    default:
      return timeInForce === "ioc" ? "14" : "0";
  }
}
