/**
 * What subscribers of a differential depth channel know of a book, and what has changed since they were told.
 */
import type { PaperListing } from "./listing.ts";

/** Price in ticks and quantity in lots; quantity 0: the level has gone. Best first, gone levels before all others. */
export type Level = readonly [pxTicks: number, qtyLots: number];
export type Sides = readonly [bids: readonly Level[], asks: readonly Level[]];

export class DepthDiff {
  readonly #listing: PaperListing;
  readonly #levels: number;
  readonly #bids = new Map<number, number>();
  readonly #asks = new Map<number, number>();

  /** `levels`: how deep the subscribers see. */
  constructor(listing: PaperListing, levels: number) {
    this.#listing = listing;
    this.#levels = levels;
  }

  /** Levels that differ from what is known; they are known afterwards. */
  changes(): Sides {
    const [bids, asks] = topLevels(this.#listing, this.#levels);
    return [diff(this.#bids, bids), diff(this.#asks, asks)];
  }
}

export function topLevels(listing: PaperListing, levels: number): Sides {
  const { bids, asks } = listing.engine.depth(levels);
  return [
    bids.map(({ pxTicks, qtyLots }): Level => [pxTicks, qtyLots]),
    asks.map(({ pxTicks, qtyLots }): Level => [pxTicks, qtyLots]),
  ];
}

function diff(known: Map<number, number>, now: readonly Level[]): Level[] {
  const current = new Map(now);
  const changed: Level[] = [];
  for (const pxTicks of known.keys()) {
    if (current.has(pxTicks)) continue;
    changed.push([pxTicks, 0]);
    known.delete(pxTicks);
  }
  for (const [pxTicks, qtyLots] of current) {
    if (known.get(pxTicks) === qtyLots) continue;
    changed.push([pxTicks, qtyLots]);
    known.set(pxTicks, qtyLots);
  }
  return changed;
}
