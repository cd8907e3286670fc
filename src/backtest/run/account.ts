/**
 * Account: keeps the hedged portfolio and its shadow beside it, from the events and commands of an engine, wherever they come
 * from: the simulated run hands them over as they happen, a report reads them from a live journal.
 *
 * The shadow holds what is held and nothing else. The hedged one has the hedges too, at the prices they filled at, with the
 * taker fee of their listing. Both start from `capital` and are looked at once per sample interval, as they stood before the
 * event that ended it.
 *
 * Invariants
 *   - Nothing here decides, and nothing of the future is known: a sample stands as soon as it is taken.
 *   - A fill is counted once, however often and in whatever order it is told: reports carry cumulative quantities.
 *   - Memory does not grow with the run, but for what is kept of orders that are under way.
 */
import type { Child } from "../../core/child.ts";
import type { Verdict } from "../../core/event.ts";
import type { Directory } from "../../domain/instrument.ts";
import { type OrderReport, type Quote, sideSign } from "../../domain/order.ts";
import type { CurveShape } from "../curve.ts";
import { Effectiveness, type PairsResult } from "../effectiveness.ts";
import type { PairsTerms } from "../pairs-terms.ts";
import type { Episode } from "./episode.ts";
import { HedgeBook } from "./hedge-book.ts";
import { VenueTallies } from "./venue-tally.ts";

export interface HeldPosition {
  /** Indices of instruments, and the signed base quantity held. */
  readonly asset: number;
  readonly hedge: number;
  readonly holdings: number;
  readonly beta: number;
}

export interface AccountOptions {
  readonly directory: Directory;
  /** By shield index. */
  readonly positions: readonly HeldPosition[];
  /** Instruments that have prices of their own. What is held of another is valued at its hedge's, as the core does. */
  readonly priced: ReadonlySet<number>;
  readonly sampleMs: number;
  /** NaN: the notional of what is held at the first prices. */
  readonly capital: number;
}

export interface AccountWatch {
  /** Before the first sample: what profits are measured against. */
  onCapital(capital: number): void;
  onEpisode(episode: Episode): void;
  /** Profits since the start, and the signed notionals of what is held and of its hedges. */
  onSample(atMs: number, hedged: number, unhedged: number, exposure: number, hedge: number): void;
}

/** What a decision says: from the core, or from its record. */
export interface Decided {
  readonly shield: number;
  readonly targetLots: number;
  readonly exposureNotional: number;
  readonly decision: {
    readonly intakeSeq: number;
    readonly kind: string;
    readonly cause: { readonly text: string };
    readonly intensity: { readonly h: number };
  };
}

interface OpenEpisode {
  readonly id: number;
  readonly decided: Decided;
  readonly model: string;
  readonly modelVersion: string;
  readonly receivedMs: number;
  readonly startMs: number;
  readonly price: number;
  readonly exposure: number;
  targetLots: number;
  readonly grossBefore: number;
  readonly costBefore: number;
  orders: number;
  fills: number;
  notional: number;
  slipped: number;
  firstFillMs: number;
  worstUnhedged: number;
  worstHedged: number;
}

interface Held extends HeldPosition {
  readonly book: HedgeBook;
  readonly startPrice: number;
  episode: OpenEpisode | null;
  /** Target of the last decision over its exposure: what the hedge should be per unit of exposure. */
  ratio: number;
  assetBefore: number;
  hedgeBefore: number;
  /** Of the newest orders, and how many there were. */
  cause: string;
  causeOrders: number;
  orderedMs: number;
  decidedPrice: number;
}

interface Sent {
  readonly child: Child;
  readonly decidedPrice: number;
  cumLots: number;
  cumValue: number;
  readonly atMs: number;
  answered: boolean;
}

/** Orders that are remembered; an order's last word comes long before so many later ones. */
const SENT_MAX = 8192;
/** Orders of one cause that follow each other within this are one attempt; later ones follow its age, or the market. */
const RETRY_MS_MAX = 10_000;

export class Account {
  readonly verdicts = new Map<string, number>();
  readonly alarms = new Map<string, number>();
  readonly venues: VenueTallies;
  samples = 0;
  episodes = 0;
  comparable = 0;
  /** Decisions taken: an episode's number is its place among them. */
  #opened = 0;
  firstMs = Number.NaN;
  lastMs = Number.NaN;
  readonly #options: AccountOptions;
  readonly #watch: AccountWatch;
  readonly #held: readonly Held[];
  /** Newest mid by listing, and when it came; median by instrument. */
  readonly #mids: Float64Array;
  readonly #prices: Float64Array;
  readonly #listingsOf: readonly (readonly number[])[];
  readonly #sent = new Map<string, Sent>();
  #effect: Effectiveness | null = null;
  #capital: number;
  #sampleDueMs = Number.NaN;

  constructor(options: AccountOptions, watch: AccountWatch) {
    const { directory, positions } = options;
    this.#options = options;
    this.#watch = watch;
    this.#capital = options.capital;
    this.venues = new VenueTallies(directory);
    this.#mids = new Float64Array(directory.listings.length).fill(Number.NaN);
    this.#prices = new Float64Array(directory.instruments.length).fill(Number.NaN);
    this.#listingsOf = directory.instruments.map(({ index }) =>
      directory.listings.filter(({ instrument }) => instrument === index).map((listing) => listing.index),
    );
    this.#held = positions.map((position) => ({
      ...position,
      book: new HedgeBook(),
      startPrice: Number.NaN,
      episode: null,
      ratio: Number.NaN,
      assetBefore: Number.NaN,
      hedgeBefore: Number.NaN,
      cause: "",
      causeOrders: 0,
      orderedMs: Number.NEGATIVE_INFINITY,
      decidedPrice: Number.NaN,
    }));
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
    const { instrument } = this.#options.directory.listings[quote.listing]!;
    this.#mids[quote.listing] = (quote.bidTicks + quote.askTicks) / 2;
    this.#prices[instrument] = this.#midOf(instrument) * this.#options.directory.instruments[instrument]!.tick;
    if (this.#effect === null) this.#begin();
  }

  /** A price of an instrument that is held and has no listing, in quote units. */
  onAssetPrice(instrument: number, price: number): void {
    this.#prices[instrument] = price;
    if (this.#effect === null) this.#begin();
  }

  /** An order is about to be sent. */
  onIntent(atMs: number, child: Child): void {
    const decidedPrice = this.#decidedPrice(atMs, child);
    this.#sent.set(child.clientOrderId, { child, decidedPrice, cumLots: 0, cumValue: 0, atMs, answered: false });
    if (this.#sent.size > SENT_MAX) this.#sent.delete(this.#sent.keys().next().value!);
    this.venues.onOrder(child.venue);
    const held = this.#held[child.shield];
    if (held === undefined) return;
    held.causeOrders = held.cause === child.cause ? held.causeOrders + 1 : 1;
    held.cause = child.cause;
    const { episode } = held;
    // Those of a decision that is about to stand come before it.
    const isOfEpisode = child.cause === episode?.decided.decision.cause.text || child.cause.startsWith("position|");
    if (episode !== null && isOfEpisode) episode.orders++;
    // A correction aims at the edge of its band; a decision's own order at the target.
    if (child.cause.startsWith("position|") || Number.isNaN(child.targetLots)) return;
    this.#aim(held, child.targetLots);
    if (episode !== null && isOfEpisode) episode.targetLots = child.targetLots;
  }

  /**
   * What an order is measured against: the mid when its decision first ordered. An order that tries again what the one before could
   * not get at its price is measured against that one's mid: what was lost in between is slippage.
   */
  #decidedPrice(atMs: number, { instrument, shield, cause }: Child): number {
    const held = this.#held[shield];
    const price = this.#prices[instrument]!;
    if (held === undefined) return price;
    if (held.cause !== cause || !(atMs - held.orderedMs <= RETRY_MS_MAX)) held.decidedPrice = price;
    held.orderedMs = atMs;
    return held.decidedPrice;
  }

  onReport(atMs: number, report: OrderReport): void {
    const sent = this.#sent.get(report.clientOrderId);
    if (sent === undefined) return;
    const { child } = sent;
    if (!sent.answered && report.kind !== "notSent") {
      sent.answered = true;
      this.venues.onAnswer(child.venue, atMs - sent.atMs);
    }
    this.venues.onReport(child.venue, report);
    if (report.kind !== "status") return;
    const cumLots = report.status === "filled" && report.cumQtyLots < 0 ? child.qtyLots : report.cumQtyLots;
    if (cumLots <= sent.cumLots) return;
    // A venue that does not say its price is taken at the limit: the worst it can have been.
    const average = Number.isNaN(report.avgPxTicks) ? child.pxTicks : report.avgPxTicks;
    const lots = cumLots - sent.cumLots;
    const price = (average * cumLots - sent.cumValue) / lots;
    sent.cumLots = cumLots;
    sent.cumValue = average * cumLots;
    this.#fill(atMs, sent, lots, price);
  }

  /** A decision stands. `receivedMs` is when its signal arrived. */
  onDecided(atMs: number, decided: Decided, model: string, modelVersion: string, receivedMs: number): void {
    const held = this.#held[decided.shield]!;
    const price = this.#assetPrice(held);
    const { targetLots, decision } = decided;
    // Where no price was fresh nothing was aimed at yet: the first order says at what.
    const aimed = decided.exposureNotional !== 0;
    if (aimed || decision.intensity.h === 0) this.#aim(held, decision.intensity.h === 0 ? 0 : targetLots);
    // The same decision at another stage of its life.
    if (held.episode?.decided.decision.intakeSeq === decision.intakeSeq) return;
    // A decision's record comes behind its first orders.
    const orders = held.cause === decision.cause.text ? held.causeOrders : 0;
    this.#close(decided.shield, atMs, "next signal");
    held.episode = {
      id: this.#opened++,
      decided,
      model,
      modelVersion,
      receivedMs,
      startMs: atMs,
      price,
      exposure: held.holdings * price,
      targetLots: aimed ? targetLots : 0,
      grossBefore: held.book.gross(this.#prices[held.hedge]!),
      costBefore: held.book.cost,
      orders,
      fills: 0,
      notional: 0,
      slipped: 0,
      firstFillMs: Number.NaN,
      worstUnhedged: 0,
      worstHedged: 0,
    };
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
    this.#sample(this.lastMs);
    this.#held.forEach((_, shield) => {
      this.#close(shield, this.lastMs, "end of data");
    });
    const samplesPerYear = (365 * 86_400_000) / this.#options.sampleMs;
    return this.#effect.result(samplesPerYear);
  }

  /** Of both curves' changes from sample to sample; null where there are none. */
  shapes(): { readonly hedged: CurveShape; readonly unhedged: CurveShape } | null {
    const effect = this.#effect;
    return effect === null ? null : { hedged: effect.hedged.shape(), unhedged: effect.unhedged.shape() };
  }

  /** Once every position has a price: from here on there is something to compare. */
  #begin(): void {
    if (this.#held.some((held) => Number.isNaN(this.#assetPrice(held)))) return;
    for (const held of this.#held) (held as { startPrice: number }).startPrice = this.#assetPrice(held);
    if (Number.isNaN(this.#capital)) {
      this.#capital = this.#held.reduce((sum, { holdings, startPrice }) => sum + Math.abs(holdings) * startPrice, 0);
    }
    // What was traded before anything had a price is held, and has earned nothing yet.
    for (const held of this.#held) held.book.open(this.#prices[held.hedge]!);
    this.#effect = new Effectiveness(termsOf(this.#capital));
    this.#watch.onCapital(this.#capital);
    this.firstMs = this.lastMs;
    this.#sampleDueMs = this.lastMs;
  }

  #sample(atMs: number): void {
    const effect = this.#effect;
    if (effect === null) return;
    let hedged = 0;
    let unhedged = 0;
    let exposure = 0;
    let hedges = 0;
    for (const held of this.#held) {
      const asset = this.#assetPrice(held);
      const hedge = this.#prices[held.hedge]!;
      const own = held.holdings * (asset - held.startPrice);
      const gross = Number.isNaN(hedge) ? 0 : held.book.gross(hedge);
      unhedged += own;
      hedged += own + gross - held.book.cost;
      exposure += held.holdings * asset;
      hedges += held.book.units === 0 ? 0 : held.book.units * hedge;
      this.#compare(effect, held, asset, hedge);
      this.#worsen(held, asset, gross);
    }
    effect.onEquity(hedged, unhedged);
    this.samples++;
    this.#watch.onSample(atMs, hedged, unhedged, exposure, hedges);
  }

  /** How well the hedge fits, while there is one to fit. */
  #compare(effect: Effectiveness, held: Held, asset: number, hedge: number): void {
    const aims = held.ratio !== 0 && !Number.isNaN(held.ratio);
    if (aims) {
      // Hedged by `-ratio` per unit: what is left of the exposure after that part is the miss.
      effect.onHeld(held.holdings * asset, held.book.units * hedge, -held.ratio);
      if (held.assetBefore > 0 && held.hedgeBefore > 0) {
        effect.onMove(Math.log(asset / held.assetBefore), Math.log(hedge / held.hedgeBefore), held.beta);
      }
    }
    held.assetBefore = aims ? asset : Number.NaN;
    held.hedgeBefore = aims ? hedge : Number.NaN;
  }

  #worsen(held: Held, asset: number, gross: number): void {
    const { episode, book } = held;
    if (episode === null) return;
    const own = held.holdings * (asset - episode.price);
    const both = own + (gross - episode.grossBefore) - (book.cost - episode.costBefore);
    episode.worstUnhedged = Math.max(episode.worstUnhedged, -own);
    episode.worstHedged = Math.max(episode.worstHedged, -both);
  }

  /** From now on the hedge should be `targetLots` for the exposure as it is now. */
  #aim(held: Held, targetLots: number): void {
    const { lot } = this.#options.directory.instruments[held.hedge]!;
    held.ratio = (targetLots * lot * this.#prices[held.hedge]!) / (held.holdings * this.#assetPrice(held));
  }

  #fill(atMs: number, { child, decidedPrice: decided }: Sent, lots: number, priceTicks: number): void {
    const { directory } = this.#options;
    const { tick, lot } = directory.instruments[child.instrument]!;
    const side = sideSign(child.side);
    const [units, price] = [side * lots * lot, priceTicks * tick];
    // A journal may have lost the quotes of its first days: such a fill says nothing of slippage.
    const decidedPrice = decided > 0 ? decided : price;
    const notional = lots * lot * price;
    const fee = notional * directory.listings[child.listing]!.takerFee;
    const held = this.#held[child.shield];
    const slipped = side * (price / decidedPrice - 1);
    held?.book.fill(units, decidedPrice, price, fee);
    this.#effect?.onFill("hedge", side, price, decidedPrice);
    this.venues.onFill(child.venue, lots < child.qtyLots, notional, fee, slipped);
    const episode = held?.episode;
    if (!episode) return;
    if (episode.fills === 0) episode.firstFillMs = atMs - episode.receivedMs;
    episode.fills++;
    episode.notional += notional;
    episode.slipped += slipped * notional;
  }

  #close(shield: number, atMs: number, end: Episode["end"]): void {
    const held = this.#held[shield]!;
    const { episode, book } = held;
    if (episode === null) return;
    held.episode = null;
    const { instruments } = this.#options.directory;
    const { decided } = episode;
    const [source = "", signalId = ""] = decided.decision.cause.text.split("|");
    const gross = book.gross(this.#prices[held.hedge]!) - episode.grossBefore;
    const cost = book.cost - episode.costBefore;
    const asset = this.#assetPrice(held);
    this.#worsen(held, asset, book.gross(this.#prices[held.hedge]!));
    const closed: Episode = {
      id: episode.id,
      shield,
      asset: instruments[held.asset]!.symbol,
      hedge: instruments[held.hedge]!.symbol,
      signalId,
      source,
      kind: decided.decision.kind,
      model: episode.model,
      modelVersion: episode.modelVersion,
      decidedMs: episode.startMs,
      endMs: atMs,
      end,
      exposure: episode.exposure,
      price: episode.price,
      intensity: decided.decision.intensity.h,
      targetLots: episode.targetLots,
      orders: episode.orders,
      fills: episode.fills,
      filledNotional: episode.notional,
      slippage: episode.slipped / episode.notional,
      firstFillMs: episode.firstFillMs,
      profitUnhedged: held.holdings * (asset - episode.price),
      profitHedge: gross,
      cost,
      worstUnhedged: episode.worstUnhedged,
      worstHedged: episode.worstHedged,
    };
    this.episodes++;
    if (closed.fills > 0 || closed.targetLots !== 0) this.comparable++;
    const { profitUnhedged: grossY, profitHedge: grossX } = closed;
    this.#effect?.onTrade({ ...NO_TRADE, grossY, grossX, costX: cost });
    this.#watch.onEpisode(closed);
  }

  #assetPrice({ asset, hedge }: HeldPosition): number {
    return this.#prices[this.#options.priced.has(asset) ? asset : hedge]!;
  }

  /** Median over the venues that have shown one, as the core takes it of the fresh ones. */
  #midOf(instrument: number): number {
    const listings = this.#listingsOf[instrument]!;
    if (listings.length === 1) return this.#mids[listings[0]!]!;
    const known = listings.map((listing) => this.#mids[listing]!).filter((mid) => !Number.isNaN(mid));
    known.sort((a, b) => a - b);
    const middle = known.length >> 1;
    return known.length % 2 === 1 ? known[middle]! : (known[middle - 1]! + known[middle]!) / 2;
  }
}

/** The study's terms that its metrics read: only the capital means anything here. */
const termsOf = (capital: number): PairsTerms => ({
  betaWindow: 3,
  lookback: 2,
  entry: 2,
  exit: 0,
  stop: 3,
  notional: 1,
  capital,
  fee: 0,
  slippage: 0,
  band: null,
  costGate: false,
  intensity: 1,
});

const NO_TRADE = {
  id: 0,
  direction: 1,
  decisionMs: 0,
  entryMs: 0,
  exitMs: 0,
  reason: "target",
  bars: 0,
  zEntry: Number.NaN,
  zExit: Number.NaN,
  beta: 1,
  entryFillY: 0,
  exitFillY: 0,
  unitsY: 0,
  entryFillX: 0,
  exitFillX: 0,
  unitsX: 0,
  costY: 0,
} as const;

function count(into: Map<string, number>, key: string): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}
