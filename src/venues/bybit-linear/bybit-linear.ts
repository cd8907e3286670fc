/**
 * Bybit V5 linear contracts: the venue port over three sockets (orders with a standby, private stream, market) and REST for
 * queries and housekeeping.
 *
 * Invariants
 *   - `place` and `cancel` are synchronous up to the socket write; the order of calls is the order on the wire. `query` is
 *     handed to the HTTP client before it returns.
 *   - Every request that was begun ends in one report; a lost socket makes `unknown` of what was under way.
 *   - An acknowledgement is reported as `ack`; fills and ends come from the private stream and from queries.
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
import { refuseMisfits } from "../market-rules.ts";
import {
  IN_FLIGHT_MAX,
  Lifecycle,
  type NativeVenueOptions,
  QUERIES_MAX,
  REST_TIMEOUT_MS,
} from "../native/lifecycle.ts";
import type { OrderSocket } from "../native/order-socket.ts";
import type { RestQueries } from "../native/rest-queries.ts";
import type { Venue, VenueEvents } from "../venue.ts";
import { VenueError } from "../venue-error.ts";
import { type VenueListing, type VenueListings, venueListings } from "../venue-listings.ts";
import { isFields } from "../venue-reports.ts";
import type { AppPing } from "../wire/link.ts";
import { BYBIT_PARAMETER_ERROR } from "./codes.ts";
import { ordersSince } from "./history.ts";
import { instrumentMisfits } from "./listings.ts";
import { BybitOrderChannel } from "./orders.ts";
import { bybitQueries } from "./queries.ts";
import { BybitRates } from "./rates.ts";
import { type BybitRest, createBybitRest } from "./rest.ts";
import { type BybitCredentials, createBybitSigner } from "./signer.ts";
import { createMarketStream, createPrivateStream } from "./streams.ts";

export interface BybitLinearOptions extends NativeVenueOptions {
  readonly endpoints: {
    readonly restUrl: string;
    /** Order entry, `.../v5/trade`. */
    readonly orderUrl: string;
    /** Private stream, `.../v5/private`. */
    readonly streamUrl: string;
    /** Market stream, `.../v5/public/linear`. */
    readonly marketUrl: string;
  };
  /** An HMAC key. */
  readonly credentials: BybitCredentials;
  readonly queriesMax?: number;
}

export function createBybitLinear(
  options: BybitLinearOptions,
  events: VenueEvents,
  directory: Directory,
  clock: Clock,
): Venue {
  return new BybitLinear(options, events, directory, clock);
}

/** Each kind of socket answers in its own words, all of them short and with this one in it. */
const PING: AppPing = {
  text: '{"op":"ping"}',
  isPong: (bytes) => bytes.length < 256 && bytes.includes('"pong"'),
};

class BybitLinear implements Venue {
  readonly misfitsEveryMs = 60_000;
  readonly index: number;
  readonly name: string;
  readonly #listings: VenueListings;
  readonly #rest: BybitRest;
  readonly #orders: OrderSocket<VenueListing>;
  readonly #queries: RestQueries<VenueListing>;
  readonly #rates: BybitRates;
  readonly #life: Lifecycle;

  constructor(options: BybitLinearOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    const { index, name, endpoints, random } = options;
    this.index = index;
    this.name = name;
    this.#listings = venueListings(directory, index);
    assert(this.#listings.all.length > 0, `venue ${name} has no listing`);
    const signer = createBybitSigner(options.credentials);
    const life = new Lifecycle(options, events, clock, () => this.#serverTimeMs());
    const rates = new BybitRates(life.rateTime(), random);
    this.#rates = rates;
    this.#life = life;
    this.#rest = createBybitRest(endpoints.restUrl, signer, rates, options.restTimeoutMs ?? REST_TIMEOUT_MS);
    const shared = {
      venue: index,
      listings: this.#listings,
      signer,
      rates,
      clock,
      socket: life.socket(PING),
      venueMs: () => life.offset.venueMs(),
      onReport: (report: OrderReport) => events.onReport(report),
      onFailure: (cause: Error) => life.health.failed(cause),
    };
    this.#orders = new BybitOrderChannel({
      ...shared,
      socket: life.orderSocket(endpoints.orderUrl, PING),
      inFlightMax: options.inFlightMax ?? IN_FLIGHT_MAX,
      onLive: (live) => life.health.setLive("ordersLive", live),
    }).socket;
    this.#queries = bybitQueries({ ...shared, rest: this.#rest, queriesMax: options.queriesMax ?? QUERIES_MAX });
    life.give(
      this.#orders,
      this.#queries,
      createPrivateStream({
        ...shared,
        url: endpoints.streamUrl,
        onLive: (live) => life.health.setLive("streamLive", live),
      }),
      createMarketStream({
        ...shared,
        url: endpoints.marketUrl,
        onQuote: (quote) => events.onQuote(quote),
        onLive: (live) => life.health.setLive("quotesLive", live),
      }),
    );
  }

  connect(): Promise<void> {
    return this.#life.connect(async () => {
      refuseMisfits(await this.misfits());
    });
  }

  async close(): Promise<void> {
    this.#life.close();
  }

  place(order: Parameters<Venue["place"]>[0]): boolean {
    return this.#orders.place(order);
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#orders.ask("cancel", listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#queries.query(listing, clientOrderId);
  }

  async misfits(): Promise<readonly Misfit[]> {
    const misfits: Misfit[] = [];
    for (const listing of this.#listings.all) misfits.push(...(await this.#misfitsOf(listing)));
    return misfits;
  }

  links(): readonly OrderLink[] {
    return this.#orders.links();
  }

  rates(): readonly RateUsage[] {
    return this.#rates.usage();
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    const positions = new Map<number, Lots>();
    // Asked for by symbol, a flat position is a row too: nothing has to be concluded from an absence.
    for (const listing of this.#listings.all) positions.set(listing.listing.index, await this.#position(listing));
    return positions;
  }

  ordersSince(sinceMs: number): Promise<readonly VenueOrder[]> {
    return ordersSince(this.#rest, this.#listings, sinceMs, () => this.#life.offset.venueMs());
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    const { result } = await this.#rest.read("reconcile", "/v5/user/query-api", "", this.#life.offset.venueMs());
    const permissions = isFields(result["permissions"]) ? result["permissions"] : null;
    const granted = (group: string): readonly unknown[] => {
      const names = permissions?.[group];
      return Array.isArray(names) ? (names as unknown[]) : [];
    };
    return {
      canTrade: result["readOnly"] === 0 && granted("ContractTrade").includes("Order"),
      // Closed by default: whatever is not known to keep the money where it is counts as a way out.
      canWithdraw:
        permissions === null ||
        !Array.isArray(permissions["Wallet"]) ||
        Object.keys(permissions).some((group) =>
          granted(group).some((name) => !(STAYING[group]?.includes(String(name)) ?? false)),
        ),
    };
  }

  async #misfitsOf(listing: VenueListing): Promise<Misfit[]> {
    const query = `category=linear&symbol=${listing.symbol}`;
    // A symbol that is not listed is a parameter error to Bybit.
    const { result } = await this.#rest.read("query", "/v5/market/instruments-info", query).catch((cause: unknown) => {
      if (cause instanceof VenueError && cause.venueCode === BYBIT_PARAMETER_ERROR) return { result: {} };
      throw cause;
    });
    return instrumentMisfits(listing, this.name, result);
  }

  async #position({ symbol, qty }: VenueListing): Promise<Lots> {
    const query = `category=linear&symbol=${symbol}`;
    const { result } = await this.#rest.read("reconcile", "/v5/position/list", query, this.#life.offset.venueMs());
    const rows = Array.isArray(result["list"]) ? (result["list"] as unknown[]) : [];
    const malformed = (what: string) =>
      new VenueError("MALFORMED", "position/list", `${symbol} at ${this.name}: ${what}`);
    if (rows.length === 0) throw malformed("the answer has no position, not even a flat one");
    let net = 0;
    for (const row of rows) {
      const { symbol: of, side, size } = isFields(row) ? row : {};
      if (of !== symbol) throw malformed("the answer is of another symbol");
      const sizeLots = typeof size === "string" ? qty.parse(size) : Number.NaN;
      if (Number.isNaN(sizeLots)) throw malformed(`position ${String(size)} is no whole number of lots`);
      if (sizeLots !== 0 && side !== "Buy" && side !== "Sell") throw malformed(`position has side ${String(side)}`);
      // In hedge mode a symbol has a long and a short row; the net is what is hedged.
      net += side === "Sell" ? -sizeLots : sizeLots;
    }
    return lots(net);
  }

  async #serverTimeMs(): Promise<number> {
    const { result } = await this.#rest.read("query", "/v5/market/time", "");
    const nanos = result["timeNano"];
    if (typeof nanos === "string" && /^\d{19}$/.test(nanos)) return Number(nanos.slice(0, 13));
    throw new VenueError("MALFORMED", "timeNano", `${this.name}: the exchange answered with no time`);
  }
}

/** Permissions that move no money off the account, by group. Transfers between the wallets of one account stay on it. */
const STAYING: Readonly<Record<string, readonly string[]>> = {
  ContractTrade: ["Order", "Position"],
  Spot: ["SpotTrade"],
  Wallet: ["AccountTransfer", "SubMemberTransferList"],
  Options: ["OptionsTrade"],
  Derivatives: ["DerivativesTrade"],
  Exchange: ["ExchangeHistory"],
  NFT: ["NFTQueryProductList"],
};
