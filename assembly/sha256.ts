/**
 * SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104) of one message that lies in the state's message area.
 *
 * For the short ASCII texts of the order path: what node:crypto spends on making and dropping its objects is several times the
 * hashing itself. An HMAC key is hashed once, into the midstates of its two pads, so that signing costs the message and one
 * block. Nothing depends on the data but the number of blocks: neither branches nor addresses.
 *
 * Its own module with its own memory (src/wasm/sha256.ts), because midstates are secrets and the shared memory is for all to
 * read. Portable: i32 arithmetic where every sum is cut to 32 bits by `| 0`. The state is drawn in src/wasm/sha256-state.ts.
 */
import {
  SHA256_BLOCK_BYTES,
  SHA256_CONSTANTS_OFFSET,
  SHA256_DIGEST_BYTES,
  SHA256_DIGEST_OFFSET,
  SHA256_HEX_OFFSET,
  SHA256_INNER_OFFSET,
  SHA256_MESSAGE_BYTES_MAX,
  SHA256_MESSAGE_OFFSET,
  SHA256_OUTER_OFFSET,
} from "../src/wasm/sha256-state.ts";

/** Digest of the first `bytes` of the message area, as words. 0 for a length out of range: then nothing was written. */
export function sha256(state: Block, bytes: i32): i32 {
  if (bytes < 0 || bytes > SHA256_MESSAGE_BYTES_MAX) return 0;
  begin(state);
  finish(state, bytes, 0);
  return 1;
}

/** Takes the key from the message area, which it wipes: keys of up to 64 bytes (a longer one is hashed by the caller first). */
export function hmacSha256Key(state: Block, bytes: i32): i32 {
  if (bytes < 0 || bytes > SHA256_BLOCK_BYTES) return 0;
  cut(state, bytes, 0);
  clear(state, (bytes + 4) & ~3, SHA256_BLOCK_BYTES);
  mask(state, INNER_PAD);
  begin(state);
  compress(state, SHA256_MESSAGE_OFFSET);
  copy(state, SHA256_DIGEST_OFFSET, SHA256_INNER_OFFSET);
  mask(state, INNER_PAD ^ OUTER_PAD);
  begin(state);
  compress(state, SHA256_MESSAGE_OFFSET);
  copy(state, SHA256_DIGEST_OFFSET, SHA256_OUTER_OFFSET);
  clear(state, 0, SHA256_BLOCK_BYTES);
  return 1;
}

/** HMAC of the first `bytes` of the message area under the key of `hmacSha256Key`, as words. 0 for a length out of range. */
export function hmacSha256(state: Block, bytes: i32): i32 {
  if (bytes < 0 || bytes > SHA256_MESSAGE_BYTES_MAX) return 0;
  copy(state, SHA256_INNER_OFFSET, SHA256_DIGEST_OFFSET);
  finish(state, bytes, SHA256_BLOCK_BYTES);
  for (let at = 0; at < SHA256_DIGEST_BYTES; at += 4) {
    state.setI32(SHA256_MESSAGE_OFFSET + at, swapped(state.getI32(SHA256_DIGEST_OFFSET + at)));
  }
  copy(state, SHA256_OUTER_OFFSET, SHA256_DIGEST_OFFSET);
  finish(state, SHA256_DIGEST_BYTES, SHA256_BLOCK_BYTES);
  return 1;
}

/** Writes the digest as lower-case hex beside it. */
export function sha256Hex(state: Block): void {
  for (let at = 0; at < SHA256_DIGEST_BYTES; at += 4) {
    const word = state.getI32(SHA256_DIGEST_OFFSET + at);
    state.setI32(SHA256_HEX_OFFSET + at * 2, hexOf(word >>> 16));
    state.setI32(SHA256_HEX_OFFSET + at * 2 + 4, hexOf(word & 0xffff));
  }
}

/**
 * Writes the round constants; once per state, before anything else. They are part of it because a table of the module's own
 * would be a data segment, and four times the unrolled rounds are no faster.
 */
export function sha256Setup(state: Block): void {
  setFourConstants(state, 0, 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5);
  setFourConstants(state, 16, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5);
  setFourConstants(state, 32, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3);
  setFourConstants(state, 48, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174);
  setFourConstants(state, 64, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc);
  setFourConstants(state, 80, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da);
  setFourConstants(state, 96, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7);
  setFourConstants(state, 112, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967);
  setFourConstants(state, 128, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13);
  setFourConstants(state, 144, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85);
  setFourConstants(state, 160, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3);
  setFourConstants(state, 176, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070);
  setFourConstants(state, 192, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5);
  setFourConstants(state, 208, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3);
  setFourConstants(state, 224, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208);
  setFourConstants(state, 240, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2);
}

function setFourConstants(state: Block, at: i32, first: i32, second: i32, third: i32, fourth: i32): void {
  state.setI32(SHA256_CONSTANTS_OFFSET + at, first);
  state.setI32(SHA256_CONSTANTS_OFFSET + at + 4, second);
  state.setI32(SHA256_CONSTANTS_OFFSET + at + 8, third);
  state.setI32(SHA256_CONSTANTS_OFFSET + at + 12, fourth);
}

const INNER_PAD = 0x36363636;
const OUTER_PAD = 0x5c5c5c5c;

function begin(state: Block): void {
  state.setI32(SHA256_DIGEST_OFFSET, 0x6a09e667);
  state.setI32(SHA256_DIGEST_OFFSET + 4, 0xbb67ae85);
  state.setI32(SHA256_DIGEST_OFFSET + 8, 0x3c6ef372);
  state.setI32(SHA256_DIGEST_OFFSET + 12, 0xa54ff53a);
  state.setI32(SHA256_DIGEST_OFFSET + 16, 0x510e527f);
  state.setI32(SHA256_DIGEST_OFFSET + 20, 0x9b05688c);
  state.setI32(SHA256_DIGEST_OFFSET + 24, 0x1f83d9ab);
  state.setI32(SHA256_DIGEST_OFFSET + 28, 0x5be0cd19);
}

/** Pads the message and takes it in; `bytesBefore` are in the digest's state already. */
function finish(state: Block, bytes: i32, bytesBefore: i32): void {
  const end = (bytes + 8 + SHA256_BLOCK_BYTES) & ~(SHA256_BLOCK_BYTES - 1);
  cut(state, bytes, 0x80);
  clear(state, (bytes + 4) & ~3, end - 4);
  // A length of 64 bits, of which a message area needs 20.
  state.setI32(SHA256_MESSAGE_OFFSET + end - 4, swapped((bytes + bytesBefore) << 3));
  for (let at = 0; at < end; at += SHA256_BLOCK_BYTES) compress(state, SHA256_MESSAGE_OFFSET + at);
}

/** Ends the message after `bytes` with `marker`: the rest of that word belonged to an earlier one. */
function cut(state: Block, bytes: i32, marker: i32): void {
  const at = SHA256_MESSAGE_OFFSET + (bytes & ~3);
  const shift = (bytes & 3) << 3;
  const kept = state.getI32(at) & ((1 << shift) - 1);
  state.setI32(at, kept | (marker << shift));
}

function clear(state: Block, from: i32, to: i32): void {
  for (let at = from; at < to; at += 4) state.setI32(SHA256_MESSAGE_OFFSET + at, 0);
}

function mask(state: Block, pad: i32): void {
  for (let at = SHA256_MESSAGE_OFFSET; at < SHA256_MESSAGE_OFFSET + SHA256_BLOCK_BYTES; at += 4) {
    state.setI32(at, state.getI32(at) ^ pad);
  }
}

function copy(state: Block, from: i32, to: i32): void {
  for (let at = 0; at < SHA256_DIGEST_BYTES; at += 4) state.setI32(to + at, state.getI32(from + at));
}

function compress(state: Block, block: i32): void {
  let w0 = swapped(state.getI32(block));
  let w1 = swapped(state.getI32(block + 4));
  let w2 = swapped(state.getI32(block + 8));
  let w3 = swapped(state.getI32(block + 12));
  let w4 = swapped(state.getI32(block + 16));
  let w5 = swapped(state.getI32(block + 20));
  let w6 = swapped(state.getI32(block + 24));
  let w7 = swapped(state.getI32(block + 28));
  let w8 = swapped(state.getI32(block + 32));
  let w9 = swapped(state.getI32(block + 36));
  let w10 = swapped(state.getI32(block + 40));
  let w11 = swapped(state.getI32(block + 44));
  let w12 = swapped(state.getI32(block + 48));
  let w13 = swapped(state.getI32(block + 52));
  let w14 = swapped(state.getI32(block + 56));
  let w15 = swapped(state.getI32(block + 60));
  let a = state.getI32(SHA256_DIGEST_OFFSET);
  let b = state.getI32(SHA256_DIGEST_OFFSET + 4);
  let c = state.getI32(SHA256_DIGEST_OFFSET + 8);
  let d = state.getI32(SHA256_DIGEST_OFFSET + 12);
  let e = state.getI32(SHA256_DIGEST_OFFSET + 16);
  let f = state.getI32(SHA256_DIGEST_OFFSET + 20);
  let g = state.getI32(SHA256_DIGEST_OFFSET + 24);
  let h = state.getI32(SHA256_DIGEST_OFFSET + 28);
  // Four times sixteen rounds. Eight of them bring every name back to its place, so that no round moves a word.
  for (let at = SHA256_CONSTANTS_OFFSET; ; at += 64) {
    h = (h + bigSigma1(e) + choose(e, f, g) + state.getI32(at) + w0) | 0;
    d = (d + h) | 0;
    h = (h + bigSigma0(a) + majority(a, b, c)) | 0;
    g = (g + bigSigma1(d) + choose(d, e, f) + state.getI32(at + 4) + w1) | 0;
    c = (c + g) | 0;
    g = (g + bigSigma0(h) + majority(h, a, b)) | 0;
    f = (f + bigSigma1(c) + choose(c, d, e) + state.getI32(at + 8) + w2) | 0;
    b = (b + f) | 0;
    f = (f + bigSigma0(g) + majority(g, h, a)) | 0;
    e = (e + bigSigma1(b) + choose(b, c, d) + state.getI32(at + 12) + w3) | 0;
    a = (a + e) | 0;
    e = (e + bigSigma0(f) + majority(f, g, h)) | 0;
    d = (d + bigSigma1(a) + choose(a, b, c) + state.getI32(at + 16) + w4) | 0;
    h = (h + d) | 0;
    d = (d + bigSigma0(e) + majority(e, f, g)) | 0;
    c = (c + bigSigma1(h) + choose(h, a, b) + state.getI32(at + 20) + w5) | 0;
    g = (g + c) | 0;
    c = (c + bigSigma0(d) + majority(d, e, f)) | 0;
    b = (b + bigSigma1(g) + choose(g, h, a) + state.getI32(at + 24) + w6) | 0;
    f = (f + b) | 0;
    b = (b + bigSigma0(c) + majority(c, d, e)) | 0;
    a = (a + bigSigma1(f) + choose(f, g, h) + state.getI32(at + 28) + w7) | 0;
    e = (e + a) | 0;
    a = (a + bigSigma0(b) + majority(b, c, d)) | 0;
    h = (h + bigSigma1(e) + choose(e, f, g) + state.getI32(at + 32) + w8) | 0;
    d = (d + h) | 0;
    h = (h + bigSigma0(a) + majority(a, b, c)) | 0;
    g = (g + bigSigma1(d) + choose(d, e, f) + state.getI32(at + 36) + w9) | 0;
    c = (c + g) | 0;
    g = (g + bigSigma0(h) + majority(h, a, b)) | 0;
    f = (f + bigSigma1(c) + choose(c, d, e) + state.getI32(at + 40) + w10) | 0;
    b = (b + f) | 0;
    f = (f + bigSigma0(g) + majority(g, h, a)) | 0;
    e = (e + bigSigma1(b) + choose(b, c, d) + state.getI32(at + 44) + w11) | 0;
    a = (a + e) | 0;
    e = (e + bigSigma0(f) + majority(f, g, h)) | 0;
    d = (d + bigSigma1(a) + choose(a, b, c) + state.getI32(at + 48) + w12) | 0;
    h = (h + d) | 0;
    d = (d + bigSigma0(e) + majority(e, f, g)) | 0;
    c = (c + bigSigma1(h) + choose(h, a, b) + state.getI32(at + 52) + w13) | 0;
    g = (g + c) | 0;
    c = (c + bigSigma0(d) + majority(d, e, f)) | 0;
    b = (b + bigSigma1(g) + choose(g, h, a) + state.getI32(at + 56) + w14) | 0;
    f = (f + b) | 0;
    b = (b + bigSigma0(c) + majority(c, d, e)) | 0;
    a = (a + bigSigma1(f) + choose(f, g, h) + state.getI32(at + 60) + w15) | 0;
    e = (e + a) | 0;
    a = (a + bigSigma0(b) + majority(b, c, d)) | 0;
    if (at == SHA256_CONSTANTS_OFFSET + 192) break;
    // The next sixteen words, each in the place of the one it follows from.
    w0 = (w0 + smallSigma0(w1) + w9 + smallSigma1(w14)) | 0;
    w1 = (w1 + smallSigma0(w2) + w10 + smallSigma1(w15)) | 0;
    w2 = (w2 + smallSigma0(w3) + w11 + smallSigma1(w0)) | 0;
    w3 = (w3 + smallSigma0(w4) + w12 + smallSigma1(w1)) | 0;
    w4 = (w4 + smallSigma0(w5) + w13 + smallSigma1(w2)) | 0;
    w5 = (w5 + smallSigma0(w6) + w14 + smallSigma1(w3)) | 0;
    w6 = (w6 + smallSigma0(w7) + w15 + smallSigma1(w4)) | 0;
    w7 = (w7 + smallSigma0(w8) + w0 + smallSigma1(w5)) | 0;
    w8 = (w8 + smallSigma0(w9) + w1 + smallSigma1(w6)) | 0;
    w9 = (w9 + smallSigma0(w10) + w2 + smallSigma1(w7)) | 0;
    w10 = (w10 + smallSigma0(w11) + w3 + smallSigma1(w8)) | 0;
    w11 = (w11 + smallSigma0(w12) + w4 + smallSigma1(w9)) | 0;
    w12 = (w12 + smallSigma0(w13) + w5 + smallSigma1(w10)) | 0;
    w13 = (w13 + smallSigma0(w14) + w6 + smallSigma1(w11)) | 0;
    w14 = (w14 + smallSigma0(w15) + w7 + smallSigma1(w12)) | 0;
    w15 = (w15 + smallSigma0(w0) + w8 + smallSigma1(w13)) | 0;
  }
  add(state, 0, a);
  add(state, 4, b);
  add(state, 8, c);
  add(state, 12, d);
  add(state, 16, e);
  add(state, 20, f);
  add(state, 24, g);
  add(state, 28, h);
}
function add(state: Block, at: i32, word: i32): void {
  state.setI32(SHA256_DIGEST_OFFSET + at, (state.getI32(SHA256_DIGEST_OFFSET + at) + word) | 0);
}

function choose(x: i32, y: i32, z: i32): i32 {
  return z ^ (x & (y ^ z));
}

function majority(x: i32, y: i32, z: i32): i32 {
  return (x & y) | (z & (x | y));
}

function bigSigma0(x: i32): i32 {
  return turned(x, 2) ^ turned(x, 13) ^ turned(x, 22);
}

function bigSigma1(x: i32): i32 {
  return turned(x, 6) ^ turned(x, 11) ^ turned(x, 25);
}

function smallSigma0(x: i32): i32 {
  return turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
}

function smallSigma1(x: i32): i32 {
  return turned(x, 17) ^ turned(x, 19) ^ (x >>> 10);
}

/** To the right. V8 makes one instruction of it. */
function turned(x: i32, bits: i32): i32 {
  return (x >>> bits) | (x << (32 - bits));
}

/** Little-endian to big-endian and back. */
function swapped(x: i32): i32 {
  return (turned(x, 24) & 0x00ff00ff) | (turned(x, 8) & 0xff00ff00);
}

/** Four lower-case hex characters of 16 bits, the highest digit at the lowest address. */
function hexOf(bits: i32): i32 {
  const digits = (bits >>> 12) | (bits & 0x0f00) | ((bits & 0x00f0) << 12) | ((bits & 0x000f) << 24);
  // 1 in each byte whose digit is above 9: letters start 39 characters behind the digits.
  const letters = ((digits + 0x06060606) >>> 4) & 0x01010101;
  return digits + 0x30303030 + letters * 39;
}
