/**
 * Resolver: asks venues what became of an order whose outcome is not known, with backoff, until one proves it. venues.md §6.
 *
 * It concludes nothing: only a report ends an order. After `quarantineAfterMs` an order without proof is quarantined with an
 * alarm; it stays reserved, and is asked for all the same.
 */
import type { Ns } from "../domain/units.ts";
import { type Child, hasEnded } from "./child.ts";
import type { RouterConfig } from "./config.ts";
import type { AlarmCode, Command } from "./event.ts";
import type { VenueRecord } from "./venue-record.ts";

export class Resolver {
  readonly #router: RouterConfig;
  readonly #venues: VenueRecord;
  readonly #commands: Command[];

  constructor(router: RouterConfig, venues: VenueRecord, commands: Command[]) {
    this.#router = router;
    this.#venues = venues;
    this.#commands = commands;
  }

  /** Its outcome is not known: that counts against the venue, and is said. */
  doubt(child: Child, message: string, value: number, nowNs: Ns): void {
    this.#venues.onDoubt(child.venue, nowNs + this.#router.doubtPenaltyMs * 1e6);
    this.#alarm("UNKNOWN_OUTCOME", message, value);
  }

  /** Asks the venue: cancel so that it ends, query so that we learn how. Both, because either answer alone may be lost. */
  resolve(child: Child, nowNs: Ns): void {
    if (hasEnded(child)) return;
    const doubtMs = (nowNs - child.unknownSinceNs) / 1e6;
    if (child.state !== "quarantined") {
      child.state = "resolving";
      if (doubtMs >= this.#router.quarantineAfterMs) {
        child.state = "quarantined";
        const message = `${child.clientOrderId}: nothing proves its outcome; it stays reserved`;
        this.#alarm("QUARANTINED", message, doubtMs);
      }
    }
    this.#commands.push({ type: "cancel", child }, { type: "query", child });
    child.dueNs = nowNs + child.backoffMs * 1e6;
    child.backoffMs = Math.min(child.backoffMs * 2, this.#router.resolveMaxMs);
  }

  /** Cancels an order that is open past its time; its end is then proof. */
  cancel(child: Child, nowNs: Ns): void {
    child.state = "cancelRequested";
    child.dueNs = nowNs + child.backoffMs * 1e6;
    this.#commands.push({ type: "cancel", child });
  }

  #alarm(code: AlarmCode, message: string, value: number): void {
    this.#commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}
