/** The replay rules of SPEC §3, one example per edge. */
import { expect, it } from "vitest";
import { judgeReplay, judgeReplays, type ReplayCandidate } from "../../src/dead-letters/rules.ts";
import type { DecodedSignal } from "../../src/domain/signal.ts";
import { DEFAULT_MAX_AGE_MS, FUTURE_MS_MAX, type SourceRules } from "../../src/gateway/admission.ts";

const NOW = 1_760_000_000_000;
const LIMITS = { openAgeMsMax: 5000, priceCollarBps: 100 };
const HOUR = 3_600_000;

const source: SourceRules = {
  index: 0,
  name: "s",
  kinds: ["open", "adjust", "close", "hedge"],
  maxAgeMs: DEFAULT_MAX_AGE_MS,
  ratePerSecMax: 1,
  rateBurst: 1,
};

function candidate(position: number, signal: Partial<DecodedSignal> = {}, rest: Partial<ReplayCandidate> = {}) {
  const decoded = { kind: "hedge", direction: "long", horizonMs: HOUR, generatedAtMs: NOW - 1000, ...signal };
  const marks = { markThen: 100, markNow: 100 };
  return { position, source, signal: decoded as DecodedSignal, instrument: 0, ...marks, ...rest };
}

it.each<readonly [string, ReplayCandidate, boolean, string | null]>([
  ["young and at its price", candidate(1), false, null],
  ["exactly as old as goes without a yes", candidate(1, { generatedAtMs: (NOW - 5000) as never }), false, null],
  ["a millisecond older", candidate(1, { generatedAtMs: (NOW - 5001) as never }), false, "NEEDS_YES"],
  ["the same with a yes", candidate(1, { generatedAtMs: (NOW - 5001) as never }), true, null],
  ["an open of that age", candidate(1, { kind: "open", generatedAtMs: (NOW - 5001) as never }), false, "NEEDS_YES"],
  ["a close of any age", candidate(1, { kind: "close", generatedAtMs: 0 as never }), false, null],
  ["flat is a close", candidate(1, { direction: "flat", generatedAtMs: (NOW - 2 * HOUR) as never }), false, null],
  ["at its horizon", candidate(1, { generatedAtMs: (NOW - HOUR) as never }), true, null],
  ["past its horizon, yes or no", candidate(1, { generatedAtMs: (NOW - HOUR - 1) as never }), true, "EXPIRED"],
  ["a price at the collar, up", candidate(1, {}, { markNow: 101 }), false, null],
  ["a price past the collar, up", candidate(1, {}, { markNow: 101.001 }), true, "PRICE_MOVED"],
  ["a price past the collar, down", candidate(1, {}, { markNow: 98.999 }), true, "PRICE_MOVED"],
  ["a close past the collar", candidate(1, { kind: "close" }, { markNow: 110 }), false, "PRICE_MOVED"],
  ["a close past the collar, with a yes", candidate(1, { kind: "close" }, { markNow: 110 }), true, null],
  ["no price then", candidate(1, {}, { markThen: Number.NaN }), false, "NEEDS_YES"],
  ["no price now", candidate(1, {}, { markNow: Number.NaN }), false, "NEEDS_YES"],
  ["no price, with a yes", candidate(1, {}, { markNow: Number.NaN }), true, null],
  ["no price, but a close", candidate(1, { kind: "close" }, { markNow: Number.NaN }), false, null],
  ["a kind its source may not send", candidate(1, { kind: "evidence" }), true, "KIND_REFUSED"],
  ["as far ahead as clocks may be", candidate(1, { generatedAtMs: (NOW + FUTURE_MS_MAX) as never }), false, null],
  ["farther", candidate(1, { generatedAtMs: (NOW + FUTURE_MS_MAX + 1) as never }), true, "FROM_FUTURE"],
])("%s", (_, each, yes, code) => {
  expect(judgeReplay(each, LIMITS, NOW, yes)?.code ?? null).toBe(code);
});

const codes = (
  candidates: readonly ReplayCandidate[],
  open: readonly { position: number; instrument: number }[] = [],
) =>
  [...judgeReplays(candidates, open, LIMITS, NOW, false)].map(([position, refusal]) => [
    position,
    refusal?.code ?? null,
  ]);

it("lets the newest state of each instrument pass, and no older one", () => {
  expect(
    codes([candidate(1), candidate(2, {}, { instrument: 1 }), candidate(3), candidate(4, { kind: "close" })]),
  ).toEqual([
    [1, "SUPERSEDED"],
    [2, null],
    [3, "SUPERSEDED"],
    [4, null],
  ]);
});

it("does not take evidence for a close, whatever direction it has", () => {
  const evidence = candidate(
    2,
    { kind: "evidence", direction: "flat" },
    { source: { ...source, kinds: ["evidence"] } },
  );
  expect(codes([candidate(1, { kind: "close" }), evidence])).toEqual([
    [1, null],
    [2, null],
  ]);
});

it("is not superseded by what does not pass itself", () => {
  expect(codes([candidate(1), candidate(2, { generatedAtMs: (NOW - 2 * HOUR) as never })])).toEqual([
    [1, null],
    [2, "EXPIRED"],
  ]);
});

it("holds back a change behind older letters of its instrument, and only those", () => {
  const open = [
    { position: 1, instrument: 0 },
    { position: 2, instrument: 0 },
  ];
  const adjust = { kind: "adjust" } as const;
  expect(codes([candidate(1, adjust), candidate(2, adjust), candidate(3, adjust, { instrument: 1 })], open)).toEqual([
    [1, null],
    [2, "BLOCKED"],
    [3, null],
  ]);
  // A state does not wait: it replaces what they would have set.
  expect(codes([candidate(2)], open)).toEqual([[2, null]]);
  expect(codes([candidate(1, adjust), candidate(2)], open)).toEqual([
    [1, "SUPERSEDED"],
    [2, null],
  ]);
});
