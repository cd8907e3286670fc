/**
 * What is particular to one exchange behind ccxt: one record per exchange, and a record of what holds for all others.
 *
 * An exchange without a record of its own works by ccxt's unified names. Its error codes then prove nothing and its API key
 * counts as one that can withdraw: unknown is the default everywhere.
 */
import type { ReportKind } from "../../domain/order.ts";
import type { Operation } from "../outcome-codes.ts";
import type { CcxtExchange, CcxtOrder } from "./exchange.ts";
import type { PermissionFacts, PlaceMessage, PositionFacts } from "./messages.ts";
import { BINANCE_USDM } from "./profile-binance.ts";
import { BYBIT } from "./profile-bybit.ts";
import { OKX } from "./profile-okx.ts";

/** An error as the exchange wrote it: an HTTP answer's JSON, or the message on the order socket (`httpStatus` 0). */
export interface RawAnswer {
  readonly httpStatus: number;
  readonly body: unknown;
}

export interface CodeOutcome {
  readonly kind: ReportKind;
  readonly code: number;
}

export interface CcxtProfile {
  /** Over the exchange's own options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How the testnet is reached. */
  readonly testnet: "sandbox" | "demo";
  /** The testnet has the live addresses and is told by a header of every request. */
  readonly demoByHeader: boolean;
  /** A paper exchange speaks its dialect. */
  readonly paper: boolean;
  /** Every order carries its time window, and the exchange refuses it afterwards. */
  readonly stampEnforced: boolean;
  /** Quotes say when they were made, to the ms. What ccxt has of others may be of a whole second, or of a day's end. */
  readonly quotesStamped: boolean;
  /** Ids are given to queries and cancels by our own; otherwise by the exchange's, once it is known. */
  readonly asksByOurId: boolean;
  /** The most rows that a list of orders has at once. */
  listRowsMax?: number;
  venueIdOf(clientOrderId: string): string;
  /** The reverse; what is no id of ours comes back as it is. */
  clientOrderIdOf(venueId: string, venue: number): string;
  placeParams(order: PlaceMessage): object;
  askParams(operation: "cancel" | "query", venueId: string): object;
  /** Writes the time window into a frame for the order socket, where it is no parameter. */
  stampFrame?(frame: object, order: PlaceMessage): void;
  /** Null: the answer carries no code. */
  outcome?(operation: Operation, raw: RawAnswer): CodeOutcome | null;
  /** A message that says the private stream will be silent from now on. */
  endsStream?(message: unknown): boolean;
  /** Before a new private stream: makes ccxt authenticate anew. */
  forgetStream?(exchange: CcxtExchange): void;
  /** Where to ask for an order that the first place does not know; null: it is not there either. */
  queryFurther?(exchange: CcxtExchange, symbol: string, venueId: string): Promise<CcxtOrder | null>;
  positions?(exchange: CcxtExchange, symbols: readonly string[]): Promise<readonly PositionFacts[]>;
  permissions?(exchange: CcxtExchange): Promise<PermissionFacts>;
}

/** An exchange nothing particular is known of. Its client order id is 32 hex characters, which nearly all accept. */
export const ANY_EXCHANGE: CcxtProfile = {
  options: {},
  testnet: "sandbox",
  demoByHeader: false,
  paper: false,
  stampEnforced: false,
  quotesStamped: false,
  asksByOurId: false,
  venueIdOf: (clientOrderId) => clientOrderId,
  clientOrderIdOf: (venueId) => venueId,
  placeParams: ({ clientOrderId }) => ({ clientOrderId }),
  askParams: (_operation, venueId) => ({ clientOrderId: venueId }),
};

const GATE_ID_CHARS = 28;

const PROFILES: Readonly<Record<string, Partial<CcxtProfile>>> = {
  binanceusdm: BINANCE_USDM,
  bybit: BYBIT,
  okx: OKX,
  bitget: { demoByHeader: true },
  // 30 characters, `t-` included. What is left out is the venue's own index, the same in every id.
  gate: {
    venueIdOf: (clientOrderId) => `t-${clientOrderId.slice(0, GATE_ID_CHARS)}`,
    clientOrderIdOf: (venueId, venue) =>
      venueId.startsWith("t-") ? venueId.slice(2) + venue.toString(16).padStart(4, "0") : venueId,
  },
  hyperliquid: {
    asksByOurId: true,
    venueIdOf: (clientOrderId) => `0x${clientOrderId}`,
    clientOrderIdOf: (venueId) => (venueId.startsWith("0x") ? venueId.slice(2) : venueId),
  },
};

/** Prediction markets that carry an id of ours; at the others an order could not be traced. */
const PREDICTION_PROFILES: Readonly<Record<string, Partial<CcxtProfile>>> = {
  hyperliquid: PROFILES["hyperliquid"]!,
  kalshi: { placeParams: ({ clientOrderId }) => ({ client_order_id: clientOrderId }) },
  sxbet: {},
};

/** Exchanges whose client order ids are integers, which 32 hex characters do not fit: an order could not be traced. */
const INTEGER_IDS: ReadonlySet<string> = new Set(["dydx", "htx"]);

/** Null: no order of ours could be told from others there. */
export function profileOf(exchange: string, family: "pro" | "prediction"): CcxtProfile | null {
  if (family === "pro") return INTEGER_IDS.has(exchange) ? null : { ...ANY_EXCHANGE, ...PROFILES[exchange] };
  const known = PREDICTION_PROFILES[exchange];
  return known === undefined ? null : { ...ANY_EXCHANGE, ...known };
}
