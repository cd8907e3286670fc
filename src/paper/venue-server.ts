/**
 * Venue server: one paper venue on one port. It owns listening, connections, delays, faults and the admin path; what is said
 * on the connections is the dialect's.
 *
 * Served for every dialect: `/paper/faults` and `/paper/state` (loopback only), `/paper/ping`.
 *
 * Bounded: request bodies and frames 64 KiB, connections `connectionsMax`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../time/clock.ts";
import { type AdminVenue, administer, mayAdminister, stateOf } from "./admin.ts";
import { createKey, type PaperKey, type PaperKeyOptions } from "./api-key.ts";
import type { CandleHistory } from "./candle-history.ts";
import type { Dialect, DialectMaker, HttpAnswer } from "./dialects/dialect.ts";
import { type ExchangeOptions, PaperExchange } from "./exchange.ts";
import type { SocketKind } from "./fault-forms.ts";
import { type FaultEntry, FaultPlane } from "./faults.ts";
import { answerHttp, stallHttp } from "./http-answer.ts";
import { DelayLine, type LatencyOptions } from "./latency.ts";
import { restated } from "./listing.ts";
import { Operations } from "./operations.ts";
import type { UserEvent } from "./order.ts";
import { type Delivery, Peer, PROMPT } from "./peer.ts";
import type { RateLimits } from "./rate-limits.ts";

export interface VenueServerOptions {
  readonly name: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly keys: readonly PaperKeyOptions[];
  readonly canWithdraw: boolean;
  readonly exchange: Omit<ExchangeOptions, "apiKeys" | "rules">;
  readonly latency: LatencyOptions;
  readonly limits: RateLimits;
  readonly funding: FundingOptions | null;
  /** By market symbol. */
  readonly history: ReadonlyMap<string, CandleHistory>;
  readonly pingIntervalMs: number;
  readonly depthIntervalMs: number;
  readonly connectionsMax: number;
}

export interface FundingOptions {
  /** Paid by longs to shorts per interval, as a fraction of the position's value; negative: the other way. */
  readonly rate: number;
  readonly intervalMs: number;
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

export async function startVenueServer(
  maker: DialectMaker,
  options: VenueServerOptions,
  clock: Clock,
  random: () => number,
): Promise<PaperVenue> {
  const venue = new VenueServer(maker, options, clock, random);
  await venue.listen();
  return venue;
}

class VenueServer implements PaperVenue {
  readonly name: string;
  readonly host: string;
  readonly exchange: PaperExchange;
  readonly faults: FaultPlane;
  readonly #options: VenueServerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #dialect: Dialect;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: BODY_BYTES_MAX });
  readonly #peers = new Set<Peer>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** TCP connections of upgraded and plain clients alike, for the outage fault. */
  readonly #connections = new Set<Socket>();

  constructor(maker: DialectMaker, options: VenueServerOptions, clock: Clock, random: () => number) {
    this.name = options.name;
    this.host = options.host;
    this.#options = options;
    this.#clock = clock;
    this.#random = random;
    this.faults = new FaultPlane(clock);
    this.exchange = new PaperExchange(
      { ...options.exchange, apiKeys: options.keys.map((each) => each.apiKey), rules: maker.rules },
      clock,
      {
        onUserEvents: (events) => this.#onUserEvents(events),
        onBook: (listing) => this.#dialect.onBook(listing),
        onTrade: (listing, pxTicks, qtyLots, buyerIsMaker) =>
          this.#dialect.onTrade(listing, pxTicks, qtyLots, buyerIsMaker),
      },
    );
    const keys = new Map<string, PaperKey>();
    for (const each of options.keys) keys.set(each.apiKey, createKey(each, this.exchange.accounts.get(each.apiKey)!));
    this.#dialect = maker.create({
      exchange: this.exchange,
      operations: new Operations(this.exchange, this.faults, maker.wording, (kinds, delivered) =>
        this.#killSockets(kinds, delivered),
      ),
      faults: this.faults,
      keys,
      limits: options.limits,
      leverage: options.exchange.leverage,
      fees: options.exchange,
      canWithdraw: options.canWithdraw,
      funding: options.funding,
      history: options.history,
      stated: (listing) => {
        const rules = this.faults.active("otherRules", listing.symbol);
        return rules === null ? listing : restated(listing, rules);
      },
      serverMs: () => this.#serverMs(),
    });
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
    this.#cutIfOut();
  }

  state() {
    return stateOf(this.#adminView(), true);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(this.#options.port, this.host, () => {
        this.#http.off("error", reject);
        resolve();
      });
    });
    const every = (ms: number, action: () => void) => this.#timers.add(setInterval(action, ms));
    every(this.#options.depthIntervalMs, () => this.#dialect.publishDepth());
    every(this.#options.pingIntervalMs, () => {
      for (const peer of this.#peers) peer.heartbeat();
      this.#dialect.housekeep();
    });
    const { funding } = this.#options;
    if (funding !== null) every(funding.intervalMs, () => this.exchange.settleFunding(funding.rate));
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

  #serverMs(): number {
    return this.#clock.wallMs() + (this.faults.active("clockSkew")?.ms ?? 0);
  }

  #onUserEvents(events: readonly UserEvent[]): void {
    if (this.faults.idle) {
      for (const event of events) this.#dialect.onUserEvent(event, PROMPT);
      return;
    }
    if (this.faults.active("userStreamDrop") !== null) return;
    const delivery: Delivery = { extraMs: this.faults.takeForEvents("delayEvents")?.ms ?? 0, stalled: false };
    const times = this.faults.takeForEvents("duplicateEvents")?.times ?? 1;
    const ordered = this.faults.takeForEvents("reorderEvents") === null ? events : events.toReversed();
    for (const event of ordered) for (let told = 0; told < times; told++) this.#dialect.onUserEvent(event, delivery);
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
      else this.#onRest(request, response, { method, path, query, body, headers: request.headers });
    });
  }

  #onRest(request: IncomingMessage, response: ServerResponse, rest: Parameters<Dialect["onRest"]>[0]): void {
    // One request of a plain connection is under way at a time, so each direction's delay is the request's own.
    const inbound = this.#delayLine();
    const outbound = this.#delayLine();
    response.on("close", () => {
      inbound.close();
      outbound.close();
    });
    const http: HttpAnswer = {
      answer: (httpStatus, json, headers, { extraMs, stalled }) =>
        outbound.run(() => (stalled ? stallHttp : answerHttp)(response, httpStatus, json, headers), extraMs),
      cut: (delivered) => {
        if (delivered) outbound.run(() => request.socket.destroySoon());
        else request.socket.destroy();
      },
    };
    inbound.run(() => this.#dialect.onRest(rest, http));
  }

  #onAdmin(
    request: IncomingMessage,
    response: ServerResponse,
    method: string,
    path: string,
    query: string,
    body: string,
  ): void {
    if (path === "/paper/ping") {
      answerHttp(response, 200, "{}");
      return;
    }
    if (!mayAdminister(request)) {
      answerHttp(response, 403, '{"error":{"field":"caller","message":"loopback only"}}');
      return;
    }
    const { httpStatus, json } = administer(this.#adminView(), method, path, query, body);
    answerHttp(response, httpStatus, json);
    // After the answer: an outage cuts the caller's own connection too.
    response.on("finish", () => setImmediate(() => this.#cutIfOut()));
  }

  #adminView(): AdminVenue {
    return {
      name: this.name,
      exchange: this.exchange,
      faults: this.faults,
      act: (entry) => this.#act(entry),
    };
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const [path = "", query = ""] = splitOnce(request.url ?? "", "?");
    const route = this.#dialect.route(path, new URLSearchParams(query));
    if (route === null || this.#peers.size >= this.#options.connectionsMax) {
      socket.end(
        `HTTP/1.1 ${route === null ? "404 Not Found" : "429 Too Many Requests"}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      const lateMs = () => (route.kinds.includes("market") ? (this.faults.active("lateQuotes")?.ms ?? 0) : 0);
      const [inbound, outbound] = [this.#delayLine(), this.#delayLine()];
      const peer = new Peer(route.kinds, webSocket, inbound, outbound, this.#clock.wallMs(), lateMs);
      this.#peers.add(peer);
      webSocket.on("error", () => peer.kill());
      webSocket.on("close", () => {
        this.#peers.delete(peer);
        this.#dialect.onClose(peer);
      });
      route.attach(peer);
    });
  }

  #act({ fault, startsNs }: FaultEntry): void {
    if (fault.kind === "killSockets" && fault.when === "now") this.#killSockets(fault.sockets, false);
    if (fault.kind !== "outage") return;
    const startsInMs = (startsNs - this.#clock.nowNs()) / 1e6;
    if (startsInMs <= 0) return;
    // A timer may fire a moment before its time by this clock, and then the outage would not have begun.
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#cutIfOut();
    }, startsInMs + 2);
    this.#timers.add(timer);
  }

  #killSockets(kinds: readonly SocketKind[], delivered: boolean): void {
    for (const peer of this.#peers) if (peer.kinds.some((kind) => kinds.includes(kind))) peer.kill(delivered);
  }

  #cutIfOut(): void {
    if (this.faults.active("outage") === null) return;
    for (const peer of this.#peers) peer.kill();
    for (const socket of this.#connections) socket.destroy();
  }

  #delayLine(): DelayLine {
    return new DelayLine(this.#options.latency, this.#random, () => this.#clock.nowNs() / 1e6);
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
