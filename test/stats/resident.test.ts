/** Resident memory: leases keep apart, outlive growth, and serve again when they have ended. */
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { StatsKernels } from "../../src/stats/kernels.ts";
import { Resident } from "../../src/stats/resident.ts";

function createResident(bytesMax: number): Resident {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1024 });
  return new Resident({ memory, kernels: { heapBase: () => 1000 } as StatsKernels }, bytesMax);
}

test("leases start on cache lines, do not overlap, and keep their values when the memory grows", () => {
  const resident = createResident(1024 * 65_536);
  const owners = [3, 1000, 17, 60_000, 9, 300_000].map((count) => ({ count, ...resident.lease({}, count) }));
  for (const [index, { at, count }] of owners.entries()) resident.view(at, count).fill(index);
  for (const [index, { at, count, size }] of owners.entries()) {
    expect(at % 64).toBe(0);
    expect(at).toBeGreaterThanOrEqual(1000);
    expect(size).toBeGreaterThanOrEqual(count);
    expect(size).toBeLessThan(count * 1.25 + 8);
    expect(resident.view(at, count).every((value) => value === index)).toBe(true);
    expect(resident.read(at, count - 1)).toBe(index);
  }
});

test("what has ended serves the next lease of its size, once", () => {
  const resident = createResident(65_536 * 16);
  const first = resident.lease({}, 100);
  const other = resident.lease({}, 100);
  resident.end(first);
  resident.end(first);
  const again = resident.lease({}, 99);
  expect(again.at).toBe(first.at);
  const next = resident.lease({}, 100);
  expect([first.at, other.at]).not.toContain(next.at);
});

test("a lease ends with its owner", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const resident = createResident(65_536 * 16);
  const { at } = resident.lease({}, 500);
  for (let turn = 0; turn < 200; turn++) {
    collect();
    await sleep(5);
    const owner = {};
    const found = resident.lease(owner, 500);
    if (found.at === at) return;
    resident.end(found);
  }
  throw new Error("the owner was collected 200 times over, its lease never");
});

test("beyond the limit a lease is refused, and the rest goes on", () => {
  const resident = createResident(65_536 * 16);
  expect(() => resident.lease({}, 200_000)).toThrow(expect.objectContaining({ code: "TOO_LARGE", limit: 65_536 * 16 }));
  const { at } = resident.lease({}, 100_000);
  resident.write(at, 99_999, 7);
  expect(resident.read(at, 99_999)).toBe(7);
  expect(() => resident.lease({}, 100_000)).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
});
