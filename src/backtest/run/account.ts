/**
 * Account: keeps the hedged portfolio and its shadow beside it, from the events and commands of an engine, wherever they come
 * from: the simulated run hands them over as they happen, a report reads them from a live journal.
 *
 * Each playbook's position has a part of its own (`shield-part.ts`, `position-part.ts`). The hedged portfolio has the hedges, at the
 * prices they filled at, with the taker fee of their listing; the shadow is the same without them. Both start from `capital` and are
 * looked at once per sample interval, as they stood before the event that ended it.
 *
 * Invariants
 *   - Nothing here decides, and nothing of the future is known: a sample stands as soon as it is taken.
 *   - A fill is counted once, however often and in whatever order it is told: reports carry cumulative quantities.
 *   - Memory does not grow with the run, but for what is kept of orders that are under way.
 */
import type { Child } from "../../core/child.ts";
import type { Verdict } from "../../core/event.ts";
import type { PositionRecord } from "../../core/playbooks/hedged-position.ts";
import type { Outcome } from "../../core/score/outcomes.ts";
import type { Scored } from "../../core/score.ts";
import type { Directory } from "../../domain/instrument.ts";
import { type OrderReport, type Quote, sideSign } from "../../domain/order.ts";
import type { CurveShape } from "../curve.ts";
import { Effectiveness, type PairsResult } from "../effectiveness.ts";
import type { AccountPart, Said, Sample } from "./account-part.ts";
import { type Episode, isComparable } from "./episode.ts";
import { PositionPart, type TradedPosition } from "./position-part.ts";
import { PriceBoard } from "./price-board.ts";
import { Reliability } from "./reliability.ts";
import { episodeTrade, runTerms } from "./run-as-pair.ts";
import { type SentOrder, SentOrders } from "./sent-orders.ts";
import { type Decided, type HeldPosition, ShieldPart } from "./shield-part.ts";
import { VenueTallies } from "./venue-tally.ts";

export interface AccountOptions {
  readonly directory: Directory;
  /** Shields, then what `signal` and `reversion` trade: by owner. */
  readonly held: readonly HeldPosition[];
  readonly traded: readonly TradedPosition[];
  /** Instruments that have prices of their own. What is held of another is valued at its hedge's, as the core does. */
  readonly priced: ReadonlySet<number>;
  readonly sampleMs: number;
  /** NaN: the notional of what is held at the first prices, and what playbooks may take. */
  readonly capital: number;
}

export interface AccountWatch {
  /** Before the first sample: what profits are measured against. */
  onCapital(capital: number): void;
  onEpisode(episode: Episode): void;
  /** Profits since the start, and the signed notionals of what is held and of its hedges. */
  onSample(atMs: number, hedged: number, unhedged: number, exposure: number, hedge: number): void;
}

export class Account {
  readonly verdicts = new Map<string, number>();
  readonly alarms = new Map<string, number>();
  readonly venues: VenueTallies;
  readonly reliability: Reliability;
  samples = 0;
  episodes = 0;
  comparable = 0;
  /** Positions that were to be opened, and of which no order filled. */
  neverFilled = 0;
  firstMs = Number.NaN;
  lastMs = Number.NaN;
  /** Episodes begun: an episode's number is its place among them. */
  #opened = 0;
  readonly #options: AccountOptions;
  readonly #watch: AccountWatch;
  readonly #prices: PriceBoard;
  readonly #shields: readonly ShieldPart[];
  readonly #positions: readonly PositionPart[];
  /** All of them, by owner. */
  readonly #parts: readonly AccountPart[];
  readonly #sent = new SentOrders();
  readonly #sums: Sample = { hedged: 0, unhedged: 0, exposure: 0, hedge: 0 };
  #effect: Effectiveness | null = null;
  #capital: number;
  #sampleDueMs = Number.NaN;
  #sampledMs = Number.NEGATIVE_INFINITY;

  constructor(options: AccountOptions, watch: AccountWatch) {
    const { directory, held, traded, priced } = options;
    this.#options = options;
    this.#watch = watch;
    this.#capital = options.capital;
    this.venues = new VenueTallies(directory);
    this.reliability = new Reliability(directory.sources);
    const prices = new PriceBoard(directory);
    this.#prices = prices;
    const nextId = () => this.#opened++;
    const onEnded = (episode: Episode) => this.#ended(episode);
    this.#shields = held.map(
      (each) => new ShieldPart(each, priced.has(each.asset), directory, prices, nextId, onEnded),
    );
    this.#positions = traded.map((each) => new PositionPart(each, directory, prices, nextId, onEnded));
    this.#parts = [...this.#shields, ...this.#positions];
  }

  /** In quote units; NaN before every position has a price. */
  get capital(): number {
    return this.#capital;
  }

  /** To be called before every event: takes the samples that are due. */
  passTo(atMs: number): void {
    this.lastMs = atMs;
    if (!(atMs >= this.#sampleDueMs)) return;
    const { sampleMs } = this.#options;
    this.#sample(this.#sampleDueMs);
    // Silence is one sample, not many of the same.
    this.#sampleDueMs += Math.max(1, Math.ceil((atMs - this.#sampleDueMs) / sampleMs)) * sampleMs;
  }

  onQuote(quote: Quote): void {
    this.#prices.quote(quote);
    if (this.#effect === null) this.#begin();
  }

  /** A price of an instrument that is held and has no listing, in quote units. */
  onAssetPrice(instrument: number, price: number): void {
    this.#prices.set(instrument, price);
    if (this.#effect === null) this.#begin();
  }

  /** An order is about to be sent. */
  onIntent(atMs: number, child: Child): void {
    const part = this.#parts[child.shield];
    const decidedPrice = part === undefined ? this.#prices.of(child.instrument) : part.onIntent(atMs, child);
    this.#sent.add(atMs, child, decidedPrice);
    this.venues.onOrder(child.venue);
  }

  onReport(atMs: number, report: OrderReport): void {
    const sent = this.#sent.of(report.clientOrderId);
    if (sent === undefined) return;
    const { venue } = sent.child;
    if (!sent.answered && report.kind !== "notSent") {
      sent.answered = true;
      this.venues.onAnswer(venue, atMs - sent.atMs);
    }
    this.venues.onReport(venue, report);
    if (this.#sent.grow(sent, report)) this.#fill(atMs, sent, this.#sent.lots, this.#sent.priceTicks);
  }

  /** A shield's decision stands. */
  onDecided(atMs: number, decided: Decided, said: Said): void {
    this.#shields[decided.shield]!.onDecided(atMs, decided, said);
  }

  /** A traded position is new or has changed. `said` is asked for the signal that opens it. */
  onPositioned(atMs: number, record: PositionRecord, said: (intakeSeq: number) => Said | null): void {
    this.#positions[record.owner - this.#shields.length]?.onPositioned(atMs, record, said);
  }

  onScored(scored: Scored, said: (intakeSeq: number) => Said | null): void {
    this.reliability.onScored(scored, said);
  }

  onOutcome(outcome: Outcome): void {
    this.reliability.onOutcome(outcome);
  }

  onVerdict(verdict: Verdict): void {
    count(this.verdicts, verdict.refusal?.code ?? verdict.outcome);
  }

  onAlarm(code: string): void {
    count(this.alarms, code);
  }

  /** Ends the open episodes and returns the metrics; null where no price was ever seen. */
  finish(): PairsResult | null {
    if (this.#effect === null) return null;
    if (this.lastMs > this.#sampledMs) this.#sample(this.lastMs);
    for (const part of this.#parts) part.end(this.lastMs);
    const samplesPerYear = (365 * 86_400_000) / this.#options.sampleMs;
    return this.#effect.result(samplesPerYear);
  }

  /** Of both curves' changes from sample to sample; null where there are none. */
  shapes(): { readonly hedged: CurveShape; readonly unhedged: CurveShape } | null {
    const effect = this.#effect;
    return effect === null ? null : { hedged: effect.hedged.shape(), unhedged: effect.unhedged.shape() };
  }

  /** Once every position and its hedge have a price: from here on there is something to compare. */
  #begin(): void {
    let capital = 0;
    for (const part of this.#parts) capital += part.startCapital();
    if (Number.isNaN(capital)) return;
    if (Number.isNaN(this.#capital)) this.#capital = capital;
    for (const part of this.#parts) part.begin();
    this.#effect = new Effectiveness(runTerms(this.#capital));
    this.#watch.onCapital(this.#capital);
    this.firstMs = this.lastMs;
    this.#sampleDueMs = this.lastMs;
  }

  #sample(atMs: number): void {
    const effect = this.#effect;
    if (effect === null) return;
    const sums = this.#sums;
    sums.hedged = sums.unhedged = sums.exposure = sums.hedge = 0;
    for (const part of this.#parts) part.sample(sums, effect);
    effect.onEquity(sums.hedged, sums.unhedged);
    this.samples++;
    this.#sampledMs = atMs;
    this.#watch.onSample(atMs, sums.hedged, sums.unhedged, sums.exposure, sums.hedge);
  }

  #fill(atMs: number, { child, decidedPrice: decided }: SentOrder, lots: number, priceTicks: number): void {
    const { directory } = this.#options;
    const { tick, lot } = directory.instruments[child.instrument]!;
    const side = sideSign(child.side);
    const price = priceTicks * tick;
    // A journal may have lost the quotes of its first days: such a fill says nothing of slippage.
    const decidedPrice = decided > 0 ? decided : price;
    const notional = lots * lot * price;
    const fee = notional * directory.listings[child.listing]!.takerFee;
    const slipped = side * (price / decidedPrice - 1);
    const fill = { atMs, child, units: side * lots * lot, price, decidedPrice, notional, fee, slipped };
    this.#parts[child.shield]?.onFill(fill, this.#effect);
    this.venues.onFill(child.venue, lots < child.qtyLots, notional, fee, slipped);
  }

  #ended(episode: Episode): void {
    // What was to be opened and never was is no trade: counting it would give verdicts on nothing.
    if (episode.playbook !== "shield" && episode.fills === 0) {
      this.neverFilled++;
      return;
    }
    this.episodes++;
    if (isComparable(episode)) this.comparable++;
    this.#effect?.onTrade(episodeTrade(episode));
    this.#watch.onEpisode(episode);
  }
}

function count(into: Map<string, number>, key: string): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}
