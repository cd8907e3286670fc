/** What analyses bring from outside the core: taken over, refused or said aloud, and kept by the journal. */
import { describe, expect, it } from "vitest";
import type { Analysis } from "../../src/core/analysis.ts";
import type { Event } from "../../src/core/event.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import { Core } from "../../src/core/step.ts";
import type { EpochMs, Ns } from "../../src/domain/units.ts";
import { encodeRareEvent, readEvent } from "../../src/journal/event-records.ts";
import { RECORD } from "../../src/journal/records.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { BETA_RULE, BTC, BTC_PERP, coreConfig, coreParts, ETH, ETH_PERP, SHIELD } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";
import { foldBoth } from "../support/snapshot-fold.ts";

const BETAS = {
  ols: 0.6,
  returns: 0.7,
  combined: 0.8,
  johansen: 0.9,
  cointegrationRank: 0,
  rankTest: "case 2",
  spanDays: 200,
};
const betas = (fields: object = {}): Analysis =>
  ({ kind: "beta", asset: BTC, hedge: BTC_PERP, ...BETAS, ...fields }) as Analysis;
const DAY_MS = 86_400_000;

describe("a shield takes a new hedge ratio over", () => {
  const auto = { ...BETA_RULE, method: "auto" as const };

  it("and sizes by it from then on", () => {
    const rig = CoreRig.ready({ shields: [{ betaRule: auto }] });
    rig.analysis(betas());
    expect(alarmsIn(rig.take())).toEqual(["BETA_CHANGED"]);
    rig.signal({ strength: 1 });
    expect(rig.order().qtyLots).toBe(800);
  });

  it("silently where it hardly moved, and only for its own pair", () => {
    const rig = CoreRig.ready({ shields: [{ betaRule: auto }] });
    rig.analysis(betas({ asset: ETH, hedge: ETH_PERP, combined: 5 }));
    rig.analysis(betas({ combined: 0.95 }));
    expect(rig.take()).toEqual([]);
    expect(rig.core.shields[0]!.beta).toBe(0.95);
  });

  it("corrects a hedge that it made too large, within one quote", () => {
    const rig = CoreRig.ready({
      shields: [{ betaRule: auto, volatility: { lambda: 0.99, sampleMs: 1000, dailyPrior: 5 } }],
    });
    rig.signal({ strength: 1 });
    rig.fill(rig.order());
    rig.nowMs += 300;
    rig.analysis(betas({ combined: 0.8 }));
    rig.take();
    rig.quote(0);
    expect(rig.order()).toMatchObject({ side: "buy", qtyLots: 200, reduceOnly: true });
  });

  it("and says once when it was not revalidated for 30 days", () => {
    const rig = CoreRig.ready({ shields: [{ betaRule: auto }] });
    rig.analysis(betas({ combined: 1 }));
    rig.nowMs += 30 * DAY_MS;
    rig.quote(0);
    expect(alarmsIn(rig.take())).toEqual([]);
    rig.nowMs += 1;
    rig.quote(0);
    rig.quote(0);
    expect(alarmsIn(rig.take())).toEqual(["BETA_OVERDUE"]);
  });
});

describe("a shield takes refitted weights over", () => {
  const weights = (version: number, values: readonly number[]): Analysis => ({
    kind: "weights",
    owner: 0,
    version,
    weights: values,
  });

  it("where they move little, and refuses the rest aloud", () => {
    // Signal strength alone counts at first; 5 points of it go to risk aversion, which is a half.
    const rig = CoreRig.ready();
    rig.analysis(weights(1, [0, 0.9, 0, 0.1, 0]));
    expect(alarmsIn(rig.take())).toEqual(["ANALYSIS_REFUSED"]);
    rig.analysis(weights(1, [0, 0.95, 0, 0.05, 0]));
    expect(rig.take()).toEqual([]);
    rig.signal({ strength: 1 });
    expect(rig.order().qtyLots).toBe(975);
  });
});

describe("a signal playbook takes refitted weights over", () => {
  const PRIOR = [0, 1, 0, 0, 0] as const;
  const linear = { ...SHIELD.linear, weights: PRIOR, riskAversion: 0 };
  const options = {
    shields: [{}],
    signals: [
      { notional: 6000.01, primary: ETH_PERP, hedge: BTC_PERP, asset: ETH, policy: { policy: "linear", linear } },
    ],
    score: { weights: Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number> },
  } as const;
  const weights = (version: number, values: readonly number[], owner = 1): Analysis => ({
    kind: "weights",
    owner,
    version,
    weights: values,
  });
  /** h of an open at full strength, which is the weight of strength. */
  const opensAt = (rig: CoreRig) => {
    for (const { index } of rig.core.config.directory.listings) rig.quote(index);
    rig.signal({ kind: "open", confidence: 0.7, strength: 1, instrument: ETH, horizonMs: 60_000 });
    return rig.core.playbooks[0]!.position.h;
  };

  it("and sizes by them from then on, in a later life too", () => {
    const rig = CoreRig.ready(options);
    rig.analysis(weights(1, [0, 0.9, 0, 0.1, 0]));
    expect(alarmsIn(rig.take())).toEqual(["ANALYSIS_REFUSED"]);
    rig.analysis(weights(1, [0, 0.95, 0, 0.05, 0]));
    rig.analysis(weights(1, [0, 0.95, 0.05, 0, 0], 0));
    expect(opensAt(CoreRig.restarted(rig, options))).toBe(0.95);
    const core = new Core(coreConfig(options), coreParts(2));
    const { fold, whole } = foldBoth(core, rig.journal.records, rig.journal.records.length);
    expect(fold.save().core.playbooks).toMatchObject([{ weights: { current: { version: 1 }, newest: 1 } }]);
    expect(fold.save().core.playbooks).toEqual(whole.save().core.playbooks);
    expect(opensAt(rig)).toBe(0.95);
  });

  it("and goes back to those before when it is told to, for a week at least", () => {
    const rig = CoreRig.ready(options);
    rig.analysis(weights(1, [0, 0.95, 0, 0.05, 0]));
    rig.nowMs += 7 * DAY_MS;
    rig.analysis(weights(0, []));
    expect(alarmsIn(rig.take())).toEqual(["WEIGHTS_REVERTED"]);
    rig.analysis(weights(2, [0, 0.95, 0, 0.05, 0]));
    rig.analysis(weights(1, []));
    expect(alarmsIn(rig.take())).toEqual(["ANALYSIS_REFUSED", "ANALYSIS_REFUSED"]);
    expect(opensAt(CoreRig.restarted(rig, options))).toBe(1);
    rig.nowMs += 7 * DAY_MS;
    rig.analysis(weights(2, [0, 0.95, 0, 0.05, 0]));
    expect(alarmsIn(rig.take())).toEqual([]);
  });
});

it("a staged rollout shrinks what a shield wishes", () => {
  const rig = CoreRig.ready({ ramp: { fraction: 0.1, startMs: Number.MAX_SAFE_INTEGER, durationMs: 14 * DAY_MS } });
  rig.signal({ strength: 1 });
  expect(rig.order().qtyLots).toBe(100);
});

it.each<Analysis>([
  betas({ johansen: Number.NaN }),
  { kind: "halfLife", asset: BTC, hedge: ETH, bars: Number.NaN },
  { kind: "excursions", asset: BTC, count: 30, p95: 0.2 },
  { kind: "weights", owner: 0, version: 3, weights: [0.35, 0.25, 0.2, 0.15, 0.05] },
])("%o is read from the journal as it was", (analysis) => {
  const event: Event = { type: "analysis", nowNs: 5 as Ns, wallMs: 6 as EpochMs, analysis };
  const payload = encodeRareEvent(7, event);
  const bytes = bytesIn(payload);
  expect(readEvent(RECORD.EVENT_ANALYSIS, bytes, 0, payload.length, event.nowNs, event.wallMs)).toEqual({
    step: 7,
    event,
  });
});
