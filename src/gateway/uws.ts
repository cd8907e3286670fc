/**
 * The one door to uWebSockets.js: no other file imports it.
 *
 * uWebSockets.js ends the whole process (SIGABRT, not catchable) when a handler throws before an abort handler is attached
 * or returns without an answer. So every handler runs inside `#route` or `#upgrade` below, which own the abort flag, the
 * try/catch, the deadline and the cork.
 *
 * Invariants
 *   - The first statement of every native callback attaches the abort handler; nothing before it can throw.
 *   - Every request is answered exactly once, or its socket is gone: by the handler, by the deadline (503) or by the
 *     wrapper when the handler threw (500).
 *   - A request whose framing two parsers could read differently never reaches a handler.
 *   - A port is shared with a second process only by `PortUse`, and then only with one of the same user.
 */

import * as native from "uWebSockets.js";
import { createServer } from "node:net";
import type { Clock } from "../time/clock.ts";
import { DeadlineQueue } from "./deadlines.ts";
import { HttpExchange } from "./exchange.ts";

export type { HttpRequest, HttpResponse, WebSocket } from "uWebSockets.js";

export interface WebServerOptions {
  /** Connections beyond this are closed as they arrive. WebSockets count. */
  readonly connectionsMax: number;
  /** A request without an answer after this long is answered 503. */
  readonly answerTimeoutMs: number;
  readonly bodyBytesMax: number;
}

export interface WebServerParts {
  readonly clock: Clock;
  /** A handler threw: a bug, already answered with 500. */
  readonly onCrash: (error: unknown) => void;
}

/** Called with the whole body. It answers now or later, within the deadline. */
export type Handler = (exchange: HttpExchange) => void | Promise<void>;

export interface SocketBehavior<Connection> {
  readonly frameBytesMax: number;
  readonly backpressureBytesMax: number;
  readonly idleTimeoutS: number;
  readonly lifetimeMinutes: number;
  /** Null when it has answered the refusal itself. */
  readonly upgrade: (exchange: HttpExchange) => Connection | null;
  readonly open: (socket: native.WebSocket<Connection>) => void;
  /** The bytes are only valid during the call. */
  readonly message: (socket: native.WebSocket<Connection>, bytes: Uint8Array, isBinary: boolean) => void;
  readonly close: (socket: native.WebSocket<Connection>) => void;
}

/**
 * alone   nobody else may listen there, now or later
 * first   nobody listens there yet; a second may join later
 * second  joins whoever does
 *
 * The system deals new connections out among those who listen (SO_REUSEPORT), and resets those which one of them had been
 * dealt but had not taken when it stops listening.
 */
export type PortUse = "alone" | "first" | "second";

export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code: "PORT_IN_USE" | "ADDRESS_UNUSABLE";

  constructor(code: "PORT_IN_USE" | "ADDRESS_UNUSABLE", message: string) {
    super(message);
    this.code = code;
  }
}

// The package's typings declare this as an enum that does not exist at run time; the constant does.
const { LIBUS_LISTEN_EXCLUSIVE_PORT } = native as unknown as { readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number };
const LISTEN_SHARED = 0;

// The typings lack the form with a host and options, which is the one that refuses to share a port of one address.
type Listen = (
  host: string,
  port: number,
  options: number,
  done: (socket: native.us_listen_socket | false) => void,
) => void;

export class WebServer {
  readonly #options: WebServerOptions;
  readonly #parts: WebServerParts;
  readonly #app = native.App();
  readonly #deadlines: DeadlineQueue;
  readonly #sockets = new Set<native.WebSocket<unknown>>();
  #listenSocket: native.us_listen_socket | null = null;
  #httpConnections = 0;
  #draining = false;
  #closing = false;
  #onIdle: (() => void) | null = null;

  constructor(options: WebServerOptions, parts: WebServerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#deadlines = new DeadlineQueue(options.answerTimeoutMs, parts.clock);
    // biome-ignore lint/suspicious/useIterableCallbackReturn: this filter is not an array's.
    this.#app.filter((response, change) => {
      this.#httpConnections += change;
      if (change > 0 && this.connections > options.connectionsMax) response.close();
    });
  }

  get connections(): number {
    return this.#httpConnections + this.#sockets.size;
  }

  /** Requests not answered yet. */
  get inFlight(): number {
    return this.#deadlines.size;
  }

  route(method: "get" | "post" | "any", pattern: string, handler: Handler): this {
    this.#app[method](pattern, (response, request) => this.#route(response, request, handler));
    return this;
  }

  socket<Connection>(pattern: string, behavior: SocketBehavior<Connection>): this {
    const guarded = (socket: native.WebSocket<Connection>, run: () => void) => {
      try {
        run();
      } catch (error) {
        this.#parts.onCrash(error);
        // `close` is delivered for it, so the connection's own state is released there.
        if (this.#sockets.has(socket as native.WebSocket<unknown>)) socket.close();
      }
    };
    this.#app.ws<Connection>(pattern, {
      maxPayloadLength: behavior.frameBytesMax,
      maxBackpressure: behavior.backpressureBytesMax,
      closeOnBackpressureLimit: true,
      idleTimeout: behavior.idleTimeoutS,
      maxLifetime: behavior.lifetimeMinutes,
      sendPingsAutomatically: true,
      compression: 0,
      upgrade: (response, request, context) => this.#upgrade(response, request, context, behavior.upgrade),
      open: (socket) => {
        this.#sockets.add(socket as native.WebSocket<unknown>);
        guarded(socket, () => behavior.open(socket));
      },
      message: (socket, message, isBinary) => {
        // Not through `guarded`: a closure per frame would show on the path from frame to order.
        try {
          behavior.message(socket, new Uint8Array(message), isBinary);
        } catch (error) {
          this.#parts.onCrash(error);
          if (this.#sockets.has(socket as native.WebSocket<unknown>)) socket.close();
        }
      },
      close: (socket) => {
        this.#sockets.delete(socket as native.WebSocket<unknown>);
        guarded(socket, () => behavior.close(socket));
      },
    });
    return this;
  }

  /** Resolves to the port, which is only news when it was 0. Rejects with a `ListenError`. */
  async listen(host: string, port: number, use: PortUse = "alone"): Promise<number> {
    // Sharing tells nobody of anybody: whoever means to be the first has to ask.
    const taken = use === "first" && port !== 0 ? await refusalOf(host, port) : null;
    if (taken !== null) throw taken;
    const listen = this.#app.listen.bind(this.#app) as unknown as Listen;
    listen(host, port, use === "alone" ? LIBUS_LISTEN_EXCLUSIVE_PORT : LISTEN_SHARED, (socket) => {
      if (socket !== false) this.#listenSocket = socket;
    });
    if (this.#listenSocket === null) throw (await refusalOf(host, port)) ?? wasInUse(host, port);
    return native.us_socket_local_port(this.#listenSocket as unknown as native.us_socket);
  }

  /**
   * Stops accepting, goes on serving the connections it has for `drainMs`, lets the requests in flight be answered (the
   * deadline bounds that), then closes every connection. A client that was let in has not been refused: within `drainMs` its
   * request is expected.
   */
  async close(drainMs = 0): Promise<void> {
    if (this.#closing || this.#draining) return;
    if (drainMs > 0) {
      this.#draining = true;
      // Right behind the phase in which connections are taken, so that as few as can be wait for it.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (this.#listenSocket !== null) native.us_listen_socket_close(this.#listenSocket);
    this.#listenSocket = null;
    for (let waitedMs = 0; waitedMs < drainMs && this.#httpConnections > 0; waitedMs += DRAIN_LOOK_MS) {
      await new Promise<void>((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
    this.#closing = true;
    if (this.#deadlines.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    for (const socket of this.#sockets) socket.end(1001, "closing");
    this.#app.close();
    this.#deadlines.stop();
  }

  #route(response: native.HttpResponse, request: native.HttpRequest, handler: Handler): void {
    this.#receive(response, request, (exchange) => exchange.collectBody(() => this.#run(exchange, handler)));
  }

  #upgrade<Connection>(
    response: native.HttpResponse,
    request: native.HttpRequest,
    context: native.us_socket_context_t,
    admit: (exchange: HttpExchange) => Connection | null,
  ): void {
    this.#receive(response, request, (exchange) => {
      const connection = admit(exchange);
      if (connection === null) return;
      // Extensions are not passed on: compression stays off whatever the client offers.
      const key = exchange.header("sec-websocket-key");
      const protocol = exchange.header("sec-websocket-protocol");
      exchange.release();
      // A WebSocket leaves the HTTP context without the filter being told, so the count is moved here.
      this.#httpConnections -= 1;
      response.upgrade(connection, key, protocol, "", context);
    });
  }

  /** What every request meets before it is looked at. */
  #receive(response: native.HttpResponse, request: native.HttpRequest, next: (exchange: HttpExchange) => void): void {
    let exchange: HttpExchange | null = null;
    response.onAborted(() => exchange?.abort());
    try {
      exchange = this.#begin(response, request);
      if (exchange.refuseFraming(this.#options.bodyBytesMax)) return;
      if (this.#closing) exchange.answer(503, { code: "CLOSING" }, CLOSE_AND_RETRY);
      else next(exchange);
    } catch (error) {
      this.#crash(response, exchange, error);
    }
  }

  #begin(response: native.HttpResponse, request: native.HttpRequest): HttpExchange {
    const exchange = new HttpExchange(response, request, this.#parts.clock.nowNs(), this.#deadlines);
    exchange.onSettled = this.#settled;
    exchange.isLast = this.#draining;
    return exchange;
  }

  readonly #settled = (): void => {
    if (this.#deadlines.size === 0 && this.#onIdle !== null) this.#onIdle();
  };

  #run(exchange: HttpExchange, handler: Handler): void {
    try {
      const done = handler(exchange);
      if (done !== undefined) done.catch((error: unknown) => this.#crash(null, exchange, error));
    } catch (error) {
      this.#crash(null, exchange, error);
    }
  }

  /** `exchange` is null when it could not even be made; then the raw response still has to be ended. */
  #crash(response: native.HttpResponse | null, exchange: HttpExchange | null, error: unknown): void {
    try {
      if (exchange !== null) exchange.answer(500, { code: "INTERNAL" }, CLOSE);
      else response?.writeStatus("500 Internal Server Error").end('{"code":"INTERNAL"}', true);
    } finally {
      this.#parts.onCrash(error);
    }
  }
}

const DRAIN_LOOK_MS = 10;
const CLOSE = { close: true };
const CLOSE_AND_RETRY = { close: true, retryAfterS: 1 };

/** Why a socket of its own cannot listen there, or null when it can. uWebSockets.js only says "no". */
function refusalOf(host: string, port: number): Promise<ListenError | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    const where = `${host}:${port}`;
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE";
      resolve(
        inUse
          ? new ListenError("PORT_IN_USE", `${where} is in use: is another engine running?`)
          : new ListenError("ADDRESS_UNUSABLE", `cannot listen on ${where}: ${error.code}`),
      );
    });
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(null)));
  });
}

const wasInUse = (host: string, port: number): ListenError =>
  new ListenError("PORT_IN_USE", `${host}:${port} was in use a moment ago: is another engine running?`);
