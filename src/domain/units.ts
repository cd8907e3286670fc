/**
 * Units: the whole numbers that money is counted in, branded so that they cannot be mixed by accident.
 *
 * Floats may decide (ratios, volatility); integers account (lots, ticks, notional). Every crossing from one to the other
 * is a function of this file whose name states the direction of rounding.
 */

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A whole number of an instrument's lot size. Signed: short is negative. */
export type Lots = Unit<"lots">;
/** A whole number of an instrument's tick size. */
export type Ticks = Unit<"ticks">;
/** Ticks times lots of one instrument: its quote notional in the smallest unit that is exact. Signed like lots. */
export type Notional = Unit<"notional">;
/** Monotonic nanoseconds of this machine (CLOCK_MONOTONIC), exact to 104 days of uptime. */
export type Ns = Unit<"ns">;
/** Milliseconds since the Unix epoch. */
export type EpochMs = Unit<"epochMs">;

/** A bug. Nothing sensible can follow: the lane dies and recovery takes the start-up path. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function lots(value: number): Lots {
  if (!Number.isSafeInteger(value)) throw new AssertionError(`lots must be a whole number, got ${value}`);
  return (value + 0) as Lots;
}

/** What a float asks for can be counted in whole lots at all. A wild price makes it more. */
export const isCountable = (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER;

export function ticks(value: number): Ticks {
  if (!Number.isSafeInteger(value)) throw new AssertionError(`ticks must be a whole number, got ${value}`);
  return (value + 0) as Ticks;
}

export function notional(price: Ticks, quantity: Lots): Notional {
  const value = price * quantity;
  if (!Number.isSafeInteger(value)) throw new AssertionError(`notional ${price} x ${quantity} is not a safe integer`);
  return (value + 0) as Notional;
}

/** Times this a float that means a whole number of lots is truncated to it: 0.003 / 0.001 is 2.9999999999999996. */
export const HAIR = 1 + 1e-12;

/** Toward zero, never minus zero: a hedge is never rounded up. NaN and infinities are a bug of the caller. */
export function truncToLots(value: number): Lots {
  return lots(Math.trunc(value) + 0);
}

/** Toward zero onto a multiple of `step` lots (a venue's own lot). */
export function truncToStep(quantity: Lots, step: Lots): Lots {
  return lots(Math.trunc(quantity / step) * step + 0);
}

export function floorToTicks(value: number): Ticks {
  return ticks(Math.floor(value) + 0);
}

export function ceilToTicks(value: number): Ticks {
  return ticks(Math.ceil(value) + 0);
}
