/**
 * Plants one bug after another in a copy of the sources and says which scenario catches it.
 *
 *     node test/sim/run-plants.ts                 all of them, the simulator's and the routes'
 *     node test/sim/run-plants.ts --match "not found" --seeds 2000
 */
import { parseArgs } from "node:util";
import { catchPlant, type Plant, type Simulation } from "./plants.ts";
import { MORE, NAMED } from "./route-plants.ts";
import { SIM_PLANTS } from "./sim-plants.ts";

const { values } = parseArgs({ options: { match: { type: "string" }, seeds: { type: "string" } } });
const seeds = Number(values.seeds ?? 20_000);

async function tryAll(plants: readonly Plant[], simulation: Simulation): Promise<void> {
  for (const plant of plants) {
    if (!plant.name.includes(values.match ?? "")) continue;
    const caught = await catchPlant(plant, plant.profile === undefined ? seeds : Math.min(seeds, 2000), simulation);
    const said =
      caught === null ? "NOT CAUGHT" : `seed ${caught.seed}: ${caught.message.split("\n")[0]!.slice(0, 160)}`;
    console.log(`${plant.name}${plant.profile === undefined ? "" : " (directed)"}: ${said}`);
    if (caught === null || !plant.caughtBy.test(caught.message)) process.exitCode = 1;
  }
}

await tryAll(SIM_PLANTS, "run.ts");
await tryAll([...NAMED, ...MORE], "run-routes.ts");
