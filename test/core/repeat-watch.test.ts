import { expect, it } from "vitest";
import type { Child } from "../../src/core/child.ts";
import { RepeatWatch } from "../../src/core/repeat-watch.ts";
import type { Ns } from "../../src/domain/units.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";

const order = (cause: string, fields: Partial<Child> = {}) =>
  ({ instrument: 0, side: "buy", qtyLots: 10, cause, ...fields }) as Child;
const at = (ms: number) => (ms * 1e6) as Ns;

it("says an order that is like the one before it, of another cause, within the time", () => {
  const suspicious = (ms: number, cause: string, fields: Partial<Child> = {}) => {
    const watch = new RepeatWatch(250, 2);
    expect(watch.hear(order("hook|a"), at(0))).toBeNull();
    return watch.hear(order(cause, fields), at(ms)) !== null;
  };
  expect(suspicious(249, "hook|b")).toBe(true);
  expect(suspicious(250, "hook|b")).toBe(false);
  expect(suspicious(1, "hook|a")).toBe(false);
  expect(suspicious(1, "hook|b", { side: "sell" })).toBe(false);
  expect(suspicious(1, "hook|b", { qtyLots: 11 as never })).toBe(false);
  expect(suspicious(1, "hook|b", { instrument: 1 })).toBe(false);
});

it("alarms once a minute for each instrument, and never where it is switched off", () => {
  const watch = new RepeatWatch(250, 2);
  const heard: number[] = [];
  for (let ms = 0; ms <= 60_300; ms += 100) if (watch.hear(order(`hook|${ms}`), at(ms)) !== null) heard.push(ms);
  expect(heard).toEqual([100, 60_100]);
  const off = new RepeatWatch(0, 1);
  off.hear(order("hook|a"), at(5));
  expect(off.hear(order("hook|b"), at(5))).toBeNull();
});

it("is heard of by the operator, and stops no order", () => {
  const rig = CoreRig.ready({ repeatMs: 250 });
  rig.signal({ strength: 0.1 });
  rig.fill(rig.order());
  rig.nowMs += 50;
  rig.signal({ strength: 0.2 });
  const commands = rig.take();
  expect(alarmsIn(commands)).toEqual(["REPEATED_ORDER"]);
  expect(commands.filter(({ type }) => type === "place")).toHaveLength(1);
});
