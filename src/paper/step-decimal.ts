/**
 * Decimal text ↔ whole steps of one listing, quickly: the paper exchange does this several times per order.
 *
 * Exact: nothing here passes through a binary fraction. The slow, general form is `domain/decimal.ts`.
 */
import { decimalPlaces, parseScaled } from "../domain/decimal.ts";
import { AssertionError } from "../domain/units.ts";

/** Answers of `parse` that are no quantity. */
export const NOT_DECIMAL = -1;
export const TOO_PRECISE = -2;
export const OFF_STEP = -3;

/** Digits of a number small enough to be exact without BigInt. */
const DIGITS_MAX = 15;

export class StepDecimal {
  readonly step: string;
  readonly places: number;
  /** The step in units of 10^-places. */
  readonly #scaledStep: number;

  constructor(step: string) {
    this.places = decimalPlaces(step);
    const scaled = parseScaled(step, this.places);
    if (scaled === null || scaled <= 0n || scaled > 1_000_000_000n)
      throw new AssertionError(`"${step}" is no step size`);
    this.step = step;
    this.#scaledStep = Number(scaled);
  }

  /** `steps` as a plain decimal with the step's places: "61800.2". */
  format(steps: number): string {
    return formatScaled(steps * this.#scaledStep, this.places);
  }

  /** A fraction of steps, such as an average price, with four places more than the step. For reporting only. */
  formatFraction(steps: number): string {
    return formatScaled(Math.round(steps * 10_000) * this.#scaledStep, this.places + 4);
  }

  /** Unsigned decimal text in whole steps, or one of the negative answers above. */
  parse(text: string): number {
    let scaled = 0;
    let digits = 0;
    let places = -1;
    let trailingZeros = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 46) {
        if (places >= 0 || at === 0) return NOT_DECIMAL;
        places = 0;
        continue;
      }
      const digit = code - 48;
      if (digit < 0 || digit > 9) return NOT_DECIMAL;
      digits++;
      if (places >= this.places) {
        if (digit !== 0) return TOO_PRECISE;
        trailingZeros++;
        continue;
      }
      if (places >= 0) places++;
      scaled = scaled * 10 + digit;
    }
    if (digits === 0 || places === 0 || digits - trailingZeros > DIGITS_MAX) return NOT_DECIMAL;
    for (let missing = Math.max(places, 0); missing < this.places; missing++) scaled *= 10;
    if (!Number.isSafeInteger(scaled)) return NOT_DECIMAL;
    return scaled % this.#scaledStep === 0 ? scaled / this.#scaledStep : OFF_STEP;
  }
}

/** `scaled` whole units of 10^-places as a plain decimal. */
export function formatScaled(scaled: number, places: number): string {
  if (!Number.isSafeInteger(scaled)) throw new AssertionError(`${scaled} is not a safe whole number`);
  const negative = scaled < 0;
  let text = String(negative ? -scaled : scaled);
  if (places > 0) {
    if (text.length <= places) text = text.padStart(places + 1, "0");
    text = `${text.slice(0, -places)}.${text.slice(-places)}`;
  }
  return negative ? `-${text}` : text;
}

/** Money in units of 10^-8, as venues print it. */
export function formatMoney(amountE8: bigint): string {
  const negative = amountE8 < 0n;
  const text = (negative ? -amountE8 : amountE8).toString().padStart(9, "0");
  return `${negative ? "-" : ""}${text.slice(0, -8)}.${text.slice(-8)}`;
}
