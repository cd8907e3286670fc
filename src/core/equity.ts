/**
 * Equity, hedged and not: what all fills together have made or lost by the prices of now, in quote currency, and beside it the
 * shadow portfolio (S1): the same signals without any hedge, marked on the same quotes.
 *
 *     hedged  = Σ over all instruments of (cash + held · mid) + what the holdings of shields have made
 *     shadow  = the same without the instruments that hedge
 *
 * The shadow's fills are the primary legs' own, fees included, because an instrument belongs to one leg of one playbook: so the
 * two differ by the hedges alone.
 *
 * Floats: this is reporting, and the loss breakers, never an account.
 */
import type { Directory } from "../domain/instrument.ts";
import type { EpochMs } from "../domain/units.ts";
import { refill } from "./saved.ts";

const DAY_MS = 86_400_000;

/** Journaled now and then; recovery takes the last. */
export interface Mark {
  readonly atMs: EpochMs;
  readonly hedged: number;
  readonly shadow: number;
  /** Highest `hedged` so far, and `hedged` at the start of the UTC day. */
  readonly peak: number;
  readonly dayStart: number;
  /** Fees and slippage of the UTC day; absent in records of builds that did not count them. */
  readonly dayCost?: number;
  /** What was protected; absent in records of builds that did not write it. */
  readonly holdings?: readonly Protected[];
}

/** A holding that is protected: its price is that of `priced`. */
export interface Holding {
  readonly priced: number;
  readonly quantity: number;
}

export interface Protected extends Holding {
  /** The first price it was seen at, 0 before that, and what it has made since then. */
  readonly startPrice: number;
  readonly made: number;
}

export class Equity {
  readonly #directory: Directory;
  readonly #hedges: ReadonlySet<number>;
  readonly #holdings: readonly Holding[];
  /** By instrument: paid and received in tick-lots, position in lots, last mid in ticks. */
  readonly #cash: Float64Array;
  readonly #held: Float64Array;
  readonly #mid: Float64Array;
  /** By holding: the first price it was seen at, and what it has made since. */
  readonly #startPrice: Float64Array;
  readonly #made: Float64Array;
  readonly #state = new Float64Array(6);
  readonly #traded: readonly number[];

  constructor(directory: Directory, hedges: readonly number[], holdings: readonly Holding[]) {
    const count = directory.instruments.length;
    this.#directory = directory;
    this.#hedges = new Set(hedges);
    this.#holdings = holdings;
    this.#cash = new Float64Array(count);
    this.#held = new Float64Array(count);
    this.#mid = new Float64Array(count);
    this.#startPrice = new Float64Array(holdings.length);
    this.#made = new Float64Array(holdings.length);
    this.#state[DAY] = -1;
    this.#traded = directory.instruments.flatMap(({ index }) =>
      directory.listings.some(({ instrument }) => instrument === index) ? [index] : [],
    );
  }

  /** `filledLots` signed; the fee as a fraction of what was paid. */
  onFill(instrument: number, filledLots: number, pxTicks: number, fee: number): void {
    const { tick, lot } = this.#directory.instruments[instrument]!;
    const paid = filledLots * pxTicks;
    const mid = this.#mid[instrument]!;
    // Before the first mid nobody knows what would have been a fair price.
    const slipped = mid === 0 ? 0 : Math.max(0, paid - filledLots * mid);
    this.#state[DAY_COST]! += (Math.abs(paid) * fee + slipped) * tick * lot;
    this.#held[instrument]! += filledLots;
    this.#cash[instrument]! -= filledLots * pxTicks + Math.abs(filledLots * pxTicks) * fee;
  }

  /** A fresh mid. Allocates nothing: so small a method is compiled into its caller, where the mid is no object. */
  onMid(instrument: number, midTicks: number, wallMs: EpochMs): void {
    this.#mid[instrument] = midTicks;
    this.#markAnew(wallMs);
  }

  #markAnew(wallMs: EpochMs): void {
    let hedged = 0;
    let shadow = 0;
    for (let i = 0; i < this.#traded.length; i++) {
      const index = this.#traded[i]!;
      // Not marked yet since a restart: what stands there is worth more than nothing, and nobody knows how much.
      if (this.#held[index] !== 0 && this.#mid[index] === 0) return;
      const { tick, lot } = this.#directory.instruments[index]!;
      const equity = (this.#cash[index]! + this.#held[index]! * this.#mid[index]!) * tick * lot;
      hedged += equity;
      if (!this.#hedges.has(index)) shadow += equity;
    }
    for (let i = 0; i < this.#holdings.length; i++) {
      const { priced, quantity } = this.#holdings[i]!;
      const price = this.#mid[priced]! * this.#directory.instruments[priced]!.tick;
      if (price !== 0) {
        if (this.#startPrice[i] === 0) this.#startPrice[i] = price;
        this.#made[i] = quantity * (price - this.#startPrice[i]!);
      }
      // Not seen yet since a restart: what it had made by then.
      hedged += this.#made[i]!;
      shadow += this.#made[i]!;
    }
    const day = Math.floor(wallMs / DAY_MS);
    if (day > this.#state[DAY]!) {
      this.#state[DAY] = day;
      this.#state[DAY_START] = hedged;
      this.#state[DAY_COST] = 0;
    }
    this.#state[HEDGED] = hedged;
    this.#state[SHADOW] = shadow;
    if (hedged > this.#state[PEAK]!) this.#state[PEAK] = hedged;
  }

  get hedged(): number {
    return this.#state[HEDGED]!;
  }
  get shadow(): number {
    return this.#state[SHADOW]!;
  }
  /** Lost since the UTC day began, and since the highest equity; not negative. */
  get dailyLoss(): number {
    return Math.max(0, this.#state[DAY_START]! - this.#state[HEDGED]!);
  }
  get drawdown(): number {
    return Math.max(0, this.#state[PEAK]! - this.#state[HEDGED]!);
  }

  /** Fees, and what fills were worse than the mid, since the UTC day began. */
  get dailyCost(): number {
    return this.#state[DAY_COST]!;
  }

  /** Either loss is above its limit. Asked on every quote, so it hands no numbers out. */
  isBeyond(dailyLossMax: number, drawdownMax: number): boolean {
    const state = this.#state;
    return state[DAY_START]! - state[HEDGED]! > dailyLossMax || state[PEAK]! - state[HEDGED]! > drawdownMax;
  }

  mark(atMs: EpochMs): Mark {
    const { hedged, shadow } = this;
    const [peak, dayStart, dayCost] = [PEAK, DAY_START, DAY_COST].map((at) => this.#state[at]!) as [
      number,
      number,
      number,
    ];
    return { atMs, hedged, shadow, peak, dayStart, dayCost, holdings: this.#protected() };
  }

  /** A person has looked at a loss: it counts from now on. */
  forgive(): void {
    this.#state[DAY_START] = this.#state[HEDGED]!;
    this.#state[PEAK] = this.#state[HEDGED]!;
  }

  /** A person has looked at what trading costs. */
  forgiveCost(): void {
    this.#state[DAY_COST] = 0;
  }

  /**
   * Recovery: the peak and the day of an earlier life, and what it was worth last: that counts until all that is held has a price
   * again. Its fills come by their own records.
   */
  restore({ atMs, hedged, shadow, peak, dayStart, dayCost = 0, holdings = [] }: Mark): void {
    this.#state[DAY] = Math.floor(atMs / DAY_MS);
    this.#state[HEDGED] = hedged;
    this.#state[SHADOW] = shadow;
    this.#state[PEAK] = peak;
    this.#state[DAY_START] = dayStart;
    this.#state[DAY_COST] = dayCost;
    this.#recall(holdings);
  }

  /** What a snapshot keeps of it: marks since its last record are those of the prices then, and are made anew. */
  save() {
    const [cash, heldLots, state] = [this.#cash.slice(), this.#held.slice(), this.#state.slice()];
    return { cash, heldLots, state, holdings: this.#protected() };
  }
  load({ cash, heldLots, state, holdings }: ReturnType<Equity["save"]>): void {
    refill(this.#cash, cash);
    refill(this.#held, heldLots);
    refill(this.#state, state);
    this.#recall(holdings);
  }

  #protected(): Protected[] {
    return this.#holdings.map((holding, i) => ({
      ...holding,
      startPrice: this.#startPrice[i]!,
      made: this.#made[i]!,
    }));
  }

  /** What is held otherwise now begins anew, and what it had made counts nowhere any more. */
  #recall(before: readonly Protected[]): void {
    this.#holdings.forEach(({ priced, quantity }, i) => {
      const same = before.find((each) => each.priced === priced && each.quantity === quantity);
      this.#startPrice[i] = same?.startPrice ?? 0;
      this.#made[i] = same?.made ?? 0;
    });
    for (const { priced, quantity, made } of before) {
      if (this.#holdings.some((each) => each.priced === priced && each.quantity === quantity)) continue;
      for (const at of [HEDGED, SHADOW, PEAK, DAY_START]) this.#state[at]! -= made;
    }
  }
}

const HEDGED = 0;
const SHADOW = 1;
const PEAK = 2;
const DAY_START = 3;
const DAY = 4;
const DAY_COST = 5;
