import { describe, expect, it } from "vitest";
import { catchPlant } from "../sim/plants.ts";
import { MORE, NAMED } from "../sim/route-plants.ts";
import { runRoute } from "../support/route-sim.ts";

const SEEDS = 200_000;

it(`holds I1 to I8 after every step of ${SEEDS} random fault scenarios`, () => {
  let events = 0;
  for (let seed = 0; seed < SEEDS; seed++) events += runRoute(seed).events;
  console.info(`${SEEDS} scenarios, ${events} events`);
  expect(events).toBeGreaterThan(20 * SEEDS);
});

describe("planted in the sources, the scenarios catch", () => {
  it.each([...NAMED, ...MORE].map((plant) => [plant.name, plant] as const))("%s", async (_, plant) => {
    const caught = await catchPlant(plant, 20_000, "run-routes.ts");
    expect(caught?.message).toMatch(plant.caughtBy);
    console.info(`${plant.name}: seed ${caught!.seed}`);
  });
});
