/**
 * Paper options from the configuration: each paper venue serves its listings, with the key the engine will use.
 */
import { createPublicKey } from "node:crypto";
import type { Config } from "../config/schema.ts";
import type { Secrets, VenueSecrets } from "../config/secrets.ts";
import { assert } from "../domain/units.ts";
import type { PaperKeyOptions } from "../paper/api-key.ts";
import { type DialectName, isDialect } from "../paper/dialects/dialects.ts";
import type { PaperOptions, PaperVenueOptions } from "../paper/server.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

type PaperVenueConfig = Config["paper"]["venues"][number];

/** Of the command line; each replaces what the configuration says. */
export interface PaperOverrides {
  /** CSV files, `path` or `path=SYMBOL` where the file's name does not hold the symbol. */
  readonly market?: readonly string[];
  readonly speed?: number;
  readonly loop?: boolean;
  readonly seed?: number;
  readonly latencyMs?: number;
}

export function paperOptions(config: Config, secrets: Secrets, overrides: PaperOverrides): PaperOptions {
  const { paper } = config;
  if (paper.venues.length === 0) {
    throw new CommandFailure(EXIT_CODES.usage, "NO_PAPER_VENUES", "the configuration has no paper.venues to serve");
  }
  return {
    venues: paper.venues.map((served) => venueOptions(config, secrets, served, overrides)),
    market: marketOptions(config, overrides),
    seed: overrides.seed ?? paper.seed,
  };
}

function marketOptions({ paper: { market } }: Config, overrides: PaperOverrides): PaperOptions["market"] {
  const speed = overrides.speed ?? market.speed;
  const files = overrides.market ?? (market.type === "csv" ? market.files : []);
  if (files.length === 0) return { type: "synthetic", volatilityDaily: market.volatilityDaily, speed };
  return { type: "csv", files: files.map(marketFile), speed, loop: overrides.loop ?? market.loop };
}

function marketFile(given: string): string | { path: string; symbol: string } {
  const match = /^(.+)=([A-Za-z0-9._-]+)$/.exec(given);
  return match ? { path: match[1] ?? "", symbol: match[2] ?? "" } : given;
}

function venueOptions(
  config: Config,
  secrets: Secrets,
  served: PaperVenueConfig,
  overrides: PaperOverrides,
): PaperVenueOptions {
  const { paper } = config;
  const { name, port } = served;
  const key = secrets.venues.get(name);
  assert(key, `paper venue ${name} has no key`);
  return {
    name,
    dialect: dialectOf(config, served),
    host: paper.host,
    port,
    ...venueKey(config, name, key),
    symbols: listedSymbols(config, served),
    latencyMs: overrides.latencyMs ?? paper.latencyMs,
    takerFeeBps: paper.takerFeeBps,
    limits: served.rateLimits,
    ...(paper.fundingRate === 0 ? {} : { funding: { rate: paper.fundingRate, intervalMs: paper.fundingIntervalMs } }),
    assets: Object.fromEntries(served.assets.map(({ asset, amount }) => [asset, amount])),
    faults: served.faults,
  };
}

/** What ccxt's exchanges speak, of those that a paper exchange speaks too. */
const CCXT_DIALECTS: Readonly<Record<string, DialectName>> = {
  binanceusdm: "binance-usdm",
  bybit: "bybit-linear",
  okx: "okx-swap",
};

function dialectOf(config: Config, { name, dialect }: PaperVenueConfig): DialectName {
  const venue = config.venues.find((each) => each.name === name);
  const wanted = dialect ?? (venue?.type === "ccxt" ? CCXT_DIALECTS[venue.exchange ?? ""] : venue?.type) ?? "";
  if (isDialect(wanted)) return wanted;
  const what = `paper venue ${name}: there is no dialect ${wanted}; set paper.venues.dialect`;
  throw new CommandFailure(EXIT_CODES.usage, "NO_DIALECT", what);
}

/** What the venue must hold to verify what the engine signs. */
function venueKey(config: Config, name: string, key: VenueSecrets): PaperKeyOptions {
  const apiKey = key.apiKey.reveal();
  const apiSecret = key.apiSecret.reveal();
  if (config.venues.find((venue) => venue.name === name)?.keyType !== "ed25519")
    return { apiKey, apiSecret, ...(key.passphrase === undefined ? {} : { passphrase: key.passphrase.reveal() }) };
  return { apiKey, publicKeyPem: createPublicKey(apiSecret).export({ type: "spki", format: "pem" }).toString() };
}

function listedSymbols(
  { instruments, paper }: Config,
  { name: venue, contractSizes }: PaperVenueConfig,
): PaperVenueOptions["symbols"] {
  return instruments.flatMap((instrument) =>
    instrument.listings
      .filter((listing) => listing.venue === venue)
      .map((listing) => {
        const initialPrice = paper.initialPrices.find((entry) => entry.symbol === listing.symbol)?.price;
        const contractSize = contractSizes.find((entry) => entry.symbol === listing.symbol)?.size;
        const [base, quote] = instrument.symbol.split(/[/:]/);
        return {
          symbol: listing.symbol,
          ...(base === undefined || quote === undefined ? {} : { base, quote, marketSymbol: `${base}${quote}` }),
          ...(contractSize === undefined ? {} : { contractSize }),
          tickSize: listing.tickSize ?? instrument.tickSize,
          lotSize: listing.lotSize ?? instrument.lotSize,
          ...(listing.minQty === undefined ? {} : { minQty: listing.minQty }),
          ...(listing.minNotional === undefined ? {} : { minNotional: String(listing.minNotional) }),
          ...(initialPrice === undefined ? {} : { initialPrice }),
        };
      }),
  );
}
