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

/** The first part of one sample and the last of another. */
export function splice(samples: readonly Uint8Array[]): Mutation {
  return (bytes, prng) => {
    const other = samples[prng.int(samples.length)] as Uint8Array;
    const head = bytes.subarray(0, prng.int(bytes.length + 1));
    return Uint8Array.from([...head, ...other.subarray(prng.int(other.length + 1))]);
  };
}

/**
 * Follows a FlatBuffers table and bends one of the words that hold it together: root offset, vtable offset, vtable sizes,
 * a field's place, a string's offset or length.
 */
export function bendTable(bytes: Uint8Array, prng: Prng): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number) => (at >= 0 && at + 2 <= bytes.length ? view.getUint16(at, true) : 0);
  const u32 = (at: number) => (at >= 0 && at + 4 <= bytes.length ? view.getUint32(at, true) : 0);
  const rootAt = prng.int(2) === 0 ? 0 : 4;
  const table = rootAt + u32(rootAt);
  const vtable = table - (u32(table) | 0);
  const entry = vtable + 4 + 2 * prng.int(16);
  const field = table + u16(entry);
  const text = field + u32(field);
  const targets = [rootAt, table, vtable, vtable + 2, entry, entry, field, field, text, text];
  const which = prng.int(targets.length);
  const at = targets[which] as number;
  const wide = which < 2 || which > 5;
  if (at < 0 || at + (wide ? 4 : 2) > bytes.length) return bytes;
  const near = (wide ? u32(at) : u16(at)) + prng.int(9) - 4;
  const values = [near, WORDS[prng.int(WORDS.length)] as number, bytes.length - at, u16(vtable + 4), text - field];
  const value = values[prng.int(values.length)] as number;
  if (wide) view.setUint32(at, value >>> 0, true);
  else view.setUint16(at, value & 0xffff, true);
  return bytes;
}

/** Reads JSON, bends its tree and writes it again: other types, other depths, keys twice, gone, renamed or escaped. */
export function bendJson(bytes: Uint8Array, prng: Prng): Uint8Array {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return bytes;
  }
  if (typeof value !== "object" || value === null) return bytes;
  const entries = Object.entries(value);
  const at = prng.int(Math.max(1, entries.length));
  const [key, old] = entries[at] ?? ["", null];
  // Not `String`: earlier mutants have a toString of their own.
  const text = typeof old === "string" ? old : JSON.stringify(old);
  const bent: readonly (() => void)[] = [
    () => entries.splice(at, 1),
    () => entries.push([key, old]),
    () => entries.splice(at, 1, [key, { [key]: old }]),
    () => entries.splice(at, 1, [key, [old]]),
    () => entries.splice(at, 1, [key, typeof old === "string" ? Number(old) : text]),
    () => entries.splice(at, 1, [key, null]),
    () => entries.splice(at, 1, [key.toUpperCase(), old]),
    () => entries.splice(at, 1, [`${key}\u0000`, old]),
    () => entries.splice(prng.int(entries.length + 1), 0, ["__proto__", { [key]: old }]),
    () => entries.splice(at, 1, [key, `${text}${"x".repeat(prng.int(300))}`]),
    () => entries.splice(at, 1, [key, Number(`${prng.int(2) === 0 ? "-" : ""}${prng.int(10)}e${prng.int(400) - 40}`)]),
    () => entries.reverse(),
  ];
  (bent[prng.int(bent.length)] as () => void)();
  const escaped = prng.int(8) === 0;
  const name = (plain: string) => {
    if (!escaped) return JSON.stringify(plain);
    return `"${[...plain].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
  };
  const gap = prng.int(4) === 0 ? " \n\t".repeat(prng.int(3)) : "";
  return Buffer.from(`{${entries.map(([k, v]) => `${name(k)}:${gap}${JSON.stringify(v) ?? "null"}`).join(`,${gap}`)}}`);
}
