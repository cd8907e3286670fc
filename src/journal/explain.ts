/**
 * Explanation of a signal: every number from what its sender said to what its orders filled, in the order in which it was
 * computed. Read from the journal alone, so it says what was decided then and not what would be decided now.
 *
 * Reads both logs once, with memory for one signal. Corrections that a position made later have causes of their own; what they
 * did to this signal's position shows as its life.
 */
import type { Child } from "../core/child.ts";
import type { Verdict } from "../core/event.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { Outcome } from "../core/score/outcomes.ts";
import { FACTORS, type Scored } from "../core/score.ts";
import type { OrderReport } from "../domain/order.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { type DecisionRecord, readDecision, readIntent, readVerdict } from "./command-records.ts";
import { readEvent } from "./event-records.ts";
import { AnalysesInUse } from "./explain-analyses.ts";
import { type IntakeExtra, readIntakeSignal } from "./intake-records.ts";
import { readNamed } from "./json-records.ts";
import type { RecordView } from "./reader.ts";
import { RECORD } from "./records.ts";

/** Names that the journal keeps as numbers. */
export interface Names {
  readonly sources: readonly string[];
  readonly instruments: readonly { readonly symbol: string }[];
  readonly venues: readonly { readonly name: string }[];
}

/** Parts of the way, in the order in which they are computed. A log has orders before the size that they were of. */
const PARTS = [
  "signal",
  "analysis",
  "score",
  "correlation",
  "open",
  "cluster",
  "size",
  "order",
  "verdict",
  "life",
  "outcome",
] as const;
export type Part = (typeof PARTS)[number];

export interface Line {
  readonly part: Part;
  readonly name: string;
  readonly value: string | number;
}

/** As computed, and where that is one part as logged. */
export const inOrder = (lines: Line[]): Line[] =>
  lines.sort((one, other) => PARTS.indexOf(one.part) - PARTS.indexOf(other.part));

/** Every signal of that id, of any source, in the order in which they came in. Empty where the journal has none. */
export function explainSignal(
  signalId: string,
  names: Names,
  intake: Iterable<RecordView>,
  decisions: Iterable<RecordView>,
): Line[][] {
  const found = [...signalsOf(signalId, intake)];
  const stories = found.map(({ signal, extra, receivedMs }) => new Story(signal, extra, receivedMs, names));
  if (stories.length > 0) {
    for (const record of decisions) for (const story of stories) story.take(record);
  }
  return stories.map(({ lines }) => inOrder(lines));
}

function* signalsOf(signalId: string, intake: Iterable<RecordView>) {
  for (const { type, payload, wallMs } of intake) {
    if (type !== RECORD.INTAKE_SIGNAL) continue;
    const { signal, extra } = readIntakeSignal(bytesIn(payload), 0);
    if (signal.signalId === signalId) yield { signal, extra, receivedMs: wallMs };
  }
}

export const instrumentName = ({ instruments }: Names, index: number): string =>
  instruments[index]?.symbol ?? `instrument ${index}`;

/** An order as it was about to be sent. */
export function orderWords(child: Child, names: Names, wallMs: number): string {
  const venue = names.venues[child.venue]?.name ?? `venue ${child.venue}`;
  const what = `${child.side} ${child.qtyLots} lots of ${instrumentName(names, child.instrument)} at ${venue}`;
  const limit = child.side === "buy" ? "at most" : "at least";
  const how = `${limit} ${child.pxTicks} ticks${child.reduceOnly ? ", reduce-only" : ""}, toward ${child.targetLots} lots`;
  return `${new Date(wallMs).toISOString()} ${what}, ${how}`;
}

/** What a venue said of an order. */
export function reportWords({ kind, status, cumQtyLots, avgPxTicks, code }: OrderReport, wallMs: number): string {
  const said = kind === "status" ? status : kind;
  const filled = cumQtyLots > 0 ? `, ${cumQtyLots} lots at ${avgPxTicks} ticks` : "";
  return `${new Date(wallMs).toISOString()} ${said}${filled}${code === 0 ? "" : `, code ${code}`}`;
}

class Story {
  readonly lines: Line[] = [];
  readonly #signal: Signal;
  readonly #cause: string;
  readonly #names: Names;
  readonly #orders = new Map<string, Child>();
  readonly #analyses = new AnalysesInUse();
  /** The records behind this signal's own event, up to the next event, are what it decided. */
  #deciding = false;
  /** The owner of the position that this signal's decision stands behind. */
  #owner = -1;

  constructor(signal: Signal, extra: IntakeExtra, receivedMs: number, names: Names) {
    this.#signal = signal;
    this.#names = names;
    const source = names.sources[signal.source] ?? `source ${signal.source}`;
    this.#cause = `${source}|${signal.signalId}`;
    this.#say("signal", "source", source);
    this.#say("signal", "intake sequence", signal.intakeSeq);
    this.#say("signal", "received", new Date(receivedMs).toISOString());
    this.#say("signal", "generated", new Date(signal.generatedAtMs).toISOString());
    this.#say("signal", "model", `${extra.model} ${extra.modelVersion}`);
    this.#say("signal", "kind", `${signal.kind} ${signal.direction}`);
    this.#say("signal", "asset", `${extra.asset}, which is ${this.#instrument(signal.instrument)}`);
    this.#say("signal", "confidence", signal.confidence);
    this.#say("signal", "strength", signal.strength);
    this.#say("signal", "horizon ms", signal.horizonMs);
    this.#sayKnown("signal", "notional", signal.notional);
    this.#sayKnown("signal", "quantity", signal.quantity);
  }

  take(record: RecordView): void {
    const { type, payload, monoNs, wallMs } = record;
    const bytes = bytesIn(payload);
    this.#analyses.take(record);
    switch (type) {
      case RECORD.INTENT:
        this.#intent(readIntent(bytes, 0), wallMs);
        return;
      case RECORD.SCORED:
        if (this.#deciding) this.#scored(readNamed(bytes) as Scored);
        return;
      case RECORD.DECISION: {
        const record = readDecision(bytes, 0);
        if (record.decision.intakeSeq === this.#signal.intakeSeq) this.#decision(record, wallMs);
        return;
      }
      case RECORD.POSITION:
        this.#position(readNamed(bytes) as PositionRecord, wallMs);
        return;
      case RECORD.VERDICT:
        if (this.#deciding) this.#verdict(readVerdict(bytes, 0));
        return;
      case RECORD.OUTCOME: {
        const outcome = readNamed(bytes) as Outcome;
        if (outcome.intakeSeq === this.#signal.intakeSeq) this.#outcome(outcome);
        return;
      }
      default: {
        const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
        if (read === null) return;
        const { event } = read;
        this.#deciding = event.type === "signal" && event.signal.intakeSeq === this.#signal.intakeSeq;
        if (this.#deciding) this.#say("signal", "decided", new Date(wallMs).toISOString());
        if (event.type === "report") this.#report(event.report, wallMs);
      }
    }
  }

  #scored(scored: Scored): void {
    const say = (name: string, value: number) => this.#say("score", name, value);
    say("stated confidence", scored.stated);
    say("outcomes known", scored.outcomes);
    if (scored.weight > 0) {
      say("calibrated", scored.mapped);
      say("base rate", scored.baseRate);
      say("weight n/(n+50)", scored.weight);
      this.#sayUsed("calibration", this.#analyses.calibration(scored));
    } else this.#say("score", "calibrated", "no: fewer than 50 outcomes were fitted");
    say("confidence", scored.confidence);
    FACTORS.forEach((factor, k) => {
      const agreement = scored.agreements[k] ?? Number.NaN;
      const weight = scored.weights[k] ?? 0;
      const points = Number.isNaN(agreement) ? "not known, 0" : `${weight} × ${agreement} = ${weight * agreement}`;
      this.#say("score", factor, points);
    });
    say("score", scored.score);
    say("threshold", scored.threshold);
    say("price", scored.entryMid);
  }

  /** A shield's. */
  #decision({ shield, decision, stage, exposureNotional, targetLots }: DecisionRecord, wallMs: number): void {
    const part = this.#deciding ? "size" : "life";
    if (!this.#deciding) this.#say(part, "at", new Date(wallMs).toISOString());
    else {
      const { intensity } = decision;
      for (const [name, value] of Object.entries(intensity))
        this.#say(part, name === "h" ? "h before decay" : name, value);
      this.#say(part, "exposure notional", exposureNotional);
      this.#sayUsed("weights", this.#analyses.weights(shield));
    }
    this.#say(part, "decay", stage);
    this.#say(part, "target lots of the hedge", targetLots);
  }

  #position(record: PositionRecord, wallMs: number): void {
    const { decision } = record;
    const own = decision?.playbook === "signal" && decision.intakeSeq === this.#signal.intakeSeq;
    if (own) this.#owner = record.owner;
    else if (record.owner !== this.#owner) return;
    if (decision?.playbook === "signal" && own && this.#deciding) {
      const say = (name: string, value: string | number) => this.#say("size", name, value);
      say("notional asked", decision.notionalAsked);
      say("rollout", decision.rampFactor);
      say("notional", decision.notional);
      say("policy", decision.policy);
      for (const [name, value] of Object.entries(decision.linear ?? {})) say(name, value);
      if (decision.linear !== null) this.#sayUsed("weights", this.#analyses.weights(record.owner));
      say("h before decay", decision.baseH);
      say("decay", decision.stage);
      say("h", record.h);
      say("β", `${record.beta} (${decision.betaMethod})`);
      this.#sayUsed("β", this.#analyses.ratio(record.beta, decision.betaMethod));
      if (decision.policy === "insurance")
        this.#sayUsed("excursions", this.#analyses.excursions(this.#signal.instrument));
      say("daily volatility", decision.volatilityDaily);
      say("price of the primary", record.entryPrice);
      say("target lots of the primary", record.primaryLots);
      say("target lots of the hedge", record.hedgeLots);
      return;
    }
    const targets = `${record.state}, targets ${record.primaryLots} and ${record.hedgeLots} lots, h ${record.h}`;
    this.#say("life", new Date(wallMs).toISOString(), `${targets}: ${record.why}`);
    // Another decision stands behind it from here on, or none.
    if (!own) this.#owner = -1;
  }

  #intent(child: Child, wallMs: number): void {
    if (child.cause !== this.#cause) return;
    this.#orders.set(child.clientOrderId, child);
    this.#say("order", child.clientOrderId, orderWords(child, this.#names, wallMs));
  }

  #report(report: OrderReport, wallMs: number): void {
    if (!this.#orders.has(report.clientOrderId)) return;
    this.#say("order", report.clientOrderId, reportWords(report, wallMs));
  }

  #verdict({ outcome, refusal }: Verdict): void {
    this.#say("verdict", "outcome", outcome);
    if (refusal === null) return;
    this.#say("verdict", "code", refusal.code);
    this.#sayKnown("verdict", "value", refusal.value);
    this.#sayKnown("verdict", "limit", refusal.limit);
  }

  #outcome({ exitMid, horizonReturn, hit }: Outcome): void {
    this.#say("outcome", "price at the horizon", exitMid);
    this.#say("outcome", "return", horizonReturn);
    this.#say("outcome", "came true", hit ? "yes" : "no");
  }

  #instrument(index: number): string {
    return instrumentName(this.#names, index);
  }

  /** What was found outside the core and went into this; null where nothing was. */
  #sayUsed(name: string, words: string | null): void {
    if (words !== null) this.#say("analysis", name, words);
  }

  #sayKnown(part: Part, name: string, value: number): void {
    if (!Number.isNaN(value)) this.#say(part, name, value);
  }

  #say(part: Part, name: string, value: string | number): void {
    this.lines.push({ part, name, value });
  }
}
