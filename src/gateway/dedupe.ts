/**
 * Dedupe table: which (source, signal id) had which verdict, in bounded memory.
 *
 * Invariants
 *   - All memory is allocated and touched at construction; 50 to 58 bytes per entry.
 *   - An entry is never forgotten before its `forgettableMs`: a signal whose id is forgotten is stale by then, so it cannot
 *     fire again. When every candidate is younger, `hasRoom` says no and the caller answers 503.
 *   - Otherwise the oldest goes first. An old entry that must stay (a close lives 24 h) is stepped over, so that it does not
 *     hold up the others; at most `EVICTION_TRIES` are stepped over per call.
 *
 * The table is not durable: the engine fills it from the journal at boot. Older ids than these are the index's business.
 */
import { crc32 } from "node:zlib";
import { assert } from "../domain/units.ts";
import { createSha256 } from "../wasm/sha256.ts";
import { VERDICT_CODES, type VerdictCode } from "./verdict.ts";

const EVICTION_TRIES = 64;
const BODY_NOT_KEPT = 0xffff_ffff;

export class DedupeTable {
  readonly capacity: number;
  /** Entries in the order they came, as a circle; 4 key words, 2 body words each. */
  readonly #keys: Uint32Array;
  readonly #bodies: Uint32Array;
  readonly #lsns: Float64Array;
  readonly #forgettableMs: Float64Array;
  readonly #codes: Uint8Array;
  /** Open addressing with linear probing: entry + 1, or 0. At most half full. */
  readonly #buckets: Int32Array;
  readonly #bucketMask: number;
  readonly #sha256 = createSha256();
  readonly #key = new Uint32Array(4);
  #keySource = "";
  #keyId = "";
  #size = 0;
  #next = 0;

  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity >= 1 && capacity <= 2 ** 28, `dedupe capacity ${capacity}`);
    this.capacity = capacity;
    this.#keys = new Uint32Array(capacity * 4);
    this.#bodies = new Uint32Array(capacity * 2);
    this.#lsns = new Float64Array(capacity);
    this.#forgettableMs = new Float64Array(capacity);
    this.#codes = new Uint8Array(capacity);
    const bucketCount = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#buckets = new Int32Array(bucketCount);
    this.#bucketMask = bucketCount - 1;
    // Written, so that the pages are there: the system hands them out at first touch, which would be while signals wait.
    for (const each of [this.#keys, this.#bodies, this.#lsns, this.#forgettableMs, this.#codes, this.#buckets])
      each.fill(0);
  }

  get size(): number {
    return this.#size;
  }

  /** Entry of that id, or -1. An entry is valid until the next `remember`. */
  lookup(source: string, signalId: string): number {
    this.#loadKey(source, signalId);
    for (let bucket = this.#home(); ; bucket = (bucket + 1) & this.#bucketMask) {
      const entry = (this.#buckets[bucket] as number) - 1;
      if (entry < 0) return -1;
      if (this.#holdsKey(entry)) return entry;
    }
  }

  lsnAt(entry: number): number {
    return this.#lsns[entry] as number;
  }

  codeAt(entry: number): VerdictCode {
    return VERDICT_CODES[this.#codes[entry] as number] as VerdictCode;
  }

  /**
   * Compares length and CRC-32: the sender is authenticated, so this is against mistakes and not against forgery. A body
   * that was not kept matches any.
   */
  bodyMatches(entry: number, body: Uint8Array): boolean {
    if (this.#bodies[entry * 2 + 1] === BODY_NOT_KEPT) return true;
    return this.#bodies[entry * 2] === crc32(body) && this.#bodies[entry * 2 + 1] === body.length;
  }

  /** Whether `remember` would succeed now. */
  hasRoom(nowMs: number): boolean {
    if (this.#size < this.capacity) return true;
    for (let tries = Math.min(EVICTION_TRIES, this.capacity); tries > 0; tries -= 1) {
      if ((this.#forgettableMs[this.#next] as number) <= nowMs) return true;
      this.#next = (this.#next + 1) % this.capacity;
    }
    return false;
  }

  /**
   * False with nothing done when there is no room. The id must not be in the table yet. `body` is null where a crash took
   * it: the id alone then makes a duplicate.
   */
  remember(
    source: string,
    signalId: string,
    lsn: number,
    code: VerdictCode,
    body: Uint8Array | null,
    forgettableMs: number,
    nowMs: number,
  ): boolean {
    if (!this.hasRoom(nowMs)) return false;
    const entry = this.#next;
    if (this.#size === this.capacity) this.#removeFromBuckets(entry);
    else this.#size += 1;
    this.#next = (entry + 1) % this.capacity;

    this.#loadKey(source, signalId);
    this.#keys.set(this.#key, entry * 4);
    this.#bodies[entry * 2] = body === null ? 0 : crc32(body);
    this.#bodies[entry * 2 + 1] = body === null ? BODY_NOT_KEPT : body.length;
    this.#lsns[entry] = lsn;
    this.#forgettableMs[entry] = forgettableMs;
    this.#codes[entry] = VERDICT_CODES.indexOf(code);

    let bucket = this.#home();
    while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & this.#bucketMask;
    this.#buckets[bucket] = entry + 1;
    return true;
  }

  /** What a snapshot keeps of it: entries from the oldest on. */
  save() {
    const size = this.#size;
    const first = size === this.capacity ? this.#next : 0;
    const saved = {
      keys: new Uint32Array(size * 4),
      bodies: new Uint32Array(size * 2),
      lsns: new Float64Array(size),
      forgettableMs: new Float64Array(size),
      codes: new Uint8Array(size),
    };
    const split = size - first;
    for (const [from, to, words] of [
      [this.#keys, saved.keys, 4],
      [this.#bodies, saved.bodies, 2],
      [this.#lsns, saved.lsns, 1],
      [this.#forgettableMs, saved.forgettableMs, 1],
      [this.#codes, saved.codes, 1],
    ] as const) {
      to.set(from.subarray(first * words, size * words), 0);
      to.set(from.subarray(0, first * words), split * words);
    }
    return saved;
  }

  /** Into an empty table. What a smaller one has no room for is forgotten, the oldest first. */
  load({ keys, bodies, lsns, forgettableMs, codes }: ReturnType<DedupeTable["save"]>): void {
    assert(this.#size === 0, "a dedupe table is loaded before it is used");
    const left = Math.max(0, lsns.length - this.capacity);
    this.#size = lsns.length - left;
    this.#next = this.#size % this.capacity;
    this.#keys.set(keys.subarray(left * 4));
    this.#bodies.set(bodies.subarray(left * 2));
    this.#lsns.set(lsns.subarray(left));
    this.#forgettableMs.set(forgettableMs.subarray(left));
    this.#codes.set(codes.subarray(left));
    for (let entry = 0; entry < this.#size; entry++) {
      let bucket = (this.#keys[entry * 4] as number) & this.#bucketMask;
      while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & this.#bucketMask;
      this.#buckets[bucket] = entry + 1;
    }
  }

  /** 128 bits of SHA-256. Kept for the `remember` that usually follows a `lookup`: the hash is the dearest part of both. */
  #loadKey(source: string, signalId: string): void {
    if (this.#keyId === signalId && this.#keySource === source) return;
    // "|" is in no signal id, so no two pairs make the same text.
    const digest = this.#sha256.digestWords(`${source}|${signalId}`);
    for (let word = 0; word < this.#key.length; word += 1) this.#key[word] = digest[word] as number;
    this.#keySource = source;
    this.#keyId = signalId;
  }

  #home(): number {
    return (this.#key[0] as number) & this.#bucketMask;
  }

  #holdsKey(entry: number): boolean {
    const at = entry * 4;
    return (
      this.#keys[at] === this.#key[0] &&
      this.#keys[at + 1] === this.#key[1] &&
      this.#keys[at + 2] === this.#key[2] &&
      this.#keys[at + 3] === this.#key[3]
    );
  }

  /** Closes the gap behind it, so that probing may go on stopping at the first empty bucket. */
  #removeFromBuckets(entry: number): void {
    let gap = (this.#keys[entry * 4] as number) & this.#bucketMask;
    while (this.#buckets[gap] !== entry + 1) gap = (gap + 1) & this.#bucketMask;
    for (
      let bucket = (gap + 1) & this.#bucketMask;
      this.#buckets[bucket] !== 0;
      bucket = (bucket + 1) & this.#bucketMask
    ) {
      const home = (this.#keys[((this.#buckets[bucket] as number) - 1) * 4] as number) & this.#bucketMask;
      // Moves back only what would still be found: its home must not lie between the gap and where it is.
      if (((bucket - home) & this.#bucketMask) < ((bucket - gap) & this.#bucketMask)) continue;
      this.#buckets[gap] = this.#buckets[bucket] as number;
      gap = bucket;
    }
    this.#buckets[gap] = 0;
  }
}
