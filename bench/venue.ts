/**
 * Everything of a Binance USDM venue but its order socket, which is the load client: REST, private stream and a steady quote.
 *
 *   node bench/venue.ts <positions file> ...      one account per file, each on a port of its own
 *
 * Prints the ports as one JSON line. The position of an account is the first 8 bytes of its file, where the load client
 * counts what it has filled: so what the engine compares at rest is what it was really filled, and it stays ACTIVE.
 *
 * Deviation, on purpose: fills are told by the answer on the order socket only, the private stream is live and silent.
 */
import { openSync, readSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const QUOTE_MS = 100;
const LOT = 1000;

const ports = await Promise.all(process.argv.slice(2).map(serveAccount));
console.log(JSON.stringify(ports));

async function serveAccount(positionsFile: string): Promise<number> {
  const positions = openSync(positionsFile, "r");
  const server = createServer((request, response) => answer(request, response, positions));
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on("connection", (socket, request) => {
    if (!request.url?.startsWith("/public/")) return;
    let quotes: NodeJS.Timeout | undefined;
    socket.on("message", (data) => {
      const { id } = JSON.parse(String(data)) as { id: unknown };
      socket.send(JSON.stringify({ result: null, id }));
      socket.send(quote());
      quotes ??= setInterval(() => socket.send(quote()), QUOTE_MS);
    });
    socket.on("close", () => clearInterval(quotes));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return (server.address() as AddressInfo).port;
}

function answer(request: IncomingMessage, response: ServerResponse, positions: number): void {
  const [path] = (request.url ?? "").split("?");
  const body = ANSWERS[path ?? ""]?.(positions);
  response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(body ?? { code: -5000, msg: `${path} is invalid` }));
  request.resume();
}

const ANSWERS: Readonly<Record<string, (positions: number) => unknown>> = {
  "/fapi/v1/ping": () => ({}),
  "/fapi/v1/time": () => ({ serverTime: Date.now() }),
  "/fapi/v1/listenKey": () => ({ listenKey: "bench" }),
  "/fapi/v3/positionRisk": (positions) => [
    { symbol: "BTCUSDT", positionAmt: position(positions), positionSide: "BOTH" },
  ],
  "/fapi/v1/exchangeInfo": () => ({
    // As many as a run can send: what is measured here is not the limiter.
    rateLimits: [
      { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1, limit: 1_000_000 },
      { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 1_000_000 },
      { rateLimitType: "ORDERS", interval: "MINUTE", intervalNum: 1, limit: 6_000_000 },
    ],
    symbols: [
      {
        symbol: "BTCUSDT",
        status: "TRADING",
        filters: [
          { filterType: "PRICE_FILTER", minPrice: "0.1", maxPrice: "1000000", tickSize: "0.1" },
          { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000000", stepSize: "0.001" },
          { filterType: "MIN_NOTIONAL", notional: "5" },
        ],
      },
    ],
  }),
};

function position(file: number): string {
  const bytes = Buffer.alloc(8);
  readSync(file, bytes, 0, 8, 0);
  return (Number(bytes.readBigInt64LE()) / LOT).toFixed(3);
}

function quote(): string {
  const nowMs = Date.now();
  return `{"e":"bookTicker","u":${nowMs},"s":"BTCUSDT","b":"61800.0","B":"5.000","a":"61800.1","A":"5.000","T":${nowMs},"E":${nowMs}}`;
}
