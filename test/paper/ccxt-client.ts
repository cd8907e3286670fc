/**
 * ccxt's real clients, unmodified and with their production addresses, led to paper venues on loopback: every connection is
 * made below TLS and DNS (venues.md §2 B), so nothing can reach a real exchange.
 */
import { Agent } from "node:https";
import { connect, type Socket } from "node:net";
import type { PaperVenue } from "../../src/paper/venue-server.ts";

export interface CcxtOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly status: string;
  readonly filled: number;
  readonly average: number;
  readonly type: string;
}

/** What the tests use of a ccxt client. */
export interface CcxtClient {
  fetchDispatcher: unknown;
  undiciModule: { Agent: new (options: object) => unknown };
  agent: Agent;
  loadFetchImplementation(): Promise<void>;
  loadMarkets(): Promise<Record<string, Record<string, unknown>>>;
  createOrder(symbol: string, ...rest: readonly unknown[]): Promise<CcxtOrder>;
  createOrderWs(symbol: string, ...rest: readonly unknown[]): Promise<CcxtOrder>;
  cancelOrder(id: string, symbol: string, params?: object): Promise<CcxtOrder>;
  cancelOrderWs(id: string, symbol: string, params?: object): Promise<CcxtOrder>;
  fetchOrder(id: string, symbol: string, params?: object): Promise<CcxtOrder>;
  fetchOpenOrders(symbol: string): Promise<readonly CcxtOrder[]>;
  fetchMyTrades(symbol: string): Promise<readonly Record<string, unknown>[]>;
  fetchBalance(params?: object): Promise<Record<string, Record<string, number>>>;
  fetchPositions(symbols: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  fetchOrderBook(symbol: string): Promise<CcxtBook>;
  watchOrders(symbol: string): Promise<readonly CcxtOrder[]>;
  watchOrderBook(symbol: string): Promise<CcxtBook>;
  watchBidsAsks(symbols: readonly string[]): Promise<Record<string, { bid: number; ask: number }>>;
  close(): Promise<void>;
}

export interface CcxtBook {
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
}

/** A client of one exchange; `venueOf` says which paper venue plays a host, and undefined refuses it. */
export async function openCcxt(
  exchange: string,
  options: object,
  venueOf: (host: string) => PaperVenue | undefined,
): Promise<CcxtClient> {
  const module = (await import(new URL(`./src/pro/${exchange}.js`, import.meta.resolve("ccxt")).href)) as {
    default: new (options: object) => CcxtClient;
  };
  const client = new module.default(options);
  const open = (host: string): Socket => {
    const venue = venueOf(host);
    if (venue === undefined) throw new Error(`no paper venue plays ${host}`);
    return connect({ host: "127.0.0.1", port: venue.port, noDelay: true });
  };
  await client.loadFetchImplementation();
  client.fetchDispatcher = new client.undiciModule.Agent({
    connect: ({ hostname }: { hostname: string }, done: (error: Error | null, socket: Socket | null) => void) => {
      const socket = open(hostname);
      socket.once("connect", () => done(null, socket));
      socket.on("error", (error) => done(error, null));
    },
  });
  client.agent = new (class extends Agent {
    override createConnection({ host }: { host?: string | null }) {
      return open(host ?? "");
    }
  })();
  return client;
}
