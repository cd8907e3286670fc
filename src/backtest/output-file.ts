/**
 * A result file that is whole or not there: it is written beside its place and moved there by `keep`.
 *
 * What is no regular file (a pipe, /dev/null) is written to directly. Whoever opens one calls `keep` or `discard`.
 */
import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";

export class OutputFileError extends Error {
  override readonly name = "OutputFileError";
  readonly code = "OUTPUT_UNWRITABLE";
  readonly file: string;

  constructor(file: string, what: string) {
    super(`${file}: ${what}`);
    this.file = file;
  }
}

/** Characters that are collected before they are written. */
const CHUNK_CHARS = 1 << 16;

export class OutputFile {
  readonly path: string;
  readonly #written: string;
  #descriptor: number | null;
  #pending = "";

  /** OUTPUT_UNWRITABLE. */
  constructor(path: string) {
    this.path = path;
    this.#written = isSpecial(path) ? path : `${path}.${process.pid}.partial`;
    this.#descriptor = this.#guard(() => openSync(this.#written, "w"));
  }

  /** OUTPUT_UNWRITABLE. */
  write(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= CHUNK_CHARS) this.#flush();
  }

  /** Writes what is pending and puts the file in its place. OUTPUT_UNWRITABLE. */
  keep(): void {
    this.#flush();
    this.#close();
    if (this.#written !== this.path) this.#guard(() => renameSync(this.#written, this.path));
  }

  /** Leaves nothing behind; does nothing after `keep`. */
  discard(): void {
    if (this.#descriptor === null) return;
    this.#close();
    if (this.#written !== this.path) rmSync(this.#written, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending, "utf8");
    this.#pending = "";
    for (let done = 0; done < bytes.length; ) {
      done += this.#guard(() => writeSync(this.#descriptor!, bytes, done));
    }
  }

  #close(): void {
    closeSync(this.#descriptor!);
    this.#descriptor = null;
  }

  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw new OutputFileError(this.path, (error as Error).message);
    }
  }
}

function isSpecial(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
}
