/**
 * Which dead letters may run again, and in which order. SPEC §3 and reliability.md §7, "Staleness rule for replay".
 *
 *   - In the order they came in, per instrument.
 *   - A newer letter that states what is wished (hedge, close, anything flat) takes the place of older ones of its instrument.
 *     One that only changes what is there (open, adjust) waits until the older ones of its instrument are settled; so of
 *     those, one per instrument and request goes out, and a letter that cannot be read holds up nobody else.
 *   - What opens or increases expires with its horizon, and past `openAgeMsMax` it needs an operator's yes.
 *   - A price that has moved by more than the collar stops it; a close may pass with a yes, as it can only shrink a position.
 *
 * Pure. What is decided about a letter that passes is decided again by the core, on the book of now.
 */
import { type DecodedSignal, isClose } from "../domain/signal.ts";
import { FUTURE_MS_MAX, type SourceRules } from "../gateway/admission.ts";

export interface ReplayLimits {
  /** Older signals that open or increase need a yes. */
  readonly openAgeMsMax: number;
  /** How far the price may be from where it was when the letter was written. */
  readonly priceCollarBps: number;
}

export interface ReplayCandidate {
  readonly position: number;
  readonly source: SourceRules;
  readonly signal: DecodedSignal;
  readonly instrument: number;
  /** Prices of the instrument when the letter was written and now; NaN where there was or is none. */
  readonly markThen: number;
  readonly markNow: number;
}

export interface ReplayRefusal {
  readonly code: string;
  readonly message: string;
}

/** States what is wished, whatever was wished before. */
export const isState = (signal: DecodedSignal): boolean => isClose(signal) || signal.kind === "hedge";

/** What the rules say to each candidate by position: null to go. `open` are all open letters whose instrument is known. */
export function judgeReplays(
  candidates: readonly ReplayCandidate[],
  open: readonly { readonly position: number; readonly instrument: number }[],
  limits: ReplayLimits,
  nowMs: number,
  yes: boolean,
): Map<number, ReplayRefusal | null> {
  const verdicts = new Map<number, ReplayRefusal | null>();
  for (const candidate of candidates) verdicts.set(candidate.position, judgeReplay(candidate, limits, nowMs, yes));
  const newestFirst = candidates.toSorted((a, b) => b.position - a.position);
  const newestState = new Map<number, number>();
  for (const { position, instrument, signal } of newestFirst) {
    if (verdicts.get(position) !== null) continue;
    const newer = newestState.get(instrument);
    if (newer !== undefined) verdicts.set(position, supersededBy(newer));
    else if (isState(signal)) newestState.set(instrument, position);
  }
  for (const { position, instrument, signal } of candidates) {
    if (verdicts.get(position) !== null || isState(signal)) continue;
    const older = open.find((letter) => letter.instrument === instrument && letter.position < position);
    if (older !== undefined) verdicts.set(position, blockedBy(older.position));
  }
  return verdicts;
}

export function judgeReplay(
  { source, signal, markThen, markNow }: ReplayCandidate,
  { openAgeMsMax, priceCollarBps }: ReplayLimits,
  nowMs: number,
  yes: boolean,
): ReplayRefusal | null {
  const ageMs = nowMs - signal.generatedAtMs;
  if (!source.kinds.includes(signal.kind)) {
    return { code: "KIND_REFUSED", message: `${source.name} may not send ${signal.kind}` };
  }
  if (-ageMs > FUTURE_MS_MAX) return { code: "FROM_FUTURE", message: `generated ${-ageMs} ms from now` };
  const opens = !isClose(signal);
  if (opens && ageMs > signal.horizonMs) {
    return { code: "EXPIRED", message: `its horizon ended ${ageMs - signal.horizonMs} ms ago` };
  }
  const movedBps = (Math.abs(markNow - markThen) / markThen) * 10_000;
  if (movedBps > priceCollarBps && (opens || !yes)) {
    const message = `the price was ${markThen} and is ${markNow}: ${movedBps.toFixed(1)} bps, of ${priceCollarBps} allowed`;
    return { code: "PRICE_MOVED", message };
  }
  if (!opens || yes) return null;
  if (ageMs > openAgeMsMax) {
    return { code: "NEEDS_YES", message: `generated ${ageMs} ms ago, ${openAgeMsMax} ms are allowed without a yes` };
  }
  return Number.isNaN(movedBps)
    ? { code: "NEEDS_YES", message: "its price then, or the price now, is not known" }
    : null;
}

const supersededBy = (position: number): ReplayRefusal => ({
  code: "SUPERSEDED",
  message: `letter ${position} of the same instrument is newer`,
});

const blockedBy = (position: number): ReplayRefusal => ({
  code: "BLOCKED",
  message: `letter ${position} of the same instrument came before it and is not settled`,
});
