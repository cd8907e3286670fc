/**
 * Clock note: how far the wall clock of this engine is from the machine's monotonic one, kept for the next process of the same boot. So
 * a restart does not believe a system clock that was set in the meantime, or under the process before it, without a word.
 *
 * It is no record of the journal: what it says is only worth anything on the boot it was written in, and without it the system's clock
 * is believed, as at the first start.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UNKNOWN_BOOT } from "./boot-id.ts";

export class ClockNoteFile {
  readonly #path: string;
  readonly #bootId: string;

  constructor(dataDir: string, bootId: string) {
    this.#path = join(dataDir, "clock.json");
    this.#bootId = bootId;
  }

  /** The offset that was noted on this boot of the machine; none where nothing readable was. */
  read(): number | undefined {
    if (this.#bootId === UNKNOWN_BOOT) return undefined;
    try {
      const { bootId, offsetMs } = JSON.parse(readFileSync(this.#path, "utf8")) as Record<string, unknown>;
      const isOurs = bootId === this.#bootId && typeof offsetMs === "number" && Number.isFinite(offsetMs);
      return isOurs ? offsetMs : undefined;
    } catch {
      return undefined;
    }
  }

  /** Survives the death of the process. A disk that takes nothing any more keeps the note before it. */
  write(offsetMs: number): void {
    try {
      writeFileSync(`${this.#path}.tmp`, `${JSON.stringify({ bootId: this.#bootId, offsetMs })}\n`);
      renameSync(`${this.#path}.tmp`, this.#path);
    } catch {
      // Without a newer note the next process starts a little off: it follows, and says so where it is far.
    }
  }
}
