/** An OKX that does what a test tells it: REST and WebSocket on one loopback port, its clock 2,500 ms ahead. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { OKX_INSTRUMENTS } from "./okx-directory.ts";

export interface OkxFrame {
  readonly id?: string;
  readonly op: string;
  readonly expTime?: string;
  readonly args: readonly Record<string, unknown>[];
}

export interface ScriptedOkx {
  readonly host: string;
  /** Orders and cancels as they came. */
  readonly orders: OkxFrame[];
  /** `GET /path` as asked, with the query. */
  readonly requests: string[];
  /** Headers of the last request of a path. */
  readonly headers: Map<string, IncomingMessage["headers"]>;
  /** Open sockets of `/ws/v5/private` or `public`, oldest first. */
  sockets(kind: "private" | "public"): WebSocket[];
  /** How many there have been. */
  connections(kind: "private" | "public"): number;
  onOrder: (frame: OkxFrame, socket: WebSocket) => void;
  onLogin: (frame: OkxFrame, socket: WebSocket) => void;
  onSubscribe: (frame: OkxFrame, socket: WebSocket) => void;
  /** Undefined: pongs are sent. */
  onPing: ((socket: WebSocket) => void) | undefined;
  /** True: answered. */
  onRest: (path: string, request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

export const CLOCK_AHEAD_MS = 2500;

export async function startScriptedOkx(): Promise<ScriptedOkx> {
  const open = { private: new Set<WebSocket>(), public: new Set<WebSocket>() };
  const counts = { private: 0, public: 0 };
  const http = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    scripted.requests.push(`${request.method} ${request.url}`);
    scripted.headers.set(path, request.headers);
    if (scripted.onRest(path, request, response)) return;
    const data = REST[path]?.();
    response.end(
      JSON.stringify(
        data === undefined ? { code: "50005", msg: "no such path", data: [] } : { code: "0", msg: "", data },
      ),
    );
  });
  const upgrades = new WebSocketServer({ server: http });
  upgrades.on("connection", (socket, request) => {
    const kind = request.url === "/ws/v5/private" ? "private" : "public";
    counts[kind] += 1;
    open[kind].add(socket);
    socket.on("close", () => open[kind].delete(socket));
    socket.on("message", (data) => {
      const text = String(data);
      if (text === "ping") {
        if (scripted.onPing) scripted.onPing(socket);
        else socket.send("pong");
        return;
      }
      const frame = JSON.parse(text) as OkxFrame;
      if (frame.op === "login") scripted.onLogin(frame, socket);
      else if (frame.op === "subscribe") scripted.onSubscribe(frame, socket);
      else {
        scripted.orders.push(frame);
        scripted.onOrder(frame, socket);
      }
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const scripted: ScriptedOkx = {
    host: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    orders: [],
    requests: [],
    headers: new Map(),
    sockets: (kind) => [...open[kind]],
    connections: (kind) => counts[kind],
    onOrder: () => {},
    onLogin: (_frame, socket) => socket.send('{"event":"login","msg":"","code":"0","connId":"a"}'),
    onSubscribe: ({ args }, socket) => {
      for (const arg of args) socket.send(JSON.stringify({ event: "subscribe", arg, connId: "a" }));
    },
    onPing: undefined,
    onRest: () => false,
    close: async () => {
      for (const socket of upgrades.clients) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return scripted;
}

const REST: Record<string, (() => unknown[]) | undefined> = {
  "/api/v5/public/time": () => [{ ts: String(Date.now() + CLOCK_AHEAD_MS) }],
  "/api/v5/public/instruments": () => [...OKX_INSTRUMENTS],
  "/api/v5/account/config": () => [{ perm: "read_only,trade", posMode: "net_mode", acctLv: "2" }],
  "/api/v5/account/positions": () => [],
};

/** The acknowledgement of one order or cancel. */
export function acknowledge({ id, op, args }: OkxFrame, sCode = "0"): string {
  const data = [{ clOrdId: args[0]!["clOrdId"], ordId: sCode === "0" ? "1" : "", tag: "", ts: "1", sCode, sMsg: "" }];
  const stamp = String(1_695_190_491_421_339);
  return JSON.stringify({ id, op, data, code: sCode === "0" ? "0" : "1", msg: "", inTime: stamp, outTime: stamp });
}
