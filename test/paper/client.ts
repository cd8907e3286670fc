/** Test client of the Binance dialect: real sockets on loopback, requests signed with node:crypto. */
import { createHmac, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";
import { type PaperOptions, type PaperServer, type PaperVenueOptions, startPaper } from "../../src/paper/server.ts";
import type { PaperVenue } from "../../src/paper/venue-server.ts";

export const API_KEY = "paper-key";
export const API_SECRET = "paper-secret";
export const BTC = {
  symbol: "BTCUSDT",
  tickSize: "0.1",
  lotSize: "0.001",
  minQty: "0.001",
  minNotional: "100",
  initialPrice: "60000",
};

export type Json = Record<string, unknown>;

export async function startVenue(
  over: Partial<PaperVenueOptions> = {},
  paper: Partial<PaperOptions> = {},
): Promise<{ readonly server: PaperServer; readonly venue: PaperVenue }> {
  const venue = { name: "paper-a", port: 0, apiKey: API_KEY, apiSecret: API_SECRET, symbols: [BTC], ...over };
  const server = await startPaper({ venues: [venue], market: { type: "none" }, depthLevels: 0, ...paper });
  return { server, venue: server.venues[0]! };
}

/** Puts the outside market at these prices, sizes in lots. */
export function quote(venue: PaperVenue, bidTicks: number, askTicks: number, bidLots = 1000, askLots = 1000): void {
  venue.exchange.quote(venue.exchange.listings.get("BTCUSDT")!, { bidTicks, bidLots, askTicks, askLots });
  venue.exchange.flush();
}

export const hmac = (payload: string, secret = API_SECRET) =>
  createHmac("sha256", secret).update(payload).digest("hex");

/** A WebSocket that keeps every message and lets a test wait for the one it means. */
export class Wire {
  readonly socket: WebSocket;
  readonly texts: string[] = [];
  readonly #waiting = new Set<() => void>();
  #nextId = 1;

  private constructor(url: string) {
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket.on("message", (data) => {
      this.texts.push(data.toString());
      for (const wake of this.#waiting) wake();
    });
    this.socket.on("error", () => {});
  }

  static async open(venue: PaperVenue, path: string): Promise<Wire> {
    const wire = new Wire(`ws://127.0.0.1:${venue.port}${path}`);
    await once(wire.socket, "open");
    return wire;
  }

  /** The first message that `wanted` accepts, past or future. */
  async next(wanted: (message: Json) => boolean, timeoutMs = 5000): Promise<Json> {
    for (let seen = 0, until = Date.now() + timeoutMs; ; ) {
      for (; seen < this.texts.length; seen++) {
        const message = JSON.parse(this.texts[seen]!) as Json;
        if (wanted(message)) return message;
      }
      if (Date.now() > until)
        throw new Error(`no such message among ${this.texts.length}: ${this.texts.slice(-3).join("\n")}`);
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, 50);
        this.#waiting.add(wake);
      });
    }
  }

  all(): Json[] {
    return this.texts.map((text) => JSON.parse(text) as Json);
  }

  /** Sends without waiting; returns the request id. */
  send(method: string, params: Json = {}): string {
    const id = `r${this.#nextId++}`;
    this.socket.send(JSON.stringify({ id, method, params }));
    return id;
  }

  async call(method: string, params: Json = {}): Promise<Json> {
    const id = this.send(method, params);
    return this.next((message) => message["id"] === id);
  }

  close(): Promise<unknown> {
    if (this.socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    const closed = once(this.socket, "close");
    this.socket.terminate();
    return closed;
  }
}

/** Parameters with key, timestamp and HMAC signature, signed over the alphabetical payload. */
export function signed(params: Json, key = API_KEY, signer: (payload: string) => string = hmac): Json {
  const all: Json = { timestamp: Date.now(), ...params, apiKey: key };
  return { ...all, signature: signer(payloadOf(all)) };
}

export const ed25519 = (privateKey: KeyObject) => (payload: string) =>
  sign(null, Buffer.from(payload), privateKey).toString("base64");

function payloadOf(params: Json): string {
  return Object.keys(params)
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join("&");
}

export function limit(over: Json = {}): Json {
  return {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "LIMIT",
    timeInForce: "IOC",
    price: "60000.2",
    quantity: "0.010",
    newOrderRespType: "RESULT",
    ...over,
  };
}

/** A signed REST call. */
export async function rest(
  venue: PaperVenue,
  method: string,
  path: string,
  params: Json = {},
): Promise<{ status: number; text: string; json: Json }> {
  const query = new URLSearchParams(
    Object.entries({ timestamp: Date.now(), ...params }).map(([k, v]): [string, string] => [k, String(v)]),
  ).toString();
  const url = `http://127.0.0.1:${venue.port}${path}?${query}&signature=${hmac(query)}`;
  const response = await fetch(url, { method, headers: { "X-MBX-APIKEY": API_KEY } });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) as Json };
}

export async function fault(venue: PaperVenue, json: unknown): Promise<Json> {
  const response = await fetch(`http://127.0.0.1:${venue.port}/paper/faults`, {
    method: "POST",
    body: JSON.stringify(json),
  });
  return (await response.json()) as Json;
}
