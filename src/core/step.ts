/**
 * `step`: the one door into the core. An event goes in, commands come out, nothing else happens.
 *
 * Invariants
 *   - Pure: no clock, randomness, I/O or shared memory. Time comes with the event; the same events give the same commands,
 *     bit for bit, on any host (live lane, inline, backtest, simulation, replay).
 *   - A command has not happened yet. The host journals commands, then carries them out, and reports back by events.
 *   - No state moves on the absence of an event, except by a `timer` event, which is an event.
 */
import type { VenueOrder } from "../domain/order.ts";
import type { EpochMs, Ns } from "../domain/units.ts";
import { Amnesia } from "./amnesia.ts";
import type { CoreConfig, CoreParts } from "./config.ts";
import type { Alarm, Command, Control, EngineState, Event, Verdict } from "./event.ts";
import { Ledger } from "./ledger.ts";
import { Market } from "./market.ts";
import { PairRouter } from "./pair-route.ts";
import { Shield } from "./playbooks/shield.ts";
import { RiskGate } from "./risk.ts";
import { Router } from "./route.ts";

/** From the first venue whose positions match to the start of trading, while others do not answer. */
const COMPARE_MS_MAX = 2000;

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
  readonly amnesia = new Amnesia();
  /** What an operator last asked for; a restart goes back to it. */
  #asked: EngineState = "active";
  /** It is for a full disk alone that the engine only reduces. */
  #reducesForDisk = false;
  readonly #shieldsOfInstrument: readonly (readonly Shield[])[];
  readonly #shieldOfAsset: readonly (Shield | undefined)[];
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
    this.router = new Router(config, this.market, this.ledger, this.risk, parts.epoch, this.commands);
    this.pairs = new PairRouter(config, this.market, this.ledger, this.router, this.commands);
    this.shields = config.shields.map(
      (_, index) => new Shield(index, config, parts, this.market, this.ledger, this.risk, this.router, this.commands),
    );
    this.#shieldsOfInstrument = directory.instruments.map((instrument) =>
      this.shields.filter(({ config }) => config.asset === instrument.index || config.hedge === instrument.index),
    );
    this.#shieldOfAsset = directory.instruments.map(({ index }) =>
      this.shields.find(({ config }) => config.asset === index),
    );
  }

  step(event: Event): void {
    const { nowNs, wallMs } = event;
    this.#nowNs = nowNs;
    this.#wallMs = wallMs;
    switch (event.type) {
      case "signal": {
        const shield = this.#shieldOfAsset[event.signal.instrument];
        const verdict = shield?.onSignal(event.signal, nowNs, wallMs) ?? nothingToProtect(event.signal.intakeSeq);
        this.commands.push({ type: "verdict", verdict });
        return;
      }
      case "quote": {
        this.market.onQuote(event.quote, nowNs);
        const { instrument } = this.config.directory.listings[event.quote.listing]!;
        this.router.advance(instrument, nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs);
        for (const shield of this.#shieldsOfInstrument[instrument]!) shield.onQuote(nowNs, wallMs);
        return;
      }
      case "report": {
        const child = this.router.onReport(event.report, nowNs, wallMs);
        if (child === null) {
          if (event.report.kind === "status" && event.report.cumQtyLots > 0)
            this.#foreignFill(event.report.clientOrderId);
          return;
        }
        this.router.advance(child.instrument, nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs);
        const { lastChange } = this.router;
        if (lastChange === "lateFill" || lastChange === "overFill") this.shields[child.shield]?.unsettle();
        this.shields[child.shield]?.retry(nowNs, wallMs);
        return;
      }
      case "orphan":
        this.#adopt(event.order, nowNs, wallMs);
        return;
      case "venue":
        if (this.market.onVenueStatus(event.status)) this.router.onVenueReady(event.status.venue, nowNs);
        for (const listing of this.config.directory.listings) {
          if (listing.venue === event.status.venue) this.router.advance(listing.instrument, nowNs, wallMs);
        }
        return;
      case "positions":
        this.#reconcile(event.venue, event.lots);
        return;
      case "control":
        this.#control(event.control);
        return;
      case "timer":
        if (nowNs >= this.#bootDueNs) this.#leaveBoot();
        this.router.onTimer(nowNs, wallMs);
        this.pairs.advance(nowNs, wallMs);
        for (const shield of this.shields) shield.onTimer(nowNs, wallMs);
        return;
    }
  }

  /** When the next `timer` event is due; Infinity when nothing waits. */
  nextTimerNs(): number {
    let next = Math.min(this.#bootDueNs, this.router.nextTimerNs(this.#nowNs), this.pairs.nextTimerNs(this.#nowNs));
    for (const shield of this.shields) {
      const dueNs = shield.nextTimerNs(this.#nowNs, this.#wallMs);
      if (dueNs < next) next = dueNs;
    }
    return next;
  }

  /** What a venue says of an order that the log may have lost counts like any report; what the log has not is adopted. */
  #adopt(order: VenueOrder, nowNs: Ns, wallMs: EpochMs): void {
    const isKnown = this.router.childOf(order.clientOrderId) !== undefined;
    const child = this.router.adopt(order, nowNs, wallMs);
    if (isKnown) return;
    this.#alarm("ORPHAN", `${order.clientOrderId}: not in the log, ${order.cumQtyLots} lots filled`, order.cumQtyLots);
    for (const shield of this.#shieldsOfInstrument[child.instrument]!) shield.unsettle();
  }

  /** Compares a venue's own positions with our fills there. A difference is never traded away: people decide. */
  #reconcile(venue: number, positions: readonly (readonly [listing: number, lots: number])[]): void {
    // What this venue has and we forgot is not in yet.
    if (this.amnesia.isMissing(venue)) return;
    const theirs = new Map(positions);
    let equal = true;
    this.market.onCompared(venue);
    for (const listing of this.config.directory.listings) {
      if (listing.venue !== venue) continue;
      const ours = this.ledger.positionLots(listing.index);
      const held = theirs.get(listing.index) ?? 0;
      if (ours === held || this.router.liveAt(listing.index)) continue;
      equal = false;
      const name = this.config.directory.venues[venue]!.name;
      this.#alarm(
        "POSITION_MISMATCH",
        `${listing.symbol} at ${name}: venue says ${held} lots, our fills ${ours}`,
        held - ours,
      );
    }
    if (!equal) {
      this.#reducesForDisk = false;
      // Toward more care only: halted stays halted, and a boot that was to halt does.
      const cautious = this.risk.state === "halted" || (this.risk.state === "booting" && this.#asked === "halted");
      this.#enter(cautious ? "halted" : "reducing", "positions do not match");
    } else if (this.risk.state === "booting") {
      const missing = this.config.directory.listings.some((listing) => !this.market.isCompared(listing.venue));
      if (!missing) this.#leaveBoot();
      else this.#bootDueNs = Math.min(this.#bootDueNs, this.#nowNs + COMPARE_MS_MAX * 1e6);
    }
  }

  /** Every venue agrees, or has had its time: those that have not answered take no orders until they have. */
  #leaveBoot(): void {
    this.#bootDueNs = Number.POSITIVE_INFINITY;
    if (this.risk.state === "booting" && !this.amnesia.isOpen) this.#enter(this.#asked, "positions match");
  }

  #foreignFill(clientOrderId: string): void {
    this.#alarm("FOREIGN_ORDER", `an order we do not know filled on our account: ${clientOrderId}`, 0);
    this.#reducesForDisk = false;
    if (this.risk.state === "active") this.#enter("reducing", "a fill we cannot explain");
  }

  #control(control: Control): void {
    if (control.type === "kill") {
      if (control.level === this.risk.kill) return;
      this.risk.kill = control.level;
      this.#alarm("STATE_CHANGED", `kill switch ${control.level}: ${control.reason}`, control.level);
      return;
    }
    if (control.type === "scanned") {
      this.amnesia.scanned(control.venue);
      return;
    }
    if (control.type === "scarce") {
      this.#onScarce(control.scarce);
      return;
    }
    if (control.type === "refuse") {
      const refusal = { code: "CRASHED", value: Number.NaN, limit: Number.NaN } as const;
      this.commands.push({ type: "verdict", verdict: { intakeSeq: control.intakeSeq, outcome: "refused", refusal } });
      return;
    }
    this.#asked = control.state;
    this.#reducesForDisk = false;
    if (control.state === "active") this.router.closeBreaker();
    if (this.risk.state !== "booting") this.#enter(control.state, control.reason);
  }

  #onScarce(scarce: boolean): void {
    if (scarce && this.risk.state === "active") {
      this.#enter("reducing", "the disk is full");
      this.#reducesForDisk = true;
    } else if (!scarce && this.#reducesForDisk) {
      this.#reducesForDisk = false;
      this.#enter("active", "the disk has room again");
    }
  }

  #enter(state: EngineState, reason: string): void {
    if (this.risk.state === state) return;
    this.risk.state = state;
    this.#alarm("STATE_CHANGED", `${state}: ${reason}`, 0);
  }

  #alarm(code: Alarm["code"], message: string, value: number): void {
    this.commands.push({ type: "alarm", alarm: { code, message, value } });
  }
}

const nothingToProtect = (intakeSeq: number): Verdict => ({
  intakeSeq,
  outcome: "refused",
  refusal: { code: "NOTHING_TO_PROTECT", value: Number.NaN, limit: Number.NaN },
});
