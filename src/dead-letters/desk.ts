/**
 * Dead letters of a running engine: listed, shown, run again, discarded. What may run again is decided by rules.ts,
 * what the queue looks like by journal/letter-book.ts.
 *
 * Invariants
 *   - An attempt is handed to the system before its signal sets out. So a crash in between is told by the signal's absence
 *     from both logs, and the letter is open again; a crash later finds the signal there, and it is decided once.
 *   - A replay has an id of its own, which no sender can make: it shares no order id with its first life, and the first
 *     verdict stands for every duplicate that its sender may still send.
 *   - A letter that throws takes down neither the request nor the others.
 */

import { type Directory, resolveAsset } from "../domain/instrument.ts";
import { type Decoded, type DecodedSignal, nameKey, type Signal } from "../domain/signal.ts";
import type { Ns } from "../domain/units.ts";
import type { SourceRules } from "../gateway/admission.ts";
import type { IntakeLog } from "../intake/intake-log.ts";
import type { Letter, LetterBook } from "../journal/letter-book.ts";
import { findSignalPlace, type LetterBytes, readLetterBytes } from "../journal/letter-bytes.ts";
import type { Clock } from "../time/clock.ts";
import { isState, judgeReplays, type ReplayCandidate, type ReplayLimits, type ReplayRefusal } from "./rules.ts";
import { bodyView, type LetterView, type ShownLetter, viewOf } from "./view.ts";

/** A configured source and how its bytes are read: once per form it may have been sent in. */
export interface ReplaySource {
  readonly rules: SourceRules;
  readonly decoders: readonly ((body: Uint8Array) => Decoded)[];
}

export interface DeadLetterParts {
  readonly intake: IntakeLog;
  readonly letters: LetterBook;
  /** Of the intake log. */
  readonly logDirectory: string;
  readonly directory: Directory;
  readonly sources: readonly ReplaySource[];
  readonly limits: ReplayLimits;
  readonly clock: Clock;
  /** Mid prices by symbol, as they are now. */
  marks(): Readonly<Record<string, number>>;
  readonly onCrash: (error: unknown) => void;
}

/** Which letters: by position, or every open one. */
export type LetterChoice = readonly number[] | "all";

export interface ReplayAnswer {
  readonly position: number;
  /** The signal set out. Whether the lane acted on it says `outcome`, where it has said so in time. */
  readonly sent: boolean;
  readonly outcome: "taken" | "refused" | "waiting" | null;
  readonly code: string;
  readonly message: string;
}

/** How long an answer waits for the lane's verdicts. */
const VERDICT_MS = 1000;
const POLL_MS = 5;
const READS_PER_TURN = 32;

export class DeadLetters {
  readonly #parts: DeadLetterParts;

  constructor(parts: DeadLetterParts) {
    this.#parts = parts;
  }

  /** Open letters, oldest first. */
  list(): { readonly letters: readonly LetterView[]; readonly open: number; readonly onlyInJournal: number } {
    const { letters } = this.#parts;
    return { letters: letters.open().map(viewOf), open: letters.openCount, onlyInJournal: letters.forgotten };
  }

  /** Null where there is no such letter. */
  async show(position: number): Promise<ShownLetter | null> {
    const letter = this.#parts.letters.get(position);
    if (letter === undefined) return null;
    return { ...viewOf(letter), ...bodyView((await this.#bytesOf(letter))?.body ?? null) };
  }

  /** Runs letters again, in the order they came in. Resolves when the lane has said what it did, or did not in time. */
  async replay(choice: LetterChoice, yes: boolean): Promise<ReplayAnswer[]> {
    const { letters, clock, limits } = this.#parts;
    const asked = this.#chosen(choice);
    const answers = new Map<number, ReplayAnswer>();
    const refuse = (position: number, { code, message }: ReplayRefusal) =>
      answers.set(position, { position, sent: false, outcome: null, code, message });
    const read = await this.#readAll(asked);
    const candidates = [...read.values()].flatMap((each) => ("code" in each ? [] : each.candidate));
    const changes = candidates.filter(({ signal }) => !isState(signal)).map(({ position }) => position);
    const before = letters.open().filter(({ position }) => position < Math.max(-1, ...changes));
    // What lies unread holds nobody up.
    const older = await this.#readAll(before.map(({ position }) => position));
    const open = [...older.values()].flatMap((each) => ("code" in each ? [] : each.candidate));
    const verdicts = judgeReplays(candidates, open, limits, clock.wallMs(), yes);
    for (const position of asked) {
      // As it is now: another request may have been faster.
      const letter = letters.get(position);
      const readable = read.get(position);
      if (letter?.state !== "open" || readable === undefined) refuse(position, notOpen(position, letter));
      else {
        if ("code" in readable) this.#failed(letter, readable, refuse);
        else {
          const refusal = verdicts.get(position) ?? null;
          if (refusal === null) this.#send(letter, readable, answers);
          else this.#failed(letter, refusal, refuse);
        }
      }
    }
    await this.#verdicts(answers);
    return asked.flatMap((position) => answers.get(position) ?? []);
  }

  /** Takes letters off the queue for good; their bytes stay in the journal. */
  async discard(
    choice: LetterChoice,
    reason: string,
  ): Promise<{ readonly discarded: readonly number[]; readonly notOpen: readonly number[] }> {
    const { letters, intake } = this.#parts;
    const discarded: number[] = [];
    const refused: number[] = [];
    let lsn = -1;
    for (const position of this.#chosen(choice)) {
      if (letters.get(position)?.state !== "open") refused.push(position);
      else {
        const at = intake.discard(position, reason);
        if (at < 0) throw new Error("the journal cannot take it");
        lsn = at;
        discarded.push(position);
      }
    }
    if (lsn >= 0) await this.#durable(lsn);
    return { discarded, notOpen: refused };
  }

  #chosen(choice: LetterChoice): number[] {
    const positions = choice === "all" ? this.#parts.letters.open().map(({ position }) => position) : [...choice];
    return [...new Set(positions)].sort((a, b) => a - b);
  }

  async #readAll(positions: readonly number[]): Promise<Map<number, Readable | ReplayRefusal>> {
    const read = new Map<number, Readable | ReplayRefusal>();
    for (const position of positions) {
      const letter = this.#parts.letters.get(position);
      if (letter?.state === "open" || letter?.state === "sent") read.set(position, await this.#read(letter));
      // Signals come first.
      if (read.size % READS_PER_TURN === 0) await new Promise((done) => setImmediate(done));
    }
    return read;
  }

  /** What may be done with a letter at all: its signal, read again by today's settings. */
  async #read(letter: Letter): Promise<Readable | ReplayRefusal> {
    const { sources, directory } = this.#parts;
    const { head, position } = letter;
    try {
      const bytes = await this.#bytesOf(letter);
      if (bytes === null) return { code: head.code, message: "its bytes are not where the journal says" };
      const source = sources.find(({ rules }) => rules.name === head.source);
      if (source === undefined) return { code: "UNKNOWN_SOURCE", message: `no source is called "${head.source}" now` };
      const signal = bytes.accepted === null ? decodedBy(source, bytes.body) : ofAccepted(bytes.accepted);
      if ("code" in signal) return signal;
      const instrument = resolveAsset(directory, signal.asset);
      if (instrument === "unknown") {
        return { code: "UNKNOWN_ASSET", message: `no configured instrument is called ${signal.asset}` };
      }
      if (instrument === "ambiguous")
        return { code: "AMBIGUOUS_ASSET", message: `${signal.asset} means several instruments` };
      const { symbol } = directory.instruments[instrument]!;
      const markThen = head.marks?.[symbol] ?? Number.NaN;
      const markNow = this.#parts.marks()[symbol] ?? Number.NaN;
      const candidate = { position, source: source.rules, signal, instrument, markThen, markNow };
      return { candidate, body: bytes.body };
    } catch (error) {
      this.#parts.onCrash(error);
      return { code: "CRASHED", message: "reading it threw" };
    }
  }

  async #bytesOf(letter: Letter): Promise<LetterBytes | null> {
    const { logDirectory, intake } = this.#parts;
    const { intakeSeq } = letter.head;
    intake.write();
    const place = letter.bytesAt ?? (intakeSeq === undefined ? null : await findSignalPlace(logDirectory, intakeSeq));
    return place === null ? null : readLetterBytes(logDirectory, place);
  }

  #send(letter: Letter, { candidate, body }: Readable, answers: Map<number, ReplayAnswer>): void {
    const { intake, clock } = this.#parts;
    const { position } = letter;
    const { signal: decoded, source, instrument } = candidate;
    const attempt = letter.attempts + 1;
    // A point is in no sender's id.
    const signalId = `replay.${position}.${attempt}`;
    const intakeSeq = intake.accepted + 1;
    const answer = (sent: boolean, code: string, message: string) =>
      answers.set(position, { position, sent, outcome: sent ? "waiting" : null, code, message });
    if (!intake.replay({ letter: position, attempt, signalId, intakeSeq }) || !intake.write()) {
      answer(false, "NOT_DURABLE", "the journal cannot take it");
      return;
    }
    const signal: Signal = {
      intakeSeq: 0,
      signalId,
      source: source.index,
      kind: decoded.kind,
      instrument,
      direction: decoded.direction,
      strength: decoded.strength,
      confidence: decoded.confidence,
      horizonMs: decoded.horizonMs,
      generatedAtMs: decoded.generatedAtMs,
      notional: decoded.notional,
      quantity: decoded.quantity,
      receivedNs: clock.nowNs() as Ns,
      model: nameKey(decoded.model),
      modelVersion: nameKey(decoded.modelVersion),
      replayed: true,
    };
    let lsn = -1;
    try {
      // Its sequence was counted in its first life.
      lsn = intake.accept(signal, { ...decoded, sequence: -1 }, body);
    } catch (error) {
      this.#parts.onCrash(error);
      intake.refused({ intakeSeq, code: "CRASHED", message: "processing it threw", numbers: null });
      answer(true, "CRASHED", "processing it threw");
      return;
    }
    if (lsn >= 0) answer(true, "SENT", signalId);
    else {
      intake.replay({
        letter: position,
        attempt,
        signalId,
        code: "BACKLOG_FULL",
        message: "the lane could not take it",
      });
      answer(false, "BACKLOG_FULL", "the lane could not take it just then");
    }
  }

  /** The rules, or its bytes, stand against it: an attempt all the same, unless only a yes is missing. */
  #failed(
    { position, attempts, state }: Letter,
    refusal: ReplayRefusal,
    refuse: (position: number, refusal: ReplayRefusal) => void,
  ): void {
    if (state !== "open") return;
    refuse(position, refusal);
    const { code, message } = refusal;
    if (code === "NEEDS_YES" || code === "BLOCKED") return;
    this.#parts.intake.replay({ letter: position, attempt: attempts + 1, signalId: "", code, message });
  }

  async #verdicts(answers: Map<number, ReplayAnswer>): Promise<void> {
    const { letters, clock } = this.#parts;
    const untilNs = clock.nowNs() + VERDICT_MS * 1e6;
    const waiting = () =>
      [...answers.values()].filter(
        ({ outcome, position }) => outcome === "waiting" && letters.get(position)?.state === "sent",
      );
    while (waiting().length > 0 && clock.nowNs() < untilNs) await new Promise((done) => setTimeout(done, POLL_MS));
    for (const [position, answer] of answers) {
      const letter = letters.get(position);
      if (answer.outcome !== "waiting" || letter === undefined || letter.state === "sent") continue;
      const refused = letter.lastRefusal;
      if (refused === null) answers.set(position, { ...answer, outcome: "taken", code: "TAKEN" });
      else answers.set(position, { ...answer, outcome: "refused", code: refused.code, message: refused.message });
    }
  }

  #durable(lsn: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#parts.intake.whenDurable(lsn, (durable) => (durable ? resolve() : reject(new Error("the journal failed"))));
    });
  }
}

interface Readable {
  readonly candidate: ReplayCandidate;
  readonly body: Uint8Array;
}

/** The first decoder that can read it; what the last one said where none can. */
function decodedBy({ decoders }: ReplaySource, body: Uint8Array): DecodedSignal | ReplayRefusal {
  let refusal: ReplayRefusal = { code: "MALFORMED", message: "nothing reads this source's bytes" };
  for (const decode of decoders) {
    const decoded = decode(body);
    if (decoded.ok) return decoded.signal;
    refusal = { code: "MALFORMED", message: decoded.error.message };
  }
  return refusal;
}

/** By name, so that it means the same when the configuration has changed since. */
function ofAccepted({ signal, extra }: NonNullable<LetterBytes["accepted"]>): DecodedSignal {
  const { signalId, kind, direction, strength, confidence, horizonMs, generatedAtMs, notional, quantity } = signal;
  return { signalId, kind, direction, strength, confidence, horizonMs, generatedAtMs, notional, quantity, ...extra };
}

const notOpen = (position: number, letter: Letter | undefined): ReplayRefusal =>
  letter === undefined
    ? { code: "NO_SUCH_LETTER", message: `there is no dead letter ${position}` }
    : { code: "NOT_OPEN", message: `letter ${position} is ${letter.state}` };
