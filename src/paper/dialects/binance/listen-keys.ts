/**
 * Binance USDM private streams: each by a listen key, which its owner must keep alive.
 */
import { randomBytes } from "node:crypto";
import type { PaperAccount } from "../../account.ts";
import type { PaperExchange } from "../../exchange.ts";
import type { UserEvent } from "../../order.ts";
import type { Delivery, Peer } from "../../peer.ts";
import { renderAccountEvent, renderOrderEvent } from "./usdm-render.ts";

const LISTEN_KEY_MS = 60 * 60 * 1000;

interface ListenKey {
  readonly account: PaperAccount;
  endsMs: number;
  readonly peers: Set<Peer>;
}

export class BinanceListenKeys {
  readonly #exchange: PaperExchange;
  readonly #serverMs: () => number;
  readonly #listenKeys = new Map<string, ListenKey>();

  constructor(exchange: PaperExchange, serverMs: () => number) {
    this.#exchange = exchange;
    this.#serverMs = serverMs;
  }

  /** The account's listen key: the live one, its life extended, or a new one. */
  open(account: PaperAccount): string {
    const endsMs = this.#serverMs() + LISTEN_KEY_MS;
    for (const [listenKey, entry] of this.#listenKeys) {
      if (entry.account !== account) continue;
      entry.endsMs = endsMs;
      return listenKey;
    }
    const listenKey = randomBytes(32).toString("hex");
    this.#listenKeys.set(listenKey, { account, endsMs, peers: new Set() });
    return listenKey;
  }

  /** Does nothing where the account has none. */
  close(account: PaperAccount): void {
    for (const [listenKey, entry] of this.#listenKeys) {
      if (entry.account !== account) continue;
      this.#listenKeys.delete(listenKey);
      for (const peer of entry.peers) peer.close(1000);
      return;
    }
  }

  has(account: PaperAccount): boolean {
    for (const entry of this.#listenKeys.values()) if (entry.account === account) return true;
    return false;
  }

  /** False: no such listen key. */
  attach(peer: Peer, listenKey: string): boolean {
    const entry = this.#listenKeys.get(listenKey);
    if (entry === undefined) return false;
    peer.account = entry.account;
    entry.peers.add(peer);
    return true;
  }

  detach(peer: Peer): void {
    for (const entry of this.#listenKeys.values()) entry.peers.delete(peer);
  }

  /** Ends listen keys nobody kept alive. Called from time to time. */
  expire(): void {
    const nowMs = this.#serverMs();
    for (const [listenKey, entry] of this.#listenKeys) {
      if (entry.endsMs > nowMs) continue;
      this.#listenKeys.delete(listenKey);
      for (const peer of entry.peers) {
        peer.send(`{"e":"listenKeyExpired","E":${nowMs},"listenKey":"${listenKey}"}`);
        peer.close(1000);
      }
    }
  }

  publish(event: UserEvent, delivery: Delivery): void {
    const account = event.kind === "order" ? event.order.account : event.account;
    let text = "";
    for (const entry of this.#listenKeys.values()) {
      if (entry.account !== account) continue;
      for (const peer of entry.peers) {
        if (text === "") text = this.#render(event);
        const stream = event.kind === "order" ? "ORDER_TRADE_UPDATE" : "ACCOUNT_UPDATE";
        peer.send(peer.combined ? `{"stream":"${stream}","data":${text}}` : text, delivery);
      }
    }
  }

  #render(event: UserEvent): string {
    return event.kind === "order"
      ? renderOrderEvent(event)
      : renderAccountEvent(event, this.#exchange.markPxTicks(event.listing));
  }
}
