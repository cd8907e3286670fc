import { expect, it } from "vitest";
import { slopePerSec, soak } from "../support/soak.ts";

const SIGNALS_PER_SEC = 5000;
const SECONDS = 60;
const WARM_UP_S = 20;
/** In the 40 s that are left: 30 bytes kept per signal would be more. Sound runs grow by 1 to 3. */
const GROWTH_MB_MAX = 6;

it("5,000 signals/s over the feed for 60 s: none lost, none doubled, memory flat", { timeout: 240_000 }, async () => {
  const report = await soak(SIGNALS_PER_SEC, SECONDS);
  const { rssMb, statuses, ...rest } = report;
  const steady = rssMb.slice(WARM_UP_S);
  const growthMb = slopePerSec(steady) * steady.length;
  const rss = { at15s: rssMb[15], at60s: rssMb.at(-1), most: Math.max(...rssMb), growthMb: growthMb.toFixed(1) };
  console.info(JSON.stringify({ ...rest, statuses, rss }));

  expect(statuses).toEqual({ 202: SIGNALS_PER_SEC * SECONDS });
  expect(report).toMatchObject({ notDecidedOnce: [], decided: SIGNALS_PER_SEC * SECONDS });
  // The load kept its pace: what it could not send in time would not have been a load.
  expect(report.tookMs).toBeLessThan((SECONDS + 5) * 1000);
  expect(report.bookLots).toBe(report.venueLots);
  expect(report.orders).toBeGreaterThan(0);
  expect(report.alarms).not.toContainEqual(expect.stringContaining("POSITION_MISMATCH"));
  expect(growthMb).toBeLessThan(GROWTH_MB_MAX);
});
