/** Test client of the Bybit dialect: real sockets on loopback, requests signed with node:crypto. */
import { createHmac } from "node:crypto";
import type { PaperOptions, PaperServer, PaperVenueOptions } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { API_KEY, API_SECRET, type Json, startVenue, Wire } from "../client.ts";

export { API_KEY, API_SECRET, type Json, quote, Wire } from "../client.ts";

export function startBybit(
  over: Partial<PaperVenueOptions> = {},
  paper: Partial<PaperOptions> = {},
): Promise<{ readonly server: PaperServer; readonly venue: PaperVenue }> {
  return startVenue({ dialect: "bybit-linear", ...over }, paper);
}

export const hmac = (payload: string, secret = API_SECRET) =>
  createHmac("sha256", secret).update(payload).digest("hex");

export function authArgs(expiresMs = Date.now() + 10_000, secret = API_SECRET, key = API_KEY): unknown[] {
  return [key, expiresMs, hmac(`GET/realtime${expiresMs}`, secret)];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly retCode: number;
  readonly retMsg: string;
  readonly result: Json;
  readonly json: Json;
}

export interface Signing {
  readonly stampMs?: number;
  readonly window?: string | null;
  readonly key?: string;
  readonly secret?: string;
}

/** A signed REST call: GET with a query, POST with JSON. */
export async function call(
  venue: PaperVenue,
  method: "GET" | "POST",
  path: string,
  params: Json = {},
  { stampMs = Date.now(), window = "5000", key = API_KEY, secret = API_SECRET }: Signing = {},
): Promise<Answer> {
  const query = method === "GET" ? new URLSearchParams(params as Record<string, string>).toString() : "";
  const body = method === "POST" ? JSON.stringify(params) : "";
  const headers: Record<string, string> = {
    "X-BAPI-API-KEY": key,
    "X-BAPI-TIMESTAMP": String(stampMs),
    "X-BAPI-SIGN": hmac(`${stampMs}${key}${window ?? ""}${query}${body}`, secret),
    ...(window !== null && { "X-BAPI-RECV-WINDOW": window }),
    ...(body !== "" && { "Content-Type": "application/json" }),
  };
  const url = `http://127.0.0.1:${venue.port}${path}${query === "" ? "" : `?${query}`}`;
  const response = await fetch(url, { method, headers, ...(body !== "" && { body }) });
  const text = await response.text();
  const json = JSON.parse(text) as Json;
  return {
    ...{ status: response.status, headers: response.headers, text, json },
    ...{ retCode: json["retCode"] as number, retMsg: json["retMsg"] as string, result: json["result"] as Json },
  };
}

export const create = (venue: PaperVenue, over: Json = {}, signing: Signing = {}) =>
  call(venue, "POST", "/v5/order/create", limit(over), signing);

export const realtime = (venue: PaperVenue, orderLinkId: string) =>
  call(venue, "GET", "/v5/order/realtime", { category: "linear", symbol: "BTCUSDT", orderLinkId });

export const history = (venue: PaperVenue, orderLinkId: string) =>
  call(venue, "GET", "/v5/order/history", { category: "linear", symbol: "BTCUSDT", orderLinkId });

export const rows = ({ result }: Answer) => result["list"] as Json[];

export function limit(over: Json = {}): Json {
  return {
    ...{ category: "linear", symbol: "BTCUSDT", side: "Buy", orderType: "Limit" },
    ...{ qty: "0.010", price: "60000.2", timeInForce: "IOC", reduceOnly: false },
    ...over,
  };
}

/** The order entry, authenticated. */
export class Trade {
  readonly wire: Wire;
  #lastId = 0;

  private constructor(wire: Wire) {
    this.wire = wire;
  }

  static async open(venue: PaperVenue): Promise<Trade> {
    const trade = new Trade(await Wire.open(venue, "/v5/trade"));
    const { retCode } = await trade.ask({ op: "auth", args: authArgs() });
    if (retCode !== 0) throw new Error(`auth answered ${retCode}`);
    return trade;
  }

  create(over: Json = {}, header: Json = {}): Promise<Json> {
    return this.ask({ op: "order.create", args: [limit(over)], header: stamped(header) });
  }

  cancel(orderLinkId: string): Promise<Json> {
    const args = [{ category: "linear", symbol: "BTCUSDT", orderLinkId }];
    return this.ask({ op: "order.cancel", args, header: stamped() });
  }

  ask(frame: Json): Promise<Json> {
    const reqId = `r${++this.#lastId}`;
    this.wire.socket.send(JSON.stringify({ reqId, ...frame }));
    return this.wire.next((message) => message["reqId"] === (frame["reqId"] ?? reqId));
  }
}

export const stamped = (header: Json = {}): Json => ({ "X-BAPI-TIMESTAMP": String(Date.now()), ...header });

/** A private stream, authenticated and subscribed. */
export async function openPrivate(venue: PaperVenue, topics: readonly string[]): Promise<Wire> {
  const wire = await Wire.open(venue, "/v5/private");
  wire.socket.send(JSON.stringify({ op: "auth", args: authArgs() }));
  await wire.next(({ op, success }) => op === "auth" && success === true);
  await subscribe(wire, topics);
  return wire;
}

export async function subscribe(wire: Wire, args: readonly string[]): Promise<Json> {
  const id = `s${Math.random()}`;
  wire.socket.send(JSON.stringify({ op: "subscribe", req_id: id, args }));
  return wire.next((message) => message["req_id"] === id);
}

/** Rows of a private topic so far, oldest first. */
export const told = (wire: Wire, topic: string): Json[] =>
  wire.all().flatMap((message) => (message["topic"] === topic ? (message["data"] as Json[]) : []));

export const nextRow = async (wire: Wire, topic: string, wanted: (row: Json) => boolean): Promise<Json> =>
  (
    (await wire.next((message) => message["topic"] === topic && (message["data"] as Json[]).some(wanted)))[
      "data"
    ] as Json[]
  )[0]!;
