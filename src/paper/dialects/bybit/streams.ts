/**
 * Bybit V5 streams: public topics of linear contracts and the private topics of an account, each on its own socket.
 *
 * Books: `orderbook.1` is told at every change and again when nothing changed for three seconds, the deeper ones in a steady
 * rhythm; each begins with a snapshot and goes on with the levels that changed. Bounded: `TOPICS_MAX` topics in all.
 */
import { DepthDiff, topLevels } from "../../depth-diff.ts";
import type { PaperExchange } from "../../exchange.ts";
import { Refusal } from "../../failure.ts";
import type { PaperListing } from "../../listing.ts";
import type { UserEvent } from "../../order.ts";
import type { Delivery, Peer } from "../../peer.ts";
import { type BybitKeys, verifySocket } from "./auth.ts";
import { refusal } from "./errors.ts";
import { type Frame, parseFrame } from "./frames.ts";
import { renderBookMessage, renderTradeMessage, tickerFields } from "./market.ts";
import { renderExecution, renderFastExecution, renderOrderEvent, renderPosition, renderWallet } from "./render.ts";

const TOPICS_MAX = 1000;
/** A top of book that stands still is told again after so long. */
const REPEAT_AFTER_MS = 3000;
const PRIVATE_TOPICS: ReadonlySet<string> = new Set(["order", "execution", "execution.fast", "position", "wallet"]);

interface Topic {
  readonly name: string;
  readonly listing: PaperListing;
  readonly kind: "orderbook" | "publicTrade" | "tickers";
  /** Levels of a book. */
  readonly depth: number;
  readonly peers: Set<Peer>;
  /** What subscribers know of a book. */
  readonly diff: DepthDiff;
  ticker: Record<string, string>;
  lastUpdateId: number;
  toldMs: number;
}

export class BybitStreams {
  readonly #exchange: PaperExchange;
  readonly #keys: BybitKeys;
  readonly #leverage: number;
  readonly #serverMs: () => number;
  readonly #topics = new Map<string, Topic>();
  readonly #bySymbol = new Map<string, Set<Topic>>();
  readonly #private = new Map<Peer, Set<string>>();
  #connections = 0;

  constructor(exchange: PaperExchange, keys: BybitKeys, leverage: number, serverMs: () => number) {
    this.#exchange = exchange;
    this.#keys = keys;
    this.#leverage = leverage;
    this.#serverMs = serverMs;
  }

  attachPublic(peer: Peer): void {
    const connId = `paper-public-${++this.#connections}`;
    this.#listen(peer, connId, (frame) => {
      if (frame.op === "ping")
        return `{"success":true,"ret_msg":"pong","conn_id":"${connId}","req_id":${JSON.stringify(frame.requestId ?? "")},"op":"ping"}`;
      const names = topicNames(frame);
      if (frame.op === "unsubscribe") for (const name of names) this.#unsubscribe(peer, name);
      else if (frame.op === "subscribe") {
        const topics = names.map((name) => this.#topic(name));
        // After the answer, as the venue does it.
        queueMicrotask(() => {
          for (const topic of topics) this.#subscribe(peer, topic);
        });
      } else throw refusal(10404, "error:invalid op");
      return acknowledged(frame, connId);
    });
  }

  attachPrivate(peer: Peer): void {
    const connId = `paper-private-${++this.#connections}`;
    const topics = new Set<string>();
    this.#private.set(peer, topics);
    this.#listen(peer, connId, (frame) => {
      if (frame.op === "ping")
        return `{"req_id":${JSON.stringify(frame.requestId ?? "")},"op":"pong","args":["${this.#serverMs()}"],"conn_id":"${connId}"}`;
      if (frame.op === "auth") {
        peer.account = verifySocket(this.#keys, frame.args, this.#serverMs());
        return acknowledged(frame, connId);
      }
      if (peer.account === null) throw refusal(10003, "Request not authorized");
      const names = topicNames(frame).map((name) => name.replace(/\.linear$/, ""));
      const bad = names.find((name) => !PRIVATE_TOPICS.has(name));
      if (bad !== undefined) throw refusal(10001, `Invalid topic: ${bad}`);
      if (frame.op === "unsubscribe") for (const name of names) topics.delete(name);
      else if (frame.op === "subscribe") for (const name of names) topics.add(name);
      else throw refusal(10404, "error:invalid op");
      return acknowledged(frame, connId);
    });
  }

  detach(peer: Peer): void {
    this.#private.delete(peer);
    for (const name of [...this.#topics.keys()]) this.#unsubscribe(peer, name);
  }

  publishUser(event: UserEvent, delivery: Delivery): void {
    const account = event.kind === "order" ? event.order.account : event.account;
    const texts = new Map<string, string>();
    for (const [peer, topics] of this.#private) {
      if (peer.account !== account) continue;
      for (const topic of USER_TOPICS[event.kind]) {
        if (!topics.has(topic)) continue;
        const text = texts.get(topic) ?? this.#renderUser(topic, event);
        texts.set(topic, text);
        if (text !== "") peer.send(text, delivery);
      }
    }
  }

  publishBook(listing: PaperListing): void {
    for (const topic of this.#bySymbol.get(listing.symbol) ?? [])
      if (topic.kind === "orderbook" && topic.depth === 1) this.#publishChanges(topic);
  }

  publishTrade(listing: PaperListing, pxTicks: number, qtyLots: number, buyerIsMaker: boolean): void {
    for (const topic of this.#bySymbol.get(listing.symbol) ?? [])
      if (topic.kind === "publicTrade")
        this.#send(topic, renderTradeMessage(topic.name, listing, pxTicks, qtyLots, buyerIsMaker, this.#serverMs()));
  }

  /** Sends what is due on deep books, tickers and tops that stand still. Called in a steady rhythm. */
  publishDue(): void {
    for (const topic of this.#topics.values()) {
      if (topic.kind === "tickers") this.#publishTicker(topic);
      else if (topic.kind === "orderbook" && topic.depth > 1) this.#publishChanges(topic);
      else if (topic.kind === "orderbook" && this.#serverMs() - topic.toldMs >= REPEAT_AFTER_MS)
        this.#send(topic, this.#snapshot(topic));
    }
  }

  #listen(peer: Peer, connId: string, answer: (frame: Frame) => string): void {
    peer.onMessage((text) => {
      let frame: Frame | null = null;
      try {
        frame = parseFrame(text, "req_id");
        peer.send(answer(frame));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        peer.send(refused(frame, connId, error.failure.msg));
      }
    });
  }

  #renderUser(topic: string, event: UserEvent): string {
    if (event.kind === "order") {
      if (topic === "order") return renderOrderEvent(event);
      if (event.execution !== "trade") return "";
      return topic === "execution"
        ? renderExecution(event, this.#exchange.markPxTicks(event.order.listing))
        : renderFastExecution(event);
    }
    const { account, listing, atMs } = event;
    const row =
      topic === "wallet"
        ? renderWallet(account, listing.quote)
        : renderPosition(account.position(listing), this.#exchange.markPxTicks(listing), this.#leverage);
    return `{"id":"${account.owner}_${topic}_${atMs}","topic":"${topic}","creationTime":${atMs},"data":[${row}]}`;
  }

  /** Throws for what is no topic of this venue. */
  #topic(name: string): Topic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const match = /^(orderbook|publicTrade|tickers)\.(?:(1|50|200|500|1000)\.)?([A-Z0-9]{1,40})$/.exec(name);
    const listing = match === null ? undefined : this.#exchange.listings.get(match[3]!);
    const kind = match?.[1] as Topic["kind"] | undefined;
    if (listing === undefined || kind === undefined || (kind === "orderbook") === (match?.[2] === undefined))
      throw refusal(10001, `error:handler not found,topic:${name}`);
    if (this.#topics.size >= TOPICS_MAX) throw refusal(10001, "too many topics");
    const depth = Number(match?.[2] ?? 0);
    const topic = {
      ...{ name, listing, kind, depth, peers: new Set<Peer>(), diff: new DepthDiff(listing, depth) },
      ...{ ticker: {}, lastUpdateId: -1, toldMs: 0 },
    };
    this.#topics.set(name, topic);
    const ofSymbol = this.#bySymbol.get(listing.symbol) ?? new Set();
    this.#bySymbol.set(listing.symbol, ofSymbol.add(topic));
    return topic;
  }

  #subscribe(peer: Peer, topic: Topic): void {
    // Whoever is there already learns first what the newcomer's snapshot will contain.
    if (topic.kind === "orderbook") this.#publishChanges(topic);
    else if (topic.kind === "tickers") this.#publishTicker(topic);
    topic.peers.add(peer);
    if (topic.kind === "orderbook") peer.send(this.#snapshot(topic));
    else if (topic.kind === "tickers") peer.send(tickerMessage(topic, "snapshot", topic.ticker, this.#serverMs()));
  }

  #unsubscribe(peer: Peer, name: string): void {
    const topic = this.#topics.get(name);
    if (topic === undefined || !topic.peers.delete(peer) || topic.peers.size > 0) return;
    this.#topics.delete(name);
    this.#bySymbol.get(topic.listing.symbol)?.delete(topic);
  }

  #snapshot(topic: Topic): string {
    topic.toldMs = this.#serverMs();
    const sides = topLevels(topic.listing, topic.depth);
    return renderBookMessage(topic.name, "snapshot", topic.listing, sides, topic.toldMs);
  }

  #publishChanges(topic: Topic): void {
    const { listing } = topic;
    if (topic.lastUpdateId === listing.updateId) return;
    topic.lastUpdateId = listing.updateId;
    const changes = topic.diff.changes();
    if (changes[0].length + changes[1].length === 0) return;
    topic.toldMs = this.#serverMs();
    this.#send(topic, renderBookMessage(topic.name, "delta", listing, changes, topic.toldMs));
  }

  #publishTicker(topic: Topic): void {
    const now = tickerFields(topic.listing);
    const changed = Object.entries(now).filter(([name, value]) => name === "symbol" || topic.ticker[name] !== value);
    topic.ticker = now;
    if (changed.length > 1)
      this.#send(topic, tickerMessage(topic, "delta", Object.fromEntries(changed), this.#serverMs()));
  }

  #send(topic: Topic, text: string): void {
    for (const peer of topic.peers) peer.send(text);
  }
}

const USER_TOPICS: Readonly<Record<UserEvent["kind"], readonly string[]>> = {
  order: ["execution.fast", "execution", "order"],
  account: ["position", "wallet"],
};

function topicNames({ args }: Frame): string[] {
  const bad = args.find((name) => typeof name !== "string");
  if (bad !== undefined || args.length === 0) throw refusal(10001, "Params Error: args");
  return args as string[];
}

function acknowledged({ op, requestId }: Frame, connId: string): string {
  return `{"success":true,"ret_msg":"","conn_id":"${connId}",${requestField(requestId)}"op":${JSON.stringify(op)}}`;
}

function refused(frame: Frame | null, connId: string, message: string): string {
  return `{"success":false,"ret_msg":${JSON.stringify(message)},"conn_id":"${connId}",${requestField(frame?.requestId ?? null)}"op":${JSON.stringify(frame?.op ?? "")}}`;
}

function requestField(requestId: string | null): string {
  return `"req_id":${JSON.stringify(requestId ?? "")},`;
}

function tickerMessage(
  { name, listing }: Topic,
  type: "snapshot" | "delta",
  fields: Record<string, string>,
  nowMs: number,
): string {
  return `{"topic":"${name}","type":"${type}","data":${JSON.stringify(fields)},"cs":${listing.updateId},"ts":${nowMs}}`;
}
