/**
 * The sample configuration for a test: its own temp directory and secrets, any free ports, and the paper venues given.
 * Derived from config/outrigger.example.yaml, so that the sample itself stays tested.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { readSecrets, type Secrets } from "../../src/config/secrets.ts";
import { type LaneDialect, symbolAt } from "./lane-market.ts";

const SAMPLE = new URL("../../config/outrigger.example.yaml", import.meta.url);

export const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
export const FEED_TOKEN = "feed-token-of-the-tests-0123456789";

export interface SampleVenue {
  readonly name: string;
  readonly port: number;
  readonly orderPort?: number;
  readonly dialect?: LaneDialect;
  /** ccxt's client speaks it. */
  readonly throughCcxt?: boolean;
}

export interface SampleOptions {
  readonly directory: string;
  /** Name and port of each paper venue, instead of the sample's; Binance's language where no other is named. */
  readonly venues: readonly SampleVenue[];
  readonly receiverPort?: number;
  readonly controlPort?: number;
  readonly lanes?: "pool" | "inline";
  /** Merged into `router`, `engine` and every shield. */
  readonly router?: object;
  readonly shield?: object;
  readonly journal?: object;
  /** What else is to be otherwise, last. */
  readonly edit?: (yaml: Yaml) => void;
}

const CCXT_NAMES = { "binance-usdm": "binanceusdm", "bybit-linear": "bybit", "okx-swap": "okx" };
const CONTRACT_SIZES = [
  { symbol: "BTC-USDT-SWAP", size: "0.01" },
  { symbol: "ETH-USDT-SWAP", size: "0.1" },
];

// biome-ignore lint/suspicious/noExplicitAny: YAML before its schema is checked
type Yaml = any;

export function sampleConfig(options: SampleOptions): { readonly config: Config; readonly secrets: Secrets } {
  const yaml: Yaml = parse(readFileSync(SAMPLE, "utf8"));
  const secretsDirectory = join(options.directory, "secrets");
  mkdirSync(secretsDirectory, { recursive: true });
  for (const [name, text] of [
    ["sample.webhook", WEBHOOK_SECRET],
    ["tradingview.passphrase", "passphrase-of-the-tests-0123456789"],
    ["feed.token", FEED_TOKEN],
  ] as const) {
    writeFileSync(join(secretsDirectory, name), `${text}\n`, { mode: 0o600 });
  }
  yaml.engine = { ...yaml.engine, dataDir: options.directory, lanes: options.lanes ?? "pool" };
  yaml.receiver.port = options.receiverPort ?? yaml.receiver.port;
  yaml.control.port = options.controlPort ?? yaml.control.port;
  yaml.venues = options.venues.map(({ name, orderPort, dialect = "binance-usdm", throughCcxt = false }) => ({
    name,
    ...(throughCcxt ? { type: "ccxt", exchange: CCXT_NAMES[dialect] } : { type: dialect }),
    environment: "paper",
    ...(orderPort === undefined ? {} : { endpoints: { orders: `ws://127.0.0.1:${orderPort}/ws-fapi/v1` } }),
  }));
  for (const instrument of yaml.instruments) {
    // The sample's first venue is Binance: its listing of each instrument serves for every venue here.
    const [listing] = instrument.listings ?? [];
    if (!listing) continue;
    instrument.listings = options.venues.map(({ name, dialect }) => {
      if (dialect !== "okx-swap") return { ...listing, venue: name };
      const { minNotional: _, ...rest } = listing;
      return { ...rest, venue: name, symbol: symbolAt(dialect, listing.symbol) };
    });
  }
  yaml.shield = yaml.shield.map((each: Yaml) => ({ ...each, ...options.shield }));
  yaml.paper.venues = options.venues.map(({ name, port, dialect }) =>
    dialect === "okx-swap" ? { name, port, contractSizes: CONTRACT_SIZES } : { name, port },
  );
  yaml.paper.initialPrices = yaml.paper.initialPrices.filter(({ symbol }: Yaml) =>
    options.venues.some(({ dialect }) => (dialect === "okx-swap") === symbol.includes("-")),
  );
  yaml.router = { ...yaml.router, ...options.router };
  yaml.journal = { ...yaml.journal, ...options.journal };
  options.edit?.(yaml);
  const { config, document } = parseConfig(join(options.directory, "outrigger.yaml"), stringify(yaml));
  return { config, secrets: readSecrets(config, {}, document) };
}
