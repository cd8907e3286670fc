import { expect, it } from "vitest";
import { killAtRandomInstant } from "./kill.ts";
import { createRandom } from "./support-parts.ts";
import { createTempDirectory } from "./temp-directory.ts";

it("loses no acknowledged record to kill -9 at a random instant, three times on one log", async () => {
  const seed = Date.now() % 1_000_000;
  const random = createRandom(seed);
  const directory = createTempDirectory();
  let kept = 0;
  for (let run = 0; run < 3; run++) {
    const result = await killAtRandomInstant(directory, seed + run, random() * 200);
    expect(result.acked, `seed ${seed}`).toBeGreaterThan(0);
    expect(result.kept, `seed ${seed}`).toBeGreaterThan(kept);
    kept = result.kept;
  }
});
