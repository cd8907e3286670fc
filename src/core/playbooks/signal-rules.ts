/** What every playbook asks of a signal first: whether it is new enough, and none newer came before. And what its orders are for. */
import type { Refusal } from "../../domain/refusal.ts";
import { isClose, type Signal } from "../../domain/signal.ts";
import type { EpochMs } from "../../domain/units.ts";
import type { CoreConfig, CoreParts } from "../config.ts";
import type { Cause } from "../open-route.ts";

/** Null where it may be acted on. One that was run again as a dead letter may be old, but not older than `newestMs`. */
export function refusedByAge(core: CoreConfig, signal: Signal, newestMs: number, wallMs: EpochMs): Refusal | null {
  const { generatedAtMs, horizonMs } = signal;
  const ageMs = wallMs - generatedAtMs;
  const max = ageMsMax(core, signal);
  if (ageMs > max && !signal.replayed) return refusalOf("STALE", ageMs, max);
  if (!isClose(signal) && ageMs > horizonMs) return refusalOf("EXPIRED", ageMs, horizonMs);
  return generatedAtMs < newestMs ? refusalOf("SUPERSEDED", generatedAtMs, newestMs) : null;
}

/** How old a signal of its kind and source may be; 0 where its source is not known. */
export function ageMsMax(core: CoreConfig, signal: Signal): number {
  const ages = core.ageMsMax[signal.source];
  const kind = isClose(signal) ? "close" : signal.kind;
  return kind === "evidence" ? 0 : (ages?.[kind] ?? 0);
}

export function causeOf(core: CoreConfig, parts: CoreParts, { source, signalId, receivedNs }: Signal): Cause {
  const text = `${core.directory.sources[source] ?? ""}|${signalId}`;
  return { text, tag: parts.tagOf(text), nextAttempt: 0, receivedNs };
}

export const refusalOf = (code: Refusal["code"], value: number, limit: number): Refusal => ({ code, value, limit });
