/**
 * OKX V5: instruments, books and trades as its JSON texts.
 */
import { crc32 } from "node:zlib";
import type { Level, Sides } from "../../depth-diff.ts";
import type { PaperListing } from "../../listing.ts";
import { plain, price, size } from "./render.ts";

/** Levels whose text the checksum covers, of each side. */
const CHECKSUM_LEVELS = 25;

/** `instIdCode` is what WebSocket orders name the instrument by. */
export function renderInstrument(listing: PaperListing, instIdCode: number, lever: number): string {
  const { symbol, base, quote, tick, wireLot } = listing;
  const sizeMax = "100000000";
  return (
    `{"alias":"","baseCcy":"","category":"1","ctMult":"1","ctType":"linear","ctVal":"${plain(listing.contractSize)}","ctValCcy":"${base}",` +
    `"contTdSwTime":"","expTime":"","futureSettlement":false,"groupId":"4","instFamily":"${base}-${quote}","instId":"${symbol}",` +
    `"instIdCode":${instIdCode},"instType":"SWAP","lever":"${lever}","listTime":"1611916828000","lotSz":"${plain(wireLot.format(1))}",` +
    `"maxIcebergSz":"${sizeMax}","maxLmtAmt":"20000000","maxLmtSz":"${sizeMax}","maxMktAmt":"","maxMktSz":"${sizeMax}","maxStopSz":"${sizeMax}",` +
    `"maxTriggerSz":"${sizeMax}","maxTwapSz":"${sizeMax}","minSz":"${size(listing, listing.minQtyLots)}","openType":"call_auction","optType":"",` +
    `"preMktSwTime":"","quoteCcy":"","ruleType":"normal","settleCcy":"${quote}","state":"live","stk":"","tickSz":"${plain(tick.format(1))}",` +
    `"tradeQuoteCcyList":[],"uly":"${base}-${quote}"}`
  );
}

/** What ties an update of `books` to the one before it; `previous` is -1 in a snapshot. */
export interface BookChain {
  readonly checksum: number;
  readonly previous: number;
}

/** One `data` row of `books` and `bbo-tbt`. Without `book` it carries no checksum and no predecessor. */
export function renderBook(
  listing: PaperListing,
  [bids, asks]: Sides,
  nowMs: number,
  seqId: number,
  book?: BookChain,
): string {
  const tail = book === undefined ? "" : `,"checksum":${book.checksum},"prevSeqId":${book.previous}`;
  return `{"asks":${levels(listing, asks)},"bids":${levels(listing, bids)},"ts":"${nowMs}"${tail},"seqId":${seqId}}`;
}

/** Signed CRC-32 over the best levels of both sides, bid and ask in turn, as the texts they are sent as. */
export function bookChecksum(listing: PaperListing, [bids, asks]: Sides): number {
  const parts: string[] = [];
  for (let at = 0; at < CHECKSUM_LEVELS; at++) {
    for (const level of [bids[at], asks[at]]) {
      if (level !== undefined) parts.push(price(listing, level[0]), size(listing, level[1]));
    }
  }
  return crc32(parts.join(":")) | 0;
}

export function renderPublicTrade(
  listing: PaperListing,
  pxTicks: number,
  qtyLots: number,
  buyerIsMaker: boolean,
  nowMs: number,
): string {
  return (
    `{"instId":"${listing.symbol}","tradeId":"${listing.lastTradeId}","px":"${price(listing, pxTicks)}",` +
    `"sz":"${size(listing, qtyLots)}","side":"${buyerIsMaker ? "sell" : "buy"}","ts":"${nowMs}","count":"1","source":"0","seqId":${listing.updateId}}`
  );
}

/** Third: liquidated orders, deprecated. Fourth: number of orders, which the outside market does not tell; 0 in a gone level. */
function levels(listing: PaperListing, rows: readonly Level[]): string {
  const texts = rows.map(
    ([pxTicks, qtyLots]) => `["${price(listing, pxTicks)}","${size(listing, qtyLots)}","0","${qtyLots === 0 ? 0 : 1}"]`,
  );
  return `[${texts.join(",")}]`;
}
