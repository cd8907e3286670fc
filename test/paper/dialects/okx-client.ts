/** Test client of the OKX dialect: real sockets on loopback, logins and requests signed with node:crypto. */
import { createHmac } from "node:crypto";
import { type PaperServer, startPaper } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { type Json, Wire } from "../client.ts";

export const KEY = { apiKey: "okx-paper-key", apiSecret: "okx-paper-secret", passphrase: "okx-paper-phrase" };
export const INST_ID = "BTC-USDT-SWAP";
/** Real proportions: 0.01 BTC per contract, orders in tenths of a contract, so that one lot is 0.001 BTC. */
export const BTC = {
  symbol: INST_ID,
  tickSize: "0.1",
  lotSize: "0.001",
  contractSize: "0.01",
  minQty: "0.001",
  initialPrice: "60000",
};
export const ETH = {
  symbol: "ETH-USDT-SWAP",
  tickSize: "0.01",
  lotSize: "0.01",
  contractSize: "0.1",
  minQty: "0.01",
  initialPrice: "3000",
};

type VenueOptions = Parameters<typeof startPaper>[0]["venues"][number];

export async function startOkx(over: Partial<VenueOptions> = {}): Promise<{ server: PaperServer; venue: PaperVenue }> {
  const venue: VenueOptions = { name: "paper-okx", dialect: "okx-swap", port: 0, symbols: [BTC, ETH], ...KEY, ...over };
  const server = await startPaper({ venues: [venue], market: { type: "none" }, depthLevels: 0 });
  return { server, venue: server.venues[0]! };
}

/** Puts the outside market at these prices, sizes in lots of 0.001 BTC. */
export function quote(venue: PaperVenue, bidTicks: number, askTicks: number, bidLots = 1000, askLots = 1000): void {
  venue.exchange.quote(venue.exchange.listings.get(INST_ID)!, { bidTicks, bidLots, askTicks, askLots });
  venue.exchange.flush();
}

export const sign = (payload: string, secret = KEY.apiSecret) =>
  createHmac("sha256", secret).update(payload).digest("base64");

export function loginArg(over: Json = {}): Json {
  const timestamp = String(over["timestamp"] ?? Math.floor(Date.now() / 1000));
  const { apiKey, passphrase } = KEY;
  return { apiKey, passphrase, timestamp, sign: sign(`${timestamp}GET/users/self/verify`), ...over };
}

/** A private socket that has logged in. */
export async function openPrivate(venue: PaperVenue): Promise<OkxWire> {
  const wire = await OkxWire.open(venue, "/ws/v5/private");
  await wire.login();
  return wire;
}

export class OkxWire {
  readonly wire: Wire;
  #nextId = 1;

  private constructor(wire: Wire) {
    this.wire = wire;
  }

  static async open(venue: PaperVenue, path: string): Promise<OkxWire> {
    return new OkxWire(await Wire.open(venue, path));
  }

  send(json: Json): void {
    this.wire.socket.send(JSON.stringify(json));
  }

  login(over: Json = {}): Promise<Json> {
    this.send({ op: "login", args: [loginArg(over)] });
    return this.wire.next((message) => message["event"] === "login" || message["event"] === "error");
  }

  /** The answer, or the error event, to one request. */
  async call(op: string, args: unknown, over: Json = {}): Promise<Json> {
    const id = `r${this.#nextId++}`;
    this.send({ id, op, args, ...over });
    return this.wire.next((message) => message["id"] === id);
  }

  subscribe(...args: Json[]): Promise<Json> {
    return this.call("subscribe", args);
  }

  /** The next row of a channel, of those not yet seen, that `wanted` accepts. */
  async row(channel: string, wanted: (row: Json) => boolean = () => true): Promise<Json> {
    const rows = (message: Json) =>
      (message["arg"] as Json | undefined)?.["channel"] === channel ? ((message["data"] ?? []) as Json[]) : [];
    const message = await this.wire.next((each) => rows(each).some(wanted));
    return rows(message).find(wanted)!;
  }

  /** Every row of a channel so far. */
  rows(channel: string): Json[] {
    return this.wire
      .all()
      .flatMap((message) =>
        (message["arg"] as Json | undefined)?.["channel"] === channel ? ((message["data"] ?? []) as Json[]) : [],
      );
  }
}

export function limit(over: Json = {}): Json {
  return { instId: INST_ID, tdMode: "cross", side: "buy", ordType: "ioc", px: "60000.2", sz: "1", ...over };
}

/** The item of an answer to one order. */
export function item(answer: Json): Json {
  return (answer["data"] as Json[])[0]!;
}

export interface RestAnswer {
  readonly status: number;
  readonly text: string;
  readonly json: Json;
}

/** A signed REST call; `body` makes it a POST. `over` replaces headers. */
export async function rest(
  venue: PaperVenue,
  path: string,
  body?: unknown,
  over: Record<string, string> = {},
): Promise<RestAnswer> {
  const method = body === undefined ? "GET" : "POST";
  const text = body === undefined ? "" : JSON.stringify(body);
  const timestamp = over["OK-ACCESS-TIMESTAMP"] ?? new Date().toISOString();
  const response = await fetch(`http://127.0.0.1:${venue.port}${path}`, {
    method,
    headers: {
      "OK-ACCESS-KEY": KEY.apiKey,
      "OK-ACCESS-PASSPHRASE": KEY.passphrase,
      "OK-ACCESS-TIMESTAMP": timestamp,
      "OK-ACCESS-SIGN": sign(timestamp + method + path + text),
      "Content-Type": "application/json",
      ...over,
    },
    ...(body === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  return { status: response.status, text: answer, json: JSON.parse(answer) as Json };
}
