/**
 * One symbol of a paper venue: its steps and limits, its book, and the outside liquidity in it.
 */
import { parseScaled } from "../domain/decimal.ts";
import { AssertionError } from "../domain/units.ts";
import type { OtherRules } from "./fault-forms.ts";
import { MatchingEngine } from "./matching.ts";
import { formatMoney, OrderDecimal } from "./order-decimal.ts";
import { type DepthAssumption, OutsideLiquidity } from "./outside-liquidity.ts";

/** Decimal strings, as an exchange publishes them. */
export interface ListingOptions {
  readonly symbol: string;
  readonly tickSize: string;
  /** In the base asset, also where the venue counts contracts. */
  readonly lotSize: string;
  /** Base asset per contract, where orders are in contracts; default 1. */
  readonly contractSize?: string;
  /** Default: taken from the symbol (BTCUSDT, BTC-USDT-SWAP). */
  readonly base?: string;
  readonly quote?: string;
  /** Symbol of the market source that moves it. Default: the symbol without dashes and -SWAP. */
  readonly marketSymbol?: string;
  readonly minQty?: string;
  readonly minNotional?: string;
  /** Where the synthetic market starts; also the mark price until the first quote. */
  readonly initialPrice?: string;
}

export interface PaperListing {
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly tick: OrderDecimal;
  /** Lots as an amount of the base asset. */
  readonly lot: OrderDecimal;
  /** Lots as orders state them: contracts, or the same as `lot`. */
  readonly wireLot: OrderDecimal;
  readonly contractSize: string;
  readonly marketSymbol: string;
  readonly minQtyLots: number;
  readonly minNotional: string;
  /** In ticks x lots, rounded up. */
  readonly minNotionalUnits: number;
  /** Value of one tick times one lot in 10^-8 quote units. */
  readonly unitE8: bigint;
  /** Tick and lot in units of 10^-8, for market data. */
  readonly tickE8: number;
  readonly lotE8: number;
  readonly engine: MatchingEngine;
  readonly outside: OutsideLiquidity;
  /** Rises by one with every change of the book. */
  updateId: number;
  lastTradeId: number;
  lastPxTicks: number;
}

const QUOTES = ["USDT", "USDC", "FDUSD", "BUSD", "USD", "BTC", "ETH", "EUR"];

export function createListing(options: ListingOptions, depth: DepthAssumption): PaperListing {
  const { symbol } = options;
  const tick = new OrderDecimal(options.tickSize);
  const lot = new OrderDecimal(options.lotSize);
  const unitPlaces = tick.places + lot.places;
  if (unitPlaces > 8)
    throw new AssertionError(
      `symbol ${symbol}: tickSize x lotSize needs ${unitPlaces} decimal places, at most 8 are kept`,
    );
  const unitE8 =
    scaled(symbol, "tickSize", options.tickSize, tick.places) *
    scaled(symbol, "lotSize", options.lotSize, lot.places) *
    10n ** BigInt(8 - unitPlaces);
  const minNotional = options.minNotional ?? "0";
  const minNotionalE8 = scaled(symbol, "minNotional", minNotional, 8);
  const minQtyLots = options.minQty === undefined ? 1 : lot.parse(options.minQty);
  if (minQtyLots < 1)
    throw new AssertionError(`symbol ${symbol}: minQty ${options.minQty} is no positive multiple of lotSize`);
  const initialPxTicks = options.initialPrice === undefined ? 0 : tick.parse(options.initialPrice);
  if (initialPxTicks < 0)
    throw new AssertionError(`symbol ${symbol}: initialPrice ${options.initialPrice} is no multiple of tickSize`);
  const { base, quote } = assetsOf(options);
  const contractSize = options.contractSize ?? "1";
  const engine = new MatchingEngine();
  return {
    symbol,
    base,
    quote,
    tick,
    lot,
    wireLot: contractSize === "1" ? lot : new OrderDecimal(quotient(symbol, options.lotSize, contractSize)),
    contractSize,
    marketSymbol: marketSymbolOf(options),
    minQtyLots,
    minNotional,
    minNotionalUnits: Number((minNotionalE8 + unitE8 - 1n) / unitE8),
    unitE8,
    tickE8: Number(scaled(symbol, "tickSize", options.tickSize, 8)),
    lotE8: Number(scaled(symbol, "lotSize", options.lotSize, 8)),
    engine,
    outside: new OutsideLiquidity(engine, depth),
    updateId: 1,
    lastTradeId: 0,
    lastPxTicks: initialPxTicks,
  };
}

/** The listing as a market list with those rules has it: to be told, not to be traded by. */
export function restated(listing: PaperListing, { tickSize, lotSize, contractSize }: OtherRules): PaperListing {
  const lot = lotSize ?? listing.lot.step;
  const contract = contractSize ?? listing.contractSize;
  return {
    ...listing,
    tick: new OrderDecimal(tickSize ?? listing.tick.step),
    lot: new OrderDecimal(lot),
    wireLot: new OrderDecimal(quotient(listing.symbol, lot, contract)),
    contractSize: contract,
  };
}

/** The market source's name for a listing, which venues with other symbols share. */
export function marketSymbolOf({ symbol, marketSymbol }: ListingOptions): string {
  return marketSymbol ?? symbol.replace(/-SWAP$/, "").replaceAll("-", "");
}

function assetsOf({ symbol, base, quote }: ListingOptions): { readonly base: string; readonly quote: string } {
  const [first = symbol, second] = symbol.split("-");
  if (second !== undefined) return { base: base ?? first, quote: quote ?? second };
  const found = quote ?? QUOTES.find((each) => symbol.endsWith(each) && symbol.length > each.length) ?? "USDT";
  return { base: base ?? (symbol.endsWith(found) ? symbol.slice(0, -found.length) : symbol), quote: found };
}

/** Decimal text of lot size by contract size; at most eight places. */
function quotient(symbol: string, lotSize: string, contractSize: string): string {
  const lotE18 = scaled(symbol, "lotSize", lotSize, 18);
  const contractE18 = scaled(symbol, "contractSize", contractSize, 18);
  if (contractE18 === 0n || (lotE18 * 100_000_000n) % contractE18 !== 0n)
    throw new AssertionError(
      `symbol ${symbol}: lotSize ${lotSize} is no plain decimal of contracts of ${contractSize}`,
    );
  const text = formatMoney((lotE18 * 100_000_000n) / contractE18);
  return text.replace(/\.?0+$/, "");
}

function scaled(symbol: string, field: string, text: string, places: number): bigint {
  const value = parseScaled(text, places);
  if (value === null || value < 0n)
    throw new AssertionError(`symbol ${symbol}: ${field} "${text}" is not a plain decimal of ${places} places`);
  return value;
}
