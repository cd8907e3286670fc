/**
 * Decimal texts of an exchange: what an order sent in whole steps of its listing, or what is wrong with it; steps, averages
 * and money as it prints them.
 *
 * Exact: nothing here passes through a binary fraction.
 */
import { decimalPlaces } from "../domain/decimal.ts";
import { createStepDecimal, type StepDecimal } from "../domain/step-decimal.ts";
import { AssertionError } from "../domain/units.ts";

/** Answers of `parse` that are no quantity. */
export const NOT_DECIMAL = -1;
export const TOO_PRECISE = -2;
export const OFF_STEP = -3;

/** Digits of a number that an exchange still reads. */
const DIGITS_MAX = 15;

export class OrderDecimal {
  readonly step: string;
  readonly places: number;
  readonly #decimal: StepDecimal;

  constructor(step: string) {
    this.step = step;
    this.places = decimalPlaces(step);
    this.#decimal = createStepDecimal(step);
  }

  /** `steps` as a plain decimal with the step's places: "61800.2". */
  format(steps: number): string {
    return this.#decimal.format(steps);
  }

  /** A fraction of steps, such as an average price, with four places more than the step. For reporting only. */
  formatFraction(steps: number): string {
    const step = Number(this.format(1).replace(".", ""));
    return formatScaled(Math.round(steps * 10_000) * step, this.places + 4);
  }

  /** Unsigned decimal text in whole steps, or one of the negative answers above. */
  parse(text: string): number {
    const steps = this.#decimal.parse(text);
    const isPlain = steps > 0 && text.length <= DIGITS_MAX;
    return isPlain ? steps : this.#judge(text, steps);
  }

  /** The long way, for what is long, nothing, or no number of steps. */
  #judge(text: string, steps: number): number {
    const [, whole = "", fraction = ""] = UNSIGNED.exec(text) ?? [];
    const beyond = fraction.slice(this.places);
    if (whole === "") return NOT_DECIMAL;
    if (/[1-9]/.test(beyond)) return TOO_PRECISE;
    if (whole.length + fraction.length - beyond.length > DIGITS_MAX) return NOT_DECIMAL;
    return Number.isNaN(steps) ? OFF_STEP : steps;
  }
}

const UNSIGNED = /^(\d+)(?:\.(\d+))?$/;

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
