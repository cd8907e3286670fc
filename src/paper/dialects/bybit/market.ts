/**
 * Bybit V5 public data as its JSON texts: instruments, books, trades, tickers.
 */
import type { Level, Sides } from "../../depth-diff.ts";
import type { PaperListing } from "../../listing.ts";

/** A row of market/instruments-info. */
export function renderInstrument(listing: PaperListing, leverage: number): string {
  const { symbol, base, quote, tick, lot } = listing;
  return (
    `{"symbol":"${symbol}","contractType":"LinearPerpetual","status":"Trading","baseCoin":"${base}","quoteCoin":"${quote}",` +
    `"launchTime":"1585526400000","deliveryTime":"0","deliveryFeeRate":"","priceScale":"${tick.places}",` +
    `"leverageFilter":{"minLeverage":"1","maxLeverage":"${leverage}.00","leverageStep":"0.01"},` +
    `"priceFilter":{"minPrice":"${tick.step}","maxPrice":"${tick.format(9_999_999)}","tickSize":"${tick.step}"},` +
    `"lotSizeFilter":{"maxOrderQty":"${lot.format(100_000_000)}","minOrderQty":"${lot.format(listing.minQtyLots)}","qtyStep":"${lot.step}",` +
    `"postOnlyMaxOrderQty":"${lot.format(100_000_000)}","maxMktOrderQty":"${lot.format(10_000_000)}","minNotionalValue":"${listing.minNotional}"},` +
    `"unifiedMarginTrade":true,"fundingInterval":480,"settleCoin":"${quote}","copyTrading":"none","upperFundingRate":"0.005",` +
    `"lowerFundingRate":"-0.005","isPreListing":false,"preListingInfo":null,"displayName":""}`
  );
}

/** The inner object of a book, of REST (with times inside) and of a topic. */
export function renderBook(listing: PaperListing, [bids, asks]: Sides): string {
  const { symbol, updateId } = listing;
  return `"s":"${symbol}","b":${renderLevels(listing, bids)},"a":${renderLevels(listing, asks)},"u":${updateId},"seq":${updateId}`;
}

export function renderBookMessage(
  topic: string,
  type: "snapshot" | "delta",
  listing: PaperListing,
  sides: Sides,
  nowMs: number,
): string {
  return `{"topic":"${topic}","type":"${type}","ts":${nowMs},"data":{${renderBook(listing, sides)}},"cts":${nowMs}}`;
}

function renderLevels(listing: PaperListing, levels: readonly Level[]): string {
  return `[${levels.map(([pxTicks, qtyLots]) => `["${listing.tick.format(pxTicks)}","${listing.lot.format(qtyLots)}"]`).join(",")}]`;
}

export function renderTradeMessage(
  topic: string,
  listing: PaperListing,
  pxTicks: number,
  qtyLots: number,
  buyerIsMaker: boolean,
  nowMs: number,
): string {
  const { symbol, lastTradeId } = listing;
  return (
    `{"topic":"${topic}","type":"snapshot","ts":${nowMs},"data":[{"T":${nowMs},"s":"${symbol}","S":"${buyerIsMaker ? "Sell" : "Buy"}",` +
    `"v":"${listing.lot.format(qtyLots)}","p":"${listing.tick.format(pxTicks)}","L":"ZeroPlusTick","i":"${symbol}-${lastTradeId}","BT":false,"RPI":false,"seq":${lastTradeId}}]}`
  );
}

/** Last price and top of book are this venue's; what a whole market would be needed for is zero. */
export function tickerFields(listing: PaperListing): Record<string, string> {
  const { tick, lot, engine, lastPxTicks } = listing;
  const bid = engine.bestBid();
  const ask = engine.bestAsk();
  const last = tick.format(lastPxTicks);
  return {
    symbol: listing.symbol,
    tickDirection: "ZeroPlusTick",
    ...{ lastPrice: last, prevPrice24h: last, highPrice24h: last, lowPrice24h: last, prevPrice1h: last },
    ...{ markPrice: last, indexPrice: last, price24hPcnt: "0", openInterest: "0", openInterestValue: "0" },
    ...{ turnover24h: "0", volume24h: "0", nextFundingTime: "0", fundingRate: "0", fundingIntervalHour: "8" },
    bid1Price: tick.format(bid?.pxTicks ?? 0),
    bid1Size: lot.format(bid?.qtyLots ?? 0),
    ask1Price: tick.format(ask?.pxTicks ?? 0),
    ask1Size: lot.format(ask?.qtyLots ?? 0),
  };
}
