/**
 * A journal grown to a size: as if signals had come for hours, each hedged by one order that filled, buys and sells in turn, so
 * that every position ends flat. Written by the engine's own log writer into a journal that an engine has begun; its directory
 * must have at least one shield, two sources and a listing.
 */
import { join } from "node:path";
import { createChild } from "../../src/core/child.ts";
import type { CoreConfig } from "../../src/core/config.ts";
import { createOrderReport } from "../../src/domain/order.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { type EpochMs, lots, type Ns, ticks } from "../../src/domain/units.ts";
import { readBootId } from "../../src/journal/boot-id.ts";
import {
  decisionBytes,
  intentBytes,
  VERDICT_BYTES,
  writeDecision,
  writeIntent,
  writeVerdict,
} from "../../src/journal/command-records.ts";
import {
  EVENT_REPORT_BYTES,
  EVENT_SIGNAL_BYTES,
  writeReportEvent,
  writeSignalEvent,
} from "../../src/journal/event-records.ts";
import { intakeSignalBytesMax, writeIntakeSignal } from "../../src/journal/intake-records.ts";
import type { LogWriter } from "../../src/journal/log.ts";
import { LogFlusher } from "../../src/journal/log-flusher.ts";
import { openLog } from "../../src/journal/open-log.ts";
import { RECORD, RECORD_VERSION } from "../../src/journal/records.ts";
import { logBlock } from "../../src/lane/log-blocks.ts";
import { LOG } from "../../src/lane/options.ts";
import { createShared } from "../../src/memory/shared.ts";

export interface GrowOptions {
  readonly journal: string;
  readonly core: CoreConfig;
  readonly bytes: number;
  readonly segmentBytes: number;
  /** Number of the first signal, and when it comes. */
  readonly firstSeq: number;
  readonly nowMs: number;
}

const WRITE_EVERY = 256;

/** Returns how many signals were written. */
export function growJournal({ journal, core, bytes, segmentBytes, firstSeq, nowMs }: GrowOptions): number {
  const shared = createShared();
  const open = (name: string, logId: number) => {
    const block = logBlock(shared, logId);
    const directory = join(journal, name);
    const options = {
      directory,
      logId,
      bootId: readBootId(),
      block,
      wallMs: nowMs,
      segmentBytes,
      trust: "durable" as const,
    };
    const { writer } = openLog(options);
    return {
      writer,
      flusher: new LogFlusher(directory, block, ({ message }) => {
        throw new Error(message);
      }),
    };
  };
  const logs = [open("intake", LOG.INTAKE), open("decisions", LOG.DECISIONS)] as const;
  const [intake, decisions] = [logs[0].writer, logs[1].writer];
  let written = 0;
  let signals = 0;
  for (; written < bytes || signals % 2 === 1; signals++) {
    written += appendSignal(intake, decisions, core, firstSeq + signals, nowMs + signals, signals);
    if (signals % WRITE_EVERY > 0) continue;
    for (const { writer, flusher } of logs) {
      writer.write();
      flusher.flush();
    }
  }
  for (const { writer, flusher } of logs) {
    writer.write();
    flusher.flush();
    while (flusher.advanceChain()) {}
    writer.close();
    flusher.close();
  }
  return signals;
}

/** Bytes that it takes in both logs, about. */
function appendSignal(
  intake: LogWriter,
  decisions: LogWriter,
  { shields, directory, router }: CoreConfig,
  seq: number,
  wallMs: number,
  made: number,
): number {
  const shield = shields[0]!;
  const listing = directory.listings.find(({ instrument }) => instrument === shield.hedge)!;
  const buys = made % 2 === 0;
  const signalId = `grown-${String(seq).padStart(10, "0")}`;
  const nowNs = seq * 1e6;
  const signal: Signal = {
    intakeSeq: seq,
    signalId,
    source: 0,
    kind: "hedge",
    instrument: shield.asset,
    direction: shield.holdings > 0 ? "long" : "short",
    strength: 0,
    confidence: 0.5,
    horizonMs: 3_600_000,
    generatedAtMs: wallMs as EpochMs,
    notional: Number.NaN,
    quantity: Number.NaN,
    receivedNs: nowNs as Ns,
    model: 1,
    modelVersion: 1,
  };
  const asset = directory.instruments[shield.asset]!.symbol;
  const extra = { asset, model: "grown", modelVersion: "1", sequence: -1, sourceContext: "" };
  const body = Buffer.from(
    JSON.stringify({ signal_id: signalId, asset, strength: 0, generated_at: wallMs, horizon: "1h" }),
  );
  const intakeAt = intake.begin(RECORD.INTAKE_SIGNAL, RECORD_VERSION, intakeSignalBytesMax(body), nowNs, wallMs);
  const intakeBytes = writeIntakeSignal(intake, intakeAt, signal, extra, body);
  intake.commit(intakeBytes);

  const record = (type: number, byteCount: number, write: (at: number) => void) => {
    write(decisions.begin(type, RECORD_VERSION, byteCount, nowNs, wallMs));
    decisions.commit();
    return byteCount + 40;
  };
  const cause = `${directory.sources[0]}|${signalId}`;
  const intensity = {
    positionSize: 0,
    signalStrength: 0,
    volatility: 0,
    riskAversion: 0,
    timeOfDay: 0,
    night: 0,
    leverage: 1,
    h: 0,
  };
  const decision = {
    intakeSeq: seq,
    cause: { text: cause, tag: "0123456789abcdef", nextAttempt: 0, receivedNs: nowNs },
    kind: "hedge",
    generatedAtMs: wallMs as EpochMs,
    horizonMs: 3_600_000,
    actUntilMs: wallMs + 30_000,
    capNotional: Number.POSITIVE_INFINITY,
    capQuantity: Number.POSITIVE_INFINITY,
    intensity,
  } as const;
  const child = Object.assign(createChild(), {
    clientOrderId: seq.toString(16).padStart(32, "0"),
    listing: listing.index,
    venue: listing.venue,
    instrument: listing.instrument,
    side: buys ? "buy" : "sell",
    qtyLots: lots(listing.qtyLotsMin),
    pxTicks: ticks(600_000),
    stampMs: wallMs as EpochMs,
    validForMs: router.validForMs,
    route: made + 1,
    shield: 0,
    cause,
    targetLots: buys ? listing.qtyLotsMin : 0,
    sentNs: nowNs as Ns,
    state: "sent",
  });
  const report = Object.assign(createOrderReport(), {
    clientOrderId: child.clientOrderId,
    venue: listing.venue,
    listing: listing.index,
    kind: "status",
    origin: "response",
    status: "filled",
    cumQtyLots: child.qtyLots,
    avgPxTicks: 600_000,
  });
  return (
    intakeBytes +
    40 +
    record(RECORD.EVENT_SIGNAL, EVENT_SIGNAL_BYTES, (at) => writeSignalEvent(decisions, at, 0, signal)) +
    record(RECORD.INTENT, intentBytes(child), (at) => writeIntent(decisions, at, child)) +
    record(RECORD.DECISION, decisionBytes(decision), (at) =>
      writeDecision(decisions, at, { shield: 0, stage: "fresh", targetLots: lots(0), exposureNotional: 0, decision }),
    ) +
    record(RECORD.VERDICT, VERDICT_BYTES, (at) =>
      writeVerdict(decisions, at, { intakeSeq: seq, outcome: "hedged", refusal: null }),
    ) +
    record(RECORD.EVENT_REPORT, EVENT_REPORT_BYTES, (at) => writeReportEvent(decisions, at, 0, report))
  );
}
