import { expect, it } from "vitest";
import { soak } from "../support/soak.ts";

const SIGNALS_PER_SEC = 5000;
/** The garbage collector sweeps the old generation about every 110 s at this rate: each half of the run sees it. */
const SECONDS = 280;
const WARM_UP_S = 20;
/** How much higher the second half may peak than the first: 10 bytes kept per signal would be more. */
const GROWTH_MB_MAX = 6;

it("5,000 signals/s over the feed for 280 s: none lost, none doubled, memory flat", { timeout: 600_000 }, async () => {
  const report = await soak(SIGNALS_PER_SEC, SECONDS);
  const { rssMb, statuses, ...rest } = report;
  const steady = rssMb.slice(WARM_UP_S);
  const half = steady.length >> 1;
  const [first, second] = [Math.max(...steady.slice(0, half)), Math.max(...steady.slice(half))];
  const rss = { at20s: steady[0], at60s: rssMb[60], most: [first, second], least: Math.min(...steady) };
  console.info(JSON.stringify({ ...rest, statuses, rss }));

  expect(statuses).toEqual({ 202: SIGNALS_PER_SEC * SECONDS });
  expect(report).toMatchObject({ notDecidedOnce: [], decided: SIGNALS_PER_SEC * SECONDS });
  // The load kept its pace: what it could not send in time would not have been a load.
  expect(report.tookMs).toBeLessThan((SECONDS + 5) * 1000);
  expect(report.bookLots).toBe(report.venueLots);
  expect(report.orders).toBeGreaterThan(0);
  expect(report.alarms).not.toContainEqual(expect.stringContaining("POSITION_MISMATCH"));
  expect(second - first).toBeLessThan(GROWTH_MB_MAX);
});
