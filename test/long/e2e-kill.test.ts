import { afterEach, expect, it } from "vitest";
import { KillHarness } from "../support/kill-harness.ts";

const RUNS_PER_WORLD = 5;
const WORLDS = 5;

let harness: KillHarness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

it.each(["pool", "inline"] as const)(
  "%s lanes: 25 times kill -9 under 500 webhooks/s loses and doubles nothing",
  { timeout: 1_200_000 },
  async (lanes) => {
    const seed = Date.now() % 1_000_000;
    let inDoubt = 0;
    // Several lives on one journal, so that recovery runs on what was recovered before; then a new one, or reading grows long.
    for (let world = 0; world < WORLDS; world++) {
      harness = await KillHarness.start(lanes, seed + world);
      for (let run = 0; run < RUNS_PER_WORLD; run++) await harness.run();
      console.info(`${lanes} lanes, seed ${seed + world}: ${JSON.stringify(harness.totals)}`);
      expect(harness.totals.acknowledged).toBeGreaterThan(0);
      inDoubt += harness.totals.ordersInDoubt;
      await harness.close();
      harness = undefined;
    }
    // Otherwise no kill met an order under way, and nothing was put to the proof.
    expect(inDoubt).toBeGreaterThan(0);
  },
);
