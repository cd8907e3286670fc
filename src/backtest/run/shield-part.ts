/**
 * A shield's part of the account: what is held was there before and goes on being there; its hedges are what was traded.
 *
 * The shadow holds what is held and nothing else. A trade is a decision: the hedge from one signal's decision to the next on the same
 * position, or to the end of the data.
 */
import type { Child } from "../../core/child.ts";
import type { Directory } from "../../domain/instrument.ts";
import type { Effectiveness } from "../effectiveness.ts";
import type { AccountPart, Fill, OnEnded, Said, Sample } from "./account-part.ts";
import { EpisodeTally } from "./episode-tally.ts";
import { LegBook } from "./leg-book.ts";
import { LegOrders } from "./leg-orders.ts";
import type { PriceBoard } from "./price-board.ts";

export interface HeldPosition {
  /** Indices of instruments, and the signed base quantity held. */
  readonly asset: number;
  readonly hedge: number;
  readonly holdings: number;
  readonly beta: number;
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
  readonly said: Said;
  readonly startMs: number;
  readonly price: number;
  readonly exposure: number;
  readonly tally: EpisodeTally;
  targetLots: number;
  /** Of the hedge, up to the start. */
  readonly grossBefore: number;
  readonly costBefore: number;
}

export class ShieldPart implements AccountPart {
  readonly #held: HeldPosition;
  readonly #directory: Directory;
  /** What values the position: its own price, or its hedge's where it has none, as in the core. */
  readonly #valuedBy: number;
  readonly #prices: PriceBoard;
  readonly #nextId: () => number;
  readonly #onEnded: OnEnded;
  readonly #book = new LegBook();
  readonly #orders = new LegOrders();
  #startPrice = Number.NaN;
  #episode: OpenEpisode | null = null;
  /** Target of the last decision over its exposure: what the hedge should be per unit of exposure. */
  #ratio = Number.NaN;
  #assetBefore = Number.NaN;
  #hedgeBefore = Number.NaN;

  /** `isPriced`: the asset has prices of its own. */
  constructor(
    held: HeldPosition,
    isPriced: boolean,
    directory: Directory,
    prices: PriceBoard,
    nextId: () => number,
    onEnded: OnEnded,
  ) {
    this.#held = held;
    this.#directory = directory;
    this.#valuedBy = isPriced ? held.asset : held.hedge;
    this.#prices = prices;
    this.#nextId = nextId;
    this.#onEnded = onEnded;
  }

  startCapital(): number {
    this.#startPrice = this.#assetPrice();
    // Without a price of its hedge there is nothing to compare yet either.
    return Number.isNaN(this.#hedgePrice()) ? Number.NaN : Math.abs(this.#held.holdings) * this.#startPrice;
  }

  begin(): void {
    // What was traded before anything had a price is held, and has earned nothing yet.
    this.#book.open(this.#hedgePrice());
  }

  onIntent(atMs: number, child: Child): number {
    const decidedPrice = this.#orders.add(atMs, child.cause, this.#prices.of(child.instrument));
    const episode = this.#episode;
    const isOwn = child.cause.startsWith("position|");
    // Those of a decision that is about to stand come before it.
    const isOfEpisode = isOwn || child.cause === episode?.decided.decision.cause.text;
    if (episode !== null && isOfEpisode) episode.tally.orders++;
    // A correction aims at the edge of its band; a decision's own order at the target.
    if (isOwn || Number.isNaN(child.targetLots)) return decidedPrice;
    this.#aim(child.targetLots);
    if (episode !== null && isOfEpisode) episode.targetLots = child.targetLots;
    return decidedPrice;
  }

  onFill(fill: Fill, effect: Effectiveness | null): void {
    const { units, decidedPrice, price, fee } = fill;
    this.#book.fill(units, decidedPrice, price, fee);
    effect?.onFill("hedge", Math.sign(units), price, decidedPrice);
    this.#episode?.tally.fill(fill);
  }

  /** A decision stands. */
  onDecided(atMs: number, decided: Decided, said: Said): void {
    const { targetLots, decision } = decided;
    // Where no price was fresh nothing was aimed at yet: the first order says at what.
    const aimed = decided.exposureNotional !== 0;
    if (aimed || decision.intensity.h === 0) this.#aim(decision.intensity.h === 0 ? 0 : targetLots);
    // The same decision at another stage of its life.
    if (this.#episode?.decided.decision.intakeSeq === decision.intakeSeq) return;
    // A decision's record comes behind its first orders.
    const orders = this.#orders.cause === decision.cause.text ? this.#orders.causeOrders : 0;
    this.#close(atMs, "next signal");
    const price = this.#assetPrice();
    this.#episode = {
      id: this.#nextId(),
      decided,
      said,
      startMs: atMs,
      price,
      exposure: this.#held.holdings * price,
      tally: new EpisodeTally(said.receivedMs, orders),
      targetLots: aimed ? targetLots : 0,
      grossBefore: this.#book.gross(this.#hedgePrice()),
      costBefore: this.#book.cost,
    };
  }

  sample(into: Sample, effect: Effectiveness): void {
    const asset = this.#assetPrice();
    const hedge = this.#hedgePrice();
    const own = this.#held.holdings * (asset - this.#startPrice);
    const gross = Number.isNaN(hedge) ? 0 : this.#book.gross(hedge);
    into.unhedged += own;
    into.hedged += own + gross - this.#book.cost;
    into.exposure += this.#held.holdings * asset;
    into.hedge += this.#book.value(hedge);
    this.#compare(effect, asset, hedge);
    if (this.#episode !== null) this.#worsen(this.#episode, asset, gross);
  }

  end(atMs: number): void {
    this.#close(atMs, "end of data");
  }

  /** How well the hedge fits, while there is one to fit. */
  #compare(effect: Effectiveness, asset: number, hedge: number): void {
    const aims = this.#ratio !== 0 && !Number.isNaN(this.#ratio);
    if (aims) {
      // Hedged by `-ratio` per unit: what is left of the exposure after that part is the miss.
      effect.onHeld(this.#held.holdings * asset, this.#book.units * hedge, -this.#ratio);
      if (this.#assetBefore > 0 && this.#hedgeBefore > 0) {
        effect.onMove(Math.log(asset / this.#assetBefore), Math.log(hedge / this.#hedgeBefore), this.#held.beta);
      }
    }
    this.#assetBefore = aims ? asset : Number.NaN;
    this.#hedgeBefore = aims ? hedge : Number.NaN;
  }

  #worsen(episode: OpenEpisode, asset: number, gross: number): void {
    const own = this.#held.holdings * (asset - episode.price);
    episode.tally.worsen(own, own + (gross - episode.grossBefore) - (this.#book.cost - episode.costBefore));
  }

  /** From now on the hedge should be `targetLots` for the exposure as it is now. */
  #aim(targetLots: number): void {
    const { lot } = this.#directory.instruments[this.#held.hedge]!;
    this.#ratio = (targetLots * lot * this.#hedgePrice()) / (this.#held.holdings * this.#assetPrice());
  }

  #close(atMs: number, end: string): void {
    const episode = this.#episode;
    if (episode === null) return;
    this.#episode = null;
    const { instruments } = this.#directory;
    const { decided, tally, said } = episode;
    const [asset, gross] = [this.#assetPrice(), this.#book.gross(this.#hedgePrice())];
    this.#worsen(episode, asset, gross);
    const [source = "", signalId = ""] = decided.decision.cause.text.split("|");
    this.#onEnded({
      id: episode.id,
      playbook: "shield",
      asset: instruments[this.#held.asset]!.symbol,
      hedge: instruments[this.#held.hedge]!.symbol,
      signalId,
      source,
      kind: decided.decision.kind,
      model: said.model,
      modelVersion: said.modelVersion,
      score: Number.NaN,
      decidedMs: episode.startMs,
      endMs: atMs,
      end,
      exposure: episode.exposure,
      price: episode.price,
      intensity: decided.decision.intensity.h,
      targetLots: episode.targetLots,
      orders: tally.orders,
      fills: tally.fills,
      filledNotional: tally.notional,
      slippage: tally.slippage,
      firstFillMs: tally.firstFillMs,
      profitPrimary: this.#held.holdings * (asset - episode.price),
      costPrimary: 0,
      profitHedge: gross - episode.grossBefore,
      cost: this.#book.cost - episode.costBefore,
      worstUnhedged: tally.worstUnhedged,
      worstHedged: tally.worstHedged,
    });
  }

  #assetPrice(): number {
    return this.#prices.of(this.#valuedBy);
  }

  #hedgePrice(): number {
    return this.#prices.of(this.#held.hedge);
  }
}
