/**
 * `step`: the one door into the core. An event goes in, commands come out, nothing else happens.
 *
 * Invariants
 *   - Pure: no clock, randomness, I/O or shared memory. Time comes with the event; the same events give the same commands,
 *     bit for bit, on any host (live lane, inline, backtest, simulation, replay).
 *   - A command has not happened yet. The host journals commands, then carries them out, and reports back by events.
 *   - No state moves on the absence of an event, except by a `timer` event, which is an event.
 */
import type { OrderReport, VenueOrder } from "../domain/order.ts";
import type { RefusalCode } from "../domain/refusal.ts";
import type { Signal } from "../domain/signal.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { Amnesia } from "./amnesia.ts";
import type { Analysis } from "./analysis.ts";
import { Breakers } from "./breakers.ts";
import type { Child } from "./child.ts";
import type { CoreConfig, CoreParts } from "./config.ts";
import { Controls } from "./controls.ts";
import { EngineStateKeeper } from "./engine-state.ts";
import { Equity, type Holding } from "./equity.ts";
import type { Alarm, Command, Event, Verdict } from "./event.ts";
import { Ledger } from "./ledger.ts";
import { Market } from "./market.ts";
import { OpenExposure } from "./open-exposure.ts";
import { ownerCount } from "./owners.ts";
import { PairRouter } from "./pair-route.ts";
import type { PositionRecord } from "./playbooks/hedged-position.ts";
import { Portfolio, type PortfolioRecord } from "./playbooks/portfolio.ts";
import { ReversionPlaybook } from "./playbooks/reversion.ts";
import { Shield } from "./playbooks/shield.ts";
import { SignalPlaybook } from "./playbooks/signal.ts";
import type { Workplace } from "./playbooks/workplace.ts";
import { PriceWatch } from "./price-watch.ts";
import { Reconciler } from "./reconciler.ts";
import { RepeatWatch } from "./repeat-watch.ts";
import { RiskGate } from "./risk.ts";
import { Router } from "./route.ts";
import { refill } from "./saved.ts";
import type { Outcome } from "./score/outcomes.ts";
import { Scorer } from "./score.ts";
import { VersionWatch } from "./version-watch.ts";
import { Watch } from "./watch.ts";

export type SavedCore = ReturnType<Core["save"]>;

export class Core {
  /** What the last steps want done, in order. The host empties it. */
  readonly commands: Command[] = [];
  readonly config: CoreConfig;
  readonly ledger: Ledger;
  readonly market: Market;
  readonly router: Router;
  readonly pairs: PairRouter;
  readonly shields: readonly Shield[];
  readonly risk: RiskGate;
  /** Hedged positions of signals, then of reversions: owners behind the shields. */
  readonly playbooks: readonly (SignalPlaybook | ReversionPlaybook)[];
  /** The owner behind all others; null where none is configured. */
  readonly portfolio: Portfolio | null;
  readonly scorer: Scorer;
  readonly breakers: Breakers;
  readonly equity: Equity;
  readonly watch: Watch;
  readonly versions: VersionWatch;
  readonly amnesia = new Amnesia();
  readonly #repeats: RepeatWatch;
  readonly #prices: PriceWatch;
  readonly #state: EngineStateKeeper;
  readonly #controls: Controls;
  readonly #reconciler: Reconciler;
  readonly #shieldsOfInstrument: readonly (readonly Shield[])[];
  readonly #shieldOfAsset: readonly (Shield | undefined)[];
  readonly #playbooksOfInstrument: readonly (readonly (SignalPlaybook | ReversionPlaybook)[])[];
  readonly #playbookOfAsset: readonly (SignalPlaybook | ReversionPlaybook | undefined)[];
  /** Instruments whose quotes are looked at by scores. */
  readonly #scored: readonly boolean[];
  readonly #tellOutcome = (outcome: Outcome): void => {
    this.commands.push({ type: "outcome", outcome });
  };
  #markDueMs = 0;
  #nowNs = 0 as Ns;
  #wallMs = 0 as EpochMs;

  constructor(config: CoreConfig, parts: CoreParts) {
    const { directory } = config;
    this.config = config;
    this.ledger = new Ledger(directory.listings.length, directory.instruments.length);
    this.market = new Market(directory, config.router.quoteAgeMsMax, config.router.clockErrorMsMax);
    this.risk = new RiskGate(config, this.market, this.ledger);
    const freshCause = (owner: number) => (this.shields[owner] ?? this.playbookOf(owner)!.position).newCause();
    this.breakers = new Breakers(this.commands);
    const { commands, market, ledger, risk, breakers } = this;
    const router = new Router(config, market, ledger, risk, breakers, parts.epoch, commands, freshCause);
    const pairs = new PairRouter(config, market, ledger, router, commands);
    this.router = router;
    this.pairs = pairs;
    const work = { core: config, parts, market, ledger, risk, router, pairs, commands };
    this.shields = config.shields.map((_, index) => new Shield(index, work));
    this.#state = new EngineStateKeeper(this.risk, this.breakers, this.commands);
    this.equity = new Equity(directory, hedgesOf(config), holdingsOf(config));
    this.watch = new Watch(config.breakers, this.risk.limits, this.breakers, this.equity, directory);
    this.versions = new VersionWatch(this.breakers);
    this.#repeats = new RepeatWatch(config.risk.repeatMs, directory.instruments.length);
    this.#prices = new PriceWatch(directory, this.market, this.ledger, this.commands);
    this.scorer = new Scorer(config.score, parts.kernels, directory.instruments.length, directory.sources.length);
    const owner = (index: number) => config.shields.length + index;
    this.playbooks = [
      ...config.signals.map((_, index) => new SignalPlaybook(index, owner(index), work, this.scorer, this.breakers)),
      ...config.reversions.map(
        (_, index) => new ReversionPlaybook(index, owner(config.signals.length + index), work, this.breakers),
      ),
    ];
    this.portfolio = this.#createPortfolio(work);
    this.#controls = new Controls(this, this.#state);
    this.#reconciler = new Reconciler(this, this.#state);
    this.#playbooksOfInstrument = directory.instruments.map(({ index }) =>
      this.playbooks.filter(({ config }) => config.primary === index || config.hedge === index),
    );
    this.#playbookOfAsset = directory.instruments.map(({ index }) =>
      this.playbooks.find(({ config }) => ("asset" in config ? config.asset : config.primary) === index),
    );
    this.#scored = directory.instruments.map(({ index }) => config.signals.some(({ primary }) => primary === index));
    this.#shieldsOfInstrument = directory.instruments.map((instrument) =>
      this.shields.filter(({ config }) => config.asset === instrument.index || config.hedge === instrument.index),
    );
    this.#shieldOfAsset = directory.instruments.map(({ index }) =>
      this.shields.find(({ config }) => config.asset === index),
    );
  }

  /** The disk of the host is full, as far as the core was told. */
  get isScarce(): boolean {
    return this.#state.isScarce;
  }

  step(event: Event): void {
    const { nowNs, wallMs } = event;
    this.#nowNs = nowNs;
    this.#wallMs = wallMs;
    const from = this.commands.length;
    this.#take(event, nowNs, wallMs);
    for (let i = from; i < this.commands.length; i++) {
      const command = this.commands[i]!;
      if (command.type !== "place") continue;
      this.watch.onOrder(nowNs, wallMs);
      const repeated = this.#repeats.hear(command.child, nowNs);
      if (repeated !== null) this.#alarm("REPEATED_ORDER", repeated, command.child.qtyLots);
    }
    this.#state.afterStep();
  }

  /** The times come as arguments: V8 boxes them once for all whom they are handed to, where it boxes a field again and again. */
  #take(event: Event, nowNs: Ns, wallMs: EpochMs): void {
    switch (event.type) {
      case "signal":
        this.commands.push({ type: "verdict", verdict: this.#decide(asOf(event.signal, wallMs), nowNs, wallMs) });
        return;
      case "quote": {
        this.market.onQuote(event.quote, nowNs, wallMs);
        const { instrument } = this.config.directory.listings[event.quote.listing]!;
        this.#mark(instrument, nowNs, wallMs);
        this.router.advance(instrument, nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs, instrument);
        for (const shield of this.#shieldsOfInstrument[instrument]!) shield.onQuote(nowNs, wallMs);
        for (const playbook of this.#playbooksOfInstrument[instrument]!) playbook.onQuote(nowNs, wallMs);
        this.portfolio?.onQuote(instrument, nowNs, wallMs);
        return;
      }
      case "report": {
        const child = this.foldReport(event.report, nowNs, wallMs);
        if (child === null) {
          this.#reconciler.hearUnknown(event.report);
          return;
        }
        const { lastChange } = this.router;
        if (this.ledger.lastFilledLots !== 0) this.watch.onFill(child.instrument, child.side, nowNs, wallMs);
        if (lastChange === "ended" && child.state === "rejected") this.watch.onReject(nowNs, wallMs);
        this.router.advance(child.instrument, nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs, child.instrument);
        if (lastChange === "lateFill" || lastChange === "overFill") this.shields[child.shield]?.unsettle();
        if (lastChange !== "none") this.playbookOf(child.shield)?.position.takeBack(nowNs, wallMs);
        this.shields[child.shield]?.retry(nowNs, wallMs);
        this.playbookOf(child.shield)?.advance(nowNs, wallMs);
        return;
      }
      case "orphan":
        this.#reconciler.adopt(event.order, nowNs, wallMs);
        return;
      case "venue":
        if (this.market.onVenueStatus(event.status)) this.router.onVenueReady(event.status.venue, nowNs);
        // Without its prices nothing can be traded there, and nobody sees a stop.
        this.watch.onVenue(
          event.status,
          this.market.isUp(event.status.venue) && event.status.quotesLive,
          nowNs,
          wallMs,
        );
        for (const listing of this.config.directory.listings) {
          if (listing.venue === event.status.venue) this.router.advance(listing.instrument, nowNs, wallMs);
        }
        return;
      case "positions":
        this.watch.onAnswer(this.market, nowNs);
        if (this.#reconciler.compare(event.venue, event.lots, nowNs, wallMs)) {
          for (const { position } of this.playbooks) position.untangle(event.venue, nowNs, wallMs);
        }
        return;
      case "control":
        this.#controls.take(event.control, wallMs);
        return;
      case "analysis":
        this.#analyse(event.analysis, wallMs);
        return;
      case "timer":
        this.#reconciler.onTimer(nowNs, wallMs);
        this.router.onTimer(nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs);
        for (const shield of this.shields) shield.onTimer(nowNs, wallMs);
        for (const playbook of this.playbooks) playbook.onTimer(nowNs, wallMs);
        this.portfolio?.onTimer(nowNs, wallMs);
        // Before that nothing can be sent, and there are no prices of anything.
        if (this.risk.state === "booting") return;
        this.#neutralise(nowNs, wallMs);
        this.#prices.look(nowNs);
        return;
    }
  }

  /** The playbook that owns an order; undefined where a shield does. */
  playbookOf(owner: number): SignalPlaybook | ReversionPlaybook | undefined {
    return this.playbooks[owner - this.config.shields.length];
  }

  /** What a report says of an order and of equity, and nothing more: live and recovery fold by the same words. */
  foldReport(report: OrderReport, nowNs: Ns, wallMs: EpochMs): Child | null {
    const child = this.router.onReport(report, nowNs, wallMs);
    if (child !== null) this.#countFill(child);
    return child;
  }

  /** The same of an order of ours in a venue's list after a power loss, which the log may not have. */
  foldOrphan(order: VenueOrder, nowNs: Ns, wallMs: EpochMs): Child {
    const child = this.router.adopt(order, nowNs, wallMs);
    this.#countFill(child);
    return child;
  }

  /** What the last report has filled of it moves equity. */
  #countFill(child: Child): void {
    const { lastFilledLots, lastFillPxTicks } = this.ledger;
    if (lastFilledLots === 0) return;
    const { takerFee } = this.config.directory.listings[child.listing]!;
    // A venue that does not say at what price is taken to have filled at the worst we allowed.
    const pxTicks = Number.isNaN(lastFillPxTicks) ? child.pxTicks : lastFillPxTicks;
    this.equity.onFill(child.instrument, lastFilledLots, pxTicks, takerFee);
  }

  /** Recovery: a signal that an earlier life decided. What it said of its model and as evidence still holds. */
  recallSignal(heard: Signal, wallMs: EpochMs): void {
    const signal = asOf(heard, wallMs);
    this.versions.recall(signal);
    const playbook = this.#playbookOfAsset[signal.instrument];
    if (playbook instanceof SignalPlaybook) playbook.recall(signal);
    if (signal.kind === "evidence" && this.#isScored(signal.instrument)) this.scorer.evidence.hear(signal);
  }

  /** Recovery: a position of an earlier life. */
  restorePosition(record: PositionRecord): void {
    this.playbookOf(record.owner)?.restore(record);
  }

  /** What a snapshot keeps of a core that recovers (`core/saved.ts`). */
  save() {
    const { ledger, market, router, breakers, equity, versions, amnesia, scorer, risk } = this;
    return {
      ledger: ledger.save(),
      market: market.save(),
      router: router.save(),
      shields: this.shields.map((shield) => shield.save()),
      playbooks: this.playbooks.map((playbook) => playbook.save()),
      portfolio: this.portfolio?.save() ?? null,
      breakers: breakers.save(),
      equity: equity.save(),
      versions: versions.save(),
      amnesia: amnesia.save(),
      scorer: scorer.save(),
      limits: risk.limits.save(),
      parts: risk.parts.save(),
      unseenVenues: risk.unseenVenues.slice(),
      kill: risk.kill,
      ...this.#state.save(),
      nowNs: this.#nowNs,
      wallMs: this.#wallMs,
    };
  }

  /** Into a core that has seen nothing yet. */
  load(saved: SavedCore): void {
    this.ledger.load(saved.ledger);
    this.market.load(saved.market);
    this.router.load(saved.router);
    for (const [index, shield] of saved.shields.entries()) this.shields[index]!.load(shield);
    for (const [index, playbook] of saved.playbooks.entries()) this.playbooks[index]!.load(playbook as never);
    if (saved.portfolio !== null) this.portfolio?.load(saved.portfolio);
    this.breakers.load(saved.breakers);
    this.equity.load(saved.equity);
    this.versions.load(saved.versions);
    this.amnesia.load(saved.amnesia);
    this.scorer.load(saved.scorer);
    this.risk.limits.load(saved.limits);
    this.risk.parts.load(saved.parts);
    this.risk.renew();
    this.watch.renew();
    refill(this.risk.unseenVenues, saved.unseenVenues);
    this.risk.kill = saved.kill;
    this.#state.load(saved);
    this.#nowNs = saved.nowNs;
    this.#wallMs = saved.wallMs;
  }

  /** Recovery: an order of an earlier life, for its owner to number the next ones behind it. */
  restoreCause(child: Child): void {
    this.shields[child.shield]?.restoreCause(child);
    this.playbookOf(child.shield)?.restoreCause(child);
    if (this.portfolio?.owner === child.shield) this.portfolio.restoreCause(child);
  }

  /** Recovery: the portfolio hedge at its last correction. */
  restorePortfolio(record: PortfolioRecord): void {
    this.portfolio?.restore(record);
  }

  #createPortfolio(work: Workplace): Portfolio | null {
    const { portfolio } = this.config;
    if (portfolio === undefined) return null;
    const open = new OpenExposure(this.shields, this.playbooks, this.ledger, this.config.directory);
    return new Portfolio(ownerCount(this.config) - 1, portfolio, work, open);
  }

  #decide(signal: Signal, nowNs: Ns, wallMs: EpochMs): Verdict {
    const { intakeSeq, instrument } = signal;
    this.versions.hear(signal, this.config.directory.sources[signal.source] ?? "", wallMs);
    const playbook = this.#playbookOfAsset[instrument];
    if (signal.kind === "evidence" && this.#isScored(instrument)) {
      const heard = this.scorer.evidence.hear(signal);
      return heard ? { intakeSeq, outcome: "absorbed", refusal: null } : refused(intakeSeq, "SUPERSEDED");
    }
    const shield = this.#shieldOfAsset[instrument];
    if (shield !== undefined) return shield.onSignal(signal, nowNs, wallMs);
    return playbook?.onSignal(signal, nowNs, wallMs) ?? refused(intakeSeq, "NOTHING_TO_PROTECT");
  }

  /** Evidence is about an asset that some signal playbook scores. */
  #isScored(instrument: number): boolean {
    return this.config.signals.some(({ asset }) => asset === instrument);
  }

  /** A new mid: scores and equity look at it, and now and then the journal. */
  #mark(instrument: number, nowNs: Ns, wallMs: EpochMs): void {
    const midTicks = this.market.midTicks(instrument, nowNs);
    if (Number.isNaN(midTicks)) return;
    if (this.#scored[instrument]) {
      const { tick } = this.config.directory.instruments[instrument]!;
      this.scorer.onMid(instrument, midTicks * tick, nowNs, wallMs, this.#tellOutcome);
    }
    this.equity.onMid(instrument, midTicks, wallMs);
    this.watch.onMark(wallMs);
    if (wallMs < this.#markDueMs) return;
    const first = this.#markDueMs === 0;
    this.#markDueMs = (Math.floor(wallMs / this.config.markMs) + 1) * this.config.markMs;
    if (!first) this.commands.push({ type: "mark", mark: this.equity.mark(wallMs) });
  }

  #analyse(analysis: Analysis, wallMs: EpochMs): void {
    if (analysis.kind === "calibration") {
      const problem = this.scorer.takeCalibration(analysis, wallMs);
      if (problem !== null) this.#alarm("ANALYSIS_REFUSED", `calibration: ${problem}`, analysis.outcomes);
    }
    for (const shield of this.shields) shield.onAnalysis(analysis, wallMs);
    for (const playbook of this.playbooks) playbook.onAnalysis(analysis, wallMs);
    this.portfolio?.onAnalysis(analysis, wallMs);
  }

  /** A venue has been away for too long: positions with a leg there are closed, wherever that can be done. */
  #neutralise(nowNs: Ns, wallMs: EpochMs): void {
    const stands = (venue: number) => this.playbooks.some(({ position }) => position.standsAt(venue));
    for (let venue = 0; venue >= 0; ) {
      venue = this.watch.takeVenueDown(nowNs, wallMs, stands);
      if (venue < 0) return;
      const why = `${this.config.directory.venues[venue]!.name} cannot be reached`;
      for (const playbook of this.playbooks) {
        const { position, config } = playbook;
        if (!position.standsAt(venue)) continue;
        // Of what is perhaps not there the other leg is the whole risk, or all that hedges it: people decide.
        const disputed = this.risk.isDisputed(config.primary) || this.risk.isDisputed(config.hedge);
        // The primary would go, and leave its hedge alone.
        const stuck = this.ledger.heldLots(config.hedge) !== 0 && !this.market.canTrade(config.hedge, nowNs);
        if (disputed || stuck) {
          const reason = disputed ? "what stands is disputed" : "its hedge can be traded nowhere";
          position.alarm("ORDER_REFUSED", `${why}, and ${reason}: nothing is closed`, 0);
        } else playbook.neutralise(why, nowNs, wallMs);
      }
    }
  }

  /** When the next `timer` event is due; Infinity when nothing waits. */
  nextTimerNs(): number {
    let next = Math.min(
      this.#reconciler.bootDueNs,
      this.router.nextTimerNs(this.#nowNs),
      this.pairs.nextTimerNs(this.#nowNs),
    );
    for (const shield of this.shields) {
      const dueNs = shield.nextTimerNs(this.#nowNs, this.#wallMs);
      if (dueNs < next) next = dueNs;
    }
    for (const playbook of this.playbooks) {
      const dueNs = playbook.nextTimerNs(this.#nowNs, this.#wallMs);
      if (dueNs < next) next = dueNs;
    }
    if (this.portfolio !== null) next = Math.min(next, this.portfolio.nextTimerNs(this.#nowNs));
    if (this.risk.state === "booting") return next;
    if (this.playbooks.length > 0) next = Math.min(next, this.watch.nextTimerNs());
    return Math.min(next, this.#prices.nextTimerNs());
  }

  #alarm(code: Alarm["code"], message: string, value: number): void {
    this.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}

/**
 * No signal was made after it came in. Taken at its word, one that a fast clock has dated ahead would supersede what others, or its
 * own sender once that is set right, send until then: closes too.
 */
const asOf = (signal: Signal, wallMs: EpochMs): Signal =>
  signal.generatedAtMs <= wallMs ? signal : { ...signal, generatedAtMs: wallMs };

const refused = (intakeSeq: number, code: RefusalCode): Verdict => ({
  intakeSeq,
  outcome: "refused",
  refusal: { code, value: Number.NaN, limit: Number.NaN },
});

const hedgesOf = ({ shields, signals, reversions, portfolio }: CoreConfig): number[] => [
  ...[...shields, ...signals, ...reversions].map(({ hedge }) => hedge),
  ...(portfolio === undefined ? [] : [portfolio.index]),
];

/** A holding is priced by its own listings, or by its hedge's where it has none. */
const holdingsOf = ({ shields, directory }: CoreConfig): Holding[] =>
  shields.map(({ asset, hedge, holdings }) => ({
    priced: directory.listings.some(({ instrument }) => instrument === asset) ? asset : hedge,
    quantity: holdings,
  }));
