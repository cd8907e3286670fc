/** Records of what left `step`, but for those that are JSON (json-records.ts): orders, decisions of shields, verdicts. */
import { CHILD_STATES, type Child, createChild } from "../core/child.ts";
import type { DecayStage } from "../core/decay.ts";
import type { Verdict } from "../core/event.ts";
import type { ShieldDecision } from "../core/playbooks/shield.ts";
import { REFUSAL_CODES } from "../domain/refusal.ts";
import { SIGNAL_KINDS } from "../domain/signal.ts";
import type { EpochMs, Lots, Ns, Ticks } from "../domain/units.ts";
import { writeAscii } from "../memory/ascii.ts";
import type { Bytes } from "../memory/signal-slot.ts";

const OUTCOMES = ["hedged", "absorbed", "deferred", "refused"] as const;
const STAGES = ["fresh", "boosted", "nearFull", "expired"] as const;

/** Fixed part of an INTENT; the cause follows as ASCII. */
const INTENT_FIXED_BYTES = 128;
export const intentBytes = (child: Child): number => INTENT_FIXED_BYTES + child.cause.length;

export function writeIntent({ view, bytes }: Bytes, at: number, child: Child): void {
  view.setFloat64(at, child.qtyLots, true);
  view.setFloat64(at + 8, child.pxTicks, true);
  view.setFloat64(at + 16, child.stampMs, true);
  view.setFloat64(at + 24, child.validForMs, true);
  view.setFloat64(at + 32, child.sentNs, true);
  view.setFloat64(at + 40, child.receivedNs, true);
  view.setUint32(at + 48, child.route, true);
  view.setUint32(at + 52, child.attempt, true);
  view.setUint16(at + 56, child.listing, true);
  view.setUint16(at + 58, child.venue, true);
  view.setUint16(at + 60, child.instrument, true);
  view.setUint16(at + 62, child.shield, true);
  view.setUint8(at + 64, child.side === "buy" ? 1 : 0);
  view.setUint8(at + 65, child.reduceOnly ? 1 : 0);
  view.setUint8(at + 66, CHILD_STATES.indexOf(child.state));
  view.setUint8(at + 67, child.cause.length);
  view.setUint32(at + 68, 0, true);
  // Zero in records of builds that kept no target.
  view.setUint8(at + 68, Number.isNaN(child.targetLots) ? 0 : 1);
  writeAscii(bytes, at + 72, child.clientOrderId, INTENT_FIXED_BYTES - 72);
  view.setFloat64(at + 104, Number.isNaN(child.targetLots) ? 0 : child.targetLots, true);
  writeAscii(bytes, at + INTENT_FIXED_BYTES, child.cause, child.cause.length);
}

/** The child as it was when it was about to be sent. */
export function readIntent({ view, bytes }: Bytes, at: number): Child {
  const child = createChild();
  child.qtyLots = view.getFloat64(at, true) as Lots;
  child.pxTicks = view.getFloat64(at + 8, true) as Ticks;
  child.stampMs = view.getFloat64(at + 16, true) as EpochMs;
  child.validForMs = view.getFloat64(at + 24, true);
  child.sentNs = view.getFloat64(at + 32, true) as Ns;
  child.receivedNs = view.getFloat64(at + 40, true);
  child.route = view.getUint32(at + 48, true);
  child.attempt = view.getUint32(at + 52, true);
  child.listing = view.getUint16(at + 56, true);
  child.venue = view.getUint16(at + 58, true);
  child.instrument = view.getUint16(at + 60, true);
  child.shield = view.getUint16(at + 62, true);
  child.side = view.getUint8(at + 64) === 1 ? "buy" : "sell";
  child.reduceOnly = view.getUint8(at + 65) === 1;
  child.state = CHILD_STATES[view.getUint8(at + 66)]!;
  child.targetLots = view.getUint8(at + 68) === 1 ? view.getFloat64(at + 104, true) : Number.NaN;
  child.clientOrderId = bytes.toString("latin1", at + 72, at + 104);
  child.cause = bytes.toString("latin1", at + INTENT_FIXED_BYTES, at + INTENT_FIXED_BYTES + view.getUint8(at + 67));
  return child;
}

/** The decision of a shield, as far as recovery and an explanation need it. */
export interface DecisionRecord {
  readonly shield: number;
  readonly stage: DecayStage;
  readonly targetLots: Lots;
  readonly exposureNotional: number;
  readonly decision: ShieldDecision;
}

const DECISION_FIXED_BYTES = 168;
export const decisionBytes = (decision: ShieldDecision): number => DECISION_FIXED_BYTES + decision.cause.text.length;

export function writeDecision(to: Bytes, at: number, record: DecisionRecord): void {
  const { view, bytes } = to;
  const { decision } = record;
  const { intensity, cause } = decision;
  view.setFloat64(at, decision.intakeSeq, true);
  view.setFloat64(at + 8, decision.generatedAtMs, true);
  view.setFloat64(at + 16, decision.horizonMs, true);
  view.setFloat64(at + 24, decision.actUntilMs, true);
  view.setFloat64(at + 32, decision.capNotional, true);
  view.setFloat64(at + 40, decision.capQuantity, true);
  view.setFloat64(at + 48, intensity.positionSize, true);
  view.setFloat64(at + 56, intensity.signalStrength, true);
  view.setFloat64(at + 64, intensity.volatility, true);
  view.setFloat64(at + 72, intensity.riskAversion, true);
  view.setFloat64(at + 80, intensity.timeOfDay, true);
  view.setFloat64(at + 88, intensity.night, true);
  view.setFloat64(at + 96, intensity.leverage, true);
  view.setFloat64(at + 104, intensity.h, true);
  view.setFloat64(at + 112, record.targetLots, true);
  view.setFloat64(at + 120, record.exposureNotional, true);
  view.setFloat64(at + 128, cause.receivedNs, true);
  view.setUint32(at + 136, cause.nextAttempt, true);
  view.setUint16(at + 140, record.shield, true);
  view.setUint8(at + 142, SIGNAL_KINDS.indexOf(decision.kind));
  view.setUint8(at + 143, STAGES.indexOf(record.stage));
  view.setUint8(at + 144, cause.text.length);
  view.setUint8(at + 145, decision.replayed ? 1 : 0);
  writeAscii(bytes, at + 146, "", 152 - 146);
  writeAscii(bytes, at + 152, cause.tag, DECISION_FIXED_BYTES - 152);
  writeAscii(bytes, at + DECISION_FIXED_BYTES, cause.text, cause.text.length);
}

export function readDecision({ view, bytes }: Bytes, at: number): DecisionRecord {
  return {
    shield: view.getUint16(at + 140, true),
    stage: STAGES[view.getUint8(at + 143)]!,
    targetLots: view.getFloat64(at + 112, true) as Lots,
    exposureNotional: view.getFloat64(at + 120, true),
    decision: {
      intakeSeq: view.getFloat64(at, true),
      cause: {
        text: bytes.toString("latin1", at + DECISION_FIXED_BYTES, at + DECISION_FIXED_BYTES + view.getUint8(at + 144)),
        tag: bytes.toString("latin1", at + 152, at + 168),
        nextAttempt: view.getUint32(at + 136, true),
        receivedNs: view.getFloat64(at + 128, true),
      },
      kind: SIGNAL_KINDS[view.getUint8(at + 142)]!,
      generatedAtMs: view.getFloat64(at + 8, true) as EpochMs,
      horizonMs: view.getFloat64(at + 16, true),
      actUntilMs: view.getFloat64(at + 24, true),
      capNotional: view.getFloat64(at + 32, true),
      capQuantity: view.getFloat64(at + 40, true),
      intensity: {
        positionSize: view.getFloat64(at + 48, true),
        signalStrength: view.getFloat64(at + 56, true),
        volatility: view.getFloat64(at + 64, true),
        riskAversion: view.getFloat64(at + 72, true),
        timeOfDay: view.getFloat64(at + 80, true),
        night: view.getFloat64(at + 88, true),
        leverage: view.getFloat64(at + 96, true),
        h: view.getFloat64(at + 104, true),
      },
      ...(view.getUint8(at + 145) === 1 ? { replayed: true } : {}),
    },
  };
}

/** Also the form in which a verdict goes back through the ring. */
export const VERDICT_BYTES = 32;
export function writeVerdict({ view }: Bytes, at: number, verdict: Verdict): void {
  view.setFloat64(at, verdict.intakeSeq, true);
  view.setFloat64(at + 8, verdict.refusal?.value ?? Number.NaN, true);
  view.setFloat64(at + 16, verdict.refusal?.limit ?? Number.NaN, true);
  view.setUint8(at + 24, OUTCOMES.indexOf(verdict.outcome));
  view.setUint8(at + 25, verdict.refusal === null ? 0 : REFUSAL_CODES.indexOf(verdict.refusal.code));
  view.setUint16(at + 26, 0, true);
  view.setUint32(at + 28, 0, true);
}

export function readVerdict({ view }: Bytes, at: number): Verdict {
  const refused = view.getUint8(at + 25);
  return {
    intakeSeq: view.getFloat64(at, true),
    outcome: OUTCOMES[view.getUint8(at + 24)]!,
    refusal:
      refused === 0
        ? null
        : {
            code: REFUSAL_CODES[refused]!,
            value: view.getFloat64(at + 8, true),
            limit: view.getFloat64(at + 16, true),
          },
  };
}
