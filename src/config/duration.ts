/** Durations as people write them: `30s`, `15m`, `4h`, `2d`. */
import { assert } from "../domain/units.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration the schema has already checked. */
export function durationMs(duration: string): number {
  const unitMs = UNIT_MS[duration.slice(-1)];
  const count = Number(duration.slice(0, -1));
  assert(unitMs !== undefined && Number.isSafeInteger(count) && count > 0, `"${duration}" is not a duration`);
  return count * unitMs;
}
