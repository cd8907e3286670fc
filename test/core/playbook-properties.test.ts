/** What holds of the playbooks whatever markets and venues do. A failure names its seed. */
import { describe, expect, it } from "vitest";
import type { CoreRig } from "../support/core-rig.ts";
import { commandsOf, OPTIONS, PlaybookSim, turns } from "../support/playbook-sim.ts";

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const TURNS = 300;
/** What a thousand of quote currency is in lots, at the price that the market wanders about. */
const NOTIONAL_LOTS_MAX = 1.6 * (3000 / (10_000 * 0.001));
const held = (rig: CoreRig) => [0, 1, 2, 3].map((instrument) => rig.held(instrument));

describe("playbooks", () => {
  it("hold every position with a stop and within its size, and leave none behind when they close", () => {
    const met = new Set<string>();
    for (const seed of SEEDS) {
      const sim = new PlaybookSim(["signal", "reversion"]);
      const { rig } = sim;
      const [signal, reversion] = rig.core.playbooks;
      sim.run(turns(seed, TURNS), () => {
        const [primary, , y] = held(rig);
        const where = `seed ${seed} at ${rig.nowMs} ms`;
        // A leg without a playbook that watches it has no stop.
        if (primary !== 0) expect(signal!.position.state, where).not.toBe("flat");
        if (y !== 0) expect(reversion!.position.state, where).not.toBe("flat");
        for (const lots of held(rig)) expect(Math.abs(lots), where).toBeLessThan(NOTIONAL_LOTS_MAX);
      });
      // Orders in doubt are proved, legs matched: no naked leg is left.
      sim.calm(8000);
      for (const { position, config } of rig.core.playbooks) {
        const where = `seed ${seed}: ${position.state}, ${held(rig)}`;
        expect(["flat", "open"], where).toContain(position.state);
        const [primary, hedge] = [rig.held(config.primary), rig.held(config.hedge)];
        if (position.state === "flat") expect([primary, hedge], where).toEqual([0, 0]);
        else {
          const drift = hedge - position.hedgeTarget(primary, rig.at.nowNs)!;
          // The band of 5 %, or more where a correction does not pay: then still a hedge of the right side and size.
          expect(Math.abs(drift), where).toBeLessThanOrEqual(0.2 * Math.abs(primary) + 1);
        }
      }
      rig.nowMs += 10;
      sim.signal("close", true, 0);
      rig.signal({ kind: "close", instrument: 2, signalId: "last" });
      sim.calm(3000);
      expect(held(rig)[0], `seed ${seed} closes`).toBe(0);
      expect(held(rig)[1], `seed ${seed} closes`).toBe(0);
      for (const command of rig.log) {
        if (command.type === "alarm") met.add(command.alarm.code);
        if (command.type === "positioned") met.add(command.record.why.split(":")[0]!);
      }
    }
    // What none of the runs had met, they would not have proved.
    expect([...met]).toEqual(
      expect.arrayContaining([
        "opened by a signal",
        "adjusted by a signal",
        "closed by its sender",
        "stop-loss",
        "the spread is far from its mean",
        "the spread came back",
        "corrected",
        "UNKNOWN_OUTCOME",
        "LATE_FILL",
        "filled after its end",
        "NAKED_LEG",
        "STOP_LOSS",
      ]),
    );
  });

  it("leave nothing standing at a venue that was neutralised and is back, and never had more open than their size", () => {
    const met = new Set<string>();
    for (const seed of SEEDS.slice(0, 15)) {
      const sim = new PlaybookSim(["signal", "reversion"], { ...OPTIONS, breakers: { venueDownMs: 1500 } });
      const { rig } = sim;
      const where = (what: string) => `seed ${seed} at ${rig.nowMs} ms: ${what}`;
      sim.run(turns(seed, TURNS), () => {
        for (const lots of held(rig)) expect(Math.abs(lots), where("held")).toBeLessThan(NOTIONAL_LOTS_MAX);
      });
      sim.calm(8000);
      rig.nowMs += 10;
      sim.signal("close", true, 0);
      rig.signal({ kind: "close", instrument: 2, signalId: "last" });
      sim.calm(8000);
      for (const { position, config } of rig.core.playbooks) {
        if (position.state !== "flat") continue;
        met.add("flat");
        for (const { index, instrument } of rig.core.config.directory.listings) {
          if (instrument !== config.primary && instrument !== config.hedge) continue;
          expect(rig.core.ledger.positionLots(index), where(`listing ${index}`)).toBe(0);
        }
      }
      for (const command of rig.log) if (command.type === "alarm") met.add(command.alarm.code);
    }
    expect([...met]).toEqual(expect.arrayContaining(["flat", "BREAKER_TRIPPED", "OFFSET_UNWOUND"]));
  });

  it("give the same commands for the same events", () => {
    const run = () => {
      const sim = new PlaybookSim(["signal", "reversion"]);
      sim.run(turns(7, TURNS), () => undefined);
      return JSON.stringify(sim.rig.log);
    };
    expect(run()).toBe(run());
  });

  it("do not change each other: whichever half's events come first, its commands are the same", () => {
    for (const seed of SEEDS.slice(0, 10)) {
      const one = new PlaybookSim(["signal", "reversion"]);
      const other = new PlaybookSim(["reversion", "signal"]);
      // Without orders in doubt: a venue that leaves one so is passed over by everybody for a while.
      const certain = turns(seed, TURNS).map((turn) => ({ ...turn, luck: turn.luck.map((luck) => luck * 0.8) }));
      for (const sim of [one, other]) sim.run(certain, () => undefined);
      for (const [instruments, owner] of [
        [[0, 1], 0],
        [[2, 3], 1],
      ] as const) {
        const commands = commandsOf(one.rig.log, instruments, owner);
        expect(commands.length).toBeGreaterThan(10);
        expect(commandsOf(other.rig.log, instruments, owner)).toEqual(commands);
      }
    }
  });
});
