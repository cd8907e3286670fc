/**
 * Binance spot private streams: subscriptions on the WebSocket API's own sockets, each with a number that its events carry.
 */
import type { PaperAccount } from "../../account.ts";
import type { UserEvent } from "../../order.ts";
import type { Delivery, Peer } from "../../peer.ts";
import type { SpotOrders } from "./spot-orders.ts";
import { renderAccountPosition, renderExecutionReport } from "./spot-render.ts";

export class SpotUserStreams {
  readonly #orders: SpotOrders;
  readonly #byPeer = new Map<Peer, Map<number, PaperAccount>>();
  #lastId = -1;

  constructor(orders: SpotOrders) {
    this.#orders = orders;
  }

  /** The subscription's number: the one that the socket has for that account already, or a new one. */
  subscribe(peer: Peer, account: PaperAccount): number {
    const held = this.#byPeer.get(peer) ?? new Map<number, PaperAccount>();
    this.#byPeer.set(peer, held);
    for (const [id, each] of held) if (each === account) return id;
    held.set(++this.#lastId, account);
    return this.#lastId;
  }

  /** All of a socket's where `id` is undefined. */
  unsubscribe(peer: Peer, id: number | undefined): void {
    if (id === undefined) this.#byPeer.delete(peer);
    else this.#byPeer.get(peer)?.delete(id);
  }

  has(peer: Peer): boolean {
    return (this.#byPeer.get(peer)?.size ?? 0) > 0;
  }

  publish(event: UserEvent, delivery: Delivery): void {
    const account = event.kind === "order" ? event.order.account : event.account;
    let text = "";
    for (const [peer, held] of this.#byPeer) {
      for (const [id, each] of held) {
        if (each !== account) continue;
        if (text === "") text = this.#render(event);
        peer.send(`{"subscriptionId":${id},"event":${text}}`, delivery);
      }
    }
  }

  #render(event: UserEvent): string {
    if (event.kind === "account") return renderAccountPosition(event);
    const cancelId = event.execution === "canceled" ? this.#orders.cancelIdOf(event.order) : null;
    return renderExecutionReport(event, cancelId);
  }
}
