/**
 * Settings of a ccxt exchange, and where its connections go: the venue itself, its testnet, or a paper exchange.
 *
 * Invariants
 *   - ccxt paces nothing and repeats nothing: no limiter (it would hold 8 orders for 2 s), no retries (a repeated order is a
 *     second order).
 *   - Prices and amounts reach the exchange as the texts they were handed over in: ccxt's rounding is taken out.
 *   - A testnet is one only if its addresses are there and are other than the live ones. ccxt gives empty addresses, or the
 *     live ones, without an error.
 *   - On paper every connection, REST and WebSocket, goes to one host and port, without DNS and without TLS: nothing can reach
 *     the venue.
 */
import { Agent as TlsAgent } from "node:https";
import { connect, type Socket } from "node:net";
import { VenueError } from "../venue-error.ts";
import type { CcxtExchange } from "./exchange.ts";
import type { CcxtTask } from "./messages.ts";
import type { CcxtProfile } from "./profiles.ts";

/** Connections that lived this long start ccxt's backoff again. */
const STABLE_AFTER_MS = 5000;
/** Of ccxt's own caches, which nobody reads here. */
const CACHED_MAX = 100;
/** ccxt's own ping, for exchanges that want a text; ours of the protocol come more often. */
const KEEP_ALIVE_MS = 10_000;
const REST_TIMEOUT_MS = 5000;

/** What the exchange is constructed with. */
export function constructorSettings({ credentials, backoff }: CcxtTask, profile: CcxtProfile): object {
  return {
    ...credentials,
    enableRateLimit: false,
    newUpdates: true,
    timeout: REST_TIMEOUT_MS,
    enableLastHttpResponse: false,
    enableLastJsonResponse: false,
    streaming: { keepAlive: KEEP_ALIVE_MS, maxPingPongMisses: 2 },
    options: {
      maxRetriesOnFailure: 0,
      adjustForTimeDifference: false,
      ordersLimit: CACHED_MAX,
      tradesLimit: CACHED_MAX,
      ws: { cost: 0, backoff: { base: backoff.baseMs, factor: 2, max: backoff.maxMs, stableAfter: STABLE_AFTER_MS } },
      ...profile.options,
    },
  };
}

/** What cannot be said to the constructor. `venueMs` is the exchange's clock, by which ccxt signs. */
export function settle(exchange: CcxtExchange, task: CcxtTask, profile: CcxtProfile, venueMs: () => number): void {
  exchange.number = String;
  exchange.milliseconds = venueMs;
  exchange.amountToPrecision = (_symbol, amount) => String(amount);
  exchange.priceToPrecision = (_symbol, price) => String(price);
  // ccxt deep-merges options and keeps its default where ours is undefined.
  for (const [name, value] of Object.entries(profile.options)) {
    if (value === undefined) delete exchange.options[name];
  }
  if (exchange.id === "okx") {
    // ccxt's own are a time and four random digits: two orders of one millisecond may share one.
    let requests = 0;
    exchange.requestId = () => String(++requests);
  }
  try {
    exchange.checkRequiredCredentials();
  } catch (cause) {
    const message = `${task.name}: ${cause instanceof Error ? cause.message : "credentials are missing"}`;
    throw new VenueError("AUTH", "credentials", message);
  }
}

/** Points the exchange where the environment says. Throws `UNSUPPORTED` where it cannot be. */
export async function enterEnvironment(exchange: CcxtExchange, task: CcxtTask, profile: CcxtProfile): Promise<void> {
  const { environment, name } = task;
  if (environment.type === "paper") {
    if (!profile.paper) {
      const message = `${name}: no paper exchange speaks the dialect of ${exchange.id}`;
      throw new VenueError("UNSUPPORTED", "environment", message);
    }
    await redirect(exchange, environment.host, environment.port);
  } else if (environment.type === "testnet") enterTestnet(exchange, name, profile);
}

function enterTestnet(exchange: CcxtExchange, name: string, profile: CcxtProfile): void {
  const refuse = (what: string): never => {
    throw new VenueError("UNSUPPORTED", "environment", `${name}: ${exchange.id} has no testnet for us: ${what}`);
  };
  const live = new Set(addresses(exchange.urls["api"]).map(([, url]) => url));
  try {
    if (profile.testnet === "demo") exchange.enableDemoTrading?.(true);
    else exchange.setSandboxMode(true);
  } catch (cause) {
    refuse(cause instanceof Error ? cause.message : String(cause));
  }
  const now = addresses(exchange.urls["api"]);
  for (const [path, url] of now) {
    if (typeof url !== "string" || url === "") refuse(`its address ${path} is empty`);
    if (live.has(url) && !profile.demoByHeader) refuse(`its address ${path} is the live one`);
  }
  if (!now.some(([, url]) => url?.startsWith("http"))) refuse("it has no REST address");
  if (!now.some(([, url]) => url?.startsWith("wss://"))) refuse("it has no WebSocket address");
  if (profile.demoByHeader && exchange.options["sandboxMode"] !== true) refuse("its header is not set");
}

/** Every address in ccxt's nested table, with the path to it. */
function addresses(table: unknown, path = "api"): (readonly [string, string | undefined])[] {
  if (typeof table !== "object" || table === null) return [[path, table as string | undefined]];
  return Object.entries(table).flatMap(([key, value]) => addresses(value, `${path}.${key}`));
}

/** Keeps every address of the exchange and sends every connection to `host:port` instead. */
export async function redirect(exchange: CcxtExchange, host: string, port: number): Promise<void> {
  await exchange.loadFetchImplementation();
  const { undiciModule } = exchange;
  if (undiciModule === undefined)
    throw new VenueError("UNSUPPORTED", "environment", "ccxt found no undici to redirect");
  const dial = (): Socket => connect({ host, port, noDelay: true });
  exchange.fetchDispatcher = new undiciModule.Agent({
    connect: (_options: unknown, done: (error: Error | null, socket: Socket | null) => void) => {
      const socket = dial();
      socket.once("error", (error) => done(error, null));
      socket.once("connect", () => done(null, socket));
    },
  });
  exchange.agent = new PlainAgent(dial);
}

/** Gives the WebSocket client a plain connection where it asks for one over TLS. */
class PlainAgent extends TlsAgent {
  readonly #dial: () => Socket;

  constructor(dial: () => Socket) {
    super();
    this.#dial = dial;
  }

  override createConnection(): Socket {
    return this.#dial();
  }
}
