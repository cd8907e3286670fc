/**
 * Short ASCII text in a fixed field of bytes. A call into Node's buffers costs more than the 16 to 64 characters of an id.
 */

/** Writes `text` at `at` and zeroes what is left of the field. Characters above 255 lose their high bits, as in latin1. */
export function writeAscii(bytes: Uint8Array, at: number, text: string, fieldBytes: number): void {
  const { length } = text;
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  for (let i = length; i < fieldBytes; i++) bytes[at + i] = 0;
}
