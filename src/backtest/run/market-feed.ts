/**
 * Recorded market, merged by time into best quotes of listings: what the simulated venues show, in the order in which they showed
 * it.
 *
 * Quote ticks are quotes. A trade is a quote around its price with a stated spread, and so is a bar, at four points of its
 * interval: open, the nearer extreme, the other extreme, close (low first where it closed up), each with a quarter of the volume on
 * either side. What happened inside a bar is not recorded, so that path is an assumption; the close comes at three quarters of
 * the interval and nothing of a bar is shown before the bar begins.
 *
 * Invariants
 *   - Times never run backwards. Files are joined by time, never by row number; at one time the earlier file goes first.
 *   - Bids round down to the venue's tick and asks up, quantities down to its lot: no venue is better than its source.
 *   - A row that is no row of its kind is refused with file and line. Repetitions are dropped and counted.
 *   - Memory does not depend on the files' length.
 */
import type { Directory, Listing } from "../../domain/instrument.ts";
import { FIELDS } from "../../market-data/format.ts";
import { MarketRows } from "../../market-data/rows.ts";
import { BarsError } from "../bars-error.ts";
import { IntervalCount } from "../interval-count.ts";

/** One file, and what its prices are of. */
export interface FeedFile {
  readonly path: string;
  /** Listings that show them. */
  readonly listings: readonly number[];
  /** An instrument that is held and not listed: its prices value it, and nothing else; -1 for none. */
  readonly asset: number;
}

export interface FeedTerms {
  /** Between bid and ask where a file has none, in basis points of the price. */
  readonly spreadBps: number;
  /** Lots shown where a file has no sizes, as notional in quote units. */
  readonly depthNotional: number;
}

/** Overwritten by the next step. */
export interface FeedQuote {
  /** By the venue's clock; a fraction of a ms where the file has one. */
  atMs: number;
  /** -1: a price of `asset`. */
  listing: number;
  asset: number;
  bidTicks: number;
  askTicks: number;
  bidLots: number;
  askLots: number;
  /** Mid before rounding, in quote units. */
  price: number;
}

export interface FeedCounts {
  readonly file: string;
  readonly kind: string;
  readonly rows: number;
  readonly duplicate_rows: number;
  readonly stale_bars: number;
  readonly gaps: number;
  readonly missing_bars: number;
  readonly first_timestamp_ms: number | null;
  readonly last_timestamp_ms: number | null;
}

export class MarketFeed {
  readonly #cursors: readonly Cursor[];
  readonly #directory: Directory;
  readonly #quote: FeedQuote = {
    atMs: 0,
    listing: -1,
    asset: -1,
    bidTicks: 0,
    askTicks: 0,
    bidLots: 0,
    askLots: 0,
    price: 0,
  };
  /** The cursor whose price goes out to its listings now, and the next of them. */
  #open: Cursor | null = null;
  #target = 0;

  /** BarsError for files that cannot be read or hold no rows. */
  constructor(files: readonly FeedFile[], terms: FeedTerms, directory: Directory) {
    this.#directory = directory;
    this.#cursors = files.map((file) => new Cursor(file, terms));
  }

  /** Longest usual interval of the files of bars; 0 without any. Known once the first rows are read. */
  get barMs(): number {
    return this.#cursors.reduce((longest, { barMs }) => Math.max(longest, barMs), 0);
  }

  /** Share of all bytes that has been read. */
  get progress(): number {
    const total = this.#cursors.reduce((sum, { rows }) => sum + rows.sizeBytes, 0);
    return total === 0 ? 1 : this.#cursors.reduce((sum, { rows }) => sum + rows.readBytes, 0) / total;
  }

  /** The next quote; null at the end of all files. */
  next(): FeedQuote | null {
    let open = this.#open;
    if (open === null) {
      open = this.#earliest();
      if (open === null) return null;
      this.#target = 0;
    }
    const { file } = open;
    const quote = this.#quote;
    quote.atMs = open.atMs;
    quote.price = (open.bid + open.ask) / 2;
    if (file.listings.length === 0) {
      quote.listing = -1;
      quote.asset = file.asset;
    } else {
      quote.asset = -1;
      this.#show(quote, this.#directory.listings[file.listings[this.#target]!]!, open);
      this.#target++;
    }
    if (this.#target >= file.listings.length) {
      open.step();
      this.#open = null;
    } else this.#open = open;
    return quote;
  }

  counts(): readonly FeedCounts[] {
    return this.#cursors.map((cursor) => cursor.counts());
  }

  close(): void {
    for (const { rows } of this.#cursors) rows.close();
  }

  #earliest(): Cursor | null {
    let earliest: Cursor | null = null;
    for (const cursor of this.#cursors) {
      if (!cursor.ended && (earliest === null || cursor.atMs < earliest.atMs)) earliest = cursor;
    }
    return earliest;
  }

  #show(quote: FeedQuote, listing: Listing, { bid, ask, bidQty, askQty }: Cursor): void {
    const { tick, lot } = this.#directory.instruments[listing.instrument]!;
    const step = tick * listing.tickStep;
    const lotStep = lot * listing.lotStep;
    quote.listing = listing.index;
    quote.bidTicks = Math.max(1, Math.floor(bid / step + HAIR)) * listing.tickStep;
    quote.askTicks = Math.ceil(ask / step - HAIR) * listing.tickStep;
    if (quote.askTicks <= quote.bidTicks) quote.askTicks = quote.bidTicks + listing.tickStep;
    quote.bidLots = Math.floor(bidQty / lotStep + HAIR) * listing.lotStep;
    quote.askLots = Math.floor(askQty / lotStep + HAIR) * listing.lotStep;
  }
}

/** Keeps a whole number of ticks whole: 61800.1 / 0.1 is 618000.9999999999. */
const HAIR = 1e-6;
/** Bars after which the usual interval is known. */
const INTERVAL_ROWS = 64;
const BAR_POINTS = 4;

/** One file: the quote that is next, and how to get the one behind it. */
class Cursor {
  readonly file: FeedFile;
  readonly rows: MarketRows;
  atMs = 0;
  bid = 0;
  ask = 0;
  bidQty = 0;
  askQty = 0;
  ended = false;
  barMs = 0;
  readonly #halfSpread: number;
  readonly #depthNotional: number;
  readonly #intervals = new IntervalCount();
  readonly #last: Float64Array;
  #point = 0;
  #rowCount = 0;
  #duplicates = 0;
  #stale = 0;
  #firstMs: number | null = null;

  constructor(file: FeedFile, terms: FeedTerms) {
    this.file = file;
    this.#halfSpread = terms.spreadBps / 20_000;
    this.#depthNotional = terms.depthNotional;
    this.rows = new MarketRows(file.path);
    this.#last = new Float64Array(this.rows.values.length).fill(Number.NaN);
    const barMs = this.rows.kind === "bars" ? usualInterval(file.path) : 0;
    this.barMs = barMs ?? 0;
    this.#point = BAR_POINTS;
    this.step();
    if (barMs === null) throw new BarsError("TOO_FEW_BARS", file.path, null, "needs two bars to know their interval");
    if (this.ended) throw new BarsError("TOO_FEW_BARS", file.path, null, "holds no rows");
  }

  step(): void {
    if (this.rows.kind === "bars" && this.#point < BAR_POINTS) {
      this.#showBar();
      return;
    }
    if (!this.#read()) {
      this.ended = true;
      return;
    }
    const { values, kind } = this.rows;
    this.#last.set(values);
    this.#firstMs ??= values[0]!;
    this.#rowCount++;
    if (kind === "bars") {
      if (values[5] === 0) this.#stale++;
      this.#point = 0;
      this.#showBar();
      return;
    }
    this.atMs = values[0]!;
    if (kind === "trades") {
      this.#around(values[1]!, Number.NaN);
      return;
    }
    this.bid = values[1]!;
    this.ask = values[2]!;
    this.bidQty = Number.isNaN(values[3]) ? this.#depthNotional / this.bid : values[3]!;
    this.askQty = Number.isNaN(values[4]) ? this.#depthNotional / this.ask : values[4]!;
  }

  counts(): FeedCounts {
    const { gaps, missing } = this.#intervals.gaps();
    const bars = this.rows.kind === "bars";
    return {
      file: this.file.path,
      kind: this.rows.kind,
      rows: this.#rowCount,
      duplicate_rows: this.#duplicates,
      stale_bars: this.#stale,
      gaps: bars ? gaps : 0,
      missing_bars: bars ? missing : 0,
      first_timestamp_ms: this.#firstMs,
      last_timestamp_ms: Number.isNaN(this.#last[0]) ? null : this.#last[0]!,
    };
  }

  /** Reads on to a row that is new. ROW_BAD, ROW_OUT_OF_ORDER, ROW_CONTRADICTED. */
  #read(): boolean {
    const { rows } = this;
    const { values, path, kind } = rows;
    const last = this.#last;
    while (rows.next()) {
      for (let field = 0; field < values.length; field++) this.#judge(field, values[field]!);
      if (values[0]! < last[0]!) {
        const what = `time ${values[0]} is before ${last[0]} of the row above: sort the file by time`;
        throw new BarsError("ROW_OUT_OF_ORDER", path, rows.line, what);
      }
      if (values[0] === last[0]) {
        let same = true;
        for (let field = 1; field < values.length; field++) same &&= Object.is(values[field], last[field]);
        if (same) {
          this.#duplicates++;
          continue;
        }
        if (kind === "bars") {
          const what = `time ${values[0]} is that of the row above, with other numbers: one of them is wrong`;
          throw new BarsError("ROW_CONTRADICTED", path, rows.line, what);
        }
      }
      if (kind === "quotes" && values[1]! > values[2]!) {
        throw new BarsError("ROW_BAD", path, rows.line, `bid ${values[1]} is above ask ${values[2]}`);
      }
      if (kind === "bars") this.#judgeBar(values);
      if (kind === "bars" && !Number.isNaN(last[0])) this.#intervals.add(values[0]! - last[0]!);
      return true;
    }
    return false;
  }

  #judge(field: number, value: number): void {
    const { rows } = this;
    const name = FIELDS[rows.kind][field]!;
    if (name === "id" || (rows.format.cells[field]! < 0 && Number.isNaN(value))) return;
    const isSize = name === "volume" || name === "bidQty" || name === "askQty" || name === "quantity";
    if (value > 0 ? value < Number.POSITIVE_INFINITY : isSize && value === 0) return;
    const needs = field === 0 ? "a time in ms, µs or ns" : isSize ? "a number from 0" : "a number above 0";
    throw new BarsError("ROW_BAD", rows.path, rows.line, `${name} is "${rows.text(field)}", not ${needs}`);
  }

  #judgeBar(values: Float64Array): void {
    const [, open, high, low, close] = values as unknown as readonly [number, number, number, number, number];
    if (high >= open && high >= close && low <= open && low <= close) return;
    const what = `high ${high} and low ${low} do not enclose open ${open} and close ${close}`;
    throw new BarsError("ROW_BAD", this.rows.path, this.rows.line, what);
  }

  #showBar(): void {
    const [time, open, high, low, close, volume] = this.#last;
    const rises = close! >= open!;
    const point = this.#point++;
    const price = point === 0 ? open! : point === 3 ? close! : (point === 1) === rises ? low! : high!;
    // Bars that come closer than usual wait for the one before.
    this.atMs = Math.max(this.atMs, time! + (point * this.barMs) / BAR_POINTS);
    this.#around(price, volume! / BAR_POINTS);
  }

  #around(price: number, quantity: number): void {
    this.bid = price * (1 - this.#halfSpread);
    this.ask = price * (1 + this.#halfSpread);
    this.bidQty = Number.isNaN(quantity) ? this.#depthNotional / price : quantity;
    this.askQty = this.bidQty;
  }
}

/** From the first bars only, so that it does not depend on how long the file is. */
function usualInterval(path: string): number | null {
  const rows = new MarketRows(path);
  const intervals = new IntervalCount();
  try {
    let before = Number.NaN;
    for (let row = 0; row < INTERVAL_ROWS && rows.next(); row++) {
      const time = rows.values[0]!;
      if (time > before) intervals.add(time - before);
      before = time;
    }
  } finally {
    rows.close();
  }
  return intervals.mostFrequentMs();
}
