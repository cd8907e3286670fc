import { describe, expect, it, test } from "vitest";
import { OKX_AUTH_CODES, okxSwapOutcome } from "../../../src/venues/okx-swap/codes.ts";

describe("a new order", () => {
  test("code 0 is an acknowledgement and no more", () => expect(okxSwapOutcome("place", 0)).toBe("ack"));

  it.each([
    ["duplicate ids", [51_016, 51_011, 50_071], "duplicateId"],
    ["size, price and margin", [51_000, 51_006, 51_008, 51_020, 51_120, 51_121, 51_131, 51_150], "rejected"],
    ["reduce-only", [51_169, 51_170, 51_205], "rejected"],
    ["throttling", [50_011, 50_061, 60_014], "rejected"],
    ["deadlines", [50_036, 50_037], "rejected"],
    ["keys and clocks", [50_102, 50_105, 50_110, 50_111, 50_113, 60_011], "rejected"],
    ["the gateway's own", [60_012, 60_013, 60_033, 50_014], "rejected"],
    ["timeouts, documented as saying nothing", [50_004, 51_054, 51_149], "unknown"],
    ["a system that is busy, down or failing", [50_001, 50_013, 50_026, 63_999, 64_007, 50_042], "unknown"],
    ["codes of other operations", [51_400, 51_603], "unknown"],
  ] as const)("%s", (_what, codes, kind) => {
    for (const code of codes) expect([code, okxSwapOutcome("place", code)]).toEqual([code, kind]);
  });

  test("every code that no table has is unknown: those to come, and every neighbour", () => {
    for (const code of [1, 2, -1, 51_035, 51_141, 51_160, 51_999, 52_000, 59_999, 61_000, 99_999])
      expect([code, okxSwapOutcome("place", code)]).toEqual([code, "unknown"]);
  });
});

test("a cancel that finds nothing proves nothing of the order; every other failure even less", () => {
  expect(okxSwapOutcome("cancel", 0)).toBe("ack");
  for (const code of [51_400, 51_401, 51_402, 51_603]) expect(okxSwapOutcome("cancel", code)).toBe("cancelUnknown");
  for (const code of [51_008, 51_016, 50_011, 50_004, 51_410, 60_011])
    expect(okxSwapOutcome("cancel", code)).toBe("unknown");
});

test("a query finds, does not find, or does not know", () => {
  expect(okxSwapOutcome("query", 51_603)).toBe("notFound");
  for (const code of [51_400, 51_001, 50_011, 50_026, 50_102]) expect(okxSwapOutcome("query", code)).toBe("unknown");
});

test("a clock that is off is no reason to give up on a key", () => {
  for (const code of [50_102, 60_006]) expect(OKX_AUTH_CODES.has(code)).toBe(false);
  for (const code of [50_105, 50_111, 50_113, 60_005, 60_007, 60_024]) expect(OKX_AUTH_CODES.has(code)).toBe(true);
});
