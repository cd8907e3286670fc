/**
 * Surplus: what has filled beyond the wish, per instrument. Racers that both filled, an order in doubt that filled after its
 * backup, a late fill, a venue that filled too much: all end here, by position and not by route, so that nothing which was
 * closed, restarted or superseded in between is lost.
 *
 *     surplus = min( held beyond target, what fills took further from flat since it was last within )
 *
 * Invariants
 *   - Only fills make a surplus; a target that moves by itself makes none. Fills, opposite intents and new targets net it.
 *   - Since when it exists is kept from the first lot to the last; the alarm at Y is given once in that time.
 *
 * This file does not order. Who owns the position unwinds it when `isDue`.
 */
import { type Lots, lots, type Ns } from "../domain/units.ts";

interface Entry {
  held: number;
  target: number;
  /** In the direction of `held`, never negative. */
  lots: number;
  sinceNs: number;
  netNs: number;
  alarmed: boolean;
}

export class Surplus {
  readonly #entries: readonly Entry[];
  readonly #overHedgeNsMax: number;

  constructor(instrumentCount: number, overHedgeMsMax: number) {
    this.#overHedgeNsMax = overHedgeMsMax * 1e6;
    this.#entries = Array.from({ length: instrumentCount }, () => ({
      held: 0,
      target: 0,
      lots: 0,
      sinceNs: Number.NaN,
      netNs: 0,
      alarmed: false,
    }));
  }

  /** What is wished now. A surplus that the new target covers is gone. */
  aim(instrument: number, targetLots: Lots): void {
    const entry = this.#entries[instrument]!;
    entry.target = targetLots;
    update(entry, entry.lots, entry.sinceNs);
  }

  /** How long a surplus of this instrument may wait for an opposite intent. */
  allowNetting(instrument: number, netMs: number): void {
    this.#entries[instrument]!.netNs = netMs * 1e6;
  }

  /** `filledLots` signed: a fill of a sell is negative. */
  onFill(instrument: number, filledLots: number, nowNs: Ns): void {
    const entry = this.#entries[instrument]!;
    const side = Math.sign(entry.held);
    entry.held += filledLots;
    // On the other side of flat it is another surplus, with a time of its own.
    if (Math.sign(entry.held) !== side) entry.lots = 0;
    const outward = Math.sign(filledLots) === Math.sign(entry.held) ? Math.abs(filledLots) : 0;
    update(entry, entry.lots + outward, nowNs);
  }

  /** It is less than any venue would take off: no surplus any more, only dust. */
  forgive(instrument: number): void {
    const entry = this.#entries[instrument]!;
    update(entry, 0, entry.sinceNs);
  }

  /** Signed like the position it is part of; 0 when there is none. */
  lots(instrument: number): Lots {
    const entry = this.#entries[instrument]!;
    return lots(entry.held < 0 ? -entry.lots + 0 : entry.lots);
  }

  /** Netting has had its time. */
  isDue(instrument: number, nowNs: Ns): boolean {
    const entry = this.#entries[instrument]!;
    return entry.lots > 0 && nowNs >= entry.sinceNs + entry.netNs;
  }

  /** The first instrument whose surplus has lasted longer than it may and was not alarmed yet; -1 when there is none. */
  takeOverdue(nowNs: Ns): number {
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (entry.alarmed || !(entry.lots > 0 && nowNs >= entry.sinceNs + this.#overHedgeNsMax)) continue;
      entry.alarmed = true;
      return i;
    }
    return -1;
  }

  /** When the next netting time or alarm is due after `nowNs`; Infinity when none is. */
  nextTimerNs(nowNs: Ns): number {
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!;
      if (entry.lots === 0) continue;
      const netNs = entry.sinceNs + entry.netNs;
      if (netNs > nowNs && netNs < next) next = netNs;
      const alarmNs = entry.sinceNs + this.#overHedgeNsMax;
      if (!entry.alarmed && alarmNs < next) next = alarmNs;
    }
    return next;
  }

  /** What a snapshot keeps of it. */
  save() {
    return this.#entries.map((entry) => ({ ...entry }));
  }
  load(saved: ReturnType<Surplus["save"]>): void {
    for (const [instrument, entry] of saved.entries()) Object.assign(this.#entries[instrument]!, entry);
  }

  /** Recovery: clocks of an earlier life say nothing; what is left over counts from now. */
  restart(nowNs: Ns): void {
    for (const entry of this.#entries) if (entry.lots > 0) entry.sinceNs = nowNs;
  }
}

function update(entry: Entry, lotsMax: number, nowNs: number): void {
  const away = entry.held < 0 ? -1 : 1;
  const beyond = Math.max(0, Math.min(away * (entry.held - entry.target), Math.abs(entry.held)));
  const before = entry.lots;
  entry.lots = Math.min(beyond, lotsMax);
  if (entry.lots > 0 && before > 0) return;
  entry.sinceNs = entry.lots > 0 ? nowNs : Number.NaN;
  entry.alarmed = false;
}
