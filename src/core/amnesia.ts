/**
 * Amnesia: after a power loss the log's unsynced tail may be missing, and with it orders that venues have executed. Which
 * venues have yet to say what they know, and from when on. reliability.md §7, cases 5 to 7.
 *
 * Invariants
 *   - Until every venue has been asked, the engine does not leave BOOTING for a state that opens, because an order that nobody
 *     remembers would be sent again. A venue that an operator has left out is not waited for.
 *   - A venue that has not told takes no orders, left out or not: its positions are not compared before.
 *   - A death in between changes nothing: what was asked is in the log, the rest is asked again. Another power loss begins anew,
 *     from the same time on, and every venue is waited for again.
 */
export class Amnesia {
  /** Venue orders from this wall time on may be missing here. Infinity where nothing is. */
  sinceMs = Number.POSITIVE_INFINITY;
  /** Have not told, and which of them are waited for. */
  readonly #missing = new Set<number>();
  readonly #awaited = new Set<number>();

  get isOpen(): boolean {
    return this.#awaited.size > 0;
  }

  begin(sinceMs: number, venueCount: number): void {
    this.sinceMs = this.#missing.size > 0 ? Math.min(this.sinceMs, sinceMs) : sinceMs;
    for (let venue = 0; venue < venueCount; venue++) {
      this.#missing.add(venue);
      this.#awaited.add(venue);
    }
  }

  /** All that a venue knows has been taken in. */
  scanned(venue: number): void {
    this.#missing.delete(venue);
    this.#awaited.delete(venue);
  }

  /** It is not waited for any longer. False where it was not. */
  leaveOut(venue: number): boolean {
    return this.#awaited.delete(venue);
  }

  isMissing(venue: number): boolean {
    return this.#missing.has(venue);
  }
}
