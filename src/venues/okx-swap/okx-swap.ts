/**
 * OKX V5 perpetual swaps: the venue port over three sockets (orders with a standby, private stream, market) and REST for
 * queries and housekeeping.
 *
 * Invariants
 *   - `place` and `cancel` are synchronous up to the socket write; the order of calls is the order on the wire. `query` is
 *     handed to the HTTP client before it returns.
 *   - Every request that was begun ends in one report; a lost socket makes `unknown` of what was under way.
 *   - An acknowledgement is reported as `ack`; fills and ends come from the private stream and from queries.
 *   - Quantities cross the socket in contracts, exactly; what a contract is the exchange says when connecting.
 *   - No order is ever retried, timed out or concluded here. Reads and connections back off; orders do not.
 *   - Secrets stay in the signer's closure: no error, status or report carries one.
 *
 * Frames are built in `frames.ts` and read in `answers.ts`; this file joins the parts.
 */
import type { Directory } from "../../domain/instrument.ts";
import type { OrderReport, VenueOrder } from "../../domain/order.ts";
import { assert, type Lots, lots } from "../../domain/units.ts";
import type { Misfit, OrderLink, RateUsage } from "../../domain/venue-status.ts";
import type { Clock } from "../../time/clock.ts";
import {
  IN_FLIGHT_MAX,
  Lifecycle,
  type NativeVenueOptions,
  QUERIES_MAX,
  REST_TIMEOUT_MS,
} from "../native/lifecycle.ts";
import type { OrderSocket } from "../native/order-socket.ts";
import type { RestQueries } from "../native/rest-queries.ts";
import { whenAllowed } from "../order-list.ts";
import { RateLimits } from "../rate-limits.ts";
import type { Venue, VenueEvents } from "../venue.ts";
import { VenueError } from "../venue-error.ts";
import { type Fields, isFields, millis } from "../venue-reports.ts";
import type { AppPing } from "../wire/link.ts";
import { OKX_NO_INSTRUMENT } from "./codes.ts";
import { ordersSince } from "./history.ts";
import { type OkxListing, type OkxListings, okxListings, okxMisfits } from "./listings.ts";
import { OkxLogins } from "./logins.ts";
import { OkxOrderChannel } from "./orders.ts";
import { okxQueries } from "./queries.ts";
import { OKX_SWAP_RATES, type OkxRequest } from "./rates.ts";
import { createOkxRest, type OkxRest } from "./rest.ts";
import { createOkxSigner, type OkxCredentials, type OkxSigner } from "./signer.ts";
import { createMarketStream, createPrivateStream } from "./streams.ts";

export interface OkxSwapOptions extends NativeVenueOptions {
  readonly endpoints: {
    readonly restUrl: string;
    /** Order entry, `.../ws/v5/private`. */
    readonly orderUrl: string;
    /** Private stream, the same address. */
    readonly streamUrl: string;
    /** Market stream, `.../ws/v5/public`. */
    readonly marketUrl: string;
  };
  readonly credentials: OkxCredentials;
  /** Sent with every REST request: `x-simulated-trading: 1` asks for the demo environment. */
  readonly restHeaders?: Readonly<Record<string, string>>;
  readonly queriesMax?: number;
}

export function createOkxSwap(options: OkxSwapOptions, events: VenueEvents, directory: Directory, clock: Clock): Venue {
  return new OkxSwap(options, events, directory, clock);
}

const PONG = Buffer.from("pong");
const PING: AppPing = { text: "ping", isPong: (bytes) => bytes.equals(PONG) };

/** What a venue has once the exchange has told it of its instruments. */
interface Connected {
  readonly listings: OkxListings;
  readonly orders: OrderSocket<OkxListing>;
  readonly queries: RestQueries<OkxListing>;
}

class OkxSwap implements Venue {
  readonly misfitsEveryMs = 20_000;
  readonly index: number;
  readonly name: string;
  readonly #options: OkxSwapOptions;
  readonly #events: VenueEvents;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #signer: OkxSigner;
  readonly #rates: RateLimits<OkxRequest>;
  readonly #rest: OkxRest;
  readonly #life: Lifecycle;
  #connected: Connected | null = null;

  constructor(options: OkxSwapOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    const { index, name, endpoints, random } = options;
    this.index = index;
    this.name = name;
    this.#options = options;
    this.#events = events;
    this.#directory = directory;
    this.#clock = clock;
    assert(
      directory.listings.some(({ venue }) => venue === index),
      `venue ${name} has no listing`,
    );
    this.#signer = createOkxSigner(options.credentials);
    this.#life = new Lifecycle(options, events, clock, () => this.#serverTimeMs());
    this.#rates = new RateLimits(OKX_SWAP_RATES, this.#life.rateTime(), random);
    const { restHeaders = {}, restTimeoutMs = REST_TIMEOUT_MS } = options;
    this.#rest = createOkxRest(endpoints.restUrl, this.#signer, restHeaders, this.#rates, restTimeoutMs);
  }

  connect(): Promise<void> {
    return this.#life.connect(async () => {
      const listings = okxListings(this.#directory, this.index, this.name, await this.#instruments(""));
      checkAccount(this.name, await this.#config());
      this.#prepare(listings);
    });
  }

  async close(): Promise<void> {
    this.#life.close();
  }

  place(order: Parameters<Venue["place"]>[0]): boolean {
    return this.#connected?.orders.place(order) ?? false;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#connected?.orders.ask("cancel", listing, clientOrderId) ?? false;
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#connected?.queries.query(listing, clientOrderId) ?? false;
  }

  async misfits(): Promise<readonly Misfit[]> {
    const connected = this.#connected;
    if (!connected) throw new VenueError("CLOSED", "instruments", `${this.name}: not connected`);
    const rows: unknown[] = [];
    for (const { symbol } of connected.listings.all) {
      rows.push(...(await whenAllowed(() => this.#instruments(`&instId=${symbol}`))));
    }
    return okxMisfits(connected.listings, this.name, rows);
  }

  links(): readonly OrderLink[] {
    return this.#connected?.orders.links() ?? [];
  }

  rates(): readonly RateUsage[] {
    return this.#rates.usage();
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    const connected = this.#connected;
    if (!connected) throw new VenueError("CLOSED", "positions", `${this.name}: not connected`);
    const { listings } = connected;
    const rows = await this.#rest.get(
      "positions",
      "reconcile",
      "/api/v5/account/positions",
      "instType=SWAP",
      this.#life.offset.venueMs(),
    );
    // The answer omits instruments without a position: flat is what remains.
    const positions = new Map<number, Lots>(listings.all.map(({ listing }) => [listing.index, lots(0)]));
    for (const row of rows) {
      const { instId, pos, posSide } = isFields(row) ? row : {};
      const found = typeof instId === "string" ? listings.bySymbol.get(instId) : undefined;
      if (!found) continue;
      const amount = typeof pos === "string" ? found.qty.parse(pos) : Number.NaN;
      if (Number.isNaN(amount) || (posSide !== "net" && posSide !== "long" && posSide !== "short")) {
        const message = `${found.symbol} at ${this.name}: ${String(posSide)} position ${String(pos)} is no whole number of lots`;
        throw new VenueError("MALFORMED", "pos", message);
      }
      // Cross and isolated, and in long/short mode both sides, are rows of their own; the net is what is hedged.
      const index = found.listing.index;
      positions.set(index, lots((positions.get(index) ?? 0) + (posSide === "short" ? -amount : amount)));
    }
    return positions;
  }

  async ordersSince(sinceMs: number): Promise<readonly VenueOrder[]> {
    const connected = this.#connected;
    if (!connected) throw new VenueError("CLOSED", "orders", `${this.name}: not connected`);
    return ordersSince(this.#rest, connected.listings, sinceMs, () => this.#life.offset.venueMs());
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    const { perm } = await this.#config();
    const granted = typeof perm === "string" ? perm.split(",") : null;
    return {
      canTrade: granted?.includes("trade") ?? false,
      // Closed by default: whatever is not known to keep the money where it is counts as a way out.
      canWithdraw: granted === null || granted.some((each) => each !== "read_only" && each !== "trade"),
    };
  }

  #prepare(listings: OkxListings): void {
    const { endpoints, inFlightMax = IN_FLIGHT_MAX, queriesMax = QUERIES_MAX, staleAfterMs } = this.#options;
    const life = this.#life;
    const venueMs = () => life.offset.venueMs();
    const shared = {
      venue: this.index,
      listings,
      rates: this.#rates,
      clock: this.#clock,
      socket: life.socket(PING),
      logins: new OkxLogins(this.#signer, venueMs, staleAfterMs),
      venueMs,
      onReport: (report: OrderReport) => this.#events.onReport(report),
      onFailure: (cause: Error) => life.health.failed(cause),
    };
    const orders = new OkxOrderChannel({
      ...shared,
      socket: life.orderSocket(endpoints.orderUrl, PING),
      inFlightMax,
      onLive: (live) => life.health.setLive("ordersLive", live),
    }).socket;
    const queries = okxQueries({ ...shared, rest: this.#rest, queriesMax });
    this.#connected = { listings, orders, queries };
    life.give(
      orders,
      queries,
      createPrivateStream({
        ...shared,
        url: endpoints.streamUrl,
        onLive: (live) => life.health.setLive("streamLive", live),
      }),
      createMarketStream({
        ...shared,
        url: endpoints.marketUrl,
        onQuote: (quote) => this.#events.onQuote(quote),
        onLive: (live) => life.health.setLive("quotesLive", live),
      }),
    );
  }

  /** One that is not listed is an error to OKX where it is asked for by name. */
  #instruments(further: string): Promise<readonly unknown[]> {
    const query = `instType=SWAP${further}`;
    return this.#rest.get("instruments", "data", "/api/v5/public/instruments", query).catch((cause: unknown) => {
      if (cause instanceof VenueError && cause.venueCode === OKX_NO_INSTRUMENT) return [];
      throw cause;
    });
  }

  async #config(): Promise<Fields> {
    const path = "/api/v5/account/config";
    const [config] = await this.#rest.get("account", "reconcile", path, "", this.#life.offset.venueMs());
    if (isFields(config)) return config;
    throw new VenueError("MALFORMED", "account/config", `${this.name}: the exchange answered with no configuration`);
  }

  async #serverTimeMs(): Promise<number> {
    const [row] = await this.#rest.get("time", "data", "/api/v5/public/time", "");
    const ms = isFields(row) ? millis(row["ts"]) : 0;
    if (ms > 0) return ms;
    throw new VenueError("MALFORMED", "ts", `${this.name}: the exchange answered with no time`);
  }
}

/** Orders say neither a position side nor a margin mode that this account could not have. */
function checkAccount(venueName: string, { posMode, acctLv }: Fields): void {
  if (posMode !== "net_mode")
    throw new VenueError("REFUSED", "posMode", `${venueName}: position mode is ${String(posMode)}, must be net_mode`);
  if (acctLv === "1")
    throw new VenueError("REFUSED", "acctLv", `${venueName}: account mode 1 (spot) does not trade swaps`);
}
