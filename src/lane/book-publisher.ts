/**
 * Publishes what the core holds into the position book, so that any thread may read it without asking the lane.
 *
 * One slot per listing of a hedge (what we hold at that venue) and one per hedge instrument (in all, with target, exposure
 * and net delta). Allocates nothing.
 */

import { ENGINE_STATES } from "../core/event.ts";
import type { Portfolio } from "../core/playbooks/portfolio.ts";
import type { Core } from "../core/step.ts";
import type { Lots, Ns } from "../domain/units.ts";
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
    const { shields, playbooks, portfolio, risk, ledger } = this.#core;
    const slot = this.#slot;
    slot.state = ENGINE_STATES.indexOf(risk.state);
    slot.updatedNs = nowNs;
    for (const { config, targetLots, exposureNotional, beta, decision } of shields) {
      this.#publishHedge(config.hedge, targetLots, exposureNotional, beta, decision?.intensity.h ?? 0, nowNs);
    }
    for (const { config, position } of playbooks) {
      const { primaryLots, hedgeLots, beta, h } = position;
      const exposure = ledger.heldLots(config.primary) === 0 ? 0 : position.exposure(nowNs as Ns);
      this.#publishHedge(config.hedge, hedgeLots, exposure, beta, h, nowNs);
      this.#publishHedge(config.primary, primaryLots, 0, 0, 0, nowNs);
    }
    if (portfolio !== null) this.#publishIndex(portfolio, nowNs);
  }

  /** The index with what clusters leave open; its ratio is the share of that which the hedge is to take off. */
  #publishIndex({ config, targetLots, netNotional }: Portfolio, nowNs: number): void {
    const { tick, lot } = this.#core.config.directory.instruments[config.index]!;
    const target = targetLots * lot * tick * this.#core.market.midTicks(config.index, nowNs as Ns);
    const ratio = netNotional === 0 ? 0 : -target / netNotional;
    this.#publishHedge(config.index, targetLots, netNotional, 1, ratio, nowNs);
  }

  /** An instrument with what it protects, and its listings. */
  #publishHedge(hedge: number, target: Lots, exposure: number, beta: number, ratio: number, nowNs: number): void {
    const { config, ledger, market } = this.#core;
    const slot = this.#slot;
    const instrument = config.directory.instruments[hedge]!;
    const held = ledger.heldLots(hedge);
    const midTicks = market.midTicks(hedge, nowNs as Ns);
    slot.qtyLots = held;
    slot.avgPxTicks = midTicks;
    slot.targetLots = target;
    slot.pendingBuyLots = ledger.pendingBuyLots(hedge);
    slot.pendingSellLots = ledger.pendingSellLots(hedge);
    slot.exposureNotional = exposure;
    slot.netDeltaNotional = exposure * beta + held * instrument.lot * midTicks * instrument.tick;
    slot.hedgeRatio = ratio;
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
