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
import type { Misfit } from "../domain/venue-status.ts";
import { Amnesia } from "./amnesia.ts";
import type { Analysis } from "./analysis.ts";
import { Breakers } from "./breakers.ts";
import type { Child } from "./child.ts";
import { isMadeFor } from "./client-order-id.ts";
import type { CoreConfig, CoreParts } from "./config.ts";
import { EngineStateKeeper } from "./engine-state.ts";
import { Equity, type Holding } from "./equity.ts";
import type { Alarm, Command, Control, Event, Verdict } from "./event.ts";
import { Ledger } from "./ledger.ts";
import { Market } from "./market.ts";
import { OpenExposure } from "./open-exposure.ts";
import { ownerCount, partName } from "./owners.ts";
import { PairRouter } from "./pair-route.ts";
import type { PositionRecord, Workplace } from "./playbooks/hedged-position.ts";
import { Portfolio, type PortfolioRecord } from "./playbooks/portfolio.ts";
import { ReversionPlaybook } from "./playbooks/reversion.ts";
import { Shield } from "./playbooks/shield.ts";
import { SignalPlaybook } from "./playbooks/signal.ts";
import { PriceWatch } from "./price-watch.ts";
import { RepeatWatch } from "./repeat-watch.ts";
import { RiskGate } from "./risk.ts";
import { Router } from "./route.ts";
import { refill } from "./saved.ts";
import type { Outcome } from "./score/outcomes.ts";
import { Scorer } from "./score.ts";
import { VersionWatch } from "./version-watch.ts";
import { Watch } from "./watch.ts";

/** From the first venue whose positions match to the start of trading, while others do not answer. */
const COMPARE_MS_MAX = 2000;

/** By the level of a misfit: what follows until it has gone, or the engine was started by other settings. */
const BARRED = ["what is smaller is refused there", "nothing opens there", "no order goes there"] as const;

const EPOCH_MAX = Number.POSITIVE_INFINITY;

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
  /** When the venues that have not been compared yet are no longer waited for. */
  #bootDueNs = Number.POSITIVE_INFINITY;
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
        this.commands.push({ type: "verdict", verdict: this.#decide(event.signal, nowNs, wallMs) });
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
          this.#hearUnknown(event.report);
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
        this.#adopt(event.order, nowNs, wallMs);
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
        if (this.#reconcile(event.venue, event.lots)) {
          for (const { position } of this.playbooks) position.untangle(event.venue, nowNs, wallMs);
        }
        return;
      case "control":
        this.#control(event.control);
        return;
      case "analysis":
        this.#analyse(event.analysis, wallMs);
        return;
      case "timer":
        if (nowNs >= this.#bootDueNs) this.#leaveBoot();
        this.router.onTimer(nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs);
        for (const shield of this.shields) shield.onTimer(nowNs, wallMs);
        for (const playbook of this.playbooks) playbook.onTimer(nowNs, wallMs);
        this.portfolio?.onTimer(nowNs, wallMs);
        this.#neutralise(nowNs, wallMs);
        // Before that there are no prices of anything.
        if (this.risk.state !== "booting") this.#prices.look(nowNs);
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
    const { lastFilledLots, lastFillPxTicks } = this.ledger;
    if (child === null || lastFilledLots === 0) return child;
    const { takerFee } = this.config.directory.listings[child.listing]!;
    // A venue that does not say at what price is taken to have filled at the worst we allowed.
    const pxTicks = Number.isNaN(lastFillPxTicks) ? child.pxTicks : lastFillPxTicks;
    this.equity.onFill(child.instrument, lastFilledLots, pxTicks, takerFee);
    return child;
  }

  /** Recovery: a signal that an earlier life decided. What it said of its model and as evidence still holds. */
  recallSignal(signal: Signal): void {
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
    let next = Math.min(this.#bootDueNs, this.router.nextTimerNs(this.#nowNs), this.pairs.nextTimerNs(this.#nowNs));
    for (const shield of this.shields) {
      const dueNs = shield.nextTimerNs(this.#nowNs, this.#wallMs);
      if (dueNs < next) next = dueNs;
    }
    for (const playbook of this.playbooks) {
      const dueNs = playbook.nextTimerNs(this.#nowNs, this.#wallMs);
      if (dueNs < next) next = dueNs;
    }
    if (this.portfolio !== null) next = Math.min(next, this.portfolio.nextTimerNs(this.#nowNs));
    if (this.playbooks.length > 0) next = Math.min(next, this.watch.nextTimerNs());
    if (this.risk.state !== "booting") next = Math.min(next, this.#prices.nextTimerNs());
    return next;
  }

  /** What a venue says of an order that the log may have lost counts like any report; what the log has not is adopted. */
  #adopt(order: VenueOrder, nowNs: Ns, wallMs: EpochMs): void {
    const isKnown = this.router.childOf(order.clientOrderId) !== undefined;
    const child = this.router.adopt(order, nowNs, wallMs);
    if (isKnown) return;
    this.#alarm("ORPHAN", `${order.clientOrderId}: not in the log, ${order.cumQtyLots} lots filled`, order.cumQtyLots);
    for (const shield of this.#shieldsOfInstrument[child.instrument]!) shield.unsettle();
    for (const playbook of this.#playbooksOfInstrument[child.instrument]!) {
      playbook.position.takeBack(nowNs, wallMs);
      playbook.advance(nowNs, wallMs);
    }
  }

  /** Compares a venue's own positions with our fills there. A difference is never traded away: people decide. True without one. */
  #reconcile(venue: number, positions: readonly (readonly [listing: number, lots: number])[]): boolean {
    // What this venue has and we forgot is not in yet.
    if (this.amnesia.isMissing(venue)) return false;
    const theirs = new Map(positions);
    let equal = true;
    this.market.onCompared(venue);
    for (const listing of this.config.directory.listings) {
      if (listing.venue !== venue) continue;
      const ours = this.ledger.positionLots(listing.index);
      const held = theirs.get(listing.index) ?? 0;
      if (ours !== held && this.router.liveAt(listing.index)) continue;
      this.risk.disputed[listing.index] = ours === held ? 0 : 1;
      if (ours === held) continue;
      equal = false;
      const name = this.config.directory.venues[venue]!.name;
      this.#alarm(
        "POSITION_MISMATCH",
        `${listing.symbol} at ${name}: venue says ${held} lots, our fills ${ours}`,
        held - ours,
      );
    }
    if (!equal) {
      // Toward more care only: halted stays halted, and a boot that was to halt does.
      const cautious =
        this.risk.state === "halted" || (this.risk.state === "booting" && this.#state.asked === "halted");
      this.#state.enter(cautious ? "halted" : "reducing", "positions do not match");
    } else if (this.risk.state === "booting") {
      const missing = this.config.directory.listings.some((listing) => !this.market.isCompared(listing.venue));
      if (!missing) this.#leaveBoot();
      else this.#bootDueNs = Math.min(this.#bootDueNs, this.#nowNs + COMPARE_MS_MAX * 1e6);
    }
    return equal;
  }

  /** Every venue agrees, or has had its time: those that have not answered take no orders until they have. */
  #leaveBoot(): void {
    this.#bootDueNs = Number.POSITIVE_INFINITY;
    if (this.risk.state !== "booting" || this.amnesia.isOpen) return;
    this.#state.goTo(this.#state.asked, "positions match");
    // A fill that came between the last record of an earlier life and its death.
    for (const { position } of this.playbooks) position.takeBack(this.#nowNs, this.#wallMs);
  }

  /**
   * A venue's word on an order that nobody here remembers. What has filled has moved our position; an id of our own making
   * that is open can still do so. Nothing opens until people have explained it.
   */
  #hearUnknown({ kind, status, cumQtyLots, clientOrderId, venue, listing }: OrderReport): void {
    if (kind !== "status") return;
    const ours = isMadeFor(clientOrderId, venue, EPOCH_MAX);
    const mayFill = status === "open" || status === "partiallyFilled";
    if (cumQtyLots <= 0 && !(ours && mayFill)) return;
    // After a power loss the venue's own list tells of it, with all that is known.
    if (ours && this.amnesia.isMissing(venue)) return;
    if (listing >= 0) this.risk.disputed[listing] = 1;
    const what = ours ? "made as ours are, and in no log" : "not of our making";
    const lots = Math.max(0, cumQtyLots);
    this.#alarm(ours ? "ORPHAN" : "FOREIGN_ORDER", `${clientOrderId}: ${what}, ${lots} lots filled`, lots);
    const { state } = this.risk;
    if (state === "active" || state === "reducing") this.#state.enter("reducing", "an order we cannot explain");
  }

  #control(control: Control): void {
    if (control.type === "kill") {
      if (control.level === this.risk.kill) return;
      this.risk.kill = control.level;
      this.#alarm("STATE_CHANGED", `kill switch ${control.level}: ${control.reason}`, control.level);
      return;
    }
    if (control.type === "killPart") {
      const { part, index, level, confirmed, reason } = control;
      const change = this.risk.parts.change(part, index, level, confirmed, this.#wallMs);
      const name = partName(this.config, part, index);
      this.#alarm("STATE_CHANGED", `kill switch ${level} of ${part} ${name}: ${change}: ${reason}`, level);
      return;
    }
    if (control.type === "fault") {
      this.breakers.trip(control.breaker, control.subject, control.reason, Number.NaN, Number.NaN, this.#wallMs);
      return;
    }
    if (control.type === "acknowledge") {
      this.#acknowledge(control);
      return;
    }
    if (control.type === "limit") {
      const { name, value, confirmed, reason } = control;
      const change = this.risk.limits.change(name, value, confirmed, this.#wallMs);
      if (change === "tightened" || change === "loosened") {
        this.watch.renew();
        this.risk.renew();
      }
      this.#alarm("LIMIT_CHANGED", `${name}: ${change}, ${value}: ${reason}`, value);
      return;
    }
    if (control.type === "rules") {
      this.#takeRules(control.venue, control.misfits);
      return;
    }
    if (control.type === "scanned") {
      this.amnesia.scanned(control.venue);
      this.#countUnseen();
      return;
    }
    if (control.type === "without") {
      const name = this.config.directory.venues[control.venue]?.name;
      const done = this.amnesia.leaveOut(control.venue) ? control.reason : "was not waited for";
      this.#countUnseen();
      this.#alarm("VENUE_LEFT_OUT", `${name}: ${done}`, control.venue);
      return;
    }
    if (control.type === "clockSet") {
      this.market.onClockSet(control.byMs);
      return;
    }
    if (control.type === "scarce") {
      this.#state.onScarce(control.scarce);
      return;
    }
    if (control.type === "refuse") {
      const refusal = { code: "CRASHED", value: Number.NaN, limit: Number.NaN } as const;
      this.commands.push({ type: "verdict", verdict: { intakeSeq: control.intakeSeq, outcome: "refused", refusal } });
      return;
    }
    this.#state.asked = control.state;
    if (this.risk.state !== "booting") this.#state.goTo(control.state, control.reason);
  }

  #takeRules(venue: number, misfits: readonly Misfit[]): void {
    const before = this.market.misfits(venue);
    this.market.onRules(venue, misfits);
    for (const { what, level } of misfits) {
      if (!before.some((each) => each.what === what)) this.#alarm("RULES_CHANGED", `${what}: ${BARRED[level]}`, level);
    }
    const name = this.config.directory.venues[venue]!.name;
    if (misfits.length === 0) this.#alarm("RULES_CHANGED", `${name}: our listings fit its rules again`, 0);
  }

  #acknowledge({ breaker, subject, reason }: Extract<Control, { type: "acknowledge" }>): void {
    if (!this.breakers.acknowledge(breaker, subject, reason, this.#wallMs)) return;
    if (breaker === "dailyLoss" || breaker === "drawdown") {
      this.equity.forgive();
      this.commands.push({ type: "mark", mark: this.equity.mark(this.#wallMs) });
    }
    if (breaker === "dailyCost") {
      this.equity.forgiveCost();
      this.commands.push({ type: "mark", mark: this.equity.mark(this.#wallMs) });
    }
    if (breaker === "orderRate" || breaker === "rejects" || breaker === "repeatedFills") this.watch.renew();
    if (breaker === "modelChanged") this.versions.accept(subject);
    this.#state.onAcknowledged(reason);
  }

  /** What a venue that has not told may hold beyond our book counts at its worst in every limit on positions. */
  #countUnseen(): void {
    this.risk.unseenVenues.fill(0);
    for (const { venue, instrument } of this.config.directory.listings) {
      if (this.amnesia.isMissing(venue)) this.risk.unseenVenues[instrument]!++;
    }
  }

  #alarm(code: Alarm["code"], message: string, value: number): void {
    this.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}

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
