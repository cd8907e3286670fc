/**
 * Price watch: says when something is held that has no fresh price. Its stop, its limits and its losses are seen in prices
 * only, and nothing of it can be traded: people have to know.
 *
 * Said when the last quote has become too old, and again every minute for as long as it lasts. It decides nothing.
 */
import type { Directory } from "../domain/instrument.ts";
import type { Ns } from "../domain/units.ts";
import type { Command } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Market } from "./market.ts";

const REPEAT_NS = 60e9;

export class PriceWatch {
  readonly #market: Market;
  readonly #ledger: Ledger;
  readonly #directory: Directory;
  readonly #commands: Command[];
  /** By instrument: until when it has been said. */
  readonly #saidUntilNs: Float64Array;

  constructor(directory: Directory, market: Market, ledger: Ledger, commands: Command[]) {
    this.#market = market;
    this.#ledger = ledger;
    this.#directory = directory;
    this.#commands = commands;
    this.#saidUntilNs = new Float64Array(directory.instruments.length).fill(Number.NEGATIVE_INFINITY);
  }

  look(nowNs: Ns): void {
    for (const { index, symbol } of this.#directory.instruments) {
      if (nowNs < this.#dueNs(index)) continue;
      this.#saidUntilNs[index] = nowNs + REPEAT_NS;
      const lots = this.#ledger.heldLots(index);
      const message = `${symbol}: no fresh price of the ${lots} lots held: no stop is seen, nothing can be traded`;
      this.#commands.push({ type: "alarm", alarm: { code: "PRICE_MISSING", message, value: lots } });
    }
  }

  /** When there next is something to say. */
  nextTimerNs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#saidUntilNs.length; index++) next = Math.min(next, this.#dueNs(index));
    return next;
  }

  #dueNs(instrument: number): number {
    if (this.#ledger.heldLots(instrument) === 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.#market.staleFromNs(instrument), this.#saidUntilNs[instrument]!);
  }
}
