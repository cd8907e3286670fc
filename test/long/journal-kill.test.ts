import { expect, it } from "vitest";
import { killAtRandomInstant } from "../journal/kill.ts";
import { powerLosses } from "../journal/power-loss-series.ts";
import { createRandom } from "../journal/support-parts.ts";
import { createMemoryDirectory, createTempDirectory } from "../journal/temp-directory.ts";

it("loses no acknowledged record to kill -9 at a random instant, 100 times", { timeout: 600_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const random = createRandom(seed);
  let acked = 0;
  // Ten lives per log, so that recovery runs on logs that were recovered before, and reading stays short.
  for (let log = 0; log < 10; log++) {
    const directory = createTempDirectory();
    for (let run = 0; run < 10; run++) {
      acked += (await killAtRandomInstant(directory, seed + log * 10 + run, random() * 150)).acked;
    }
  }
  expect(acked, `seed ${seed}`).toBeGreaterThan(1_000);
});

it("loses nothing durable in 20,000 power losses", async () => {
  const seed = Date.now() % 1_000_000;
  let tailsSaved = 0;
  for (let part = 0; part < 10; part++) {
    tailsSaved += (await powerLosses(createMemoryDirectory(), seed + part, 40)).tailsSaved;
  }
  expect(tailsSaved, `seed ${seed}`).toBeGreaterThan(500);
});
