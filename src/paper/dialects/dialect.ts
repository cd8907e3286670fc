/**
 * Dialect: one venue's wire language over the one exchange core. `venue-server.ts` owns sockets, delays and faults; a dialect
 * owns what is said on them.
 *
 * A dialect is made per venue by its `DialectMaker` (table in `dialects.ts`), is called on one thread, and never blocks. It
 * answers a request before the events that the request caused are handed to it: `Operations.run` sees to that.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { ExchangeRules } from "../admission.ts";
import type { PaperKey } from "../api-key.ts";
import type { CandleHistory } from "../candle-history.ts";
import type { PaperExchange } from "../exchange.ts";
import type { SocketKind } from "../fault-forms.ts";
import type { FaultWording } from "../fault-wording.ts";
import type { FaultPlane } from "../faults.ts";
import type { PaperListing } from "../listing.ts";
import type { Operations } from "../operations.ts";
import type { UserEvent } from "../order.ts";
import type { Delivery, Peer } from "../peer.ts";
import type { RateLimits } from "../rate-limits.ts";

export interface RestRequest {
  /** Upper case, as sent. */
  readonly method: string;
  readonly path: string;
  /** Without the question mark, as sent. */
  readonly query: string;
  readonly body: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
}

/** The HTTP side of one request. A dialect makes its `Reply` of it. */
export interface HttpAnswer {
  /** JSON text; sent behind the latency model. */
  answer(httpStatus: number, json: string, headers: Readonly<Record<string, string>>, delivery: Delivery): void;
  /** Cuts the connection: at once, or behind the answer (`delivered`). */
  cut(delivered: boolean): void;
}

/** What a WebSocket address serves. */
export interface Route {
  /** What faults may cut it as. A socket that carries orders and private events is both. */
  readonly kinds: readonly SocketKind[];
  attach(peer: Peer): void;
}

export interface Dialect {
  onRest(request: RestRequest, http: HttpAnswer): void;
  /** Null: nothing is served there (404). */
  route(path: string, query: URLSearchParams): Route | null;
  /** The socket is gone: forget it. */
  onClose(peer: Peer): void;
  /** `delivery` is what faults did to it; hand it to `Peer.send`. */
  onUserEvent(event: UserEvent, delivery: Delivery): void;
  onBook(listing: PaperListing): void;
  onTrade(listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean): void;
  /** Every `depthIntervalMs`: tell what changed of the books. */
  publishDepth(): void;
  /** Every `pingIntervalMs`: end what has timed out. */
  housekeep(): void;
}

/** What a venue gives its dialect. */
export interface VenueContext {
  readonly exchange: PaperExchange;
  readonly operations: Operations;
  readonly faults: FaultPlane;
  readonly keys: ReadonlyMap<string, PaperKey>;
  readonly limits: RateLimits;
  readonly leverage: number;
  readonly fees: { readonly takerFeeBps: number; readonly makerFeeBps: number };
  /** Whether its API keys claim to be able to withdraw. */
  readonly canWithdraw: boolean;
  /** Null: positions pay none. */
  readonly funding: { readonly rate: number; readonly intervalMs: number } | null;
  /** By market symbol; empty where no recorded candles are played. */
  readonly history: ReadonlyMap<string, CandleHistory>;
  /** A listing as the venue's list of markets has it. */
  stated(listing: PaperListing): PaperListing;
  /** The venue's clock, skew included. */
  serverMs(): number;
}

export interface DialectMaker {
  readonly rules: ExchangeRules;
  readonly wording: FaultWording;
  /** What the venue documents; a configuration may lift or change it. */
  readonly limits: RateLimits;
  create(venue: VenueContext): Dialect;
}
