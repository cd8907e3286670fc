/**
 * The last alarms, for people. One that comes a thousand times a second makes room for itself alone: whoever floods one code hides no
 * other.
 */
import type { EpochMs } from "../domain/units.ts";

export interface ShownAlarm {
  readonly atMs: EpochMs;
  readonly code: string;
  readonly message: string;
}

const ALARMS_MAX = 20;

export class Alarms {
  /** Oldest first. */
  readonly #kept: ShownAlarm[] = [];

  add(alarm: ShownAlarm): void {
    this.#kept.push(alarm);
    if (this.#kept.length > ALARMS_MAX) this.#makeRoom();
  }

  list(): readonly ShownAlarm[] {
    return this.#kept.slice();
  }

  /** The oldest of the code that is there most often goes. */
  #makeRoom(): void {
    const counts = new Map<string, number>();
    for (const { code } of this.#kept) counts.set(code, (counts.get(code) ?? 0) + 1);
    const most = Math.max(...counts.values());
    this.#kept.splice(
      this.#kept.findIndex(({ code }) => counts.get(code) === most),
      1,
    );
  }
}
