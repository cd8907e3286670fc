/**
 * One client of the order bench, in a process of its own: sends orders one after the other, each after the answer to the last.
 *
 *   node bench/orders-client.ts hmac|ed25519|ccxt|ccxt-watching '<line of orders-paper.ts>'
 *
 * Prints "ready", then for every line with a number sends so many orders and prints what it measured as one JSON line:
 * round trips and, for the native client, the time of `place` itself, in µs, and the processor time of the whole process.
 */

import https from "node:https";
import net from "node:net";
import { createInterface } from "node:readline";
import { createDirectory } from "../src/domain/instrument.ts";
import type { OrderReport } from "../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../src/domain/units.ts";
import { SystemClock } from "../src/time/clock.ts";
import { createBinanceUsdm } from "../src/venues/binance-usdm/binance-usdm.ts";

export interface Paper {
  readonly port: number;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly ed25519Key: string;
  readonly privateKeyPem: string;
}

export interface BlockResult {
  readonly roundTripsUs: readonly number[];
  /** Empty for ccxt, which builds and sends in several turns of the event loop. */
  readonly sendsUs: readonly number[];
  readonly cpuUs: number;
}

/** Sends order `index`; resolves when it has been answered as filled. The result is the time of the send alone, or NaN. */
type Send = (index: number) => Promise<number>;

const [kind, paperText] = process.argv.slice(2);
const paper = JSON.parse(paperText ?? "") as Paper;
const isCcxt = kind === "ccxt" || kind === "ccxt-watching";
const send = isCcxt ? await ccxtClient(kind === "ccxt-watching") : await nativeClient(kind === "ed25519");
let sent = 0;
console.log("ready");
for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await block(Number(line))));
process.exit(0);

async function block(orders: number): Promise<BlockResult> {
  const roundTripsUs: number[] = [];
  const sendsUs: number[] = [];
  const before = process.cpuUsage();
  for (let order = 0; order < orders; order++) {
    const from = performance.now();
    const sendUs = await send(sent++);
    roundTripsUs.push((performance.now() - from) * 1000);
    if (!Number.isNaN(sendUs)) sendsUs.push(sendUs);
  }
  // What the last orders still cause, their events on the private stream above all, is theirs.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { user, system } = process.cpuUsage(before);
  return { roundTripsUs, sendsUs, cpuUs: user + system };
}

async function nativeClient(isEd25519: boolean): Promise<Send> {
  const clock = new SystemClock();
  const directory = createDirectory(
    [],
    ["bench"],
    [
      {
        symbol: "BTC/USDT:USDT",
        tickSize: "0.1",
        lotSize: "0.001",
        listings: [{ venue: "bench", symbol: "BTCUSDT", minNotional: 5 }],
      },
    ],
  );
  const at = `127.0.0.1:${paper.port}`;
  let answered = (_report: OrderReport) => {};
  const venue = createBinanceUsdm(
    {
      index: 0,
      name: "bench",
      endpoints: {
        restUrl: `http://${at}`,
        orderUrl: `ws://${at}/ws-fapi/v1`,
        streamUrl: `ws://${at}/private/ws`,
        marketUrl: `ws://${at}/public/ws`,
      },
      credentials: isEd25519
        ? { apiKey: paper.ed25519Key, secret: { type: "ed25519", privateKeyPem: paper.privateKeyPem } }
        : { apiKey: paper.apiKey, secret: { type: "hmac", secret: paper.apiSecret } },
      heartbeatMs: 500,
      staleAfterMs: 1800,
      reconnectBackoff: { baseMs: 50, maxMs: 2000 },
      random: Math.random,
    },
    {
      onReport: (report) => {
        if (report.origin !== "stream") answered(report);
      },
      onQuote: () => {},
      onStatus: () => {},
    },
    directory,
    clock,
  );
  await venue.connect();
  return (index) =>
    new Promise((resolve, reject) => {
      let sendUs = Number.NaN;
      answered = ({ status, kind: word, code }) => {
        if (status === "filled") resolve(sendUs);
        else reject(new Error(`order ${index}: ${word} ${status} ${code}`));
      };
      const order = {
        clientOrderId: `${isEd25519 ? "e" : "f"}${process.pid.toString(16).padStart(7, "0")}${index.toString(16).padStart(24, "0")}`,
        listing: 0,
        side: index % 2 === 0 ? "buy" : "sell",
        qtyLots: lots(1),
        pxTicks: ticks(index % 2 === 0 ? 618_100 : 617_900),
        timeInForce: "ioc",
        reduceOnly: false,
        stampMs: clock.wallMs() as EpochMs,
        validForMs: 10_000,
      } as const;
      const from = performance.now();
      const placed = venue.place(order);
      sendUs = (performance.now() - from) * 1000;
      if (!placed) reject(new Error(`order ${index} was not sent`));
    });
}

/** ccxt.pro as it is installed, its production addresses redirected below it to the paper exchange. */
async function ccxtClient(watches: boolean): Promise<Send> {
  const { default: BinanceUsdm } = (await import(
    new URL("./src/pro/binanceusdm.js", import.meta.resolve("ccxt")).href
  )) as { default: new (options: object) => CcxtExchange };
  const exchange = new BinanceUsdm({
    apiKey: paper.apiKey,
    secret: paper.apiSecret,
    // Its own limiter would make one order of 250 ms each.
    enableRateLimit: false,
    options: {
      fetchCurrencies: false,
      fetchMargins: false,
      fetchMarkets: { types: ["linear"] },
      recvWindow: 10_000,
      watchPositions: { fetchPositionsSnapshot: false },
      watchBalance: { fetchBalanceSnapshot: false },
    },
  });
  const connect = () => net.connect({ host: "127.0.0.1", port: paper.port, noDelay: true });
  await exchange.loadFetchImplementation();
  exchange.fetchDispatcher = new exchange.undiciModule.Agent({
    connect: (_options: unknown, connected: (error: Error | null, socket?: net.Socket) => void) => {
      const socket = connect();
      socket.once("connect", () => connected(null, socket));
      socket.on("error", (error) => connected(error));
    },
  });
  exchange.agent = new (class extends https.Agent {
    override createConnection() {
      return connect();
    }
  })();
  await exchange.loadMarkets();
  if (watches) {
    void (async () => {
      for (;;) await exchange.watchOrders("BTC/USDT:USDT");
    })();
  }
  return async (index) => {
    const buys = index % 2 === 0;
    const order = await exchange.createOrderWs(
      "BTC/USDT:USDT",
      "limit",
      buys ? "buy" : "sell",
      0.001,
      buys ? 61_810 : 61_790,
      {
        timeInForce: "IOC",
        newOrderRespType: "RESULT",
        clientOrderId: `c${process.pid.toString(16).padStart(7, "0")}${index.toString(16).padStart(24, "0")}`,
      },
    );
    if (order.filled !== 0.001) throw new Error(`order ${index}: ${JSON.stringify(order)}`);
    return Number.NaN;
  };
}

/** The little of ccxt that is used. */
interface CcxtExchange {
  undiciModule: { Agent: new (options: object) => unknown };
  fetchDispatcher: unknown;
  agent: unknown;
  loadFetchImplementation(): Promise<unknown>;
  loadMarkets(): Promise<unknown>;
  watchOrders(symbol: string): Promise<unknown>;
  createOrderWs(...order: unknown[]): Promise<{ readonly filled: number }>;
}
