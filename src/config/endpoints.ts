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

const BINANCE_USDM: Readonly<Record<"live" | "testnet", VenueEndpoints>> = {
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
  const { rest, orders, stream, market, account } = venue.endpoints;
  const base = venue.environment === "paper" ? paperEndpoints(config, venue.name) : BINANCE_USDM[venue.environment];
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

function paperEndpoints(config: Config, name: string): VenueEndpoints | null {
  const served = config.paper.venues.find((venue) => venue.name === name);
  if (!served) return null;
  const authority = `${config.paper.host.includes(":") ? `[${config.paper.host}]` : config.paper.host}:${served.port}`;
  return {
    restUrl: `http://${authority}`,
    orderUrl: `ws://${authority}/ws-fapi/v1`,
    streamUrl: `ws://${authority}/private/ws`,
    marketUrl: `ws://${authority}/public/ws`,
  };
}
