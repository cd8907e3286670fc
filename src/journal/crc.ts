/**
 * CRC-32 (the polynomial of zlib) over whole 8-byte groups, equal to `zlib.crc32(bytes, seed)`.
 *
 * Records of the journal are short. Through `zlib.crc32` each costs a subarray and a native call, about 300 ns; the
 * tables below cost less for a record of up to `NATIVE_FROM_BYTES` and allocate nothing.
 */
import { crc32 } from "node:zlib";
import { assert } from "../domain/units.ts";

/** From here on the native routine wins in spite of its call. */
const NATIVE_FROM_BYTES = 384;

/** A stretch of memory seen as bytes and as the 32-bit words that the tables consume. */
export interface CrcArea {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

export function createCrcArea(byteCount: number): CrcArea {
  assert(LITTLE_ENDIAN, "the journal's format is little-endian, and so must the machine be");
  assert(byteCount % 8 === 0, `an area is whole 8-byte groups, got ${byteCount} bytes`);
  const buffer = new ArrayBuffer(byteCount);
  return { bytes: new Uint8Array(buffer), words: new Int32Array(buffer) };
}

/** Unsigned. `offset` and `byteCount` are multiples of 8. */
export function crcOf(area: CrcArea, offset: number, byteCount: number, seed: number): number {
  if (byteCount >= NATIVE_FROM_BYTES) return crc32(area.bytes.subarray(offset, offset + byteCount), seed);
  const { words } = area;
  let crc = ~seed;
  const end = (offset + byteCount) >>> 2;
  for (let index = offset >>> 2; index < end; index += 2) {
    const low = crc ^ words[index]!;
    const high = words[index + 1]!;
    crc =
      TABLES[1792 + (low & 255)]! ^
      TABLES[1536 + ((low >>> 8) & 255)]! ^
      TABLES[1280 + ((low >>> 16) & 255)]! ^
      TABLES[1024 + (low >>> 24)]! ^
      TABLES[768 + (high & 255)]! ^
      TABLES[512 + ((high >>> 8) & 255)]! ^
      TABLES[256 + ((high >>> 16) & 255)]! ^
      TABLES[high >>> 24]!;
  }
  return ~crc >>> 0;
}

/** Eight tables of 256: the remainder of a byte followed by 0 to 7 zero bytes ("slicing by 8"). */
const TABLES = createTables();
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function createTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256]!;
    tables[index] = (before >>> 8) ^ tables[before & 255]!;
  }
  return tables;
}
