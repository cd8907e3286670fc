import { describe, expect, it } from "vitest";
import { Surplus } from "../../src/core/surplus.ts";
import { lots, type Ns } from "../../src/domain/units.ts";

const Y_MS = 1500;
const at = (ms: number) => (ms * 1e6) as Ns;

/** Wished: 500 short. */
function rig(): { surplus: Surplus; fill: (quantity: number, ms?: number) => number; aim: (target: number) => number } {
  const surplus = new Surplus(2, Y_MS);
  surplus.aim(0, lots(-500));
  surplus.allowNetting(0, 150);
  return {
    surplus,
    fill: (quantity, ms = 0) => {
      surplus.onFill(0, quantity, at(ms));
      return surplus.lots(0);
    },
    aim: (target) => {
      surplus.aim(0, lots(target));
      return surplus.lots(0);
    },
  };
}

describe("a surplus", () => {
  it("is what fills took beyond the target, signed like the position", () => {
    const { surplus, fill } = rig();
    expect([fill(-300), fill(-200), fill(-70), fill(-30)]).toEqual([0, 0, -70, -100]);
    expect(surplus.lots(1)).toBe(0);
  });

  it("goes with opposite fills, which make none before they pass flat", () => {
    const { fill } = rig();
    fill(-600);
    expect([fill(40), fill(60), fill(500)]).toEqual([-60, 0, 0]);
  });

  it("is not made by a target that moves, only netted by it", () => {
    const { fill, aim } = rig();
    fill(-500);
    expect(aim(-200)).toBe(0);
    // 300 are to go by a decision; 50 more than that have filled too much.
    expect(fill(-50)).toBe(-50);
    expect(fill(250)).toBe(-50);
    expect(aim(-280)).toBe(-20);
    expect(aim(-1000)).toBe(0);
    expect(aim(-200)).toBe(0);
  });

  it("past flat is all of what lies on the other side", () => {
    const { fill, aim } = rig();
    fill(-500);
    aim(0);
    expect(fill(530)).toBe(30);
    expect(fill(-30)).toBe(0);
  });

  it("is none where the position is still on its way to the target", () => {
    const { fill, aim } = rig();
    aim(300);
    expect([fill(200), fill(100), fill(1)]).toEqual([0, 0, 1]);
  });

  it("is due when netting has had its time, counted from its first lot", () => {
    const { surplus, fill } = rig();
    fill(-600, 10);
    fill(-100, 100);
    expect(surplus.nextTimerNs(at(100))).toBe(at(160));
    expect([surplus.isDue(0, at(159)), surplus.isDue(0, at(160)), surplus.isDue(1, at(999))]).toEqual([
      false,
      true,
      false,
    ]);
    fill(200, 170);
    expect(surplus.isDue(0, at(999))).toBe(false);
    fill(-1, 1000);
    expect([surplus.isDue(0, at(1149)), surplus.isDue(0, at(1150))]).toEqual([false, true]);
  });

  it("is overdue once, past Y, and again only after it was gone", () => {
    const { surplus, fill } = rig();
    fill(-600, 10);
    expect(surplus.nextTimerNs(at(200))).toBe(at(1510));
    expect([surplus.takeOverdue(at(1509)), surplus.takeOverdue(at(1510)), surplus.takeOverdue(at(1511))]).toEqual([
      -1, 0, -1,
    ]);
    expect(surplus.nextTimerNs(at(1511))).toBe(Number.POSITIVE_INFINITY);
    fill(100, 1600);
    fill(-5, 1700);
    expect([surplus.takeOverdue(at(3199)), surplus.takeOverdue(at(3200))]).toEqual([-1, 0]);
  });

  it("on the other side of flat is another one, with a time of its own", () => {
    const { surplus, fill, aim } = rig();
    aim(0);
    fill(-100, 0);
    expect(surplus.takeOverdue(at(1500))).toBe(0);
    expect(fill(160, 1600)).toBe(60);
    expect([surplus.isDue(0, at(1749)), surplus.isDue(0, at(1750))]).toEqual([false, true]);
    expect([surplus.takeOverdue(at(3099)), surplus.takeOverdue(at(3100))]).toEqual([-1, 0]);
  });

  it("forgiven is none, and grows from nothing again", () => {
    const { surplus, fill } = rig();
    fill(-501);
    surplus.forgive(0);
    expect([surplus.lots(0), fill(-3)]).toEqual([0, -3]);
  });

  it("that a restart finds counts from the restart", () => {
    const { surplus, fill } = rig();
    fill(-600, 1e6);
    surplus.restart(at(5));
    expect([surplus.isDue(0, at(154)), surplus.isDue(0, at(155))]).toEqual([false, true]);
  });
});
