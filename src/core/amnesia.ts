/**
 * Amnesia: after a power loss the log's unsynced tail may be missing, and with it orders that venues have executed. Which
 * venues have yet to say what they know, and from when on. reliability.md §7, cases 5 to 7.
 *
 * Invariant: until every venue has been asked, the engine does not leave BOOTING for a state that opens, because an order that
 * nobody remembers would be sent again. A death in between changes nothing: what was asked is in the log, the rest is asked
 * again; another power loss begins anew, from the same time on.
 */
export class Amnesia {
  /** Venue orders from this wall time on may be missing here. Infinity where nothing is. */
  sinceMs = Number.POSITIVE_INFINITY;
  readonly #venues = new Set<number>();

  get isOpen(): boolean {
    return this.#venues.size > 0;
  }

  begin(sinceMs: number, venueCount: number): void {
    this.sinceMs = this.isOpen ? Math.min(this.sinceMs, sinceMs) : sinceMs;
    for (let venue = 0; venue < venueCount; venue++) this.#venues.add(venue);
  }

  /** All that a venue knows has been taken in. */
  scanned(venue: number): void {
    this.#venues.delete(venue);
  }

  /** What a snapshot keeps of it. */
  save() {
    return { sinceMs: this.sinceMs, venues: [...this.#venues] };
  }
  load({ sinceMs, venues }: ReturnType<Amnesia["save"]>): void {
    this.sinceMs = sinceMs;
    for (const venue of venues) this.#venues.add(venue);
  }

  isMissing(venue: number): boolean {
    return this.#venues.has(venue);
  }
}
