import { afterEach, expect, it } from "vitest";
import { KillHarness } from "../support/kill-harness.ts";

let harness: KillHarness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

it.each([
  ["pool", 2],
  ["inline", 1],
] as const)(
  "%s lanes: kill -9 under 500 webhooks/s loses and doubles nothing",
  { timeout: 120_000 },
  async (lanes, runs) => {
    harness = await KillHarness.start(lanes, Date.now() % 1_000_000);
    for (let run = 0; run < runs; run++) await harness.run();
    console.info(`${lanes} lanes: ${JSON.stringify(harness.totals)}`);
    // Otherwise nothing was under way that a crash could have lost.
    expect(harness.totals.acknowledged).toBeGreaterThan(0);
    expect(harness.totals.orders).toBeGreaterThan(0);
  },
);
