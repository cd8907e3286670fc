import { describe, expect, it } from "vitest";
import { BREAKERS as NAMES } from "../../src/core/breakers.ts";
import type { BreakerConfig } from "../../src/core/config.ts";
import type { Command } from "../../src/core/event.ts";
import { CONFIRM_WITHIN_MS, Limits } from "../../src/core/limits.ts";
import { RateWindow } from "../../src/core/rate-window.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs, Notional, Ns } from "../../src/domain/units.ts";
import { ALPHA, BETA, BREAKERS, BTC, BTC_PERP, ETH_PERP, testDirectory } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";

const MID = 600_001;
const weights = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
const ready = (breakers: Partial<BreakerConfig> = {}): CoreRig =>
  CoreRig.ready({
    shields: [],
    signals: [{ notional: 6000.01, stopLoss: 1 }],
    score: { weights },
    breakers,
  });
const open = (rig: CoreRig, fields: Partial<Signal> = {}) =>
  rig.signal({ kind: "open", confidence: 0.75, horizonMs: 1e9, instrument: BTC, ...fields });
const entries = (commands: readonly Command[]) =>
  commands.flatMap((command) => (command.type === "breaker" ? [command.entry] : []));

function fillAll(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
}
function opened(breakers: Partial<BreakerConfig> = {}): CoreRig {
  const rig = ready(breakers);
  open(rig);
  fillAll(rig);
  rig.nowMs += 300;
  requote(rig);
  rig.take();
  return rig;
}
function requote(rig: CoreRig, btcTicks = MID): void {
  for (const listing of [0, 1, 2]) rig.quote(listing, btcTicks - 1, btcTicks + 1);
  for (const listing of [3, 4, 5]) rig.quote(listing, MID - 1, MID + 1);
}
const acknowledge = (rig: CoreRig, breaker: (typeof NAMES)[number], subject = -1) =>
  rig.control({ type: "acknowledge", breaker, subject, reason: "looked" });

describe("a source's breaker", () => {
  it("for silence pauses what it would open, keeps hedges, and waits for a person", () => {
    const rig = opened();
    rig.control({ type: "fault", breaker: "providerSilent", subject: 0, reason: "hook: silent for 9 s" });
    expect(entries(rig.take())).toMatchObject([
      { breaker: "providerSilent", subject: 0, open: true, atMs: rig.at.wallMs },
    ]);
    expect(rig.core.risk.state).toBe("active");
    rig.nowMs++;
    // A heavier hedge is less risk, a lighter one is more.
    expect(open(rig, { kind: "adjust", confidence: 0.65 })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(rig.held(ETH_PERP)).toBe(-60);
    expect(open(rig, { kind: "adjust", confidence: 1 })).toMatchObject({ refusal: { code: "BREAKER_OPEN", value: 0 } });
    expect(open(rig, { kind: "close" })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    rig.nowMs++;
    expect(open(rig)).toMatchObject({ refusal: { code: "BREAKER_OPEN", value: NAMES.indexOf("providerSilent") } });
    expect(open(rig, { source: 1 })).toMatchObject({ outcome: "hedged" });
  });

  it("for another model version trips at the first signal of it, and not for another model", () => {
    const rig = ready();
    expect(open(rig)).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    open(rig, { kind: "close" });
    fillAll(rig);
    rig.take();
    rig.nowMs++;
    expect(open(rig, { modelVersion: 2 })).toMatchObject({
      refusal: { code: "BREAKER_OPEN", value: NAMES.indexOf("modelChanged") },
    });
    expect(entries(rig.take())).toMatchObject([{ breaker: "modelChanged", subject: 0, open: true }]);
    acknowledge(rig, "modelChanged", 0);
    expect(open(rig, { modelVersion: 2 })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    open(rig, { kind: "close", modelVersion: 2 });
    fillAll(rig);
    expect(open(rig, { model: 8, modelVersion: 5 })).toMatchObject({ outcome: "hedged" });
    expect(entries(rig.log).map(({ open }) => open)).toEqual([true, false]);
  });
});

describe("an unreachable venue", () => {
  it.each([
    ["nothing", { ordersLive: false, quotesLive: false }],
    ["orders alone", { quotesLive: false }],
    ["prices alone", { ordersLive: false }],
  ])("that has %s for 30 s has both legs of its positions closed, its own leg on another venue", (_, status) => {
    const rig = opened();
    const { ledger } = rig.core;
    expect([ledger.positionLots(0), ledger.positionLots(3)]).toEqual([100, -50]);
    rig.venue(ALPHA, status);
    rig.nowMs += 29_999;
    requoteOthers(rig);
    rig.timer();
    expect(rig.take().filter(({ type }) => type === "place" || type === "breaker")).toEqual([]);
    expect(rig.core.nextTimerNs()).toBe(rig.at.nowNs + 1e6);
    rig.nowMs += 1;
    requoteOthers(rig);
    rig.timer();
    const commands = rig.take();
    expect(entries(commands)).toMatchObject([{ breaker: "venueDown", subject: ALPHA, value: 30_000, limit: 30_000 }]);
    const orders = commands.flatMap((command) => (command.type === "place" ? [command.child] : []));
    expect(orders.map(({ venue, side, qtyLots, reduceOnly }) => [venue, side, qtyLots, reduceOnly])).toEqual([
      [BETA, "sell", 100, false],
      [BETA, "buy", 50, false],
    ]);
    for (const order of orders) rig.fill(order);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([0, 0]);
    expect([ledger.positionLots(0), ledger.positionLots(1)]).toEqual([100, -100]);
  });

  it("is not forgotten because another's quote came between its moment and the timer", () => {
    const rig = opened();
    rig.venue(ALPHA, { ordersLive: false, quotesLive: false });
    rig.nowMs += 30_003;
    requoteOthers(rig);
    expect(rig.core.nextTimerNs()).toBe(rig.at.nowNs - 3e6);
    rig.timer();
    expect(entries(rig.take())).toMatchObject([{ breaker: "venueDown", subject: ALPHA, value: 30_003 }]);
    // Looked at: no timer of its own any more, until it comes back and goes again.
    expect(rig.core.nextTimerNs()).toBeGreaterThan(rig.at.nowNs);
  });

  /** Neutralised: 100 of the primary at ALPHA, offset by -100 at BETA; -50 of the hedge there, offset by 50. */
  function neutralised(): CoreRig {
    const rig = opened();
    rig.venue(ALPHA, { ordersLive: false, quotesLive: false });
    rig.nowMs += 30_000;
    requoteOthers(rig);
    rig.timer();
    for (const order of rig.placed()) rig.fill(order);
    rig.timer();
    expect(rig.core.playbooks[0]!.position.state).toBe("flat");
    return rig;
  }
  const standing = (rig: CoreRig) => [0, 1, 3, 4].map((listing) => rig.core.ledger.positionLots(listing) as number);
  function agree(rig: CoreRig): void {
    for (const venue of [ALPHA, BETA]) {
      const at = standing(rig);
      rig.positions(venue, [
        [venue, at[venue]!],
        [3 + venue, at[2 + venue]!],
      ]);
    }
  }

  it("that is back and agrees gets its leg and the offset taken off, reduce-only, with never more than a leg open between", () => {
    const rig = neutralised();
    expect(standing(rig)).toEqual([100, -100, -50, 50]);
    agree(rig);
    expect(rig.placed(), "it is still away").toEqual([]);
    rig.venue(ALPHA);
    requote(rig);
    expect(rig.placed(), "its positions have not been compared since").toEqual([]);
    rig.take();
    agree(rig);
    const commands = rig.take();
    expect(alarmsIn(commands)).toEqual(["OFFSET_UNWOUND", "OFFSET_UNWOUND"]);
    let orders = commands.flatMap((command) => (command.type === "place" ? [command.child] : []));
    expect(orders.map(({ venue, side, qtyLots, reduceOnly }) => [venue, side, qtyLots, reduceOnly])).toEqual([
      [ALPHA, "sell", 100, true],
      [ALPHA, "buy", 50, true],
    ]);
    for (let turn = 0; orders.length > 0 && turn < 5; turn++) {
      for (const order of orders) {
        rig.fill(order);
        expect(Math.abs(rig.held(BTC_PERP))).toBeLessThanOrEqual(100);
        expect(Math.abs(rig.held(ETH_PERP))).toBeLessThanOrEqual(50);
      }
      orders = rig.placed();
      for (const { venue, reduceOnly } of orders) expect([venue, reduceOnly]).toEqual([BETA, true]);
    }
    expect(standing(rig)).toEqual([0, 0, 0, 0]);
    expect(rig.core.playbooks[0]!.position.state).toBe("flat");
    agree(rig);
    expect(rig.placed()).toEqual([]);
  });

  it("that goes again before anybody has acknowledged the first time is told of again, and closed again", () => {
    const rig = neutralised();
    rig.venue(ALPHA);
    requote(rig);
    agree(rig);
    fillAll(rig);
    expect(standing(rig)).toEqual([0, 0, 0, 0]);
    rig.nowMs += 1000;
    requote(rig);
    expect(open(rig)).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(standing(rig)).toEqual([100, 0, -50, 0]);
    rig.take();
    rig.venue(ALPHA, { ordersLive: false, quotesLive: false });
    rig.nowMs += 30_000;
    requoteOthers(rig);
    rig.timer();
    const commands = rig.take();
    expect(entries(commands)).toMatchObject([{ breaker: "venueDown", subject: ALPHA, atMs: rig.at.wallMs }]);
    for (const command of commands) if (command.type === "place") rig.fill(command.child);
    expect(standing(rig)).toEqual([100, -100, -50, 50]);
    // Once per outage, as long as nobody says that he has looked.
    for (let n = 0; n < 3; n++) {
      rig.nowMs += 1000;
      rig.timer();
    }
    expect(entries(rig.take())).toEqual([]);
    expect(rig.core.breakers.tripped).toHaveLength(1);
    acknowledge(rig, "venueDown", ALPHA);
    rig.timer();
    expect(entries(rig.take()).map((entry) => entry.open)).toEqual([false, true]);
  });

  it("that takes only a part has the rest taken off when its positions agree again", () => {
    const rig = neutralised();
    rig.venue(ALPHA);
    requote(rig);
    rig.take();
    agree(rig);
    for (const order of rig.placed()) rig.status(order, "expired", 10);
    for (const order of rig.placed()) rig.fill(order);
    expect(standing(rig)).toEqual([90, -90, -40, 40]);
    for (let seconds = 0; seconds < 30 && standing(rig).some((lots) => lots !== 0); seconds += 5) {
      rig.nowMs += 5000;
      requote(rig);
      rig.timer();
      agree(rig);
      fillAll(rig);
    }
    expect(standing(rig)).toEqual([0, 0, 0, 0]);
  });

  it("is left alone while the venue with the offset is away: one side alone would leave a leg open", () => {
    const rig = neutralised();
    rig.venue(ALPHA);
    rig.venue(BETA, { ordersLive: false });
    requote(rig);
    rig.take();
    agree(rig);
    expect(rig.placed()).toEqual([]);
    rig.venue(BETA);
    agree(rig);
    expect(rig.placed().map(({ venue, reduceOnly }) => [venue, reduceOnly])).toEqual([
      [ALPHA, true],
      [ALPHA, true],
    ]);
  });

  it("whose return meets a kill switch or a difference is left alone until that is over", () => {
    const rig = neutralised();
    rig.venue(ALPHA);
    requote(rig);
    rig.control({ type: "kill", level: 2, reason: "test" });
    agree(rig);
    expect(rig.placed()).toEqual([]);
    rig.control({ type: "kill", level: 0, reason: "test" });
    rig.positions(ALPHA, []);
    expect(rig.placed(), "what it says it does not hold").toEqual([]);
    expect(rig.core.risk.state).toBe("reducing");
    // Positions that agree again are taken off although the engine only reduces: that is all it takes.
    agree(rig);
    fillAll(rig);
    expect(standing(rig)).toEqual([0, 0, 0, 0]);
  });

  it("half of whose leg is off when the engine dies is seen through by the next life", () => {
    const options = { shields: [], signals: [{ notional: 6000.01, stopLoss: 1 }], score: { weights }, breakers: {} };
    const rig = neutralised();
    rig.venue(ALPHA);
    requote(rig);
    rig.take();
    agree(rig);
    // Both legs of ALPHA are gone; the engine dies before a word of the offsets at BETA.
    const [primary, hedge] = rig.placed();
    rig.fill(primary!);
    rig.fill(hedge!);
    const unsent = rig.placed();
    const next = CoreRig.restarted(rig, options);
    for (const order of unsent) next.status(order, "expired", 0);
    requote(next);
    for (let turn = 0; turn < 20; turn++) {
      next.nowMs += 300;
      requote(next);
      next.timer();
      fillAll(next);
      agree(next);
      fillAll(next);
    }
    expect(standing(next)).toEqual([0, 0, 0, 0]);
  });

  it("that comes back in time, or where nothing stands, trips nothing", () => {
    const rig = opened();
    rig.venue(ALPHA, { ordersLive: false, quotesLive: false });
    rig.venue(BETA, { ordersLive: false, quotesLive: false });
    rig.nowMs += 29_000;
    rig.venue(ALPHA);
    rig.nowMs += 60_000;
    rig.timer();
    expect(entries(rig.log)).toEqual([]);
  });

  function requoteOthers(rig: CoreRig): void {
    for (const listing of [1, 2, 4, 5]) rig.quote(listing, MID - 1, MID + 1);
  }
});

describe("losses", () => {
  // 100 lots of 0.001 BTC, bought at the cap and hedged by half with ETH, which stands still: a move of 10 ticks is 0.1 quote.
  it.each([
    ["dailyLoss", { dailyLossMax: 50 }],
    ["drawdown", { drawdownMax: 50 }],
  ] as const)("beyond the limit of %s let the engine only reduce, until it is acknowledged", (breaker, limits) => {
    const rig = opened(limits);
    const lost = () => (breaker === "dailyLoss" ? rig.core.equity.dailyLoss : rig.core.equity.drawdown);
    const before = lost();
    expect(before).toBeLessThan(50);
    // To the tick: how far BTC may fall before the loss is above 50.
    const ticks = Math.floor((50 - before) / (100 * 0.001 * 0.1));
    requote(rig, MID - ticks + 1);
    expect(entries(rig.log)).toEqual([]);
    requote(rig, MID - ticks - 2);
    expect(entries(rig.log)).toMatchObject([{ breaker, open: true, limit: 50 }]);
    expect(rig.core.risk.state).toBe("reducing");
    rig.take();
    rig.control({ type: "state", state: "active", reason: "no" });
    expect(rig.take()).toEqual([]);
    expect(rig.core.risk.state).toBe("reducing");
    acknowledge(rig, breaker);
    expect(rig.core.risk.state).toBe("active");
    requote(rig, MID - ticks - 2);
    expect(rig.core.breakers.tripped).toEqual([]);
  });

  it("to fees and slippage beyond the limit let the engine only reduce, and a new day or a person forgives them", () => {
    const cost = opened().core.equity.dailyCost;
    // 100 lots of BTC and 50 of ETH's, at the worst price allowed, and 5 bp of fee.
    expect(cost).toBeGreaterThan(0);
    expect(entries(opened({ dailyCostMax: cost }).log)).toEqual([]);
    const rig = opened({ dailyCostMax: cost * (1 - 1e-12) });
    expect(entries(rig.log)).toMatchObject([{ breaker: "dailyCost", open: true, value: cost }]);
    expect(rig.core.risk.state).toBe("reducing");
    expect(CoreRig.restarted(rig, rig.core.config as never).core.breakers.isOpen("dailyCost", -1)).toBe(true);
    acknowledge(rig, "dailyCost");
    expect([rig.core.equity.dailyCost, rig.core.risk.state]).toEqual([0, "active"]);
    const marked = { shields: [], signals: [{ notional: 6000.01, stopLoss: 1 }], score: { weights }, markMs: 1000 };
    const before = CoreRig.ready(marked);
    open(before);
    fillAll(before);
    for (let second = 0; second < 3; second++) {
      before.nowMs += 1000;
      requote(before);
    }
    expect(CoreRig.restarted(before, marked).core.equity.dailyCost).toBe(before.core.equity.dailyCost);
    const other = opened();
    other.nowMs += 86_400_000;
    requote(other);
    expect(other.core.equity.dailyCost).toBe(0);
  });

  it("of a day are forgotten at 00:00 UTC, a drawdown is not", () => {
    const rig = opened();
    requote(rig, MID - 5000);
    expect(rig.core.equity.dailyLoss).toBeGreaterThan(40);
    rig.nowMs += 86_400_000;
    requote(rig, MID - 5000);
    expect(rig.core.equity.dailyLoss).toBe(0);
    expect(rig.core.equity.drawdown).toBeGreaterThan(40);
  });
});

describe("rates", () => {
  it("of orders trip at one more than may be in a minute", () => {
    const rig = ready({ ordersPerMinuteMax: 3 });
    open(rig);
    fillAll(rig);
    rig.nowMs += 59_999;
    requote(rig);
    open(rig, { kind: "close" });
    expect(entries(rig.take())).toMatchObject([{ breaker: "orderRate", value: 4, limit: 3 }]);
    expect(rig.core.risk.state).toBe("reducing");
  });

  it("of orders slide: a minute later nothing is left of them", () => {
    const rig = ready({ ordersPerMinuteMax: 3 });
    open(rig);
    fillAll(rig);
    rig.nowMs += 60_000;
    requote(rig);
    open(rig, { kind: "close" });
    expect(rig.placed()).toHaveLength(2);
    expect(entries(rig.log)).toEqual([]);
  });

  it("of rejects trip likewise", () => {
    const rig = ready({ rejectsPerMinuteMax: 1 });
    open(rig);
    const orders = rig.placed();
    rig.report(orders[0]!, { kind: "rejected", code: -2019 });
    expect(entries(rig.log)).toEqual([]);
    rig.report(orders[1]!, { kind: "rejected", code: -2019 });
    expect(entries(rig.log)).toMatchObject([{ breaker: "rejects", value: 2, limit: 1 }]);
  });

  it("of fills on one side of one instrument trip at one more than may be, and the other side has its own count", () => {
    const rig = ready({ sameSideFillsPerMinuteMax: 1 });
    open(rig);
    fillAll(rig);
    expect(entries(rig.log)).toEqual([]);
    open(rig, { kind: "close" });
    fillAll(rig);
    expect(entries(rig.log)).toEqual([]);
    rig.nowMs++;
    open(rig);
    const [primary, hedge] = rig.placed();
    // A part and the rest are two fills.
    rig.status(primary!, "partiallyFilled", 1);
    expect(entries(rig.log)).toMatchObject([{ breaker: "repeatedFills", value: 2, limit: 1 }]);
    expect(rig.core.risk.state).toBe("reducing");
    rig.fill(primary!);
    rig.fill(hedge!);
    acknowledge(rig, "repeatedFills");
    expect(rig.core.risk.state).toBe("active");
  });

  it("are counted exactly", () => {
    const window = new RateWindow(2, 1000);
    const at = (ms: number) => window.add((ms * 1e6) as Ns);
    expect([at(0), at(1), at(999), at(1000), at(2000), at(2001), at(2002)]).toEqual([
      false,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});

describe("the engine's own", () => {
  it.each([
    [1000, false],
    [1001, true],
    [-1001, true],
    [Number.NaN, false],
  ])("clock that is %d ms off trips: %s", (clockOffsetMs, trips) => {
    const rig = ready({ clockOffsetMsMax: 1000 });
    rig.venue(ALPHA, { clockOffsetMs });
    expect(rig.core.breakers.isOpen("clock", ALPHA)).toBe(trips);
    expect(rig.core.risk.state).toBe(trips ? "reducing" : "active");
  });

  it("journal's failure lets it only reduce", () => {
    const rig = opened();
    rig.control({ type: "fault", breaker: "journal", subject: -1, reason: "disk full" });
    expect(rig.core.risk.state).toBe("reducing");
    expect(open(rig, { kind: "close" })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBe(0);
  });

  it("acknowledgement lets go of nothing that another reason holds", () => {
    for (const mismatchFirst of [true, false]) {
      const rig = ready();
      const mismatch = () => rig.positions(ALPHA, [[0, 5]]);
      const fault = () => rig.control({ type: "fault", breaker: "journal", subject: -1, reason: "disk full" });
      for (const happen of mismatchFirst ? [mismatch, fault] : [fault, mismatch]) happen();
      acknowledge(rig, "journal");
      expect(rig.core.risk.state).toBe("reducing");
      rig.control({ type: "state", state: "active", reason: "explained" });
      expect(rig.core.risk.state).toBe("active");
    }
  });

  it("halt is not undone by an acknowledgement", () => {
    const rig = ready();
    rig.control({ type: "fault", breaker: "journal", subject: -1, reason: "disk full" });
    rig.control({ type: "state", state: "halted", reason: "stop" });
    acknowledge(rig, "journal");
    expect(rig.core.risk.state).toBe("halted");
  });

  it("breakers are said once, each by itself, and acknowledged by name", () => {
    const rig = ready();
    const fault = { type: "fault", breaker: "providerSilent", reason: "silent" } as const;
    rig.control({ ...fault, subject: 0 });
    rig.control({ ...fault, subject: 0 });
    rig.control({ ...fault, subject: 1 });
    expect(alarmsIn(rig.take())).toEqual(["BREAKER_TRIPPED", "BREAKER_TRIPPED"]);
    acknowledge(rig, "providerSilent", 2);
    acknowledge(rig, "modelChanged", 0);
    expect(rig.core.breakers.tripped).toHaveLength(2);
    acknowledge(rig, "providerSilent", 0);
    expect(rig.core.breakers.tripped.map(({ subject }) => subject)).toEqual([1]);
  });
});

describe("limits", () => {
  const AT = 1e12 as EpochMs;
  const later = (ms: number) => (AT + ms) as EpochMs;
  const limits = () =>
    new Limits(
      {
        limits: [1, 2, 3, 4].map(() => ({ orderNotionalMax: 1e9 as Notional, positionNotionalMax: 2e9 as Notional })),
        priceCollarBps: 100,
        depthMultipleMax: 1000,
        ordersPerSecondMax: 1000,
        repeatMs: 0,
      },
      BREAKERS,
      testDirectory(),
    );

  it("on a number of orders are whole numbers that there is room to count", () => {
    for (const name of ["ordersPerMinuteMax", "rejectsPerMinuteMax"] as const) {
      const of = limits();
      for (const value of [0.5, 1e9, 1_000_001, Number.POSITIVE_INFINITY])
        for (const confirmed of [false, true])
          expect(of.change(name, value, confirmed, AT), `${value}`).toBe("invalid");
      expect(of.change(name, 7, false, AT)).toBe("tightened");
    }
  });

  it("are tightened in one step, to zero if need be", () => {
    const of = limits();
    expect(of.change("priceCollarBps", 99, false, AT)).toBe("tightened");
    expect(of.change("priceCollarBps", 0, false, AT)).toBe("tightened");
    expect(of.of("priceCollarBps")).toBe(0);
    expect(of.change("orderNotionalMax", 100, false, AT)).toBe("tightened");
    // 100 quote of a tick of 0.1 and a lot of 0.001.
    expect(of.orderNotionalMax(1)).toBe(1_000_000);
    expect(of.positionNotionalMax(1)).toBe(2e9);
  });

  it("are loosened in two steps of the same value, in time", () => {
    const of = limits();
    expect(of.change("priceCollarBps", 150, true, AT)).toBe("notProposed");
    expect(of.change("priceCollarBps", 150, false, AT)).toBe("proposed");
    expect(of.of("priceCollarBps")).toBe(100);
    expect(of.change("priceCollarBps", 151, true, AT)).toBe("notProposed");
    expect(of.change("drawdownMax", 1e16, true, AT)).toBe("notProposed");
    expect(of.change("priceCollarBps", 150, true, later(CONFIRM_WITHIN_MS + 1))).toBe("notProposed");
    expect(of.change("priceCollarBps", 150, true, later(CONFIRM_WITHIN_MS))).toBe("loosened");
    expect(of.of("priceCollarBps")).toBe(150);
    expect(of.change("priceCollarBps", 160, true, AT)).toBe("notProposed");
  });

  it("that would loosen one instrument are not tightened by another", () => {
    const of = limits();
    // BTC's order limit is 1e5 quote, ETH's at a tick and lot of 0.01 as well.
    expect(of.change("orderNotionalMax", 100_001, false, AT)).toBe("proposed");
    expect(of.change("orderNotionalMax", 100_000, false, AT)).toBe("unchanged");
  });

  it.each([Number.NaN, -1])("of %d are none", (value) => {
    expect(limits().change("drawdownMax", value, false, AT)).toBe("invalid");
  });

  it("that an operator tightens bind the next order", () => {
    const rig = ready();
    rig.control({ type: "limit", name: "orderNotionalMax", value: 5000, confirmed: false, reason: "careful" });
    expect(alarmsIn(rig.take())).toEqual(["LIMIT_CHANGED"]);
    expect(open(rig)).toMatchObject({ refusal: { code: "ORDER_NOTIONAL_OVER_LIMIT" } });
  });
});
