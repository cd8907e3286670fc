/**
 * Simulated disk: files and directories in memory, with a page cache that a power loss takes away.
 *
 * It offers the calls of node:fs that the journal makes, under the same names, and no others: what it does not have cannot be
 * used by mistake.
 *
 * Invariants
 *   - What a process has written is seen by every later reader, whatever becomes of the process: that is the page cache.
 *   - What was synced survives a power loss. Of the rest each sector may be there, be missing, be cut in the middle or be
 *     garbage; of creations, renames and deletions that no sync of their directory covers, a first part survives.
 *   - Garbage touches only bytes that were written and not synced: no disk harms synced bytes beside them (journal/recover.ts).
 */
import { dirname } from "node:path";
import { assert } from "../domain/units.ts";
import type { Prng } from "./prng.ts";

const SECTOR_BYTES = 512;

interface File {
  /** Where it is now. */
  path: string;
  bytes: Buffer;
  size: number;
  durable: Buffer;
  durableSize: number;
  readonly dirty: Set<number>;
}

interface Descriptor {
  readonly path: string;
  /** Null: a directory. */
  readonly file: File | null;
}

/** A change of a directory that is not durable yet. */
interface Entry {
  readonly removed: string | null;
  readonly added: string | null;
  readonly file: File | null;
}

/** What the disk refuses while it is so; set by the scenario. */
export interface DiskTrouble {
  /** Nothing new can be allocated. */
  full: boolean;
  /** The next sync fails, once. */
  syncFails: boolean;
  /** The next write fails, once. */
  writeFails: boolean;
}

/** Share of unsynced sectors, in per cent, that a power loss keeps as they are, cuts, and fills with garbage. The rest is lost. */
export interface PowerLoss {
  readonly kept: number;
  readonly torn: number;
  readonly garbled: number;
}

export class SimDisk {
  readonly trouble: DiskTrouble = { full: false, syncFails: false, writeFails: false };
  /** Told of every write that has reached the page cache. */
  onWrite: (path: string, bytes: Uint8Array, offset: number) => void = () => {};
  readonly #directories = new Set<string>();
  readonly #files = new Map<string, File>();
  readonly #durable = new Map<string, File>();
  readonly #pending = new Map<string, Entry[]>();
  readonly #descriptors = new Map<number, Descriptor>();
  #nextFd = 1000;

  mkdirSync(path: string): void {
    for (let at = path; at.length > 1 && !this.#directories.has(at); at = dirname(at)) this.#directories.add(at);
  }

  existsSync(path: string): boolean {
    return this.#directories.has(path) || this.#files.has(path);
  }

  readdirSync(path: string): string[] {
    const names: string[] = [];
    for (const file of this.#files.keys())
      if (file.startsWith(path) && file.lastIndexOf("/") === path.length) names.push(file.slice(path.length + 1));
    return names.sort();
  }

  openSync(path: string, flags: string): number {
    const fd = this.#nextFd++;
    if (this.#directories.has(path)) {
      this.#descriptors.set(fd, { path, file: null });
      return fd;
    }
    let file = this.#files.get(path);
    if (file === undefined) {
      if (!flags.startsWith("w")) throw failure("ENOENT", `open ${path}`);
      if (this.trouble.full) throw failure("ENOSPC", `open ${path}`);
      file = { path, bytes: Buffer.alloc(0), size: 0, durable: Buffer.alloc(0), durableSize: 0, dirty: new Set() };
      this.#files.set(path, file);
      this.#remember({ removed: null, added: path, file });
    } else if (flags.startsWith("w")) {
      file.size = 0;
      file.bytes.fill(0);
    }
    this.#descriptors.set(fd, { path, file });
    return fd;
  }

  closeSync(fd: number): void {
    if (!this.#descriptors.delete(fd)) throw failure("EBADF", "close");
  }

  fstatSync(fd: number): { readonly size: number } {
    return { size: this.#fileOf(fd).size };
  }

  /** Room that is left, in blocks of `bsize` bytes. */
  statfsSync(_path: string): { readonly bavail: number; readonly bsize: number } {
    return { bavail: this.trouble.full ? 0 : 1_000_000, bsize: 4096 };
  }

  readSync(fd: number, bytes: Uint8Array, offset = 0, length = bytes.length, position = 0): number {
    const file = this.#fileOf(fd);
    const count = Math.max(0, Math.min(length, file.size - position));
    if (count > 0) bytes.set(file.bytes.subarray(position, position + count), offset);
    return count;
  }

  writeSync(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const file = this.#fileOf(fd);
    const { path } = file;
    if (this.trouble.writeFails) {
      this.trouble.writeFails = false;
      throw failure("EIO", `write ${path}`);
    }
    const end = position + length;
    if (end > file.size && this.trouble.full) throw failure("ENOSPC", `write ${path}`);
    if (end > file.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, file.bytes.length * 2));
      file.bytes.copy(grown);
      file.bytes = grown;
    }
    file.bytes.set(bytes.subarray(offset, offset + length), position);
    file.size = Math.max(file.size, end);
    for (let sector = Math.floor(position / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++)
      file.dirty.add(sector);
    this.onWrite(path, bytes.subarray(offset, offset + length), position);
    return length;
  }

  fsyncSync(fd: number): void {
    this.#sync(fd);
  }

  fdatasyncSync(fd: number): void {
    this.#sync(fd);
  }

  renameSync(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) throw failure("ENOENT", `rename ${from}`);
    this.#files.delete(from);
    this.#files.set(to, file);
    file.path = to;
    this.#remember({ removed: from, added: to, file });
  }

  unlinkSync(path: string): void {
    if (!this.#files.delete(path)) throw failure("ENOENT", `unlink ${path}`);
    this.#remember({ removed: path, added: null, file: null });
  }

  rmSync(path: string): void {
    if (this.#files.has(path)) this.unlinkSync(path);
  }

  /** The process that held them is gone. */
  closeAll(): void {
    this.#descriptors.clear();
  }

  /** Nothing but what was synced is sure to be there afterwards. Returns the bytes that are no longer what was written. */
  losePower({ kept, torn, garbled }: PowerLoss, { int }: Prng): number {
    this.closeAll();
    this.#files.clear();
    for (const [path, file] of this.#durable) this.#files.set(path, file);
    for (const entries of this.#pending.values()) {
      for (const entry of entries.slice(0, int(entries.length + 1))) apply(this.#files, entry);
      entries.length = 0;
    }
    this.#durable.clear();
    let lost = 0;
    for (const [path, file] of this.#files) {
      file.path = path;
      this.#durable.set(path, file);
      lost += surviveUnsynced(file, (sector) => {
        const drawn = int(100);
        if (drawn < kept) return;
        if (drawn < kept + torn) copySector(file, sector, int(SECTOR_BYTES));
        else if (drawn < kept + torn + garbled) garbleSector(file, sector, int);
        else copySector(file, sector, 0);
      });
    }
    return lost;
  }

  #fileOf(fd: number): File {
    const file = this.#descriptors.get(fd)?.file;
    if (!file) throw failure("EBADF", `descriptor ${fd}`);
    return file;
  }

  #sync(fd: number): void {
    const descriptor = this.#descriptors.get(fd);
    if (descriptor === undefined) throw failure("EBADF", "sync");
    if (this.trouble.syncFails) {
      this.trouble.syncFails = false;
      throw failure("EIO", `sync ${descriptor.path}`);
    }
    const { file, path } = descriptor;
    if (file === null) {
      for (const entry of this.#pending.get(path)?.splice(0) ?? []) apply(this.#durable, entry);
      return;
    }
    growDurable(file);
    for (const sector of file.dirty) {
      const at = sector * SECTOR_BYTES;
      file.bytes.copy(file.durable, at, at, Math.min(at + SECTOR_BYTES, file.size));
    }
    file.durableSize = file.size;
    file.dirty.clear();
  }

  #remember(entry: Entry): void {
    const directory = dirname(entry.added ?? entry.removed ?? "");
    assert(this.#directories.has(directory), `${directory} is no directory of the simulated disk`);
    const entries = this.#pending.get(directory);
    if (entries === undefined) this.#pending.set(directory, [entry]);
    else entries.push(entry);
  }
}

function apply(files: Map<string, File>, { removed, added, file }: Entry): void {
  if (removed !== null) files.delete(removed);
  if (added !== null && file !== null) files.set(added, file);
}

/** Lets every unsynced sector meet its fate; what is left is all there is, and durable. */
function surviveUnsynced(file: File, meetFate: (sector: number) => void): number {
  growDurable(file);
  const written = Buffer.from(file.bytes.subarray(0, file.size));
  for (const sector of [...file.dirty].sort((a, b) => a - b)) meetFate(sector);
  let lost = 0;
  for (const sector of file.dirty) {
    for (let at = sector * SECTOR_BYTES; at < Math.min((sector + 1) * SECTOR_BYTES, file.size); at++) {
      if (written[at] !== file.bytes[at]) lost++;
    }
  }
  file.bytes.copy(file.durable, 0, 0, file.size);
  file.durableSize = file.size;
  file.dirty.clear();
  return lost;
}

/** From `keptBytes` of the sector on, as it was when it was last synced. */
function copySector(file: File, sector: number, keptBytes: number): void {
  const at = sector * SECTOR_BYTES;
  file.durable.copy(file.bytes, at + keptBytes, at + keptBytes, Math.min(at + SECTOR_BYTES, file.size));
}

function garbleSector(file: File, sector: number, int: Prng["int"]): void {
  const end = Math.min((sector + 1) * SECTOR_BYTES, file.size);
  for (let at = sector * SECTOR_BYTES; at < end; at++) {
    if (file.bytes[at] !== file.durable[at]) file.bytes[at] = int(256);
  }
}

function growDurable(file: File): void {
  if (file.durable.length >= file.bytes.length) return;
  const grown = Buffer.alloc(file.bytes.length);
  file.durable.copy(grown);
  file.durable = grown;
}

function failure(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), {
    code,
    errno: code === "EIO" ? -5 : code === "ENOSPC" ? -28 : -2,
  });
}
