/** Main's fold: gone on from a snapshot at any two places of the logs, it is the fold of the whole, byte for byte. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { DedupeTable } from "../../src/gateway/dedupe.ts";
import { SequenceMarks } from "../../src/gateway/sequence.ts";
import { IntakeFold, type SavedIntake } from "../../src/intake/fold.ts";
import { VERDICT_BYTES, writeVerdict } from "../../src/journal/command-records.ts";
import { EVENT_SIGNAL_BYTES, writeSignalEvent } from "../../src/journal/event-records.ts";
import { intakeSignalBytesMax, writeIntakeSignal } from "../../src/journal/intake-records.ts";
import { LetterBook } from "../../src/journal/letter-book.ts";
import { encodeDeadLetter } from "../../src/journal/letter-records.ts";
import { decodePlain, encodePlain } from "../../src/journal/plain-bytes.ts";
import type { PlacedRecord } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { bytesOf } from "../../src/memory/signal-slot.ts";

const AGES = { open: 30_000, adjust: 30_000, hedge: 30_000, close: 86_400_000, evidence: 86_400_000 };
const SOURCES = ["hook", "feed"].map((name, index) => ({
  index,
  name,
  kinds: ["hedge"] as const,
  maxAgeMs: AGES,
  ratePerSecMax: 1,
  rateBurst: 1,
}));
type Written = readonly [log: "intake" | "decisions", type: number, payload: Uint8Array];

const json = (value: object) => Buffer.from(JSON.stringify(value));
const signalOf = (intakeSeq: number, source: number, replayed: boolean, wallMs: number) => ({
  intakeSeq,
  signalId: replayed ? `replay.${intakeSeq}.1` : `s-${intakeSeq % 9}`,
  source,
  kind: "hedge",
  instrument: 0,
  direction: "long",
  strength: 0,
  confidence: 0,
  horizonMs: 1,
  generatedAtMs: wallMs,
  notional: Number.NaN,
  quantity: Number.NaN,
  receivedNs: 0,
  model: 0,
  modelVersion: 0,
  ...(replayed ? { replayed: true } : {}),
});

/** What one turn of an engine writes: one of the ways in which a signal, a letter or a command goes, crashes included. */
const turn = fc.record({
  way: fc.constantFrom(
    "both",
    "both",
    "intakeOnly",
    "decisionsOnly",
    "refused",
    "lettered",
    "givenUp",
    "letter",
    "replay",
    "discard",
    "control",
    "again",
  ),
  source: fc.nat({ max: 1 }),
  seqBack: fc.nat({ max: 4 }),
  body: fc.nat({ max: 9 }),
});
type Turn = typeof turn extends fc.Arbitrary<infer Value> ? Value : never;

function written(turns: readonly Turn[]): Written[] {
  const records: Written[] = [];
  let seq = 0;
  for (const [at, { way, source, seqBack, body }] of turns.entries()) {
    const wallMs = at * 1000;
    const old = Math.max(1, seq - seqBack);
    const intake = (type: number, payload: Uint8Array) => records.push(["intake", type, payload]);
    const event = (number: number, replayed: boolean) => {
      const payload = new Uint8Array(EVENT_SIGNAL_BYTES);
      writeSignalEvent(
        bytesOf(payload.buffer, 0, payload.length),
        0,
        0,
        signalOf(number, source, replayed, wallMs) as never,
      );
      records.push(["decisions", RECORD.EVENT_SIGNAL, payload]);
    };
    const accept = (replayed: boolean) => {
      const bytes = Buffer.alloc(body);
      const payload = new Uint8Array(intakeSignalBytesMax(bytes));
      const extra = { asset: "BTC", model: "", modelVersion: "", sequence: source === 1 ? seq : -1, sourceContext: "" };
      const view = bytesOf(payload.buffer, 0, payload.length);
      const length = writeIntakeSignal(view, 0, signalOf(seq, source, replayed, wallMs) as never, extra, bytes);
      intake(RECORD.INTAKE_SIGNAL, payload.subarray(0, length));
    };
    const decide = (number: number, refused: boolean) => {
      const payload = new Uint8Array(VERDICT_BYTES);
      const refusal = refused ? ({ code: "STALE", value: 1, limit: 0 } as const) : null;
      const verdict = { intakeSeq: number, outcome: refused ? "refused" : "hedged", refusal } as const;
      writeVerdict(bytesOf(payload.buffer, 0, payload.length), 0, verdict);
      records.push(["decisions", RECORD.VERDICT, payload]);
    };
    const head = {
      source: "hook",
      signalId: `l-${at}`,
      code: "STALE",
      message: "",
      numbers: null,
      receivedMs: wallMs,
      forgettableMs: wallMs + 5000,
    };
    if (["both", "intakeOnly", "decisionsOnly", "refused", "lettered", "replay"].includes(way)) seq++;
    if (way === "replay")
      intake(
        RECORD.DEAD_LETTER_REPLAY,
        json({ letter: 1 + body, attempt: 1, signalId: `replay.${seq}.1`, intakeSeq: seq }),
      );
    if (["both", "decisionsOnly", "refused", "lettered", "replay"].includes(way)) event(seq, way === "replay");
    if (way !== "decisionsOnly" && ["both", "intakeOnly", "refused", "lettered", "replay"].includes(way))
      accept(way === "replay");
    if (["both", "refused", "lettered"].includes(way) || (way === "replay" && body > 2))
      decide(seq, way !== "both" && (way !== "replay" || body > 6));
    if (way === "lettered") intake(RECORD.DEAD_LETTER, encodeDeadLetter({ ...head, intakeSeq: seq }, new Uint8Array()));
    if (way === "letter") intake(RECORD.DEAD_LETTER, encodeDeadLetter(head, Buffer.alloc(body)));
    if (way === "givenUp")
      records.push([
        "decisions",
        RECORD.ALARM,
        json({ code: "SIGNAL_EXPIRED", message: "m", value: 0, givenUp: { intakeSeq: old, code: "UNFILLED" } }),
      ]);
    if (way === "discard") intake(RECORD.DEAD_LETTER_DISCARD, json({ letter: 1 + body, reason: "r" }));
    if (way === "control")
      intake(
        RECORD.CONTROL,
        json(body > 4 ? { type: "kill", level: body % 3 } : { type: "handover", log: "x", lsn: body }),
      );
    if (way === "again" && seq > 0) event(old, false);
  }
  return records;
}

function newFold(): IntakeFold {
  const dedupe = new DedupeTable(12);
  return new IntakeFold({ dedupe, sequences: new SequenceMarks(), letters: new LetterBook(), sources: SOURCES });
}

function take(fold: IntakeFold, log: string, records: readonly PlacedRecord[]): void {
  for (const record of records) log === "intake" ? fold.takeIntake(record) : fold.takeDecision(record);
}

test("a fold from a snapshot on, cut at any place of either log, is the fold of the whole", () => {
  const cases = fc.tuple(fc.array(turn, { maxLength: 40, size: "max" }), fc.nat(), fc.nat());
  fc.assert(
    fc.property(cases, ([turns, intakeCut, decisionsCut]) => {
      const records = written(turns);
      const logs = (["intake", "decisions"] as const).map((log) =>
        records
          .filter(([at]) => at === log)
          .map(([, type, payload], at) => ({
            lsn: at + 1,
            type,
            version: 1,
            monoNs: 0,
            wallMs: at * 1000,
            payload,
            segment: 1,
            recordOffset: 8 * at,
          })),
      );
      const [intake, decisions] = [logs[0]!, logs[1]!];
      const cuts = [intakeCut % (intake.length + 1), decisionsCut % (decisions.length + 1)] as const;
      const begun = newFold();
      take(begun, "intake", intake.slice(0, cuts[0]));
      take(begun, "decisions", decisions.slice(0, cuts[1]));
      const fold = newFold();
      fold.load(decodePlain(encodePlain(begun.save())) as SavedIntake);
      take(fold, "intake", intake.slice(cuts[0]));
      take(fold, "decisions", decisions.slice(cuts[1]));
      const whole = newFold();
      take(whole, "decisions", decisions);
      take(whole, "intake", intake);
      expect(sorted(fold.save())).toEqual(sorted(whole.save()));
      expect(fold.finish()).toEqual(whole.finish());
      expect(sorted(fold.save())).toEqual(sorted(whole.save()));
    }),
    { numRuns: Number(process.env.RUNS ?? 300) },
  );
});

/** Sets and maps by what they hold: how the logs are interleaved may show in the order in which that came. */
function sorted({ lettered, refused, replayIds, strays, unlettered, undecided, ...rest }: SavedIntake): object {
  const bySeq = <Each extends { readonly intakeSeq: number }>(each: readonly Each[]) =>
    [...each].sort((a, b) => a.intakeSeq - b.intakeSeq);
  return {
    ...rest,
    lettered: [...lettered].sort(),
    refused: [...refused].sort(),
    replayIds: [...replayIds].sort(),
    strays: strays.map(({ signal }) => signal.intakeSeq).sort(),
    unlettered: bySeq(unlettered),
    undecided: bySeq(undecided),
  };
}
