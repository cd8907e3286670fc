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
import { setTimeout as sleep } from "node:timers/promises";
import type { Directory } from "../domain/instrument.ts";
import { assert, type Lots, lots } from "../domain/units.ts";
import type { VenueStatus } from "../domain/venue-status.ts";
import type { Clock } from "../time/clock.ts";
import { estimateClock } from "./binance-usdm-clock.ts";
import { BinanceError } from "./binance-usdm-error.ts";
import { checkExchangeInfo, type VenueListings, venueListings } from "./binance-usdm-listings.ts";
import { OrderChannel } from "./binance-usdm-orders.ts";
import { type BinanceRest, createBinanceRest } from "./binance-usdm-rest.ts";
import { type BinanceCredentials, createBinanceSigner } from "./binance-usdm-signer.ts";
import { createMarketStream, createPrivateStream, type Stream } from "./binance-usdm-streams.ts";
import type { Venue, VenueEvents } from "./venue.ts";

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
  readonly clockRefreshMs?: number;
  readonly listenKeyKeepAliveMs?: number;
}

const CLOCK_SAMPLES_AT_CONNECT = 5;
const CLOCK_SAMPLES_AT_REFRESH = 3;
/** After so many refreshes in a row failed the offset counts as unknown again. */
const CLOCK_FAILURES_MAX = 3;

export function createBinanceUsdm(
  options: BinanceUsdmOptions,
  events: VenueEvents,
  directory: Directory,
  clock: Clock,
): Venue {
  return new BinanceUsdm(options, events, directory, clock);
}

type MutableStatus = { -readonly [Field in keyof VenueStatus]: VenueStatus[Field] };

class BinanceUsdm implements Venue {
  readonly index: number;
  readonly name: string;
  readonly #events: VenueEvents;
  readonly #clock: Clock;
  readonly #listings: VenueListings;
  readonly #rest: BinanceRest;
  readonly #accountRest: BinanceRest;
  readonly #orders: OrderChannel;
  readonly #streams: readonly Stream[];
  readonly #status: MutableStatus;
  readonly #connectTimeoutMs: number;
  readonly #clockRefreshMs: number;
  readonly #backoff: () => number;
  #offsetMs = 0;
  #clockFailures = 0;
  #clockTimer: NodeJS.Timeout | null = null;
  #closed = false;
  #lastFailure: Error | null = null;
  /** Set while `connect` waits: called at every status change and every failed attempt. */
  #connecting: (() => void) | null = null;

  constructor(options: BinanceUsdmOptions, events: VenueEvents, directory: Directory, clock: Clock) {
    const { index, name, endpoints, credentials, heartbeatMs, staleAfterMs, reconnectBackoff, random } = options;
    this.index = index;
    this.name = name;
    this.#events = events;
    this.#clock = clock;
    this.#listings = venueListings(directory, index);
    assert(this.#listings.all.length > 0, `venue ${name} has no listing`);
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 15_000;
    this.#clockRefreshMs = options.clockRefreshMs ?? 30_000;
    this.#backoff = () => reconnectBackoff.maxMs * (0.25 + random() / 4);
    this.#status = {
      venue: index,
      ordersLive: false,
      streamLive: false,
      quotesLive: false,
      clockOffsetMs: Number.NaN,
      clockErrorMs: Number.NaN,
    };
    const signer = createBinanceSigner(credentials);
    const restTimeoutMs = options.restTimeoutMs ?? 5000;
    this.#rest = createBinanceRest(endpoints.restUrl, signer, restTimeoutMs);
    this.#accountRest = createBinanceRest(endpoints.accountUrl ?? endpoints.restUrl, signer, restTimeoutMs);
    const socket = { heartbeatMs, staleAfterMs, backoff: reconnectBackoff, random, clock };
    const shared = { venue: index, listings: this.#listings, onFailure: (cause: Error) => this.#failed(cause) };
    this.#orders = new OrderChannel({
      ...shared,
      signer,
      clock,
      socket: { ...socket, url: () => endpoints.orderUrl },
      inFlightMax: options.inFlightMax ?? 4096,
      venueMs: () => this.#venueMs(),
      onReport: (report) => events.onReport(report),
      onLive: (live) => this.#changed("ordersLive", live),
    });
    this.#streams = [
      createPrivateStream({
        ...shared,
        socket,
        url: endpoints.streamUrl,
        rest: this.#rest,
        keepAliveMs: options.listenKeyKeepAliveMs ?? 30 * 60_000,
        onReport: (report) => events.onReport(report),
        onLive: (live) => this.#changed("streamLive", live),
      }),
      createMarketStream({
        ...shared,
        socket,
        url: endpoints.marketUrl,
        onQuote: (quote) => events.onQuote(quote),
        onLive: (live) => this.#changed("quotesLive", live),
      }),
    ];
  }

  async connect(): Promise<void> {
    const deadlineNs = this.#clock.nowNs() + this.#connectTimeoutMs * 1e6;
    try {
      await this.#reach(deadlineNs);
      checkExchangeInfo(this.#listings, this.name, await this.#rest.request("GET", "/fapi/v1/exchangeInfo"));
      await this.#openSockets(deadlineNs);
      this.#scheduleClock();
    } catch (cause) {
      await this.close();
      throw cause;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#clockTimer) clearTimeout(this.#clockTimer);
    this.#orders.close();
    for (const stream of this.#streams) stream.close();
    this.#connecting?.();
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
    const rows = await this.#rest.request("GET", "/fapi/v3/positionRisk", this.#venueMs());
    if (!Array.isArray(rows)) throw new BinanceError("MALFORMED", "positionRisk", "positionRisk is not a list");
    // The answer omits symbols without a position: flat is what remains.
    const positions = new Map<number, Lots>(this.#listings.all.map(({ listing }) => [listing.index, lots(0)]));
    for (const row of rows as { symbol?: unknown; positionAmt?: unknown }[]) {
      const found = typeof row?.symbol === "string" ? this.#listings.bySymbol.get(row.symbol) : undefined;
      if (!found) continue;
      const amount = typeof row.positionAmt === "string" ? found.qty.parse(row.positionAmt) : Number.NaN;
      if (Number.isNaN(amount)) {
        const message = `${found.symbol} at ${this.name}: position ${String(row.positionAmt)} is no whole number of lots`;
        throw new BinanceError("MALFORMED", "positionAmt", message);
      }
      // In hedge mode a symbol has a long and a short row; the net is what is hedged.
      const index = found.listing.index;
      positions.set(index, lots((positions.get(index) ?? 0) + amount));
    }
    return positions;
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    const path = "/sapi/v1/account/apiRestrictions";
    const flags = (await this.#accountRest.request("GET", path, this.#venueMs())) as Record<string, unknown> | null;
    return {
      canTrade: flags?.["enableFutures"] === true,
      // Closed by default: only a plain "no" to withdrawals counts, and every other way out counts as one.
      canWithdraw:
        flags?.["enableWithdrawals"] !== false ||
        flags["enableInternalTransfer"] === true ||
        flags["permitsUniversalTransfer"] === true,
    };
  }

  /** First contact, with backoff: a venue that is just starting is waited for until the deadline. */
  async #reach(deadlineNs: number): Promise<void> {
    for (;;) {
      try {
        return await this.#estimateClock(CLOCK_SAMPLES_AT_CONNECT);
      } catch (cause) {
        if (!(cause instanceof BinanceError) || cause.code !== "UNREACHABLE") throw cause;
        const waitMs = this.#backoff();
        if (this.#clock.nowNs() + waitMs * 1e6 > deadlineNs) throw cause;
        await sleep(waitMs);
      }
      if (this.#closed) throw new BinanceError("CLOSED", "connect", `${this.name}: closed while connecting`);
    }
  }

  #openSockets(deadlineNs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timeoutMs = Math.max(0, (deadlineNs - this.#clock.nowNs()) / 1e6);
    const timer = setTimeout(() => reject(this.#notLive()), timeoutMs);
    this.#connecting = () => {
      const { ordersLive, streamLive, quotesLive } = this.#status;
      if (this.#closed) reject(new BinanceError("CLOSED", "connect", `${this.name}: closed while connecting`));
      else if (this.#lastFailure instanceof BinanceError && this.#lastFailure.code === "AUTH")
        reject(this.#lastFailure);
      else if (ordersLive && streamLive && quotesLive) resolve();
    };
    if (this.#closed) this.#connecting();
    else {
      this.#orders.open();
      for (const stream of this.#streams) stream.open();
    }
    return promise.finally(() => {
      clearTimeout(timer);
      this.#connecting = null;
    });
  }

  #notLive(): BinanceError {
    const { ordersLive, streamLive, quotesLive } = this.#status;
    const waiting = [ordersLive ? "" : "orders", streamLive ? "" : "stream", quotesLive ? "" : "quotes"].filter(
      Boolean,
    );
    const field = waiting.join(", ");
    const reason = failureReason(this.#lastFailure);
    return new BinanceError("UNREACHABLE", field, `${this.name}: no live socket for ${field}: ${reason}`);
  }

  #failed(cause: Error): void {
    this.#lastFailure = cause;
    this.#connecting?.();
  }

  #changed(field: "ordersLive" | "streamLive" | "quotesLive", live: boolean): void {
    this.#status[field] = live;
    this.#events.onStatus(this.#status);
    this.#connecting?.();
  }

  #scheduleClock(): void {
    if (this.#closed) return;
    this.#clockTimer = setTimeout(() => {
      this.#estimateClock(CLOCK_SAMPLES_AT_REFRESH).then(
        () => this.#scheduleClock(),
        () => {
          this.#clockFailures += 1;
          if (this.#clockFailures === CLOCK_FAILURES_MAX && !this.#closed) this.#clockUnknown();
          this.#scheduleClock();
        },
      );
    }, this.#clockRefreshMs);
  }

  #clockUnknown(): void {
    this.#status.clockOffsetMs = Number.NaN;
    this.#status.clockErrorMs = Number.NaN;
    this.#events.onStatus(this.#status);
  }

  async #estimateClock(samples: number): Promise<void> {
    const estimate = await estimateClock(this.#clock, () => this.#serverTimeMs(), samples);
    if (this.#closed) return;
    this.#clockFailures = 0;
    this.#offsetMs = estimate.offsetMs;
    this.#status.clockOffsetMs = estimate.offsetMs;
    this.#status.clockErrorMs = estimate.errorMs;
    this.#events.onStatus(this.#status);
  }

  async #serverTimeMs(): Promise<number> {
    const answer = await this.#rest.request("GET", "/fapi/v1/time");
    const serverTime = (answer as { serverTime?: unknown } | null)?.serverTime;
    if (typeof serverTime === "number" && Number.isSafeInteger(serverTime)) return serverTime;
    throw new BinanceError("MALFORMED", "serverTime", `${this.name}: the exchange answered with no time`);
  }

  #venueMs(): number {
    return Math.round(this.#clock.wallMs() + this.#offsetMs);
  }
}

/** What is safe to repeat of a failed connection: a library's message may quote the url, and with it the listen key. */
function failureReason(cause: Error | null): string {
  if (cause instanceof BinanceError) return cause.message;
  const code = (cause as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  return /^Unexpected server response: \d{3}$/.test(cause?.message ?? "")
    ? (cause?.message ?? "")
    : "no answer in time";
}
