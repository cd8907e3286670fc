/**
 * Simulated venue: the venue port on virtual time, with seeded latency and faults, for tests, simulation and backtests.
 *
 * Invariants
 *   - The same scheduler, seed and calls give the same events at the same instants.
 *   - What the exchange did is never changed by a fault: requests, answers and stream events are lost, late or doubled;
 *     fills are not. `exchange` holds the truth.
 *   - Like the native clients it reports and does not conclude: a request whose answer is lost is answered by nothing, a
 *     request under way when the connection breaks is reported `unknown`.
 *   - A report is overwritten after the call it was passed to: whoever keeps a reference sees it.
 *
 * What the exchange itself does is in `sim-exchange.ts`.
 */
import type { Directory } from "../domain/instrument.ts";
import {
  createOrderReport,
  type OrderReport,
  type OrderRequest,
  type Quote,
  type VenueOrder,
} from "../domain/order.ts";
import { type Lots, lots } from "../domain/units.ts";
import type { VenueStatus } from "../domain/venue-status.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import type { Prng } from "./prng.ts";
import type { Scheduler } from "./scheduler.ts";
import { type OrderState, SimExchange, stateOf } from "./sim-exchange.ts";

/** Probabilities are per message. All absent: a venue without faults. */
export interface SimFaults {
  /** The request never arrives, and nothing says so. */
  readonly dropRequest?: number;
  /** The exchange acts on the request, and its answer is lost. */
  readonly dropAnswer?: number;
  readonly dropEvent?: number;
  readonly duplicateEvent?: number;
  /** An event comes `lateEventMs` later than its latency, overtaken by others. */
  readonly lateEvent?: number;
  readonly lateEventMs?: number;
  /** The order is refused for insufficient margin (-2019). */
  readonly reject?: number;
  /** Only a random part of the order finds liquidity. */
  readonly partial?: number;
  /** A message takes `spikeMs` longer. */
  readonly spike?: number;
  readonly spikeMs?: number;
  /** Answers to orders and cancels only say that the gateway took them, as at OKX and Bybit. */
  readonly bareAck?: number;
  /** The answer to an order that has ended says that nothing filled; what did is told `lateEventMs` later, for certain. */
  readonly staleEnd?: number;
  /** A query does not find an order that is younger than this. */
  readonly queryLagMs?: number;
  /** A request that was under way when the connection broke arrives all the same. */
  readonly strayRequest?: number;
}

export interface SimVenueOptions {
  readonly index: number;
  readonly name: string;
  /** One way, uniform between the two. */
  readonly latencyMs: { readonly min: number; readonly max: number };
  readonly faults?: SimFaults;
  /** Venue clock minus the scheduler's. */
  readonly clockSkewMs?: number;
  /** How far ahead of the scheduler's the clock of the machine is that asks; 0 unless given. */
  readonly hostAheadMs?: () => number;
}

export interface SimVenue extends Venue {
  ordersSince(sinceMs: number): Promise<readonly VenueOrder[]>;
  readonly exchange: SimExchange;
  /** Sets the outside market and sends the quote out. */
  setQuote(listing: number, bidTicks: number, bidLots: number, askTicks: number, askLots: number): void;
  /** Cuts every connection for `durationMs`, then makes them again. The exchange goes on trading. */
  outage(durationMs: number): void;
  /** From now on. */
  setFaults(faults: SimFaults): void;
  /** Whoever was connected is gone without a word, and nobody is until the next `connect`. */
  drop(): void;
  /** Tells how far its clock is off, as a client does that has measured again. */
  measure(): void;
  /** In an outage: nobody can connect. */
  readonly isOut: boolean;
}

export function createSimVenue(
  options: SimVenueOptions,
  events: VenueEvents,
  directory: Directory,
  scheduler: Scheduler,
  prng: Prng,
): SimVenue {
  return new SimulatedVenue(options, events, directory, scheduler, prng);
}

const IN_FLIGHT_MAX = 4096;

interface InFlight {
  readonly clientOrderId: string;
  readonly listing: number;
}

type Told = Pick<OrderReport, "clientOrderId" | "listing" | "kind" | "origin"> & Partial<OrderReport>;

class SimulatedVenue implements SimVenue {
  readonly index: number;
  readonly name: string;
  readonly exchange: SimExchange;
  readonly #options: SimVenueOptions;
  readonly #events: VenueEvents;
  readonly #scheduler: Scheduler;
  readonly #prng: Prng;
  readonly #listings: readonly number[];
  readonly #report = createOrderReport();
  readonly #quotes = new Map<number, Quote>();
  readonly #inFlight = new Set<InFlight>();
  #faults: SimFaults;
  #live = false;
  #closed = false;
  #wanted = false;
  /** Counts connections: what was sent over an older one does not arrive over a newer. */
  #connection = 0;
  #outageEndMs = 0;
  #requestsDueMs = 0;
  #eventsDueMs = 0;

  constructor(options: SimVenueOptions, events: VenueEvents, directory: Directory, scheduler: Scheduler, prng: Prng) {
    this.index = options.index;
    this.name = options.name;
    this.#options = options;
    this.#faults = options.faults ?? {};
    this.#events = events;
    this.#scheduler = scheduler;
    this.#prng = prng;
    this.#listings = directory.listings.filter((listing) => listing.venue === options.index).map(({ index }) => index);
    this.exchange = new SimExchange(directory, (state) => this.#publish(state));
  }

  async connect(): Promise<void> {
    this.#wanted = true;
    this.#up();
  }

  get isOut(): boolean {
    return this.#scheduler.nowMs < this.#outageEndMs;
  }

  measure(): void {
    if (this.#live) this.#events.onStatus(this.#status());
  }

  drop(): void {
    this.#wanted = false;
    this.#live = false;
    this.#inFlight.clear();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#down();
  }

  place(order: OrderRequest): boolean {
    // Copied: the exchange keeps it, and the caller may reuse its own.
    const request = { ...order };
    return this.#request(request, () => {
      if (this.#happens(this.#faults.reject)) return { kind: "rejected", code: -2019 };
      const takeLotsMax = this.#happens(this.#faults.partial)
        ? 1 + this.#prng.int(request.qtyLots)
        : Number.MAX_SAFE_INTEGER;
      const result = this.exchange.place(request, this.#venueMs(), takeLotsMax);
      if (result.ok && this.#happens(this.#faults.bareAck)) return { kind: "ack" };
      if (result.ok && result.order.status === "expired" && this.#happens(this.#faults.staleEnd)) {
        this.#tellSurely({ kind: "status", origin: "stream", ...stateOf(result.order), venueMs: this.#venueMs() });
        return { kind: "status", ...stateOf(result.order), cumQtyLots: 0, avgPxTicks: Number.NaN };
      }
      if (result.ok) return { kind: "status", ...stateOf(result.order) };
      return { kind: result.duplicate ? "duplicateId" : "rejected", code: result.code };
    });
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#request({ listing, clientOrderId }, () => {
      const order = this.exchange.cancel(listing, clientOrderId);
      if (this.#happens(this.#faults.bareAck)) return { kind: "ack" };
      return order ? { kind: "status", ...stateOf(order) } : { kind: "cancelUnknown", code: -2011 };
    });
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#request({ listing, clientOrderId }, () => {
      const found = this.exchange.find(listing, clientOrderId);
      const lagMs = this.#faults.queryLagMs ?? 0;
      const order = found !== null && this.#venueMs() - found.request.stampMs < lagMs ? null : found;
      return order
        ? { kind: "status", origin: "query", ...stateOf(order) }
        : { kind: "notFound", origin: "query", code: -2013 };
    });
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    if (!this.#live) throw new Error(`${this.name} is not connected`);
    return new Map(this.#listings.map((listing) => [listing, lots(this.exchange.positionLots(listing))]));
  }

  async ordersSince(sinceMs: number): Promise<readonly VenueOrder[]> {
    if (!this.#live) throw new Error(`${this.name} is not connected`);
    return [...this.exchange.orders()].flatMap((order) => {
      const { clientOrderId, side, qtyLots, reduceOnly, stampMs } = order.request;
      if (stampMs < sinceMs) return [];
      return { ...stateOf(order), clientOrderId, side, qtyLots, reduceOnly, venueMs: stampMs };
    });
  }

  readonly misfitsEveryMs = 3_600_000;

  /** Its rules never change. */
  async misfits(): Promise<readonly []> {
    return [];
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    return { canTrade: true, canWithdraw: false };
  }

  setQuote(listing: number, bidTicks: number, bidLots: number, askTicks: number, askLots: number): void {
    this.exchange.setQuote(listing, bidTicks, bidLots, askTicks, askLots);
    const quote = { listing, bidTicks, askTicks, bidLots, askLots, venueMs: this.#venueMs() };
    this.#quotes.set(listing, quote);
    this.#deliver(this.#latencyMs(), () => this.#events.onQuote({ ...quote }));
  }

  setFaults(faults: SimFaults): void {
    this.#faults = faults;
  }

  outage(durationMs: number): void {
    const endMs = this.#scheduler.nowMs + durationMs;
    this.#outageEndMs = Math.max(this.#outageEndMs, endMs);
    this.#down();
    this.#scheduler.after(durationMs, () => {
      // A longer outage may have begun meanwhile: the last one to end reconnects.
      if (endMs >= this.#outageEndMs && this.#wanted) this.#up();
    });
  }

  /** One request there and its answer back. `act` runs at the exchange, when and if the request arrives. */
  #request(about: InFlight, act: () => Partial<OrderReport> & Pick<OrderReport, "kind">): boolean {
    if (!this.#live) return false;
    const inFlight = { clientOrderId: about.clientOrderId, listing: about.listing };
    this.#inFlight.add(inFlight);
    this.#forgetOldest();
    const isDropped = this.#happens(this.#faults.dropRequest);
    // One connection keeps its order: a cancel does not overtake the order it is for.
    this.#requestsDueMs = Math.max(this.#requestsDueMs, this.#scheduler.nowMs + this.#latencyMs());
    const connection = this.#connection;
    this.#scheduler.after(this.#requestsDueMs - this.#scheduler.nowMs, () => {
      const isCut = !this.#live || connection !== this.#connection;
      if (isDropped || (isCut && !this.#happens(this.#faults.strayRequest))) return;
      const answer: Told = { ...inFlight, origin: "response", ...act(), venueMs: this.#venueMs() };
      if (isCut || this.#happens(this.#faults.dropAnswer)) return;
      this.#deliver(this.#latencyMs(), () => {
        this.#inFlight.delete(inFlight);
        this.#tell(answer);
      });
    });
    return true;
  }

  #publish(state: OrderState): void {
    const told: Told = { kind: "status", origin: "stream", ...state, venueMs: this.#venueMs() };
    if (this.#happens(this.#faults.dropEvent)) return;
    const copies = this.#happens(this.#faults.duplicateEvent) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      // In order, as on one socket; a late one leaves that order and is overtaken.
      this.#eventsDueMs = Math.max(this.#eventsDueMs, this.#scheduler.nowMs + this.#latencyMs());
      const lateMs = this.#happens(this.#faults.lateEvent) ? (this.#faults.lateEventMs ?? 0) : 0;
      this.#deliver(this.#eventsDueMs - this.#scheduler.nowMs + lateMs, () => this.#tell(told));
    }
  }

  #tellSurely(told: Told): void {
    this.#scheduler.after(Math.max(1, this.#faults.lateEventMs ?? 0), () => {
      if (this.#live) this.#tell(told);
      else this.#tellSurely(told);
    });
  }

  /** Requests whose answers were lost would pile up until the next outage. */
  #forgetOldest(): void {
    if (this.#inFlight.size <= IN_FLIGHT_MAX) return;
    const [oldest] = this.#inFlight;
    if (oldest) this.#inFlight.delete(oldest);
  }

  /** Runs `arrive` after `delayMs` unless the connection it travels on has gone by then. */
  #deliver(delayMs: number, arrive: () => void): void {
    const connection = this.#connection;
    this.#scheduler.after(delayMs, () => {
      if (this.#live && connection === this.#connection) arrive();
    });
  }

  #tell(told: Told): void {
    const report = this.#report;
    Object.assign(report, createOrderReport(), told, { venue: this.index });
    this.#events.onReport(report);
    Object.assign(report, OVERWRITTEN);
  }

  #up(): void {
    if (this.#closed || this.#live) return;
    this.#live = true;
    this.#connection += 1;
    this.#events.onStatus(this.#status());
    for (const quote of this.#quotes.values())
      this.#deliver(this.#latencyMs(), () => this.#events.onQuote({ ...quote }));
  }

  #down(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#events.onStatus(this.#status());
    const lost = [...this.#inFlight];
    this.#inFlight.clear();
    for (const inFlight of lost) this.#tell({ ...inFlight, kind: "unknown", origin: "local" });
  }

  #status(): VenueStatus {
    return {
      venue: this.index,
      ordersLive: this.#live,
      streamLive: this.#live,
      quotesLive: this.#live,
      clockOffsetMs: (this.#options.clockSkewMs ?? 0) - (this.#options.hostAheadMs?.() ?? 0),
      clockErrorMs: this.#options.latencyMs.max,
    };
  }

  #venueMs(): number {
    return this.#scheduler.clock.wallMs() + (this.#options.clockSkewMs ?? 0);
  }

  #latencyMs(): number {
    const { min, max } = this.#options.latencyMs;
    const spikeMs = this.#happens(this.#faults.spike) ? (this.#faults.spikeMs ?? 0) : 0;
    return min + (max - min) * this.#prng.float() + spikeMs;
  }

  /** A fault that is off draws nothing: runs without faults differ from each other by latency alone. */
  #happens(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#prng.float() < probability;
  }
}

const OVERWRITTEN: Partial<OrderReport> = {
  clientOrderId: "overwritten",
  kind: "notSent",
  cumQtyLots: -1,
  listing: -1,
};
