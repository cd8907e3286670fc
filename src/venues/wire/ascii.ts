/**
 * ASCII written into a frame's bytes in place. Every function returns where what it wrote ends.
 *
 * A text of a few dozen characters is written faster by a loop than by a call into native code.
 */
import { assert } from "../../domain/units.ts";

const ZERO = 48;

/** Characters must be ASCII: what goes into a frame unescaped is checked by whoever writes it. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
  return at + text.length;
}

export function writeBytes(bytes: Uint8Array, at: number, source: Uint8Array): number {
  bytes.set(source, at);
  return at + source.length;
}

/** A whole number, not negative, in exactly `digits` digits. */
export function writeDigits(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const next = Math.floor(rest / 10);
    bytes[place] = ZERO + (rest - next * 10);
    rest = next;
  }
  assert(rest === 0 && value >= 0, `${value} has no ${digits} digits`);
  return at + digits;
}

/** A whole number, not negative, in as many digits as it has. */
export function writeWhole(bytes: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits += 1;
  return writeDigits(bytes, at, value, digits);
}
