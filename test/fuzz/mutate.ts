/**
 * Mutations of good input: small enough to get past the first check, nasty enough to reach the last.
 *
 * The same generator state gives the same mutant on every machine.
 */
import type { Prng } from "../../src/sim/prng.ts";

export type Mutation = (bytes: Uint8Array, prng: Prng) => Uint8Array;

/** One or more of `mutations` applied to a copy of one of `samples`; never longer than `bytesMax`. */
export function mutant(samples: readonly Uint8Array[], mutations: readonly Mutation[], bytesMax: number, prng: Prng) {
  let bytes = Uint8Array.from(samples[prng.int(samples.length)] as Uint8Array);
  // Mostly one: each further mutation makes it likelier that the first check refuses what the others made.
  for (let more = true; more; more = prng.int(3) === 0) {
    bytes = (mutations[prng.int(mutations.length)] as Mutation)(bytes, prng).slice(0, bytesMax);
  }
  return bytes;
}

const WORDS = [
  0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff,
];

export const BYTE_MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, prng) {
    if (bytes.length > 0) bytes[prng.int(bytes.length)]! ^= 1 << prng.int(8);
    return bytes;
  },
  function setByte(bytes, prng) {
    if (bytes.length > 0) bytes[prng.int(bytes.length)] = prng.int(256);
    return bytes;
  },
  /** Offsets and lengths are little-endian words: extreme ones, and ones near the frame's own size. */
  function setWord(bytes, prng) {
    const widthBytes = prng.int(2) === 0 ? 2 : 4;
    if (bytes.length < widthBytes) return bytes;
    const at = prng.int(bytes.length - widthBytes + 1) & (prng.int(4) === 0 ? -1 : -widthBytes);
    const word = prng.int(2) === 0 ? (WORDS[prng.int(WORDS.length)] as number) : bytes.length + prng.int(17) - 8;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (widthBytes === 2) view.setUint16(at, word & 0xffff, true);
    else view.setUint32(at, word >>> 0, true);
    return bytes;
  },
  function truncate(bytes, prng) {
    return bytes.slice(0, prng.int(bytes.length + 1));
  },
  function append(bytes, prng) {
    const longer = new Uint8Array(bytes.length + 1 + prng.int(64));
    longer.set(bytes);
    for (let i = bytes.length; i < longer.length; i++) longer[i] = prng.int(256);
    return longer;
  },
  /** Moves a stretch over another, so that well-formed pieces stand where they do not belong. */
  function copyWithin(bytes, prng) {
    if (bytes.length === 0) return bytes;
    const from = prng.int(bytes.length);
    return bytes.copyWithin(prng.int(bytes.length), from, from + 1 + prng.int(16));
  },
  function removeStretch(bytes, prng) {
    if (bytes.length === 0) return bytes;
    const from = prng.int(bytes.length);
    const to = Math.min(bytes.length, from + 1 + prng.int(8));
    return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)]);
  },
];

/** Inserts one of `tokens` somewhere, or puts it in the place of as many bytes. */
export function insertToken(tokens: readonly string[]): Mutation {
  return (bytes, prng) => {
    const token = Buffer.from(tokens[prng.int(tokens.length)] as string, "latin1");
    const at = prng.int(bytes.length + 1);
    const rest = bytes.subarray(prng.int(2) === 0 ? at : Math.min(bytes.length, at + token.length));
    return Uint8Array.from([...bytes.subarray(0, at), ...token, ...rest]);
  };
}

/** Replaces what stands between two separators, so that a field gets another value and all else stays well-formed. */
export function replaceValue(tokens: readonly string[]): Mutation {
  return (bytes, prng) => {
    const text = Buffer.from(bytes).toString("latin1");
    const values = [...text.matchAll(/(?<=[:=]\s*)("[^"]*"|[^\s,}"]+)/g)];
    const value = values[prng.int(Math.max(1, values.length))];
    if (value === undefined) return bytes;
    const token = tokens[prng.int(tokens.length)] as string;
    return Buffer.from(text.slice(0, value.index) + token + text.slice(value.index + value[0].length), "latin1");
  };
}
