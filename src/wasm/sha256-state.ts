/**
 * SHA-256 state: what the kernel of assembly/sha256.ts keeps in the memory it is handed, and where it takes the message from.
 *
 * Compiled by tsc AND by asc, like memory/layout.ts: untyped integer constants only. Offsets count bytes from the state's start,
 * which is aligned to 4. Words are i32 of the machine (little-endian); the algorithm's own words are big-endian, so message
 * words are turned when they are read, and the digest is left as words, not as bytes.
 */

//  0            256      288              320              352   416     448                  65535
//  ├ constants ─┼ digest ┼ inner midstate ┼ outer midstate ┼ hex ┼ spare ┼ message ... padding ┤
export const SHA256_CONSTANTS_OFFSET = 0;
export const SHA256_DIGEST_OFFSET = SHA256_CONSTANTS_OFFSET + 256;
// HMAC: the states after the block of key ^ ipad and of key ^ opad. As secret as the key.
export const SHA256_INNER_OFFSET = SHA256_DIGEST_OFFSET + 32;
export const SHA256_OUTER_OFFSET = SHA256_INNER_OFFSET + 32;
// The digest as 64 lower-case ASCII characters.
export const SHA256_HEX_OFFSET = SHA256_OUTER_OFFSET + 32;
export const SHA256_MESSAGE_OFFSET = 448;

export const SHA256_BLOCK_BYTES = 64;
export const SHA256_DIGEST_BYTES = 32;
export const SHA256_HEX_CHARS = 64;

// One WebAssembly page holds a state: the message area is the rest of it, less what padding may add.
export const SHA256_STATE_BYTES = 65536;
export const SHA256_MESSAGE_BYTES_MAX = SHA256_STATE_BYTES - SHA256_MESSAGE_OFFSET - 2 * SHA256_BLOCK_BYTES;
