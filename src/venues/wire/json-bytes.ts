/**
 * Bytes of plain JSON: what they are called, where a value of them ends, and what a number or text of them is.
 *
 * Plain is what venues send: no spaces, no escapes, ASCII. -1 is the answer where it is anything else.
 */
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** 1 for the bytes that a plain text consists of. One look per byte instead of four comparisons. */
export const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 32 && byte <= 126 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** Where a value of a plain message ends that has been walked before: the comma or bracket behind it. */
export function endOfValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; ; at += 1) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at += 1;
      while (PLAIN[bytes[at]!] === 1) at += 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (byte === COMMA && depth === 0) return at;
  }
}

/** -?(0|[1-9]\d*)(\.\d+)?; an exponent is nothing that may follow, so it is left to JSON.parse. */
export function endOfNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  const whole = at;
  at = endOfDigits(bytes, at);
  if (at === whole || (at > whole + 1 && bytes[whole] === ZERO)) return -1;
  if (bytes[at] === POINT) {
    const end = endOfDigits(bytes, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  return at;
}

function endOfDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at += 1;
  return at;
}

export function endOfWord(bytes: Uint8Array, from: number, word: Uint8Array): number {
  for (let index = 0; index < word.length; index += 1) if (bytes[from + index] !== word[index]) return -1;
  return from + word.length;
}

/** `Number` of an ASCII text: for a plain decimal of few digits one exact division, else by way of a string. */
export function numberOf(bytes: Uint8Array, from: number, to: number): number {
  const negative = bytes[from] === MINUS;
  let digits = 0;
  let mantissa = 0;
  let point = -1;
  for (let at = negative ? from + 1 : from; at < to; at += 1) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      digits += 1;
    } else if (byte === POINT && point < 0) point = at;
    else return Number(latin1(bytes, from, to));
  }
  if (digits === 0 || digits > EXACT_DIGITS_MAX) return Number(latin1(bytes, from, to));
  // Both are exact, so their quotient is rounded once, as the conversion of the text is.
  const value = point < 0 ? mantissa : mantissa / POWERS_OF_TEN[to - point - 1]!;
  return negative ? -value : value;
}

const EXACT_DIGITS_MAX = 15;
const POWERS_OF_TEN: readonly number[] = Array.from({ length: EXACT_DIGITS_MAX + 1 }, (_, power) => 10 ** power);

export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
}
