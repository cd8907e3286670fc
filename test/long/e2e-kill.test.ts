import { afterEach, expect, it } from "vitest";
import { CCXT_VENUES, KillHarness } from "../support/kill-harness.ts";

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

it("through ccxt on all three venues: 6 times kill -9 loses and doubles nothing", { timeout: 600_000 }, async () => {
  let inDoubt = 0;
  for (let world = 0; world < CCXT_VENUES.length; world++) {
    harness = await KillHarness.start("pool", world, CCXT_VENUES);
    for (let run = 0; run < 2; run++) await harness.run();
    console.info(`ccxt, seed ${world}: ${JSON.stringify(harness.totals)}`);
    inDoubt += harness.totals.ordersInDoubt;
    await harness.close();
    harness = undefined;
  }
  expect(inDoubt).toBeGreaterThan(0);
});
