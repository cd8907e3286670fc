/**
 * Binance's WebSocket API: order entry on one socket, signed per request or by `session.logon`.
 *
 * Answers are `{id, status, result | error, rateLimits}`. Every frame is answered, a malformed one too, unless a fault
 * loses the answer.
 */
import type { PaperKey } from "../../api-key.ts";
import { type Failure, Refusal } from "../../failure.ts";
import type { Reply } from "../../operations.ts";
import { type Peer, PROMPT } from "../../peer.ts";
import { checkWindow, sortedPayload, verifySignature } from "./auth.ts";
import { type BinanceOrders, type Params, required } from "./orders.ts";
import type { SpotUserStreams } from "./spot-user-streams.ts";

const OPERATIONS: Readonly<Record<string, "place" | "cancel" | "query">> = {
  "order.place": "place",
  "order.cancel": "cancel",
  "order.status": "query",
};

export class BinanceWsApi {
  readonly #orders: BinanceOrders;
  readonly #keys: ReadonlyMap<string, PaperKey>;
  /** Null: private events have a socket of their own (USDM). */
  readonly #userStreams: SpotUserStreams | null;

  constructor(orders: BinanceOrders, keys: ReadonlyMap<string, PaperKey>, userStreams: SpotUserStreams | null) {
    this.#orders = orders;
    this.#keys = keys;
    this.#userStreams = userStreams;
  }

  attach(peer: Peer, rateLimitsShown: boolean): void {
    peer.onMessage((text) => this.#handle(peer, text, rateLimitsShown));
  }

  #handle(peer: Peer, text: string, rateLimitsShown: boolean): void {
    let frame: Frame;
    try {
      frame = parseFrame(text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#reply(peer, "null", undefined, rateLimitsShown).error(error.failure, PROMPT);
      return;
    }
    const { method, params } = frame;
    const apiKey = params.get("apiKey") ?? peer.account?.apiKey;
    const reply = this.#reply(peer, JSON.stringify(frame.id), apiKey, rateLimitsShown);
    const operation = OPERATIONS[method];
    if (operation !== undefined) this.#orders.run(operation, params, () => this.#account(peer, params), reply);
    else this.#orders.runOther(params, () => this.#session(peer, method, params), reply);
  }

  #reply(peer: Peer, id: string, apiKey: string | undefined, rateLimitsShown: boolean): Reply {
    const limits = () =>
      rateLimitsShown ? `,"rateLimits":${this.#orders.limits.render(apiKey, this.#orders.serverMs())}` : "";
    return {
      result: (result, delivery) => peer.send(`{"id":${id},"status":200,"result":${result}${limits()}}`, delivery),
      error: (failure, delivery) =>
        peer.send(
          `{"id":${id},"status":${failure.httpStatus},"error":${this.#renderFailure(failure)}${limits()}}`,
          delivery,
        ),
      cut: (delivered) => peer.kill(delivered),
    };
  }

  #renderFailure({ code, msg, retryAfterMs }: Failure): string {
    const error = `{"code":${code},"msg":${JSON.stringify(msg)}`;
    if (retryAfterMs === undefined) return `${error}}`;
    const nowMs = this.#orders.serverMs();
    return `${error},"data":{"serverTime":${nowMs},"retryAfter":${nowMs + retryAfterMs}}}`;
  }

  /** Methods that are no order: the session's own. */
  #session(peer: Peer, method: string, params: Params): string {
    switch (method) {
      case "ping":
        return "{}";
      case "session.logon": {
        const key = this.#verified(params);
        if (key.type !== "ed25519") throw new Refusal(400, -4056, "HMAC_SHA256 API key is not supported.");
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
        if (this.#userStreams !== null) return this.#userStream(this.#userStreams, peer, method, params);
        throw new Refusal(400, -1135, "Unknown method.");
    }
  }

  #userStream(userStreams: SpotUserStreams, peer: Peer, method: string, params: Params): string {
    switch (method) {
      case "userDataStream.subscribe":
        if (peer.account === null) throw new Refusal(400, -2015, "Invalid API-key, IP, or permissions for action.");
        return `{"subscriptionId":${userStreams.subscribe(peer, peer.account)}}`;
      case "userDataStream.subscribe.signature": {
        const { account } = this.#verified(params);
        checkWindow(params, this.#orders.serverMs());
        return `{"subscriptionId":${userStreams.subscribe(peer, account)}}`;
      }
      case "userDataStream.unsubscribe": {
        const id = params.get("subscriptionId");
        userStreams.unsubscribe(peer, id === undefined ? undefined : Number(id));
        return "{}";
      }
      default:
        throw new Refusal(400, -1135, "Unknown method.");
    }
  }

  #status(peer: Peer): string {
    const apiKey = peer.account === null ? "null" : JSON.stringify(peer.account.apiKey);
    const streaming = this.#userStreams === null ? "" : `,"userDataStream":${this.#userStreams.has(peer)}`;
    const since = peer.account === null ? "null" : peer.authorizedMs;
    return `{"apiKey":${apiKey},"authorizedSince":${since},"connectedSince":${peer.connectedMs},"returnRateLimits":true,"serverTime":${this.#orders.serverMs()}${streaming}}`;
  }

  /** The session's account, or the one whose signature the request carries. */
  #account(peer: Peer, params: Params) {
    if (peer.account !== null && !params.has("apiKey")) return peer.account;
    return this.#verified(params).account;
  }

  #verified(params: Params): PaperKey {
    const key = this.#keys.get(required(params, "apiKey"));
    if (key === undefined) throw new Refusal(401, -2015, "Invalid API-key, IP, or permissions for action.");
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
    throw new Refusal(400, -1135, "Invalid JSON Request");
  }
  if (typeof json !== "object" || json === null) throw new Refusal(400, -1135, "Invalid JSON Request");
  const { id, method, params } = json as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method !== "string") throw new Refusal(400, -1135, "Invalid JSON Request: no method.");
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number")
    throw new Refusal(400, -1135, "Invalid JSON Request: id.");
  const texts = new Map<string, string>();
  const given = (params ?? {}) as Record<string, unknown>;
  // Keys and not entries: this is done for every order, and a pair each would be garbage at once.
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      throw new Refusal(400, -1130, `Data sent for parameter '${name}' is not valid.`);
    texts.set(name, String(value));
  }
  return { id: id ?? null, method, params: texts };
}
