/** What `race`, `split` and speed-over-price make of a route. Best-first, and all that modes have in common, is route.test.ts. */
import { describe, expect, it } from "vitest";
import { WHOLE } from "../../src/core/breakers.ts";
import type { Child } from "../../src/core/child.ts";
import { lots } from "../../src/domain/units.ts";
import { ALPHA, BETA, BTC_PERP, type CoreOptions, GAMMA, testDirectory } from "../support/core-config.ts";
import { ASK, alarmsIn, BID, CoreRig } from "../support/core-rig.ts";

/** One BTC held long and half of it hedged: sell 500 lots. */
const Q = 500;

interface RaceOptions {
  readonly budget: number;
  readonly router?: CoreOptions["router"];
  readonly directory?: CoreOptions["directory"];
}

function race({ budget, router, directory }: RaceOptions): { rig: CoreRig; leader: Child } {
  const rig = CoreRig.ready({
    ...(directory === undefined ? {} : { directory }),
    shields: [{ overHedgeLotsMax: lots(budget) }],
    router: { mode: "race", racerDelayMsMax: 20, ...router },
  });
  expect(rig.signal()).toMatchObject({ outcome: "hedged" });
  return { rig, leader: rig.placed()[0]! };
}

function splitting(depths: readonly number[], options: CoreOptions = {}): CoreRig {
  const rig = CoreRig.ready({ ...options, router: { mode: "split", ...options.router } });
  depths.forEach((depth, listing) => {
    rig.quote(listing, BID - listing, ASK, depth);
  });
  return rig;
}

const sizes = (children: readonly Child[]) => children.map(({ listing, qtyLots }) => [listing, qtyLots]);

describe("race", () => {
  it("sends the leader alone, and a racer when the delay is over", () => {
    const { rig, leader } = race({ budget: 2 * Q });
    expect(leader).toMatchObject({ listing: ALPHA, qtyLots: Q });
    rig.pass(19.9);
    expect(rig.placed()).toEqual([]);
    rig.pass(0.1);
    expect(sizes(rig.placed())).toEqual([[BETA, Q]]);
    rig.pass(20);
    expect(sizes(rig.placed())).toEqual([[GAMMA, Q]]);
    rig.pass(400, true);
    expect(rig.placed()).toEqual([]);
  });

  it("with a delay of 0 asks all at once", () => {
    const { rig } = race({ budget: 2 * Q, router: { racerDelayMsMax: 0 } });
    const all = rig.log.flatMap((command) => (command.type === "place" ? [command.child] : []));
    expect(sizes(all)).toEqual([
      [ALPHA, Q],
      [BETA, Q],
      [GAMMA, Q],
    ]);
  });

  it.each([
    [0, []],
    [200, [200]],
    [Q, [Q]],
    [700, [Q, 200]],
    [5000, [Q, Q]],
  ])("within X = %i sends racers of %j, and no more", (budget, racers) => {
    const { rig } = race({ budget });
    rig.pass(450, true);
    expect(rig.placed().map(({ qtyLots }) => qtyLots)).toEqual(racers);
  });

  it("waits as long as the leader's venue usually takes, by its own p99, and not less than the floor", () => {
    const delayAfter = (ackMs: number, router: CoreOptions["router"] = {}) => {
      const rig = CoreRig.ready({
        shields: [{ overHedgeLotsMax: lots(Q) }],
        router: { mode: "race", racerDelayMsMin: 5, racerDelayMsMax: 100, ...router },
      });
      for (let n = 0; n < 20; n++) {
        rig.signal({ kind: n % 2 === 0 ? "hedge" : "close" });
        const order = rig.order();
        expect(order.listing).toBe(ALPHA);
        rig.nowMs += ackMs;
        rig.fill(order);
        rig.take();
        for (const venue of [ALPHA, BETA, GAMMA]) rig.quote(venue);
      }
      rig.signal();
      rig.order();
      const from = rig.nowMs;
      while (rig.placed().length === 0 && rig.nowMs < from + 200) rig.pass(0.25);
      return rig.nowMs - from;
    };
    // Buckets are an eighth of their power of two wide, and their upper end is taken.
    expect(delayAfter(12)).toBe(13);
    expect(delayAfter(40)).toBe(44);
    expect(delayAfter(1)).toBe(5);
    expect(delayAfter(1, { racerDelayMsMin: 0 })).toBe(1.25);
    expect(delayAfter(300)).toBe(100);
  });

  it("the first fill wins: nothing more is sent, and nothing is cancelled", () => {
    const { rig, leader } = race({ budget: 2 * Q });
    rig.pass(20);
    rig.take();
    rig.fill(leader);
    rig.pass(100);
    expect(rig.take()).toEqual([]);
  });

  it("a leader that ends unfilled is replaced at once, by a leader", () => {
    const { rig, leader } = race({ budget: Q });
    rig.nowMs += 3;
    rig.status(leader, "expired", 100);
    expect(sizes(rig.placed())).toEqual([[BETA, 400]]);
    rig.pass(19);
    expect(rig.placed()).toEqual([]);
    rig.pass(1);
    expect(sizes(rig.placed())).toEqual([[GAMMA, 400]]);
  });

  it("a racer that no venue takes leaves the leader at work", () => {
    const { rig, leader } = race({ budget: Q, directory: testDirectory([{}]) });
    rig.pass(100);
    expect(rig.take()).toEqual([]);
    rig.fill(leader);
    expect([rig.held(BTC_PERP), rig.take()]).toEqual([-Q, []]);
  });

  describe("when two have filled", () => {
    function doubled(router: CoreOptions["router"] = {}): CoreRig {
      const { rig, leader } = race({ budget: Q, ...{ router } });
      rig.pass(20);
      const racer = rig.order();
      rig.nowMs += 5;
      rig.fill(leader);
      rig.fill(racer);
      expect(rig.held(BTC_PERP)).toBe(-2 * Q);
      return rig;
    }

    it("waits T_net for an opposite intent, then unwinds reduce-only where the price is best", () => {
      const rig = doubled();
      rig.quote(BETA, BID - 5, ASK - 5);
      rig.pass(149.9);
      expect(rig.placed()).toEqual([]);
      rig.pass(0.1);
      const unwind = rig.order();
      expect(unwind).toMatchObject({ listing: BETA, side: "buy", qtyLots: Q, reduceOnly: true, cause: "position|0" });
      rig.pass(499);
      expect(rig.placed()).toEqual([]);
      rig.fill(unwind);
      expect([rig.held(BTC_PERP), rig.core.router.surplus.lots(BTC_PERP)]).toEqual([-Q, 0]);
      rig.pass(5000, true);
      expect(alarmsIn(rig.take())).toEqual([]);
    });

    it("an opposite intent nets it", () => {
      const rig = doubled();
      rig.nowMs += 50;
      rig.signal({ kind: "close" });
      const closing = rig.placed();
      expect(closing.reduce((sum, { qtyLots }) => sum + qtyLots, 0)).toBeGreaterThan(Q);
      expect(closing.every(({ reduceOnly }) => reduceOnly)).toBe(true);
    });

    it("an intent in its direction uses it up", () => {
      const rig = doubled();
      rig.nowMs += 50;
      // The whole BTC is to be hedged: 1,000 lots are already there.
      expect(rig.signal({ strength: 1 })).toMatchObject({ outcome: "absorbed" });
      rig.pass(3000, true);
      expect(rig.placed()).toEqual([]);
      expect(rig.core.router.surplus.lots(BTC_PERP)).toBe(0);
    });

    it("past Y it is alarmed and racing stops, until an operator acknowledges it", () => {
      const rig = doubled();
      for (const venue of [ALPHA, BETA, GAMMA]) rig.venue(venue, { ordersLive: false });
      rig.pass(1499, true);
      expect(alarmsIn(rig.take())).toEqual([]);
      rig.pass(1, true);
      expect(alarmsIn(rig.take())).toEqual(["OVER_HEDGED", "BREAKER_TRIPPED"]);
      const why = "500 lots of BTC/USDT:USDT too many for longer than 1500 ms";
      expect(rig.core.breakers.tripped).toMatchObject([{ breaker: "overHedge", why, value: Q, limit: 0 }]);
      for (const venue of [ALPHA, BETA, GAMMA]) rig.venue(venue);
      // What is too much goes all the same.
      for (const child of rig.placed()) rig.fill(child);
      rig.pass(600, true);
      for (const child of rig.placed()) rig.fill(child);
      expect(rig.held(BTC_PERP)).toBe(-Q);
      rig.signal({ strength: 0.8 });
      rig.order();
      rig.pass(400, true);
      expect(rig.placed()).toEqual([]);
      rig.control({ type: "state", state: "active", reason: "looked at" });
      rig.quote(BETA);
      expect(rig.placed()).toEqual([]);
      rig.control({ type: "acknowledge", breaker: "overHedge", subject: WHOLE, reason: "looked at" });
      rig.quote(BETA);
      expect(sizes(rig.placed())).toEqual([[BETA, 300]]);
    });

    it("a small rest that no venue takes back is dust, said once, and no alarm at Y", () => {
      const directory = testDirectory([{ lotSize: "0.01" }, { lotSize: "0.01" }, {}]);
      const { rig, leader } = race({ budget: Q, directory });
      rig.pass(20);
      rig.order();
      rig.status(leader, "filled", Q + 4);
      expect(alarmsIn(rig.take())).toEqual(["OVER_FILL", "DUST"]);
      rig.pass(3000, true);
      const codes = alarmsIn(rig.take());
      expect(codes).not.toContain("DUST");
      expect(codes).not.toContain("OVER_HEDGED");
    });
  });
});

describe("split", () => {
  it("goes to as few of the best venues as have the depth, half of it counted on", () => {
    const placed = (depths: readonly number[]) => {
      const rig = splitting(depths);
      rig.signal();
      return sizes(rig.placed());
    };
    expect(placed([1000, 1000, 1000])).toEqual([[ALPHA, 500]]);
    expect(placed([999, 1000, 1000])).toEqual([
      [ALPHA, 250],
      [BETA, 250],
    ]);
    expect(placed([600, 300, 300])).toEqual([
      [ALPHA, 250],
      [BETA, 125],
      [GAMMA, 125],
    ]);
    // Not deep enough altogether: all of it is ordered all the same, shared by depth.
    expect(placed([300, 200, 100])).toEqual([
      [ALPHA, 250],
      [BETA, 167],
      [GAMMA, 83],
    ]);
    expect(placed([100, 0, 0])[0]![1]).toBeGreaterThan(480);
  });

  it("re-sweeps what one left, at once, while the others still work", () => {
    const rig = splitting([600, 300, 300]);
    rig.signal();
    const [alpha, beta, gamma] = rig.placed();
    rig.fill(gamma!);
    expect(rig.placed()).toEqual([]);
    rig.status(beta!, "expired", 25);
    // Gamma filled all it was asked for and may have more; alpha is at work, beta had its turn.
    expect(sizes(rig.placed())).toEqual([[GAMMA, 100]]);
    rig.fill(alpha!);
    expect(rig.placed()).toEqual([]);
  });

  it("leaves out a venue whose share would be under its minimum", () => {
    const rig = splitting([900, 60, 60], { directory: testDirectory([{}, { minQty: "0.040" }, {}]) });
    rig.signal();
    expect(sizes(rig.placed())).toEqual([
      [ALPHA, 469],
      [GAMMA, 31],
    ]);
  });

  it("gives whole lots of each venue, and all of it", () => {
    const directory = testDirectory([{ lotSize: "0.01" }, { lotSize: "0.007" }, {}]);
    const rig = splitting([300, 300, 300], { directory });
    rig.signal();
    const placed = rig.placed();
    expect(placed.reduce((sum, { qtyLots }) => sum + qtyLots, 0)).toBe(Q);
    expect([placed[0]!.qtyLots % 10, placed[1]!.qtyLots % 7]).toEqual([0, 0]);
  });

  it("has never more than Q under way, whatever is in doubt", () => {
    const rig = splitting([600, 300, 300]);
    rig.signal();
    const [alpha, beta] = rig.placed();
    rig.pass(500, true);
    expect(alarmsIn(rig.take())).toContain("UNDER_HEDGED");
    rig.pass(400, true);
    expect(rig.placed()).toEqual([]);
    rig.status(beta!, "expired", 0);
    expect(rig.placed()).toEqual([]);
    expect(alpha!.state).toBe("resolving");
    rig.status(alpha!, "filled", 250);
    expect(rig.held(BTC_PERP)).toBe(-250);
  });
});

describe("a rest below every minimum", () => {
  it.each(["best-first", "split"] as const)("is UNDER_HEDGED to the lot in %s, and nothing was refused", (mode) => {
    const minNotional = 2000;
    const rig = CoreRig.ready({
      directory: testDirectory([{ minNotional }, { minNotional }, { minNotional }]),
      router: { mode },
    });
    rig.signal();
    const placed = rig.placed();
    // 33 lots at 60,000 are worth 1,980.
    rig.status(placed[0]!, "expired", placed[0]!.qtyLots - 33);
    const commands = rig.take();
    expect(commands).toMatchObject([{ type: "alarm", alarm: { code: "UNDER_HEDGED", value: 33 } }]);
    rig.pass(3000, true);
    expect(rig.take()).toEqual([]);
  });
});

describe("a venue that left an order in doubt", () => {
  it("goes behind the others for a while, whatever its price", () => {
    const rig = CoreRig.ready({ router: { doubtPenaltyMs: 3000 } });
    rig.signal({ strength: 0.1 });
    const first = rig.order();
    expect(first.listing).toBe(ALPHA);
    rig.report(first, { kind: "unknown", code: -1007 });
    rig.status(first, "filled", first.qtyLots);
    const next = (strength: number) => {
      rig.nowMs++;
      rig.quote(ALPHA, BID + 50, ASK + 50);
      rig.signal({ strength });
      const order = rig.order();
      rig.fill(order);
      return order.listing;
    };
    expect(next(0.2)).toBe(BETA);
    rig.pass(3000, true);
    rig.take();
    expect(next(0.3)).toBe(ALPHA);
  });
});

describe("speed before price", () => {
  const listingAt = (leverage: number) => {
    const rig = CoreRig.ready({
      directory: testDirectory([{}, {}]),
      shields: [{ linear: { ...CoreRig.ready().core.config.shields[0]!.linear, leverage, leverageGain: 0 } }],
    });
    // Alpha answers after 20 ms, beta after 4.
    for (let n = 1; n <= 32; n++) {
      const venue = n % 2 === 0 ? ALPHA : BETA;
      rig.quote(venue, BID + 60, ASK + 60);
      rig.quote(1 - venue, BID, ASK);
      rig.signal({ strength: n / 100 });
      const [order] = rig.placed();
      rig.nowMs += order!.listing === ALPHA ? 20 : 4;
      rig.fill(order!);
      rig.take();
    }
    // Alpha bids 5 bps better.
    rig.quote(ALPHA, BID + 300, ASK + 300);
    rig.quote(BETA, BID, ASK);
    rig.nowMs++;
    rig.signal({ strength: 0.6 });
    return rig.order().listing;
  };
  it("from leverage 10 on a faster venue is worth a worse price", () => {
    expect(listingAt(9)).toBe(ALPHA);
    expect(listingAt(10)).toBe(BETA);
  });
});

describe("with one venue dead, stalled or lying", () => {
  const DEEDS: readonly (readonly [string, (rig: CoreRig, child: Child) => void])[] = [
    ["dead", () => {}],
    ["lying", (rig, child) => rig.report(child, { kind: "ack", origin: "response" })],
    ["stalled", (rig, child) => rig.status(child, "open", 0)],
    ["gone after a part", (rig, child) => rig.status(child, "partiallyFilled", 100)],
  ];
  const rigFor = (mode: "best-first" | "race" | "split", x: number) =>
    CoreRig.ready({
      shields: [{ onUnknown: x > 0 ? "hedgeAnyway" : "wait", overHedgeLotsMax: lots(x) }],
      router: { mode, totalMs: 60_000 },
    });

  for (const [name, deed] of DEEDS) {
    it.each(["best-first", "race", "split"] as const)(
      `${name}: %s completes on another by 500 ms when X covers it`,
      (mode) => {
        const rig = rigFor(mode, Q);
        rig.signal();
        const bad = rig.order();
        rig.nowMs += 5;
        deed(rig, bad);
        rig.pass(495, true);
        // One round trip later all that was missing is there.
        rig.nowMs += 20;
        const backups = rig.placed();
        for (const child of backups) rig.fill(child);
        expect(backups.every(({ listing }) => listing !== bad.listing)).toBe(true);
        expect(rig.held(BTC_PERP)).toBeLessThanOrEqual(-Q);
        expect(bad.state).not.toBe("expired");
      },
    );

    it.each(["best-first", "race", "split"] as const)(
      `${name}: %s says UNDER_HEDGED by 500 ms when X is 0, and waits for proof`,
      (mode) => {
        const rig = rigFor(mode, 0);
        rig.signal();
        const bad = rig.order();
        rig.nowMs += 5;
        deed(rig, bad);
        rig.pass(495, true);
        expect(alarmsIn(rig.take())).toContain("UNDER_HEDGED");
        rig.pass(50_000, true);
        expect([bad.state, rig.placed()]).toEqual(["resolving", []]);
        expect(rig.core.ledger.pendingSellLots(BTC_PERP) + -rig.held(BTC_PERP)).toBe(Q);
        rig.status(bad, "expired", bad.cumQtyLots);
        expect(rig.order()).toMatchObject({ qtyLots: Q + rig.held(BTC_PERP) });
      },
    );
  }
});
