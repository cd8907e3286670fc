/** The kernel bench itself: all sides compute the same thing, a side that does not is found, and bars are read the right way round. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KERNEL_BARS } from "../../bench/budgets.ts";
import { casesOf } from "../../bench/kernels/cases.ts";
import type { Case } from "../../bench/kernels/data.ts";
import { controlsApart, judgeBars, kernelRows } from "../../bench/kernels/report.ts";
import { RIVALS, type Rival, startRival } from "../../bench/kernels/rival.ts";
import { CONTROL, disagreements, type Measured, measure } from "../../bench/kernels/rounds.ts";
import { measureSlices } from "../../bench/kernels/slices.ts";

const cases = casesOf(true);
let directory: string;
let rival: Rival | null;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "outrigger-test-"));
  rival = startRival("C", directory);
  if (rival === null) console.log("skipped: C sides need a C compiler");
  for (const { name, data } of cases) {
    const head = [data.rows, data.columns, data.parameter];
    writeFileSync(join(directory, `${name}.f64`), Float64Array.from([...head, ...data.values]));
  }
});

afterAll(() => {
  rival?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe("the sides of a case", () => {
  test.each(cases.map((each) => [each.name, each] as const))(
    "%s: agree, each with itself and with C",
    async (_, each) => {
      const measured = await measure(each, rival === null ? [] : [rival], 1, 0.05);
      expect(disagreements(measured)).toEqual([]);
      const names = [...each.sides.map(({ name }) => name), CONTROL, ...(rival === null ? [] : ["C"])];
      expect(measured.map(({ side }) => side)).toEqual(names);
      for (const { nsPerUnit } of measured) expect(nsPerUnit[0]).toBeGreaterThan(0);
    },
  );

  test("one that computes something else is found", async () => {
    const [good] = cases;
    const off: Case = { ...good!, sides: [good!.sides[0], { name: "off", run: () => good!.sides[0].run() * 1.00001 }] };
    const nothing: Case = { ...good!, sides: [good!.sides[0], { name: "nothing", run: () => Number.NaN }] };
    expect(disagreements(await measure(off, [], 1, 0.05))).toEqual([expect.stringMatching(/^off gives/)]);
    expect(disagreements(await measure(nothing, [], 1, 0.05))).toEqual([expect.stringMatching(/^nothing gives NaN/)]);
  });
});

const rounds = (side: string, ...nsPerUnit: number[]): Measured => ({ side, nsPerUnit, result: 1, expected: 1 });

describe("bars", () => {
  const rows = kernelRows({ name: "z" } as Case, [
    rounds("ours", 10, 20, 10),
    rounds("kernel", 5, 10, 5),
    rounds("C", 8, 16, 80),
    rounds(CONTROL, 11, 24, 11),
  ]);

  test("a ratio is the median of the rounds' own, so that a slow round counts once", () => {
    expect(rows.map(({ ratio }) => ratio)).toEqual([1, 0.5, 0.8, 1.1]);
    expect(rows.map(({ bestRatio }) => bestRatio)).toEqual([1, 0.5, 0.8, 1.1]);
    expect(controlsApart(rows)).toEqual([{ case: "z", apart: expect.closeTo(0.1) }]);
  });

  test.each([
    ["most", undefined, 1.3, 1.25, true],
    ["most", undefined, 1.2, 1.25, false],
    ["most", "kernel", 0.7, 0.625, true],
    ["least", undefined, 0.7, 0.8, true],
    ["least", undefined, 0.9, 0.8, false],
    ["least", "kernel", 1.7, 1.6, false],
  ] as const)("at %s, of %s, %d times: %d", (at, of, times, value, pass) => {
    const bar = { case: "z", side: "C", at, times, ...(of === undefined ? {} : { of }) };
    expect(judgeBars(rows, [bar])).toEqual([expect.objectContaining({ value: expect.closeTo(value), pass })]);
  });

  test("each names a side that its case has", () => {
    for (const { case: name, side, of } of KERNEL_BARS) {
      const sides = [
        ...cases.find((each) => each.name === name)!.sides.map((each) => each.name),
        ...Object.keys(RIVALS),
      ];
      expect(sides).toContain(side);
      if (of !== undefined) expect(sides).toContain(of);
    }
    expect(judgeBars(rows, [{ case: "z", side: "nobody", at: "most", times: 1 }])).toEqual([]);
  });
});

test("slices are timed one by one", () => {
  const found = measureSlices(2, true);
  expect(found.length).toBeGreaterThan(5);
  for (const { slices, totalUs, p50Us, longestUs, maxUs } of found) {
    expect(slices).toBeGreaterThan(1);
    expect(p50Us).toBeGreaterThan(0);
    expect(longestUs).toBeLessThanOrEqual(maxUs);
    expect(totalUs).toBeGreaterThan(longestUs / 2);
  }
});
