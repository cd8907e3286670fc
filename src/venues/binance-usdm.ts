/**
 * Binance USDM: the venue port over three sockets (orders, private stream, market) and REST for housekeeping.
 *
 * Invariants
 *   - `place`, `cancel` and `query` are synchronous up to the socket write; the order of calls is the order on the wire.
 *   - Every request that was written ends in one report; a lost socket makes `unknown` of what was under way.
 *   - No order is ever retried, timed out or concluded here. Reads and connections back off; orders do not.
 *   - Secrets stay in the signer's closure: no error, status or report carries one.
 *
 * Frames are built in `binance-usdm-frames.ts` and read in `binance-usdm-answers.ts`; this file joins the parts.
 */
import type { Directory } from "../domain/instrument.ts";
import type { VenueOrder } from "../domain/order.ts";
import { assert, type Lots, lots } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";
import { ordersSince } from "./binance-usdm-history.ts";
import { checkExchangeInfo } from "./binance-usdm-listings.ts";
import { OrderChannel } from "./binance-usdm-orders.ts";
import { adoptLimits, BINANCE_USDM_RATES, type BinanceRates } from "./binance-usdm-rates.ts";
import { type BinanceRest, createBinanceRest, type RestCall } from "./binance-usdm-rest.ts";
import { type BinanceCredentials, createBinanceSigner } from "./binance-usdm-signer.ts";
import { createMarketStream, createPrivateStream, type Stream } from "./binance-usdm-streams.ts";
import { ClockOffset } from "./clock-offset.ts";
import { RateLimits } from "./rate-limits.ts";
import type { Venue, VenueEvents } from "./venue.ts";
import { VenueError } from "./venue-error.ts";
import { VenueHealth } from "./venue-health.ts";
import { type VenueListings, venueListings } from "./venue-listings.ts";

export interface BinanceUsdmOptions {
  readonly index: number;
  readonly name: string;
  readonly endpoints: {
    readonly restUrl: string;
    /** WebSocket order API, `.../ws-fapi/v1`. */
    readonly orderUrl: string;
    /** Private stream, `.../private/ws`; `?listenKey=` is appended. */
    readonly streamUrl: string;
    /** Market stream, `.../public/ws`; subscriptions are sent over it. */
    readonly marketUrl: string;
    /** Host of `/sapi`, another one than `restUrl` on the live venue. */
    readonly accountUrl?: string;
  };
  readonly credentials: BinanceCredentials;
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
  readonly reconnectBackoff: { readonly baseMs: number; readonly maxMs: number };
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly restTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly inFlightMax?: number;
  /** 2, the default, keeps a standby for the order socket. */
  readonly orderSockets?: 1 | 2;
  /** Age at which a connection is replaced without a gap; Binance ends it at 24 h. Default 23 h. */
  readonly rotateAfterMs?: number;
  readonly clockRefreshMs?: number;
  readonly listenKeyKeepAliveMs?: number;
}

const TIME: RestCall = { method: "GET", path: "/fapi/v1/time", request: "time", rateClass: "query" };
const EXCHANGE_INFO: RestCall = {
  method: "GET",
  path: "/fapi/v1/exchangeInfo",
  request: "exchangeInfo",
  rateClass: "query",
};
const POSITIONS: RestCall = {
  method: "GET",
  path: "/fapi/v3/positionRisk",
  request: "positions",
  rateClass: "reconcile",
};
const PERMISSIONS: RestCall = {
  method: "GET",
  path: "/sapi/v1/account/apiRestrictions",
  request: "account",
  rateClass: "reconcile",
};

export function createBinanceUsdm(
  options: BinanceUsdmOptions,
  events: VenueEvents,
  directory: Directory,
  clock: Clock,
): Venue {
  return new BinanceUsdm(options, events, directory, clock);
}

class BinanceUsdm implements Venue {
  readonly index: number;
  readonly name: string;
  readonly #clock: Clock;
  readonly #listings: VenueListings;
  readonly #rest: BinanceRest;
  readonly #accountRest: BinanceRest;
  readonly #orders: OrderChannel;
  readonly #streams: readonly Stream[];
  readonly #health: VenueHealth;
  readonly #offset: ClockOffset;
  readonly #rates: BinanceRates;
  readonly #connectTimeoutMs: number;
  readonly #backoffMs: () => number;

  constructor(options: BinanceUsdmOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    const { index, name, endpoints, credentials, heartbeatMs, staleAfterMs, reconnectBackoff, random } = options;
    this.index = index;
    this.name = name;
    this.#clock = clock;
    this.#listings = venueListings(directory, index);
    assert(this.#listings.all.length > 0, `venue ${name} has no listing`);
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 15_000;
    this.#backoffMs = () => reconnectBackoff.maxMs * (0.25 + random() / 4);
    const signer = createBinanceSigner(credentials);
    const restTimeoutMs = options.restTimeoutMs ?? 5000;
    const time = { nowMs: 0, venueMs: 0 };
    const rates: BinanceRates = new RateLimits(
      BINANCE_USDM_RATES,
      () => {
        // Reused: a ledger keeps none of it.
        time.nowMs = clock.nowNs() / 1e6;
        time.venueMs = this.#offset.venueMs();
        return time;
      },
      random,
    );
    this.#rates = rates;
    this.#rest = createBinanceRest(endpoints.restUrl, signer, rates, restTimeoutMs);
    this.#accountRest = createBinanceRest(endpoints.accountUrl ?? endpoints.restUrl, signer, rates, restTimeoutMs);
    const health = new VenueHealth(index, name, clock, (status) => events.onStatus(status));
    this.#health = health;
    this.#offset = new ClockOffset({
      clock,
      serverTimeMs: () => this.#serverTimeMs(),
      refreshMs: options.clockRefreshMs ?? 30_000,
      onEstimate: (estimate) => health.setClock(estimate),
    });
    const rotation = options.rotateAfterMs === undefined ? {} : { rotateAfterMs: options.rotateAfterMs };
    const socket = { heartbeatMs, staleAfterMs, backoff: reconnectBackoff, random, clock, ...rotation };
    const shared = { venue: index, listings: this.#listings, onFailure: (cause: Error) => health.failed(cause) };
    this.#orders = new OrderChannel({
      ...shared,
      signer,
      rates,
      clock,
      socket: { ...socket, seats: options.orderSockets ?? 2, url: () => endpoints.orderUrl },
      inFlightMax: options.inFlightMax ?? 4096,
      venueMs: () => this.#offset.venueMs(),
      onReport: (report) => events.onReport(report),
      onLive: (live) => health.setLive("ordersLive", live),
    });
    this.#streams = [
      createPrivateStream({
        ...shared,
        socket,
        url: endpoints.streamUrl,
        rest: this.#rest,
        keepAliveMs: options.listenKeyKeepAliveMs ?? 30 * 60_000,
        onReport: (report) => events.onReport(report),
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
      const exchangeInfo = await this.#rest.request(EXCHANGE_INFO);
      checkExchangeInfo(this.#listings, this.name, exchangeInfo);
      adoptLimits(this.#rates, exchangeInfo);
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
    for (const stream of this.#streams) stream.close();
  }

  place(order: Parameters<Venue["place"]>[0]): boolean {
    return this.#orders.place(order);
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#orders.cancel(listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#orders.query(listing, clientOrderId);
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    const rows = await this.#rest.request(POSITIONS, this.#offset.venueMs());
    if (!Array.isArray(rows)) throw new VenueError("MALFORMED", "positionRisk", "positionRisk is not a list");
    // The answer omits symbols without a position: flat is what remains.
    const positions = new Map<number, Lots>(this.#listings.all.map(({ listing }) => [listing.index, lots(0)]));
    for (const row of rows as { symbol?: unknown; positionAmt?: unknown }[]) {
      const found = typeof row?.symbol === "string" ? this.#listings.bySymbol.get(row.symbol) : undefined;
      if (!found) continue;
      const amount = typeof row.positionAmt === "string" ? found.qty.parse(row.positionAmt) : Number.NaN;
      if (Number.isNaN(amount)) {
        const message = `${found.symbol} at ${this.name}: position ${String(row.positionAmt)} is no whole number of lots`;
        throw new VenueError("MALFORMED", "positionAmt", message);
      }
      // In hedge mode a symbol has a long and a short row; the net is what is hedged.
      const index = found.listing.index;
      positions.set(index, lots((positions.get(index) ?? 0) + amount));
    }
    return positions;
  }

  ordersSince(sinceMs: number): Promise<readonly VenueOrder[]> {
    return ordersSince(this.#rest, this.#listings, sinceMs, () => this.#offset.venueMs());
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    const flags = (await this.#accountRest.request(PERMISSIONS, this.#offset.venueMs())) as Record<
      string,
      unknown
    > | null;
    return {
      canTrade: flags?.["enableFutures"] === true,
      // Closed by default: only a plain "no" to withdrawals counts, and every other way out counts as one.
      canWithdraw:
        flags?.["enableWithdrawals"] !== false ||
        flags["enableInternalTransfer"] === true ||
        flags["permitsUniversalTransfer"] === true,
    };
  }

  async #serverTimeMs(): Promise<number> {
    const answer = await this.#rest.request(TIME);
    const serverTime = (answer as { serverTime?: unknown } | null)?.serverTime;
    if (typeof serverTime === "number" && Number.isSafeInteger(serverTime)) return serverTime;
    throw new VenueError("MALFORMED", "serverTime", `${this.name}: the exchange answered with no time`);
  }
}
