/** A restart at any moment of a playbook's life: whatever was under way, no leg is left standing alone. A failure names its seed. */
import { describe, expect, it } from "vitest";
import { PlaybookSim, turns } from "../support/playbook-sim.ts";

const SEEDS = 24;

describe("playbooks that are killed at any turn", () => {
  it("go on with legs that match, nothing added to a primary, and close when they are told to", () => {
    const met = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed++) {
      const sim = new PlaybookSim(["signal", "reversion"]);
      sim.run(turns(seed, 20 + ((seed * 7919) % 180)), () => undefined);
      const before = sim.rig.core.playbooks.map(({ config, position }) => {
        met.add(position.state);
        return { primary: sim.rig.held(config.primary), wished: position.primaryLots };
      });
      sim.restart();
      sim.calm(8000);
      for (const [at, { position, config }] of sim.rig.core.playbooks.entries()) {
        const where = `seed ${seed}, playbook ${at}: ${position.state}`;
        const [primary, hedge] = [sim.rig.held(config.primary), sim.rig.held(config.hedge)];
        expect(["flat", "open"], where).toContain(position.state);
        if (position.state === "flat") expect([primary, hedge], where).toEqual([0, 0]);
        else {
          const drift = hedge - position.hedgeTarget(primary, sim.rig.at.nowNs)!;
          expect(Math.abs(drift), where).toBeLessThanOrEqual(0.2 * Math.abs(primary) + 1);
          // What was in doubt may have filled, and no more than that.
          const most = Math.max(Math.abs(before[at]!.primary), Math.abs(before[at]!.wished));
          expect(Math.abs(primary), where).toBeLessThanOrEqual(most);
        }
      }
      sim.rig.nowMs += 10;
      sim.signal("close", true, 0);
      sim.rig.signal({ kind: "close", instrument: 2, signalId: "last" });
      sim.calm(3000);
      expect(
        [0, 1, 2, 3].map((instrument) => sim.rig.held(instrument)),
        `seed ${seed} closes`,
      ).toEqual([0, 0, 0, 0]);
    }
    expect([...met].sort()).toEqual(["closing", "flat", "open", "opening"]);
  });
});
