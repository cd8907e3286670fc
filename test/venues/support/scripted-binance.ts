/**
 * A scripted Binance on real sockets: answers housekeeping properly and leaves orders to the test, so that a test can say
 * what no honest exchange would. The honest exchange is `src/paper`; see `conformance.test.ts`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export interface OrderMessage {
  readonly id: string;
  readonly method: string;
  readonly params: Readonly<Record<string, string | number>>;
}

export interface ScriptedBinance {
  readonly url: string;
  /** Every order-API message but the client's own authentication, in order of arrival. */
  readonly orders: OrderMessage[];
  /** Every REST request as `METHOD /path`. */
  readonly requests: string[];
  /** Open sockets by path: `/ws-fapi/v1`, `/private/ws`, `/public/ws`. */
  sockets(path: string): WebSocket[];
  /** How many connections a path has seen. */
  connections(path: string): number;
  /** Sends to every open socket of a path. */
  send(path: string, text: string): void;
  /** Replaced by tests. */
  onOrder: (message: OrderMessage, reply: (answer: object) => void, socket: WebSocket) => void;
  onAuth: (message: OrderMessage, reply: (answer: object) => void) => void;
  onRest: (key: string, request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

const FILTERS = (tickSize: string) => [
  { filterType: "PRICE_FILTER", tickSize, minPrice: tickSize, maxPrice: "1000000" },
  { filterType: "LOT_SIZE", stepSize: "0.001", minQty: "0.001", maxQty: "1000" },
  { filterType: "MIN_NOTIONAL", notional: "20" },
];

export const EXCHANGE_INFO = {
  symbols: [
    { symbol: "BTCUSDT", status: "TRADING", filters: FILTERS("0.10") },
    { symbol: "ETHUSDT", status: "TRADING", filters: FILTERS("0.01") },
  ],
};

export async function startScriptedBinance(port = 0): Promise<ScriptedBinance> {
  const sockets = new Map<string, Set<WebSocket>>();
  const connections = new Map<string, number>();
  const http = createServer((request, response) => {
    const key = `${request.method} ${request.url?.split("?")[0]}`;
    scripted.requests.push(key);
    if (scripted.onRest(key, request, response)) return;
    const body = REST[key]?.();
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(body ?? { code: -5000, msg: "no such path" }));
  });
  const upgrades = new WebSocketServer({ server: http });
  upgrades.on("connection", (socket, request) => {
    const path = request.url?.split("?")[0] ?? "";
    connections.set(path, (connections.get(path) ?? 0) + 1);
    const open = sockets.get(path) ?? new Set();
    sockets.set(path, open.add(socket));
    socket.on("close", () => open.delete(socket));
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as OrderMessage;
      const reply = (answer: object) => socket.send(JSON.stringify({ id: message.id, ...answer }));
      if (path === "/public/ws") reply({ result: null });
      else if (message.id === "auth") scripted.onAuth(message, reply);
      else {
        scripted.orders.push(message);
        scripted.onOrder(message, reply, socket);
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  const scripted: ScriptedBinance = {
    url: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    orders: [],
    requests: [],
    sockets: (path) => [...(sockets.get(path) ?? [])],
    connections: (path) => connections.get(path) ?? 0,
    send: (path, text) => {
      for (const socket of sockets.get(path) ?? []) socket.send(text);
    },
    onOrder: () => {},
    onAuth: (message, reply) =>
      reply(
        message.method === "session.logon"
          ? { status: 200, result: { authorizedSince: 1 } }
          : { status: 400, error: { code: -2013, msg: "Order does not exist." } },
      ),
    onRest: () => false,
    close: async () => {
      for (const socket of upgrades.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return scripted;
}

const REST: Record<string, (() => unknown) | undefined> = {
  "GET /fapi/v1/time": () => ({ serverTime: Date.now() + 2500 }),
  "GET /fapi/v1/exchangeInfo": () => EXCHANGE_INFO,
  "POST /fapi/v1/listenKey": () => ({ listenKey: "scriptedListenKey" }),
  "PUT /fapi/v1/listenKey": () => ({ listenKey: "scriptedListenKey" }),
  "GET /fapi/v3/positionRisk": () => [
    { symbol: "BTCUSDT", positionSide: "BOTH", positionAmt: "-0.250" },
    { symbol: "DOGEUSDT", positionSide: "BOTH", positionAmt: "7" },
  ],
  "GET /sapi/v1/account/apiRestrictions": () => ({ enableFutures: true, enableWithdrawals: false }),
};
