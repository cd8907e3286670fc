/** A Bybit venue by script, for what the paper exchange never does: it answers as a test says, on real sockets. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export type Message = Record<string, unknown> & { readonly op: string };
type Result = Record<string, unknown>;

export interface ScriptedBybit {
  readonly address: string;
  /** Orders and cancels that arrived, over whichever socket. */
  readonly orders: Message[];
  /** REST requests that arrived: path and query. */
  readonly requests: URL[];
  sockets(path: string): WebSocket[];
  /** How many connections there have been. */
  connections(path: string): number;
  onOrder(message: Message, socket: WebSocket): void;
  /** The `result`, or a retCode; undefined: the default below. */
  onRest(url: URL): Result | number | undefined;
  /** Pings of sockets that had been authenticated before. */
  pings(path: string): number;
  /** Whether pings are answered. */
  answersPings: boolean;
  close(): Promise<void>;
}

export async function startScriptedBybit(): Promise<ScriptedBybit> {
  const sockets = new Map<string, Set<WebSocket>>();
  const connections = new Map<string, number>();
  const pings = new Map<string, number>();
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://scripted");
    scripted.requests.push(url);
    const said = scripted.onRest(url) ?? REST[url.pathname]?.() ?? 10017;
    const answer = typeof said === "number" ? { retCode: said, result: {} } : { retCode: 0, result: said };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ retMsg: "", retExtInfo: {}, time: Date.now(), ...answer }));
  });
  const upgrades = new WebSocketServer({ server: http });
  upgrades.on("connection", (socket, request) => {
    const path = request.url ?? "";
    connections.set(path, (connections.get(path) ?? 0) + 1);
    let authenticated = false;
    const open = sockets.get(path) ?? new Set();
    sockets.set(path, open.add(socket));
    socket.on("close", () => open.delete(socket));
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as Message;
      const reply = (answer: object) => socket.send(JSON.stringify(answer));
      if (message.op === "ping") {
        if (authenticated) pings.set(path, (pings.get(path) ?? 0) + 1);
        if (scripted.answersPings) reply({ op: "pong" });
      } else if (message.op === "auth") {
        authenticated = true;
        reply({ op: "auth", success: true, retCode: 0 });
      } else if (message.op === "subscribe") reply({ op: "subscribe", success: true });
      else {
        scripted.orders.push(message);
        scripted.onOrder(message, socket);
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const scripted: ScriptedBybit = {
    address: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    ...{ orders: [], requests: [], answersPings: true },
    sockets: (path) => [...(sockets.get(path) ?? [])],
    connections: (path) => connections.get(path) ?? 0,
    pings: (path) => pings.get(path) ?? 0,
    onOrder: () => {},
    onRest: () => undefined,
    close: async () => {
      for (const socket of upgrades.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return scripted;
}

export function acknowledge(message: Message, socket: WebSocket, over: object = {}): void {
  const [{ orderLinkId }] = message["args"] as [{ orderLinkId: string }];
  socket.send(
    JSON.stringify({
      reqId: message["reqId"],
      retCode: 0,
      retMsg: "OK",
      op: message.op,
      data: { orderLinkId },
      ...over,
    }),
  );
}

const instrument = (symbol: string, tickSize: string) => ({
  ...{ symbol, contractType: "LinearPerpetual", status: "Trading", priceFilter: { tickSize } },
  lotSizeFilter: { qtyStep: "0.001", minOrderQty: "0.001", minNotionalValue: "5" },
});

const REST: Record<string, (() => Result) | undefined> = {
  "/v5/market/time": () => ({ timeNano: `${Date.now() + 2500}000000` }),
  "/v5/market/instruments-info": () => ({ list: [instrument("BTCUSDT", "0.1"), instrument("ETHUSDT", "0.01")] }),
};
