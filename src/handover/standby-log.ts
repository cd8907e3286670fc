/**
 * Standby log: what an `outrigger intake` accepted while the engine was away, in the engine's own record types.
 *
 * It lies in a directory of its own, has one writer (the standby) and one reader (the engine), and is thrown away when the
 * engine has taken all of it over. Every life of the standby begins with a header: it names the log, so that a position in it
 * means something, and the sources, so that their numbers do, whatever the engine's configuration says by then.
 */
import { join } from "node:path";
import { standbyDirectory } from "../config/paths.ts";
import type { DecodedSignal } from "../domain/signal.ts";
import type { DeadLetter } from "../gateway/intake.ts";
import type { VerdictCode } from "../gateway/verdict.ts";
import { readIntakeSignal } from "../journal/intake-records.ts";
import { readDeadLetter } from "../journal/letter-records.ts";
import { readLog } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { bytesIn } from "../memory/signal-slot.ts";

export const standbyLogDirectory = (dataDir: string): string => join(standbyDirectory(dataDir), "log");

/** A CONTROL record's JSON. */
export interface StandbyHeader {
  readonly type: "standby";
  readonly log: string;
  readonly sources: readonly string[];
}

/** Bytes and objects are valid until the next step. */
export type StandbyEntry = { readonly log: string; readonly lsn: number } & (
  | { readonly kind: "signal"; readonly source: string; readonly signal: DecodedSignal; readonly body: Uint8Array }
  | { readonly kind: "letter"; readonly letter: DeadLetter }
);

/** In the order in which it was accepted. Nothing where there is no log. */
export function* readStandbyLog(dataDir: string): Generator<StandbyEntry, void, undefined> {
  let header: StandbyHeader = { type: "standby", log: "", sources: [] };
  for (const { type, lsn, payload } of readLog(standbyLogDirectory(dataDir))) {
    const bytes = bytesIn(payload);
    const { log } = header;
    if (type === RECORD.CONTROL) {
      const control = JSON.parse(bytes.bytes.toString("utf8")) as { readonly type?: string };
      if (control.type === "standby") header = control as StandbyHeader;
    } else if (type === RECORD.INTAKE_SIGNAL) {
      const { signal, extra, body } = readIntakeSignal(bytes, 0);
      const source = header.sources[signal.source] ?? "";
      yield { kind: "signal", log, lsn, source, signal: { ...signal, ...extra }, body };
    } else if (type === RECORD.DEAD_LETTER) {
      const { head, body } = readDeadLetter(bytes);
      yield { kind: "letter", log, lsn, letter: { ...head, code: head.code as VerdictCode, body } };
    }
  }
}
