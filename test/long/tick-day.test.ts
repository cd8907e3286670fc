/** A day of recorded ticks for every playbook, with thousands of signals for each. A failure names its seed. */
import { expect, it } from "vitest";
import { recordedTicks } from "../support/recorded-ticks.ts";
import { runDay } from "../support/tick-day.ts";

const ticks = recordedTicks();
const ROWS = 864_000;

it.skipIf(ticks === null)(
  "a day of recorded ticks holds every invariant with all playbooks on",
  () => {
    const seed = Date.now() % 1e9;
    const day = runDay({ seed, ticks: ticks!, rows: ROWS, signalMs: 15_000 });
    console.info(`seed ${seed}: ${JSON.stringify(day, null, 1)}`);
    expect(day.signals.shield).toBeGreaterThan(4000);
    expect(day.signals.signal).toBeGreaterThan(4000);
    // A reversion's signals are the spread's own.
    expect(day.whys["the spread is far from its mean"]).toBeGreaterThan(1000);
    for (const why of [
      "adjusted by a signal",
      "aged",
      "expired",
      "stop-loss",
      "stop of the z-score",
      "the spread came back",
    ]) {
      expect(day.whys[why], why).toBeGreaterThan(0);
    }
    for (const code of ["UNKNOWN_OUTCOME", "NAKED_LEG", "STOP_LOSS", "SIGNAL_EXPIRED", "BREAKER_TRIPPED"]) {
      expect(day.alarms[code], code).toBeGreaterThan(0);
    }
  },
  1_800_000,
);
