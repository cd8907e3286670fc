/**
 * Admission: decides what becomes of an authenticated message, and sees to it that every decision is journaled.
 *
 * Order of checks: memory first (the first durable verdict consumes an id and is repeated to every duplicate), then the
 * sequence mark, then staleness, then what the signal says. Nothing past staleness runs for a signal that is too old, so an
 * id that memory has lost cannot fire again: it is kept at least until it is stale.
 *
 * Invariants
 *   - At most one `Intake.accept` per (source, signal id) while the id is remembered.
 *   - A verdict with a journal position may only be given to the sender through `settle`, which waits for the disk.
 *   - What was authenticated and not accepted is dead-lettered with its original bytes, except where the sender is told to
 *     come again (429, 503) or has been answered before (a duplicate).
 *   - An intake that throws consumes the id: we cannot know what it did.
 *
 * This file does not authenticate, decode or answer.
 */
import { type Directory, resolveAsset } from "../domain/instrument.ts";
import { type Decoded, type DecodedSignal, isClose, nameKey, type Signal, type SignalKind } from "../domain/signal.ts";
import type { Ns } from "../domain/units.ts";
import type { Clock } from "../time/clock.ts";
import type { DedupeTable } from "./dedupe.ts";
import type { GatewayAlarm, Intake } from "./intake.ts";
import { TokenBucket } from "./rate-limit.ts";
import type { SequenceMarks } from "./sequence.ts";
import { type Verdict, type VerdictCode, verdict } from "./verdict.ts";

/** What a configured source may do. */
export interface SourceRules {
  /** Position in `Directory.sources`: what travels in `Signal.source`. */
  readonly index: number;
  readonly name: string;
  readonly kinds: readonly SignalKind[];
  readonly maxAgeMs: Readonly<Record<SignalKind, number>>;
  readonly ratePerSecMax: number;
  readonly rateBurst: number;
}

export const DEFAULT_MAX_AGE_MS: Readonly<Record<SignalKind, number>> = {
  open: 30_000,
  adjust: 30_000,
  hedge: 30_000,
  close: 24 * 3_600_000,
  evidence: 24 * 3_600_000,
};

export const FUTURE_MS_MAX = 60_000;

export interface AdmissionParts {
  readonly directory: Directory;
  readonly dedupe: DedupeTable;
  readonly sequences: SequenceMarks;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly onAlarm: (alarm: GatewayAlarm) => void;
  readonly onCrash: (error: unknown) => void;
}

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #backlogMax: number;
  readonly #buckets: TokenBucket[] = [];
  #backlog = 0;

  /** `backlogMax`: answers that may wait for the disk at once; beyond it, 503. */
  constructor(sources: readonly SourceRules[], backlogMax: number, parts: AdmissionParts) {
    this.#parts = parts;
    this.#backlogMax = backlogMax;
    for (const source of sources) {
      this.#buckets[source.index] = new TokenBucket(source.ratePerSecMax, source.rateBurst);
    }
  }

  /** Answers waiting for the disk. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Takes one token of the source's rate. The refusal when there is none; null to go on. Asked before decoding. */
  limitRate(source: SourceRules, nowNs: Ns): Verdict | null {
    const bucket = this.#buckets[source.index] as TokenBucket;
    if (bucket.take(nowNs)) return null;
    const numbers = { rate_per_sec_max: source.ratePerSecMax };
    return verdict("RATE_LIMITED", "", -1, "over the rate of this source", numbers, bucket.retryAfterS());
  }

  admit(source: SourceRules, decoded: Decoded, body: Uint8Array, receivedNs: Ns): Verdict {
    const { dedupe, intake, directory, clock } = this.#parts;
    const nowMs = clock.wallMs();
    if (this.#backlog >= this.#backlogMax) return backlogFull(this.#backlogMax);
    if (!decoded.ok) {
      return this.#deadLetter(source, "", "MALFORMED", decoded.error.message, null, 0, body);
    }
    const signal = decoded.signal;
    const { signalId, kind } = signal;

    const known = dedupe.lookup(source.name, signalId);
    if (known >= 0) return this.#repeat(source, signal, known, body);
    if (signal.sequence >= 0 && this.#parts.sequences.skipped(source.name, signal.sequence) < 0) {
      return this.#repeatSequence(source, signal);
    }
    if (!dedupe.hasRoom(nowMs)) {
      this.#parts.onAlarm({ code: "MEMORY_FULL", source: source.name, numbers: { entries: dedupe.size } });
      return verdict("MEMORY_FULL", signalId, -1, "too many recent signals to remember one more", {
        entries: dedupe.size,
      });
    }

    const ageMs = nowMs - signal.generatedAtMs;
    const ageMsMax = ageMsMaxOf(source, signal);
    if (ageMs > ageMsMax) {
      const numbers = { age_ms: ageMs, age_ms_max: ageMsMax };
      return this.#refuse(source, signal, "STALE", `generated ${ageMs} ms ago`, numbers, body);
    }
    if (-ageMs > FUTURE_MS_MAX) {
      const numbers = { ahead_ms: -ageMs, ahead_ms_max: FUTURE_MS_MAX };
      return this.#refuse(source, signal, "FROM_FUTURE", `generated ${-ageMs} ms from now`, numbers, body);
    }
    // A close outlives its horizon: what it closes may still be open.
    if (!isClose(signal) && ageMs > signal.horizonMs) {
      const numbers = { age_ms: ageMs, horizon_ms: signal.horizonMs };
      return this.#refuse(
        source,
        signal,
        "EXPIRED",
        `its horizon ended ${ageMs - signal.horizonMs} ms ago`,
        numbers,
        body,
      );
    }
    const instrument = resolveAsset(directory, signal.asset);
    if (instrument === "unknown") {
      return this.#refuse(
        source,
        signal,
        "UNKNOWN_ASSET",
        `no configured instrument is called ${signal.asset}`,
        null,
        body,
      );
    }
    if (instrument === "ambiguous") {
      return this.#refuse(source, signal, "AMBIGUOUS_ASSET", `${signal.asset} means several instruments`, null, body);
    }
    if (!source.kinds.includes(kind)) {
      return this.#refuse(source, signal, "KIND_REFUSED", `${source.name} may not send ${kind}`, null, body);
    }

    const admitted: Signal = {
      intakeSeq: 0,
      signalId,
      source: source.index,
      kind,
      instrument,
      direction: signal.direction,
      strength: signal.strength,
      confidence: signal.confidence,
      horizonMs: signal.horizonMs,
      generatedAtMs: signal.generatedAtMs,
      notional: signal.notional,
      quantity: signal.quantity,
      receivedNs,
      model: nameKey(signal.model),
      modelVersion: nameKey(signal.modelVersion),
    };
    let lsn: number;
    try {
      lsn = intake.accept(admitted, signal, body);
    } catch (error) {
      this.#parts.onCrash(error);
      return this.#crashed(source, signal, body, nowMs);
    }
    if (lsn < 0) return backlogFull(this.#backlogMax, signalId);
    this.#consume(source, signal, "ACCEPTED", lsn, body, nowMs);
    return verdict("ACCEPTED", signalId, lsn);
  }

  /** Dead-letters what never got as far as a decoded signal, because decoding it threw. */
  crashedInDecode(source: SourceRules, body: Uint8Array): Verdict {
    return this.#deadLetter(source, "", "CRASHED", "decoding it threw", null, 0, body);
  }

  /** Gives `done` the verdict to answer with, once it may be given: at once, or when the journal covers it. */
  settle(given: Verdict, done: (final: Verdict) => void): void {
    if (given.lsn < 0) {
      done(given);
      return;
    }
    this.#backlog += 1;
    this.#parts.intake.whenDurable(given.lsn, (durable) => {
      this.#backlog -= 1;
      done(durable ? given : verdict("NOT_DURABLE", given.signalId, -1, "the journal failed"));
    });
  }

  /**
   * Puts a journaled verdict back into memory, at boot, in journal order. False when memory is full of ids that must not be
   * forgotten yet: the engine must not start with less.
   */
  restore(
    source: string,
    signalId: string,
    code: VerdictCode,
    lsn: number,
    body: Uint8Array,
    forgettableMs: number,
  ): boolean {
    const { dedupe, clock } = this.#parts;
    if (signalId === "" || dedupe.lookup(source, signalId) >= 0) return true;
    return dedupe.remember(source, signalId, lsn, code, body, forgettableMs, clock.wallMs());
  }

  #repeat(source: SourceRules, signal: DecodedSignal, known: number, body: Uint8Array): Verdict {
    const { dedupe } = this.#parts;
    const { signalId } = signal;
    const lsn = dedupe.lsnAt(known);
    if (!dedupe.bodyMatches(known, body)) {
      this.#parts.onAlarm({ code: "ID_REUSED", source: source.name, numbers: { position: lsn } });
      const message = "this id was used before with other bytes";
      return this.#deadLetter(source, signalId, "ID_REUSED", message, { first_position: lsn }, 0, body);
    }
    const code = dedupe.codeAt(known);
    if (code === "ACCEPTED") return verdict("DUPLICATE", signalId, lsn);
    return verdict(code, signalId, lsn, "refused before; the first verdict stands");
  }

  /** Its id is not remembered: lost to age, or a sender that counts from the start again. Worth an alarm, never an order. */
  #repeatSequence(source: SourceRules, signal: DecodedSignal): Verdict {
    const { sequences } = this.#parts;
    const numbers = { sequence: signal.sequence, sequence_mark: sequences.markOf(source.name) };
    this.#parts.onAlarm({ code: "SEQUENCE_REPEATED", source: source.name, numbers });
    const message = "at or below the highest sequence seen from this source";
    return verdict("DUPLICATE_SEQUENCE", signal.signalId, sequences.lsnOf(source.name), message, numbers);
  }

  /** Room in memory has been checked: the refusal consumes the id. */
  #refuse(
    source: SourceRules,
    signal: DecodedSignal,
    code: VerdictCode,
    message: string,
    numbers: Readonly<Record<string, number>> | null,
    body: Uint8Array,
  ): Verdict {
    const nowMs = this.#parts.clock.wallMs();
    const forgettableMs = forgettableAt(source, signal, nowMs);
    const given = this.#deadLetter(source, signal.signalId, code, message, numbers, forgettableMs, body);
    if (given.lsn >= 0) this.#consume(source, signal, code, given.lsn, body, nowMs);
    return given;
  }

  #deadLetter(
    source: SourceRules,
    signalId: string,
    code: VerdictCode,
    message: string,
    numbers: Readonly<Record<string, number>> | null,
    forgettableMs: number,
    body: Uint8Array,
  ): Verdict {
    const receivedMs = this.#parts.clock.wallMs();
    const entry = { source: source.name, signalId, code, message, numbers, receivedMs, forgettableMs, body };
    const lsn = this.#parts.intake.deadLetter(entry);
    return lsn < 0 ? backlogFull(this.#backlogMax, signalId) : verdict(code, signalId, lsn, message, numbers);
  }

  #crashed(source: SourceRules, signal: DecodedSignal, body: Uint8Array, nowMs: number): Verdict {
    const message = "processing it threw";
    const forgettableMs = forgettableAt(source, signal, nowMs);
    const given = this.#deadLetter(source, signal.signalId, "CRASHED", message, null, forgettableMs, body);
    this.#consume(source, signal, "CRASHED", Math.max(0, given.lsn), body, nowMs);
    return given;
  }

  #consume(
    source: SourceRules,
    signal: DecodedSignal,
    code: VerdictCode,
    lsn: number,
    body: Uint8Array,
    nowMs: number,
  ): void {
    const { dedupe, sequences } = this.#parts;
    dedupe.remember(source.name, signal.signalId, lsn, code, body, forgettableAt(source, signal, nowMs), nowMs);
    if (signal.sequence < 0) return;
    const skipped = sequences.skipped(source.name, signal.sequence);
    if (skipped > 0) {
      const numbers = { sequence: signal.sequence, sequence_mark: sequences.markOf(source.name), skipped };
      this.#parts.onAlarm({ code: "SEQUENCE_GAP", source: source.name, numbers });
    }
    sequences.advance(source.name, signal.sequence, lsn);
  }
}

/**
 * From then on the signal is stale, so forgetting its id cannot make it fire again. A time too far ahead to be admitted
 * counts as the latest admissible one: it has not fired, and must not occupy memory until its day comes.
 */
export function forgettableAt(
  source: SourceRules,
  signal: Pick<DecodedSignal, "kind" | "direction" | "generatedAtMs">,
  nowMs: number,
): number {
  return Math.min(signal.generatedAtMs, nowMs + FUTURE_MS_MAX) + ageMsMaxOf(source, signal);
}

/** What asks that nothing be held is as good as a close, whatever kind it is said to be: the core takes it for one. */
const ageMsMaxOf = ({ maxAgeMs }: SourceRules, signal: Pick<DecodedSignal, "kind" | "direction">): number =>
  maxAgeMs[isClose(signal) ? "close" : signal.kind];

export function backlogFull(backlogMax: number, signalId = ""): Verdict {
  return verdict("BACKLOG_FULL", signalId, -1, "cannot make it durable now", { backlog_max: backlogMax });
}
