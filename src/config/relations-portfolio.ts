/** The index of the portfolio hedge can be traded and belongs to nothing else, and there is something to hedge with it. */
import { type Complain, meant } from "./complain.ts";
import { ownedInstruments } from "./owned-instruments.ts";
import type { Config } from "./schema.ts";

export function checkPortfolio(config: Config, complain: Complain): void {
  const { portfolio, instruments } = config;
  if (portfolio === undefined) return;
  const { index, onUnknown, overHedgeLotsMax } = portfolio;
  const found = instruments.find(({ symbol }) => symbol === index);
  const here = ["portfolio", "index"];
  if (found === undefined) {
    const symbols = instruments.map(({ symbol }) => symbol);
    complain(here, `no instrument "${index}"${meant(index, symbols)}`);
  } else if (found.listings.length === 0) {
    complain(here, `"${index}" has no listing, so it cannot be traded`);
  }
  const owned = ownedInstruments(config);
  const owner = owned.find(({ symbol }) => symbol === index)?.owner;
  if (owner !== undefined) complain(here, `"${index}" belongs to ${owner}: an index is nothing else's`);
  if (owned.length === 0) complain(["portfolio"], "there is no shield, signal or reversion to hedge");
  if (onUnknown === "hedgeAnyway" && overHedgeLotsMax === 0) {
    complain(["portfolio", "overHedgeLotsMax"], "hedgeAnyway needs a budget: state how many lots may be too much");
  }
}
