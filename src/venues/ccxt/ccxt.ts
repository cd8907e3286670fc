/**
 * Any exchange of ccxt as a venue: the lane's side. ccxt itself runs in a thread of its own (`worker.ts`), one per venue, so
 * that what it does to its thread — exceptions, endless loops, memory — it does to no order of another venue.
 *
 * Invariants
 *   - `place`, `cancel` and `query` post to the thread and return; true means posted, in the order of the calls.
 *   - Every request that was posted ends in one report: its answer, or `unknown` when the thread goes, however it goes.
 *   - A thread that dies, or gives no sign of life, is replaced with backoff: see `thread.ts`.
 *   - No order is ever retried, timed out or concluded here. Integers stay on this side; texts cross.
 */
import type { Directory } from "../../domain/instrument.ts";
import {
  createOrderReport,
  type OrderReport,
  type OrderRequest,
  type Quote,
  type VenueOrder,
} from "../../domain/order.ts";
import { assert, type Lots, lots } from "../../domain/units.ts";
import type { Misfit } from "../../domain/venue-status.ts";
import type { Clock } from "../../time/clock.ts";
import { InFlight } from "../in-flight.ts";
import { LOCAL_CODES, type Operation } from "../outcome-codes.ts";
import type { Venue, VenueEvents } from "../venue.ts";
import { VenueError } from "../venue-error.ts";
import { VenueHealth } from "../venue-health.ts";
import { venueListings } from "../venue-listings.ts";
import { localUnknown } from "../venue-reports.ts";
import { type CcxtListings, ccxtListings, ccxtMisfits } from "./markets.ts";
import type {
  AskMessage,
  CcxtTask,
  FailureFacts,
  FromCcxt,
  ListedFacts,
  MarketFacts,
  PermissionFacts,
  PositionFacts,
} from "./messages.ts";
import type { CcxtOptions } from "./options.ts";
import { contractOrder } from "./prediction.ts";
import { readAnswer, readEvent, readOrders, readQuote } from "./reports.ts";
import { CcxtThread } from "./thread.ts";

type HousekeepingAsk =
  | { readonly type: "positions" | "permissions" | "rules" }
  | { readonly type: "orders"; readonly sinceMs: number };

const PREDICTION = "prediction/";

/** An exchange with all its markets takes 100 to 200 MB. */
const MEMORY_MB_MAX = 512;
const STALL_MS = 10_000;

export function createCcxt(options: CcxtOptions, events: VenueEvents, directory: Directory, clock: Clock): Venue {
  return new CcxtVenue(options, events, directory, clock);
}

class CcxtVenue implements Venue {
  readonly misfitsEveryMs = 300_000;
  readonly index: number;
  readonly name: string;
  readonly #options: CcxtOptions;
  readonly #events: VenueEvents;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #health: VenueHealth;
  readonly #inFlight: InFlight;
  readonly #report: OrderReport = createOrderReport();
  readonly #quote: Quote = { listing: -1, bidTicks: 0, askTicks: 0, bidLots: 0, askLots: 0, venueMs: 0 };
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  #lastAsked = 0;
  readonly #thread: CcxtThread;
  #listings: CcxtListings | null = null;
  #ordersLive = false;
  #starting: PromiseWithResolvers<void> | null = null;

  constructor(options: CcxtOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    this.index = options.index;
    this.name = options.name;
    this.#options = options;
    this.#events = events;
    this.#directory = directory;
    this.#clock = clock;
    this.#health = new VenueHealth(options.index, options.name, clock, (status) => {
      this.#ordersLive = status.ordersLive;
      events.onStatus(status);
    });
    this.#inFlight = new InFlight(options.inFlightMax ?? 1024, 0);
    this.#report.venue = options.index;
    assert(venueListings(directory, options.index).all.length > 0, `venue ${options.name} has no listing`);
    this.#thread = new CcxtThread(
      {
        task: this.#task(),
        worker: options.worker,
        memoryMbMax: options.memoryMbMax ?? MEMORY_MB_MAX,
        stallMs: options.stallMs ?? STALL_MS,
        loadMs: this.#connectTimeoutMs,
        backoff: options.reconnectBackoff,
        random: options.random,
        clock,
      },
      {
        onMessage: (message) => this.#receive(message),
        onLost: () => {
          this.#lost(LOCAL_CODES.socketLost);
          this.#starting?.reject(this.#unreachable("thread"));
        },
        onError: (cause) => this.#health.failed(cause),
      },
    );
  }

  async connect(): Promise<void> {
    assert(this.#thread.life === 0, "a venue is connected once");
    const deadlineNs = this.#clock.nowNs() + this.#connectTimeoutMs * 1e6;
    const starting = Promise.withResolvers<void>();
    this.#starting = starting;
    this.#thread.start();
    try {
      await Promise.race([starting.promise, this.#health.whenLive(deadlineNs)]);
      this.#thread.keep();
    } catch (cause) {
      await this.close();
      throw cause;
    } finally {
      this.#starting = null;
    }
  }

  async close(): Promise<void> {
    if (this.#health.isClosed) return;
    this.#health.close();
    const gone = this.#thread.close();
    this.#lost(LOCAL_CODES.closed);
    await gone;
  }

  place(order: OrderRequest): boolean {
    const listing = this.#listings?.byIndex[order.listing];
    assert(order.qtyLots > 0 && order.pxTicks > 0, `order of ${order.qtyLots} lots at ${order.pxTicks} ticks`);
    const id = listing ? this.#open("place", order.listing, order.clientOrderId) : 0;
    if (!listing || id === 0) return false;
    const { opposing } = listing;
    const really = opposing && contractOrder(order.side, order.pxTicks, order.reduceOnly, opposing.unitTicks);
    const { clientOrderId, timeInForce, stampMs, validForMs } = order;
    this.#thread.send({
      type: "place",
      id,
      symbol: opposing && really?.contract === "opposing" ? opposing.symbol : listing.symbol,
      side: really?.side ?? order.side,
      amount: listing.amount.format(order.qtyLots),
      price: listing.px.format(really?.pxTicks ?? order.pxTicks),
      timeInForce,
      // Selling what is held reduces by itself, and prediction markets have no such flag.
      reduceOnly: opposing === null && order.reduceOnly,
      clientOrderId,
      stampMs,
      validForMs,
    });
    return true;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#ask("cancel", listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#ask("query", listing, clientOrderId);
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    const facts = (await this.#housekeep({ type: "positions" })) as readonly PositionFacts[];
    const listings = this.#listings;
    if (listings === null) throw this.#unreachable("positions");
    // Exchanges leave out what is flat: that is what remains.
    const positions = new Map<number, Lots>(listings.all.map(({ index }) => [index, lots(0)]));
    for (const { symbol, amount } of facts) {
      const listing = listings.bySymbol.get(symbol);
      if (listing === undefined) continue;
      const held = listing.amount.parse(amount);
      if (Number.isNaN(held)) {
        const message = `${symbol} at ${this.name}: position ${amount} is no whole number of lots`;
        throw new VenueError("MALFORMED", "position", message);
      }
      const signed = listing.opposing?.symbol === symbol ? -held : held;
      positions.set(listing.index, lots((positions.get(listing.index) ?? 0) + signed));
    }
    return positions;
  }

  async ordersSince(sinceMs: number): Promise<readonly VenueOrder[] | null> {
    const facts = (await this.#housekeep({ type: "orders", sinceMs })) as readonly ListedFacts[] | null;
    const listings = this.#listings;
    if (listings === null) throw this.#unreachable("orders");
    return facts === null ? null : readOrders(listings, facts, sinceMs);
  }

  async misfits(): Promise<readonly Misfit[]> {
    const facts = (await this.#housekeep({ type: "rules" })) as readonly MarketFacts[];
    const listings = this.#listings;
    if (listings === null) throw this.#unreachable("rules");
    return ccxtMisfits(listings, this.name, facts);
  }

  async permissions(): Promise<PermissionFacts> {
    return (await this.#housekeep({ type: "permissions" })) as PermissionFacts;
  }

  #ask(operation: AskMessage["type"], listing: number, clientOrderId: string): boolean {
    const found = this.#listings?.byIndex[listing];
    const id = found ? this.#open(operation, listing, clientOrderId) : 0;
    if (!found || id === 0) return false;
    this.#thread.send({ type: operation, id, symbol: found.symbol, clientOrderId });
    return true;
  }

  /** The id of a request to be posted now; 0 when none may be. */
  #open(operation: Operation, listing: number, clientOrderId: string): number {
    if (!this.#ordersLive || !this.#thread.isThere) return 0;
    return this.#inFlight.open(operation, clientOrderId, listing, this.#thread.life, this.#clock.nowNs())?.id ?? 0;
  }

  #housekeep(asked: HousekeepingAsk): Promise<unknown> {
    if (!this.#thread.isThere || this.#listings === null) return Promise.reject(this.#unreachable(asked.type));
    const id = ++this.#lastAsked;
    const answer = Promise.withResolvers<unknown>();
    this.#asked.set(id, answer);
    this.#thread.send({ ...asked, id });
    return answer.promise;
  }

  #task(): CcxtTask {
    const { index, name, exchange, environment, credentials, heartbeatMs, staleAfterMs, reconnectBackoff } =
      this.#options;
    const prediction = exchange.startsWith(PREDICTION);
    return {
      name,
      exchange: prediction ? exchange.slice(PREDICTION.length) : exchange,
      family: prediction ? "prediction" : "pro",
      environment,
      credentials,
      venue: index,
      listings: venueListings(this.#directory, index).all.map(({ listing, instrument, symbol }) => ({
        listing: listing.index,
        id: symbol,
        unified: instrument.symbol,
      })),
      heartbeatMs,
      staleAfterMs,
      backoff: reconnectBackoff,
      clockRefreshMs: this.#options.clockRefreshMs ?? 30_000,
      callsMax: this.#options.inFlightMax ?? 1024,
    };
  }

  #receive(message: FromCcxt): void {
    switch (message.type) {
      case "answer": {
        const request = this.#inFlight.find(message.id);
        if (request === undefined || this.#listings === null) return;
        readAnswer(this.#listings, request, message.answer, this.#report);
        this.#inFlight.end(request);
        this.#events.onReport(this.#report);
        return;
      }
      case "event":
        if (this.#listings === null) return;
        readEvent(this.#listings, message.order, this.#report);
        this.#events.onReport(this.#report);
        return;
      case "quote":
        if (this.#listings && readQuote(this.#listings, message, this.#quote)) this.#events.onQuote(this.#quote);
        return;
      case "live":
        this.#health.setLive(message.field, message.live);
        return;
      case "clock":
        this.#health.setClock(message);
        return;
      case "clockLost":
        this.#health.setClock(null);
        return;
      case "markets":
        this.#check(message.markets);
        return;
      case "positions":
        this.#settle(message.id)?.resolve(message.positions);
        return;
      case "orders":
        this.#settle(message.id)?.resolve(message.orders);
        return;
      case "rules":
        this.#settle(message.id)?.resolve(message.markets);
        return;
      case "permissions":
        this.#settle(message.id)?.resolve(message.permissions);
        return;
      case "failed":
        this.#settle(message.id)?.reject(errorOf(message.failure));
        return;
      case "failure": {
        const cause = errorOf(message.failure);
        this.#health.failed(cause);
        if (!message.ends) return;
        this.#starting?.reject(cause);
        this.#thread.end();
        return;
      }
      case "beat":
        return;
    }
  }

  #check(markets: readonly MarketFacts[]): void {
    try {
      this.#listings = ccxtListings(this.#directory, this.index, this.name, markets);
      this.#thread.send({ type: "open" });
    } catch (cause) {
      if (!(cause instanceof VenueError)) throw cause;
      this.#health.failed(cause);
      this.#starting?.reject(cause);
      this.#thread.end();
    }
  }

  /** The thread is gone, or given up: nothing of it will be answered any more. */
  #lost(code: number): void {
    // Of its successor nothing is asked before it has loaded the markets: it would find no position in any of them.
    this.#listings = null;
    for (const field of ["ordersLive", "streamLive", "quotesLive"] as const) this.#health.setLive(field, false);
    for (const request of this.#inFlight.takeOf(this.#thread.life)) {
      localUnknown(request, code, this.#report);
      this.#events.onReport(this.#report);
    }
    for (const asked of this.#asked.values()) asked.reject(this.#unreachable("thread"));
    this.#asked.clear();
  }

  get #connectTimeoutMs(): number {
    return this.#options.connectTimeoutMs ?? 30_000;
  }

  #settle(id: number): PromiseWithResolvers<unknown> | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  #unreachable(field: string): VenueError {
    return new VenueError("UNREACHABLE", field, `${this.name}: ccxt's thread is not there`);
  }
}

const errorOf = ({ code, field, message }: FailureFacts): VenueError => new VenueError(code, field, message);
