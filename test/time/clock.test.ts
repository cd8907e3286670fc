import { describe, expect, it } from "vitest";
import { CLOCKS_APART_MS_MAX, type MachineClocks, SystemClock } from "../../src/time/clock.ts";

const START_MS = 1_760_000_000_000;

/** A machine whose wall clock anybody may set. */
class Machine implements MachineClocks {
  passedMs = 5000;
  setMs = 0;

  monotonicNs(): number {
    return this.passedMs * 1e6;
  }

  systemMs(): number {
    return Math.floor(START_MS + this.passedMs + this.setMs);
  }
}

describe("the machine's clock", () => {
  it("is the system's at the start, and steady whatever is set afterwards", () => {
    const machine = new Machine();
    const clock = new SystemClock(undefined, machine);
    expect([clock.wallMs(), clock.systemAheadMs()]).toEqual([START_MS + 5000, 0]);
    for (const setMs of [3_600_000, -3_600_000]) {
      machine.setMs = setMs;
      machine.passedMs += 10;
      expect(clock.wallMs() - START_MS - machine.passedMs).toBe(0);
      expect(clock.systemAheadMs()).toBe(setMs);
      expect(clock.follow(), "far apart, nothing is followed").toBe(false);
    }
  });

  it("goes on where another thread or process of this boot is", () => {
    const machine = new Machine();
    const { offsetMs } = new SystemClock(undefined, machine);
    machine.setMs = 3_600_000;
    const successor = new SystemClock(offsetMs, machine);
    expect([successor.wallMs(), successor.systemAheadMs()]).toEqual([START_MS + 5000, 3_600_000]);
  });

  it.each([900, -900])("makes up a difference of %i ms by half a millisecond a second, and never falls", (setMs) => {
    const machine = new Machine();
    const clock = new SystemClock(undefined, machine);
    machine.setMs = setMs;
    let last = clock.wallMs();
    for (let second = 1; second <= 100; second++) {
      for (let look = 0; look < 4; look++) {
        machine.passedMs += 250;
        clock.follow();
        expect(clock.wallMs()).toBeGreaterThanOrEqual(last);
        last = clock.wallMs();
      }
      expect(Math.abs(clock.systemAheadMs())).toBeCloseTo(900 - 0.5 * second, 1);
    }
    for (let second = 0; second < 2000; second++) {
      machine.passedMs += 1000;
      clock.follow();
    }
    expect(Math.abs(clock.systemAheadMs()), "and then it agrees").toBeLessThan(3);
  });

  it("follows up to the limit, and not a millisecond beyond", () => {
    for (const [setMs, follows] of [
      [CLOCKS_APART_MS_MAX, true],
      [CLOCKS_APART_MS_MAX + 1, false],
      [1, false],
    ] as const) {
      const machine = new Machine();
      const clock = new SystemClock(undefined, machine);
      machine.setMs = setMs;
      machine.passedMs += 1000;
      expect(clock.follow(), `${setMs}`).toBe(follows);
    }
  });

  it("is set back when somebody says so", () => {
    const machine = new Machine();
    const clock = new SystemClock(undefined, machine);
    clock.wallMs();
    machine.setMs = -60_000;
    clock.set(clock.systemOffsetMs());
    expect([clock.wallMs(), clock.systemAheadMs()]).toEqual([START_MS + 5000 - 60_000, 0]);
  });

  it("is the host's clock where no machine is given", () => {
    const clock = new SystemClock();
    expect(Math.abs(clock.wallMs() - Date.now())).toBeLessThan(1000);
    expect(Math.abs(clock.nowNs() - Number(process.hrtime.bigint()))).toBeLessThan(1e9);
  });
});
