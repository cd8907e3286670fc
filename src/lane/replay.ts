/**
 * Replay: makes every decision of a journal again, from the events alone, and compares the commands byte by byte with those
 * that were recorded.
 *
 * Events of the decision log and of the quote log are merged by their step number, life by life: an EPOCH record begins one,
 * with a new core recovered from all records before it, as the lane did at that start. What a life did not record because it
 * was cut off is counted (`unrecorded`), not called a difference; nor is a life whose quotes retention has deleted, or a power
 * loss taken (`gaps`).
 * The first difference ends its life: what follows from it says nothing more.
 *
 * Each life is replayed by the configuration that its EPOCH record holds, so a journal is all that is needed, on any machine;
 * or by another one, to see what it would have decided differently.
 *
 * Reads with bounded memory, each life's past once more.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { CoreConfig } from "../core/config.ts";
import type { Event } from "../core/event.ts";
import { Core } from "../core/step.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { decodeCoreConfig } from "../journal/epoch-config.ts";
import { quoteEpoch, readEvent } from "../journal/event-records.ts";
import { type RecordView, readLog } from "../journal/reader.ts";
import { eventFields, type RecordFields, recordFields, recordName } from "../journal/record-text.ts";
import { type EpochRecord, RECORD } from "../journal/records.ts";
import { createShared } from "../memory/shared.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { instantiateKernels } from "../wasm/kernels.ts";
import { CommandCapture } from "./command-capture.ts";
import { orderTagger } from "./order-tag.ts";
import { recordCommand } from "./record-command.ts";
import { beginAmnesia, recoverCore } from "./recover.ts";

export interface Replay {
  readonly lives: number;
  readonly events: number;
  /** Made again and found in the log. */
  readonly commands: number;
  /** Over those, in order. */
  readonly sha256: string;
  readonly differences: readonly Difference[];
  /** Made again, but behind the last record of their life. */
  readonly unrecorded: number;
  /** Lives that cannot be replayed to their end, and the first step that is missing. */
  readonly gaps: readonly { readonly epoch: number; readonly step: number }[];
}

export interface Difference {
  readonly epoch: number;
  /** Of the event behind which the commands differ. */
  readonly step: number;
  /** Of the record in the decision log where that shows. */
  readonly lsn: number;
  /** What had come in; null before the first event. */
  readonly event: RecordFields | null;
  /** The command record, and the one made instead; null where there is none. */
  readonly recorded: CommandFields | null;
  readonly made: CommandFields | null;
}

/** A command record as a person reads it, and its bytes from the type on. */
export interface CommandFields {
  readonly type: string;
  readonly fields: RecordFields;
  readonly hex: string;
}

export class ReplayError extends Error {
  override readonly name = "ReplayError";
  readonly code = "CONFIG_NOT_KEPT";
}

/**
 * `directory` holds `decisions/` and `quotes/`. The journal is only read; it may be that of a running engine. With `core` null
 * each life goes by its own configuration; throws CONFIG_NOT_KEPT where an old build has not kept it, and JOURNAL_TRIMMED where
 * retention has taken the log's beginning: what a life began with is only in there.
 */
export function replayJournal(core: CoreConfig | null, directory: string, kernels: WebAssembly.Module): Replay {
  const decisions = join(directory, "decisions");
  const shared = createShared();
  const instance = instantiateKernels(kernels, shared.memory);
  const quotes = new QuoteFeed(join(directory, "quotes"));
  const result = new Result();
  let life: Life | null = null;
  for (const record of readLog(decisions, { whole: true })) {
    if (record.type === RECORD.EPOCH) {
      const born = JSON.parse(Buffer.from(record.payload).toString("utf8")) as EpochRecord;
      life?.end(born.amnesiaSinceMs !== undefined);
      const { epoch, core: kept } = born;
      const config = core ?? (kept === undefined ? null : decodeCoreConfig(kept));
      if (config === null)
        throw new ReplayError(`epoch ${epoch} does not say what it decided by: name a configuration`);
      const parts = { kernels: instance, tagOf: orderTagger(config.engineId), epoch };
      const reborn = new Core(config, parts);
      recoverCore(reborn, before(readLog(decisions), record.lsn), record.monoNs as Ns);
      beginAmnesia(reborn, born);
      life = new Life(epoch, reborn, quotes, result);
    } else life?.take(record);
  }
  life?.end(false);
  return result.finish();
}

/** One life of the lane, from its EPOCH to the next. */
class Life {
  readonly #epoch: number;
  readonly #core: Core;
  readonly #quotes: QuoteFeed;
  readonly #result: Result;
  readonly #made = new CommandCapture();
  #step = -1;
  #event: Event | null = null;
  #over = false;
  /** A recorded command that no event of ours has made, and the record's number. */
  #causeless: { readonly lsn: number; readonly recorded: Buffer } | null = null;

  constructor(epoch: number, core: Core, quotes: QuoteFeed, result: Result) {
    this.#epoch = epoch;
    this.#core = core;
    this.#quotes = quotes;
    this.#result = result;
    result.lives++;
  }

  take(record: RecordView): void {
    if (this.#over) return;
    const { payload } = record;
    const bytes = bytesIn(payload);
    const { type, monoNs, wallMs } = record;
    const isCommand = type >= RECORD.INTENT;
    if (isCommand) {
      this.#compare(record);
      return;
    }
    const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
    if (read === null) return;
    while (this.#takeQuote(read.step)) {}
    // Step numbers tell whether what made it is missing, as quotes are that a power loss took.
    if (this.#causeless !== null && read.step === this.#step + 1) {
      this.#differ(this.#causeless.lsn, this.#causeless.recorded, null);
      return;
    }
    const unseen = this.#made.first();
    if (unseen !== null) {
      this.#differ(record.lsn, null, unseen);
      return;
    }
    this.#enter(read.step, read.event);
  }

  /**
   * The rest of the life's quotes, as far as they follow each other: a death between the writes of both logs keeps quotes behind an
   * event that is gone. What is made behind the last record was cut off by whatever ended the life; what was recorded there and
   * is not made lacks its quote, if that was the power.
   */
  end(powerLost: boolean): void {
    while (!this.#over && this.#takeQuote(this.#step + 2)) {}
    if (!this.#over && this.#causeless !== null) {
      if (powerLost) this.#miss();
      else this.#differ(this.#causeless.lsn, this.#causeless.recorded, null);
    }
    this.#result.unrecorded += this.#over ? 0 : this.#made.length;
    this.#over = true;
  }

  /** A recorded command must be the next one made, by the events so far or by quotes that are still to come. */
  #compare(record: RecordView): void {
    while (this.#made.length === 0 && this.#takeQuote(Number.POSITIVE_INFINITY)) {}
    if (this.#over || this.#causeless !== null) return;
    const recorded = CommandCapture.bytesOf(record.type, record.version, record.monoNs, record.wallMs, record.payload);
    const made = this.#made.shift();
    if (made === null) this.#causeless = { lsn: record.lsn, recorded };
    else if (!recorded.equals(made)) this.#differ(record.lsn, recorded, made);
    else this.#result.add(made);
  }

  /** Lets the next quote in, if this life has one before `step`. */
  #takeQuote(step: number): boolean {
    const quote = this.#quotes.next(this.#epoch, step);
    if (quote === null || this.#over) return false;
    this.#enter(quote.step, quote.event);
    return true;
  }

  #enter(step: number, event: Event): void {
    if (step !== this.#step + 1) {
      this.#miss();
      return;
    }
    this.#step = step;
    this.#event = event;
    this.#result.events++;
    const { commands } = this.#core;
    this.#core.step(event);
    for (const command of commands) recordCommand(this.#made, this.#core, command, event.nowNs, event.wallMs);
    commands.length = 0;
  }

  #miss(): void {
    this.#result.gaps.push({ epoch: this.#epoch, step: this.#step + 1 });
    this.#over = true;
  }

  #differ(lsn: number, recorded: Buffer | null, made: Buffer | null): void {
    this.#over = true;
    this.#result.differences.push({
      epoch: this.#epoch,
      step: this.#step,
      lsn,
      event: this.#event === null ? null : eventFields(this.#event),
      recorded: commandFields(recorded),
      made: commandFields(made),
    });
  }
}

/** The quote log, read along with the lives. */
class QuoteFeed {
  readonly #records: Iterator<RecordView, void>;
  #head: { readonly epoch: number; readonly step: number; readonly event: Event } | null = null;

  constructor(directory: string) {
    this.#records = readLog(directory);
    this.#advance();
  }

  /** The next quote of `epoch` before `stepEnd`. Those of earlier lives that nobody took are passed over. */
  next(epoch: number, stepEnd: number): { readonly step: number; readonly event: Event } | null {
    while (this.#head !== null && this.#head.epoch < epoch) this.#advance();
    const head = this.#head;
    if (head === null || head.epoch !== epoch || head.step >= stepEnd) return null;
    this.#advance();
    return head;
  }

  #advance(): void {
    const { done, value } = this.#records.next();
    if (done || value === undefined) {
      this.#head = null;
      return;
    }
    const { payload, type, monoNs, wallMs } = value;
    const bytes = bytesIn(payload);
    const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
    this.#head = read === null ? null : { epoch: quoteEpoch(bytes, 0), step: read.step, event: read.event };
  }
}

class Result {
  lives = 0;
  events = 0;
  unrecorded = 0;
  readonly differences: Difference[] = [];
  readonly gaps: { epoch: number; step: number }[] = [];
  readonly #hash = createHash("sha256");
  #commands = 0;

  add(command: Buffer): void {
    this.#commands++;
    this.#hash.update(command);
  }

  finish(): Replay {
    const { lives, events, unrecorded, differences, gaps } = this;
    const sha256 = this.#hash.digest("hex");
    return { lives, events, commands: this.#commands, sha256, differences, unrecorded, gaps };
  }
}

function commandFields(command: Buffer | null): CommandFields | null {
  if (command === null) return null;
  const { type, payload } = CommandCapture.partsOf(command);
  return { type: recordName(type), fields: recordFields(type, payload), hex: command.toString("hex") };
}

function* before(records: Iterable<RecordView>, lsnEnd: number): Generator<RecordView> {
  for (const record of records) {
    if (record.lsn >= lsnEnd) return;
    yield record;
  }
}
