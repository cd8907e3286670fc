/**
 * Where a position stands: an instrument's fills venue by venue, when only their sum was ever wished.
 *
 * A position that was flattened while one of its venues was away is flat in sum only: what stands there is offset elsewhere.
 */
import type { Directory } from "../../domain/instrument.ts";
import type { Ledger } from "../ledger.ts";
import type { Market } from "../market.ts";

/** Some of the instruments stands at the venue. Allocates nothing. */
export function standsAt(directory: Directory, ledger: Ledger, venue: number, one: number, other: number): boolean {
  for (const { index, instrument, venue: at } of directory.listings) {
    if (at === venue && (instrument === one || instrument === other) && ledger.positionLots(index) !== 0) return true;
  }
  return false;
}

/**
 * How much of what stands at the venue is offset at venues that take orders now: signed like the position there, 0 where none.
 * Both sides of it can be taken off reduce-only, and leave the sum as it is. Allocates nothing.
 */
export function offsetLots(
  directory: Directory,
  market: Market,
  ledger: Ledger,
  instrument: number,
  venue: number,
): number {
  let here = 0;
  for (const index of market.listingsOf(instrument)) {
    if (directory.listings[index]!.venue === venue && market.takesOrders(index)) here += ledger.positionLots(index);
  }
  let opposite = 0;
  for (const index of market.listingsOf(instrument)) {
    const { venue: at } = directory.listings[index]!;
    const lots = ledger.positionLots(index);
    if (at !== venue && Math.sign(lots) === -Math.sign(here) && market.takesOrders(index)) opposite += Math.abs(lots);
  }
  return Math.sign(here) * Math.min(Math.abs(here), opposite) + 0;
}
