/**
 * Reconciler: holds what venues say against our book: their positions, orders that no log has, reports of orders that nobody
 * remembers. And when a start has heard enough of that to leave BOOTING.
 *
 * Invariants
 *   - A difference is never traded away: nothing more opens, and people decide.
 *   - What the log has not of our own orders is adopted; what is not ours is only said.
 *   - A venue that has not been compared takes no orders, however long the others were waited for.
 */
import type { OrderReport, VenueOrder } from "../domain/order.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { isMadeFor } from "./client-order-id.ts";
import type { EngineStateKeeper } from "./engine-state.ts";
import type { Alarm } from "./event.ts";
import type { Core } from "./step.ts";

/** From the first venue whose positions match to the start of trading, while others do not answer. */
const COMPARE_MS_MAX = 2000;

export class Reconciler {
  /** When the venues that have not been compared yet are no longer waited for. */
  bootDueNs = Number.POSITIVE_INFINITY;
  readonly #core: Core;
  readonly #state: EngineStateKeeper;

  constructor(core: Core, state: EngineStateKeeper) {
    this.#core = core;
    this.#state = state;
  }

  /** A venue's own positions against our fills there. True without a difference. */
  compare(
    venue: number,
    positions: readonly (readonly [listing: number, lots: number])[],
    nowNs: Ns,
    wallMs: EpochMs,
  ): boolean {
    const { amnesia, config, ledger, market, risk, router } = this.#core;
    const { listings, venues } = config.directory;
    // What this venue has and we forgot is not in yet.
    if (amnesia.isMissing(venue)) return false;
    const theirs = new Map(positions);
    let equal = true;
    market.onCompared(venue);
    for (const listing of listings) {
      if (listing.venue !== venue) continue;
      const ours = ledger.positionLots(listing.index);
      const held = theirs.get(listing.index) ?? 0;
      if (ours !== held && router.liveAt(listing.index)) continue;
      risk.disputed[listing.index] = ours === held ? 0 : 1;
      if (ours === held) continue;
      equal = false;
      const said = `${listing.symbol} at ${venues[venue]!.name}: venue says ${held} lots, our fills ${ours}`;
      this.#alarm("POSITION_MISMATCH", said, held - ours);
    }
    if (!equal) {
      // Toward more care only: halted stays halted, and a boot that was to halt does.
      const cautious = risk.state === "halted" || (risk.state === "booting" && this.#state.asked === "halted");
      this.#state.enter(cautious ? "halted" : "reducing", "positions do not match");
    } else if (risk.state === "booting") {
      if (listings.every((listing) => market.isCompared(listing.venue))) this.#leaveBoot(nowNs, wallMs);
      else this.bootDueNs = Math.min(this.bootDueNs, nowNs + COMPARE_MS_MAX * 1e6);
    }
    return equal;
  }

  /** Those that have not answered by then take no orders until they have. */
  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    if (nowNs >= this.bootDueNs) this.#leaveBoot(nowNs, wallMs);
  }

  /** What a venue says of an order that the log may have lost counts like any report; what the log has not is adopted. */
  adopt(order: VenueOrder, nowNs: Ns, wallMs: EpochMs): void {
    const { router, shields, playbooks } = this.#core;
    const isKnown = router.childOf(order.clientOrderId) !== undefined;
    const { instrument } = this.#core.foldOrphan(order, nowNs, wallMs);
    if (isKnown) return;
    this.#alarm("ORPHAN", `${order.clientOrderId}: not in the log, ${order.cumQtyLots} lots filled`, order.cumQtyLots);
    for (const shield of shields) {
      if (shield.config.asset === instrument || shield.config.hedge === instrument) shield.unsettle();
    }
    for (const playbook of playbooks) {
      if (playbook.config.primary !== instrument && playbook.config.hedge !== instrument) continue;
      playbook.position.takeBack(nowNs, wallMs);
      playbook.advance(nowNs, wallMs);
    }
  }

  /**
   * A venue's word on an order that nobody here remembers. What has filled has moved our position; an id of our own making
   * that is open can still do so. Nothing opens until people have explained it.
   */
  hearUnknown({ kind, status, cumQtyLots, clientOrderId, venue, listing }: OrderReport): void {
    const { amnesia, risk } = this.#core;
    if (kind !== "status") return;
    const ours = isMadeFor(clientOrderId, venue, Number.POSITIVE_INFINITY);
    const mayFill = status === "open" || status === "partiallyFilled";
    if (cumQtyLots <= 0 && !(ours && mayFill)) return;
    // After a power loss the venue's own list tells of it, with all that is known.
    if (ours && amnesia.isMissing(venue)) return;
    if (listing >= 0) risk.disputed[listing] = 1;
    const what = ours ? "made as ours are, and in no log" : "not of our making";
    const lots = Math.max(0, cumQtyLots);
    this.#alarm(ours ? "ORPHAN" : "FOREIGN_ORDER", `${clientOrderId}: ${what}, ${lots} lots filled`, lots);
    if (risk.state === "active" || risk.state === "reducing")
      this.#state.enter("reducing", "an order we cannot explain");
  }

  /** Every venue agrees, or has had its time. */
  #leaveBoot(nowNs: Ns, wallMs: EpochMs): void {
    const { amnesia, playbooks, risk } = this.#core;
    this.bootDueNs = Number.POSITIVE_INFINITY;
    if (risk.state !== "booting" || amnesia.isOpen) return;
    this.#state.goTo(this.#state.asked, "positions match");
    // A fill that came between the last record of an earlier life and its death.
    for (const { position } of playbooks) position.takeBack(nowNs, wallMs);
  }

  #alarm(code: Alarm["code"], message: string, value: number): void {
    this.#core.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}
