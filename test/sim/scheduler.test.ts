import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Scheduler } from "../../src/sim/scheduler.ts";
import { VirtualClock } from "../../src/time/clock.ts";

const create = () => new Scheduler(new VirtualClock(1_700_000_000_000));

describe("the scheduler", () => {
  it("runs actions by due time, ties in the order they were scheduled", () => {
    const delays = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 });
    fc.assert(
      fc.property(delays, (delaysMs) => {
        const scheduler = create();
        const ran: number[] = [];
        delaysMs.forEach((delayMs, index) => void scheduler.after(delayMs, () => ran.push(index)));
        while (scheduler.step());
        const stable = delaysMs.map((delayMs, index) => ({ delayMs, index })).sort((a, b) => a.delayMs - b.delayMs);
        expect(ran).toEqual(stable.map(({ index }) => index));
      }),
    );
  });

  it("cancels exactly what it is told to", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean()), { maxLength: 100 }), (plan) => {
        const scheduler = create();
        const ran = new Set<number>();
        const handles = plan.map(([delayMs], index) => scheduler.after(delayMs, () => ran.add(index)));
        for (const [index, [, isCancelled]] of plan.entries()) if (isCancelled) scheduler.cancel(handles[index]!);
        const kept = plan.flatMap(([, isCancelled], index) => (isCancelled ? [] : [index]));
        expect(scheduler.pendingCount).toBe(kept.length);
        scheduler.runFor(20);
        expect([...ran].sort((a, b) => a - b)).toEqual(kept);
        expect(scheduler.pendingCount).toBe(0);
      }),
    );
  });

  it("stands at the due time while an action runs, and at the end of the run after it", () => {
    const scheduler = create();
    const seen: number[] = [];
    scheduler.after(5, () => {
      seen.push(scheduler.nowMs, scheduler.clock.nowNs(), scheduler.clock.wallMs());
      scheduler.after(2, () => seen.push(scheduler.nowMs));
    });
    scheduler.after(30, () => seen.push(-1));
    scheduler.runFor(10);
    expect(seen).toEqual([5, 5e6, 1_700_000_000_005, 7]);
    expect(scheduler.nowMs).toBe(10);
    expect(scheduler.clock.wallMs()).toBe(1_700_000_000_010);
  });

  it("keeps clock and schedule exactly together over millions of odd delays", () => {
    const scheduler = create();
    let left = 200_000;
    const again = () => {
      left -= 1;
      if (left > 0) scheduler.after(0.1 + (left % 7) / 3, again);
    };
    scheduler.after(0, again);
    while (scheduler.step());
    expect(scheduler.clock.nowNs()).toBe(scheduler.nowMs * 1e6);
    expect(Number.isInteger(scheduler.clock.nowNs())).toBe(true);
    expect(scheduler.nowMs).toBeGreaterThanOrEqual(200_000);
  });

  it("never runs an action early and refuses the past", () => {
    const scheduler = create();
    let ranAtMs = -1;
    scheduler.after(0.1, () => {
      ranAtMs = scheduler.nowMs;
    });
    scheduler.step();
    expect(ranAtMs).toBeGreaterThanOrEqual(0.1);
    expect(() => scheduler.after(-1, () => {})).toThrow(/-1 ms/);
    expect(() => scheduler.after(Number.NaN, () => {})).toThrow(/NaN ms/);
  });
});
