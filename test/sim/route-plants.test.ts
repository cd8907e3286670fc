/** The bugs that issue 4 names, each planted in a copy of the sources: the route scenarios must fail on every one. */
import { expect, it } from "vitest";
import { catchPlant } from "./plants.ts";
import { NAMED } from "./route-plants.ts";

it.concurrent.each(NAMED.map((plant) => [plant.name, plant] as const))("%s is caught", async (_, plant) => {
  const caught = await catchPlant(plant, 3000, "run-routes.ts");
  expect(caught?.message).toMatch(plant.caughtBy);
  console.info(`${plant.name}: seed ${caught!.seed}`);
});
