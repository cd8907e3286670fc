/** What a restart brings back of scores, positions, breakers, limits and equity: read from the log, never decided again. */
import { describe, expect, it } from "vitest";
import type { ReversionPlaybook } from "../../src/core/playbooks/reversion.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { BTC, BTC_PERP, type CoreOptions, ETH_PERP } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";

const MID = 600_001;
const weights = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
const OPTIONS: CoreOptions = { shields: [], signals: [{ notional: 6000.01 }], score: { weights } };
const open = (rig: CoreRig, fields: Partial<Signal> = {}) =>
  rig.signal({ kind: "open", confidence: 0.75, horizonMs: 60_000, instrument: BTC, ...fields });
const position = (rig: CoreRig) => rig.core.playbooks[0]!.position;
const held = (rig: CoreRig) => [rig.held(BTC_PERP), rig.held(ETH_PERP)];

function fillAll(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
}
/** Nothing more of what is sent from here on fills. */
function expireRest(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) {
    for (const order of orders) rig.status(order, "expired", 0);
  }
}
function requote(rig: CoreRig, btcTicks = MID): void {
  for (const listing of [0, 1, 2]) rig.quote(listing, btcTicks - 1, btcTicks + 1);
  for (const listing of [3, 4, 5]) rig.quote(listing, MID - 1, MID + 1);
}
function opened(options = OPTIONS): CoreRig {
  const rig = CoreRig.ready(options);
  open(rig);
  fillAll(rig);
  rig.nowMs += 300;
  requote(rig);
  return rig;
}
function restarted(before: CoreRig, options = OPTIONS): CoreRig {
  before.nowMs += 1000;
  const rig = CoreRig.restarted(before, options);
  rig.take();
  return rig;
}

describe("an open position", () => {
  it("goes on: same legs, same decision, and it still ages and closes", () => {
    const rig = restarted(opened());
    expect(rig.core.risk.state).toBe("active");
    expect(held(rig)).toEqual([100, -50]);
    expect(position(rig)).toMatchObject({
      state: "open",
      h: 0.5,
      beta: 1,
      decision: { playbook: "signal", baseH: 0.5 },
    });
    requote(rig);
    expect(rig.placed()).toEqual([]);
    rig.nowMs = 30_001;
    requote(rig);
    rig.timer();
    fillAll(rig);
    expect(held(rig)).toEqual([100, -70]);
    rig.nowMs++;
    open(rig, { kind: "close" });
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
    expect(position(rig).state).toBe("flat");
  });

  it("still has its stop, at the price that was paid", () => {
    const rig = restarted(opened());
    requote(rig, Math.floor(600_002 * 0.94));
    expect(alarmsIn(rig.take())).toContain("STOP_LOSS");
  });

  it("refuses what is older than the decision it was made by", () => {
    const before = opened();
    const rig = restarted(before);
    requote(rig);
    expect(open(rig, { kind: "adjust", generatedAtMs: (before.at.wallMs - 5000) as never })).toMatchObject({
      refusal: { code: "SUPERSEDED" },
    });
  });

  it("that was closing goes on closing", () => {
    const before = opened();
    before.nowMs++;
    open(before, { kind: "close" });
    for (const order of before.placed()) before.status(order, "expired", 10);
    expireRest(before);
    const rig = restarted(before);
    expect(held(rig)).toEqual([90, -40]);
    requote(rig);
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
  });
});

describe("an opening that the death cut off", () => {
  // Filled of BTC and of ETH before the death → what remains of each
  it.each([
    [100, 50, 100, -50],
    [100, 25, 50, -25],
    [40, 50, 40, -20],
    [100, 0, 0, 0],
    [0, 50, 0, 0],
  ])("with %i and %i filled keeps %i and %i, and adds nothing", (btc, eth, btcAfter, ethAfter) => {
    const before = CoreRig.ready(OPTIONS);
    open(before);
    const [first, second] = before.placed();
    before.status(first!, btc === 100 ? "filled" : "expired", btc);
    before.status(second!, eth === 50 ? "filled" : "expired", eth);
    expireRest(before);
    const rig = restarted(before);
    for (let n = 0; n < 5; n++) {
      rig.nowMs += 300;
      requote(rig);
      for (const order of rig.placed()) {
        expect(order.reduceOnly).toBe(true);
        rig.fill(order);
      }
    }
    expect(held(rig)).toEqual([btcAfter, ethAfter]);
    expect(position(rig).state).toBe(btcAfter === 0 ? "flat" : "open");
  });

  it("waits for orders in doubt before it matches the legs", () => {
    const before = CoreRig.ready(OPTIONS);
    open(before);
    const [first, second] = before.placed();
    before.fill(first!);
    const rig = restarted(before);
    requote(rig);
    expect(rig.placed()).toEqual([]);
    rig.status(second!, "filled", 50);
    rig.nowMs += 300;
    requote(rig);
    expect(rig.placed()).toEqual([]);
    expect(held(rig)).toEqual([100, -50]);
    expect(position(rig).state).toBe("open");
  });
});

describe("breakers", () => {
  it("stay open, and closed ones closed", () => {
    const before = opened();
    before.control({ type: "fault", breaker: "providerSilent", subject: 0, reason: "silent" });
    before.control({ type: "fault", breaker: "journal", subject: -1, reason: "disk" });
    before.control({ type: "fault", breaker: "providerSilent", subject: 1, reason: "silent" });
    before.control({ type: "acknowledge", breaker: "providerSilent", subject: 1, reason: "seen" });
    const rig = restarted(before);
    expect(rig.core.breakers.tripped.map(({ breaker, subject }) => [breaker, subject])).toEqual([
      ["providerSilent", 0],
      ["journal", -1],
    ]);
    expect(rig.core.risk.state).toBe("reducing");
    rig.control({ type: "acknowledge", breaker: "journal", subject: -1, reason: "disk replaced" });
    expect(rig.core.risk.state).toBe("active");
  });

  it("know the model versions of before", () => {
    const rig = restarted(opened());
    requote(rig);
    rig.nowMs++;
    open(rig, { kind: "adjust", modelVersion: 1 });
    expect(rig.core.breakers.tripped).toEqual([]);
    rig.nowMs++;
    open(rig, { kind: "adjust", modelVersion: 2, confidence: 0.65 });
    expect(rig.core.breakers.isOpen("modelChanged", 0)).toBe(true);
  });

  it("a version that was acknowledged stays so, and one that was not does not", () => {
    const before = opened();
    before.nowMs++;
    open(before, { kind: "adjust", modelVersion: 2, confidence: 0.65 });
    before.control({ type: "acknowledge", breaker: "modelChanged", subject: 0, reason: "known" });
    const rig = restarted(before);
    requote(rig);
    rig.nowMs++;
    open(rig, { kind: "adjust", modelVersion: 2, confidence: 0.65 });
    expect(rig.core.breakers.tripped).toEqual([]);
  });
});

it("limits stay as operators left them, and a proposal can still be confirmed", () => {
  const before = CoreRig.ready(OPTIONS);
  const limit = { type: "limit", reason: "test" } as const;
  before.control({ ...limit, name: "priceCollarBps", value: 50, confirmed: false });
  before.control({ ...limit, name: "ordersPerMinuteMax", value: 20_000, confirmed: false });
  const rig = restarted(before);
  expect(rig.core.risk.limits.of("priceCollarBps")).toBe(50);
  rig.control({ ...limit, name: "ordersPerMinuteMax", value: 20_000, confirmed: true });
  expect(rig.core.risk.limits.of("ordersPerMinuteMax")).toBe(20_000);
});

describe("scores", () => {
  it("wait for the outcomes of before, and keep those that are known", () => {
    const before = opened();
    open(before, { kind: "adjust" });
    const rig = restarted(before);
    expect(rig.core.scorer.outcomes.pendingCount).toBe(2);
    rig.nowMs = 61_000;
    requote(rig, MID + 100);
    expect(rig.core.scorer.outcomes.seen(0, 7, 1)).toBe(2);
    const third = restarted(rig);
    // Of the second life's own log: the outcomes are in it, the signals are not.
    expect(third.core.scorer.outcomes.seen(0, 7, 1)).toBe(2);
  });

  it("keep calibrations and evidence", () => {
    const before = CoreRig.ready({ ...OPTIONS, score: { weights: { ...weights, evidence: 0.1 } } });
    before.analysis({
      kind: "calibration",
      source: 0,
      model: 7,
      modelVersion: 1,
      method: "platt",
      outcomes: 150,
      baseRate: 0.5,
      stated: [0, 1],
      chance: [0.9, 0.9],
    });
    before.signal({
      kind: "evidence",
      source: 1,
      confidence: 1,
      strength: 1,
      instrument: BTC,
      direction: "long",
      horizonMs: 1e9,
    });
    const rig = CoreRig.restarted(before, { ...OPTIONS, score: { weights: { ...weights, evidence: 0.1 } } });
    requote(rig);
    rig.take();
    open(rig);
    const scored = rig.take().find((command) => command.type === "scored");
    expect(scored).toMatchObject({ scored: { mapped: 0.9, weight: 0.75, score: 0.75 * 0.9 + 0.25 * 0.5 + 0.1 } });
  });
});

it("equity goes on from the fills and the last mark", () => {
  const options = { ...OPTIONS, markMs: 1000 };
  const before = opened(options);
  before.nowMs += 1000;
  requote(before, MID + 1000);
  before.nowMs += 1000;
  requote(before, MID - 1000);
  const { hedged, drawdown } = before.core.equity;
  expect(drawdown).toBeGreaterThan(15);
  const rig = restarted(before, options);
  requote(rig, MID - 1000);
  expect(rig.core.equity.hedged).toBeCloseTo(hedged, 9);
  expect(rig.core.equity.drawdown).toBeCloseTo(drawdown, 9);
});

/** A reversion entered at 2.5 deviations of 6000 ticks. */
function entered(options: CoreOptions): CoreRig {
  const rig = CoreRig.ready(options);
  for (let bar = 0; bar <= 20; bar++) {
    rig.nowMs += 1000;
    requote(rig, MID + (bar % 2 === 0 ? 6000 : -6000));
  }
  rig.analysis({ kind: "halfLife", asset: BTC_PERP, hedge: ETH_PERP, bars: 10 });
  rig.nowMs += 1;
  requote(rig, MID + 15_000);
  fillAll(rig);
  return rig;
}

describe("a spread that stands at a restart", () => {
  const options: CoreOptions = { shields: [], reversions: [{ lookback: 20 }] };
  /** After the restart the window is empty. */
  function again(): CoreRig {
    const before = entered(options);
    expect(position(before).state).toBe("open");
    const rig = restarted(before, options);
    expect((rig.core.playbooks[0] as ReversionPlaybook).z).toBeNaN();
    return rig;
  }

  it.each([
    ["comes back", 0, "the spread came back"],
    ["reaches its stop", 23_000, "stop of the z-score"],
  ])("is closed when it %s, by the mean it was entered at until the window is full again", (_, away, why) => {
    const rig = again();
    requote(rig, MID + 15_000);
    fillAll(rig);
    expect(position(rig).state).toBe("open");
    rig.nowMs += 300;
    requote(rig, MID + away);
    expect(position(rig)).toMatchObject({ state: "closing", why });
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
  });
});

it("a spread that was stopped out stays blocked", () => {
  const options: CoreOptions = { shields: [], reversions: [{ stopLoss: 0.003, lookback: 20 }] };
  const before = entered(options);
  before.nowMs += 1;
  requote(before, MID + 18_000);
  fillAll(before);
  expect((before.core.playbooks[0] as ReversionPlaybook).blocked).toBe(true);
  const rig = restarted(before, options);
  expect((rig.core.playbooks[0] as ReversionPlaybook).blocked).toBe(true);
});
