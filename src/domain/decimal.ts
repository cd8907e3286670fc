/**
 * Decimal strings to whole numbers of a step and back, exactly: venues and configuration speak decimals, the engine counts.
 */
import { AssertionError } from "./units.ts";

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Digits after the point that `step` needs: "0.001" → 3, "10" → 0. */
export function decimalPlaces(step: string): number {
  const match = DECIMAL.exec(step);
  if (!match) throw new AssertionError(`"${step}" is not a plain decimal`);
  return (match[3] ?? "").replace(/0+$/, "").length;
}

/** `value` as a whole number of 10^-places. Null when it is no plain decimal or needs more places than that. */
export function parseScaled(value: string, places: number): bigint | null {
  const match = DECIMAL.exec(value);
  if (!match) return null;
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > places) return null;
  const scaled = BigInt(match[2] + fraction.padEnd(places, "0"));
  return match[1] === "-" ? -scaled : scaled;
}

/** `value` in whole steps: toSteps("61800.2", "0.1") → 618002. Null when it is not a whole number of steps or not safe. */
export function toSteps(value: string, step: string): number | null {
  const places = Math.max(decimalPlaces(step), decimalPlacesOrNaN(value));
  if (Number.isNaN(places)) return null;
  const scaledValue = parseScaled(value, places);
  const scaledStep = parseScaled(step, places);
  if (scaledValue === null || scaledStep === null || scaledStep <= 0n || scaledValue % scaledStep !== 0n) return null;
  const steps = Number(scaledValue / scaledStep);
  return Number.isSafeInteger(steps) ? steps : null;
}

/** `steps` whole steps as the shortest plain decimal with the step's places: fromSteps(618002, "0.1") → "61800.2". */
export function fromSteps(steps: number, step: string): string {
  if (!Number.isSafeInteger(steps)) throw new AssertionError(`${steps} is not a whole number of steps`);
  const places = decimalPlaces(step);
  const scaled = BigInt(steps) * (parseScaled(step, places) as bigint);
  const negative = scaled < 0n;
  const digits = (negative ? -scaled : scaled).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const text = places === 0 ? whole : `${whole}.${digits.slice(digits.length - places)}`;
  return negative ? `-${text}` : text;
}

function decimalPlacesOrNaN(value: string): number {
  const match = DECIMAL.exec(value);
  return match ? (match[3] ?? "").replace(/0+$/, "").length : Number.NaN;
}
