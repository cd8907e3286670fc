/**
 * Publishes what the core holds into the position book, so that any thread may read it without asking the lane.
 *
 * One slot per listing of a hedge (what we hold at that venue) and one per hedge instrument (in all, with target, exposure
 * and net delta). Allocates nothing.
 */
import { ENGINE_STATES } from "../core/event.ts";
import type { Core } from "../core/step.ts";
import { instrumentPositionSlot, listingPositionSlot } from "../memory/layout.ts";
import { createPositionBook, createPositionSlot, type PositionWriter } from "../memory/position-book.ts";
import type { SharedMemory } from "../memory/shared.ts";

export class BookPublisher {
  readonly #core: Core;
  readonly #writer: PositionWriter;
  readonly #slot = createPositionSlot();

  constructor(core: Core, shared: SharedMemory, owner: number) {
    this.#core = core;
    this.#writer = createPositionBook(shared, owner);
  }

  publish(nowNs: number): void {
    const { config, ledger, market, shields, risk } = this.#core;
    const slot = this.#slot;
    slot.state = ENGINE_STATES.indexOf(risk.state);
    slot.updatedNs = nowNs;
    for (const shield of shields) {
      const { hedge } = shield.config;
      const instrument = config.directory.instruments[hedge]!;
      const held = ledger.heldLots(hedge);
      const midTicks = market.midTicks(hedge, nowNs as never);
      const heldNotional = held * instrument.lot * midTicks * instrument.tick;
      slot.qtyLots = held;
      slot.avgPxTicks = midTicks;
      slot.targetLots = shield.targetLots;
      slot.pendingBuyLots = ledger.pendingBuyLots(hedge);
      slot.pendingSellLots = ledger.pendingSellLots(hedge);
      slot.exposureNotional = shield.exposureNotional;
      slot.netDeltaNotional = shield.exposureNotional * shield.beta + heldNotional;
      slot.hedgeRatio = shield.decision?.intensity.h ?? 0;
      this.#writer.publish(instrumentPositionSlot(hedge), slot);
      slot.targetLots = 0;
      slot.exposureNotional = 0;
      slot.netDeltaNotional = 0;
      slot.hedgeRatio = 0;
      for (const index of market.listingsOf(hedge)) {
        slot.qtyLots = ledger.positionLots(index);
        slot.avgPxTicks = ledger.entryPxTicks(index);
        slot.pendingBuyLots = 0;
        slot.pendingSellLots = 0;
        this.#writer.publish(listingPositionSlot(index), slot);
      }
    }
  }
}
