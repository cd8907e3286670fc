/** The core under every fault of the simulated venues. A failure names its seed: `simulate({ seed })` repeats it exactly. */
import { describe, expect, it } from "vitest";
import type { Command } from "../../src/core/event.ts";
import { lots } from "../../src/domain/units.ts";
import { simulate } from "../support/core-sim.ts";

const SEEDS = 300;
const BATCH = 50;
/** Where the log of a seed is cut: spread over the storm, different for every seed. */
const crashAt = (seed: number) => 10 + ((seed * 7919) % 450);
const batches = (count: number) => Array.from({ length: count / BATCH }, (_, index) => index * BATCH);

describe("the core in simulation", () => {
  const alarms = new Set<string>();
  const outcomes = new Set<string>();
  let fills = 0;

  it.each(batches(SEEDS))("holds its invariants from seed %i on", (first) => {
    for (let seed = first; seed < first + BATCH; seed++) {
      const result = simulate({ seed });
      for (const code of result.alarms) alarms.add(code);
      for (const outcome of result.outcomes) outcomes.add(outcome);
      fills += result.fills;
    }
  });

  it("met what it is there for", () => {
    expect(fills).toBeGreaterThan(10 * SEEDS);
    expect([...alarms]).toEqual(
      expect.arrayContaining(["UNKNOWN_OUTCOME", "QUARANTINED", "UNDER_HEDGED", "ORDER_REFUSED", "SIGNAL_EXPIRED"]),
    );
    expect([...outcomes]).toEqual(
      expect.arrayContaining(["hedged", "absorbed", "deferred", "SUPERSEDED", "KILL_SWITCH", "STATE_NOT_ACTIVE"]),
    );
  });

  it.each(batches(150))("goes on from its log, cut at any event, from seed %i on", (first) => {
    let crashes = 0;
    for (let seed = first; seed < first + BATCH; seed++) {
      if (simulate({ seed, crashAfterEvents: crashAt(seed) }).crashed) crashes++;
    }
    expect(crashes).toBeGreaterThan(BATCH / 2);
  });

  it("gives the same commands for the same seed", () => {
    for (let seed = 0; seed < 5; seed++) expect(simulate({ seed }).hash).toBe(simulate({ seed }).hash);
    expect(simulate({ seed: 1 }).hash).not.toBe(simulate({ seed: 2 }).hash);
  });

  // Canaries: a harness that finds nothing in these would find nothing anywhere.
  it.each<[string, (command: Command) => Command, RegExp]>([
    [
      "a host that sends twice as much",
      (command) =>
        command.type === "place"
          ? { type: "place", child: { ...command.child, qtyLots: lots(command.child.qtyLots * 2) } }
          : command,
      /of \d+ \+ \d+|lots past/,
    ],
    [
      "a host that sends one id for all",
      (command) =>
        command.type === "place"
          ? { type: "place", child: { ...command.child, clientOrderId: "0".repeat(32) } }
          : command,
      /sent twice/,
    ],
  ])("catches %s", (_name, tamper, message) => {
    expect(() => {
      for (let seed = 0; seed < 20; seed++) simulate({ seed, tamper });
    }).toThrow(message);
  });
});
