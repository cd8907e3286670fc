/**
 * Audit of what an engine left on disk: who was accepted, what was decided about it, which orders that justified.
 *
 * Reads the logs with the engine's reader and counts with its own arithmetic: nothing here goes through the core.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { VenueOrder } from "../../src/domain/order.ts";
import { readDecision, readIntent, readVerdict } from "../../src/journal/command-records.ts";
import { readEvent } from "../../src/journal/event-records.ts";
import { readIntakeSignal } from "../../src/journal/intake-records.ts";
import { readJson } from "../../src/journal/json-records.ts";
import { type RecordView, readLog } from "../../src/journal/reader.ts";
import { type EpochRecord, RECORD } from "../../src/journal/records.ts";
import { type Bytes, bytesIn } from "../../src/memory/signal-slot.ts";

export interface JournaledOrder {
  readonly clientOrderId: string;
  readonly tag: string;
  readonly cause: string;
  readonly instrument: number;
  readonly side: "buy" | "sell";
  readonly qtyLots: number;
  readonly reduceOnly: boolean;
  /** Its intent was lost with the power; a venue's list brought it back. */
  readonly isOrphan: boolean;
  cumQtyLots: number;
}

export interface JournaledDecision {
  readonly tag: string;
  readonly instrument: number;
  readonly targetLots: number;
  /** The most that orders of this cause may ever fill: the gap at the time, and what was pending might not have come. */
  fillLotsMax: number;
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
  /** Instrument by listing index; needed where power was lost. */
  readonly instruments?: readonly number[];
}

const TERMINAL = new Set(["filled", "canceled", "expired", "rejected"]);

export function auditJournal(dataDir: string, { hedges, instruments = [] }: AuditOptions): Audit {
  const fold = new Fold(hedges, instruments);
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
  readonly #instruments: readonly number[];
  #epoch = 0;
  /** The newest decision by instrument. */
  readonly #standing = new Map<number, JournaledDecision>();
  readonly #heldLots = new Map<number, number>();
  /** Orders that may still fill; the rest need not be looked at again. */
  readonly #pending = new Set<JournaledOrder>();

  constructor(hedges: readonly number[], instruments: readonly number[]) {
    this.#hedges = hedges;
    this.#instruments = instruments;
  }

  intake(record: RecordView): void {
    if (record.type !== RECORD.INTAKE_SIGNAL) return;
    const { signal } = readIntakeSignal(bytesIn(record.payload), 0);
    this.#saw(signal.signalId, signal.intakeSeq);
  }

  decision(record: RecordView): void {
    const bytes = bytesIn(record.payload);
    switch (record.type) {
      case RECORD.EPOCH:
        this.inDoubtAtStart += this.#pending.size;
        // What stood when the power went stands again, and is gone back to where nothing newer was kept.
        if (readJson<EpochRecord>(bytes).amnesiaSinceMs !== undefined) {
          for (const decision of this.#standing.values()) decision.fillLotsMax = Number.POSITIVE_INFINITY;
        }
        this.#epoch = readJson<EpochRecord>(bytes).epoch;
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
      case RECORD.EVENT_ORPHAN: {
        const read = readEvent(record.type, bytes, 0, record.payload.length, 0 as never, 0 as never);
        if (read?.event.type === "orphan") this.#orphan(read.event.order);
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
    const order = { clientOrderId, tag, cause, instrument, side, qtyLots, reduceOnly, isOrphan: false, cumQtyLots: 0 };
    this.orders.set(clientOrderId, order);
    this.#pending.add(order);
  }

  #orphan(told: VenueOrder): void {
    const { clientOrderId, listing, side, qtyLots, reduceOnly, status, cumQtyLots } = told;
    if (!this.orders.has(clientOrderId)) {
      const tag = clientOrderId.slice(0, 16);
      const instrument = this.#instruments[listing] ?? -1;
      const order = {
        clientOrderId,
        tag,
        cause: "",
        instrument,
        side,
        qtyLots,
        reduceOnly,
        isOrphan: true,
        cumQtyLots: 0,
      };
      this.orders.set(clientOrderId, order);
      this.#pending.add(order);
    }
    this.#report({ clientOrderId, kind: "status", status, cumQtyLots });
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
    // Power may have taken the decision and left its order: then it is decided again, under the same tag.
    for (const order of this.orders.values()) {
      const epoch = Number.parseInt(order.clientOrderId.slice(16, 22), 16);
      if (order.tag === tag && epoch < this.#epoch && !order.isOrphan) pendingLots += order.qtyLots;
    }
    const gapLots = Math.abs(targetLots - (this.#heldLots.get(instrument) ?? 0));
    const decided = { tag, instrument, targetLots, fillLotsMax: gapLots + pendingLots };
    this.decisions.set(tag, decided);
    this.#standing.set(instrument, decided);
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
