/**
 * OKX V5 private channels: `orders`, `positions` and `account`, for sockets that have logged in.
 *
 * `orders` pushes nothing on subscription; the other two push where they stand.
 */
import type { PaperAccount } from "../../account.ts";
import type { PaperExchange } from "../../exchange.ts";
import type { PaperListing } from "../../listing.ts";
import type { OrderEvent, PaperOrder, UserEvent } from "../../order.ts";
import { type Delivery, type Peer, PROMPT } from "../../peer.ts";
import type { OkxOrders } from "./orders.ts";
import { type FeeTotals, renderOrderPush } from "./render.ts";
import { renderBalance, renderPosition } from "./render-account.ts";

export const PRIVATE_CHANNELS = ["orders", "positions", "account"] as const;
export type PrivateChannel = (typeof PRIVATE_CHANNELS)[number];

export interface PrivateArg {
  readonly channel: PrivateChannel;
  /** Absent for `account`. */
  readonly instType: string | undefined;
  /** Absent: every instrument. */
  readonly instId: string | undefined;
  /** Itself as sent, for the messages of the channel. */
  readonly json: string;
}

const SUBSCRIPTIONS_MAX = 100;

export class OkxPrivate {
  readonly #exchange: PaperExchange;
  readonly #orders: OkxOrders;
  readonly #leverage: number;
  readonly #serverMs: () => number;
  readonly #byPeer = new Map<Peer, PrivateArg[]>();
  readonly #totals = new WeakMap<PaperOrder, FeeTotals & { readonly tradeId: number }>();

  constructor(exchange: PaperExchange, orders: OkxOrders, leverage: number, serverMs: () => number) {
    this.#exchange = exchange;
    this.#orders = orders;
    this.#leverage = leverage;
    this.#serverMs = serverMs;
  }

  /** False: it has too many already. Its acknowledgement must have been sent. */
  subscribe(peer: Peer, account: PaperAccount, arg: PrivateArg): boolean {
    const args = this.#byPeer.get(peer) ?? [];
    if (args.length >= SUBSCRIPTIONS_MAX) return false;
    if (!args.some(({ json }) => json === arg.json)) args.push(arg);
    this.#byPeer.set(peer, args);
    if (arg.channel === "positions") {
      const rows: string[] = [];
      for (const position of account.positions.values()) {
        if (matches(arg, position.listing) && position.netLots !== 0)
          rows.push(this.#position(account, position.listing));
      }
      push(peer, account, arg, `"eventType":"snapshot",`, rows.join(","), PROMPT);
    } else if (arg.channel === "account") {
      push(peer, account, arg, `"eventType":"snapshot",`, renderBalance(account, "USDT", this.#serverMs()), PROMPT);
    }
    return true;
  }

  unsubscribe(peer: Peer, arg: PrivateArg): void {
    const args = this.#byPeer.get(peer);
    if (args === undefined) return;
    this.#byPeer.set(
      peer,
      args.filter(({ json }) => json !== arg.json),
    );
  }

  detach(peer: Peer): void {
    this.#byPeer.delete(peer);
  }

  publish(event: UserEvent, delivery: Delivery): void {
    const account = event.kind === "order" ? event.order.account : event.account;
    const listing = event.kind === "order" ? event.order.listing : event.listing;
    // Counted whether or not anybody listens: a later push carries the sum.
    const totals = event.kind === "order" ? this.#count(event) : null;
    let row = "";
    for (const [peer, args] of this.#byPeer) {
      if (peer.account !== account) continue;
      for (const arg of args) {
        if (arg.channel === "account") {
          if (event.kind === "account")
            push(
              peer,
              account,
              arg,
              `"eventType":"event_update",`,
              renderBalance(account, "USDT", event.atMs),
              delivery,
            );
        } else if ((arg.channel === "orders") === (event.kind === "order") && matches(arg, listing)) {
          row ||=
            event.kind === "order"
              ? renderOrderPush(event, this.#orders.notesOf(event.order), totals!, this.#leverage)
              : this.#position(account, listing);
          const kind = event.kind === "order" ? "" : `"eventType":"event_update",`;
          push(peer, account, arg, kind, row, delivery);
        }
      }
    }
  }

  #position(account: PaperAccount, listing: PaperListing): string {
    return renderPosition(account.position(listing), this.#exchange.markPxTicks(listing), this.#leverage);
  }

  /** Adds an event's fee once, however often the event is told. */
  #count({ order, tradeId, feeE8, realizedE8, execution }: OrderEvent): FeeTotals {
    const known = this.#totals.get(order) ?? { feeE8: 0n, pnlE8: 0n, tradeId: 0 };
    if (execution !== "trade" || tradeId <= known.tradeId) return known;
    const totals = { feeE8: known.feeE8 + feeE8, pnlE8: known.pnlE8 + realizedE8, tradeId };
    this.#totals.set(order, totals);
    return totals;
  }
}

/** A paper account has one number on the wire: its place. */
export function uidOf(account: PaperAccount): string {
  return String(614_488_474_791_936 + account.owner);
}

function matches({ instType, instId }: PrivateArg, listing: PaperListing): boolean {
  return (instType === "SWAP" || instType === "ANY") && (instId === undefined || instId === listing.symbol);
}

function push(
  peer: Peer,
  account: PaperAccount,
  arg: PrivateArg,
  kind: string,
  rows: string,
  delivery: Delivery,
): void {
  const withUid = `${arg.json.slice(0, -1)},"uid":"${uidOf(account)}"}`;
  peer.send(`{"arg":${withUid},${kind}"data":[${rows}]}`, delivery);
}
