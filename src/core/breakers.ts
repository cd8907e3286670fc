/**
 * Breakers (SPEC §7): what stops the engine from going on as if nothing had happened, until a person has looked.
 *
 *     breaker          about     what it does until it is acknowledged
 *     providerSilent   a source  no new positions on its word; hedges stay and go on
 *     modelChanged     a source  the same
 *     venueDown        a venue   positions with a leg there are closed, the unreachable leg on another venue
 *     clock            a venue   the engine only reduces; without a subject it is the machine's own clock, and the host closes it
 *                                itself when the clocks agree again
 *     dailyLoss …      –         the engine only reduces
 *     overHedge        –         no order races another; orders go one after the other
 *
 * Invariants
 *   - A breaker that is open stays open until it is acknowledged by name, restarts included (BREAKER records, CONTROL events).
 *   - Its entry says since when, why, the value and the limit it broke.
 *   - Closing, reducing and hedging are never blocked by a breaker about a source.
 */
import type { EpochMs } from "../domain/units.ts";
import type { Command } from "./event.ts";

/** The order is a wire format: refusals carry the index. Append only. */
export const BREAKERS = [
  "providerSilent",
  "modelChanged",
  "venueDown",
  "dailyLoss",
  "drawdown",
  "orderRate",
  "rejects",
  "clock",
  "journal",
  "repeatedFills",
  "dailyCost",
  "overHedge",
] as const;
export type BreakerName = (typeof BREAKERS)[number];

const ACTION: Readonly<Record<BreakerName, "pause" | "neutralise" | "reduce" | "no races">> = {
  providerSilent: "pause",
  modelChanged: "pause",
  venueDown: "neutralise",
  dailyLoss: "reduce",
  drawdown: "reduce",
  orderRate: "reduce",
  rejects: "reduce",
  clock: "reduce",
  journal: "reduce",
  repeatedFills: "reduce",
  dailyCost: "reduce",
  overHedge: "no races",
};

/** What its subject is an index of; null where it is only ever about the engine as a whole. */
export const BREAKER_SUBJECTS: Readonly<Record<BreakerName, "sources" | "venues" | null>> = {
  providerSilent: "sources",
  modelChanged: "sources",
  venueDown: "venues",
  dailyLoss: null,
  drawdown: null,
  orderRate: null,
  rejects: null,
  clock: "venues",
  journal: null,
  repeatedFills: null,
  dailyCost: null,
  overHedge: null,
};

/** About the engine as a whole. */
export const WHOLE = -1;

export interface BreakerEntry {
  readonly breaker: BreakerName;
  /** Index of the source or venue; WHOLE where it is about neither. */
  readonly subject: number;
  readonly open: boolean;
  readonly atMs: EpochMs;
  readonly why: string;
  readonly value: number;
  readonly limit: number;
}

export class Breakers {
  /** In the order in which they tripped. At most one per breaker and subject. */
  readonly tripped: BreakerEntry[] = [];
  readonly #commands: Command[];

  constructor(commands: Command[]) {
    this.#commands = commands;
  }

  /** Nothing where it is open already. */
  trip(breaker: BreakerName, subject: number, why: string, value: number, limit: number, wallMs: EpochMs): void {
    if (this.isOpen(breaker, subject)) return;
    const entry: BreakerEntry = { breaker, subject, open: true, atMs: wallMs, why, value, limit };
    this.tripped.push(entry);
    this.#tell(entry, `${breaker}: ${why}; ${ACTION[breaker]} until it is acknowledged`);
  }

  /** It has happened again: where nobody has looked at the last time yet, this one takes its place. */
  tripAnew(breaker: BreakerName, subject: number, why: string, value: number, limit: number, wallMs: EpochMs): void {
    const at = this.tripped.findIndex((entry) => entry.breaker === breaker && entry.subject === subject);
    if (at >= 0) this.tripped.splice(at, 1);
    this.trip(breaker, subject, why, value, limit, wallMs);
  }

  /** A person has looked. False where nothing was open. */
  acknowledge(breaker: BreakerName, subject: number, why: string, wallMs: EpochMs): boolean {
    const at = this.tripped.findIndex((entry) => entry.breaker === breaker && entry.subject === subject);
    if (at < 0) return false;
    const [{ value, limit }] = this.tripped.splice(at, 1) as [BreakerEntry];
    this.#tell({ breaker, subject, open: false, atMs: wallMs, why, value, limit }, `${breaker} acknowledged: ${why}`);
    return true;
  }

  isOpen(breaker: BreakerName, subject: number): boolean {
    for (const entry of this.tripped) if (entry.breaker === breaker && entry.subject === subject) return true;
    return false;
  }

  /** The index of a breaker that forbids opening on the word of a source, or on nobody's; null where none does. */
  blocking(source: number): number | null {
    for (const { breaker, subject } of this.tripped) {
      const action = ACTION[breaker];
      if (action === "reduce" || (action === "pause" && subject === source)) return BREAKERS.indexOf(breaker);
    }
    return null;
  }

  /** Some breaker lets the engine only reduce. */
  get reduces(): boolean {
    for (const { breaker } of this.tripped) if (ACTION[breaker] === "reduce") return true;
    return false;
  }

  /** Recovery: an entry of an earlier life. */
  restore(entry: BreakerEntry): void {
    const at = this.tripped.findIndex(({ breaker, subject }) => breaker === entry.breaker && subject === entry.subject);
    if (at >= 0) this.tripped.splice(at, 1);
    if (entry.open) this.tripped.push(entry);
  }

  /** What a snapshot keeps of it. */
  save() {
    return this.tripped.slice();
  }
  load(saved: ReturnType<Breakers["save"]>): void {
    this.tripped.push(...saved);
  }

  #tell(entry: BreakerEntry, message: string): void {
    this.#commands.push(
      { type: "breaker", entry },
      {
        type: "alarm",
        alarm: { code: entry.open ? "BREAKER_TRIPPED" : "BREAKER_CLOSED", message, value: entry.value },
      },
    );
  }
}
