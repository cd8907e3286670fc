import { expect, it } from "vitest";
import { KillParts } from "../../src/core/kill-parts.ts";
import type { EpochMs } from "../../src/domain/units.ts";

const AT = 1e12 as EpochMs;

it("knows the highest level of all that an order is under, and no part beyond its bounds", () => {
  const parts = new KillParts();
  expect(parts.change("venue", 1, 1, false, AT)).toBe("raised");
  expect(parts.change("playbook", 2, 2, false, AT)).toBe("raised");
  expect(parts.change("playbook", 2, 2, true, AT)).toBe("unchanged");
  expect([parts.levelFor(1, 0, 0), parts.levelFor(1, 0, 2), parts.levelFor(0, 1, 1)]).toEqual([1, 2, 0]);
  for (const index of [-1, 256, 0.5]) expect(parts.change("venue", index, 1, false, AT)).toBe("invalid");
  expect(parts.change("planet" as never, 0, 1, false, AT)).toBe("invalid");
  expect(parts.change("venue", 0, 3 as never, false, AT)).toBe("invalid");
  // Orders that no log knows have no playbook.
  expect(parts.levelFor(0, 0, 0xffff)).toBe(0);
});

it("goes on from what was saved, with what was proposed", () => {
  const before = new KillParts();
  before.change("instrument", 3, 2, false, AT);
  before.change("instrument", 3, 1, false, AT);
  const parts = new KillParts();
  parts.load(before.save());
  expect(parts.levelFor(0, 3, 0)).toBe(2);
  expect(parts.change("instrument", 3, 1, true, AT)).toBe("lowered");
  expect(before.levelFor(0, 3, 0)).toBe(2);
});
