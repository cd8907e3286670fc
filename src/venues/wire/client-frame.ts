/**
 * WebSocket text frames of a client, made in place: head and mask are put in front of a payload that already stands in its
 * buffer, so that a message is one buffer and one write (RFC 6455, 5.2-5.3).
 */
import { assert } from "../../domain/units.ts";

/** Room that a frame's buffer leaves before the payload: head of 4 bytes, mask of 4. */
export const FRAME_HEAD_BYTES = 8;
const FRAME_PAYLOAD_BYTES_MAX = 65_535;

const FINAL_TEXT = 0x81;
const MASKED = 0x80;
const SHORT_BYTES_MAX = 125;
const LENGTH_16 = 126;

/**
 * Masks `payloadBytes` from `FRAME_HEAD_BYTES` on with `mask` and returns the part of `buffer` that is the frame: all of
 * it up to the payload's end, without the first two bytes for a payload of up to 125.
 */
export function maskedFrame(buffer: Buffer, payloadBytes: number, mask: number): Buffer {
  const end = FRAME_HEAD_BYTES + payloadBytes;
  assert(payloadBytes <= FRAME_PAYLOAD_BYTES_MAX && end <= buffer.length, `a frame of ${payloadBytes} bytes`);
  const key0 = mask >>> 24;
  const key1 = (mask >>> 16) & 0xff;
  const key2 = (mask >>> 8) & 0xff;
  const key3 = mask & 0xff;
  const isShort = payloadBytes <= SHORT_BYTES_MAX;
  if (isShort) {
    buffer[2] = FINAL_TEXT;
    buffer[3] = MASKED | payloadBytes;
  } else {
    buffer[0] = FINAL_TEXT;
    buffer[1] = MASKED | LENGTH_16;
    buffer[2] = payloadBytes >>> 8;
    buffer[3] = payloadBytes & 0xff;
  }
  buffer[4] = key0;
  buffer[5] = key1;
  buffer[6] = key2;
  buffer[7] = key3;
  let at = FRAME_HEAD_BYTES;
  for (const last = end - 3; at < last; at += 4) {
    buffer[at]! ^= key0;
    buffer[at + 1]! ^= key1;
    buffer[at + 2]! ^= key2;
    buffer[at + 3]! ^= key3;
  }
  for (let key = mask; at < end; at += 1, key <<= 8) buffer[at]! ^= key >>> 24;
  return buffer.subarray(isShort ? 2 : 0, end);
}
