/**
 * Ledger: filled positions and reserved quantities in lots, and the one admission rule.
 *
 * Invariants
 *   - `position` of a listing is the sum of the fills of our children there, counted once each.
 *   - `pendingBuy`/`pendingSell` of an instrument are what its children that have not ended may still fill, working and
 *     unknown alike: an unknown child counts as if it will fill.
 *   - Worst case exposure is bounded whatever the network does: `room` never lets the position pass the target by more than
 *     the over-hedge budget X even if every pending order on that side fills and none on the other.
 */
import type { Side } from "../domain/order.ts";
import { AssertionError, type Lots, lots } from "../domain/units.ts";
import { type Child, leavesLots } from "./child.ts";
import { refill } from "./saved.ts";

export class Ledger {
  readonly #position: number[];
  readonly #entryPxTicks: number[];
  readonly #listingPending: { buy: number; sell: number }[];
  readonly #held: number[];
  readonly #pendingBuy: number[];
  readonly #pendingSell: number[];
  /** What the last change of a child filled: signed lots, and the average price of just those in ticks; NaN where it was not told. */
  lastFilledLots = 0;
  lastFillPxTicks = Number.NaN;
  #leavesBefore = 0;
  #cumBefore = 0;
  #paidBefore = 0;

  constructor(listingCount: number, instrumentCount: number) {
    this.#position = new Array(listingCount).fill(0);
    this.#entryPxTicks = new Array(listingCount).fill(Number.NaN);
    this.#listingPending = Array.from({ length: listingCount }, () => ({ buy: 0, sell: 0 }));
    this.#held = new Array(instrumentCount).fill(0);
    this.#pendingBuy = new Array(instrumentCount).fill(0);
    this.#pendingSell = new Array(instrumentCount).fill(0);
  }

  /**
   * Brackets whatever may fill a child or end it: `before`, the change, `after`. The only way in, and not to be nested.
   * Returns `lastFilledLots`. Allocates nothing.
   */
  before(child: Child): void {
    this.#leavesBefore = leavesLots(child);
    this.#cumBefore = child.cumQtyLots;
    this.#paidBefore = child.cumQtyLots === 0 ? 0 : child.cumQtyLots * child.avgPxTicks;
  }
  after(child: Child): number {
    const leaves = leavesLots(child);
    if (leaves !== this.#leavesBefore) this.#addPending(child, leaves - this.#leavesBefore);
    const grown = child.cumQtyLots - this.#cumBefore;
    this.lastFilledLots = 0;
    if (grown === 0) return 0;
    const filled = child.side === "buy" ? grown : -grown;
    this.lastFilledLots = filled;
    this.lastFillPxTicks = (child.cumQtyLots * child.avgPxTicks - this.#paidBefore) / grown;
    this.#entryPxTicks[child.listing] = this.#entryAfter(child.listing, filled, this.lastFillPxTicks);
    this.#position[child.listing]! += filled;
    this.#held[child.instrument]! += filled;
    return filled;
  }

  /** Holds back a new child's quantity. */
  reserve(child: Child): void {
    this.#addPending(child, leavesLots(child));
  }

  /** Position of one listing, or of an instrument over all its venues. */
  positionLots(listing: number): Lots {
    return lots(this.#position[listing]!);
  }
  /** Average entry price of a listing's position in ticks, a float for reporting; NaN when flat or not known. */
  entryPxTicks(listing: number): number {
    return this.#entryPxTicks[listing]!;
  }
  heldLots(instrument: number): Lots {
    return lots(this.#held[instrument]!);
  }
  pendingBuyLots(instrument: number): Lots {
    return lots(this.#pendingBuy[instrument]!);
  }
  pendingSellLots(instrument: number): Lots {
    return lots(this.#pendingSell[instrument]!);
  }

  /**
   * How much more may be ordered on `side` so that not even the worst case passes `target` by more than `over`.
   * The worst case of buying is that every pending buy fills and no pending sell does.
   */
  roomLots(instrument: number, side: Side, target: Lots, over: Lots): Lots {
    const held = this.#held[instrument]!;
    const room =
      side === "buy"
        ? target + over - (held + this.#pendingBuy[instrument]!)
        : held - this.#pendingSell[instrument]! - (target - over);
    return lots(Math.max(0, room));
  }

  /** What of the position at `listing` a reduce-only order on `side` may still take. */
  reducibleLots(listing: number, side: Side): Lots {
    const position = this.#position[listing]!;
    const pending = this.#listingPending[listing]!;
    const open = side === "sell" ? position - pending.sell : -position - pending.buy;
    return lots(Math.max(0, open));
  }

  /** What a snapshot keeps of it. */
  save() {
    return {
      positionLots: this.#position.slice(),
      entryPxTicks: this.#entryPxTicks.slice(),
      pending: this.#listingPending.map((pending) => ({ ...pending })),
      heldLots: this.#held.slice(),
      pendingBuyLots: this.#pendingBuy.slice(),
      pendingSellLots: this.#pendingSell.slice(),
    };
  }
  load(saved: ReturnType<Ledger["save"]>): void {
    refill(this.#position, saved.positionLots);
    refill(this.#entryPxTicks, saved.entryPxTicks);
    refill(this.#held, saved.heldLots);
    refill(this.#pendingBuy, saved.pendingBuyLots);
    refill(this.#pendingSell, saved.pendingSellLots);
    for (const [listing, pending] of saved.pending.entries()) Object.assign(this.#listingPending[listing]!, pending);
  }

  /** Adding to a position averages; reducing keeps the entry; passing through zero starts anew. */
  #entryAfter(listing: number, filled: number, pxTicks: number): number {
    const position = this.#position[listing]!;
    const after = position + filled;
    if (after === 0) return Number.NaN;
    if (position === 0 || Math.sign(after) !== Math.sign(position)) return pxTicks;
    if (Math.abs(after) < Math.abs(position)) return this.#entryPxTicks[listing]!;
    return (position * this.#entryPxTicks[listing]! + filled * pxTicks) / after;
  }

  #addPending(child: Child, delta: number): void {
    if (delta === 0) return;
    const perInstrument = child.side === "buy" ? this.#pendingBuy : this.#pendingSell;
    perInstrument[child.instrument]! += delta;
    const perListing = this.#listingPending[child.listing]!;
    if (child.side === "buy") perListing.buy += delta;
    else perListing.sell += delta;
    if (perInstrument[child.instrument]! < 0) {
      throw new AssertionError(`more lots released than reserved by ${child.clientOrderId}`);
    }
  }
}
