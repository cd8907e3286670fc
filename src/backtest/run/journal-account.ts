/**
 * A live journal, read into an account: what the engine did, decision by decision, at the prices and fills that it recorded.
 *
 * Events of the decision log and of the quote log are merged by their step, life by life, as in a replay; nothing is decided again.
 * Retention deletes old quotes: profits count from the first one that is left, and fills before it are held at its price.
 * Reads with bounded memory; the journal may be that of a running engine.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Alarm } from "../../core/event.ts";
import type { PositionRecord } from "../../core/playbooks/hedged-position.ts";
import type { Outcome } from "../../core/score/outcomes.ts";
import type { Scored } from "../../core/score.ts";
import type { EpochMs, Ns } from "../../domain/units.ts";
import { readDecision, readIntent, readVerdict } from "../../journal/command-records.ts";
import { quoteEpoch, readEvent } from "../../journal/event-records.ts";
import { readIntakeSignal } from "../../journal/intake-records.ts";
import { readNamed } from "../../journal/json-records.ts";
import { type RecordView, readLog } from "../../journal/reader.ts";
import { type EpochRecord, RECORD } from "../../journal/records.ts";
import { bytesIn } from "../../memory/signal-slot.ts";
import type { Account } from "./account.ts";
import type { Said } from "./account-part.ts";

export interface JournalCounts {
  /** Starts of the engine. */
  readonly lives: number;
  readonly decisions: number;
  readonly quotes: number;
}

/** `directory` holds `decisions/`, `quotes/` and `intake/`. Throws JOURNAL_TRIMMED where what an account begins with is archived. */
export function readJournal(directory: string, account: Account): JournalCounts {
  const quotes = new QuoteRecords(join(directory, "quotes"));
  const models = new ModelRecords(join(directory, "intake"));
  const counts = { lives: 0, decisions: 0, quotes: 0 };
  let epoch = 0;
  const said = (intakeSeq: number) => models.of(intakeSeq);
  const takeQuotes = (stepEnd: number) => {
    for (let record = quotes.next(epoch, stepEnd); record !== null; record = quotes.next(epoch, stepEnd)) {
      counts.quotes++;
      account.passTo(record.wallMs);
      account.onQuote(record.quote);
    }
  };
  for (const record of readLog(join(directory, "decisions"), { whole: true })) {
    const { type, wallMs, monoNs } = record;
    const bytes = bytesIn(record.payload);
    if (type === RECORD.EPOCH) {
      takeQuotes(Number.POSITIVE_INFINITY);
      epoch = (JSON.parse(bytes.bytes.toString("utf8")) as EpochRecord).epoch;
      counts.lives++;
      continue;
    }
    const read = readEvent(type, bytes, 0, record.payload.length, monoNs as Ns, wallMs as EpochMs);
    if (read !== null) {
      takeQuotes(read.step);
      account.passTo(wallMs);
      if (read.event.type === "report") account.onReport(wallMs, read.event.report);
      continue;
    }
    counts.decisions++;
    if (type === RECORD.INTENT) account.onIntent(wallMs, readIntent(bytes, 0));
    else if (type === RECORD.VERDICT) account.onVerdict(readVerdict(bytes, 0));
    else if (type === RECORD.ALARM) account.onAlarm((JSON.parse(bytes.bytes.toString("utf8")) as Alarm).code);
    else if (type === RECORD.SCORED) account.onScored(readNamed(bytes) as Scored, said);
    else if (type === RECORD.OUTCOME) account.onOutcome(readNamed(bytes) as Outcome);
    else if (type === RECORD.POSITION) account.onPositioned(wallMs, readNamed(bytes) as PositionRecord, said);
    else if (type === RECORD.DECISION) {
      const decided = readDecision(bytes, 0);
      const { intakeSeq, cause } = decided.decision;
      // Within one boot of the machine; a decision taken again after a power loss has lost its arrival.
      const agoMs = (monoNs - cause.receivedNs) / 1e6;
      const { model = "", modelVersion = "" } = said(intakeSeq) ?? {};
      account.onDecided(wallMs, decided, { model, modelVersion, receivedMs: agoMs >= 0 ? wallMs - agoMs : wallMs });
    }
  }
  takeQuotes(Number.POSITIVE_INFINITY);
  return counts;
}

/** The quote log, read along with the decisions. */
class QuoteRecords {
  readonly #records: Iterator<RecordView, void>;
  #head: ReturnType<typeof quoteOf> = null;

  constructor(directory: string) {
    this.#records = existsSync(directory) ? readLog(directory) : [].values();
    this.#advance();
  }

  /** The next quote of an earlier life, or of `epoch` before `stepEnd`. */
  next(epoch: number, stepEnd: number): ReturnType<typeof quoteOf> {
    const head = this.#head;
    if (head === null || head.epoch > epoch || (head.epoch === epoch && head.step >= stepEnd)) return null;
    this.#advance();
    return head;
  }

  #advance(): void {
    this.#head = null;
    for (let step = this.#records.next(); !step.done && step.value; step = this.#records.next()) {
      this.#head = quoteOf(step.value);
      if (this.#head !== null) return;
    }
  }
}

function quoteOf(record: RecordView) {
  const bytes = bytesIn(record.payload);
  const { type, payload, monoNs, wallMs } = record;
  const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
  if (read?.event.type !== "quote") return null;
  return { epoch: quoteEpoch(bytes, 0), step: read.step, wallMs, quote: read.event.quote };
}

/** Whose model a signal is of, from the intake log: both logs rise by intake sequence. */
class ModelRecords {
  readonly #records: Iterator<RecordView, void>;
  #seq = 0;
  #said: Said | null = null;

  constructor(directory: string) {
    this.#records = existsSync(directory) ? readLog(directory) : [].values();
  }

  /** Null for a signal whose record a crash kept from being written. */
  of(intakeSeq: number): Said | null {
    while (this.#seq < intakeSeq) {
      const { done, value } = this.#records.next();
      if (done || !value) break;
      if (value.type !== RECORD.INTAKE_SIGNAL) continue;
      const { signal, extra } = readIntakeSignal(bytesIn(value.payload), 0);
      this.#seq = signal.intakeSeq;
      this.#said = { model: extra.model, modelVersion: extra.modelVersion, receivedMs: value.wallMs };
    }
    return this.#seq === intakeSeq ? this.#said : null;
  }
}
