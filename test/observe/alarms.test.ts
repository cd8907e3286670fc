import { expect, it } from "vitest";
import type { EpochMs } from "../../src/domain/units.ts";
import { Alarms } from "../../src/observe/alarms.ts";

function alarmed(codes: readonly string[]): string[] {
  const alarms = new Alarms();
  for (const [at, code] of codes.entries()) alarms.add({ atMs: at as EpochMs, code, message: "" });
  return alarms.list().map(({ atMs, code }) => `${code} ${atMs}`);
}

it("keeps the last twenty, and of a flood no more than there is room for", () => {
  const flood = (length: number) => Array.from({ length }, () => "SEQUENCE_REPEATED");
  const shown = alarmed(["POSITION_MISMATCH", "UNDER_HEDGED", ...flood(500), "STOP_LOSS", ...flood(500)]);
  expect(shown).toHaveLength(20);
  expect(shown.filter((each) => !each.startsWith("SEQ"))).toEqual([
    "POSITION_MISMATCH 0",
    "UNDER_HEDGED 1",
    "STOP_LOSS 502",
  ]);
  expect(shown.at(-1)).toBe("SEQUENCE_REPEATED 1002");
  const each = Array.from({ length: 30 }, (_, n) => `CODE_${n}`);
  expect(alarmed(each)).toEqual(each.slice(10).map((code, n) => `${code} ${n + 10}`));
});
