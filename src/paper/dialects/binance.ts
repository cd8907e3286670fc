/**
 * One paper venue that speaks Binance USDM on one port: REST, WebSocket API, streams and the admin path.
 *
 * Addresses served, as on the real venue: `/fapi/…`, `/sapi/…` · `/ws-fapi/v1` · `/ws`, `/ws/<streams>`, `/stream?streams=`,
 * the same under `/public` and `/market` · `/private/ws?listenKey=`, `/ws/<listenKey>`. Besides: `/paper/faults`, `/paper/state`.
 *
 * Bounded: request bodies and frames 64 KiB, connections `connectionsMax`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../time/clock.ts";
import { administer, mayAdminister, stateOf } from "../admin.ts";
import { type ExchangeOptions, PaperExchange } from "../exchange.ts";
import { type FaultEntry, FaultPlane, type SocketKind } from "../faults.ts";
import { DelayLine, type LatencyOptions } from "../latency.ts";
import { Peer } from "../peer.ts";
import { createKey, type PaperKey, type PaperKeyOptions } from "./binance-auth.ts";
import { BinanceOrders } from "./binance-orders.ts";
import { BinanceRest, renderError } from "./binance-rest.ts";
import { BinanceStreams } from "./binance-streams.ts";
import { BinanceWsApi } from "./binance-ws-api.ts";
import { OrderCounter, type OrderRateLimits } from "./order-counter.ts";

export interface BinanceVenueOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly keys: readonly PaperKeyOptions[];
  readonly canWithdraw: boolean;
  readonly exchange: Omit<ExchangeOptions, "apiKeys">;
  readonly latency: LatencyOptions;
  readonly rateLimits: OrderRateLimits;
  readonly pingIntervalMs: number;
  readonly depthIntervalMs: number;
  readonly connectionsMax: number;
}

export interface PaperVenue {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly exchange: PaperExchange;
  readonly faults: FaultPlane;
  /** Adds a fault, as POST /paper/faults does, and acts on it at once where it says so. */
  inject(fault: unknown): void;
  /** What GET /paper/state answers. */
  state(): ReturnType<typeof stateOf>;
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 64 * 1024;

export async function startBinanceVenue(
  options: BinanceVenueOptions,
  clock: Clock,
  random: () => number,
): Promise<PaperVenue> {
  const venue = new BinanceVenue(options, clock, random);
  await venue.listen();
  return venue;
}

class BinanceVenue implements PaperVenue {
  readonly name: string;
  readonly host: string;
  readonly exchange: PaperExchange;
  readonly faults: FaultPlane;
  readonly #options: BinanceVenueOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #orders: BinanceOrders;
  readonly #streams: BinanceStreams;
  readonly #api: BinanceWsApi;
  readonly #rest: BinanceRest;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: BODY_BYTES_MAX });
  readonly #peers = new Set<Peer>();
  readonly #timers: NodeJS.Timeout[] = [];
  /** TCP connections of upgraded and plain clients alike, for the outage fault. */
  readonly #connections = new Set<Socket>();

  constructor(options: BinanceVenueOptions, clock: Clock, random: () => number) {
    this.name = options.name;
    this.host = options.host;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.faults = new FaultPlane(clock);
    this.exchange = new PaperExchange(
      { ...options.exchange, apiKeys: options.keys.map((each) => each.apiKey) },
      clock,
      {
        onUserEvent: (event) => {
          if (this.faults.active("userStreamDrop") === null) this.#streams.publishUser(event);
        },
        onBook: (listing) => this.#streams.publishBook(listing),
        onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) =>
          this.#streams.publishTrade(listing, pxTicks, qtyLots, buyerIsMaker),
      },
    );
    const keys = new Map<string, PaperKey>();
    for (const each of options.keys) keys.set(each.apiKey, createKey(each, this.exchange.accounts.get(each.apiKey)!));
    this.#orders = new BinanceOrders(this.exchange, this.faults, new OrderCounter(options.rateLimits), clock);
    this.#streams = new BinanceStreams(this.exchange, () => this.#orders.serverMs());
    this.#api = new BinanceWsApi(this.#orders, keys, (kinds) => this.#killSockets(kinds));
    const traits = { leverage: options.exchange.leverage, canWithdraw: options.canWithdraw };
    this.#rest = new BinanceRest(this.#orders, this.#streams, keys, traits);
    this.#http = createServer((request, response) => this.#onRequest(request, response));
    this.#http.maxConnections = options.connectionsMax;
    this.#http.on("connection", (socket) => this.#onConnection(socket));
    this.#http.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket as Socket, head));
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  inject(fault: unknown): void {
    this.#act(this.faults.add(fault));
    if (this.faults.active("outage") !== null) this.#cutAll();
  }

  state() {
    return stateOf({ name: this.name, exchange: this.exchange, faults: this.faults, act: () => {} }, true);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(this.#options.port, this.host, () => {
        this.#http.off("error", reject);
        resolve();
      });
    });
    const every = (ms: number, action: () => void) => this.#timers.push(setInterval(action, ms));
    every(this.#options.depthIntervalMs, () => this.#streams.publishDepth());
    every(this.#options.pingIntervalMs, () => {
      for (const peer of this.#peers) peer.heartbeat();
      this.#streams.expireListenKeys();
    });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const peer of this.#peers) peer.kill();
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
      for (const socket of this.#connections) socket.destroy();
    });
    this.#sockets.close();
  }

  #onConnection(socket: Socket): void {
    if (this.faults.active("outage") !== null) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    this.#connections.add(socket);
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("error", () => socket.destroy());
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) answerHttp(response, 413, '{"code":-1101,"msg":"Request too large."}');
      else chunks.push(chunk);
    });
    request.on("end", () => {
      if (bytes > BODY_BYTES_MAX) return;
      const [path = "", query = ""] = splitOnce(request.url ?? "", "?");
      const body = Buffer.concat(chunks).toString();
      const method = request.method ?? "";
      if (path.startsWith("/paper/")) this.#onAdmin(request, response, method, path, query, body);
      else this.#onRest(request, response, { method, path, query, body, apiKey: headerText(request, "x-mbx-apikey") });
    });
  }

  #onRest(request: IncomingMessage, response: ServerResponse, rest: Parameters<BinanceRest["handle"]>[0]): void {
    // One request of a plain connection is under way at a time, so each direction's delay is the request's own.
    const inbound = this.#delayLine();
    const outbound = this.#delayLine();
    response.on("close", () => {
      inbound.close();
      outbound.close();
    });
    inbound.run(() =>
      this.#rest.handle(rest, {
        result: (text, extraMs) => outbound.run(() => answerHttp(response, 200, text, this.#countHeaders()), extraMs),
        error: (error, extraMs) =>
          outbound.run(() => answerHttp(response, error.httpStatus, renderError(error), this.#countHeaders()), extraMs),
        kill: (kinds) => {
          request.socket.destroy();
          this.#killSockets(kinds);
        },
      }),
    );
  }

  #onAdmin(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    path: string,
    query: string,
    body: string,
  ): void {
    if (!mayAdminister(request)) {
      answerHttp(response, 403, '{"error":{"field":"caller","message":"loopback only"}}');
      return;
    }
    const venue = {
      name: this.name,
      exchange: this.exchange,
      faults: this.faults,
      act: (entry: FaultEntry) => this.#act(entry),
    };
    const { httpStatus, json } = administer(venue, method, path, query, body);
    answerHttp(response, httpStatus, json);
    // After the answer: an outage cuts the caller's own connection too.
    if (this.faults.active("outage") !== null) response.on("finish", () => setImmediate(() => this.#cutAll()));
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const [path = "", query = ""] = splitOnce(request.url ?? "", "?");
    const attach = this.#route(path, new URLSearchParams(query));
    if (attach === null || this.#peers.size >= this.#options.connectionsMax) {
      socket.end(
        `HTTP/1.1 ${attach === null ? "404 Not Found" : "429 Too Many Requests"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      const peer = new Peer(attach.kind, webSocket, this.#delayLine(), this.#delayLine(), this.#clock.wallMs());
      this.#peers.add(peer);
      webSocket.on("error", () => peer.kill());
      webSocket.on("close", () => {
        this.#peers.delete(peer);
        this.#streams.detach(peer);
      });
      attach.to(peer);
    });
  }

  /** What an address serves, or null. */
  #route(
    path: string,
    query: URLSearchParams,
  ): { readonly kind: SocketKind; readonly to: (peer: Peer) => void } | null {
    if (path === "/ws-fapi/v1") {
      const shown = query.get("returnRateLimits") !== "false";
      return { kind: "orders", to: (peer) => this.#api.attach(peer, shown) };
    }
    const match = /^\/(?:(public|market|private)\/)?(ws|stream)(?:\/(.*))?$/.exec(path);
    if (match === null) return null;
    const combined = match[2] === "stream";
    const tail = match[3] ?? "";
    const listenKey = query.get("listenKey") ?? (/^[0-9a-f]{64}$/.test(tail) ? tail : null);
    if (listenKey !== null || match[1] === "private") {
      const to = (peer: Peer) => {
        peer.combined = combined;
        if (listenKey === null || !this.#streams.attachPrivate(peer, listenKey)) peer.close(1008);
      };
      return { kind: "user", to };
    }
    const names = [...tail.split("/"), ...(query.get("streams") ?? "").split("/")].filter((name) => name.includes("@"));
    const to = (peer: Peer) => {
      peer.combined = combined;
      this.#streams.attach(peer, names);
    };
    return { kind: "market", to };
  }

  #act({ fault }: FaultEntry): void {
    if (fault.kind === "killSockets" && fault.when === "now") this.#killSockets(fault.sockets);
  }

  #killSockets(kinds: readonly SocketKind[]): void {
    for (const peer of this.#peers) if (kinds.includes(peer.kind)) peer.kill();
  }

  #cutAll(): void {
    for (const peer of this.#peers) peer.kill();
    for (const socket of this.#connections) socket.destroy();
  }

  #delayLine(): DelayLine {
    return new DelayLine(this.#options.latency, this.#random, () => this.#clock.nowNs() / 1e6);
  }

  #countHeaders(): Record<string, string> {
    const { in10s, inMinute } = this.#orders.counter.counts(this.#orders.serverMs());
    return {
      "x-mbx-used-weight-1m": "1",
      "x-mbx-order-count-10s": String(in10s),
      "x-mbx-order-count-1m": String(inMinute),
    };
  }
}

function answerHttp(
  response: ServerResponse,
  httpStatus: number,
  json: string,
  headers: Record<string, string> = {},
): void {
  if (response.writableEnded || response.destroyed) return;
  response.writeHead(httpStatus, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(json),
    ...headers,
  });
  response.end(json);
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
