/**
 * What happens to webhooks between their sender and the receiver: they take time, overtake each other, get lost, and wait while the
 * receiver is away.
 *
 * A webhook that comes while the receiver is away is sent again by its sender once it is back: it arrives at the end of the outage,
 * as old as it then is. Its own time says how old, so what has become stale is refused by the rules of admission.
 *
 * Invariants
 *   - Arrival times never fall; at one time the one that was sent first arrives first.
 *   - A webhook's fate depends on the seed and on its place among those before it, never on what is sent later.
 *   - Memory holds what is on its way: what is sent within the longest delay, or within an outage.
 */
import type { Prng } from "../../sim/prng.ts";
import type { RunSignal } from "./run-parts.ts";
import type { HookTerms } from "./run-terms.ts";

export function* deliveredSignals(
  sent: Iterator<RunSignal, void>,
  { delayMs, drop, outages }: HookTerms,
  prng: Prng,
): Generator<RunSignal, void> {
  const onTheWay: RunSignal[] = [];
  try {
    for (let step = sent.next(); step.done !== true; step = sent.next()) {
      const signal = step.value as RunSignal;
      // What is sent from now on arrives later than this.
      while (onTheWay.length > 0 && onTheWay[0]!.atMs <= signal.atMs + delayMs.min) yield onTheWay.shift()!;
      // Both are drawn for each, so that one setting does not change what another does.
      const [lost, late] = [prng.float() < drop, prng.float()];
      if (lost) continue;
      const atMs = afterOutages(signal.atMs + delayMs.min + late * (delayMs.max - delayMs.min), outages);
      insert(onTheWay, atMs === signal.atMs ? signal : { ...signal, atMs });
    }
    yield* onTheWay;
  } finally {
    sent.return?.();
  }
}

function afterOutages(atMs: number, outages: HookTerms["outages"]): number {
  let arrivesMs = atMs;
  // Sorted by their beginning: one may end inside the next.
  for (const { fromMs, forMs } of outages) {
    if (arrivesMs >= fromMs && arrivesMs < fromMs + forMs) arrivesMs = fromMs + forMs;
  }
  return arrivesMs;
}

/** Behind those that arrive at the same time. */
function insert(queue: RunSignal[], signal: RunSignal): void {
  let at = queue.length;
  while (at > 0 && queue[at - 1]!.atMs > signal.atMs) at--;
  queue.splice(at, 0, signal);
}
