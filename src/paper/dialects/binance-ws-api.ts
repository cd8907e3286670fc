/**
 * Binance USDM WebSocket API (`/ws-fapi/v1`): order entry on one socket, signed per request or by `session.logon`.
 *
 * Answers are `{id, status, result | error, rateLimits}`. Every frame is answered, a malformed one too, unless a fault
 * loses the answer.
 */
import type { FaultOperation, SocketKind } from "../faults.ts";
import type { Peer } from "../peer.ts";
import { checkWindow, type PaperKey, sortedPayload, verifySignature } from "./binance-auth.ts";
import { type BinanceError, BinanceRefusal } from "./binance-errors.ts";
import { type BinanceOrders, type Params, required } from "./binance-orders.ts";

const OPERATIONS: Readonly<Record<string, FaultOperation>> = {
  "order.place": "place",
  "order.cancel": "cancel",
  "order.status": "query",
};

export class BinanceWsApi {
  readonly #orders: BinanceOrders;
  readonly #keys: ReadonlyMap<string, PaperKey>;
  readonly #killSockets: (kinds: readonly SocketKind[]) => void;

  constructor(
    orders: BinanceOrders,
    keys: ReadonlyMap<string, PaperKey>,
    killSockets: (kinds: readonly SocketKind[]) => void,
  ) {
    this.#orders = orders;
    this.#keys = keys;
    this.#killSockets = killSockets;
  }

  attach(peer: Peer, rateLimitsShown: boolean): void {
    peer.onMessage((text) => this.#handle(peer, text, rateLimitsShown));
  }

  #handle(peer: Peer, text: string, rateLimitsShown: boolean): void {
    const limits = () =>
      rateLimitsShown ? `,"rateLimits":${this.#orders.counter.render(this.#orders.serverMs())}` : "";
    let id = "null";
    const reply = {
      result: (result: string, extraMs: number) =>
        peer.send(`{"id":${id},"status":200,"result":${result}${limits()}}`, extraMs),
      error: ({ httpStatus, code, msg }: BinanceError, extraMs: number) =>
        peer.send(
          `{"id":${id},"status":${httpStatus},"error":{"code":${code},"msg":${JSON.stringify(msg)}}${limits()}}`,
          extraMs,
        ),
      kill: (kinds: readonly SocketKind[]) => {
        this.#killSockets(kinds);
        peer.kill();
      },
    };
    try {
      const frame = parseFrame(text);
      id = JSON.stringify(frame.id);
      const operation = OPERATIONS[frame.method];
      if (operation !== undefined)
        this.#orders.run(operation, frame.params, () => this.#account(peer, frame.params), reply);
      else reply.result(this.#session(peer, frame.method, frame.params), 0);
    } catch (error) {
      if (!(error instanceof BinanceRefusal)) throw error;
      reply.error(error.error, 0);
    }
  }

  /** Methods that are no order: the session's own. */
  #session(peer: Peer, method: string, params: Params): string {
    switch (method) {
      case "ping":
        return "{}";
      case "session.logon": {
        const key = this.#verified(params);
        if (key.type !== "ed25519") throw new BinanceRefusal(400, -4056, "HMAC_SHA256 API key is not supported.");
        checkWindow(params, this.#orders.serverMs());
        peer.account = key.account;
        peer.authorizedMs = this.#orders.serverMs();
        return this.#status(peer);
      }
      case "session.logout":
        peer.account = null;
        return this.#status(peer);
      case "session.status":
        return this.#status(peer);
      default:
        throw new BinanceRefusal(400, -1135, "Unknown method.");
    }
  }

  #status(peer: Peer): string {
    const apiKey = peer.account === null ? "null" : JSON.stringify(peer.account.apiKey);
    const since = peer.account === null ? "null" : peer.authorizedMs;
    return `{"apiKey":${apiKey},"authorizedSince":${since},"connectedSince":${peer.connectedMs},"returnRateLimits":true,"serverTime":${this.#orders.serverMs()}}`;
  }

  /** The session's account, or the one whose signature the request carries. */
  #account(peer: Peer, params: Params) {
    if (peer.account !== null && !params.has("apiKey")) return peer.account;
    return this.#verified(params).account;
  }

  #verified(params: Params): PaperKey {
    const key = this.#keys.get(required(params, "apiKey"));
    if (key === undefined) throw new BinanceRefusal(401, -2015, "Invalid API-key, IP, or permissions for action.");
    verifySignature(key, sortedPayload(params), required(params, "signature"));
    return key;
  }
}

interface Frame {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: Params;
}

function parseFrame(text: string): Frame {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BinanceRefusal(400, -1135, "Invalid JSON Request");
  }
  if (typeof json !== "object" || json === null) throw new BinanceRefusal(400, -1135, "Invalid JSON Request");
  const { id, method, params } = json as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method !== "string") throw new BinanceRefusal(400, -1135, "Invalid JSON Request: no method.");
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number")
    throw new BinanceRefusal(400, -1135, "Invalid JSON Request: id.");
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries((params ?? {}) as Record<string, unknown>)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw new BinanceRefusal(400, -1130, `Data sent for parameter '${name}' is not valid.`);
    texts.set(name, String(value));
  }
  return { id: id ?? null, method, params: texts };
}
