import { afterEach, expect, it } from "vitest";
import { KillHarness, NATIVE_VENUES } from "../support/kill-harness.ts";

let harness: KillHarness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

it("power loss under 500 webhooks/s, emulated on the decision log, loses and doubles nothing", {
  timeout: 180_000,
}, async () => {
  harness = await KillHarness.start("inline", Date.now() % 1_000_000, NATIVE_VENUES);
  for (let run = 0; run < 2; run++) await harness.run({ losesPower: true });
  console.info(`power loss: ${JSON.stringify(harness.totals)}`);
  // Otherwise nothing was lost that had to be found again.
  expect(harness.totals.recordsLost).toBeGreaterThan(0);
  expect(harness.totals.acknowledged).toBeGreaterThan(0);
});
