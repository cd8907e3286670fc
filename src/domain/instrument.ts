/**
 * Instruments, venues and listings: the thing traded, the place, and the thing at that place.
 *
 * Outside they have names; inside they are dense indices into the arrays of a `Directory`. Names are resolved once, at the
 * edge. A quantity is a whole number of the instrument's lots and a price a whole number of its ticks; a listing's own lot
 * and tick are whole multiples of them.
 */
import { toSteps } from "./decimal.ts";
import { AssertionError, type Lots, lots } from "./units.ts";

export interface Instrument {
  readonly index: number;
  /** Unified symbol: `BTC/USDT`, or `BTC/USDT:USDT` for its perpetual. */
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  /** Decimal strings, for conversion at the edge, and the same as floats, for deciding. */
  readonly tickSize: string;
  readonly lotSize: string;
  readonly tick: number;
  readonly lot: number;
}

export interface VenueInfo {
  readonly index: number;
  readonly name: string;
}

export interface Listing {
  readonly index: number;
  readonly instrument: number;
  readonly venue: number;
  /** The venue's own spelling. */
  readonly symbol: string;
  /** The venue's tick and lot as multiples of the instrument's. */
  readonly tickStep: number;
  readonly lotStep: Lots;
  readonly qtyLotsMin: Lots;
  /** Largest order; MAX_SAFE_INTEGER where the venue has no bound. Absent in journals of builds that knew none. */
  readonly qtyLotsMax?: Lots;
  /** Smallest order in quote units; 0 when the venue has none. */
  readonly notionalMin: number;
  /** Taker fee as a fraction of notional. */
  readonly takerFee: number;
}

export interface Directory {
  /** Names of the configured signal sources, by index. */
  readonly sources: readonly string[];
  readonly instruments: readonly Instrument[];
  readonly venues: readonly VenueInfo[];
  readonly listings: readonly Listing[];
  /** Accepted spellings → instrument index. -1 marks a spelling that means more than one instrument. */
  readonly spellings: ReadonlyMap<string, number>;
}

export interface InstrumentSpec {
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: string;
  readonly aliases?: readonly string[];
  readonly listings?: readonly {
    readonly venue: string;
    readonly symbol: string;
    readonly tickSize?: string;
    readonly lotSize?: string;
    readonly minQty?: string;
    readonly maxQty?: string;
    readonly minNotional?: number;
    readonly takerFee?: number;
  }[];
}

const SYMBOL = /^([A-Z0-9]{1,20})\/([A-Z0-9]{1,20})(?::([A-Z0-9]{1,20}))?$/;

/** Builds the directory from configuration. Throws with the field named when a listing does not fit its instrument. */
export function createDirectory(
  sources: readonly string[],
  venueNames: readonly string[],
  specs: readonly InstrumentSpec[],
): Directory {
  const instruments: Instrument[] = [];
  const listings: Listing[] = [];
  const spellings = new Map<string, number>();
  const claim = (spelling: string, index: number) => {
    const known = spellings.get(spelling);
    spellings.set(spelling, known === undefined || known === index ? index : -1);
  };
  for (const spec of specs) {
    const match = SYMBOL.exec(spec.symbol);
    if (!match) throw new AssertionError(`instrument "${spec.symbol}" is not a unified symbol such as BTC/USDT:USDT`);
    const [, base = "", quote = ""] = match;
    const index = instruments.length;
    instruments.push({
      index,
      symbol: spec.symbol,
      base,
      quote,
      tickSize: spec.tickSize,
      lotSize: spec.lotSize,
      tick: Number(spec.tickSize),
      lot: Number(spec.lotSize),
    });
    for (const spelling of derivedSpellings(spec.symbol, base, quote, match[3] !== undefined)) claim(spelling, index);
    for (const alias of spec.aliases ?? []) claim(alias, index);
    for (const listing of spec.listings ?? []) {
      const venue = venueNames.indexOf(listing.venue);
      const where = `listing of ${spec.symbol} at ${listing.venue}`;
      if (venue < 0) throw new AssertionError(`${where}: no venue of that name`);
      const steps = (field: string, value: string, unit: string) => {
        const n = toSteps(value, unit);
        if (n === null || n <= 0)
          throw new AssertionError(`${where}: ${field} ${value} is no whole multiple of ${unit}`);
        return n;
      };
      const lotStep = lots(steps("lotSize", listing.lotSize ?? spec.lotSize, spec.lotSize));
      listings.push({
        index: listings.length,
        instrument: index,
        venue,
        symbol: listing.symbol,
        tickStep: steps("tickSize", listing.tickSize ?? spec.tickSize, spec.tickSize),
        lotStep,
        qtyLotsMin: listing.minQty === undefined ? lotStep : lots(steps("minQty", listing.minQty, spec.lotSize)),
        qtyLotsMax:
          listing.maxQty === undefined
            ? (Number.MAX_SAFE_INTEGER as Lots)
            : lots(steps("maxQty", listing.maxQty, spec.lotSize)),
        notionalMin: listing.minNotional ?? 0,
        takerFee: listing.takerFee ?? 0.0005,
      });
    }
  }
  return { sources, instruments, venues: venueNames.map((name, index) => ({ index, name })), listings, spellings };
}

/** Index of the instrument a sender's spelling means, or why not. A leading exchange prefix (`BINANCE:`) is ignored. */
export function resolveAsset(directory: Directory, asset: string): number | "unknown" | "ambiguous" {
  const found = directory.spellings.get(asset) ?? directory.spellings.get(withoutExchange(asset));
  return found === undefined ? "unknown" : found < 0 ? "ambiguous" : found;
}

/** `BINANCE:BTCUSDT` → `BTCUSDT`; a unified perpetual `BTC/USDT:USDT` is left alone. */
function withoutExchange(asset: string): string {
  const colon = asset.indexOf(":");
  return colon > 0 && !asset.slice(0, colon).includes("/") ? asset.slice(colon + 1) : asset;
}

/** USD never appears here by itself: `BTC-USD` means `BTC/USDT` only where an alias says so. */
function derivedSpellings(symbol: string, base: string, quote: string, perpetual: boolean): string[] {
  return perpetual ? [symbol, `${base}${quote}.P`] : [symbol, `${base}-${quote}`, `${base}${quote}`];
}
