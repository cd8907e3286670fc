/**
 * The world of an end-to-end test: a directory with configuration and secrets, paper venues, ports that were free.
 *
 * The synthetic market stands still (volatility 0), so that what a signal must lead to can be computed beforehand to the lot.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface World {
  readonly configFile: string;
  readonly dataDir: string;
  readonly engineId: string;
  readonly receiver: string;
  readonly controlPort: number;
  /** Base addresses of the paper venues, by name. */
  readonly venues: Readonly<Record<string, string>>;
  /** Of the sources `hooks`, `tradingview` and `feed`. */
  readonly webhookSecret: string;
  readonly passphrase: string;
  readonly feedToken: string;
  remove(): void;
}

export interface WorldOptions {
  readonly lanes?: "pool" | "inline";
  readonly dedupeIdsMax?: number;
  readonly hedgeMaxAgeMs?: number;
  /** From the best price to the worst; three of Binance's language by default. */
  readonly venues?: readonly WorldVenue[];
  /** Merged into `router`. */
  readonly router?: object;
  /** Merged into the shield of BTC and that of the perpetual. */
  readonly shields?: readonly [object, object];
  /** An `outrigger intake` may take the port over. */
  readonly standby?: boolean;
}

export interface WorldVenue {
  readonly name: string;
  readonly type: "binance-usdm" | "bybit-linear" | "okx-swap" | "ccxt";
  readonly exchange?: string;
}

export const HOLDINGS_BTC = 1.2;
export const HOLDINGS_BTC_PERP = 0.5;
export const BETA_CROSS = 0.8;
export const LEVERAGE = 4;
export const RISK_TOLERANCE = 0.4;
export const VOLATILITY_DAILY = 0.03;

const ENGINE_ID = "e2e";
const VENUES = ["alpha", "beta", "gamma"].map((name): WorldVenue => ({ name, type: "binance-usdm" }));
/** OKX's own names, and what one of its contracts stands for. */
const OKX_SWAPS: Readonly<Record<string, readonly [symbol: string, contractSize: string]>> = {
  BTCUSDT: ["BTC-USDT-SWAP", "0.01"],
  ETHUSDT: ["ETH-USDT-SWAP", "0.1"],
};

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-e2e-"));
  const { venues = VENUES } = options;
  const [receiverPort = 0, controlPort = 0, ...venuePorts] = await freePorts(2 + venues.length);
  const secrets = {
    webhookSecret: "whsec_b3V0cmlnZ2VyIGVuZCB0byBlbmQgc2VjcmV0IDAwMDE=",
    passphrase: "an-end-to-end-passphrase",
    feedToken: "an-end-to-end-feed-token-0001",
  };
  for (const [name, secret] of Object.entries(secrets)) {
    writeFileSync(join(directory, name), `${secret}\n`, { mode: 0o600 });
  }
  const dataDir = join(directory, "data");
  const configFile = join(directory, "outrigger.yaml");
  const config = configuration(dataDir, receiverPort, controlPort, venuePorts, options);
  // JSON is YAML too.
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  return {
    configFile,
    dataDir,
    engineId: ENGINE_ID,
    receiver: `http://127.0.0.1:${receiverPort}`,
    controlPort,
    venues: Object.fromEntries(venues.map(({ name }, i) => [name, `http://127.0.0.1:${venuePorts[i]}`])),
    ...secrets,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function configuration(
  dataDir: string,
  receiverPort: number,
  controlPort: number,
  venuePorts: readonly number[],
  {
    lanes = "pool",
    dedupeIdsMax = 100_000,
    hedgeMaxAgeMs = 30_000,
    standby = false,
    venues = VENUES,
    router = {},
    shields = [{}, {}],
  }: WorldOptions,
) {
  const symbolOf = ({ type, exchange }: WorldVenue, symbol: string) =>
    (type === "okx-swap" || exchange === "okx" ? OKX_SWAPS[symbol]?.[0] : symbol) ?? symbol;
  const listings = (symbol: string, minNotional: number) =>
    venues.map((venue) => ({
      ...{ venue: venue.name, symbol: symbolOf(venue, symbol), minQty: "0.001" },
      ...(venue.type === "okx-swap" || venue.exchange === "okx" ? {} : { minNotional }),
    }));
  const contractSizes = Object.values(OKX_SWAPS).map(([symbol, size]) => ({ symbol, size }));
  const source = { ratePerSecMax: 100_000, maxAgeMs: { hedge: hedgeMaxAgeMs } };
  const shield = {
    onUnknown: "wait",
    leverage: LEVERAGE,
    riskTolerance: RISK_TOLERANCE,
    // Never sampled again after the first quote: volatility stays what it was assumed to be.
    volatility: { dailyPrior: VOLATILITY_DAILY, sampleMs: 3_600_000 },
  };
  return {
    engine: { id: ENGINE_ID, dataDir, lanes, logLevel: "warn" },
    receiver: { port: receiverPort, dedupeIdsMax, standby },
    control: { port: controlPort },
    sources: [
      {
        ...source,
        name: "hooks",
        adapter: "schema",
        auth: { type: "standard-webhooks", secretsFile: ["webhookSecret"] },
      },
      {
        ...source,
        name: "tradingview",
        adapter: "tradingview",
        path: "tv-7f3a91c2",
        auth: { type: "tradingview", passphraseFile: "passphrase", ipAllowlist: ["127.0.0.1"] },
      },
      { ...source, name: "feed", adapter: "feed", auth: { type: "bearer", tokenFile: "feedToken" } },
    ],
    venues: venues.map((venue) => ({ ...venue, environment: "paper" })),
    instruments: [
      { symbol: "BTC/USDT", tickSize: "0.01", lotSize: "0.00001", aliases: ["BTC-USD"] },
      { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize: "0.001", listings: listings("BTCUSDT", 100) },
      { symbol: "ETH/USDT:USDT", tickSize: "0.01", lotSize: "0.001", listings: listings("ETHUSDT", 20) },
    ],
    shield: [
      { ...shield, asset: "BTC/USDT", holdings: String(HOLDINGS_BTC), hedge: "BTC/USDT:USDT", ...shields[0] },
      {
        ...shield,
        asset: "BTC/USDT:USDT",
        holdings: String(HOLDINGS_BTC_PERP),
        hedge: "ETH/USDT:USDT",
        beta: BETA_CROSS,
        ...shields[1],
      },
    ],
    router: {
      resolve: { firstMs: 20, maxMs: 200, absenceGraceMs: 200, notFoundsMin: 2, notFoundSpacingMs: 50 },
      retryMs: 50,
      ...router,
    },
    risk: { orderNotionalMax: 250_000, positionNotionalMax: 1_000_000 },
    paper: {
      venues: venues.map(({ name, type, exchange }, i) => ({
        ...{ name, port: venuePorts[i] },
        ...(type === "okx-swap" || exchange === "okx" ? { contractSizes } : {}),
      })),
      seed: 7,
      market: { type: "synthetic", volatilityDaily: 0 },
      initialPrices: [
        { symbol: "BTCUSDT", price: "61800" },
        { symbol: "ETHUSDT", price: "2650" },
      ],
      latencyMs: 1,
    },
    journal: { segmentBytes: 16_777_216 },
  };
}

/** Held together, so that they differ; released before they are used, so another process could take one. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening()));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function listening(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
