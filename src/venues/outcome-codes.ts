/**
 * Outcome codes: what a venue's error code proves about an order is in each venue's `codes.ts`; what they all hold to is here.
 *
 * Invariants
 *   - A code is `rejected` only when it stands in the venue's table of definitive rejects; every code that is not in a
 *     table is `unknown`. A wrong `unknown` costs one query; a wrong `rejected` can fill an order twice.
 *   - A failed cancel or query says nothing about the order itself, so it is never `rejected`.
 *
 * The tables are those of the venue's documentation, by raw code. Library error classes are not safe to branch on.
 */

/** Codes of our own, positive where Binance's are negative: why a report is `unknown` although no venue code says so. */
export const LOCAL_CODES = {
  /** The socket went down between our request and its answer. */
  socketLost: 1,
  /** The venue was closed by us between our request and its answer. */
  closed: 2,
  /** An order status this adapter has no meaning for, such as an auto-deleveraging `NEW_ADL`. */
  statusUnmapped: 3,
  /** A filled quantity that is no whole number of lots, or not a plain decimal. Never rounded. */
  qtyNotLots: 4,
  /** An answer that belongs to one of our requests and contradicts it or misses a field. */
  malformed: 5,
} as const;

export type Operation = "place" | "cancel" | "query";
