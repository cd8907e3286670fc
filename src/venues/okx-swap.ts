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
 * Frames are built in `okx-swap-frames.ts` and read in `okx-swap-answers.ts`; this file joins the parts.
 */
import type { Directory } from "../domain/instrument.ts";
import { assert, type Lots, lots } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";
import { ClockOffset } from "./clock-offset.ts";
import type { AppPing } from "./link.ts";
import { type OkxListings, okxListings } from "./okx-swap-listings.ts";
import { OkxLogins } from "./okx-swap-logins.ts";
import { OkxOrderChannel } from "./okx-swap-orders.ts";
import { OkxQueries } from "./okx-swap-queries.ts";
import { OKX_SWAP_RATES, type OkxRequest } from "./okx-swap-rates.ts";
import { createOkxRest, type OkxRest } from "./okx-swap-rest.ts";
import { createOkxSigner, type OkxCredentials, type OkxSigner } from "./okx-swap-signer.ts";
import { createMarketStream, createPrivateStream, type Stream } from "./okx-swap-streams.ts";
import { RateLimits } from "./rate-limits.ts";
import type { Venue, VenueEvents } from "./venue.ts";
import { VenueError } from "./venue-error.ts";
import { VenueHealth } from "./venue-health.ts";
import { type Fields, isFields, millis } from "./venue-reports.ts";

export interface OkxSwapOptions {
  readonly index: number;
  readonly name: string;
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

export function createOkxSwap(options: OkxSwapOptions, events: VenueEvents, directory: Directory, clock: Clock): Venue {
  return new OkxSwap(options, events, directory, clock);
}

const PONG = Buffer.from("pong");
const PING: AppPing = { text: "ping", isPong: (bytes) => bytes.equals(PONG) };

/** What a venue has once the exchange has told it of its instruments. */
interface Connected {
  readonly listings: OkxListings;
  readonly orders: OkxOrderChannel;
  readonly queries: OkxQueries;
  readonly streams: readonly Stream[];
}

class OkxSwap implements Venue {
  readonly index: number;
  readonly name: string;
  readonly #options: OkxSwapOptions;
  readonly #events: VenueEvents;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #signer: OkxSigner;
  readonly #limits: RateLimits<OkxRequest>;
  readonly #rest: OkxRest;
  readonly #health: VenueHealth;
  readonly #offset: ClockOffset;
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
    this.#offset = new ClockOffset({
      clock,
      serverTimeMs: () => this.#serverTimeMs(),
      refreshMs: options.clockRefreshMs ?? 30_000,
      onEstimate: (estimate) => this.#health.setClock(estimate),
    });
    this.#health = new VenueHealth(index, name, clock, (status) => events.onStatus(status));
    const time = () => ({ nowMs: clock.nowNs() / 1e6, venueMs: this.#offset.venueMs() });
    this.#limits = new RateLimits(OKX_SWAP_RATES, time, random);
    const headers = options.restHeaders ?? {};
    this.#rest = createOkxRest(endpoints.restUrl, this.#signer, headers, this.#limits, options.restTimeoutMs ?? 5000);
  }

  async connect(): Promise<void> {
    const { connectTimeoutMs = 15_000, random, reconnectBackoff } = this.#options;
    const deadlineNs = this.#clock.nowNs() + connectTimeoutMs * 1e6;
    const pauseMs = () => reconnectBackoff.maxMs * (0.25 + random() / 4);
    try {
      await this.#health.reach(() => this.#offset.measure(), pauseMs, deadlineNs);
      const rows = await this.#rest.get("instruments", "data", "/api/v5/public/instruments", "instType=SWAP");
      const listings = okxListings(this.#directory, this.index, this.name, rows);
      checkAccount(this.name, await this.#config());
      if (!this.#health.isClosed) this.#open(listings);
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
    this.#connected?.orders.close();
    this.#connected?.queries.close();
    for (const stream of this.#connected?.streams ?? []) stream.close();
  }

  place(order: Parameters<Venue["place"]>[0]): boolean {
    return this.#connected?.orders.place(order) ?? false;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#connected?.orders.cancel(listing, clientOrderId) ?? false;
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#connected?.queries.query(listing, clientOrderId) ?? false;
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
      this.#offset.venueMs(),
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

  /** Not built for this venue: after a power loss its positions alone say what is missing. */
  ordersSince(): null {
    return null;
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

  #open(listings: OkxListings): void {
    const { endpoints, heartbeatMs, inFlightMax, orderSockets, queriesMax, random, reconnectBackoff, rotateAfterMs } =
      this.#options;
    const { staleAfterMs } = this.#options;
    const health = this.#health;
    const venueMs = () => this.#offset.venueMs();
    const onReport: VenueEvents["onReport"] = (report) => this.#events.onReport(report);
    const socket = {
      heartbeatMs,
      staleAfterMs,
      appPing: PING,
      backoff: reconnectBackoff,
      random,
      clock: this.#clock,
      ...(rotateAfterMs !== undefined && { rotateAfterMs }),
    };
    const logins = new OkxLogins(this.#signer, venueMs, staleAfterMs);
    const shared = { venue: this.index, listings, socket, logins, onReport };
    const onFailure = (cause: Error) => health.failed(cause);
    const ofOrders = { ...shared, limits: this.#limits, clock: this.#clock, onFailure };
    this.#connected = {
      listings,
      orders: new OkxOrderChannel({
        ...ofOrders,
        socket: { ...socket, seats: orderSockets ?? 2, url: () => endpoints.orderUrl },
        inFlightMax: inFlightMax ?? 4096,
        onLive: (live) => health.setLive("ordersLive", live),
      }),
      queries: new OkxQueries({ ...ofOrders, rest: this.#rest, queriesMax: queriesMax ?? 256, venueMs }),
      streams: [
        createPrivateStream({
          ...shared,
          onFailure,
          url: endpoints.streamUrl,
          onLive: (live) => health.setLive("streamLive", live),
        }),
        createMarketStream({
          listings,
          socket,
          onFailure,
          url: endpoints.marketUrl,
          onQuote: (quote) => this.#events.onQuote(quote),
          onLive: (live) => health.setLive("quotesLive", live),
        }),
      ],
    };
    this.#connected.orders.open();
    for (const stream of this.#connected.streams) stream.open();
  }

  async #config(): Promise<Fields> {
    const path = "/api/v5/account/config";
    const [config] = await this.#rest.get("account", "reconcile", path, "", this.#offset.venueMs());
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
