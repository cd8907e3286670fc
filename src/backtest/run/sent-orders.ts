/**
 * Orders under way, and what each report adds to them: a fill is counted once, however often and in whatever order it is told,
 * because reports carry cumulative quantities.
 */
import type { Child } from "../../core/child.ts";
import type { OrderReport } from "../../domain/order.ts";

export interface SentOrder {
  readonly child: Child;
  /** Mid that its fills are measured against, in quote units. */
  readonly decidedPrice: number;
  readonly atMs: number;
  answered: boolean;
  cumLots: number;
  cumValue: number;
}

/** Orders that are remembered; an order's last word comes long before so many later ones. */
const SENT_MAX = 8192;

export class SentOrders {
  /** Of the last fill that `grow` found. */
  lots = 0;
  priceTicks = 0;
  readonly #sent = new Map<string, SentOrder>();

  add(atMs: number, child: Child, decidedPrice: number): void {
    this.#sent.set(child.clientOrderId, { child, decidedPrice, atMs, answered: false, cumLots: 0, cumValue: 0 });
    if (this.#sent.size > SENT_MAX) this.#sent.delete(this.#sent.keys().next().value!);
  }

  of(clientOrderId: string): SentOrder | undefined {
    return this.#sent.get(clientOrderId);
  }

  /** True where the report says of more than was known; `lots` and `priceTicks` are then the new part's. */
  grow(sent: SentOrder, report: OrderReport): boolean {
    if (report.kind !== "status") return false;
    const { child } = sent;
    const cumLots = report.status === "filled" && report.cumQtyLots < 0 ? child.qtyLots : report.cumQtyLots;
    if (cumLots <= sent.cumLots) return false;
    // A venue that does not say its price is taken at the limit: the worst it can have been.
    const average = Number.isNaN(report.avgPxTicks) ? child.pxTicks : report.avgPxTicks;
    this.lots = cumLots - sent.cumLots;
    this.priceTicks = (average * cumLots - sent.cumValue) / this.lots;
    sent.cumLots = cumLots;
    sent.cumValue = average * cumLots;
    return true;
  }
}
