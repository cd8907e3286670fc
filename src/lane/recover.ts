/**
 * Recovery: folds a decision log back into a core, in the order in which it was written.
 *
 * Decisions are taken from the log, never made again: an INTENT is an order that may be at a venue, whatever the core would
 * say today. What reports said is applied as it was live. Every order that had not ended is in doubt afterwards and is asked
 * for at its venue before its quantity counts as free (reliability.md §7, cases 2-4, 8, 9, 17).
 */
import type { BreakerEntry } from "../core/breakers.ts";
import { type Child, hasEnded, toUnknown } from "../core/child.ts";
import type { Mark } from "../core/equity.ts";
import type { Alarm, Verdict } from "../core/event.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { PortfolioRecord } from "../core/playbooks/portfolio.ts";
import type { Outcome } from "../core/score/outcomes.ts";
import type { Scored } from "../core/score.ts";
import type { Core } from "../core/step.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import type { RecordView } from "../journal/reader.ts";
import {
  type EpochRecord,
  RECORD,
  readDecision,
  readEvent,
  readIntent,
  readJson,
  readNamed,
  readVerdict,
} from "../journal/records.ts";
import { bytesOf } from "../memory/signal-slot.ts";

export interface Recovered {
  /** Highest boot counter found; 0 in a new log. */
  readonly epoch: number;
  /** Highest intake sequence that has a verdict: later ones have not been decided. */
  readonly decidedSeq: number;
  /** The verdict on it; null before the first. */
  readonly lastVerdict: Verdict | null;
  /** Orders whose outcome has to be asked for. */
  readonly inDoubt: number;
}

export function recoverCore(core: Core, records: Iterable<RecordView>, nowNs: Ns): Recovered {
  const children: Child[] = [];
  let epoch = 0;
  let lastVerdict: Verdict | null = null;
  for (const record of records) {
    const { payload } = record;
    const bytes = bytesOf(payload.buffer, payload.byteOffset, payload.byteLength);
    switch (record.type) {
      case RECORD.EPOCH: {
        const life = readJson<EpochRecord>(bytes);
        epoch = Math.max(epoch, life.epoch);
        beginAmnesia(core, life);
        break;
      }
      case RECORD.INTENT: {
        // Its time to answer is over, whatever the clock of the machine that sent it said.
        const child: Child = { ...readIntent(bytes, 0), sentNs: Number.NEGATIVE_INFINITY as Ns };
        children.push(child);
        core.router.restore(child);
        core.restoreCause(child);
        break;
      }
      case RECORD.DECISION: {
        const { shield, decision, stage, targetLots } = readDecision(bytes, 0);
        core.shields[shield]?.restore(decision, stage, targetLots);
        break;
      }
      case RECORD.SCORED:
        core.scorer.restore(readNamed(bytes) as Scored);
        break;
      case RECORD.OUTCOME:
        core.scorer.outcomes.restore(readNamed(bytes) as Outcome);
        break;
      case RECORD.POSITION:
        core.restorePosition(readNamed(bytes) as PositionRecord);
        break;
      case RECORD.PORTFOLIO:
        core.restorePortfolio(readNamed(bytes) as PortfolioRecord);
        break;
      case RECORD.BREAKER:
        core.breakers.restore(readNamed(bytes) as BreakerEntry);
        break;
      case RECORD.MARK:
        core.equity.restore(readNamed(bytes) as Mark);
        break;
      case RECORD.VERDICT:
        lastVerdict = readVerdict(bytes, 0);
        break;
      case RECORD.ALARM:
        if ((JSON.parse(bytes.bytes.toString("utf8")) as Alarm).code === "BREAKER_OPEN") core.router.restoreBreaker();
        break;
      case RECORD.EVENT_ORPHAN: {
        const read = readEvent(record.type, bytes, 0, payload.length, record.monoNs as Ns, record.wallMs as EpochMs);
        if (read?.event.type !== "orphan") break;
        const { order, nowNs: atNs, wallMs } = read.event;
        if (core.router.childOf(order.clientOrderId) === undefined)
          children.push(core.router.adopt(order, atNs, wallMs));
        else core.router.adopt(order, atNs, wallMs);
        break;
      }
      case RECORD.EVENT_SIGNAL:
      case RECORD.EVENT_REPORT:
      case RECORD.EVENT_VENUE:
      case RECORD.EVENT_CONTROL:
      case RECORD.EVENT_ANALYSIS: {
        const read = readEvent(record.type, bytes, 0, payload.length, record.monoNs as Ns, record.wallMs as EpochMs);
        if (read?.event.type === "report") {
          core.foldReport(read.event.report, read.event.nowNs, read.event.wallMs);
        } else if (read?.event.type === "signal") core.recallSignal(read.event.signal);
        else if (read?.event.type === "venue") core.market.restoreClock(read.event.status);
        else if (read !== null) core.step(read.event);
        break;
      }
    }
    core.commands.length = 0;
  }
  core.router.surplus.restart(nowNs);
  let inDoubt = 0;
  for (const child of children) {
    if (hasEnded(child)) continue;
    toUnknown(child, nowNs);
    inDoubt++;
  }
  return { epoch, decidedSeq: lastVerdict?.intakeSeq ?? 0, lastVerdict, inDoubt };
}

/** What an EPOCH record says of what was lost before it. A replay begins a life with it too. */
export function beginAmnesia(core: Core, { amnesiaSinceMs }: EpochRecord): void {
  if (amnesiaSinceMs !== undefined) core.amnesia.begin(amnesiaSinceMs, core.config.directory.venues.length);
}
