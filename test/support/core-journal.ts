/** The decision log of a core on a hand-moved clock, in memory: what a restart would find. */
import type { Command, Event } from "../../src/core/event.ts";
import { Core } from "../../src/core/step.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import {
  EVENT_REPORT_BYTES,
  EVENT_SIGNAL_BYTES,
  encodeRareEvent,
  writeReportEvent,
  writeSignalEvent,
} from "../../src/journal/event-records.ts";
import type { RecordView } from "../../src/journal/reader.ts";
import { RECORD, RECORD_VERSION } from "../../src/journal/records.ts";
import { CommandCapture } from "../../src/lane/command-capture.ts";
import { recordCommand } from "../../src/lane/record-command.ts";
import { recoverCore } from "../../src/lane/recover.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { type CoreOptions, coreConfig, coreParts } from "./core-config.ts";

/** Type, version, two times: what CommandCapture puts in front of a payload. */
const HEAD_BYTES = 20;
const RARE = {
  venue: RECORD.EVENT_VENUE,
  positions: RECORD.EVENT_POSITIONS,
  control: RECORD.EVENT_CONTROL,
  timer: RECORD.EVENT_TIMER,
  analysis: RECORD.EVENT_ANALYSIS,
  orphan: RECORD.EVENT_ORPHAN,
} as const;

export class CoreJournal {
  readonly records: RecordView[] = [];
  readonly #capture = new CommandCapture();

  /** Right after the step, as a lane does. */
  append(core: Core, event: Event, commands: readonly Command[]): void {
    this.#appendEvent(event);
    for (const command of commands) recordCommand(this.#capture, core, command, event.nowNs, event.wallMs);
    for (let made = this.#capture.shift(); made !== null; made = this.#capture.shift()) {
      this.#push(made.readUInt16LE(0), event, Buffer.from(made.subarray(HEAD_BYTES)));
    }
  }

  /** A core of the next life, as recovery leaves it. */
  recovered(options: CoreOptions, nowNs: Ns): Core {
    const core = new Core(coreConfig(options), coreParts(2));
    recoverCore(core, this.records, nowNs);
    return core;
  }

  #appendEvent(event: Event): void {
    // Quotes lie in a log of their own, which recovery does not read.
    if (event.type === "quote") return;
    if (event.type === "signal" || event.type === "report") {
      const payload = Buffer.alloc(event.type === "signal" ? EVENT_SIGNAL_BYTES : EVENT_REPORT_BYTES);
      const bytes = bytesIn(payload);
      if (event.type === "signal") writeSignalEvent(bytes, 0, 0, event.signal);
      else writeReportEvent(bytes, 0, 0, event.report);
      this.#push(event.type === "signal" ? RECORD.EVENT_SIGNAL : RECORD.EVENT_REPORT, event, payload);
      return;
    }
    this.#push(RARE[event.type], event, encodeRareEvent(0, event));
  }

  #push(type: number, at: { nowNs: Ns; wallMs: EpochMs }, payload: Buffer): void {
    const lsn = this.records.length;
    this.records.push({
      lsn,
      type,
      version: RECORD_VERSION,
      monoNs: at.nowNs,
      wallMs: at.wallMs,
      payload,
    } as unknown as RecordView);
  }
}
