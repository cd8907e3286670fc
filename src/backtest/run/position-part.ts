/**
 * A traded position's part of the account, of the playbooks `signal` and `reversion`: a primary leg and its hedge, opened and closed
 * together.
 *
 * The shadow takes the same trades without the hedge leg, the primary's own costs included. A trade is a position, from its opening
 * to flat, or to the end of the data.
 */
import type { Child } from "../../core/child.ts";
import type { PositionRecord } from "../../core/playbooks/hedged-position.ts";
import type { Directory } from "../../domain/instrument.ts";
import type { Effectiveness } from "../effectiveness.ts";
import type { AccountPart, Fill, OnEnded, Said, Sample } from "./account-part.ts";
import { EpisodeTally } from "./episode-tally.ts";
import { LegBook } from "./leg-book.ts";
import { LegOrders } from "./leg-orders.ts";
import type { PriceBoard } from "./price-board.ts";

export interface TradedPosition {
  readonly playbook: "signal" | "reversion";
  /** Indices of instruments. */
  readonly primary: number;
  readonly hedge: number;
  /** Quote notional that it may take. */
  readonly notional: number;
}

interface OpenTrade {
  readonly id: number;
  readonly record: PositionRecord;
  readonly said: Said;
  readonly startMs: number;
  readonly price: number;
  readonly tally: EpisodeTally;
  /** Of both legs, up to the start. */
  readonly before: readonly [primaryGross: number, primaryCost: number, hedgeGross: number, hedgeCost: number];
  /** β and β · h as they are now: what the hedge should be per unit of the primary. */
  beta: number;
  ratio: number;
}

export class PositionPart implements AccountPart {
  readonly #terms: TradedPosition;
  readonly #directory: Directory;
  readonly #prices: PriceBoard;
  readonly #nextId: () => number;
  readonly #onEnded: OnEnded;
  readonly #primary = { book: new LegBook(), orders: new LegOrders() };
  readonly #hedge = { book: new LegBook(), orders: new LegOrders() };
  #trade: OpenTrade | null = null;
  /** Prices of both at the last sample, while both legs stood. */
  #primaryBefore = Number.NaN;
  #hedgeBefore = Number.NaN;

  constructor(terms: TradedPosition, directory: Directory, prices: PriceBoard, nextId: () => number, onEnded: OnEnded) {
    this.#terms = terms;
    this.#directory = directory;
    this.#prices = prices;
    this.#nextId = nextId;
    this.#onEnded = onEnded;
  }

  startCapital(): number {
    return Number.isNaN(this.#primaryPrice() + this.#hedgePrice()) ? Number.NaN : this.#terms.notional;
  }

  begin(): void {
    this.#primary.book.open(this.#primaryPrice());
    this.#hedge.book.open(this.#hedgePrice());
  }

  onIntent(atMs: number, child: Child): number {
    const leg = child.instrument === this.#terms.hedge ? this.#hedge : this.#primary;
    if (this.#trade !== null) this.#trade.tally.orders++;
    return leg.orders.add(atMs, child.cause, this.#prices.of(child.instrument));
  }

  onFill(fill: Fill, effect: Effectiveness | null): void {
    const { child, units, decidedPrice, price, fee } = fill;
    const isHedge = child.instrument === this.#terms.hedge;
    (isHedge ? this.#hedge : this.#primary).book.fill(units, decidedPrice, price, fee);
    effect?.onFill(isHedge ? "hedge" : "primary", Math.sign(units), price, decidedPrice);
    this.#trade?.tally.fill(fill);
  }

  /** The position is new or has changed. `said`: of the signal that opens it; asked for once per trade. */
  onPositioned(atMs: number, record: PositionRecord, said: (intakeSeq: number) => Said | null): void {
    if (record.state === "flat") {
      this.#close(atMs, record.why);
      return;
    }
    if (this.#trade === null) {
      // What is being closed was opened before the account began to look.
      if (record.state === "closing") return;
      this.#open(atMs, record, said);
    }
    const trade = this.#trade!;
    if (record.state === "closing") trade.ratio = 0;
    else {
      trade.beta = record.beta;
      trade.ratio = record.hedgeLots === 0 ? 0 : record.beta * record.h;
    }
  }

  sample(into: Sample, effect: Effectiveness): void {
    const [primary, hedge] = [this.#primaryPrice(), this.#hedgePrice()];
    const own = this.#primary.book.gross(primary) - this.#primary.book.cost;
    const other = this.#hedge.book.gross(hedge) - this.#hedge.book.cost;
    into.unhedged += own;
    into.hedged += own + other;
    into.exposure += this.#primary.book.value(primary);
    into.hedge += this.#hedge.book.value(hedge);
    this.#compare(effect, primary, hedge);
    if (this.#trade !== null) this.#worsen(this.#trade);
  }

  end(atMs: number): void {
    this.#close(atMs, "end of data");
  }

  #open(atMs: number, record: PositionRecord, said: (intakeSeq: number) => Said | null): void {
    const { decision, cause } = record;
    // An opening's record comes behind its first orders.
    const orders = [this.#primary, this.#hedge].reduce(
      (sum, leg) => sum + (leg.orders.cause === cause.text ? leg.orders.causeOrders : 0),
      0,
    );
    const whose = (decision?.playbook === "signal" ? said(decision.intakeSeq) : null) ?? NOBODY;
    this.#trade = {
      id: this.#nextId(),
      record,
      said: whose,
      startMs: atMs,
      price: this.#primaryPrice(),
      tally: new EpisodeTally(Number.isNaN(whose.receivedMs) ? atMs : whose.receivedMs, orders),
      before: this.#money(),
      beta: record.beta,
      ratio: 0,
    };
  }

  /** How well the hedge fits, while there is one to fit. */
  #compare(effect: Effectiveness, primary: number, hedge: number): void {
    const trade = this.#trade;
    const held = trade !== null && trade.ratio !== 0 && this.#primary.book.units !== 0;
    if (held) {
      effect.onHeld(this.#primary.book.value(primary), this.#hedge.book.value(hedge), trade.ratio);
      if (this.#primaryBefore > 0) {
        effect.onMove(Math.log(primary / this.#primaryBefore), Math.log(hedge / this.#hedgeBefore), trade.beta);
      }
    }
    this.#primaryBefore = held ? primary : Number.NaN;
    this.#hedgeBefore = held ? hedge : Number.NaN;
  }

  #worsen({ tally, before }: OpenTrade): void {
    const now = this.#money();
    const own = now[0] - before[0] - (now[1] - before[1]);
    tally.worsen(own, own + now[2] - before[2] - (now[3] - before[3]));
  }

  #close(atMs: number, why: string): void {
    const trade = this.#trade;
    if (trade === null) return;
    this.#trade = null;
    this.#worsen(trade);
    const { record, tally, said, before } = trade;
    const { instruments } = this.#directory;
    const { decision } = record;
    const bySignal = decision?.playbook === "signal";
    const [source = "", signalId = ""] = bySignal ? record.cause.text.split("|") : [OWN_SPREAD];
    const now = this.#money();
    const primary = instruments[this.#terms.primary]!;
    this.#onEnded({
      id: trade.id,
      playbook: this.#terms.playbook,
      asset: primary.symbol,
      hedge: instruments[this.#terms.hedge]!.symbol,
      signalId,
      source,
      kind: bySignal ? decision.kind : this.#terms.playbook,
      model: said.model,
      modelVersion: said.modelVersion,
      score: bySignal ? decision.score : Number.NaN,
      decidedMs: trade.startMs,
      endMs: atMs,
      end: why,
      exposure: record.primaryLots * primary.lot * trade.price,
      price: trade.price,
      intensity: record.h,
      targetLots: record.hedgeLots,
      orders: tally.orders,
      fills: tally.fills,
      filledNotional: tally.notional,
      slippage: tally.slippage,
      firstFillMs: tally.firstFillMs,
      profitPrimary: now[0] - before[0],
      costPrimary: now[1] - before[1],
      profitHedge: now[2] - before[2],
      cost: now[3] - before[3],
      worstUnhedged: tally.worstUnhedged,
      worstHedged: tally.worstHedged,
    });
  }

  #money(): OpenTrade["before"] {
    const { book: primary } = this.#primary;
    const { book: hedge } = this.#hedge;
    return [primary.gross(this.#primaryPrice()), primary.cost, hedge.gross(this.#hedgePrice()), hedge.cost];
  }

  #primaryPrice(): number {
    return this.#prices.of(this.#terms.primary);
  }

  #hedgePrice(): number {
    return this.#prices.of(this.#terms.hedge);
  }
}

const OWN_SPREAD = "(its own spread)";
const NOBODY: Said = { model: "", modelVersion: "", receivedMs: Number.NaN };
