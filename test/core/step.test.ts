import { describe, expect, it } from "vitest";
import { ALPHA, BETA, BTC_PERP, GAMMA } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";

describe("step", () => {
  it("boots: nothing is ordered before positions are compared", () => {
    const rig = new CoreRig();
    for (const venue of [ALPHA, BETA, GAMMA]) rig.venue(venue);
    for (const listing of [ALPHA, BETA, GAMMA]) rig.quote(listing);
    expect(rig.signal().outcome).toBe("deferred");
    // The last of them may hold what a power loss took out of our book.
    for (const venue of [ALPHA, BETA]) {
      rig.positions(venue, []);
      expect(rig.core.risk.state).toBe("booting");
    }
    expect(rig.placed()).toEqual([]);
    rig.positions(GAMMA, []);
    expect(rig.core.risk.state).toBe("active");
    expect(rig.signal().outcome).toBe("hedged");
  });

  it("waits two seconds for a venue that does not answer, and trades with the others until it does", () => {
    const rig = new CoreRig();
    for (const venue of [ALPHA, BETA, GAMMA]) rig.venue(venue);
    rig.positions(BETA, []);
    rig.pass(1999, true);
    expect(rig.core.risk.state).toBe("booting");
    rig.pass(1, true);
    expect(rig.core.risk.state).toBe("active");
    const readyVenues = () => [ALPHA, BETA, GAMMA].filter((venue) => rig.core.market.venueReady(venue));
    expect(readyVenues()).toEqual([BETA]);
    rig.positions(GAMMA, []);
    expect(readyVenues()).toEqual([BETA, GAMMA]);
  });

  it("goes to the state an operator asked for while it booted", () => {
    const rig = new CoreRig();
    rig.control({ type: "state", state: "halted", reason: "test" });
    for (const venue of [ALPHA, BETA, GAMMA]) {
      expect(rig.core.risk.state).toBe("booting");
      rig.positions(venue, []);
    }
    expect(rig.core.risk.state).toBe("halted");
  });

  it("only shrinks when a venue holds something else than our fills, and never trades the difference away", () => {
    const rig = CoreRig.ready();
    rig.positions(BETA, [[BETA, 7]]);
    const commands = rig.take();
    expect(alarmsIn(commands)).toEqual(["POSITION_MISMATCH", "STATE_CHANGED"]);
    expect(commands[0]).toMatchObject({ alarm: { value: 7, message: expect.stringContaining("beta") } });
    expect(rig.core.risk.state).toBe("reducing");
    rig.pass(10_000, true);
    expect(rig.placed()).toEqual([]);
    // Only a person takes it back.
    rig.positions(BETA, []);
    expect(rig.core.risk.state).toBe("reducing");
    rig.control({ type: "state", state: "active", reason: "explained" });
    expect(rig.core.risk.state).toBe("active");
  });

  it("a difference never makes it less careful than it was or was to be", () => {
    const rig = CoreRig.ready();
    rig.control({ type: "state", state: "halted", reason: "test" });
    rig.positions(BETA, [[BETA, 7]]);
    expect(rig.core.risk.state).toBe("halted");
    const booting = new CoreRig();
    booting.control({ type: "state", state: "halted", reason: "test" });
    booting.positions(BETA, [[BETA, 7]]);
    expect(booting.core.risk.state).toBe("halted");
    const plain = new CoreRig();
    plain.positions(BETA, [[BETA, 7]]);
    expect(plain.core.risk.state).toBe("reducing");
  });

  it("does not compare where an order is under way", () => {
    const rig = CoreRig.ready();
    rig.signal();
    const order = rig.order();
    rig.positions(ALPHA, [[ALPHA, -300]]);
    expect(rig.core.risk.state).toBe("active");
    rig.fill(order);
    rig.positions(ALPHA, [[ALPHA, -500]]);
    expect(rig.core.risk.state).toBe("active");
    rig.positions(ALPHA, [[ALPHA, -499]]);
    expect(rig.core.risk.state).toBe("reducing");
  });

  it("at kill level 1 closes and does not open; at 2 it does neither, and still asks", () => {
    const rig = CoreRig.ready();
    rig.signal();
    rig.fill(rig.order());
    rig.control({ type: "kill", level: 1, reason: "test" });
    expect(alarmsIn(rig.take())).toEqual(["STATE_CHANGED"]);
    rig.nowMs += 300;
    expect(rig.signal({ strength: 0.9 })).toMatchObject({ refusal: { code: "KILL_SWITCH", value: 1, limit: 0 } });
    rig.take();
    expect(rig.signal({ kind: "close" }).outcome).toBe("hedged");
    const closing = rig.order();
    rig.control({ type: "kill", level: 2, reason: "test" });
    rig.take();
    rig.report(closing, { kind: "unknown" });
    expect(rig.take().map((command) => command.type)).toEqual(["alarm", "cancel", "query"]);
    rig.status(closing, "expired", 100);
    expect(rig.placed()).toEqual([]);
    expect(rig.held(BTC_PERP)).toBe(-400);
  });

  it("gives every signal one verdict, last, with its sequence", () => {
    const rig = CoreRig.ready();
    for (const fields of [{}, { kind: "open" }, { instrument: 2 }, { kind: "close" }] as const) {
      rig.signal(fields);
      const commands = rig.take();
      expect(commands.filter((command) => command.type === "verdict")).toHaveLength(1);
      expect(commands.at(-1)?.type).toBe("verdict");
    }
    const verdicts = rig.log.flatMap((command) => (command.type === "verdict" ? [command.verdict.intakeSeq] : []));
    expect(verdicts).toEqual([1, 2, 3, 4]);
  });

  it("says when it next wants to be called, and then has something to do", () => {
    const rig = CoreRig.ready({ router: { quoteAgeMsMax: 1e9 } });
    expect(rig.core.nextTimerNs()).toBe(Number.POSITIVE_INFINITY);
    rig.signal({ horizonMs: 600_000 });
    const order = rig.order();
    expect(rig.core.nextTimerNs()).toBe(rig.at.nowNs + 250e6);
    rig.fill(order);
    rig.nowMs += 300;
    rig.quote(ALPHA);
    expect(rig.core.nextTimerNs()).toBe(rig.at.nowNs + (300_000 - 300 + 1) * 1e6);
    rig.take();
    rig.pass(300_000, true);
    expect(rig.placed().map((child) => child.qtyLots)).toEqual([200]);
  });
});
