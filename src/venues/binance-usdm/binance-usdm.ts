/**
 * Binance USDM: the venue port over three sockets (orders, private stream, market) and REST for housekeeping.
 *
 * Invariants
 *   - `place`, `cancel` and `query` are synchronous up to the socket write; the order of calls is the order on the wire.
 *   - Every request that was written ends in one report; a lost socket makes `unknown` of what was under way.
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
import { IN_FLIGHT_MAX, Lifecycle, type NativeVenueOptions, REST_TIMEOUT_MS } from "../native/lifecycle.ts";
import type { OrderSocket } from "../native/order-socket.ts";
import { RateLimits } from "../rate-limits.ts";
import type { Venue, VenueEvents } from "../venue.ts";
import { VenueError } from "../venue-error.ts";
import { type VenueListing, type VenueListings, venueListings } from "../venue-listings.ts";
import { ordersSince } from "./history.ts";
import { exchangeMisfits } from "./listings.ts";
import { OrderChannel } from "./orders.ts";
import { adoptLimits, BINANCE_USDM_RATES, type BinanceRates } from "./rates.ts";
import { type BinanceRest, createBinanceRest, type RestCall } from "./rest.ts";
import { type BinanceCredentials, createBinanceSigner } from "./signer.ts";
import { createMarketStream, createPrivateStream } from "./streams.ts";

export interface BinanceUsdmOptions extends NativeVenueOptions {
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
  readonly misfitsEveryMs = 300_000;
  readonly index: number;
  readonly name: string;
  readonly #listings: VenueListings;
  readonly #rest: BinanceRest;
  readonly #accountRest: BinanceRest;
  readonly #orders: OrderSocket<VenueListing>;
  readonly #life: Lifecycle;
  readonly #rates: BinanceRates;

  constructor(options: BinanceUsdmOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    const { index, name, endpoints, credentials, random, restTimeoutMs = REST_TIMEOUT_MS } = options;
    this.index = index;
    this.name = name;
    this.#listings = venueListings(directory, index);
    assert(this.#listings.all.length > 0, `venue ${name} has no listing`);
    const signer = createBinanceSigner(credentials);
    const life = new Lifecycle(options, events, clock, () => this.#serverTimeMs());
    const rates: BinanceRates = new RateLimits(BINANCE_USDM_RATES, life.rateTime(), random);
    this.#life = life;
    this.#rates = rates;
    this.#rest = createBinanceRest(endpoints.restUrl, signer, rates, restTimeoutMs);
    this.#accountRest = createBinanceRest(endpoints.accountUrl ?? endpoints.restUrl, signer, rates, restTimeoutMs);
    const shared = {
      venue: index,
      listings: this.#listings,
      onReport: (report: OrderReport) => events.onReport(report),
      onFailure: (cause: Error) => life.health.failed(cause),
    };
    this.#orders = new OrderChannel({
      ...shared,
      signer,
      rates,
      clock,
      socket: life.orderSocket(endpoints.orderUrl),
      inFlightMax: options.inFlightMax ?? IN_FLIGHT_MAX,
      venueMs: () => life.offset.venueMs(),
      onLive: (live) => life.health.setLive("ordersLive", live),
    }).socket;
    life.give(
      this.#orders,
      createPrivateStream({
        ...shared,
        socket: life.socket(),
        url: endpoints.streamUrl,
        rest: this.#rest,
        keepAliveMs: options.listenKeyKeepAliveMs ?? 30 * 60_000,
        onLive: (live) => life.health.setLive("streamLive", live),
      }),
      createMarketStream({
        ...shared,
        socket: life.socket(),
        url: endpoints.marketUrl,
        onQuote: (quote) => events.onQuote(quote),
        onLive: (live) => life.health.setLive("quotesLive", live),
      }),
    );
  }

  connect(): Promise<void> {
    return this.#life.connect(async () => {
      const exchangeInfo = await this.#rest.request(EXCHANGE_INFO);
      refuseMisfits(exchangeMisfits(this.#listings, this.name, exchangeInfo));
      adoptLimits(this.#rates, exchangeInfo);
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
    return this.#orders.ask("query", listing, clientOrderId);
  }

  async misfits(): Promise<readonly Misfit[]> {
    return exchangeMisfits(this.#listings, this.name, await this.#rest.request(EXCHANGE_INFO));
  }

  links(): readonly OrderLink[] {
    return this.#orders.links();
  }

  rates(): readonly RateUsage[] {
    return this.#rates.usage();
  }

  async positions(): Promise<ReadonlyMap<number, Lots>> {
    const rows = await this.#rest.request(POSITIONS, this.#life.offset.venueMs());
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
    return ordersSince(this.#rest, this.#listings, sinceMs, () => this.#life.offset.venueMs());
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    const flags = (await this.#accountRest.request(PERMISSIONS, this.#life.offset.venueMs())) as Record<
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
