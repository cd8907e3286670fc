/**
 * SHA-256 over the records that a decision log would hold: of each its type, version, both times and its payload, as the replay
 * compares them (`lane/command-capture.ts`). Nothing is kept but one buffer, which is hashed when it is full.
 */
import { createHash } from "node:crypto";
import { assert } from "../../domain/units.ts";
import type { CommandLog } from "../../lane/record-command.ts";

const HEAD_BYTES = 20;
const BUFFER_BYTES = 256 * 1024;

export class RecordHash implements CommandLog {
  readonly bytes = Buffer.alloc(BUFFER_BYTES);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  count = 0;
  readonly #hash = createHash("sha256");
  #at = 0;
  #openTo = -1;

  append(type: number, version: number, monoNs: number, wallMs: number, payload: Uint8Array): number {
    const at = this.begin(type, version, payload.length, monoNs, wallMs);
    this.bytes.set(payload, at);
    return this.commit();
  }

  begin(type: number, version: number, payloadBytes: number, monoNs: number, wallMs: number): number {
    const bytes = HEAD_BYTES + payloadBytes;
    assert(bytes <= BUFFER_BYTES, "a command record that no log would take");
    if (this.#at + bytes > BUFFER_BYTES) this.#drain();
    const { view } = this;
    const from = this.#at;
    view.setUint16(from, type, true);
    view.setUint16(from + 2, version, true);
    view.setFloat64(from + 4, monoNs, true);
    view.setFloat64(from + 12, wallMs, true);
    this.#openTo = from + bytes;
    return from + HEAD_BYTES;
  }

  commit(): number {
    assert(this.#openTo >= 0, "commit without begin");
    this.#at = this.#openTo;
    this.#openTo = -1;
    return ++this.count;
  }

  /** Once. */
  digest(): string {
    this.#drain();
    return this.#hash.digest("hex");
  }

  #drain(): void {
    this.#hash.update(this.bytes.subarray(0, this.#at));
    this.#at = 0;
  }
}
