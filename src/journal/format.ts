/**
 * The bytes of a log on disk. Everything is little-endian.
 *
 * A log is a directory of segments `00000001.seg`, `00000002.seg`, ... A segment is a file of fixed size, written full of
 * zeroes before it gets its name, so that appending never allocates blocks (a full disk cannot stop it) and never changes
 * the size (fdatasync has no metadata to write).
 *
 *   segment  0     identity sector: magic 8 | format version u32 | log id u32 | segment u32 | segment bytes u32 | ... | crc32
 *            512   start sector:    first lsn u64 | wallMs f64 | boot id, 64 bytes of ASCII | ... | crc32
 *            1024  chain sector:    SHA-256 of the whole previous segment file, 32 bytes | ... | crc32
 *            4096  records, then zeroes
 *
 *   record   0  payload bytes u32      4  crc32 u32 of all that follows, padding included, seeded with the length
 *            8  lsn u64               16  monoNs f64          24  wallMs f64
 *            32 type u16              34  version u16         36  durable distance u32
 *            40 payload, padded with zeroes to 8 bytes
 *
 * The three sectors are written at different times, which is why they are apart: identity before the segment has its name
 * (so a bad one is always corruption), start by the writer when it rolls, chain by the flusher when the previous segment is
 * complete.
 *
 * The durable distance is lsn − (the last lsn known durable when the record was written). It lets recovery tell a torn tail
 * from damage: a bad record that a later record knows to have been durable is damage. See recover.ts.
 */
import { join } from "node:path";
import { crc32 } from "node:zlib";

const FORMAT_VERSION = 1;
export const SECTOR_BYTES = 512;
export const SEGMENT_HEADER_BYTES = 4096;
export const START_SECTOR_OFFSET = SECTOR_BYTES;
export const CHAIN_SECTOR_OFFSET = 2 * SECTOR_BYTES;

export const RECORD_HEADER_BYTES = 40;
export const RECORD_CRC_OFFSET = 4;
export const RECORD_LSN_OFFSET = 8;
export const RECORD_MONO_OFFSET = 16;
export const RECORD_WALL_OFFSET = 24;
export const RECORD_TYPE_OFFSET = 32;
export const RECORD_VERSION_OFFSET = 34;
export const RECORD_DISTANCE_OFFSET = 36;
export const DISTANCE_MAX = 0xffff_ffff;

const MAGIC = Buffer.from("OUTRGLOG", "latin1");
const BOOT_ID_BYTES = 64;
const SECTOR_CRC_OFFSET = SECTOR_BYTES - 4;
const SHA256_BYTES = 32;

/** Bytes that a record with this payload takes on disk. */
export const recordBytesFor = (payloadBytes: number): number => RECORD_HEADER_BYTES + Math.ceil(payloadBytes / 8) * 8;

export const segmentName = (segment: number): string => `${String(segment).padStart(8, "0")}.seg`;
export const segmentPath = (directory: string, segment: number): string => join(directory, segmentName(segment));

/** The next segment while it is being filled with zeroes: in the background, or by a writer who cannot wait for that. */
export const preparedPath = (directory: string, segment: number): string =>
  join(directory, `${segmentName(segment)}.prepared.tmp`);
export const hurriedPath = (directory: string, segment: number): string =>
  join(directory, `${segmentName(segment)}.hurried.tmp`);

export function segmentNumber(fileName: string): number | null {
  const match = /^(\d{8})\.seg$/.exec(fileName);
  return match ? Number(match[1]) : null;
}

export interface SegmentIdentity {
  readonly logId: number;
  readonly segment: number;
  readonly segmentBytes: number;
}

export function encodeIdentity(identity: SegmentIdentity): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  MAGIC.copy(sector, 0);
  sector.writeUInt32LE(FORMAT_VERSION, 8);
  sector.writeUInt32LE(identity.logId, 12);
  sector.writeUInt32LE(identity.segment, 16);
  sector.writeUInt32LE(identity.segmentBytes, 20);
  return sealed(sector);
}

/** Null when the sector is not an identity of this format version. */
export function decodeIdentity(header: Buffer): SegmentIdentity | null {
  const sector = header.subarray(0, SECTOR_BYTES);
  if (!isSealed(sector) || !sector.subarray(0, 8).equals(MAGIC) || sector.readUInt32LE(8) !== FORMAT_VERSION)
    return null;
  return { logId: sector.readUInt32LE(12), segment: sector.readUInt32LE(16), segmentBytes: sector.readUInt32LE(20) };
}

export interface SegmentStart {
  readonly firstLsn: number;
  readonly wallMs: number;
  /** Chosen by the engine: tells the records of one boot of the machine from those of another. */
  readonly bootId: string;
}

export function encodeStart(start: SegmentStart): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  sector.writeBigUInt64LE(BigInt(start.firstLsn), 0);
  sector.writeDoubleLE(start.wallMs, 8);
  sector.write(start.bootId, 16, BOOT_ID_BYTES, "latin1");
  return sealed(sector);
}

/** Null when it was never written, or never reached the disk. */
export function decodeStart(header: Buffer): SegmentStart | null {
  const sector = header.subarray(START_SECTOR_OFFSET, START_SECTOR_OFFSET + SECTOR_BYTES);
  if (!isSealed(sector)) return null;
  const bootId = sector.toString("latin1", 16, 16 + BOOT_ID_BYTES).replace(/\0+$/, "");
  return { firstLsn: Number(sector.readBigUInt64LE(0)), wallMs: sector.readDoubleLE(8), bootId };
}

export function encodeChain(previousSha256: Uint8Array): Buffer {
  const sector = Buffer.alloc(SECTOR_BYTES);
  sector.set(previousSha256.subarray(0, SHA256_BYTES), 0);
  return sealed(sector);
}

/** The previous segment's SHA-256, or null when it has not been filled in yet. */
export function decodeChain(header: Buffer): Buffer | null {
  const sector = header.subarray(CHAIN_SECTOR_OFFSET, CHAIN_SECTOR_OFFSET + SECTOR_BYTES);
  return isSealed(sector) ? Buffer.from(sector.subarray(0, SHA256_BYTES)) : null;
}

function sealed(sector: Buffer): Buffer {
  sector.writeUInt32LE(crc32(sector.subarray(0, SECTOR_CRC_OFFSET)), SECTOR_CRC_OFFSET);
  return sector;
}

/** A sector of zeroes is not sealed: the CRC of zeroes is not zero. */
function isSealed(sector: Buffer): boolean {
  return sector.readUInt32LE(SECTOR_CRC_OFFSET) === crc32(sector.subarray(0, SECTOR_CRC_OFFSET));
}
