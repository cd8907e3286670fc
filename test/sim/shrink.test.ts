import { expect, it } from "vitest";
import { drawScenario, type Profile } from "../../src/sim/scenario.ts";
import { shrink } from "../../src/sim/shrink.ts";

/** Breaks as long as there are deaths, at least two signals and a second of storm. */
async function breaks(profile: Profile): Promise<string | null> {
  const { troubles, kills, signals, stormMs } = drawScenario(profile);
  return troubles.has("kills") && kills.length > 0 && signals >= 2 && stormMs >= 600 ? "W6" : null;
}

it("keeps what the broken promise needs, and nothing else", async () => {
  const profile = { seed: 8, always: ["kills", "power", "venues", "clock"] } as const;
  const least = await shrink(profile, breaks);
  expect(await breaks(least)).toBe("W6");
  const { troubles, kills, signals, stormMs } = drawScenario(least);
  expect([...troubles]).toEqual(["kills"]);
  expect([kills.length, signals]).toEqual([1, 2]);
  expect(stormMs).toBeLessThan(1200);
});

it("gives back what breaks nothing", async () => {
  const profile = { seed: 8, troubles: [] };
  expect(await shrink(profile, breaks)).toBe(profile);
});

it("does not take one broken promise for another, and stops in time", async () => {
  let tries = 0;
  const least = await shrink(
    { seed: 8 },
    async ({ troubles }) => {
      tries++;
      return troubles === undefined ? "W1" : "W2";
    },
    10,
  );
  expect(least.troubles).toBeUndefined();
  expect(tries).toBeLessThanOrEqual(11);
});
