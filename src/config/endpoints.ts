/**
 * Addresses of a venue: those of its type and environment, each replaced by `endpoints` of the configuration where given.
 *
 * An environment a type does not offer is an error here and never an empty address.
 */
import { assert } from "../domain/units.ts";
import type { Config } from "./schema.ts";
import type { VenueConfig } from "./schema-venues.ts";

/** As the native client takes them. */
export interface VenueEndpoints {
  readonly restUrl: string;
  readonly orderUrl: string;
  readonly streamUrl: string;
  readonly marketUrl: string;
  readonly accountUrl?: string;
}

/** Of one venue type. `paper`: what follows the paper venue's host and port. */
interface Addresses {
  readonly live: VenueEndpoints;
  readonly testnet: VenueEndpoints;
  readonly paper: { readonly orders: string; readonly stream: string; readonly market: string };
}

const BINANCE_USDM: Addresses = {
  live: {
    restUrl: "https://fapi.binance.com",
    orderUrl: "wss://ws-fapi.binance.com/ws-fapi/v1",
    streamUrl: "wss://fstream.binance.com/private/ws",
    marketUrl: "wss://fstream.binance.com/public/ws",
    accountUrl: "https://api.binance.com",
  },
  testnet: {
    restUrl: "https://demo-fapi.binance.com",
    orderUrl: "wss://testnet.binancefuture.com/ws-fapi/v1",
    streamUrl: "wss://fstream.binancefuture.com/ws",
    marketUrl: "wss://fstream.binancefuture.com/ws",
  },
  paper: { orders: "/ws-fapi/v1", stream: "/private/ws", market: "/public/ws" },
};

const BYBIT_LINEAR: Addresses = {
  live: bybitEndpoints("https://api.bybit.com", "wss://stream.bybit.com"),
  testnet: bybitEndpoints("https://api-testnet.bybit.com", "wss://stream-testnet.bybit.com"),
  paper: { orders: "/v5/trade", stream: "/v5/private", market: "/v5/public/linear" },
};

const OKX_SWAP: Addresses = {
  live: okxEndpoints("wss://ws.okx.com:8443"),
  // The same REST host: `venueRestHeaders` tells it the environment.
  testnet: okxEndpoints("wss://wspap.okx.com:8443"),
  paper: { orders: "/ws/v5/private", stream: "/ws/v5/private", market: "/ws/v5/public" },
};

/** One member per venue type that has addresses of its own. */
const ADDRESSES: Readonly<Record<Exclude<VenueConfig["type"], "ccxt">, Addresses>> = {
  "binance-usdm": BINANCE_USDM,
  "bybit-linear": BYBIT_LINEAR,
  "okx-swap": OKX_SWAP,
};

/** Where a ccxt venue's connections go; its addresses are ccxt's own. */
export type CcxtPlace =
  | { readonly type: "live" | "testnet" }
  | { readonly type: "paper"; readonly host: string; readonly port: number };

export function ccxtPlace(config: Config, venue: VenueConfig): CcxtPlace {
  if (venue.environment !== "paper") return { type: venue.environment };
  const served = config.paper.venues.find(({ name }) => name === venue.name);
  assert(served !== undefined, `paper venue ${venue.name} has no port`);
  return { type: "paper", host: config.paper.host, port: served.port };
}

export function venueEndpoints(config: Config, venue: VenueConfig): VenueEndpoints {
  assert(venue.type !== "ccxt", `the addresses of ${venue.name} are ccxt's`);
  const addresses = ADDRESSES[venue.type];
  const { rest, orders, stream, market, account } = venue.endpoints;
  const base =
    venue.environment === "paper" ? paperEndpoints(config, venue.name, addresses.paper) : addresses[venue.environment];
  const addressed = rest !== undefined && orders !== undefined && stream !== undefined && market !== undefined;
  assert(base !== null || addressed, `paper venue ${venue.name} has neither a port nor endpoints`);
  const accountUrl = account ?? (rest === undefined ? base?.accountUrl : undefined);
  return {
    restUrl: rest ?? base?.restUrl ?? "",
    orderUrl: orders ?? base?.orderUrl ?? "",
    streamUrl: stream ?? base?.streamUrl ?? "",
    marketUrl: market ?? base?.marketUrl ?? "",
    ...(accountUrl === undefined ? {} : { accountUrl }),
  };
}

/** What every REST request of a venue carries beside its signature: how OKX tells its demo environment from the live one. */
export function venueRestHeaders({ type, environment }: VenueConfig): Readonly<Record<string, string>> {
  return type === "okx-swap" && environment === "testnet" ? { "x-simulated-trading": "1" } : {};
}

function paperEndpoints(config: Config, name: string, paths: Addresses["paper"]): VenueEndpoints | null {
  const served = config.paper.venues.find((venue) => venue.name === name);
  if (!served) return null;
  const authority = `${config.paper.host.includes(":") ? `[${config.paper.host}]` : config.paper.host}:${served.port}`;
  return {
    restUrl: `http://${authority}`,
    orderUrl: `ws://${authority}${paths.orders}`,
    streamUrl: `ws://${authority}${paths.stream}`,
    marketUrl: `ws://${authority}${paths.market}`,
  };
}

function bybitEndpoints(restUrl: string, socketUrl: string): VenueEndpoints {
  return {
    restUrl,
    orderUrl: `${socketUrl}/v5/trade`,
    streamUrl: `${socketUrl}/v5/private`,
    marketUrl: `${socketUrl}/v5/public/linear`,
  };
}

function okxEndpoints(socketUrl: string): VenueEndpoints {
  return {
    restUrl: "https://openapi.okx.com",
    orderUrl: `${socketUrl}/ws/v5/private`,
    streamUrl: `${socketUrl}/ws/v5/private`,
    marketUrl: `${socketUrl}/ws/v5/public`,
  };
}
