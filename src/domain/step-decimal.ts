/**
 * Decimals on the hot path: whole steps to a venue's decimal text and back, exactly, without BigInt, without floats, and in
 * a message's bytes without strings.
 *
 * Invariants
 *   - `format` then `parse` is the identity for every whole number of steps; the forms on bytes agree with those on strings.
 *   - `parse` never rounds: what is no whole number of steps is NaN.
 *
 * Slower and more general conversions for configuration are in `domain/decimal.ts`; a test holds the two equal.
 */
import { decimalPlaces, parseScaled } from "./decimal.ts";
import { assert } from "./units.ts";

export interface StepDecimal {
  /** Exact plain decimal with the step's own number of places. */
  format(steps: number): string;
  /** The same, written at `at`; returns where it ends. */
  write(bytes: Uint8Array, at: number, steps: number): number;
  /** Whole steps, or NaN when the text is no plain decimal or no whole number of steps. Never minus zero. */
  parse(text: string): number;
  /** The same of `bytes[from..to)`. */
  parseBytes(bytes: Uint8Array, from: number, to: number): number;
}

export function createStepDecimal(step: string): StepDecimal {
  const places = decimalPlaces(step);
  const unit = Number(parseScaled(step, places));
  assert(Number.isSafeInteger(unit) && unit > 0, `step ${step} must be a positive decimal`);
  const scale = 10 ** places;
  const scaledOf = (steps: number): number => {
    const scaled = steps * unit;
    assert(Number.isSafeInteger(scaled), `${steps} steps of ${step} cannot be written exactly`);
    return scaled;
  };
  const stepsOf = (scaled: number): number => (scaled % unit === 0 ? scaled / unit + 0 : Number.NaN);
  return {
    format(steps) {
      const scaled = scaledOf(steps);
      if (places === 0) return String(scaled + 0);
      const magnitude = Math.abs(scaled);
      const fraction = magnitude % scale;
      const text = `${(magnitude - fraction) / scale}.${String(fraction).padStart(places, "0")}`;
      return scaled < 0 ? `-${text}` : text;
    },
    write(bytes, at, steps) {
      const scaled = scaledOf(steps);
      let from = at;
      if (scaled < 0) bytes[from++] = MINUS;
      let rest = Math.abs(scaled);
      const end = from + digitCount(rest, places) + (places > 0 ? 1 : 0);
      for (let digit = end - 1; digit >= from; digit -= 1) {
        if (places > 0 && digit === end - 1 - places) {
          bytes[digit] = POINT;
          continue;
        }
        const next = Math.floor(rest / 10);
        bytes[digit] = ZERO + (rest - next * 10);
        rest = next;
      }
      return end;
    },
    parse(text) {
      return stepsOf(parseScaledFast(text, 0, text.length, places));
    },
    parseBytes(bytes, from, to) {
      return stepsOf(parseScaledFast(bytes, from, to, places));
    },
  };
}

const ZERO = 48;
const POINT = 46;
const MINUS = 45;

/** Digits that a whole number is written with, one before the point at least. */
function digitCount(magnitude: number, places: number): number {
  let digits = 1;
  for (let bound = 10; magnitude >= bound; bound *= 10) digits += 1;
  return Math.max(digits, places + 1);
}

/** `source[from..to)` times 10^places, or NaN where that is not a safe whole number. */
function parseScaledFast(source: string | Uint8Array, from: number, to: number, places: number): number {
  const codeAt = (index: number): number => (typeof source === "string" ? source.charCodeAt(index) : source[index]!);
  const negative = from < to && codeAt(from) === MINUS;
  let value = 0;
  let wholeDigits = 0;
  let fractionDigits = -1;
  for (let index = negative ? from + 1 : from; index < to; index += 1) {
    const digit = codeAt(index) - ZERO;
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
