/**
 * Repeat watch (reliability.md §5): two orders in a row for the same quantity on the same side of an instrument, of different causes,
 * within a moment: a sender that sends everything twice under new ids looks like that. Suspicious, and no proof: it is alarmed.
 */
import type { Ns } from "../domain/units.ts";
import type { Child } from "./child.ts";

/** Between two alarms about one instrument. */
const QUIET_MS = 60_000;

interface Last {
  cause: string;
  /** Signed. */
  lots: number;
  atNs: number;
  alarmedNs: number;
}

export class RepeatWatch {
  readonly #withinNs: number;
  /** By instrument. */
  readonly #last: readonly Last[];

  constructor(repeatMs: number, instruments: number) {
    this.#withinNs = repeatMs * 1e6;
    const never = Number.NEGATIVE_INFINITY;
    this.#last = Array.from({ length: instruments }, () => ({ cause: "", lots: 0, atNs: never, alarmedNs: never }));
  }

  /** An order leaves. What is suspicious about it; null where nothing is. */
  hear({ instrument, side, qtyLots, cause }: Child, nowNs: Ns): string | null {
    const last = this.#last[instrument]!;
    const lots = side === "buy" ? qtyLots : -qtyLots;
    const isRepeated = lots === last.lots && cause !== last.cause && nowNs - last.atNs < this.#withinNs;
    const earlier = last.cause;
    last.cause = cause;
    last.lots = lots;
    last.atNs = nowNs;
    if (!isRepeated || nowNs - last.alarmedNs < QUIET_MS * 1e6) return null;
    last.alarmedNs = nowNs;
    return `${cause} orders what ${earlier} has just ordered: ${side} ${qtyLots} lots`;
  }
}
