/**
 * What an exchange has to tell its users, in the order it happened, until it is handed out. An order that lies is not told of.
 */
import type { AssetBalance, PaperAccount, PaperTrade, Position } from "./account.ts";
import type { AccountEvent, OrderEvent, PaperOrder, UserEvent } from "./order.ts";

/** What an order event says of a fill. */
export type FillFacts = Pick<
  PaperTrade,
  "qtyLots" | "pxTicks" | "tradeId" | "maker" | "feeE8" | "feeAsset" | "realizedE8"
>;

export const NO_FILL: FillFacts = {
  qtyLots: 0,
  pxTicks: 0,
  tradeId: 0,
  maker: false,
  feeE8: 0n,
  feeAsset: "",
  realizedE8: 0n,
};

const NO_ASSETS: readonly AssetBalance[] = [];

export class UserEvents {
  readonly #events: UserEvent[] = [];

  /** Hands out what has come since the last call, if anything has. The list is only good during the call. */
  flush(deliver: (events: readonly UserEvent[]) => void): void {
    if (this.#events.length === 0) return;
    deliver(this.#events);
    this.#events.length = 0;
  }

  /** As it stands now. Where the venue settles in cash, the account is told of as well. */
  order(order: PaperOrder, execution: OrderEvent["execution"], fill: FillFacts): void {
    if (order.lie === "neverTold") return;
    const { status, cumLots, cumUnits } = order;
    this.#events.push({
      kind: "order",
      order,
      execution,
      status,
      cumLots,
      cumUnits,
      lastLots: fill.qtyLots,
      lastPxTicks: fill.pxTicks,
      tradeId: fill.tradeId,
      maker: fill.maker,
      feeE8: fill.feeE8,
      feeAsset: fill.feeAsset,
      realizedE8: fill.realizedE8,
      atMs: order.updatedMs,
    });
    const { account, listing } = order;
    if (account.cash !== null) this.account(account.position(listing), account, "order", 0n);
  }

  account(position: Position, account: PaperAccount, reason: AccountEvent["reason"], fundingE8: bigint): void {
    const { listing, netLots, costUnits, updatedMs } = position;
    const assets =
      account.cash === null ? NO_ASSETS : [listing.base, listing.quote].map((each) => account.assetBalance(each));
    this.#events.push({
      kind: "account",
      reason,
      account,
      listing,
      balanceE8: account.balanceE8,
      assets,
      netLots,
      costUnits,
      fundingE8,
      atMs: updatedMs,
    });
  }
}
