/**
 * Messages between a lane and the thread in which ccxt runs. Plain data; decimals are texts, never floats, and symbols are
 * ccxt's. Lots and ticks exist on the lane's side only.
 *
 * Every `place`, `cancel` and `query` gets exactly one `answer` with its id, unless the thread dies: what it never answered the
 * lane reports as unknown.
 */
import type { ReportKind, Side, TimeInForce } from "../../domain/order.ts";
import type { LiveField } from "../venue-health.ts";
import type { CcxtCredentials, CcxtEnvironment } from "./options.ts";

/** What the thread is started with. Secrets included, so it is never logged. */
export interface CcxtTask {
  readonly name: string;
  readonly exchange: string;
  /** `ccxt.pro`, or `ccxt.prediction`, where an outcome stands for a symbol. */
  readonly family: "pro" | "prediction";
  readonly environment: CcxtEnvironment;
  readonly credentials: CcxtCredentials;
  /** Index of the venue: part of every client order id. */
  readonly venue: number;
  readonly listings: readonly CcxtListingTask[];
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  readonly clockRefreshMs: number;
  readonly callsMax: number;
}

export interface CcxtListingTask {
  /** Index of the directory. */
  readonly listing: number;
  /** The venue's own symbol, or id of an outcome. */
  readonly id: string;
  /** Unified symbol of the instrument: tells markets apart that share an id. */
  readonly unified: string;
}

export interface PlaceMessage {
  readonly type: "place";
  readonly id: number;
  readonly symbol: string;
  readonly side: Side;
  readonly amount: string;
  readonly price: string;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly clientOrderId: string;
  readonly stampMs: number;
  readonly validForMs: number;
}

export interface AskMessage {
  readonly type: "cancel" | "query";
  readonly id: number;
  readonly symbol: string;
  readonly clientOrderId: string;
}

export type ToCcxt =
  | PlaceMessage
  | AskMessage
  /** Listings fit: open the sockets. */
  | { readonly type: "open" }
  | { readonly type: "positions" | "permissions" | "rules"; readonly id: number }
  | { readonly type: "orders"; readonly id: number; readonly sinceMs: number };

/** What ccxt knows of one market. Absent where the exchange does not say. */
export interface MarketFacts {
  readonly listing: number;
  readonly symbol: string;
  readonly active: boolean;
  /** Amounts are contracts of `contractSize` base units, and reports of positions exist. */
  readonly contract: boolean;
  readonly inverse: boolean;
  readonly contractSize: string;
  readonly amountStep?: string;
  readonly priceStep?: string;
  readonly amountMin?: string;
  readonly costMin?: string;
  /** Prediction markets: the outcome that pays when this one does not. */
  readonly opposing?: string;
}

/** One order as the exchange told it in one message. */
export interface OrderFacts {
  /** Ours, translated back; empty where the message has none. */
  readonly clientOrderId: string;
  readonly symbol: string;
  /** ccxt's word: open, closed, canceled, expired, rejected. Undefined in a bare acknowledgement. */
  readonly status: string | undefined;
  readonly filled: string | undefined;
  readonly amount: string | undefined;
  readonly average: string | undefined;
  readonly venueMs: number;
}

/** One order of the exchange's own lists. */
export interface ListedFacts extends OrderFacts {
  readonly side: string | undefined;
  readonly reduceOnly: boolean;
  readonly createdMs: number;
}

export interface CcxtAnswer {
  readonly kind: ReportKind;
  /** The venue's raw code, 0 where there is none. */
  readonly code: number;
  /** True when the exchange was not heard: what is said here is our own. */
  readonly local: boolean;
  /** With kind `status`: to be read further. */
  readonly order: OrderFacts | null;
}

export interface PositionFacts {
  readonly symbol: string;
  /** In the market's amounts, signed. */
  readonly amount: string;
}

export interface PermissionFacts {
  readonly canTrade: boolean;
  readonly canWithdraw: boolean;
}

export interface FailureFacts {
  readonly code: "AUTH" | "REFUSED" | "UNREACHABLE" | "MALFORMED" | "LISTING" | "UNSUPPORTED";
  readonly field: string;
  readonly message: string;
}

export type FromCcxt =
  | { readonly type: "markets"; readonly markets: readonly MarketFacts[] }
  | { readonly type: "answer"; readonly id: number; readonly answer: CcxtAnswer }
  | { readonly type: "event"; readonly order: OrderFacts }
  | {
      readonly type: "quote";
      readonly symbol: string;
      readonly bid: string;
      readonly ask: string;
      readonly bidAmount: string;
      readonly askAmount: string;
      readonly venueMs: number;
    }
  | { readonly type: "live"; readonly field: LiveField; readonly live: boolean }
  | { readonly type: "clock"; readonly leadMs: number; readonly errorMs: number }
  | { readonly type: "clockLost" }
  | { readonly type: "positions"; readonly id: number; readonly positions: readonly PositionFacts[] }
  | { readonly type: "permissions"; readonly id: number; readonly permissions: PermissionFacts }
  | { readonly type: "rules"; readonly id: number; readonly markets: readonly MarketFacts[] }
  /** Null: the exchange cannot be asked for its orders. */
  | { readonly type: "orders"; readonly id: number; readonly orders: readonly ListedFacts[] | null }
  | { readonly type: "failed"; readonly id: number; readonly failure: FailureFacts }
  /** Not tied to a request: why a start or a socket failed. With `ends` the thread gives up. */
  | { readonly type: "failure"; readonly failure: FailureFacts; readonly ends: boolean }
  | { readonly type: "beat" };
