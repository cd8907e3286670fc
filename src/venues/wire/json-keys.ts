/**
 * The keys that a JSON scan wants, found by the bytes of a key as it stands in a message.
 *
 * Looked up once per key of a message: a table by first byte, last byte and length, so that nearly every other key is passed
 * over in one look.
 */
import { assert } from "../../domain/units.ts";

/** A wanted key: its bytes, its field, and the wanted keys below it. */
export interface WantedKey {
  readonly bytes: Uint8Array;
  readonly field: number;
  readonly below: KeyTable;
  /** The next key of the same hash. */
  readonly next: WantedKey | null;
}
export type KeyTable = (WantedKey | null)[];

const KEY_HASHES = 64;
const keyHash = (first: number, last: number, length: number): number =>
  (first + last * 3 + length * 7) & (KEY_HASHES - 1);
export const NO_KEYS: KeyTable = new Array<null>(KEY_HASHES).fill(null);

/** The table of the fields directly below `prefix`, and below each of them its own. Paths are `result.executedQty`. */
export function keyTable(fields: ReadonlyMap<string, number>, prefix: string): KeyTable {
  const table: KeyTable = new Array<null>(KEY_HASHES).fill(null);
  for (const [path, field] of fields) {
    const key = path.slice(prefix.length);
    if (!path.startsWith(prefix) || key === "" || key.includes(".")) continue;
    const bytes = Buffer.from(key, "latin1");
    assert(/^[!-~]+$/.test(key), `"${key}" is no plain key`);
    const hash = keyHash(bytes[0]!, bytes[bytes.length - 1]!, bytes.length);
    table[hash] = { bytes, field, below: keyTable(fields, `${path}.`), next: table[hash] ?? null };
  }
  return table;
}

/** The wanted key that `bytes[from..to)` is; null for every other. */
export function wanted(keys: KeyTable, bytes: Uint8Array, from: number, to: number): WantedKey | null {
  if (from === to) return null;
  let key = keys[keyHash(bytes[from]!, bytes[to - 1]!, to - from)] ?? null;
  while (key !== null && !isSame(key.bytes, bytes, from, to)) key = key.next;
  return key;
}

function isSame(key: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let index = 0; index < key.length; index += 1) if (key[index] !== bytes[from + index]) return false;
  return true;
}
