/**
 * Sequence marks: the highest `sequence` each source has had consumed, the journal position that made it durable, and which
 * numbers below it were skipped.
 *
 * A number at or below the mark that was not skipped is a duplicate. One that skips is a gap; what was skipped may still come: a
 * frame that was answered 503 and is sent again, or one that a standby took and hands over late. The first number of a
 * source sets the mark without a gap: where a sender starts counting is its own business. Kept per configured source, with a
 * bounded number of gaps, so bounded.
 */

/** The oldest are given up first: what comes of them counts as a duplicate. */
const GAPS_MAX = 256;

interface Mark {
  sequence: number;
  lsn: number;
  /** Numbers that have not come, both included. */
  gaps: readonly Gap[];
}
type Gap = readonly [first: number, last: number];

export class SequenceMarks {
  readonly #marks = new Map<string, Mark>();

  /** How many numbers `sequence` skips: 0 in order, and where it was skipped itself; -1 where it has come. */
  skipped(source: string, sequence: number): number {
    const mark = this.#marks.get(source);
    if (mark === undefined) return 0;
    if (sequence > mark.sequence) return sequence - mark.sequence - 1;
    return mark.gaps.some(holds(sequence)) ? 0 : -1;
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
    if (mark === undefined) this.#marks.set(source, { sequence, lsn, gaps: [] });
    else if (sequence > mark.sequence) {
      const gap: Gap = [mark.sequence + 1, sequence - 1];
      if (gap[0] <= gap[1]) mark.gaps = [...mark.gaps, gap].slice(-GAPS_MAX);
      mark.sequence = sequence;
      mark.lsn = lsn;
    } else mark.gaps = mark.gaps.flatMap((gap) => without(gap, sequence)).slice(-GAPS_MAX);
  }

  /** What a snapshot keeps of it. */
  save() {
    return [...this.#marks].map(([source, { sequence, lsn, gaps }]) => ({ source, sequence, lsn, gaps }));
  }
  /** Snapshots of builds that kept no gaps have none. */
  load(saved: ReturnType<SequenceMarks["save"]>): void {
    for (const { source, sequence, lsn, gaps = [] } of saved) this.#marks.set(source, { sequence, lsn, gaps });
  }
}

const holds =
  (sequence: number) =>
  ([first, last]: Gap): boolean =>
    first <= sequence && sequence <= last;

/** What of a gap is left. */
function without([first, last]: Gap, sequence: number): Gap[] {
  if (!holds(sequence)([first, last])) return [[first, last]];
  const parts: Gap[] = [
    [first, sequence - 1],
    [sequence + 1, last],
  ];
  return parts.filter(([from, to]) => from <= to);
}
