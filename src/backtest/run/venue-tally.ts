/** What each venue did with the orders it got: counts, money, and how fast it answered. */
import type { Directory } from "../../domain/instrument.ts";
import type { OrderReport } from "../../domain/order.ts";

/** Shares are fractions; money is in quote units; null for what has no value. */
export interface VenueTally {
  readonly venue: string;
  readonly orders: number;
  readonly fills: number;
  readonly partial_fills: number;
  readonly rejected: number;
  /** Answers that proved nothing: lost, or contradictory. */
  readonly unknown: number;
  readonly filled_notional: number;
  readonly fees: number;
  /** By notional, against the mid at the decision. */
  readonly slippage_mean: number | null;
  readonly answer_ms_mean: number | null;
  readonly answer_ms_max: number | null;
}

const NONE = {
  orders: 0,
  fills: 0,
  partialFills: 0,
  rejected: 0,
  unknown: 0,
  notional: 0,
  fees: 0,
  slipped: 0,
  answers: 0,
  answerMsSum: 0,
  answerMsMax: 0,
};

export class VenueTallies {
  readonly #names: readonly string[];
  readonly #tallies: (typeof NONE)[];

  constructor(directory: Directory) {
    this.#names = directory.venues.map(({ name }) => name);
    this.#tallies = this.#names.map(() => ({ ...NONE }));
  }

  onOrder(venue: number): void {
    this.#tallies[venue]!.orders++;
  }

  onAnswer(venue: number, afterMs: number): void {
    const tally = this.#tallies[venue]!;
    tally.answers++;
    tally.answerMsSum += afterMs;
    tally.answerMsMax = Math.max(tally.answerMsMax, afterMs);
  }

  onReport(venue: number, { kind, status }: OrderReport): void {
    const tally = this.#tallies[venue]!;
    if (kind === "rejected" || (kind === "status" && status === "rejected")) tally.rejected++;
    else if (kind === "unknown" || kind === "cancelUnknown") tally.unknown++;
  }

  onFill(venue: number, isPartial: boolean, notional: number, fee: number, slipped: number): void {
    const tally = this.#tallies[venue]!;
    tally.fills++;
    if (isPartial) tally.partialFills++;
    tally.notional += notional;
    tally.fees += fee;
    tally.slipped += slipped * notional;
  }

  list(): readonly VenueTally[] {
    return this.#tallies.map((tally, venue) => ({
      venue: this.#names[venue]!,
      orders: tally.orders,
      fills: tally.fills,
      partial_fills: tally.partialFills,
      rejected: tally.rejected,
      unknown: tally.unknown,
      filled_notional: tally.notional,
      fees: tally.fees,
      slippage_mean: tally.notional === 0 ? null : tally.slipped / tally.notional,
      answer_ms_mean: tally.answers === 0 ? null : tally.answerMsSum / tally.answers,
      answer_ms_max: tally.answers === 0 ? null : tally.answerMsMax,
    }));
  }
}
