/**
 * SHA-256 and HMAC-SHA256 of short messages: order tags, dedupe keys, signatures. Same results as node:crypto.
 *
 * node:crypto makes native objects per call, which cost more than the hashing of a text of this size and leave garbage behind.
 * Here a call leaves nothing but the string it returns. A long text is still node:crypto's, which hashes a block in half the
 * time: see `DIGEST_CHARS_MAX` and `HMAC_CHARS_MAX`.
 *
 * Invariants
 *   - Each object has its own small memory that only its closure holds: an HMAC key's midstates are as secret as the key, and
 *     the engine's shared memory is for all threads and debug views to read.
 *   - A key is in memory while it is turned into midstates, and wiped then.
 *   - Texts count as UTF-8, whatever characters they have.
 *
 * The kernel is assembly/sha256.ts, its memory sha256-state.ts. An object belongs to one thread.
 */
import { createHash, createHmac, createSecretKey, hash } from "node:crypto";
import { assert } from "../domain/units.ts";
import { readBinary } from "./binary.ts";
import {
  SHA256_BLOCK_BYTES,
  SHA256_DIGEST_BYTES,
  SHA256_DIGEST_OFFSET,
  SHA256_HEX_CHARS,
  SHA256_HEX_OFFSET,
  SHA256_MESSAGE_BYTES_MAX,
  SHA256_MESSAGE_OFFSET,
} from "./sha256-state.ts";

export interface Sha256 {
  /** The first `chars` of the digest in lower-case hex. */
  digestHex(text: string, chars: number): string;
  /** The digest as its eight words. Always the same array: valid until the next call. */
  digestWords(text: string): Int32Array;
}

export interface HmacSha256 {
  /** Signature in lower-case hex. */
  signHex(text: string): string;
  /** Writes the signature of `bytes[0..byteCount)` as 64 lower-case hex characters into `out` at `at`. Makes no object. */
  signHexInto(bytes: Buffer, byteCount: number, out: Buffer, at: number): void;
  /** Signature of the text followed by the bytes. Valid until the next call. */
  signBytes(text: string, bytes: Uint8Array): Buffer;
}

export function createSha256(): Sha256 {
  const { kernel, buffer, digest } = createState();
  return {
    digestHex(text, chars) {
      assert(chars >= 0 && chars <= SHA256_HEX_CHARS, `a digest has no ${chars} hex characters`);
      if (text.length > DIGEST_CHARS_MAX) return hash("sha256", text, "hex").slice(0, chars);
      kernel.sha256(STATE, buffer.write(text, SHA256_MESSAGE_OFFSET));
      kernel.sha256Hex(STATE);
      return buffer.toString("latin1", SHA256_HEX_OFFSET, SHA256_HEX_OFFSET + chars);
    },
    digestWords(text) {
      if (text.length > DIGEST_CHARS_MAX) {
        const bytes = createHash("sha256").update(text).digest();
        for (let word = 0; word < digest.length; word += 1) digest[word] = bytes.readInt32BE(word * 4);
      } else kernel.sha256(STATE, buffer.write(text, SHA256_MESSAGE_OFFSET));
      return digest;
    },
  };
}

export function createHmacSha256(key: Uint8Array): HmacSha256 {
  const { kernel, buffer, digest } = createState();
  const signature = Buffer.alloc(SHA256_DIGEST_BYTES);
  // RFC 2104: a key longer than a block stands for its digest.
  const short = key.length > SHA256_BLOCK_BYTES ? createHash("sha256").update(key).digest() : key;
  buffer.set(short, SHA256_MESSAGE_OFFSET);
  kernel.hmacSha256Key(STATE, short.length);
  const keyObject = createSecretKey(key);
  return {
    signHex(text) {
      if (text.length > HMAC_CHARS_MAX) return createHmac("sha256", keyObject).update(text).digest("hex");
      kernel.hmacSha256(STATE, buffer.write(text, SHA256_MESSAGE_OFFSET));
      kernel.sha256Hex(STATE);
      return buffer.toString("latin1", SHA256_HEX_OFFSET, SHA256_HEX_OFFSET + SHA256_HEX_CHARS);
    },
    signHexInto(bytes, byteCount, out, at) {
      assert(byteCount <= SHA256_MESSAGE_BYTES_MAX, `a message of ${byteCount} bytes does not fit`);
      bytes.copy(buffer, SHA256_MESSAGE_OFFSET, 0, byteCount);
      kernel.hmacSha256(STATE, byteCount);
      kernel.sha256Hex(STATE);
      buffer.copy(out, at, SHA256_HEX_OFFSET, SHA256_HEX_OFFSET + SHA256_HEX_CHARS);
    },
    signBytes(text, bytes) {
      if (text.length + bytes.length > HMAC_CHARS_MAX) {
        return createHmac("sha256", keyObject).update(text).update(bytes).digest();
      }
      const textBytes = buffer.write(text, SHA256_MESSAGE_OFFSET);
      buffer.set(bytes, SHA256_MESSAGE_OFFSET + textBytes);
      kernel.hmacSha256(STATE, textBytes + bytes.length);
      for (let word = 0; word < digest.length; word += 1) signature.writeInt32BE(digest[word] as number, word * 4);
      return signature;
    },
  };
}

// Up to where one call between other work, the lane's case, is clearly faster here (measured, ASCII; 3 times at a signature's
// 250 characters). Back to back in a loop, with all code in the caches, node:crypto draws level at about 50 and 600.
const DIGEST_CHARS_MAX = 400;
const HMAC_CHARS_MAX = 2000;

const STATE = 0;
const PAGE_COUNT = 1;

function createState() {
  const memory = new WebAssembly.Memory({ initial: PAGE_COUNT, maximum: PAGE_COUNT });
  const kernel = instantiateSha256(new WebAssembly.Module(readBinary("sha256")), memory);
  kernel.sha256Setup(STATE);
  // A character is at most three bytes, so no text that is short enough can fail to fit.
  assert(Math.max(DIGEST_CHARS_MAX, HMAC_CHARS_MAX) * 3 <= SHA256_MESSAGE_BYTES_MAX, "the message area is too small");
  return {
    kernel,
    buffer: Buffer.from(memory.buffer),
    digest: new Int32Array(memory.buffer, SHA256_DIGEST_OFFSET, SHA256_DIGEST_BYTES / 4),
  };
}

/** Functions of assembly/sha256.ts; the message lies in the state. Those that return a number return 1, or 0 for a refused length. */
export interface Sha256Kernel {
  sha256Setup(state: number): void;
  sha256(state: number, bytes: number): number;
  sha256Hex(state: number): void;
  hmacSha256Key(state: number, bytes: number): number;
  hmacSha256(state: number, bytes: number): number;
}

export function instantiateSha256(module: WebAssembly.Module, memory: WebAssembly.Memory): Sha256Kernel {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  for (const name of KERNEL_NAMES) {
    assert(typeof exports[name] === "function", `sha256.wasm has no ${name}: rebuild it`);
  }
  return exports as unknown as Sha256Kernel;
}

const KERNEL_NAMES: readonly (keyof Sha256Kernel)[] = [
  "sha256Setup",
  "sha256",
  "sha256Hex",
  "hmacSha256Key",
  "hmacSha256",
];
