/**
 * Two steps with a reason each, for what makes the engine less careful (reliability.md §5): it is proposed, and done when the same is
 * confirmed within ten minutes. A proposal does not outlive the process.
 */

import { CONFIRM_WITHIN_MS } from "../core/limits.ts";
import type { EpochMs } from "../domain/units.ts";

export class TwoStep {
  #proposed = "";
  #proposedMs = Number.NEGATIVE_INFINITY;

  /** A proposal is good for one confirmation, of the same. */
  take(what: string, confirmed: boolean, wallMs: EpochMs): "proposed" | "confirmed" | "notProposed" {
    if (!confirmed) {
      this.#proposed = what;
      this.#proposedMs = wallMs;
      return "proposed";
    }
    const ageMs = wallMs - this.#proposedMs;
    this.#proposedMs = Number.NEGATIVE_INFINITY;
    return what === this.#proposed && ageMs >= 0 && ageMs <= CONFIRM_WITHIN_MS ? "confirmed" : "notProposed";
  }
}
