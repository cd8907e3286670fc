/**
 * Decimals on the hot path: whole steps to the venue's decimal strings and back, exactly, without BigInt and without floats.
 *
 * Invariants
 *   - `format` then `parse` is the identity for every whole number of steps.
 *   - `parse` never rounds: what is no whole number of steps is NaN.
 *
 * Slower and more general conversions for configuration are in `domain/decimal.ts`; a test holds the two equal.
 */
import { decimalPlaces, parseScaled } from "../domain/decimal.ts";
import { assert } from "../domain/units.ts";

export interface StepDecimal {
  /** Exact plain decimal with the step's own number of places. */
  format(steps: number): string;
  /** Whole steps, or NaN when the text is no plain decimal or no whole number of steps. Never minus zero. */
  parse(text: string): number;
}

export function createStepDecimal(step: string): StepDecimal {
  const places = decimalPlaces(step);
  const unit = Number(parseScaled(step, places));
  assert(Number.isSafeInteger(unit) && unit > 0, `step ${step} must be a positive decimal`);
  const scale = 10 ** places;
  return {
    format(steps) {
      const scaled = steps * unit;
      assert(Number.isSafeInteger(scaled), `${steps} steps of ${step} cannot be written exactly`);
      if (places === 0) return String(scaled + 0);
      const magnitude = Math.abs(scaled);
      const fraction = magnitude % scale;
      const text = `${(magnitude - fraction) / scale}.${String(fraction).padStart(places, "0")}`;
      return scaled < 0 ? `-${text}` : text;
    },
    parse(text) {
      const scaled = parseScaledFast(text, places);
      return scaled % unit === 0 ? scaled / unit + 0 : Number.NaN;
    },
  };
}

const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** `text` times 10^places, or NaN where that is not a safe whole number. */
function parseScaledFast(text: string, places: number): number {
  const negative = text.charCodeAt(0) === MINUS;
  let value = 0;
  let wholeDigits = 0;
  let fractionDigits = -1;
  for (let index = negative ? 1 : 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit === POINT - ZERO && fractionDigits < 0 && wholeDigits > 0) {
      fractionDigits = 0;
    } else if (digit < 0 || digit > 9) {
      return Number.NaN;
    } else if (fractionDigits < 0) {
      value = value * 10 + digit;
      wholeDigits += 1;
    } else {
      // Digits past the step's places can only be zeros: anything else is finer than one step.
      if (fractionDigits < places) value = value * 10 + digit;
      else if (digit !== 0) return Number.NaN;
      fractionDigits += 1;
    }
  }
  if (wholeDigits === 0 || fractionDigits === 0) return Number.NaN;
  for (let filled = Math.max(fractionDigits, 0); filled < places; filled += 1) value *= 10;
  if (value > Number.MAX_SAFE_INTEGER) return Number.NaN;
  return negative ? -value : value;
}
