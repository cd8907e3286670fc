/** The portfolio hedge, number by number: what counts as open, what a cluster may leave open, and what is ordered for the rest. */
import { describe, expect, it } from "vitest";
import { openNotional } from "../../src/core/open-exposure.ts";
import { excessOf, type PortfolioRecord, UNKNOWN_MS_MAX } from "../../src/core/playbooks/portfolio.ts";
import { BETA_RULE } from "../support/core-config.ts";
import { alarmsIn, CoreRig, START_MS } from "../support/core-rig.ts";
import {
  A,
  ASSETS,
  B,
  bookOptions,
  bookRig,
  C,
  correlationOf,
  D,
  INDEX,
  MID_TICKS,
  perpOf,
  quoteAll,
  quoteOne,
  TOGETHER,
} from "../support/portfolio-book.ts";

const DAY_MS = 86_400_000;
const ordersOf = (rig: CoreRig) => rig.placed().map(({ instrument, side, qtyLots }) => [instrument, side, qtyLots]);
/** What the index is ordered when everything is quoted again: signed lots, 0 for none. */
function indexOrder(rig: CoreRig): number {
  rig.nowMs += 300;
  quoteAll(rig);
  const orders = rig.placed().filter(({ instrument }) => instrument === INDEX);
  expect(orders.length).toBeLessThan(2);
  return orders.map(({ side, qtyLots }) => (side === "buy" ? qtyLots : -qtyLots))[0] ?? 0;
}
function settle(rig: CoreRig): void {
  for (let n = 0; n < 4; n++) {
    rig.nowMs += 300;
    quoteAll(rig);
    for (let orders = rig.placed(); orders.length > 0; orders = rig.placed())
      for (const order of orders) rig.fill(order);
  }
}
const recordsIn = (rig: CoreRig): PortfolioRecord[] =>
  rig.log.flatMap((command) => (command.type === "clustered" ? [command.record] : []));

describe("what a leg leaves open", () => {
  // E, H, β → open
  it.each([
    [1000, 0, 1, 1000],
    [1000, -400, 1, 600],
    [1000, -1000, 1, 0],
    [1000, -1100, 1, 0],
    [1000, 200, 1, 1200],
    [-1000, 400, 1, -600],
    [-1000, 2000, 1, 0],
    [1000, -400, 2, 800],
    [1000, 400, -1, 600],
    [1000, -400, 0, 1000],
    [0, -400, 1, 0],
  ])("of %d with a hedge of %d at β %d is %d", (exposure, hedge, beta, open) => {
    expect(openNotional(exposure, hedge, beta)).toBe(open);
  });

  it("is not known where something is not", () => {
    expect(openNotional(Number.NaN, 0, 1)).toBeNaN();
    expect(openNotional(1000, Number.NaN, 1)).toBeNaN();
  });
});

describe("what is beyond the limit", () => {
  it.each([
    [0, 0],
    [100_000, 0],
    [-100_000, 0],
    [100_001, 1],
    [-100_001, -1],
    [350_000, 250_000],
  ])("of %d is %d", (net, excess) => expect(excessOf(net, 100_000)).toBe(excess));
});

describe("a cluster", () => {
  // Holdings of A, B, C, D in units of 10,000; β is 0.9 each; lots of the index, of 10 each → order
  it.each([
    ["within the limit is left alone", [5, 5, 0, 0], 0],
    ["at the limit too", [10, 1.1111111111111112, 0, 0], 0],
    ["beyond it, inside the band, too", [11.6, 0, 0, 0], 0],
    ["beyond the band is hedged down to the limit", [20, 10, 0, 0], -17_000],
    ["short is hedged long", [-20, -10, 0, 0], 17_000],
    ["whose members hedge each other is not", [30, -30, 0, 0], 0],
    ["counts its net", [30, -10, 0, 0], -8000],
    ["counts all of its members", [10, 10, 10, 10], -26_000],
  ])("%s", (_, holdings, lots) => {
    expect(indexOrder(bookRig(bookOptions(holdings), TOGETHER))).toBe(lots);
  });

  it("is hedged by β: what moves twice as much counts twice", () => {
    const rows = ASSETS.map(({ instrument }) => ({ instrument, sigma: instrument === A ? 0.06 : 0.03 }));
    const rig = bookRig(bookOptions([10, 10, 0, 0]), correlationOf(rows, { "0,1": 0.9, "0,8": 0.9, "1,8": 0.9 }));
    // 100,000 · 1.8 + 100,000 · 0.9 − 100,000
    expect(indexOrder(rig)).toBe(-17_000);
  });

  it("with members that move against each other is hedged by what they leave", () => {
    const opposed = correlationOf(ASSETS, { "0,1": -0.9, "0,8": 0.9, "1,8": -0.9 });
    expect(indexOrder(bookRig(bookOptions([30, 30, 0, 0]), opposed))).toBe(0);
    expect(indexOrder(bookRig(bookOptions([30, -30, 0, 0]), opposed))).toBe(-44_000);
  });

  it("of its own limit each: two within it are left alone", () => {
    const pairs = correlationOf(ASSETS, { "0,1": 0.9, "2,3": 0.9, "0,8": 0.9, "1,8": 0.9, "2,8": 0.9, "3,8": 0.9 });
    expect(indexOrder(bookRig(bookOptions([5, 5, 5, 5]), pairs))).toBe(0);
    expect(indexOrder(bookRig(bookOptions([10, 10, 10, 10]), pairs))).toBe(-16_000);
    // Excesses of opposite sign are one order.
    expect(indexOrder(bookRig(bookOptions([10, 10, -15, -15]), pairs))).toBe(-8000 + 17_000);
  });

  it("of one alone there is none, however large", () => {
    expect(indexOrder(bookRig(bookOptions([90, 0, 0, 90]), correlationOf(ASSETS, { "0,1": 0.9, "0,8": 0.9 })))).toBe(
      -71_000,
    );
    expect(indexOrder(bookRig(bookOptions([90, 0, 90, 90]), correlationOf(ASSETS, { "0,8": 0.9 })))).toBe(0);
  });

  it("corrected to the edge keeps the band's half open", () => {
    const correction = { band: 0.05, to: "edge", slippageBuffer: 0.002, riskHorizonS: 3600 } as const;
    // 270,000 net, 170,000 too much, 5 % of 270,000 is the band
    expect(indexOrder(bookRig(bookOptions([20, 10, 0, 0], { correction }), TOGETHER))).toBe(-(17_000 - 1350));
  });

  it("is not hedged where that costs more than it saves, and is when the market is wilder", () => {
    const calm = { lambda: 0.99, sampleMs: 1000, dailyPrior: 0.005 };
    expect(indexOrder(bookRig(bookOptions([20, 10, 0, 0], { volatility: calm }), TOGETHER))).toBe(0);
    expect(
      indexOrder(bookRig(bookOptions([20, 10, 0, 0], { volatility: { ...calm, dailyPrior: 0.05 } }), TOGETHER)),
    ).toBe(-17_000);
  });

  it("goes by the row of the hedge, where what is held has none", () => {
    const rows = [perpOf(A), perpOf(B), INDEX].map((instrument) => ({ instrument }));
    const rig = bookRig(bookOptions([20, 10, 0, 0]), correlationOf(rows, { "4,5": 0.9, "4,8": 0.9, "5,8": 0.9 }));
    expect(indexOrder(rig)).toBe(-17_000);
  });

  it("grows with the rollout", () => {
    const ramp = { fraction: 0.5, startMs: START_MS, durationMs: 14 * DAY_MS };
    const rig = bookRig({ ...bookOptions([20, 10, 0, 0]), ramp }, TOGETHER);
    expect(indexOrder(rig)).toBe(-8500);
  });
});

describe("what legs cover is not hedged again", () => {
  const hedged = (strength: number) => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), null);
    for (const instrument of [A, B]) rig.signal({ instrument, strength, horizonMs: 3_600_000 });
    return rig;
  };

  it.each([
    [1, 0],
    [0.7, 0],
    [0.5, -3500],
    [0.25, -10_250],
  ])("with legs at %d the index is ordered %i lots", (strength, lots) => {
    const rig = hedged(strength);
    settle(rig);
    rig.analysis(TOGETHER);
    rig.take();
    expect(indexOrder(rig)).toBe(lots);
  });

  it("nor what an order under way may still fill", () => {
    const rig = hedged(1);
    expect(ordersOf(rig)).toEqual([
      [perpOf(A), "sell", 20_000],
      [perpOf(B), "sell", 10_000],
    ]);
    rig.analysis(TOGETHER);
    expect(indexOrder(rig)).toBe(0);
  });

  it("nor what a leg still wants to sell after its order came to nothing", () => {
    const rig = hedged(1);
    for (const order of rig.placed()) rig.status(order, "expired", 0);
    for (const order of rig.placed()) rig.status(order, "expired", 0);
    rig.analysis(TOGETHER);
    rig.take();
    quoteAll(rig);
    expect(rig.placed().filter(({ instrument }) => instrument === INDEX)).toEqual([]);
  });

  it("nor what a correction under way may still fill, long or short", () => {
    for (const sign of [1, -1]) {
      const options = bookOptions([20 * sign, 10 * sign, 0, 0], { notionalMax: 20_000 });
      const betaRule = { ...BETA_RULE, method: "returns" as const };
      const rig = bookRig({ ...options, shields: options.shields!.map((shield) => ({ ...shield, betaRule })) }, null);
      for (const instrument of [A, B])
        rig.signal({ instrument, strength: 1, horizonMs: 3_600_000, direction: sign > 0 ? "long" : "short" });
      settle(rig);
      rig.analysis(TOGETHER);
      const estimates = {
        ols: 1.5,
        returns: 1.5,
        combined: 1.5,
        johansen: 1.5,
        cointegrationRank: 0,
        rankTest: "",
        spanDays: 200,
      };
      rig.analysis({ kind: "beta", asset: A, hedge: perpOf(A), ...estimates });
      rig.take();
      rig.nowMs += 300;
      quoteAll(rig);
      // A third of A is open until the correction fills, and it is on its way.
      expect(ordersOf(rig)).toEqual([[perpOf(A), sign > 0 ? "sell" : "buy", 10_000]]);
    }
  });

  it("and a leg that takes it over makes the index hedge go", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    settle(rig);
    expect(rig.held(INDEX)).toBe(-17_000);
    for (const instrument of [A, B]) rig.signal({ instrument, strength: 1, horizonMs: 3_600_000 });
    settle(rig);
    expect([rig.held(perpOf(A)), rig.held(perpOf(B)), rig.held(INDEX)]).toEqual([-20_000, -10_000, 0]);
    expect(recordsIn(rig).at(-1)).toMatchObject({ targetLots: 0, why: "nothing is left to hedge", heldLots: -17_000 });
  });
});

describe("positions that playbooks open", () => {
  const options = {
    ...bookOptions([0, 0, 0, 0], { notionalMax: 50_000 }),
    signals: [
      { asset: A, primary: 4, hedge: 5, notional: 100_000, notionalMax: 100_000, policy: { policy: "delta" } as never },
    ],
  };
  const corridor = { band: 0.05, bandMin: 0.02, bandMax: 0.2, volatilityDailyUsual: 0.03 };

  it("count by their primary, and their own hedge is no exposure", () => {
    const rows = [4, 5, INDEX].map((instrument) => ({ instrument }));
    const all = correlationOf(rows, { "4,5": 0.9, "4,8": 0.9, "5,8": 0.9 });
    const rig = bookRig(
      { ...options, signals: [{ ...options.signals[0]!, policy: { policy: "delta", corridor } }] },
      all,
    );
    rig.signal({ kind: "open", confidence: 0.9, instrument: A, direction: "long", horizonMs: 3_600_000 });
    settle(rig);
    expect([rig.held(4), rig.held(5), rig.held(INDEX)]).toEqual([10_000, -10_000, 0]);
  });

  it("are hedged for what their policy leaves open, and no more once they are closed", () => {
    const rows = [4, 5, INDEX].map((instrument) => ({ instrument }));
    const all = correlationOf(rows, { "4,5": 0.9, "4,8": 0.9, "5,8": 0.9 });
    const insurance = { policy: "insurance", insurance: { fraction: 0.2, fractionMax: 1 } } as const;
    const rig = bookRig({ ...options, signals: [{ ...options.signals[0]!, policy: insurance }] }, all);
    rig.signal({ kind: "open", confidence: 0.9, instrument: A, direction: "long", horizonMs: 3_600_000 });
    settle(rig);
    // 80,000 open · 0.9 − 50,000
    expect([rig.held(4), rig.held(5), rig.held(INDEX)]).toEqual([10_000, -2000, -2200]);
    rig.nowMs += 1;
    rig.signal({ kind: "close", instrument: A, direction: "flat" });
    settle(rig);
    expect([rig.held(4), rig.held(5), rig.held(INDEX)]).toEqual([0, 0, 0]);
  });
});

describe("the largest eigenvector's share", () => {
  // Nothing is chained at 0.8, but all move by 0.7.
  const loose = correlationOf(
    ASSETS,
    Object.fromEntries(ASSETS.flatMap((one) => ASSETS.map((two) => [`${one.instrument},${two.instrument}`, 0.7]))),
  );

  it("above its limit makes the whole book one cluster", () => {
    const holdings = [10, 10, 10, 10];
    // λ₁ is 3.8 and each component √0.2: 3.8 · 0.2 · 16 / 12.4 = 0.9806.
    expect(indexOrder(bookRig(bookOptions(holdings, { eigenvectorShareMax: 0.981 }), loose))).toBe(0);
    const rig = bookRig(bookOptions(holdings, { eigenvectorShareMax: 0.98 }), loose);
    expect(indexOrder(rig)).toBe(-18_000);
    const [record] = recordsIn(rig);
    expect(record).toMatchObject({ isWhole: true, clusters: [{ members: [A, B, C, D], excess: 180_000 }] });
    expect(record!.eigenvectorShare).toBeCloseTo(12.16 / 12.4, 12);
  });

  it("has to fall by five points before it is none again", () => {
    const rig = bookRig(bookOptions([10, 10, 10, 10], { eigenvectorShareMax: 0.94 }), loose);
    settle(rig);
    expect(rig.core.portfolio!.isWhole).toBe(true);
    // A single price moves the share: D alone counts for less and less.
    let share = 1;
    for (let ticks = MID_TICKS; ticks <= 16 * MID_TICKS && rig.core.portfolio!.isWhole; ticks += MID_TICKS / 4) {
      rig.nowMs += 3000;
      quoteAll(rig, { [perpOf(D)]: ticks });
      for (const order of rig.placed()) rig.status(order, "expired", 0);
      share = rig.core.portfolio!.correlation.eigenvectorShare(
        Float64Array.from([1e5, 1e5, 1e5, 1e5 * (ticks / MID_TICKS), 0]),
      );
      expect(rig.core.portfolio!.isWhole, `${share}`).toBe(share > 0.89);
    }
    expect(rig.core.portfolio!.isWhole).toBe(false);
    expect(share).toBeLessThan(0.89);
    expect(recordsIn(rig).at(-1)).toMatchObject({ isWhole: false });
  });
});

describe("an old correlation", () => {
  const at = (ageMs: number) => ({ ...TOGETHER, untilMs: START_MS + 300 - ageMs });

  it("of seven days is fresh, and one millisecond later it is not", () => {
    const fresh = bookRig(bookOptions([20, 10, 0, 0]), at(7 * DAY_MS));
    expect(indexOrder(fresh)).toBe(-17_000);
    const old = bookRig(bookOptions([20, 10, 0, 0]), at(7 * DAY_MS + 1));
    expect(indexOrder(old)).toBe(0);
    expect(alarmsIn(old.log)).toEqual(["STATE_CHANGED", "CORRELATION_STALE"]);
    expect(alarmsIn(fresh.log)).not.toContain("CORRELATION_STALE");
  });

  it("is alarmed once, lets the hedge shrink, and grow again when it is new", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    settle(rig);
    expect(rig.held(INDEX)).toBe(-17_000);
    rig.nowMs += 7 * DAY_MS;
    rig.take();
    // Twice the price: 270,000 more to hedge, and nothing is done.
    expect(indexOrder(rig)).toBe(0);
    quoteAll(rig, { [perpOf(A)]: 2 * MID_TICKS });
    expect(
      alarmsIn(rig.log.filter(({ type }) => type === "alarm")).filter((code) => code === "CORRELATION_STALE"),
    ).toEqual(["CORRELATION_STALE"]);
    expect(rig.placed()).toEqual([]);
    // Half of it: 45,000 less.
    rig.nowMs += 3000;
    quoteAll(rig, { [perpOf(A)]: MID_TICKS / 2 });
    const [order] = rig.placed();
    expect(order).toMatchObject({ instrument: INDEX, side: "buy", qtyLots: 9000, reduceOnly: true });
    rig.fill(order!);
    rig.analysis({ ...TOGETHER, untilMs: rig.at.wallMs });
    rig.nowMs += 3000;
    quoteAll(rig, { [perpOf(A)]: 2 * MID_TICKS });
    expect(rig.placed()).toMatchObject([{ side: "sell", qtyLots: 27_000 }]);
  });

  it("of a time that has not come is refused: it would never be old, nor make room for a newer one", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), at(-60_001));
    expect(alarmsIn(rig.log)).toContain("ANALYSIS_REFUSED");
    expect(indexOrder(rig)).toBe(0);
    rig.nowMs += 1;
    rig.analysis(at(0));
    expect(indexOrder(rig)).toBe(-17_000);
  });

  it("never turns a hedge around", () => {
    const rig = bookRig(bookOptions([30, -10, 0, 0]), TOGETHER);
    settle(rig);
    expect(rig.held(INDEX)).toBe(-8000);
    rig.nowMs += 7 * DAY_MS;
    // Now B is the larger: 30 at a tenth of the price against 10 at three times.
    quoteAll(rig, { [perpOf(A)]: MID_TICKS / 10, [perpOf(B)]: 3 * MID_TICKS });
    rig.nowMs += 300;
    quoteAll(rig, { [perpOf(A)]: MID_TICKS / 10, [perpOf(B)]: 3 * MID_TICKS });
    for (const order of rig.placed()) rig.fill(order);
    expect(rig.held(INDEX)).toBe(0);
    rig.nowMs += 300;
    quoteAll(rig, { [perpOf(A)]: MID_TICKS / 10, [perpOf(B)]: 3 * MID_TICKS });
    expect(rig.placed()).toEqual([]);
  });

  it("that nobody has is alarmed once there is more open than a cluster may leave", () => {
    const small = bookRig(bookOptions([5, 5, 0, 0]), null);
    expect(indexOrder(small)).toBe(0);
    expect(alarmsIn(small.log)).not.toContain("CORRELATION_STALE");
    const large = bookRig(bookOptions([20, 10, 0, 0]), null);
    const alarms = () => alarmsIn(large.log).filter((code) => code === "CORRELATION_STALE");
    // A start has five minutes for its first matrix.
    large.nowMs = UNKNOWN_MS_MAX - 1;
    quoteAll(large);
    expect(alarms()).toEqual([]);
    large.nowMs = UNKNOWN_MS_MAX;
    for (let n = 0; n < 3; n++) expect(indexOrder(large)).toBe(0);
    expect(alarms()).toHaveLength(1);
  });

  it("that is refused is alarmed, and the one before stays", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    rig.analysis(
      correlationOf(
        [A, B, C, D].map((instrument) => ({ instrument })),
        {},
      ),
    );
    expect(alarmsIn(rig.take())).toEqual(["ANALYSIS_REFUSED"]);
    rig.analysis(
      correlationOf(
        [A, INDEX].map((instrument) => ({ instrument })),
        {},
      ),
    );
    expect(alarmsIn(rig.take())).toEqual(["ANALYSIS_REFUSED"]);
    expect(indexOrder(rig)).toBe(-17_000);
  });
});

describe("an index that does not follow", () => {
  it.each([
    [0.5, 0.5, []],
    [0.9, 0.49, ["CLUSTER_UNHEDGED"]],
    [-0.9, -0.6, []],
  ])("ρ of %d and %d alarms %j", (first, second, alarms) => {
    const rig = bookRig(bookOptions([5, 5, 0, 0]), null);
    rig.analysis(correlationOf(ASSETS, { "0,1": 0.9, "0,8": first, "1,8": second }));
    expect(alarmsIn(rig.take())).toEqual(alarms);
  });
});

describe("orders of the index", () => {
  it("are one at a time", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    expect(indexOrder(rig)).toBe(-17_000);
    quoteAll(rig, { [perpOf(A)]: 2 * MID_TICKS });
    expect(rig.placed()).toEqual([]);
  });

  it("wait for one whose outcome is not known, long after its effort was given up", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    expect(indexOrder(rig)).toBe(-17_000);
    const [sent] = rig.log.flatMap((each) => (each.type === "place" ? [each.child] : []));
    for (let n = 0; n < 30; n++) {
      rig.nowMs += 300;
      rig.timer();
      quoteAll(rig);
    }
    expect(alarmsIn(rig.log)).toContain("UNDER_HEDGED");
    expect(alarmsIn(rig.log)).not.toContain("ORDER_REFUSED");
    expect(rig.placed()).toEqual([]);
    rig.status(sent!, "expired", 0);
    expect(indexOrder(rig)).toBe(-17_000);
  });

  it("are tried again after a pause, not with every quote", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    rig.nowMs += 300;
    quoteAll(rig);
    for (let orders = rig.placed(); orders.length > 0; orders = rig.placed())
      for (const order of orders) rig.status(order, "expired", 0);
    rig.nowMs += 249;
    quoteAll(rig);
    expect(rig.placed()).toEqual([]);
    rig.nowMs += 1;
    quoteAll(rig);
    expect(rig.placed()).toHaveLength(1);
  });

  it("take a hedge of nothing off, whatever that costs", () => {
    const fading = { lambda: 0.5, sampleMs: 1000, dailyPrior: 0.05 };
    const rig = bookRig(bookOptions([20, 10, 0, 0], { volatility: fading }), TOGETHER);
    settle(rig);
    expect(rig.held(INDEX)).toBe(-17_000);
    // The price stands still until nothing is worth a fee any more.
    for (let n = 0; n < 60; n++) {
      rig.nowMs += 1000;
      quoteAll(rig);
    }
    expect(rig.placed()).toEqual([]);
    for (const instrument of [A, B]) rig.signal({ instrument, strength: 1, horizonMs: 3_600_000 });
    settle(rig);
    expect(rig.held(INDEX)).toBe(0);
  });

  it("that the limits refuse are said so once, and tried again", () => {
    const rig = bookRig({ ...bookOptions([20, 10, 0, 0]), positionNotionalMax: 1e9 }, TOGETHER);
    for (let n = 0; n < 5; n++) expect(indexOrder(rig)).toBe(0);
    expect(alarmsIn(rig.log).filter((code) => code === "ORDER_REFUSED")).toHaveLength(1);
    expect(recordsIn(rig)).toEqual([]);
  });

  it("wait for prices of everything that stands", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    rig.nowMs += 60_000;
    expect(rig.placed()).toEqual([]);
    quoteOne(rig, INDEX, MID_TICKS);
    // Both were quoted once; a silent venue makes nothing smaller.
    expect(rig.placed()).toMatchObject([{ instrument: INDEX, qtyLots: 17_000 }]);
    const unseen = new CoreRig(bookOptions([20, 10, 0, 0]));
    for (const venue of [0, 1]) unseen.venue(venue);
    for (const venue of [0, 1]) unseen.positions(venue, []);
    unseen.analysis(TOGETHER);
    quoteOne(unseen, INDEX, MID_TICKS);
    quoteOne(unseen, perpOf(A), MID_TICKS);
    expect(unseen.placed()).toEqual([]);
    quoteOne(unseen, perpOf(B), MID_TICKS);
    expect(unseen.placed()).toMatchObject([{ instrument: INDEX, qtyLots: 17_000 }]);
  });

  it("go in the equity of the hedged portfolio and not in the shadow's", () => {
    const rig = bookRig(bookOptions([20, 10, 0, 0]), TOGETHER);
    settle(rig);
    quoteAll(rig, { [INDEX]: MID_TICKS / 2 });
    expect(rig.core.equity.shadow).toBe(0);
    expect(rig.core.equity.hedged).toBeGreaterThan(80_000);
  });
});

describe("a surplus of the index", () => {
  const race = { router: { mode: "race" as const, racerDelayMsMin: 5, racerDelayMsMax: 5 } };
  it("that racers left is taken off reduce-only when it is due", () => {
    const rig = bookRig({ ...bookOptions([20, 10, 0, 0], { overHedgeLotsMax: 20_000 as never }), ...race }, TOGETHER);
    rig.nowMs += 300;
    quoteAll(rig);
    const [first] = rig.placed();
    rig.pass(10);
    const [second] = rig.placed();
    expect([first!.venue, second!.venue].toSorted()).toEqual([0, 1]);
    rig.fill(first!);
    rig.fill(second!);
    const all = -(first!.qtyLots + second!.qtyLots);
    expect(rig.held(INDEX)).toBe(all);
    expect(all).toBeLessThan(-17_000);
    rig.pass(1000);
    for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) {
      for (const order of orders) {
        expect(order.reduceOnly).toBe(true);
        rig.fill(order);
      }
      rig.pass(300);
    }
    expect(rig.held(INDEX)).toBe(-17_000);
  });
});
