import { describe, expect, it } from "vitest";
import type { SignalConfig } from "../../src/core/config.ts";
import type { Command } from "../../src/core/event.ts";
import type { SignalDecision } from "../../src/core/playbooks/signal.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { BTC, BTC_PERP, type CoreOptions, ETH_PERP, SIGNAL } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";

/** Listings of BTC_PERP are 0, 1, 2; of ETH_PERP 3, 4, 5. A BTC is 60000.1, an ETH 6000.01. */
const [BTC_AT_ALPHA, ETH_AT_ALPHA] = [0, 3];
const HUNDRED_LOTS = 6000.01;
const MID = 600_001;
const HORIZON_MS = 1_000_000;

/** The score is the stated confidence: no factor weighs anything. */
const weights = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
const ready = (signal: Partial<SignalConfig> = {}, rest: CoreOptions = {}): CoreRig =>
  CoreRig.ready({ shields: [], signals: [{ notional: HUNDRED_LOTS, ...signal }], score: { weights }, ...rest });
const open = (rig: CoreRig, fields: Partial<Signal> = {}) =>
  rig.signal({ kind: "open", confidence: 0.75, horizonMs: HORIZON_MS, instrument: BTC, ...fields });
const positioned = (commands: readonly Command[]) =>
  commands.flatMap((command) => (command.type === "positioned" ? [command.record] : []));
const position = (rig: CoreRig) => rig.core.playbooks[0]!.position;
const decision = (rig: CoreRig) => position(rig).decision as SignalDecision;

/** A position that is open with both legs, and nothing under way. */
function opened(fields: Partial<Signal> = {}, signal: Partial<SignalConfig> = {}, rest: CoreOptions = {}): CoreRig {
  const rig = ready(signal, rest);
  open(rig, fields);
  fillAll(rig);
  rig.nowMs += 300;
  requote(rig);
  rig.take();
  return rig;
}

function fillAll(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
}

/** Every listing of both legs, at prices moved by a factor. */
function requote(rig: CoreRig, btc = 1, eth = 1): void {
  for (const listing of [0, 1, 2]) quoteAt(rig, listing, btc);
  for (const listing of [3, 4, 5]) quoteAt(rig, listing, eth);
}
function quoteAt(rig: CoreRig, listing: number, factor: number): void {
  const mid = Math.round(MID * factor);
  rig.quote(listing, mid - 1, mid + 1);
}

describe("an open", () => {
  // Direction, confidence, β → lots of BTC and of ETH
  it.each([
    ["long", 0.75, 1, 100, -50],
    ["short", 0.75, 1, -100, 50],
    ["long", 0.65, 1, 100, -60],
    ["long", 0.85, 1, 100, -40],
    ["long", 1, 1, 100, -20],
    ["long", 0.75, 0.5, 100, -25],
    ["long", 0.75, -0.5, 100, 25],
    ["short", 0.75, -0.5, -100, -25],
  ] as const)(
    "of a %s at %d with β %d is %i lots, hedged by %i, sent together",
    (direction, confidence, beta, btc, eth) => {
      const rig = ready({ beta });
      expect(open(rig, { direction, confidence })).toMatchObject({ outcome: "hedged" });
      const orders = rig.placed();
      expect(orders.map(({ listing, side, qtyLots, reduceOnly }) => [listing, side, qtyLots, reduceOnly])).toEqual([
        [BTC_AT_ALPHA, btc > 0 ? "buy" : "sell", 100, false],
        [ETH_AT_ALPHA, eth > 0 ? "buy" : "sell", Math.abs(eth), false],
      ]);
      expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).toBe(2);
      for (const order of orders) rig.fill(order);
      expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([btc, eth]);
      expect(position(rig).state).toBe("open");
    },
  );

  // Notional, quantity → lots, of a default of 100 and a most of 1000
  it.each([
    [{}, 100],
    [{ notional: 3000.005 }, 50],
    [{ quantity: 0.0209999 }, 20],
    [{ quantity: 0.003 }, 3],
    [{ notional: 1e9 }, 999],
  ])("of %o is %i lots", (size, qtyLots) => {
    const rig = ready();
    open(rig, size);
    expect(rig.placed()[0]!.qtyLots).toBe(qtyLots);
  });

  it("grows with the rollout", () => {
    const rig = ready({}, { ramp: { fraction: 0.1, startMs: Number.MAX_SAFE_INTEGER, durationMs: 1 } });
    open(rig);
    expect(rig.placed().map(({ qtyLots }) => qtyLots)).toEqual([10, 5]);
    expect(decision(rig)).toMatchObject({ rampFactor: 0.1, notionalAsked: HUNDRED_LOTS });
  });

  it("without a hedge is one leg", () => {
    const rig = ready({ policy: { policy: "insurance", insurance: { fraction: 0, fractionMax: 1 } } });
    open(rig);
    const orders = rig.placed();
    expect(orders).toHaveLength(1);
    rig.fill(orders[0]!);
    expect(position(rig)).toMatchObject({ state: "open", primaryLots: 100, hedgeLots: 0 });
  });

  it("journals its score and every number of its size", () => {
    const rig = ready();
    open(rig, { confidence: 0.75 });
    const commands = rig.take();
    const scored = commands.find((command) => command.type === "scored");
    expect(scored).toMatchObject({
      scored: { stated: 0.75, confidence: 0.75, score: 0.75, threshold: 0.65, sign: 1 },
    });
    expect(positioned(commands)[0]).toMatchObject({
      state: "opening",
      primaryLots: 100,
      hedgeLots: -50,
      h: 0.5,
      beta: 1,
      cause: { text: "hook|s1" },
      decision: { playbook: "signal", baseH: 0.5, policy: "confidence-bands", stage: "fresh", score: 0.75 },
    });
  });

  const at = CoreRig.ready().at.wallMs;
  const ago = (ms: number) => (at - ms) as EpochMs;
  it.each<[string, Partial<Signal>, string, number, number]>([
    ["below the threshold", { confidence: 0.65 - 2 ** -53 }, "SCORE_BELOW_THRESHOLD", 0.65 - 2 ** -53, 0.65],
    ["adjusts nothing", { kind: "adjust" }, "NOTHING_OPEN", 0, 1],
    ["is a hedge", { kind: "hedge" }, "KIND_NOT_SUPPORTED", Number.NaN, Number.NaN],
    ["is stale", { generatedAtMs: ago(30_001) }, "STALE", 30_001, 30_000],
    ["is past its horizon", { generatedAtMs: ago(5001), horizonMs: 5000 }, "EXPIRED", 5001, 5000],
    ["is less than a lot", { quantity: 0.0009 }, "SIZE_TOO_SMALL", 0.0009 * 60_000.1, 60_000.1 * 0.001],
  ])("that %s is refused with its numbers", (_what, fields, code, value, limit) => {
    const rig = ready();
    const { outcome, refusal } = open(rig, fields);
    expect(outcome).toBe("refused");
    expect(refusal!.code).toBe(code);
    if (Number.isNaN(value)) expect(refusal!.value).toBeNaN();
    else expect(refusal!.value).toBeCloseTo(value, 9);
    if (!Number.isNaN(limit)) expect(refusal!.limit).toBeCloseTo(limit, 9);
    expect(rig.placed()).toEqual([]);
    expect(position(rig).state).toBe("flat");
  });

  it("that comes after a newer one is superseded", () => {
    const rig = opened();
    expect(open(rig, { kind: "adjust", generatedAtMs: ago(1) })).toMatchObject({
      refusal: { code: "SUPERSEDED" },
    });
  });

  it("whose orders risk refuses opens nothing, and the next may", () => {
    const rig = ready({}, { orderNotionalMax: 600_400 * 99 });
    expect(open(rig)).toMatchObject({ outcome: "refused", refusal: { code: "ORDER_NOTIONAL_OVER_LIMIT" } });
    expect(position(rig)).toMatchObject({ state: "flat", decision: null });
    expect(open(rig, { quantity: 0.05 })).toMatchObject({ outcome: "hedged" });
  });
});

describe("a leg that falls short", () => {
  it("is topped up, and the position is what filled", () => {
    const rig = ready();
    open(rig);
    const [btc, eth] = rig.placed();
    rig.fill(btc!);
    rig.status(eth!, "expired", 20);
    rig.nowMs += 250;
    rig.timer();
    const topUp = rig.order();
    expect(topUp).toMatchObject({ instrument: ETH_PERP, qtyLots: 30 });
    rig.fill(topUp);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([100, -50]);
    expect(position(rig).state).toBe("open");
  });

  it("is trimmed to when it stays short, with an alarm", () => {
    const rig = ready();
    open(rig);
    const [btc, eth] = rig.placed();
    rig.fill(btc!);
    rig.status(eth!, "expired", 25);
    for (let tries = 0; tries < 40 && position(rig).state !== "open"; tries++) {
      rig.nowMs += 100;
      requote(rig);
      rig.timer();
      for (const order of rig.placed()) {
        if (order.reduceOnly) rig.fill(order);
        else rig.status(order, "expired", 0);
      }
    }
    expect(alarmsIn(rig.log)).toContain("NAKED_LEG");
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([50, -25]);
    expect(position(rig)).toMatchObject({ state: "open", primaryLots: 50, hedgeLots: -25 });
  });

  it("is trimmed to in time whatever is adjusted meanwhile, and the adjusted hedge follows", () => {
    const rig = ready();
    open(rig);
    const [btc, eth] = rig.placed();
    rig.fill(btc!);
    rig.status(eth!, "expired", 25);
    for (let tries = 0; tries < 20; tries++) {
      rig.nowMs += 100;
      requote(rig);
      rig.timer();
      if (tries % 5 === 0) open(rig, { kind: "adjust", confidence: 0.85 });
      for (const order of rig.placed()) {
        if (order.reduceOnly) rig.fill(order);
        else rig.status(order, "expired", 0);
      }
    }
    expect(alarmsIn(rig.log)).toContain("NAKED_LEG");
    // Half was there at a hedge of a half; what is left of the hedge is for two fifths of it.
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([50, -20]);
    expect(position(rig)).toMatchObject({ state: "open", primaryLots: 50, hedgeLots: -20, h: 0.4 });
  });

  it("is topped up to its size, and only then adjusted: smaller, with the hedge that was decided last", () => {
    const rig = ready();
    open(rig);
    const [btc, eth] = rig.placed();
    rig.fill(btc!);
    rig.status(eth!, "expired", 20);
    const topUp = rig.order();
    expect(topUp).toMatchObject({ instrument: ETH_PERP, qtyLots: 30 });
    rig.nowMs += 10;
    open(rig, { kind: "adjust", confidence: 0.65, quantity: 0.05 });
    open(rig, { kind: "adjust", confidence: 0.85, quantity: 0.08 });
    expect(rig.placed()).toEqual([]);
    rig.fill(topUp);
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([50, -20]);
    expect(position(rig)).toMatchObject({ state: "open", primaryLots: 50, hedgeLots: -20 });
  });
});

describe("while it is open", () => {
  it.each([
    [0.65, -60],
    [0.85, -40],
    [1, -20],
    [0.3, -100],
  ])("an adjust to %d brings the hedge to %i lots, whatever the band or the cost", (confidence, eth) => {
    const rig = opened();
    rig.nowMs++;
    expect(open(rig, { kind: "adjust", confidence })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([100, eth]);
  });

  it("an adjust only shrinks the primary, and the hedge in proportion", () => {
    const rig = opened();
    rig.nowMs++;
    open(rig, { kind: "adjust", quantity: 9 });
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBe(100);
    rig.nowMs++;
    open(rig, { kind: "adjust", quantity: 0.04 });
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([40, -20]);
  });

  it("an adjust to nothing closes, and the next open opens", () => {
    const rig = opened();
    rig.nowMs++;
    open(rig, { kind: "adjust", quantity: 0.0009 });
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP), position(rig).state]).toEqual([0, 0, "flat"]);
    rig.nowMs += 300;
    requote(rig);
    open(rig);
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([100, -50]);
  });

  it("an adjust that comes without a price of the hedge is gone to when there is one", () => {
    const rig = opened();
    rig.nowMs += 3000;
    for (const listing of [0, 1, 2]) quoteAt(rig, listing, 1);
    open(rig, { kind: "adjust", quantity: 0.04 });
    expect(rig.placed()).toEqual([]);
    for (const listing of [3, 4, 5]) quoteAt(rig, listing, 1);
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([40, -20]);
  });

  it("a signal the other way round is refused", () => {
    expect(open(opened(), { direction: "short" })).toMatchObject({ refusal: { code: "DIRECTION_MISMATCH" } });
  });

  // Stage by stage: the share of the horizon, and the hedge of 100 lots at a base of 0.5
  it.each([
    [0.5, -70],
    [0.8, -95],
  ])("at %d of its horizon the hedge is %i lots", (share, eth) => {
    const rig = opened();
    rig.nowMs = share * HORIZON_MS - 1;
    requote(rig);
    rig.timer();
    fillAll(rig);
    expect(rig.held(ETH_PERP)).toBe(-50 - (share === 0.8 ? 20 : 0));
    rig.nowMs = share * HORIZON_MS + 1;
    expect(rig.core.nextTimerNs()).toBeLessThanOrEqual(rig.at.nowNs);
    requote(rig);
    rig.timer();
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([100, eth]);
  });

  it("the end of its horizon closes both legs, or keeps them where that is configured", () => {
    for (const [onExpiry, btc, eth] of [
      ["release", 0, 0],
      ["hold", 100, -95],
    ] as const) {
      const rig = opened({}, { decay: { ...SIGNAL.decay, onExpiry } });
      rig.nowMs = HORIZON_MS + 1;
      requote(rig);
      rig.timer();
      expect(alarmsIn(rig.log)).toContain("SIGNAL_EXPIRED");
      fillAll(rig);
      expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([btc, eth]);
    }
  });

  it("near the end it is closed where that is configured", () => {
    const rig = opened({}, { decay: { ...SIGNAL.decay, nearFullAction: "close" } });
    rig.nowMs = 0.8 * HORIZON_MS;
    requote(rig);
    rig.timer();
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([0, 0]);
  });

  describe("drift is corrected", () => {
    // Volatility so high that a correction always pays; the primary's move in fractions → hedge in lots
    const wild = { volatility: { lambda: 0.99, sampleMs: 1e9, dailyPrior: 9 }, stopLoss: 1 };
    it.each([
      // Band: 5 % of E·β, which is 5 lots of the 100 that the primary is worth. Drift: half the move.
      [1.09, -50],
      [1.13, -56],
      [0.93, -50],
      [0.87, -43],
    ])("outside the band and not inside: a primary at %d ends at %i lots", (factor, eth) => {
      const rig = opened({}, wild);
      for (const listing of [0, 1, 2]) quoteAt(rig, listing, factor);
      fillAll(rig);
      expect(rig.held(ETH_PERP)).toBe(eth);
      expect(rig.held(BTC_PERP)).toBe(100);
    });

    it("to the band's edge where that is configured", () => {
      const rig = opened({}, { ...wild, correction: { ...SIGNAL.correction, to: "edge" } });
      for (const listing of [0, 1, 2]) quoteAt(rig, listing, 1.3);
      fillAll(rig);
      // A target of -64 (never rounded up) and a band of 6.5 lots: 7.5 to its edge.
      expect(rig.held(ETH_PERP)).toBe(-57);
    });

    it("only where it pays", () => {
      const rig = opened({}, { ...wild, correction: { ...SIGNAL.correction, slippageBuffer: 2 } });
      for (const listing of [0, 1, 2]) quoteAt(rig, listing, 1.5);
      expect(rig.placed()).toEqual([]);
    });
  });
});

describe("closing", () => {
  it.each<[string, Partial<Signal>]>([
    ["a close", { kind: "close" }],
    ["flat", { direction: "flat" }],
    ["a close of no confidence, hours late", { kind: "close", confidence: 0 }],
  ])("on %s takes both legs off, reduce-only and in one step", (_what, fields) => {
    const rig = opened();
    rig.nowMs++;
    expect(open(rig, fields)).toMatchObject({ outcome: "hedged" });
    const orders = rig.placed();
    expect(orders.map(({ instrument, side, qtyLots, reduceOnly }) => [instrument, side, qtyLots, reduceOnly])).toEqual([
      [BTC_PERP, "sell", 100, true],
      [ETH_PERP, "buy", 50, true],
    ]);
    for (const order of orders) rig.fill(order);
    expect(position(rig)).toMatchObject({ state: "flat", decision: null });
  });

  it("absorbs a close of nothing", () => {
    expect(open(ready(), { kind: "close" })).toMatchObject({ outcome: "absorbed" });
  });

  it("goes on until both legs are flat", () => {
    const rig = opened();
    rig.nowMs++;
    open(rig, { kind: "close" });
    for (let n = 0; n < 30 && position(rig).state !== "flat"; n++) {
      for (const order of rig.placed()) rig.status(order, "expired", Math.ceil(order.qtyLots / 3));
      rig.nowMs += 300;
      requote(rig);
      rig.timer();
    }
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([0, 0]);
    expect(position(rig).state).toBe("flat");
  });

  it("that no venue fills is tried again after a while, not at every quote", () => {
    const rig = opened();
    // Both legs at one venue after the other.
    const expectAttempt = () => {
      for (let venue = 0; venue < 3; venue++) {
        const orders = rig.placed();
        expect(orders.map((order) => order.venue)).toEqual([venue, venue]);
        for (const order of orders) rig.status(order, "expired", 0);
      }
    };
    rig.nowMs++;
    open(rig, { kind: "close" });
    expectAttempt();
    requote(rig);
    expect(rig.placed()).toEqual([]);
    rig.nowMs += rig.core.config.router.retryMs;
    requote(rig);
    expectAttempt();
  });

  it("stops an opening of one leg that still wants more", () => {
    const rig = ready({ policy: { policy: "insurance", insurance: { fraction: 0, fractionMax: 1 } } });
    open(rig);
    rig.status(rig.order(), "expired", 40);
    const [next] = rig.placed();
    rig.nowMs++;
    open(rig, { kind: "close" });
    const closing = rig.placed();
    expect(closing.map(({ side, qtyLots }) => [side, qtyLots])).toEqual([["sell", 40]]);
    rig.status(next!, "expired", 0);
    expect(rig.placed().filter(({ side }) => side === "buy")).toEqual([]);
    rig.fill(closing[0]!);
    rig.nowMs += 300;
    requote(rig);
    expect(rig.placed()).toEqual([]);
    expect(position(rig).state).toBe("flat");
  });

  it("in the midst of opening lets the pair go and closes what filled", () => {
    const rig = ready();
    open(rig);
    const [btc, eth] = rig.placed();
    rig.fill(btc!);
    rig.nowMs++;
    open(rig, { kind: "close" });
    for (const order of rig.placed()) rig.fill(order);
    rig.fill(eth!);
    rig.nowMs += 300;
    requote(rig);
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([0, 0]);
    expect(position(rig).state).toBe("flat");
    expect(rig.core.pairs.openCount).toBe(0);
  });
});

describe("the hard stop", () => {
  // Entry at the cap 20 bp above the touch, as the rig fills.
  const entryTicks = (rig: CoreRig) => rig.core.ledger.entryPxTicks(BTC_AT_ALPHA);
  it.each([
    ["long", -1],
    ["short", 1],
  ] as const)("closes a %s at a loss of 5 %% of the primary, and not a tick before", (direction, way) => {
    const rig = opened({ direction });
    const limit = entryTicks(rig) * (1 + way * 0.05);
    const before = way < 0 ? Math.floor(limit) + 1 : Math.ceil(limit) - 1;
    for (const listing of [0, 1, 2]) rig.quote(listing, before - 1, before + 1);
    expect(alarmsIn(rig.take())).not.toContain("STOP_LOSS");
    const reached = way < 0 ? Math.floor(limit) : Math.ceil(limit);
    for (const listing of [0, 1, 2]) rig.quote(listing, reached - 1, reached + 1);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
    fillAll(rig);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([0, 0]);
    // Said once, though the price stays there.
    expect(alarmsIn(rig.log).filter((code) => code === "STOP_LOSS")).toHaveLength(1);
  });

  it("holds while the legs are still opening, and whatever the hedge made", () => {
    const rig = ready();
    open(rig);
    const [btc] = rig.placed();
    rig.fill(btc!);
    requote(rig, 0.9, 0.5);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
  });
});

it("the same events give the same commands, bit for bit", () => {
  const run = () => {
    const rig = opened({ direction: "short" });
    requote(rig, 1.03, 0.97);
    rig.nowMs = HORIZON_MS / 2 + 1;
    requote(rig);
    rig.timer();
    fillAll(rig);
    return JSON.stringify(rig.log);
  };
  expect(run()).toBe(run());
});
