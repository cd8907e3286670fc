/**
 * Portfolio hedge (S1, SPEC §5): positions that move together are one risk. What a cluster of them leaves open beyond its limit
 * is hedged with an index instrument, which belongs to this rule alone.
 *
 *     N of a cluster = Σ open exposure · β to the index          (notional of the index, signed)
 *     H_target       = −Σ over clusters of sign(N) · max(0, |N| − limit)         d = H_held − H_target
 *
 * Clusters are instruments chained by |ρ|; while more of the book's variance than `eigenvectorShareMax` lies along one
 * direction, the whole book is one.
 *
 * Invariants
 *   - What legs cover is not hedged again (open-exposure.ts); what is in no cluster is nobody's business here.
 *   - A correction leaves the band and pays, as everywhere; a hedge of nothing is taken off whatever that costs.
 *   - By a matrix that is too old, or by none, a hedge may shrink and not grow. Both are alarmed, once.
 */
import { type EpochMs, HAIR, type Lots, lots, type Ns, truncToLots } from "../../domain/units.ts";
import type { Analysis } from "../analysis.ts";
import type { Child } from "../child.ts";
import type { PortfolioConfig } from "../config.ts";
import { ALONE, Correlation } from "../correlation.ts";
import type { AlarmCode } from "../event.ts";
import type { OpenExposure } from "../open-exposure.ts";
import { rampFactor } from "../sizing/ramp.ts";
import { HedgeLeg } from "./hedge-leg.ts";
import type { Workplace } from "./workplace.ts";

/** A book that is taken for one cluster stays one until its share has fallen by so much: prices alone do not flip it. */
export const SHARE_HYSTERESIS = 0.05;
/** A start waits so long for its first matrix before it says that there is none. */
export const UNKNOWN_MS_MAX = 300_000;

/** Every number that led to a correction, and what recovery needs. Journaled with each. */
export interface PortfolioRecord {
  readonly owner: number;
  readonly targetLots: number;
  readonly heldLots: number;
  readonly why: string;
  /** Absent where no order was made. */
  readonly cause?: { readonly text: string; readonly tag: string };
  readonly index: number;
  readonly indexPrice: number;
  /** What legs leave open, in quote notional, and its ratio to the index. */
  readonly open: readonly { readonly instrument: number; readonly notional: number; readonly beta: number }[];
  readonly clusters: readonly { readonly members: readonly number[]; readonly net: number; readonly excess: number }[];
  readonly notionalMax: number;
  readonly eigenvectorShare: number;
  readonly isWhole: boolean;
  readonly rampFactor: number;
  /** The matrix: its newest observation, and whether it was too old. NaN where there is none. */
  readonly untilMs: number;
  readonly isStale: boolean;
}

export class Portfolio {
  readonly owner: number;
  readonly config: PortfolioConfig;
  readonly correlation: Correlation;
  targetLots: Lots = lots(0);
  /** The whole book counts as one cluster. */
  isWhole = false;
  readonly #exposure: OpenExposure;
  readonly #work: Workplace;
  readonly #leg: HedgeLeg;
  /** By row: what is open. By cluster: N. */
  readonly #open: Float64Array;
  readonly #net: Float64Array;
  /**
   * Σ|N|, the eigenvector share and ΣN as last measured, and since when more is open than a cluster may leave and no matrix
   * known. Not fields of their own: they would be boxed anew at every quote.
   */
  readonly #measured = new Float64Array([0, 0, 0, Number.NaN]);
  #staleSaid = false;

  constructor(owner: number, config: PortfolioConfig, work: Workplace, exposure: OpenExposure) {
    this.owner = owner;
    this.config = config;
    this.#work = work;
    this.#exposure = exposure;
    this.#leg = new HedgeLeg(owner, config.index, config, work);
    const { instruments } = work.core.directory;
    this.correlation = new Correlation(config.index, config.correlationMin, instruments.length);
    this.#open = new Float64Array(instruments.length);
    this.#net = new Float64Array(instruments.length);
  }

  /** A quote of any instrument. Allocates nothing unless it orders. */
  onQuote(instrument: number, nowNs: Ns, wallMs: EpochMs): void {
    const isIndex = instrument === this.config.index;
    if (!isIndex && !this.#exposure.instruments.has(instrument)) return;
    const { market, core } = this.#work;
    const midTicks = market.midTicks(instrument, nowNs);
    if (Number.isNaN(midTicks)) return;
    if (isIndex) this.#leg.volatility.observe(midTicks, nowNs);
    else this.#exposure.onPrice(instrument, midTicks * core.directory.instruments[instrument]!.tick);
    this.#watchAge(wallMs);
    if (!this.#leg.unwind(nowNs, wallMs)) this.#hedge(nowNs, wallMs);
  }

  onTimer(nowNs: Ns, wallMs: EpochMs): void {
    this.#leg.unwind(nowNs, wallMs);
  }

  nextTimerNs(nowNs: Ns): number {
    return this.#leg.nextTimerNs(nowNs);
  }

  onAnalysis(analysis: Analysis, wallMs: EpochMs): void {
    if (analysis.kind !== "correlation") return;
    // It would never be old, and none that comes later newer.
    const aheadMs = analysis.untilMs - wallMs;
    const problem =
      aheadMs > AHEAD_MS_MAX
        ? `its newest observation is ${aheadMs} ms from now`
        : this.correlation.take(analysis, this.#exposure.needs(analysis));
    if (problem !== null) {
      this.#alarm("ANALYSIS_REFUSED", `correlation: ${problem}`, analysis.instruments.length);
      return;
    }
    this.#staleSaid = false;
    this.#watchAge(wallMs);
    this.#judgeIndex();
  }

  /** What clusters leave open in all, in notional of the index, signed. */
  get netNotional(): number {
    return this.#measured[NET]!;
  }

  /** Recovery: as it was at the last correction. */
  restore(record: PortfolioRecord): void {
    this.targetLots = lots(record.targetLots);
    this.isWhole = record.isWhole;
    this.#work.router.surplus.aim(this.config.index, this.targetLots);
  }

  /** Recovery: an order of an earlier life. */
  restoreCause(child: Child): void {
    this.#leg.restoreCause(child);
  }

  /** What a snapshot keeps of it. */
  save() {
    const { targetLots, isWhole, correlation } = this;
    const leg = this.#leg.save();
    const measured = this.#measured.slice();
    return { targetLots, isWhole, estimate: correlation.estimate, leg, measured, staleSaid: this.#staleSaid };
  }
  load({ targetLots, isWhole, estimate, leg, measured, staleSaid }: ReturnType<Portfolio["save"]>): void {
    this.targetLots = targetLots;
    this.isWhole = isWhole;
    // Clusters by the threshold of today. What it must have rows of was looked at when it came.
    if (estimate !== null) this.correlation.take(estimate, []);
    this.#leg.load(leg);
    this.#measured.set(measured);
    this.#staleSaid = staleSaid;
  }

  #hedge(nowNs: Ns, wallMs: EpochMs): void {
    const lotNotional = this.#leg.lotNotional(nowNs);
    if (Number.isNaN(lotNotional)) return;
    const ramp = rampFactor(wallMs, this.#work.core.ramp);
    const wasWhole = this.isWhole;
    const wish = this.#targetNotional();
    if (Number.isNaN(wish)) return;
    this.targetLots = this.#growsOnlyIfFresh(truncToLots(((wish * ramp) / lotNotional) * HAIR), wallMs);
    const gross = this.#measured[GROSS]!;
    this.#leg.betaExposure = gross;
    const ordered = this.#leg.correct(this.targetLots, gross > 0, nowNs, wallMs);
    // A restart has to see the book as it was seen before.
    if (ordered || this.isWhole !== wasWhole) this.#tell(ordered, nowNs, wallMs);
  }

  /** H_target by the prices of now, before the rollout; NaN where it cannot be known. */
  #targetNotional(): number {
    const { correlation, config } = this;
    this.#measured[GROSS] = 0;
    this.#measured[NET] = 0;
    if (correlation.estimate === null) return this.#exposure.gross() === 0 ? 0 : Number.NaN;
    if (!this.#exposure.measure(correlation, this.#open)) return Number.NaN;
    this.#judgeWhole();
    const clusters = this.#sumClusters();
    let target = 0;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const net = this.#net[cluster]!;
      this.#measured[GROSS]! += Math.abs(net);
      this.#measured[NET]! += net;
      target -= excessOf(net, config.notionalMax);
    }
    return target;
  }

  /** Sets N of every cluster; how many there are. */
  #sumClusters(): number {
    const { clusterOf, clusterCount, betas } = this.correlation;
    const count = this.isWhole ? 1 : clusterCount;
    this.#net.fill(0, 0, count);
    for (let row = 0; row < betas.length; row++) {
      const cluster = this.isWhole ? 0 : clusterOf[row]!;
      if (cluster !== ALONE) this.#net[cluster]! += this.#open[row]! * betas[row]!;
    }
    return count;
  }

  #judgeWhole(): void {
    const share = this.correlation.eigenvectorShare(this.#open);
    const { eigenvectorShareMax } = this.config;
    this.#measured[SHARE] = share;
    // One instrument beside the index is no book.
    if (this.correlation.instruments.length <= 2) this.isWhole = false;
    else if (share > eigenvectorShareMax) this.isWhole = true;
    else if (share <= eigenvectorShareMax - SHARE_HYSTERESIS) this.isWhole = false;
  }

  /** By an old matrix the hedge is between what it is and none. */
  #growsOnlyIfFresh(target: Lots, wallMs: EpochMs): Lots {
    if (!this.isStale(wallMs)) return target;
    const held = this.#leg.heldLots;
    return lots(Math.min(Math.max(target, Math.min(held, 0)), Math.max(held, 0)));
  }

  /** There is a matrix, and its newest observation is older than it may be. */
  isStale(wallMs: number): boolean {
    const { estimate } = this.correlation;
    return estimate !== null && wallMs - estimate.untilMs > this.config.correlationAgeMsMax;
  }

  #watchAge(wallMs: EpochMs): void {
    if (this.#staleSaid) return;
    const { estimate } = this.correlation;
    if (estimate === null) {
      if (!(this.#exposure.gross() > this.config.notionalMax)) return;
      if (Number.isNaN(this.#measured[UNKNOWN_SINCE]!)) this.#measured[UNKNOWN_SINCE] = wallMs;
      if (wallMs - this.#measured[UNKNOWN_SINCE]! < UNKNOWN_MS_MAX) return;
      this.#staleSaid = true;
      this.#alarm("CORRELATION_STALE", "no correlation is known, so clusters have no limit", Number.NaN);
    } else if (this.isStale(wallMs)) {
      this.#staleSaid = true;
      const days = (wallMs - estimate.untilMs) / DAY_MS;
      this.#alarm("CORRELATION_STALE", `the correlation is ${days.toFixed(1)} days old: no hedge of it grows`, days);
    }
  }

  /** An index that does not follow a cluster hedges it badly, and its limit means little. */
  #judgeIndex(): void {
    const { clusterOf, clusterCount, instruments } = this.correlation;
    for (let cluster = 0; cluster < clusterCount; cluster++) {
      let least = 1;
      let worst = -1;
      for (let row = 0; row < instruments.length; row++) {
        const rho = Math.abs(this.correlation.withIndex(row));
        if (clusterOf[row] !== cluster || rho >= least) continue;
        least = rho;
        worst = instruments[row]!;
      }
      if (least >= this.config.indexCorrelationMin) continue;
      const { symbol } = this.#work.core.directory.instruments[worst]!;
      this.#alarm("CLUSTER_UNHEDGED", `the index hardly follows the cluster of ${symbol}: |ρ| is ${least}`, least);
    }
  }

  #tell(ordered: boolean, nowNs: Ns, wallMs: EpochMs): void {
    const { correlation, config, owner, targetLots, isWhole } = this;
    const { instruments, betas, clusterOf, clusterCount } = correlation;
    const members = (cluster: number) =>
      instruments.filter((each, row) => (isWhole ? each !== config.index : clusterOf[row] === cluster));
    const count = correlation.estimate === null ? 0 : isWhole ? 1 : clusterCount;
    const record: PortfolioRecord = {
      owner,
      targetLots,
      heldLots: this.#leg.heldLots,
      why: this.#why(ordered),
      ...(ordered ? { cause: { text: this.#leg.cause.text, tag: this.#leg.cause.tag } } : {}),
      index: config.index,
      indexPrice:
        this.#work.market.midTicks(config.index, nowNs) * this.#work.core.directory.instruments[config.index]!.tick,
      open: instruments.flatMap((instrument, row) =>
        this.#open[row] === 0 ? [] : [{ instrument, notional: this.#open[row]!, beta: betas[row]! }],
      ),
      clusters: Array.from({ length: count }, (_, cluster) => {
        const net = this.#net[cluster]!;
        return { members: members(cluster), net, excess: excessOf(net, config.notionalMax) };
      }),
      notionalMax: config.notionalMax,
      eigenvectorShare: this.#measured[SHARE]!,
      isWhole,
      rampFactor: rampFactor(wallMs, this.#work.core.ramp),
      untilMs: correlation.estimate?.untilMs ?? Number.NaN,
      isStale: this.isStale(wallMs),
    };
    this.#work.commands.push({ type: "clustered", record });
  }

  #why(ordered: boolean): string {
    if (!ordered) return this.isWhole ? "the whole book moves as one" : "the book moves as one no more";
    if (this.#measured[GROSS] === 0) return "nothing is left to hedge";
    return this.targetLots === 0 ? "within the limit again" : "beyond the limit";
  }

  #alarm(code: AlarmCode, message: string, value: number): void {
    this.#work.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}

/** What of `net` is beyond the limit, with its sign. */
export const excessOf = (net: number, notionalMax: number): number =>
  Math.sign(net) * Math.max(0, Math.abs(net) - notionalMax) + 0;

const GROSS = 0;
const SHARE = 1;
const NET = 2;
const UNKNOWN_SINCE = 3;
const DAY_MS = 86_400_000;
/** Clocks may differ. */
const AHEAD_MS_MAX = 60_000;
