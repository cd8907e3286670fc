/**
 * Calls into ccxt that are about orders: each is followed from the call to its answer, through ccxt's own code.
 *
 * ccxt has one promise per call and shared tables per connection; what it does not say is whether anything was written, which
 * raw answer came, and which of the messages it parses are events. The exchange object's own seams tell: `watch`, `client` and
 * `send` (what is written), `fetch` and `handleErrors` (REST), `handleMessage`, `resolve` and `reject` (what is read), and
 * `safeOrder`, which every order in every message goes through before it is merged into a cache.
 *
 * Invariants
 *   - A call that ended without being written is never written afterwards: its frame is stopped at the socket. Only so may it
 *     be called not sent.
 *   - Every order in a message that is not the answer to a call is one event, in the order of the messages: none lost in a
 *     cache, none merged.
 *   - Nothing remains of a call that has ended: ccxt would keep its subscription for good and search all of them at every
 *     refusal.
 *   - At most `callsMax` are under way; the oldest of them is given up after a minute to make room.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { assert } from "../../domain/units.ts";
import type { Operation } from "../outcome-codes.ts";
import type { CcxtClient, CcxtExchange, CcxtOrder } from "./exchange.ts";
import type { RawAnswer } from "./profiles.ts";

export interface OrderCall {
  readonly operation: Operation;
  /** Stands in the call's frame and in no other: the id that is asked for. */
  readonly needle: string;
  readonly startedMs: number;
  /** Changes the frame just before it is sent. */
  readonly stamp: ((frame: object) => void) | null;
  written: boolean;
  ended: boolean;
  raw: RawAnswer | null;
  /** Of a call over a socket. */
  url: string;
  hash: string;
  frame: unknown;
}

/** Context of a subscription: learns the connections it runs over. */
export interface WatchContext {
  readonly urls: Set<string>;
}

export interface CallListener {
  onOrderEvent(order: CcxtOrder): void;
  onMessage(client: CcxtClient, message: unknown): void;
  onDown(url: string): void;
}

const FORGOTTEN_AFTER_MS = 60_000;
/** Refusals that came after their call was given up: ccxt keeps each. */
const REJECTIONS_MAX = 64;

export class OrderCalls {
  readonly #exchange: CcxtExchange;
  readonly #listener: CallListener;
  readonly #callsMax: number;
  readonly #nowMs: () => number;
  readonly #context = new AsyncLocalStorage<OrderCall | WatchContext | undefined>();
  readonly #live = new Set<OrderCall>();
  /** By connection and hash: whose answer a message is. */
  readonly #byHash = new Map<string, OrderCall>();
  readonly #clients = new WeakSet<CcxtClient>();
  #reading: Reading | null = null;

  constructor(exchange: CcxtExchange, callsMax: number, nowMs: () => number, listener: CallListener) {
    this.#exchange = exchange;
    this.#callsMax = callsMax;
    this.#nowMs = nowMs;
    this.#listener = listener;
    this.#followWrites();
    this.#followReads();
  }

  get underWay(): number {
    return this.#live.size;
  }

  /** Null when no more may be under way. */
  open(operation: Operation, needle: string, stamp: ((frame: object) => void) | null = null): OrderCall | null {
    if (this.#live.size >= this.#callsMax && !this.#forgetOldest()) return null;
    const call: OrderCall = {
      operation,
      needle,
      startedMs: this.#nowMs(),
      stamp,
      written: false,
      ended: false,
      raw: null,
      url: "",
      hash: "",
      frame: null,
    };
    this.#live.add(call);
    return call;
  }

  /** Runs `request` as part of `call` and ends the call with it. */
  async run<T>(call: OrderCall, request: () => Promise<T>): Promise<T> {
    try {
      return await this.#context.run(call, request);
    } finally {
      this.#end(call);
    }
  }

  /** Runs a subscription; the connections it uses are noted in `context`. */
  watch<T>(context: WatchContext, request: () => Promise<T>): Promise<T> {
    return this.#context.run(context, request);
  }

  #end(call: OrderCall): void {
    if (call.ended) return;
    call.ended = true;
    this.#live.delete(call);
    if (call.hash === "") return;
    this.#byHash.delete(keyOf(call.url, call.hash));
    const client = this.#exchange.clients?.[call.url];
    if (client === undefined) return;
    delete client.subscriptions[call.hash];
    delete client.futures[call.hash];
    delete client.rejections[call.hash];
    if (Object.keys(client.rejections).length > REJECTIONS_MAX) client.rejections = {};
  }

  #forgetOldest(): boolean {
    for (const call of this.#live) {
      if (this.#nowMs() - call.startedMs < FORGOTTEN_AFTER_MS) return false;
      this.#end(call);
      return true;
    }
    return false;
  }

  #followWrites(): void {
    const exchange = this.#exchange;
    const [watch, watchMultiple] = [exchange.watch.bind(exchange), exchange.watchMultiple.bind(exchange)];
    exchange.watch = (url, hash, frame, subscribeHash, subscription) => {
      if (this.#currentCall()?.ended) return Promise.reject(new Error(TOO_LATE));
      this.#noteWatch(url, hash, frame);
      return watch(url, hash, frame, subscribeHash, subscription);
    };
    exchange.watchMultiple = (url, hashes, frame, subscribeHashes, subscription) => {
      this.#noteWatch(url, hashes, frame);
      return watchMultiple(url, hashes, frame, subscribeHashes, subscription);
    };
    const client = exchange.client.bind(exchange);
    exchange.client = (url) => this.#followed(client(url));
    const fetch = exchange.fetch.bind(exchange);
    exchange.fetch = (url, method, headers, body) => {
      const call = this.#currentCall();
      if (call?.ended) return Promise.reject(new Error(TOO_LATE));
      if (call) {
        call.written = true;
        call.raw = null;
      }
      return fetch(url, method, headers, body);
    };
    const handleErrors = exchange.handleErrors.bind(exchange);
    exchange.handleErrors = (status, ...rest) => {
      const call = this.#currentCall();
      // (status, statusText, url, method, headers, text, json, ...)
      if (call && this.#reading === null) call.raw = { httpStatus: status, body: rest[5] };
      return handleErrors(status, ...rest);
    };
  }

  #noteWatch(url: string, hash: unknown, frame: unknown): void {
    const context = this.#context.getStore();
    if (context === undefined) return;
    if (!("operation" in context)) {
      // Logging in over the same connection is not the subscription yet.
      if (!/auth|login/i.test(String(hash))) context.urls.add(url);
      return;
    }
    if (typeof frame !== "object" || frame === null || context.frame !== null) return;
    if (!JSON.stringify(frame).includes(context.needle)) return;
    context.stamp?.(frame);
    context.url = url;
    context.hash = String(hash);
    context.frame = frame;
    const key = keyOf(url, context.hash);
    assert(!this.#byHash.has(key), "two calls share one id on the wire");
    this.#byHash.set(key, context);
  }

  /** The connection, with its seams open. Dialled and read outside of any call: it outlives the call that asked for it. */
  #followed(client: CcxtClient): CcxtClient {
    if (this.#clients.has(client)) return client;
    this.#clients.add(client);
    const [connect, send] = [client.connect.bind(client), client.send.bind(client)];
    const [resolve, reject] = [client.resolve.bind(client), client.reject.bind(client)];
    client.connect = (delayMs) => this.#context.run(undefined, () => connect(delayMs));
    client.send = (message) => {
      const call = this.#currentCall();
      if (call && message === call.frame) {
        if (call.ended) return Promise.resolve(null);
        call.written = true;
      }
      return send(message);
    };
    client.resolve = (result, hash) => {
      this.#noteAnswer(client, hash);
      return resolve(result, hash);
    };
    client.reject = (error, hash) => {
      this.#noteAnswer(client, hash);
      return reject(error, hash);
    };
    return client;
  }

  #noteAnswer(client: CcxtClient, hash: unknown): void {
    const reading = this.#reading;
    if (reading === null || hash === undefined || hash === null) return;
    const call = this.#byHash.get(keyOf(client.url, String(hash)));
    if (call === undefined) return;
    reading.answers = true;
    // ccxt rejects every call of a connection when it cannot read a message: only its own answer says anything about it.
    if (idOf(reading.message) === call.hash) call.raw = { httpStatus: 0, body: reading.message };
  }

  #followReads(): void {
    const exchange = this.#exchange;
    const handleMessage = exchange.handleMessage.bind(exchange);
    exchange.handleMessage = (client, message) => {
      this.#listener.onMessage(client, message);
      const reading: Reading = { message, answers: false, orders: [] };
      this.#reading = reading;
      try {
        this.#context.run(undefined, () => handleMessage(client, message));
      } finally {
        this.#reading = null;
        // The order in an answer is reported by the call.
        if (!reading.answers) for (const order of reading.orders) this.#listener.onOrderEvent(order);
      }
    };
    const safeOrder = exchange.safeOrder.bind(exchange);
    exchange.safeOrder = (order, market) => this.#noteOrder(safeOrder(order, market));
    const safePredictionOrder = exchange.safePredictionOrder?.bind(exchange);
    if (safePredictionOrder)
      exchange.safePredictionOrder = (order, outcome) => this.#noteOrder(safePredictionOrder(order, outcome));
    const [onError, onClose] = [exchange.onError.bind(exchange), exchange.onClose.bind(exchange)];
    exchange.onError = (client, error) => {
      onError(client, error);
      this.#listener.onDown(client.url);
    };
    exchange.onClose = (client, error) => {
      onClose(client, error);
      this.#listener.onDown(client.url);
    };
  }

  #noteOrder(order: CcxtOrder): CcxtOrder {
    this.#reading?.orders.push(order);
    return order;
  }

  #currentCall(): OrderCall | null {
    const context = this.#context.getStore();
    return context !== undefined && "operation" in context ? context : null;
  }
}

const TOO_LATE = "the call has ended before its request was sent";

interface Reading {
  readonly message: unknown;
  answers: boolean;
  readonly orders: CcxtOrder[];
}

const keyOf = (url: string, hash: string): string => `${hash} ${url}`;

function idOf(message: unknown): string {
  const { id, reqId, req_id: requestId } = (message ?? {}) as { id?: unknown; reqId?: unknown; req_id?: unknown };
  return String(id ?? reqId ?? requestId ?? "");
}
