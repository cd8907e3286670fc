/** Markets of ccxt, or outcomes of prediction markets, read into the facts that the lane's side checks. */

import { VenueError } from "../venue-error.ts";
import type { CcxtExchange, CcxtMarket } from "./exchange.ts";
import type { CcxtListingTask, CcxtTask, MarketFacts } from "./messages.ts";
import { opposingOutcome } from "./prediction.ts";

/** ccxt's modes of `precision`: number of places, significant digits, or the step itself. */
const DECIMAL_PLACES = 2;
const SIGNIFICANT_DIGITS = 3;

/** Throws `LISTING` for a symbol the exchange does not have, or has more than once. `anew`: whatever was loaded before. */
export async function loadFacts(exchange: CcxtExchange, task: CcxtTask, anew = false): Promise<MarketFacts[]> {
  if (task.family === "prediction") {
    await exchange.loadOutcomes?.(task.listings.map(({ id }) => id));
    return task.listings.map((listing) => outcomeFacts(exchange, listing, task.name));
  }
  await exchange.loadMarkets(anew);
  return task.listings.map((listing) => {
    const market = marketOf(exchange, listing, task.name);
    return { ...marketFacts(exchange, market), listing: listing.listing, symbol: market.symbol };
  });
}

function marketOf({ markets, markets_by_id: byId }: CcxtExchange, listing: CcxtListingTask, name: string): CcxtMarket {
  const unified = markets?.[listing.unified];
  if (unified?.id === listing.id) return unified;
  const found = byId?.[listing.id] ?? [];
  if (found.length === 1) return found[0]!;
  const what = found.length === 0 ? "the exchange lists no such market" : "several markets have this symbol";
  throw new VenueError("LISTING", "symbol", `${listing.id} at ${name}: ${what}`);
}

function marketFacts(exchange: CcxtExchange, market: CcxtMarket): Omit<MarketFacts, "listing" | "symbol"> {
  const text = (value: unknown) => (value === undefined || value === null ? undefined : exchange.numberToString(value));
  const { precision, limits } = market;
  return {
    active: market.active !== false,
    contract: market.contract === true,
    inverse: market.inverse === true,
    contractSize: market.contract === true ? (text(market.contractSize) ?? "1") : "1",
    ...present("amountStep", stepOf(text(precision?.amount), exchange.precisionMode)),
    ...present("priceStep", stepOf(text(precision?.price), exchange.precisionMode)),
    ...present("amountMin", text(limits?.amount?.min)),
    ...present("costMin", text(limits?.cost?.min)),
  };
}

function outcomeFacts(exchange: CcxtExchange, { id, listing }: CcxtListingTask, name: string): MarketFacts {
  const outcome = exchange.outcomes?.[id] ?? exchange.outcomes_by_id?.[id];
  if (outcome === undefined)
    throw new VenueError("LISTING", "symbol", `${id} at ${name}: the exchange knows no such outcome`);
  const opposing = opposingOutcome(outcome, Object.values(exchange.outcomes ?? {}));
  const market = exchange.markets?.[outcome.market ?? ""];
  if (market === undefined)
    throw new VenueError("LISTING", "market", `${id} at ${name}: the market of the outcome is not loaded`);
  const facts = marketFacts(exchange, { ...market, contract: false });
  return { ...facts, listing, symbol: outcome.outcome, opposing: opposing.outcome };
}

function stepOf(precision: string | undefined, mode: number): string | undefined {
  if (precision === undefined || mode === SIGNIFICANT_DIGITS) return undefined;
  if (mode !== DECIMAL_PLACES) return precision;
  const places = Number(precision);
  return places <= 0 ? `1${"0".repeat(-places)}` : `0.${"1".padStart(places, "0")}`;
}

function present<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}
