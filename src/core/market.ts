/**
 * What the core knows of the outside at this instant: best quotes per listing, health per venue. Plain state, folded from
 * events; nothing here decides.
 */
import type { Directory } from "../domain/instrument.ts";
import type { Quote, Side } from "../domain/order.ts";
import type { Ns } from "../domain/units.ts";
import type { Misfit, VenueStatus } from "../domain/venue-status.ts";

type SavedMarket = ReturnType<Market["save"]>;

const MEDIAN_STEP = 1 / 64;

interface ListingQuote {
  bidTicks: number;
  askTicks: number;
  bidLots: number;
  askLots: number;
  /** What it usually shows at the touch; NaN before the first quote. */
  usualLots: number;
  /** When it was made, as far as that is known. */
  atNs: number;
}

export class Market {
  readonly #directory: Directory;
  readonly #quoteAgeNsMax: number;
  readonly #clockErrorMsMax: number;
  readonly #quotes: ListingQuote[];
  readonly #venues: { ready: boolean; compared: boolean; offsetMs: number }[];
  /** By venue: what does not fit its rules. By listing: what that forbids, as kill levels. */
  readonly #misfits: (readonly Misfit[])[];
  readonly #barred: Uint8Array;
  readonly #listingsOf: readonly (readonly number[])[];
  /** Reused by `midTicks`, and never shortened: emptying an array gives its memory away, and filling it takes new. */
  readonly #mids: Float64Array;
  /** By instrument: the mid as last asked for, and when. One event asks for the same mid up to ten times. */
  readonly #midTicks: Float64Array;
  readonly #midNs: Float64Array;

  constructor(directory: Directory, quoteAgeMsMax: number, clockErrorMsMax: number) {
    this.#directory = directory;
    this.#quoteAgeNsMax = quoteAgeMsMax * 1e6;
    this.#clockErrorMsMax = clockErrorMsMax;
    this.#quotes = directory.listings.map(() => ({
      bidTicks: 0,
      askTicks: 0,
      bidLots: 0,
      askLots: 0,
      // Not a whole number, so that the field holds doubles from the start and is written in place.
      usualLots: Number.NaN,
      atNs: Number.NEGATIVE_INFINITY,
    }));
    this.#misfits = directory.venues.map(() => []);
    this.#barred = new Uint8Array(directory.listings.length);
    this.#mids = new Float64Array(directory.listings.length);
    this.#midTicks = new Float64Array(directory.instruments.length);
    this.#midNs = new Float64Array(directory.instruments.length).fill(Number.NaN);
    this.#venues = directory.venues.map(() => ({ ready: false, compared: false, offsetMs: Number.NaN }));
    this.#listingsOf = directory.instruments.map((instrument) =>
      directory.listings.filter((listing) => listing.instrument === instrument.index).map((listing) => listing.index),
    );
  }

  /**
   * Its age counts from the venue's stamp where there is one and the venue's clock is known: what was held up on its way is not
   * new because it has just arrived.
   */
  onQuote(quote: Quote, nowNs: Ns, wallMs: number): void {
    const known = this.#quotes[quote.listing]!;
    const { instrument, venue } = this.#directory.listings[quote.listing]!;
    const onItsWayMs = this.venueMsKnown(venue, wallMs) - quote.venueMs;
    known.bidTicks = quote.bidTicks;
    known.askTicks = quote.askTicks;
    known.bidLots = quote.bidLots;
    known.askLots = quote.askLots;
    // NaN is not more than 0. Subtracted in either case: a number that is computed is written in place.
    known.atNs = nowNs - (quote.venueMs > 0 && onItsWayMs > 0 ? onItsWayMs : 0) * 1e6;
    this.#midNs[instrument] = Number.NaN;
    // A median in one number: it goes up or down by a step with every quote, so that one wild quote moves it by a step only.
    const shown = (quote.bidLots + quote.askLots) / 2;
    // Nothing at all is no size to begin with: no step leads away from it.
    if (!(known.usualLots > 0)) known.usualLots = shown;
    else if (shown !== known.usualLots) known.usualLots *= shown > known.usualLots ? 1 + MEDIAN_STEP : 1 - MEDIAN_STEP;
  }

  /** True when orders may flow there from now on and could not before. */
  onVenueStatus(status: VenueStatus): boolean {
    const venue = this.#venues[status.venue]!;
    const wasReady = venue.ready;
    venue.offsetMs = status.clockOffsetMs;
    venue.ready = status.ordersLive && status.streamLive && status.clockErrorMs <= this.#clockErrorMsMax;
    if (!status.quotesLive) this.#forgetQuotes(status.venue);
    return venue.ready && !wasReady;
  }

  /** Recovery: the venue's clock as it was known then, so that proof of absence counts as it did. Nothing may flow yet. */
  restoreClock({ venue, clockOffsetMs }: VenueStatus): void {
    const known = this.#venues[venue];
    if (known !== undefined) known.offsetMs = clockOffsetMs;
  }

  /** Our own clock was set: the venues' have not moved. */
  onClockSet(byMs: number): void {
    for (const venue of this.#venues) venue.offsetMs -= byMs;
  }

  /** What a snapshot keeps of it: what recovery restores. */
  save() {
    return { offsetsMs: this.#venues.map(({ offsetMs }) => offsetMs), misfits: [...this.#misfits] };
  }
  /** Snapshots of builds that did not look at rules have no `misfits`. */
  load({ offsetsMs, misfits = [] }: Omit<SavedMarket, "misfits"> & Partial<SavedMarket>): void {
    offsetsMs.forEach((offsetMs, venue) => {
      this.#venues[venue]!.offsetMs = offsetMs;
    });
    misfits.forEach((each, venue) => {
      this.onRules(venue, each);
    });
  }

  /** All that does not fit of a venue's rules now. */
  onRules(venue: number, misfits: readonly Misfit[]): void {
    this.#misfits[venue] = misfits;
    for (const { index, venue: at } of this.#directory.listings) if (at === venue) this.#barred[index] = 0;
    for (const { listing, level } of misfits) this.#barred[listing] = Math.max(this.#barred[listing]!, level);
  }

  misfits(venue: number): readonly Misfit[] {
    return this.#misfits[venue]!;
  }

  /** What the venue's rules forbid there: 1 what increases risk, 2 every order. */
  barredLevel(listing: number): number {
    return this.#barred[listing]!;
  }

  /** Its positions have been held against ours in this life, whatever that showed. */
  onCompared(venue: number): void {
    this.#venues[venue]!.compared = true;
  }

  isCompared(venue: number): boolean {
    return this.#venues[venue]!.compared;
  }

  /**
   * Orders may flow there: sockets live, private stream confirmed, clock known well enough to stamp an order, and positions
   * compared: what a power loss took out of our book shows only there.
   */
  venueReady(venue: number): boolean {
    const { ready, compared } = this.#venues[venue]!;
    return ready && compared;
  }

  /** Its venue takes orders, and a quantity means there what it means here. */
  takesOrders(listing: number): boolean {
    return this.venueReady(this.#directory.listings[listing]!.venue) && this.#barred[listing]! < 2;
  }

  /** It can be reached, whether or not its positions have been compared yet. */
  isUp(venue: number): boolean {
    return this.#venues[venue]!.ready;
  }

  /** The venue's clock at `wallMs` of ours, to the ms; our own where its offset is not known. */
  venueMs(venue: number, wallMs: number): number {
    const { offsetMs } = this.#venues[venue]!;
    return Math.round(Number.isNaN(offsetMs) ? wallMs : wallMs + offsetMs);
  }

  /** The same, but NaN where the offset is not known: what is judged by the venue's clock is not to be judged by ours. */
  venueMsKnown(venue: number, wallMs: number): number {
    return Math.round(wallMs + this.#venues[venue]!.offsetMs);
  }

  listingsOf(instrument: number): readonly number[] {
    return this.#listingsOf[instrument]!;
  }

  /** Some venue takes orders of it, and says at what price. */
  canTrade(instrument: number, nowNs: Ns): boolean {
    return this.#listingsOf[instrument]!.some((index) => this.takesOrders(index) && this.hasFreshQuote(index, nowNs));
  }

  hasFreshQuote(listing: number, nowNs: Ns): boolean {
    const quote = this.#quotes[listing]!;
    return nowNs - quote.atNs <= this.#quoteAgeNsMax && quote.bidTicks > 0 && quote.askTicks >= quote.bidTicks;
  }

  /** From when on an instrument has no fresh quote, if none comes; in the past where it has none now. */
  staleFromNs(instrument: number): number {
    let fromNs = Number.NEGATIVE_INFINITY;
    for (const listing of this.#listingsOf[instrument]!) {
      const { bidTicks, askTicks, atNs } = this.#quotes[listing]!;
      // Whole ns: at its greatest age a quote is fresh.
      if (bidTicks > 0 && askTicks >= bidTicks) fromNs = Math.max(fromNs, atNs + this.#quoteAgeNsMax + 1);
    }
    return fromNs;
  }

  /** Age of the newest quote in ms; Infinity where there is none. */
  quoteAgeMs(listing: number, nowNs: Ns): number {
    return (nowNs - this.#quotes[listing]!.atNs) / 1e6;
  }

  /** Price at which `side` would trade now: the ask for a buy. */
  touchTicks(listing: number, side: Side): number {
    const quote = this.#quotes[listing]!;
    return side === "buy" ? quote.askTicks : quote.bidTicks;
  }

  /** Lots displayed at that price. */
  depthLots(listing: number, side: Side): number {
    const quote = this.#quotes[listing]!;
    return side === "buy" ? quote.askLots : quote.bidLots;
  }

  /** Lots usually displayed at the touch, either side: about the median of its quotes so far; NaN before the first. */
  usualDepthLots(listing: number): number {
    return this.#quotes[listing]!.usualLots;
  }

  halfSpreadTicks(listing: number): number {
    const quote = this.#quotes[listing]!;
    return (quote.askTicks - quote.bidTicks) / 2;
  }

  /** Median of the fresh mids of an instrument over its venues, in ticks; NaN when none is fresh. One bad venue cannot move it. */
  midTicks(instrument: number, nowNs: Ns): number {
    if (this.#midNs[instrument] !== nowNs) this.#findMid(instrument, nowNs);
    return this.#midTicks[instrument]!;
  }

  /** Hands no number back: it would be boxed. */
  #findMid(instrument: number, nowNs: Ns): void {
    const mids = this.#mids;
    const listings = this.#listingsOf[instrument]!;
    let count = 0;
    for (let i = 0; i < listings.length; i++) {
      const listing = listings[i]!;
      if (!this.hasFreshQuote(listing, nowNs)) continue;
      const quote = this.#quotes[listing]!;
      mids[count++] = (quote.bidTicks + quote.askTicks) / 2;
    }
    sortAscending(mids, count);
    const middle = count >> 1;
    this.#midTicks[instrument] =
      count === 0 ? Number.NaN : count % 2 === 1 ? mids[middle]! : (mids[middle - 1]! + mids[middle]!) / 2;
    this.#midNs[instrument] = nowNs;
  }

  #forgetQuotes(venue: number): void {
    for (const listing of this.#directory.listings) {
      if (listing.venue === venue) this.#quotes[listing.index]!.atNs = Number.NEGATIVE_INFINITY;
    }
    this.#midNs.fill(Number.NaN);
  }
}

/** Insertion sort in place: at most a handful of venues, and no comparator to allocate. */
function sortAscending(values: Float64Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let j = i - 1;
    for (; j >= 0 && values[j]! > value; j--) values[j + 1] = values[j]!;
    values[j + 1] = value;
  }
}
