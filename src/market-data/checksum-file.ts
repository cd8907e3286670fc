/**
 * A file written with its checksum beside it: `NAME` and `NAME.sha256`, the latter in the form that `sha256sum -c` reads.
 *
 * It is put in place when it is whole, so a reader never sees half a file, and a file without its checksum was not finished.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { OutputFile } from "../backtest/output-file.ts";

const CHUNK_BYTES = 1 << 20;

export class ChecksumFile {
  readonly path: string;
  readonly #hash = createHash("sha256");
  readonly #file: OutputFile;

  /** OUTPUT_UNWRITABLE, as for every other call. */
  constructor(path: string) {
    this.path = path;
    this.#file = new OutputFile(path);
  }

  /** One line; its end is added. */
  line(text: string): void {
    this.#hash.update(`${text}\n`);
    this.#file.write(`${text}\n`);
  }

  /** Puts both files in place and returns the checksum. */
  finish(): string {
    this.#file.keep();
    const sha256 = this.#hash.digest("hex");
    writeChecksum(this.path, sha256);
    return sha256;
  }

  /** Leaves nothing behind. */
  abandon(): void {
    this.#file.discard();
  }
}

export const checksumPath = (path: string): string => `${path}.sha256`;

export function writeChecksum(path: string, sha256: string): void {
  writeFileSync(checksumPath(path), `${sha256}  ${basename(path)}\n`);
}

/** Of the file's bytes as they are now, read in blocks. */
export function sha256Of(path: string): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  const descriptor = openSync(path, "r");
  try {
    for (let count = -1; count !== 0; ) {
      count = readSync(descriptor, buffer, 0, CHUNK_BYTES, null);
      hash.update(buffer.subarray(0, count));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest("hex");
}
