/** What every analysis asks of its sample: enough of it, and up to now. */
import type { CoreConfig } from "../core/config.ts";
import { StatsError } from "../stats/index.ts";
import type { Candles, LogColumns } from "./candles.ts";
import { AnalysisError } from "./task.ts";

export const DAY_MS = 86_400_000;

/** TOO_FEW_ROWS. */
export function rowsOf({ timestampMs, from }: Pick<LogColumns, "timestampMs" | "from">, rowsMin: number): number {
  const rows = timestampMs.length;
  if (rows < rowsMin) throw new AnalysisError("TOO_FEW_ROWS", `${rows} common bars of ${from}, ${rowsMin} are needed`);
  return rows;
}

/** HISTORY_OLD: a sample that ended long ago says nothing of now, however new its result. `seen` is what is over at `nowMs`. */
export function assertFresh(seen: Candles, endAgeMsMax: number, nowMs: number): void {
  const { timestampMs, intervalMs, from } = seen;
  const endMs = timestampMs.length === 0 ? seen.endMs : timestampMs.at(-1)! + intervalMs;
  if (nowMs - endMs > endAgeMsMax) {
    const days = Math.round((nowMs - endMs) / DAY_MS);
    throw new AnalysisError("HISTORY_OLD", `${from} ends ${dateOf(endMs)}, ${days} days ago`);
  }
}

export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

export const pairName = ({ directory }: CoreConfig, asset: number, hedge: number): string =>
  `${directory.instruments[asset]?.symbol} / ${directory.instruments[hedge]?.symbol}`;

/** A sample that a statistic cannot be taken of, in the words of analyses; a bug stays what it is. */
export const asSampleError = (cause: unknown): unknown =>
  cause instanceof StatsError ? new AnalysisError("SAMPLE_BAD", `${cause.code}: ${cause.message}`) : cause;
