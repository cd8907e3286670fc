import { describe, expect, it } from "vitest";
import { Equity } from "../../src/core/equity.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { BTC, BTC_PERP, ETH_PERP, testDirectory } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";

const NOON = Date.UTC(2023, 10, 14, 12) as EpochMs;
/** A tick-lot of BTC_PERP is 0.0001 quote, of ETH_PERP as well. */
const UNIT = 0.0001;
const equity = (holdings: ConstructorParameters<typeof Equity>[2] = []) =>
  new Equity(testDirectory(), [ETH_PERP], holdings);

describe("equity", () => {
  it("is cash and position by the prices of now, fees paid; the shadow is the same without what hedges", () => {
    const of = equity();
    of.onFill(BTC_PERP, 100, 600_000, 0.001);
    of.onFill(ETH_PERP, -50, 600_000, 0);
    of.onMid(BTC_PERP, 601_000, NOON);
    of.onMid(ETH_PERP, 602_000, NOON);
    const btc = (100 * 1000 - 100 * 600_000 * 0.001) * UNIT;
    const eth = -50 * 2000 * UNIT;
    expect(of.shadow).toBeCloseTo(btc, 9);
    expect(of.hedged).toBeCloseTo(btc + eth, 9);
    of.onFill(BTC_PERP, -100, 601_000, 0);
    of.onMid(BTC_PERP, 999_999, NOON);
    expect(of.shadow).toBeCloseTo(btc, 9);
  });

  it("counts what a holding makes from the first price on, hedged or not", () => {
    const of = equity([{ priced: BTC_PERP, quantity: -2 }]);
    of.onMid(BTC_PERP, 600_000, NOON);
    expect(of.hedged).toBe(0);
    of.onMid(BTC_PERP, 590_000, NOON);
    expect(of.hedged).toBeCloseTo(2 * 1000, 9);
    expect(of.shadow).toBeCloseTo(2 * 1000, 9);
  });

  it("knows its peak, and the day it is", () => {
    const of = equity([{ priced: BTC_PERP, quantity: 1 }]);
    for (const ticks of [600_000, 610_000, 605_000]) of.onMid(BTC_PERP, ticks, NOON);
    expect([of.dailyLoss, of.drawdown]).toEqual([0, 500]);
    of.onMid(BTC_PERP, 595_000, NOON);
    expect([of.dailyLoss, of.drawdown]).toEqual([500, 1500]);
    const midnight = Date.UTC(2023, 10, 15) as EpochMs;
    of.onMid(BTC_PERP, 594_000, (midnight - 1) as EpochMs);
    expect(of.dailyLoss).toBe(600);
    of.onMid(BTC_PERP, 594_000, midnight);
    expect([of.dailyLoss, of.drawdown]).toEqual([0, 1600]);
    of.forgive();
    expect(of.drawdown).toBe(0);
  });

  it("of an earlier life goes on with its peak and its day", () => {
    const of = equity();
    of.restore({ atMs: NOON, hedged: 5, shadow: 5, peak: 30, dayStart: 20 });
    of.onMid(BTC_PERP, 600_000, NOON);
    expect([of.dailyLoss, of.drawdown]).toEqual([20, 30]);
  });
});

describe("marks", () => {
  const marks = (rig: CoreRig) => rig.log.flatMap((command) => (command.type === "mark" ? [command.mark] : []));

  it("come once per interval, with both portfolios", () => {
    const rig = CoreRig.ready({ markMs: 60_000, shields: [{ asset: BTC, hedge: BTC_PERP, holdings: 1 }] });
    rig.signal({ strength: 0.5 });
    rig.fill(rig.order());
    expect(marks(rig)).toEqual([]);
    rig.nowMs += 60_000;
    for (const listing of [0, 1, 2]) rig.quote(listing, 609_999, 610_001);
    expect(marks(rig)).toHaveLength(1);
    rig.nowMs += 60_000;
    for (const listing of [0, 1, 2]) rig.quote(listing, 609_999, 610_001);
    const [, mark] = marks(rig);
    // Holding 1 BTC made 999.9; half of that is lost by the hedge, and its fee and slippage.
    expect(mark!.shadow).toBeCloseTo(999.9, 6);
    expect(mark!.hedged).toBeCloseTo(999.9 - 500 * (610_000 - 598_800) * UNIT - 500 * 598_800 * UNIT * 0.0005, 6);
    expect(mark!.atMs).toBe(rig.at.wallMs);
  });
});
