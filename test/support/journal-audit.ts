/**
 * Audit of what an engine left on disk: who was accepted, what was decided about it, which orders that justified.
 *
 * Reads the logs with the engine's reader and counts with its own arithmetic: nothing here goes through the core.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type RecordView, readLog } from "../../src/journal/reader.ts";
import {
  RECORD,
  readDecision,
  readEvent,
  readIntakeSignal,
  readIntent,
  readVerdict,
} from "../../src/journal/records.ts";
import { type Bytes, bytesOf } from "../../src/memory/signal-slot.ts";

export interface JournaledOrder {
  readonly clientOrderId: string;
  readonly tag: string;
  readonly cause: string;
  readonly instrument: number;
  readonly side: "buy" | "sell";
  readonly qtyLots: number;
  readonly reduceOnly: boolean;
  cumQtyLots: number;
}

export interface JournaledDecision {
  readonly tag: string;
  readonly instrument: number;
  readonly targetLots: number;
  /** The most that orders of this cause may ever fill: the gap at the time, and what was pending might not have come. */
  readonly fillLotsMax: number;
}

export interface Audit {
  /** Intake sequence numbers by signal id, over both logs. One id must have one. */
  readonly seqsOfId: ReadonlyMap<string, ReadonlySet<number>>;
  /** Number of verdicts by intake sequence. */
  readonly verdicts: ReadonlyMap<number, number>;
  readonly orders: ReadonlyMap<string, JournaledOrder>;
  readonly decisions: ReadonlyMap<string, JournaledDecision>;
  readonly alarms: readonly { readonly code: string; readonly message: string }[];
  /** Orders whose outcome was not known when an engine started again, over all starts. */
  readonly inDoubtAtStart: number;
}

export interface AuditOptions {
  /** Hedge instrument by shield index. */
  readonly hedges: readonly number[];
}

const TERMINAL = new Set(["filled", "canceled", "expired", "rejected"]);

export function auditJournal(dataDir: string, { hedges }: AuditOptions): Audit {
  const fold = new Fold(hedges);
  const intake = join(dataDir, "journal", "intake");
  const decisions = join(dataDir, "journal", "decisions");
  if (existsSync(intake)) for (const record of readLog(intake)) fold.intake(record);
  if (existsSync(decisions)) for (const record of readLog(decisions)) fold.decision(record);
  return fold;
}

/** Ids whose verdicts are not exactly one under exactly one sequence number. */
export function notDecidedOnce(audit: Audit, ids: Iterable<string>): string[] {
  const wrong: string[] = [];
  for (const id of ids) {
    const seqs = [...(audit.seqsOfId.get(id) ?? [])];
    const verdicts = seqs.map((seq) => audit.verdicts.get(seq) ?? 0);
    if (seqs.length !== 1 || verdicts[0] !== 1)
      wrong.push(`${id}: sequence ${seqs.join()}, verdicts ${verdicts.join()}`);
  }
  return wrong;
}

class Fold implements Audit {
  readonly seqsOfId = new Map<string, Set<number>>();
  readonly verdicts = new Map<number, number>();
  readonly orders = new Map<string, JournaledOrder>();
  readonly decisions = new Map<string, JournaledDecision>();
  readonly alarms: { code: string; message: string }[] = [];
  inDoubtAtStart = 0;
  readonly #hedges: readonly number[];
  readonly #heldLots = new Map<number, number>();
  /** Orders that may still fill; the rest need not be looked at again. */
  readonly #pending = new Set<JournaledOrder>();

  constructor(hedges: readonly number[]) {
    this.#hedges = hedges;
  }

  intake(record: RecordView): void {
    if (record.type !== RECORD.INTAKE_SIGNAL) return;
    const { signal } = readIntakeSignal(bytesFrom(record), 0);
    this.#saw(signal.signalId, signal.intakeSeq);
  }

  decision(record: RecordView): void {
    const bytes = bytesFrom(record);
    switch (record.type) {
      case RECORD.EPOCH:
        this.inDoubtAtStart += this.#pending.size;
        return;
      case RECORD.EVENT_SIGNAL: {
        const read = readEvent(record.type, bytes, 0, record.payload.length, 0 as never, 0 as never);
        if (read?.event.type === "signal") this.#saw(read.event.signal.signalId, read.event.signal.intakeSeq);
        return;
      }
      case RECORD.VERDICT: {
        const { intakeSeq } = readVerdict(bytes, 0);
        this.verdicts.set(intakeSeq, (this.verdicts.get(intakeSeq) ?? 0) + 1);
        return;
      }
      case RECORD.INTENT:
        this.#intent(bytes);
        return;
      case RECORD.DECISION:
        this.#decided(bytes);
        return;
      case RECORD.EVENT_REPORT: {
        const read = readEvent(record.type, bytes, 0, record.payload.length, 0 as never, 0 as never);
        if (read?.event.type === "report") this.#report(read.event.report);
        return;
      }
      case RECORD.ALARM:
        this.alarms.push(JSON.parse(bytes.bytes.toString("utf8")));
        return;
    }
  }

  #saw(id: string, seq: number): void {
    const seqs = this.seqsOfId.get(id);
    if (seqs === undefined) this.seqsOfId.set(id, new Set([seq]));
    else seqs.add(seq);
  }

  #intent(bytes: Bytes): void {
    const { clientOrderId, cause, instrument, side, qtyLots, reduceOnly } = readIntent(bytes, 0);
    if (this.orders.has(clientOrderId)) throw new Error(`two intents of the order id ${clientOrderId}`);
    const tag = clientOrderId.slice(0, 16);
    const order = { clientOrderId, tag, cause, instrument, side, qtyLots, reduceOnly, cumQtyLots: 0 };
    this.orders.set(clientOrderId, order);
    this.#pending.add(order);
  }

  #decided(bytes: Bytes): void {
    const { shield, targetLots, decision } = readDecision(bytes, 0);
    const { tag } = decision.cause;
    // Written again where decay moves its stage; the first says what the signal asked for.
    if (this.decisions.has(tag)) return;
    const instrument = this.#hedges[shield] ?? -1;
    let pendingLots = 0;
    for (const order of this.#pending) {
      if (order.instrument === instrument && order.tag !== tag) pendingLots += order.qtyLots - order.cumQtyLots;
    }
    const gapLots = Math.abs(targetLots - (this.#heldLots.get(instrument) ?? 0));
    this.decisions.set(tag, { tag, instrument, targetLots, fillLotsMax: gapLots + pendingLots });
  }

  #report(report: { clientOrderId: string; kind: string; status: string; cumQtyLots: number }): void {
    const order = this.orders.get(report.clientOrderId);
    if (order === undefined) return;
    const filledLots = Math.max(0, report.cumQtyLots - order.cumQtyLots);
    order.cumQtyLots += filledLots;
    const sign = order.side === "buy" ? 1 : -1;
    this.#heldLots.set(order.instrument, (this.#heldLots.get(order.instrument) ?? 0) + sign * filledLots);
    const ends = report.kind === "status" ? TERMINAL.has(report.status) : ["rejected", "notSent"].includes(report.kind);
    if (ends) this.#pending.delete(order);
  }
}

const bytesFrom = ({ payload }: RecordView): Bytes => bytesOf(payload.buffer, payload.byteOffset, payload.byteLength);
