/**
 * Sequence marks: the highest `sequence` each source has had consumed, and the journal position that made it durable.
 *
 * A sequence at or below the mark is a duplicate; one that skips is a gap. The first sequence of a source sets the mark
 * without a gap: where a sender starts counting is its own business. Kept per configured source, so bounded.
 */

export class SequenceMarks {
  readonly #marks = new Map<string, { sequence: number; lsn: number }>();

  /** How many numbers `sequence` skips: 0 in order, -1 at or below the mark. */
  skipped(source: string, sequence: number): number {
    const mark = this.#marks.get(source);
    if (mark === undefined) return 0;
    return sequence <= mark.sequence ? -1 : sequence - mark.sequence - 1;
  }

  /** The mark itself, for reports; -1 before the first. */
  markOf(source: string): number {
    return this.#marks.get(source)?.sequence ?? -1;
  }

  /** Journal position behind the mark. */
  lsnOf(source: string): number {
    return this.#marks.get(source)?.lsn ?? -1;
  }

  advance(source: string, sequence: number, lsn: number): void {
    const mark = this.#marks.get(source);
    if (mark === undefined) this.#marks.set(source, { sequence, lsn });
    else if (sequence > mark.sequence) {
      mark.sequence = sequence;
      mark.lsn = lsn;
    }
  }

  /** What a snapshot keeps of it. */
  save() {
    return [...this.#marks].map(([source, { sequence, lsn }]) => ({ source, sequence, lsn }));
  }
  load(saved: ReturnType<SequenceMarks["save"]>): void {
    for (const { source, sequence, lsn } of saved) this.#marks.set(source, { sequence, lsn });
  }
}
