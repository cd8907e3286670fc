/**
 * Stands where a decision log would: holds the command records that replay makes until they have been compared.
 *
 * A record's bytes here are what identifies it: type, version, both times and the payload.
 */
import { assert } from "../domain/units.ts";
import type { CommandLog } from "./record-command.ts";

const HEAD_BYTES = 20;
/** The longest record: an alarm, whose text names at most an order id, a cause and two numbers. */
const RECORD_BYTES_MAX = 64 * 1024;

export class CommandCapture implements CommandLog {
  readonly bytes = Buffer.alloc(RECORD_BYTES_MAX);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  readonly #records: Buffer[] = [];
  #openBytes = -1;

  static bytesOf(type: number, version: number, monoNs: number, wallMs: number, payload: Uint8Array): Buffer {
    const record = Buffer.alloc(HEAD_BYTES + payload.length);
    record.writeUInt16LE(type, 0);
    record.writeUInt16LE(version, 2);
    record.writeDoubleLE(monoNs, 4);
    record.writeDoubleLE(wallMs, 12);
    record.set(payload, HEAD_BYTES);
    return record;
  }

  /** Of a record's bytes. */
  static partsOf(record: Buffer): { readonly type: number; readonly payload: Uint8Array } {
    return { type: record.readUInt16LE(0), payload: record.subarray(HEAD_BYTES) };
  }

  get length(): number {
    return this.#records.length;
  }

  first(): Buffer | null {
    return this.#records[0] ?? null;
  }

  shift(): Buffer | null {
    return this.#records.shift() ?? null;
  }

  append(type: number, version: number, monoNs: number, wallMs: number, payload: Uint8Array): number {
    const at = this.begin(type, version, payload.length, monoNs, wallMs);
    this.bytes.set(payload, at);
    return this.commit();
  }

  begin(type: number, version: number, payloadBytes: number, monoNs: number, wallMs: number): number {
    assert(HEAD_BYTES + payloadBytes <= RECORD_BYTES_MAX, `a command record of ${payloadBytes} bytes`);
    this.bytes.set(CommandCapture.bytesOf(type, version, monoNs, wallMs, new Uint8Array()), 0);
    this.#openBytes = HEAD_BYTES + payloadBytes;
    return HEAD_BYTES;
  }

  commit(): number {
    assert(this.#openBytes >= 0, "commit without begin");
    this.#records.push(Buffer.from(this.bytes.subarray(0, this.#openBytes)));
    this.#openBytes = -1;
    return this.#records.length;
  }
}
