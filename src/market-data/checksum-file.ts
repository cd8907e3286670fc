/**
 * A file written with its checksum beside it: `NAME` and `NAME.sha256`, the latter in the form that `sha256sum -c` reads.
 *
 * Written under another name and put in place when it is whole, so a reader never sees half a file, and a file without its
 * checksum beside it was not finished.
 */
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { basename } from "node:path";

const CHUNK_BYTES = 1 << 20;

export class ChecksumFile {
  readonly path: string;
  readonly #hash = createHash("sha256");
  readonly #descriptor: number;
  #pending = "";
  #isOpen = true;

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(`${path}.part`, "w");
  }

  /** One line; its end is added. */
  line(text: string): void {
    this.#pending += `${text}\n`;
    if (this.#pending.length >= CHUNK_BYTES) this.#flush();
  }

  /** Puts both files in place and returns the checksum. */
  finish(): string {
    this.#flush();
    fsyncSync(this.#descriptor);
    this.#close();
    const sha256 = this.#hash.digest("hex");
    renameSync(`${this.path}.part`, this.path);
    writeChecksum(this.path, sha256);
    return sha256;
  }

  /** Leaves nothing behind. */
  abandon(): void {
    this.#close();
    rmSync(`${this.path}.part`, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending);
    this.#pending = "";
    this.#hash.update(bytes);
    writeSync(this.#descriptor, bytes);
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
