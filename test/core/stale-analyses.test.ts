/** Nothing is opened by an analysis that is too old, and why is said; what is open is never left alone for it. */
import { describe, expect, it } from "vitest";
import type { Calibration } from "../../src/core/score/calibration.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import { MeasuredExcursions } from "../../src/core/sizing/insurance.ts";
import { BETA_RULE, BTC, BTC_PERP, ETH_PERP } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";

const DAY_MS = 86_400_000;
const STALE_MS = 14 * DAY_MS;
const REVALIDATE_MS = 30 * DAY_MS;
const MID = 600_000;

const weights = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
const estimated = { method: "returns", revalidateMs: REVALIDATE_MS } as const;
const found = {
  kind: "beta",
  asset: BTC_PERP,
  hedge: ETH_PERP,
  ols: 1,
  returns: 1,
  combined: 1,
  johansen: Number.NaN,
  cointegrationRank: 0,
  rankTest: "none",
  spanDays: 200,
} as const;
const calibration = (outcomes: number): Calibration & { kind: "calibration" } => ({
  kind: "calibration",
  source: 0,
  model: 7,
  modelVersion: 1,
  method: "platt",
  outcomes,
  baseRate: 0.8,
  stated: [0, 1],
  chance: [0.8, 0.8],
});

function requote(rig: CoreRig): void {
  for (const { index } of rig.core.config.directory.listings) rig.quote(index, MID - 1, MID + 1);
}

describe("a signal", () => {
  const ready = (method: "returns" | "fixed" = "returns") =>
    CoreRig.ready({ shields: [], signals: [{ betaRule: { ...BETA_RULE, ...estimated, method } }], score: { weights } });
  const openAfter = (rig: CoreRig, elapsedMs: number) => {
    rig.nowMs += elapsedMs;
    requote(rig);
    rig.take();
    return rig.signal({ kind: "open", confidence: 0.9, horizonMs: 1e6, instrument: BTC });
  };

  it.each([
    ["returns", 0, "hedged"],
    ["returns", REVALIDATE_MS, "hedged"],
    ["returns", REVALIDATE_MS + 1, "refused"],
    // What is configured does not age.
    ["fixed", REVALIDATE_MS + 1, "hedged"],
  ] as const)("with β by %s, %d ms old, is %s", (method, ageMs, outcome) => {
    const rig = ready(method);
    rig.analysis(found);
    const verdict = openAfter(rig, ageMs);
    expect(verdict.outcome).toBe(outcome);
    if (outcome === "refused") {
      expect(verdict.refusal).toEqual({ code: "ANALYSIS_STALE", value: ageMs, limit: REVALIDATE_MS });
    }
  });

  it("goes by its owner's β where none was ever estimated", () => {
    expect(openAfter(ready(), 400 * DAY_MS).outcome).toBe("hedged");
  });

  it.each([
    [STALE_MS, "hedged"],
    [STALE_MS + 1, "refused"],
  ])("scored by a calibration that is %d ms old is %s", (ageMs, outcome) => {
    const rig = ready("fixed");
    rig.analysis(calibration(60));
    const verdict = openAfter(rig, ageMs);
    expect(verdict.outcome).toBe(outcome);
    if (outcome === "refused") {
      expect(verdict.refusal).toEqual({ code: "ANALYSIS_STALE", value: ageMs, limit: STALE_MS });
    }
    // Another version of the model was never calibrated: its stated confidence counts, as before.
    const other = rig.signal({ kind: "open", confidence: 0.9, horizonMs: 1e6, instrument: BTC, modelVersion: 2 });
    expect(other.refusal?.code).not.toBe("ANALYSIS_STALE");
  });

  it("that is open is adjusted and closed whatever the age of β", () => {
    const rig = ready();
    rig.analysis(found);
    openAfter(rig, 0);
    for (const order of rig.placed()) rig.fill(order);
    rig.nowMs += REVALIDATE_MS + 1000;
    requote(rig);
    expect(rig.signal({ kind: "adjust", confidence: 0.7, horizonMs: 1e6, instrument: BTC }).outcome).toBe("hedged");
    rig.nowMs += 1000;
    requote(rig);
    expect(rig.signal({ kind: "close", direction: "flat", instrument: BTC }).outcome).toBe("hedged");
  });
});

describe("a reversion", () => {
  /** A full window around 0, then `analyses` that are `ageMs` old, then a spread of 2.5 deviations. */
  function stretched(ageMs: number, analyses: (rig: CoreRig) => void): CoreRig {
    const rig = CoreRig.ready({ shields: [], reversions: [{ stopLoss: 1, betaRule: { ...BETA_RULE, ...estimated } }] });
    const spreadAt = (spread: number) => {
      const mid = Math.round(MID * (1 + spread));
      for (const listing of [0, 1, 2]) rig.quote(listing, mid - 1, mid + 1);
      for (const listing of [3, 4, 5]) rig.quote(listing, MID - 1, MID + 1);
    };
    analyses(rig);
    rig.nowMs += ageMs - 22_000;
    for (let bar = 0; bar <= 21; bar++) {
      rig.nowMs += 1000;
      spreadAt(bar % 2 === 0 ? 0.01 : -0.01);
    }
    rig.take();
    spreadAt(0.025);
    rig.nowMs += 300;
    spreadAt(0.025);
    return rig;
  }
  const halfLife = { kind: "halfLife", asset: BTC_PERP, hedge: ETH_PERP, bars: 10 } as const;
  const missing = (rig: CoreRig) =>
    rig
      .take()
      .flatMap((command) =>
        command.type === "alarm" && command.alarm.code === "ANALYSIS_MISSING" ? [command.alarm] : [],
      );

  it("enters by a half-life and a β of now", () => {
    const rig = stretched(DAY_MS, (core) => {
      core.analysis(found);
      core.analysis(halfLife);
    });
    expect(rig.placed().length).toBeGreaterThan(0);
  });

  it.each<[string, number, (rig: CoreRig) => void, string]>([
    ["no half-life", DAY_MS, (rig) => rig.analysis(found), "its half-life is not known"],
    ["an old one", STALE_MS + 2000, (rig) => rig.analysis(halfLife), "its half-life was measured too long ago"],
    [
      "an old β",
      REVALIDATE_MS + 2000,
      (rig) => {
        rig.analysis(found);
        rig.nowMs += REVALIDATE_MS - DAY_MS;
        rig.analysis(halfLife);
        rig.nowMs -= REVALIDATE_MS - DAY_MS;
      },
      "its β was estimated too long ago",
    ],
  ])("does not enter with %s, and says so once", (_, ageMs, analyses, words) => {
    const rig = stretched(ageMs, analyses);
    const alarms = missing(rig);
    expect(alarms.map(({ message }) => message)).toEqual([`reversion:BTC/USDT:USDT: would enter, but ${words}`]);
    expect(rig.placed()).toEqual([]);
  });
});

it.each([
  [0, 0.3],
  [STALE_MS, 0.3],
  [STALE_MS + 1, null],
])("excursions %d ms old give %s", (ageMs, p95) => {
  const measured = new MeasuredExcursions();
  expect(measured.at(1000, STALE_MS)).toBeNull();
  measured.take({ count: 25, p95: 0.3 }, 1000);
  expect(measured.at(1000 + ageMs, STALE_MS)?.p95 ?? null).toBe(p95);
});
