import { expect, it } from "vitest";
import { createMachine, simulate } from "../../src/sim/simulate.ts";
import { catchPlant } from "../sim/plants.ts";
import { SIM_PLANTS } from "../sim/sim-plants.ts";

const SEEDS = 50_000;
/** Run twice, and compared. */
const TWICE = 5000;

it(`keeps its promises in ${SEEDS} scenarios, and goes the same way every time`, async () => {
  const machine = createMachine();
  let accepted = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const outcome = await simulate(machine, { seed });
    accepted += outcome.accepted;
    if (seed < TWICE) expect((await simulate(machine, { seed })).sha256, `seed ${seed}`).toBe(outcome.sha256);
  }
  console.info(`${SEEDS} scenarios, ${accepted} accepted signals`);
  expect(accepted).toBeGreaterThan(SEEDS);
});

it("keeps them with the portfolio hedge on, in 10,000 scenarios", async () => {
  const machine = createMachine();
  for (let seed = 0; seed < 10_000; seed++) await simulate(machine, { seed, portfolio: true });
});

it("keeps them where an operator begins without a venue, in 5,000 scenarios", async () => {
  const machine = createMachine();
  for (let seed = 0; seed < 5000; seed++) await simulate(machine, { seed, leavesOut: true, always: ["power"] });
});

it.each(SIM_PLANTS.map((plant) => [plant.name, plant] as const))(
  "planted in the sources, %s is caught",
  async (_, plant) => {
    const caught = await catchPlant(plant, plant.profile === undefined ? 20_000 : 2000, "run.ts");
    expect(caught?.message).toMatch(plant.caughtBy);
    console.info(`${plant.name}: seed ${caught!.seed}`);
  },
);
