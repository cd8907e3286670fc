/** What is counted of an episode's orders and fills while it lasts. */
import type { Fill } from "./account-part.ts";

export class EpisodeTally {
  readonly receivedMs: number;
  orders: number;
  fills = 0;
  notional = 0;
  firstFillMs = Number.NaN;
  worstUnhedged = 0;
  worstHedged = 0;
  #slipped = 0;

  constructor(receivedMs: number, orders: number) {
    this.receivedMs = receivedMs;
    this.orders = orders;
  }

  /** Mean by notional of how much worse than the mid at the decision, as a share; NaN without fills. */
  get slippage(): number {
    return this.#slipped / this.notional;
  }

  fill({ atMs, notional, slipped }: Fill): void {
    if (this.fills === 0) this.firstFillMs = atMs - this.receivedMs;
    this.fills++;
    this.notional += notional;
    this.#slipped += slipped * notional;
  }

  /** Profits since the episode began. */
  worsen(unhedged: number, hedged: number): void {
    this.worstUnhedged = Math.max(this.worstUnhedged, -unhedged);
    this.worstHedged = Math.max(this.worstHedged, -hedged);
  }
}
