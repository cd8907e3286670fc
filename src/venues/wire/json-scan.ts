/**
 * JSON scan: the few fields of a message that are wanted, read where they stand in its bytes, without making objects of the
 * rest.
 *
 * A scan walks the whole message, so it knows where it is and is never misled by a text that looks like a key. What venues
 * send is plain: no spaces, no escapes, ASCII. Anything else, and anything doubtful, goes to `JSON.parse`, and the accessors
 * below then read what it made.
 *
 * Invariants
 *   - `read` is true exactly where `JSON.parse` gives an object, and every accessor gives what it would be read from that
 *     object: the same text, the same number, or absent. A test holds the two equal on any bytes.
 *   - An accessor's answer is valid until the next `read`, and while the bytes are.
 *
 * Allocates nothing but the texts asked for, unless it falls back. One object per thread and message kind; not reentrant.
 */

import type { StepDecimal } from "../../domain/step-decimal.ts";
import { assert } from "../../domain/units.ts";
import { endOfNumber, endOfValue, endOfWord, latin1, numberOf, PLAIN } from "./json-bytes.ts";
import { type KeyTable, keyTable, NO_KEYS, type WantedKey, wanted } from "./json-keys.ts";

export type JsonKind = "absent" | "text" | "number" | "true" | "false" | "null" | "object" | "array";

const ABSENT = 0;
const TEXT = 1;
const NUMBER = 2;
const TRUE = 3;
const FALSE = 4;
const NULL = 5;
const OBJECT = 6;
const ARRAY = 7;
const KINDS: readonly JsonKind[] = ["absent", "text", "number", "true", "false", "null", "object", "array"];

/** Deeper than any venue nests. */
const DEPTH_MAX = 16;

export class JsonScan {
  readonly #keys: KeyTable;
  readonly #fields: ReadonlyMap<string, number>;
  readonly #kinds: Uint8Array;
  /** Of texts without their quotes, of everything else as it stands. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;
  readonly #levels: readonly Level[];
  #bytes: Uint8Array = new Uint8Array(0);
  /** What JSON.parse made of the fields, where the scan fell back; null where it did not. */
  #values: unknown[] | null = null;

  /** `paths` as `result.executedQty`. Fields of array elements are read by a scan of their own: see `each`. */
  constructor(paths: readonly string[]) {
    const fields = new Map<string, number>();
    for (const path of paths) {
      // Each object on the way is a field too: a repeated one must be noticed.
      for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1))
        addField(fields, path.slice(0, dot));
      addField(fields, path);
    }
    this.#fields = fields;
    this.#keys = keyTable(fields, "");
    this.#kinds = new Uint8Array(fields.size);
    this.#from = new Int32Array(fields.size);
    this.#to = new Int32Array(fields.size);
    this.#levels = Array.from({ length: DEPTH_MAX }, () => ({ inObject: true, keys: NO_KEYS, key: null, from: 0 }));
  }

  /** The number of a field, for the accessors: to be asked once, not per message. */
  field(path: string): number {
    const field = this.#fields.get(path);
    assert(field !== undefined, `"${path}" is no field of this scan`);
    return field;
  }

  /** Reads one message. False: it is no JSON object. */
  read(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
    if (this.#scan(bytes, from, to)) return true;
    return this.#load(parseJson(bytes, from, to));
  }

  /** True when the last `read` had to use JSON.parse. For tests and for counting. */
  get fellBack(): boolean {
    return this.#values !== null;
  }

  kind(field: number): JsonKind {
    return KINDS[this.#kinds[field]!]!;
  }

  has(field: number): boolean {
    return this.#kinds[field] !== ABSENT;
  }

  /** Undefined where it is no text. */
  text(field: number): string | undefined {
    if (this.#kinds[field] !== TEXT) return undefined;
    if (this.#values !== null) return this.#values[field] as string;
    return latin1(this.#bytes, this.#from[field]!, this.#to[field]!);
  }

  isText(field: number, text: string): boolean {
    if (this.#kinds[field] !== TEXT) return false;
    if (this.#values !== null) return this.#values[field] === text;
    const from = this.#from[field]!;
    if (this.#to[field]! - from !== text.length) return false;
    for (let index = 0; index < text.length; index += 1) {
      if (this.#bytes[from + index] !== text.charCodeAt(index)) return false;
    }
    return true;
  }

  /** A JSON number as JavaScript's; NaN where it is none. Ids of venues pass 2^53: do not read them with this. */
  number(field: number): number {
    if (this.#kinds[field] !== NUMBER) return Number.NaN;
    if (this.#values !== null) return this.#values[field] as number;
    return numberOf(this.#bytes, this.#from[field]!, this.#to[field]!);
  }

  /** A text as whole steps; NaN where it is no text or no whole number of steps. */
  steps(field: number, decimal: StepDecimal): number {
    if (this.#kinds[field] !== TEXT) return Number.NaN;
    if (this.#values !== null) return decimal.parse(this.#values[field] as string);
    return decimal.parseBytes(this.#bytes, this.#from[field]!, this.#to[field]!);
  }

  /** `Number` of a text; NaN where it is no text. For prices that are only looked at. */
  numberOfText(field: number): number {
    if (this.#kinds[field] !== TEXT) return Number.NaN;
    if (this.#values !== null) return Number(this.#values[field]);
    return numberOf(this.#bytes, this.#from[field]!, this.#to[field]!);
  }

  /** Makes the object in a field the message. False, and the message is gone, where it is none. */
  descend(field: number): boolean {
    if (this.#kinds[field] !== OBJECT) return this.#load(undefined);
    if (this.#values !== null) return this.#load(this.#values[field]);
    return this.read(this.#bytes, this.#from[field]!, this.#to[field]!);
  }

  /** Calls back after reading each object of an array with `element`, in order. Elements that are no objects are passed over. */
  each(field: number, element: JsonScan, callback: () => void): void {
    assert(element !== this, "an element has a scan of its own");
    if (this.#kinds[field] !== ARRAY) return;
    if (this.#values !== null) {
      for (const value of this.#values[field] as unknown[]) if (element.#load(value)) callback();
      return;
    }
    const to = this.#to[field]! - 1;
    for (let at = this.#from[field]! + 1; at < to; at += 1) at = element.#element(this.#bytes, at, callback);
  }

  /** Reads the element that starts at `at` of an array that has been walked, and hands an object on; returns its end. */
  #element(bytes: Uint8Array, at: number, callback: () => void): number {
    this.#begin(bytes);
    if (bytes[at] !== OPEN_BRACE) return endOfValue(bytes, at);
    const end = this.#walk(bytes, at);
    if (end >= 0) {
      callback();
      return end;
    }
    // Plain, since the array was, but with a key said twice.
    const after = endOfValue(bytes, at);
    if (this.#load(parseJson(bytes, at, after))) callback();
    return after;
  }

  #begin(bytes: Uint8Array): void {
    this.#kinds.fill(ABSENT);
    this.#values = null;
    this.#bytes = bytes;
  }

  #scan(bytes: Uint8Array, from: number, to: number): boolean {
    this.#begin(bytes);
    // An end inside a value is caught by comparing: a byte beyond it is never taken for part of the message.
    return bytes[from] === OPEN_BRACE && this.#walk(bytes, from) === to;
  }

  /** Takes an object that JSON.parse made. */
  #load(value: unknown): boolean {
    this.#kinds.fill(ABSENT);
    this.#values = null;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    const values: unknown[] = [];
    for (const [path, field] of this.#fields) {
      const found = valueAt(value, path);
      values[field] = found;
      this.#kinds[field] = kindOf(found);
    }
    this.#values = values;
    return true;
  }

  /**
   * Walks the object that opens at `open`, noting the wanted fields; returns where it ends, -1 where it is not plain. One
   * loop without calls per level: this is what a message costs.
   */
  #walk(bytes: Uint8Array, open: number): number {
    const kinds = this.#kinds;
    const levels = this.#levels;
    const plain = PLAIN;
    const noKeys = NO_KEYS;
    let depth = 0;
    let inObject = true;
    let keys = this.#keys;
    let at = open + 1;
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      let key: WantedKey | null = null;
      if (inObject) {
        if (bytes[at] !== QUOTE) return -1;
        const from = at + 1;
        at = from;
        while (plain[bytes[at]!] === 1) at += 1;
        if (bytes[at] !== QUOTE || bytes[at + 1] !== COLON) return -1;
        if (keys !== noKeys) key = wanted(keys, bytes, from, at);
        at += 2;
      }
      let from = at;
      const first = bytes[at]!;
      let kind: number;
      if (first === QUOTE) {
        at += 1;
        while (plain[bytes[at]!] === 1) at += 1;
        if (bytes[at] !== QUOTE) return -1;
        at += 1;
        kind = TEXT;
      } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        kind = first === OPEN_BRACE ? OBJECT : ARRAY;
        if (bytes[at + 1] !== (kind === OBJECT ? CLOSE_BRACE : CLOSE_BRACKET)) {
          if (depth === DEPTH_MAX) return -1;
          const level = levels[depth]!;
          level.inObject = inObject;
          level.keys = keys;
          level.key = key;
          level.from = from;
          depth += 1;
          inObject = kind === OBJECT;
          keys = inObject && key !== null ? key.below : noKeys;
          at += 1;
          continue;
        }
        at += 2;
      } else if (first === MINUS || (first >= ZERO && first <= NINE)) {
        at = endOfNumber(bytes, at);
        kind = NUMBER;
      } else {
        kind = first === T ? TRUE : first === F ? FALSE : NULL;
        at = endOfWord(bytes, at, kind === TRUE ? TRUE_BYTES : kind === FALSE ? FALSE_BYTES : NULL_BYTES);
      }
      if (at < 0) return -1;
      // The value has ended, and with it may have the objects and arrays that it was the last of.
      for (;;) {
        if (key !== null) {
          // Said twice: JSON.parse takes the last, whatever it was before.
          if (kinds[key.field] !== ABSENT) return -1;
          kinds[key.field] = kind;
          this.#from[key.field] = kind === TEXT ? from + 1 : from;
          this.#to[key.field] = kind === TEXT ? at - 1 : at;
        }
        const next = bytes[at];
        if (next === COMMA) break;
        if (next !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) return -1;
        at += 1;
        if (depth === 0) return at;
        depth -= 1;
        const level = levels[depth]!;
        kind = inObject ? OBJECT : ARRAY;
        ({ inObject, keys, key, from } = level);
      }
      at += 1;
    }
  }
}

/** An object or array that the walk is inside of: what surrounds it, and what it is the value of. */
interface Level {
  inObject: boolean;
  keys: KeyTable;
  key: WantedKey | null;
  from: number;
}

// Here and in `json-bytes.ts`: an imported constant is a load, and the walk asks for one at every byte.
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const F = 102;
const T = 116;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const TRUE_BYTES = Buffer.from("true");
const FALSE_BYTES = Buffer.from("false");
const NULL_BYTES = Buffer.from("null");

function parseJson(bytes: Uint8Array, from: number, to: number): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8"));
  } catch {
    return undefined;
  }
}

function valueAt(message: object, path: string): unknown {
  let value: unknown = message;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function kindOf(value: unknown): number {
  if (value === undefined) return ABSENT;
  if (value === null) return NULL;
  if (typeof value === "string") return TEXT;
  if (typeof value === "number") return NUMBER;
  if (typeof value === "boolean") return value ? TRUE : FALSE;
  return Array.isArray(value) ? ARRAY : OBJECT;
}

function addField(fields: Map<string, number>, path: string): void {
  if (!fields.has(path)) fields.set(path, fields.size);
}
