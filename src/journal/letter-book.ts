/**
 * Letter book: the dead letters of an intake log, folded from its records in order. The engine keeps one up to date, a start
 * folds it again, and the CLI folds one from the journal of an engine that does not run: all three say the same.
 *
 *     open ─▶ sent ─▶ done        a replay set out; the lane took it (or took it and gave it up: open again)
 *      │       └────▶ open        the lane refused it, or a crash took it before it was in any log
 *      └─▶ discarded
 *
 * Invariants
 *   - A letter is named by the position of its DEAD_LETTER record; only the lane's word makes a sent one done.
 *   - Memory is bounded: of open and of ended letters the newest `LETTERS_MAX` each. `forgotten` counts open ones beyond that,
 *     which are in the journal all the same.
 */
import type { DeadLetterDiscard, DeadLetterHead, DeadLetterReplay, RecordPlace } from "./letter-records.ts";

export type LetterState = "open" | "sent" | "done" | "discarded";

export interface Letter {
  /** Of its DEAD_LETTER record in the intake log. */
  readonly position: number;
  readonly head: DeadLetterHead;
  /** Where its bytes lie: its own record, or the signal's that the lane refused; null where that is not known. */
  readonly bytesAt: RecordPlace | null;
  readonly state: LetterState;
  /** Replays, the refused ones included. */
  readonly attempts: number;
  /** Why the last replay failed; null before the first, and after one that went out. */
  readonly lastRefusal: { readonly code: string; readonly message: string; readonly atMs: number } | null;
  /** Intake number of the last replay that set out; -1 before. */
  readonly replaySeq: number;
  readonly replaySignalId: string;
  readonly discardReason: string;
}

type OpenLetter = { -readonly [Field in keyof Letter]: Letter[Field] };

export const LETTERS_MAX = 10_000;
/** Signals whose place is remembered: as many as may come in between a signal and its refusal. */
const SIGNALS_MAX = 65_536;

export class LetterBook {
  readonly #open = new Map<number, OpenLetter>();
  readonly #ended = new Map<number, OpenLetter>();
  /** By the intake number of its last replay. */
  readonly #bySeq = new Map<number, OpenLetter>();
  #signalSeqs = new Float64Array(0);
  #signalOffsets = new Float64Array(0);
  #signalSegments = new Float64Array(0);
  /** Slots that have ever been used: the first so many. */
  #slotsUsed = 0;
  #forgotten = 0;

  /** Open letters, oldest first; sent ones, whose verdict is not there yet, are among them. */
  open(): Letter[] {
    return [...this.#open.values()].sort((a, b) => a.position - b.position);
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Open letters that are only in the journal. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get(position: number): Letter | undefined {
    return this.#open.get(position) ?? this.#ended.get(position);
  }

  /** The letter whose replay is the signal of that number. */
  ofReplay(intakeSeq: number): Letter | undefined {
    return this.#bySeq.get(intakeSeq);
  }

  /** Where the signal of that number lies; null where that is forgotten. */
  signalPlace(intakeSeq: number): RecordPlace | null {
    const slot = intakeSeq % SIGNALS_MAX;
    if (this.#signalSeqs[slot] !== intakeSeq) return null;
    return { segment: this.#signalSegments[slot]!, offset: this.#signalOffsets[slot]! };
  }

  /** An INTAKE_SIGNAL record. Allocates only where there are twice as many as ever before, up to the bound. */
  addSignal(intakeSeq: number, segment: number, offset: number): void {
    const slot = intakeSeq % SIGNALS_MAX;
    if (slot >= this.#signalSeqs.length) this.#growTo(Math.min(SIGNALS_MAX, 2 * (slot + 1)));
    this.#signalSeqs[slot] = intakeSeq;
    this.#signalSegments[slot] = segment;
    this.#signalOffsets[slot] = offset;
    if (slot >= this.#slotsUsed) this.#slotsUsed = slot + 1;
  }

  /** A DEAD_LETTER record at `at`. */
  addLetter(position: number, head: DeadLetterHead, at: RecordPlace): void {
    const bytesAt = head.intakeSeq === undefined ? at : (head.signalAt ?? this.signalPlace(head.intakeSeq));
    this.#open.set(position, {
      position,
      head,
      bytesAt,
      state: "open",
      attempts: 0,
      lastRefusal: null,
      replaySeq: -1,
      replaySignalId: "",
      discardReason: "",
    });
    if (this.#open.size <= LETTERS_MAX) return;
    const [oldest] = this.#open.keys();
    this.#drop(this.#open, oldest!);
    this.#forgotten++;
  }

  /** A DEAD_LETTER_REPLAY record: an attempt, or why one failed after all. */
  addReplay(record: DeadLetterReplay, atMs: number): void {
    const letter = this.#open.get(record.letter) ?? this.#ended.get(record.letter);
    if (letter === undefined) return;
    letter.attempts = Math.max(letter.attempts, record.attempt);
    if (record.code !== undefined) {
      letter.lastRefusal = { code: record.code, message: record.message ?? "", atMs };
      this.#move(letter, "open");
      return;
    }
    this.#unlink(letter);
    letter.replaySeq = record.intakeSeq ?? -1;
    letter.replaySignalId = record.signalId;
    letter.lastRefusal = null;
    if (letter.replaySeq >= 0) this.#bySeq.set(letter.replaySeq, letter);
    this.#move(letter, "sent");
  }

  addDiscard({ letter: position, reason }: DeadLetterDiscard): void {
    const letter = this.#open.get(position);
    if (letter === undefined) return;
    letter.discardReason = reason;
    this.#move(letter, "discarded");
  }

  /** The lane has decided the signal of that number, and not refused it. */
  taken(intakeSeq: number): void {
    const letter = this.#bySeq.get(intakeSeq);
    if (letter?.state === "sent") this.#move(letter, "done");
  }

  /**
   * At the end of a fold: what was sent and is in no log never set out. `seenId` gives the id under a number in either log,
   * because a number that was never used is given to another signal later.
   */
  reopenUnseen(seenId: (intakeSeq: number) => string | undefined): void {
    for (const letter of this.#open.values()) {
      if (letter.state !== "sent" || seenId(letter.replaySeq) === letter.replaySignalId) continue;
      this.#unlink(letter);
      letter.state = "open";
    }
  }

  /** What a snapshot keeps of it; the letters stay the book's. */
  save() {
    const slots = this.#slotsUsed;
    const bySeq = [...this.#bySeq].map(([seq, { position }]) => [seq, position] as const);
    return {
      open: [...this.#open.values()],
      ended: [...this.#ended.values()],
      bySeq,
      signals: {
        seqs: this.#signalSeqs.slice(0, slots),
        offsets: this.#signalOffsets.slice(0, slots),
        segments: this.#signalSegments.slice(0, slots),
      },
      forgotten: this.#forgotten,
    };
  }

  /** Into an empty book. */
  load({ open, ended, bySeq, signals, forgotten }: ReturnType<LetterBook["save"]>): void {
    for (const letter of open) this.#open.set(letter.position, { ...letter });
    for (const letter of ended) this.#ended.set(letter.position, { ...letter });
    for (const [seq, position] of bySeq) {
      const letter = this.#open.get(position) ?? this.#ended.get(position);
      if (letter !== undefined) this.#bySeq.set(seq, letter);
    }
    this.#growTo(signals.seqs.length);
    this.#signalSeqs.set(signals.seqs);
    this.#signalOffsets.set(signals.offsets);
    this.#signalSegments.set(signals.segments);
    this.#slotsUsed = signals.seqs.length;
    this.#forgotten = forgotten;
  }

  #growTo(slots: number): void {
    const grown = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(slots);
      to.set(from);
      return to;
    };
    this.#signalSeqs = grown(this.#signalSeqs);
    this.#signalOffsets = grown(this.#signalOffsets);
    this.#signalSegments = grown(this.#signalSegments);
  }

  #move(letter: OpenLetter, state: LetterState): void {
    letter.state = state;
    const ended = state === "done" || state === "discarded";
    (ended ? this.#open : this.#ended).delete(letter.position);
    const place = ended ? this.#ended : this.#open;
    if (place.has(letter.position)) return;
    place.set(letter.position, letter);
    if (!ended || this.#ended.size <= LETTERS_MAX) return;
    const [oldest] = this.#ended.keys();
    this.#drop(this.#ended, oldest!);
  }

  #drop(from: Map<number, OpenLetter>, position: number): void {
    this.#unlink(from.get(position)!);
    from.delete(position);
  }

  /** Its number may be another letter's by now: one that was never used is given again. */
  #unlink(letter: OpenLetter): void {
    if (this.#bySeq.get(letter.replaySeq) === letter) this.#bySeq.delete(letter.replaySeq);
  }
}
