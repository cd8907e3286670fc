/**
 * Kill switches of parts: of one venue, one instrument or one playbook, beside the one of the whole engine (reliability.md §5). Levels
 * mean the same: 1 stops what increases risk, 2 stops all sends. Changed by CONTROL events, so they survive a restart.
 *
 * Raising a level takes one step. Lowering it takes two: it is proposed, and done when the same is confirmed within ten minutes.
 */
import type { EpochMs } from "../domain/units.ts";
import type { CoreConfig } from "./config.ts";
import { KILL_PARTS, type KillLevel, type KillPart } from "./event.ts";
import { CONFIRM_WITHIN_MS } from "./limits.ts";
import { ownerName } from "./owners.ts";

/** Bounds of the configuration, with room. */
const COUNT_MAX = 256;

export type KillChange = "raised" | "proposed" | "lowered" | "unchanged" | "notProposed" | "invalid";

export class KillParts {
  readonly #levels: Readonly<Record<KillPart, Uint8Array>> = {
    venue: new Uint8Array(COUNT_MAX),
    instrument: new Uint8Array(COUNT_MAX),
    playbook: new Uint8Array(COUNT_MAX),
  };
  #proposal: { readonly part: KillPart; readonly index: number; readonly level: number; readonly atMs: number } | null =
    null;

  change(part: KillPart, index: number, level: KillLevel, confirmed: boolean, wallMs: EpochMs): KillChange {
    const levels = this.#levels[part];
    const now = levels?.[index];
    if (now === undefined || ![0, 1, 2].includes(level)) return "invalid";
    if (level === now) return "unchanged";
    if (level > now) {
      levels[index] = level;
      return "raised";
    }
    if (!confirmed) {
      this.#proposal = { part, index, level, atMs: wallMs };
      return "proposed";
    }
    const { part: samePart, index: sameIndex, level: sameLevel, atMs } = this.#proposal ?? NONE;
    const isSame = samePart === part && sameIndex === index && sameLevel === level;
    if (!isSame || wallMs - atMs > CONFIRM_WITHIN_MS) return "notProposed";
    this.#proposal = null;
    levels[index] = level;
    return "lowered";
  }

  /** What a snapshot keeps of it. */
  save() {
    const { venue, instrument, playbook } = this.#levels;
    return { venue: [...venue], instrument: [...instrument], playbook: [...playbook], proposal: this.#proposal };
  }
  load({ proposal, ...levels }: ReturnType<KillParts["save"]>): void {
    for (const part of KILL_PARTS) this.#levels[part].set(levels[part]);
    this.#proposal = proposal;
  }

  /** Those that stop something. */
  killed(): { readonly part: KillPart; readonly index: number; readonly level: number }[] {
    return KILL_PARTS.flatMap((part) =>
      [...this.#levels[part]].flatMap((level, index) => (level === 0 ? [] : [{ part, index, level }])),
    );
  }

  /** The highest of those that an order is under. */
  levelFor(venue: number, instrument: number, playbook: number): number {
    const { venue: venues, instrument: instruments, playbook: playbooks } = this.#levels;
    return Math.max(venues[venue] ?? 0, instruments[instrument] ?? 0, playbooks[playbook] ?? 0);
  }
}

const NONE = { part: null, index: -1, level: -1, atMs: 0 } as const;

/** How operators name a part that has a kill switch. */
export function partName(config: CoreConfig, part: KillPart, index: number): string {
  const { venues, instruments } = config.directory;
  if (part === "playbook") return ownerName(config, index);
  return (part === "venue" ? venues[index]?.name : instruments[index]?.symbol) ?? `${index}`;
}
