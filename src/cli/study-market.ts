/** What a study asks of a file of bars before it makes a configuration for it. */
import { checkFile } from "../market-data/check.ts";
import { plainDecimal } from "../market-data/plain-decimal.ts";
import { MarketRows } from "../market-data/rows.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

export interface StudyMarket {
  readonly path: string;
  readonly intervalMs: number;
  /** Between bid and ask, as the closes say it (Roll 1984); null where they say nothing. */
  readonly rollSpreadBps: number | null;
  readonly startMs: number;
  readonly days: number;
  /** First price, and the mean volume of a bar in the first day: over before the first signal. */
  readonly price: number;
  readonly volume: number;
}

/** BARS_MISSING for a file of anything else. */
export function studyMarket(path: string): StudyMarket {
  const { interval_ms: intervalMs, kind, roll_spread_bps: rollSpreadBps, ...check } = checkFile(path);
  if (kind !== "bars" || intervalMs === null) {
    throw new CommandFailure(EXIT_CODES.usage, "BARS_MISSING", `${path}: the study needs bars, and this holds ${kind}`);
  }
  const [startMs, endMs] = [check.first_timestamp_ms ?? 0, check.last_timestamp_ms ?? 0];
  return { path, intervalMs, rollSpreadBps, startMs, days: (endMs - startMs) / DAY_MS, ...firstDay(path) };
}

/** A power of ten, so many places below the first digit of a value, as a decimal. */
export const stepBelow = (value: number, places: number): string =>
  plainDecimal(`1e${Math.floor(Math.log10(value)) - places}`)!;

const DAY_MS = 86_400_000;
const FIRST_DAY_BARS = 288;

function firstDay(path: string): Pick<StudyMarket, "price" | "volume"> {
  const rows = new MarketRows(path);
  try {
    let [price, volume, count] = [Number.NaN, 0, 0];
    for (; count < FIRST_DAY_BARS && rows.next(); count++) {
      price = count === 0 ? rows.values[1]! : price;
      volume += rows.values[5]!;
    }
    return { price, volume: volume / count };
  } finally {
    rows.close();
  }
}
