/** Eight minutes of recorded ticks for every playbook; `npm run test:long` plays a day. A failure names its seed. */
import { describe, expect, it } from "vitest";
import { recordedTicks } from "../support/recorded-ticks.ts";
import { runDay } from "../support/tick-day.ts";

const ticks = recordedTicks();
const MINUTES = 8;

describe.skipIf(ticks === null)("recorded ticks, with every playbook on", () => {
  it("leave no leg alone beyond its limit, no position without its stop, and every count as the venues have it", () => {
    const day = runDay({ seed: Date.now() % 1e9, ticks: ticks!, rows: MINUTES * 600, signalMs: 2500 });
    // What it has not met it has not shown.
    expect(day.signals.shield).toBeGreaterThan(100);
    expect(day.signals.signal).toBeGreaterThan(100);
    expect(day.orders).toBeGreaterThan(200);
    expect(Object.keys(day.whys)).toEqual(
      expect.arrayContaining(["opened by a signal", "closed by its sender", "the spread is far from its mean"]),
    );
    expect(day.alarms.UNKNOWN_OUTCOME).toBeGreaterThan(0);
  });
});
