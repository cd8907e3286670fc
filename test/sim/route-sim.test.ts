/** Orders under every fault, in every mode. A failure names its seed; `npm run sim:routes -- --seed N` shows it line by line. */
import { describe, expect, it } from "vitest";
import { coreConfig } from "../support/core-config.ts";
import { runRoute } from "../support/route-sim.ts";

const SEEDS = 5000;
const BATCH = 500;

describe("route scenarios", () => {
  const met = new Map<string, number>();
  const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
  /** Most that was held too much at the venues themselves while X was 0. */
  const overOf = { "best-first": 0, race: 0, split: 0 };

  it.each(Array.from({ length: SEEDS / BATCH }, (_, index) => index * BATCH))(
    "hold I1 to I8 after every step, from seed %i on",
    (first) => {
      for (let seed = first; seed < first + BATCH; seed++) {
        const { mode, alarms, crashed, overLotsMax, budget } = runRoute(seed);
        for (const code of alarms) meet(code);
        if (crashed) meet("crash");
        meet(mode);
        if (budget === 0) overOf[mode] = Math.max(overOf[mode], overLotsMax);
        if (mode === "race" && overLotsMax > 0) meet("race with a surplus");
      }
    },
  );

  it("met what they are there for, and without X nobody was ever hedged too much", () => {
    expect(overOf).toEqual({ "best-first": 0, race: 0, split: 0 });
    for (const what of ["best-first", "race", "split", "race with a surplus", "crash"]) {
      expect(met.get(what), what).toBeGreaterThan(SEEDS / 50);
    }
    for (const what of [
      "UNKNOWN_OUTCOME",
      "QUARANTINED",
      "UNDER_HEDGED",
      "OVER_HEDGED",
      "BREAKER_TRIPPED",
      "LATE_FILL",
    ]) {
      expect(met.get(what), what).toBeGreaterThan(5);
    }
  });

  it("whose venues answer hold a surplus within X in a race, none elsewhere, and never for longer than Y", () => {
    let surplusesMet = 0;
    let longestMs = 0;
    for (let seed = 0; seed < 1500; seed++) {
      const { mode, overLotsMax, overMsMax, budget, alarms } = runRoute(seed, undefined, { well: true });
      expect(overLotsMax, `seed ${seed}`).toBeLessThanOrEqual(mode === "race" ? budget : 0);
      expect(alarms, `seed ${seed}`).not.toContain("OVER_HEDGED");
      longestMs = Math.max(longestMs, overMsMax);
      if (overMsMax > 0) surplusesMet++;
    }
    expect(longestMs).toBeLessThanOrEqual(coreConfig().router.overHedgeMsMax);
    expect(surplusesMet).toBeGreaterThan(50);
    console.info(`${surplusesMet} surpluses, the longest ${Math.round(longestMs)} ms`);
  });

  it("give the same orders for the same seed", () => {
    const lines = (seed: number) => {
      const said: string[] = [];
      runRoute(seed, (line) => said.push(line));
      return said;
    };
    for (let seed = 0; seed < 10; seed++) expect(lines(seed)).toEqual(lines(seed));
    expect(lines(1)).not.toEqual(lines(2));
  });
});
