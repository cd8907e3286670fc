/**
 * Recovery: folds a decision log back into a core, in the order in which it was written.
 *
 * Decisions are taken from the log, never made again: an INTENT is an order that may be at a venue, whatever the core would
 * say today. What reports said is applied as it was live. Every order that had not ended is in doubt afterwards and is asked
 * for at its venue before its quantity counts as free (reliability.md §7, cases 2-4, 8, 9, 17).
 *
 * The fold of a log's beginning may be saved (lane-snapshot.ts) and gone on from: a fold from there on is the fold of the whole.
 */
import type { BreakerEntry } from "../core/breakers.ts";
import type { Child } from "../core/child.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Mark } from "../core/equity.ts";
import type { Verdict } from "../core/event.ts";
import type { PositionRecord } from "../core/playbooks/hedged-position.ts";
import type { PortfolioRecord } from "../core/playbooks/portfolio.ts";
import type { Outcome } from "../core/score/outcomes.ts";
import type { Scored } from "../core/score.ts";
import type { Core } from "../core/step.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { readDecision, readIntent, readVerdict } from "../journal/command-records.ts";
import { decodeCoreConfig } from "../journal/epoch-config.ts";
import { readEvent } from "../journal/event-records.ts";
import { readJson, readNamed } from "../journal/json-records.ts";
import type { RecordView } from "../journal/reader.ts";
import { type EpochRecord, RECORD } from "../journal/records.ts";
import { bytesIn } from "../memory/signal-slot.ts";

export interface Recovered {
  /** Of the last life; epoch 0 in a new log. */
  readonly lastLife: LastLife;
  /** Highest intake sequence that has a verdict: later ones have not been decided. */
  readonly decidedSeq: number;
  /** The verdict on it; null before the first. */
  readonly lastVerdict: Verdict | null;
  /** Orders whose outcome has to be asked for. */
  readonly inDoubt: number;
}

export interface LastLife {
  /** Highest boot counter found. */
  readonly epoch: number;
  /** Boot of the machine it ran in. */
  readonly bootId: string;
  /** When its last record was written. */
  readonly endMs: number;
}

/** The whole of a log, or what of it lies behind `fold`. */
export function recoverCore(core: Core, records: Iterable<RecordView>, nowNs: Ns): Recovered {
  const fold = new LaneFold(core);
  for (const record of records) fold.take(record);
  return fold.finish(nowNs);
}

export class LaneFold {
  readonly core: Core;
  #epoch = 0;
  #bootId = "";
  #endMs = 0;
  #lastVerdict: Verdict | null = null;
  /** What the last life of the log decided by; null where that is not said. */
  config: CoreConfig | null = null;

  /** `core` has seen nothing yet. */
  constructor(core: Core) {
    this.core = core;
  }

  take(record: RecordView): void {
    const { core } = this;
    const { payload, type, monoNs, wallMs } = record;
    const bytes = bytesIn(payload);
    this.#endMs = wallMs;
    switch (type) {
      case RECORD.EPOCH: {
        const life = readJson<EpochRecord>(bytes);
        this.#epoch = Math.max(this.#epoch, life.epoch);
        this.#bootId = life.bootId;
        this.config = life.core === undefined ? null : decodeCoreConfig(life.core);
        beginAmnesia(core, life);
        break;
      }
      case RECORD.INTENT: {
        // Its time to answer is over, whatever the clock of the machine that sent it said.
        const intent = readIntent(bytes, 0);
        // A listing that is configured no more: `refuseMoved` has seen to it that nothing stands there.
        if (intent.listing >= core.config.directory.listings.length) break;
        const child: Child = { ...intent, sentNs: Number.NEGATIVE_INFINITY as Ns };
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
        this.#lastVerdict = readVerdict(bytes, 0);
        break;
      case RECORD.EVENT_ORPHAN: {
        const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
        if (read?.event.type !== "orphan" || read.event.order.listing >= core.config.directory.listings.length) break;
        core.foldOrphan(read.event.order, read.event.nowNs, read.event.wallMs);
        break;
      }
      case RECORD.EVENT_SIGNAL:
      case RECORD.EVENT_REPORT:
      case RECORD.EVENT_VENUE:
      case RECORD.EVENT_CONTROL:
      case RECORD.EVENT_ANALYSIS: {
        const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
        if (read?.event.type === "report") {
          core.foldReport(read.event.report, read.event.nowNs, read.event.wallMs);
        } else if (read?.event.type === "signal") core.recallSignal(read.event.signal, read.event.wallMs);
        else if (read?.event.type === "venue") core.market.restoreClock(read.event.status);
        else if (read !== null) core.step(read.event);
        break;
      }
    }
    core.commands.length = 0;
  }

  /** The log is at its end: what it leaves open is in doubt from now on. Nothing is taken after this. */
  finish(nowNs: Ns): Recovered {
    const { router } = this.core;
    router.surplus.restart(nowNs);
    const inDoubt = router.doubtAll(nowNs);
    const lastLife = { epoch: this.#epoch, bootId: this.#bootId, endMs: this.#endMs };
    return { lastLife, decidedSeq: this.#lastVerdict?.intakeSeq ?? 0, lastVerdict: this.#lastVerdict, inDoubt };
  }

  /** What a snapshot keeps of it. Plain data whose objects are still the core's: to be encoded before anything else is taken. */
  save() {
    return {
      core: this.core.save(),
      epoch: this.#epoch,
      bootId: this.#bootId,
      endMs: this.#endMs,
      lastVerdict: this.#lastVerdict,
    };
  }

  /** Before the first record. */
  load({ core, epoch, bootId, endMs, lastVerdict }: SavedLane): void {
    this.core.load(core);
    this.#epoch = epoch;
    this.#bootId = bootId;
    this.#endMs = endMs;
    this.#lastVerdict = lastVerdict;
  }
}

export type SavedLane = ReturnType<LaneFold["save"]>;

/** What an EPOCH record says of what was lost before it. A replay begins a life with it too. */
export function beginAmnesia(core: Core, { amnesiaSinceMs }: EpochRecord): void {
  if (amnesiaSinceMs !== undefined) core.amnesia.begin(amnesiaSinceMs, core.config.directory.venues.length);
}
