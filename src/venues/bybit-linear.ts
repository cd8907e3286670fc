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
 * Frames are built in `bybit-linear-frames.ts` and read in `bybit-linear-answers.ts`; this file joins the parts.
 */
import type { Directory } from "../domain/instrument.ts";
import { assert, type Lots, lots } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";
import { BYBIT_PARAMETER_ERROR } from "./bybit-linear-codes.ts";
import { checkInstrument } from "./bybit-linear-listings.ts";
import { BybitOrderChannel } from "./bybit-linear-orders.ts";
import { BybitQueries } from "./bybit-linear-queries.ts";
import { BybitRates } from "./bybit-linear-rates.ts";
import { type BybitRest, createBybitRest } from "./bybit-linear-rest.ts";
import { type BybitCredentials, createBybitSigner } from "./bybit-linear-signer.ts";
import { createMarketStream, createPrivateStream, type Stream } from "./bybit-linear-streams.ts";
import { ClockOffset } from "./clock-offset.ts";
import type { AppPing } from "./link.ts";
import type { Venue, VenueEvents } from "./venue.ts";
import { VenueError } from "./venue-error.ts";
import { VenueHealth } from "./venue-health.ts";
import { type VenueListing, type VenueListings, venueListings } from "./venue-listings.ts";
import { isFields } from "./venue-reports.ts";

export interface BybitLinearOptions {
  readonly index: number;
  readonly name: string;
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
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
  readonly reconnectBackoff: { readonly baseMs: number; readonly maxMs: number };
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly restTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly inFlightMax?: number;
  readonly queriesMax?: number;
  /** 2, the default, keeps a standby for the order socket. */
  readonly orderSockets?: 1 | 2;
  /** Age at which a connection is replaced without a gap. Default 23 h. */
  readonly rotateAfterMs?: number;
  readonly clockRefreshMs?: number;
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
  readonly index: number;
  readonly name: string;
  readonly #clock: Clock;
  readonly #listings: VenueListings;
  readonly #rest: BybitRest;
  readonly #orders: BybitOrderChannel;
  readonly #queries: BybitQueries;
  readonly #streams: readonly Stream[];
  readonly #health: VenueHealth;
  readonly #offset: ClockOffset;
  readonly #connectTimeoutMs: number;
  readonly #backoffMs: () => number;

  constructor(options: BybitLinearOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    const { index, name, endpoints, heartbeatMs, staleAfterMs, reconnectBackoff, random } = options;
    this.index = index;
    this.name = name;
    this.#clock = clock;
    this.#listings = venueListings(directory, index);
    assert(this.#listings.all.length > 0, `venue ${name} has no listing`);
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 15_000;
    this.#backoffMs = () => reconnectBackoff.maxMs * (0.25 + random() / 4);
    const signer = createBybitSigner(options.credentials);
    const time = { nowMs: 0, venueMs: 0 };
    const rates = new BybitRates(() => {
      // Reused: a ledger keeps none of it.
      time.nowMs = clock.nowNs() / 1e6;
      time.venueMs = this.#offset.venueMs();
      return time;
    }, random);
    this.#rest = createBybitRest(endpoints.restUrl, signer, rates, options.restTimeoutMs ?? 5000);
    const health = new VenueHealth(index, name, clock, (status) => events.onStatus(status));
    this.#health = health;
    this.#offset = new ClockOffset({
      clock,
      serverTimeMs: () => this.#serverTimeMs(),
      refreshMs: options.clockRefreshMs ?? 30_000,
      onEstimate: (estimate) => health.setClock(estimate),
    });
    const rotation = options.rotateAfterMs === undefined ? {} : { rotateAfterMs: options.rotateAfterMs };
    const timing = { heartbeatMs, staleAfterMs, backoff: reconnectBackoff, ...rotation };
    const socket = { ...timing, appPing: PING, random, clock };
    const shared = { listings: this.#listings, onFailure: (cause: Error) => health.failed(cause) };
    const ofOrders = {
      venue: index,
      clock,
      venueMs: () => this.#offset.venueMs(),
      onReport: (report: Parameters<VenueEvents["onReport"]>[0]) => events.onReport(report),
    };
    this.#orders = new BybitOrderChannel({
      ...shared,
      ...ofOrders,
      signer,
      rates,
      socket: { ...socket, seats: options.orderSockets ?? 2, url: () => endpoints.orderUrl },
      inFlightMax: options.inFlightMax ?? 4096,
      onLive: (live) => health.setLive("ordersLive", live),
    });
    this.#queries = new BybitQueries({
      ...ofOrders,
      listings: this.#listings,
      rest: this.#rest,
      rates,
      queriesMax: options.queriesMax ?? 256,
    });
    this.#streams = [
      createPrivateStream({
        ...shared,
        ...ofOrders,
        signer,
        socket,
        url: endpoints.streamUrl,
        onLive: (live) => health.setLive("streamLive", live),
      }),
      createMarketStream({
        ...shared,
        socket,
        url: endpoints.marketUrl,
        onQuote: (quote) => events.onQuote(quote),
        onLive: (live) => health.setLive("quotesLive", live),
      }),
    ];
  }

  async connect(): Promise<void> {
    const deadlineNs = this.#clock.nowNs() + this.#connectTimeoutMs * 1e6;
    try {
      await this.#health.reach(() => this.#offset.measure(), this.#backoffMs, deadlineNs);
      for (const listing of this.#listings.all) await this.#checkListing(listing);
      if (!this.#health.isClosed) {
        this.#orders.open();
        for (const stream of this.#streams) stream.open();
      }
      await this.#health.whenLive(deadlineNs);
      this.#offset.keep();
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  async close(): Promise<void> {
    if (this.#health.isClosed) return;
    this.#health.close();
    this.#offset.close();
    this.#orders.close();
    this.#queries.close();
    for (const stream of this.#streams) stream.close();
  }

  place(order: Parameters<Venue["place"]>[0]): boolean {
    return this.#orders.place(order);
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#orders.cancel(listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#queries.query(listing, clientOrderId);
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    const positions = new Map<number, Lots>();
    // Asked for by symbol, a flat position is a row too: nothing has to be concluded from an absence.
    for (const listing of this.#listings.all) positions.set(listing.listing.index, await this.#position(listing));
    return positions;
  }

  /** Not built for this venue: after a power loss its positions alone say what is missing. */
  ordersSince(): null {
    return null;
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    const { result } = await this.#rest.read("reconcile", "/v5/user/query-api", "", this.#offset.venueMs());
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

  async #checkListing(listing: VenueListing): Promise<void> {
    const query = `category=linear&symbol=${listing.symbol}`;
    // A symbol that is not listed is a parameter error to Bybit.
    const { result } = await this.#rest.read("query", "/v5/market/instruments-info", query).catch((cause: unknown) => {
      if (cause instanceof VenueError && cause.venueCode === BYBIT_PARAMETER_ERROR) return { result: {} };
      throw cause;
    });
    checkInstrument(listing, this.name, result);
  }

  async #position({ symbol, qty }: VenueListing): Promise<Lots> {
    const query = `category=linear&symbol=${symbol}`;
    const { result } = await this.#rest.read("reconcile", "/v5/position/list", query, this.#offset.venueMs());
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
