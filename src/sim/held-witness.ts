/**
 * What the venues hold of one instrument, held against what was wished of it: W6 and W16 of sim-witness.ts. Looked at after every
 * step, so what has not changed costs no more than the sum.
 */
import type { Listing } from "../domain/instrument.ts";
import { DUST_LOTS } from "./scenario.ts";
import type { SimVenue } from "./sim-venue.ts";

/** Behind a new wish: by then no order that an earlier one made can fill any more. */
const WISH_SETTLED_MS = 2000;

export class HeldWitness {
  readonly #listings: readonly Listing[];
  readonly #venues: readonly SimVenue[];
  /** X. */
  readonly #budgetLots: number;
  readonly #fail: (broken: string) => never;
  #heldLots = 0;
  /** The least and the most that was ever wished. */
  #minLots = 0;
  #maxLots = 0;
  /** What a venue may hold that was left out and has not told. */
  #unseenLots = 0;
  /** By the newest decision, and since when; NaN before the first, and until the step of one is over. */
  #wishLots = Number.NaN;
  #wishedMs = Number.NaN;
  /** More than that was held since. */
  #wasTooMuch = false;

  constructor(
    listings: readonly Listing[],
    venues: readonly SimVenue[],
    budgetLots: number,
    fail: (broken: string) => never,
  ) {
    this.#listings = listings;
    this.#venues = venues;
    this.#budgetLots = budgetLots;
    this.#fail = fail;
  }

  /** An order for so much in all. */
  aim(targetLots: number): void {
    this.#minLots = Math.min(this.#minLots, targetLots);
    this.#maxLots = Math.max(this.#maxLots, targetLots);
  }

  /** A decision for a hedge of so much: what it protects is held long, so it is short or nothing. */
  wish(targetLots: number): void {
    this.aim(targetLots);
    if (targetLots === this.#wishLots) return;
    this.#wishLots = targetLots;
    this.#wishedMs = Number.NaN;
    this.#wasTooMuch = false;
  }

  /** So much of what a venue has filled is forgotten, and nobody waits for that venue. */
  forget(lots: number): void {
    this.#unseenLots += lots;
  }

  /** `told`: every venue has said what it holds. */
  check(nowMs: number, told: boolean): void {
    if (Number.isNaN(this.#wishedMs)) this.#wishedMs = nowMs;
    let held = 0;
    for (const { index, venue } of this.#listings) held += this.#venues[venue]!.exchange.positionLots(index);
    if (held === this.#heldLots) return;
    this.#heldLots = held;
    this.#checkWithin(held, told);
    if (nowMs >= this.#wishedMs + WISH_SETTLED_MS) this.#checkTakenOff(held);
  }

  #checkWithin(held: number, told: boolean): void {
    const over = Math.max(this.#minLots - held, held - this.#maxLots);
    if (over > this.#budgetLots + this.#unseenLots) {
      const allowed = `X = ${this.#budgetLots} and ${this.#unseenLots} forgotten`;
      this.#fail(`W6: the venues hold ${held} lots, ${over} too many with ${allowed}`);
    }
    if (told && over <= this.#budgetLots) this.#unseenLots = 0;
  }

  #checkTakenOff(held: number): void {
    const tooMuch = this.#wishLots - held;
    if (tooMuch > DUST_LOTS) this.#wasTooMuch = true;
    // A race may exceed a smaller hedge as it may a larger one.
    if (tooMuch < -DUST_LOTS - this.#budgetLots && this.#wasTooMuch)
      this.#fail(`W16: ${held} lots are left of more than ${this.#wishLots}, which are wished`);
  }
}
