/** The recording of `../shared/data/market/tick` with spot and perpetual side by side, ten times a second; null where it is not there. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Tick } from "./tick-day.ts";

const FILE = fileURLToPath(
  new URL("../../../shared/data/market/tick/bbo100ms_BTCUSDT_spot_perp_20240808.csv", import.meta.url),
);
const HEADER = "timestamp_ms,spot_bid,spot_ask,perp_bid,perp_ask";

export function recordedTicks(): readonly Tick[] | null {
  if (!existsSync(FILE)) {
    console.warn("skipped: ../shared/data/market/tick is not there");
    return null;
  }
  const [header, ...lines] = readFileSync(FILE, "utf8").trim().split("\n");
  if (header !== HEADER) throw new Error(`${FILE} has columns ${header}`);
  return lines.map((line) => {
    const [, spotBid, spotAsk, perpBid, perpAsk] = line.split(",").map(Number);
    return [spotBid!, spotAsk!, perpBid!, perpAsk!];
  });
}
