/**
 * Kill switches of parts: of one venue, one instrument or one playbook, beside the one of the whole engine (reliability.md §5). Levels
 * mean the same: 1 stops what increases risk, 2 stops all sends. Set by CONTROL events, so they survive a restart.
 */
import type { KillLevel, KillPart } from "./event.ts";

/** Bounds of the configuration, with room. */
const COUNT_MAX = 256;

export class KillParts {
  readonly #levels: Readonly<Record<KillPart, Uint8Array>> = {
    venue: new Uint8Array(COUNT_MAX),
    instrument: new Uint8Array(COUNT_MAX),
    playbook: new Uint8Array(COUNT_MAX),
  };

  /** False where it was so already, or there is no such part. */
  set(part: KillPart, index: number, level: KillLevel): boolean {
    const levels = this.#levels[part];
    if (levels[index] === undefined || levels[index] === level) return false;
    levels[index] = level;
    return true;
  }

  /** The highest of those that an order is under. */
  levelFor(venue: number, instrument: number, playbook: number): number {
    const { venue: venues, instrument: instruments, playbook: playbooks } = this.#levels;
    return Math.max(venues[venue] ?? 0, instruments[instrument] ?? 0, playbooks[playbook] ?? 0);
  }
}
