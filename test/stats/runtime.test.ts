/** Runtime of the statistics: the arena's promises, and the finiteness check in WebAssembly and in TypeScript. */
import { describe, expect, test } from "vitest";
import { portableStats } from "../../assembly/stats/twin.ts";
import { StatsError } from "../../src/stats/error.ts";
import { compute } from "../../src/stats/runtime.ts";

describe("the arena", () => {
  test("hands out what was copied in, keeps it through growth, and is empty again afterwards", () => {
    const before = compute((_, arena) => arena.reserve(1));
    compute((_, arena) => {
      const small = arena.copyIn([1, 2, 3], "x");
      const large = arena.copyIn(new Float64Array(200_000).fill(7), "y");
      expect([...arena.copyOut(small, 3)]).toEqual([1, 2, 3]);
      expect(arena.read(large, 199_999)).toBe(7);
      expect(small % 16).toBe(0);
    });
    expect(() =>
      compute((_, arena) => {
        arena.reserve(10);
        throw new Error("planned");
      }),
    ).toThrow("planned");
    expect(compute((_, arena) => arena.reserve(1))).toBe(before);
  });

  test("refuses values that are not finite by index, and samples beyond its memory", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (let at = 0; at < 9; at++) {
        const sample = [1e308, 1e308, 1e308, -1e308, 5e-324, 0, -0, 8, 9].with(at, bad);
        expect(() => compute((_, arena) => arena.copyIn(sample, "y"))).toThrow(
          expect.objectContaining({ code: "NOT_FINITE", field: `y[${at}]` }),
        );
      }
    }
    expect(() => compute((_, arena) => arena.reserve(2 ** 28))).toThrow(StatsError);
    expect(() => compute((_, arena) => arena.copyIn([1e308, 1e308, 1e308, 1e308, 1e308], "y"))).not.toThrow();
  });
});

test("the twin finds the same culprit", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const twin = portableStats(memory);
  const values = new Float64Array(memory.buffer);
  values[4096 / 8 + 6] = Number.NaN;
  expect(twin.firstNotFinite(4096, 9)).toBe(6);
  expect(twin.firstNotFinite(4096, 6)).toBe(-1);
});
