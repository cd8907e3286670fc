import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Child } from "../../src/core/child.ts";
import { CONFIRM_WITHIN_MS, type LimitName } from "../../src/core/limits.ts";
import { type OrderDraft, type Parent, RiskGate } from "../../src/core/risk.ts";
import type { Side } from "../../src/domain/order.ts";
import { lots, type Ns, ticks } from "../../src/domain/units.ts";
import { ALPHA, type CoreOptions, coreConfig, testDirectory } from "../support/core-config.ts";
import { ASK, BID, CoreRig } from "../support/core-rig.ts";

/** Alpha: lots of 0.002, ticks of 0.2, at least 0.01 BTC and 1000 quote, at most 5 BTC. */
const DIRECTORY = testDirectory([
  { lotSize: "0.002", tickSize: "0.2", minQty: "0.01", maxQty: "5", minNotional: 1000 },
  {},
  {},
]);

interface Wish {
  readonly side?: Side;
  readonly qtyLots?: number;
  readonly pxTicks?: number;
  readonly reduceOnly?: boolean;
  /** What the parent may have in all; plenty if not said. */
  readonly parent?: Partial<Parent>;
  readonly slippageBps?: number;
}

const ask = (rig: CoreRig, wish: Wish = {}): string => askOf(rig.core.risk, rig.at.nowNs, wish);

function askOf(risk: RiskGate, nowNs: Ns, wish: Wish): string {
  const side = wish.side ?? "buy";
  const draft: OrderDraft = {
    listing: ALPHA,
    side,
    qtyLots: lots(wish.qtyLots ?? 100),
    pxTicks: ticks(wish.pxTicks ?? (side === "buy" ? ASK : BID)),
    reduceOnly: wish.reduceOnly ?? false,
  };
  const target = side === "buy" ? 1_000_000 : -1_000_000;
  const parent: Parent = {
    owner: 0,
    opposingPxTicks: Number.NaN,
    qtyLots: lots(1_000_000),
    overLots: lots(0),
    targetLots: lots(target),
    children: [],
    ...wish.parent,
  };
  const order = risk.approve(draft, parent, wish.slippageBps ?? 20, nowNs);
  return order === null ? risk.refusal.code : "NONE";
}

const NUM_RUNS = 200;
const rigWith = (options: CoreOptions = {}) => CoreRig.ready({ directory: DIRECTORY, ...options });

/** An order of `qtyLots` that this rig's core already has at gamma: filled, or still pending. */
function holding(rig: CoreRig, qtyLots: number, state: "filled" | "sent"): void {
  const { ledger } = rig.core;
  const child = { side: qtyLots > 0 ? "buy" : "sell", qtyLots: lots(Math.abs(qtyLots)), state: "sent", cumQtyLots: 0 };
  const whole = { ...child, listing: 2, instrument: 1, avgPxTicks: 1, clientOrderId: "x" } as unknown as Child;
  ledger.reserve(whole);
  if (state === "filled") {
    ledger.before(whole);
    Object.assign(whole, { state: "filled", cumQtyLots: Math.abs(qtyLots) });
    ledger.after(whole);
  }
}

describe("the risk gate", () => {
  it("lets a proper order through, unchanged", () => {
    expect(ask(rigWith())).toBe("NONE");
    expect(ask(rigWith(), { side: "sell" })).toBe("NONE");
  });

  it.each([
    ["booting", false, "STATE_NOT_ACTIVE"],
    ["booting", true, "STATE_NOT_ACTIVE"],
    ["halted", false, "STATE_NOT_ACTIVE"],
    ["halted", true, "STATE_NOT_ACTIVE"],
    ["reducing", false, "STATE_NOT_ACTIVE"],
    ["reducing", true, "NONE"],
    ["active", false, "NONE"],
    ["active", true, "NONE"],
  ] as const)("%s, reduce-only %s: %s", (state, reduceOnly, code) => {
    const rig = rigWith();
    rig.core.risk.state = state;
    expect(ask(rig, { reduceOnly })).toBe(code);
  });

  it.each([
    [0, false, "NONE"],
    [1, false, "KILL_SWITCH"],
    [1, true, "NONE"],
    [2, false, "KILL_SWITCH"],
    [2, true, "KILL_SWITCH"],
  ] as const)("kill level %i, reduce-only %s: %s", (level, reduceOnly, code) => {
    const rig = rigWith();
    rig.core.risk.kill = level;
    expect(ask(rig, { reduceOnly })).toBe(code);
  });

  // At the limit, and one unit beyond it.
  it.each<[string, Wish, string]>([
    ["on the venue's tick", { pxTicks: ASK }, "NONE"],
    ["off it by one", { pxTicks: ASK - 1 }, "OFF_TICK"],
    ["at no price", { pxTicks: 0 }, "OFF_TICK"],
    ["on the venue's lot", { qtyLots: 102 }, "NONE"],
    ["off it by one", { qtyLots: 101 }, "OFF_LOT"],
    ["for nothing", { qtyLots: 0 }, "OFF_LOT"],
    ["for less than nothing", { qtyLots: -100 }, "OFF_LOT"],
    ["at the least quantity, reduce-only", { qtyLots: 10, reduceOnly: true }, "NONE"],
    ["below it by one lot", { qtyLots: 8, reduceOnly: true }, "QUANTITY_UNDER_MIN"],
    ["at the largest quantity", { qtyLots: 5000 }, "NONE"],
    ["above it by one lot", { qtyLots: 5002 }, "QUANTITY_OVER_MAX"],
    ["above it, reduce-only", { qtyLots: 5002, reduceOnly: true }, "QUANTITY_OVER_MAX"],
    ["below the least notional", { qtyLots: 16 }, "NOTIONAL_UNDER_MIN"],
    ["above it", { qtyLots: 18 }, "NONE"],
    ["below it but reduce-only", { qtyLots: 16, reduceOnly: true }, "NONE"],
    // 20 bp of 600002 are 1200.004 ticks.
    ["a buy at the cap", { pxTicks: ASK + 1200 }, "NONE"],
    ["a buy past the cap", { pxTicks: ASK + 1202 }, "SLIPPAGE_OVER_LIMIT"],
    ["a sell at the cap", { side: "sell", pxTicks: BID - 1200 }, "NONE"],
    ["a sell past the cap", { side: "sell", pxTicks: BID - 1202 }, "SLIPPAGE_OVER_LIMIT"],
    // The collar: 100 bp of the mid of 600001 are 6000.01 ticks.
    ["at the collar", { pxTicks: ASK + 5998, slippageBps: 1000 }, "NONE"],
    ["past the collar", { pxTicks: ASK + 6000, slippageBps: 1000 }, "PRICE_OUTSIDE_COLLAR"],
    ["past the collar on the kind side", { pxTicks: BID - 6000 }, "PRICE_OUTSIDE_COLLAR"],
  ])("an order %s", (_name, wish, code) => {
    expect(ask(rigWith(), wish)).toBe(code);
  });

  it("the smallest price move of a quote counts: notional at its limit and one unit beyond", () => {
    const orderNotionalMax = ASK * 100;
    expect(ask(rigWith({ orderNotionalMax }))).toBe("NONE");
    const rig = rigWith({ orderNotionalMax: orderNotionalMax - 1 });
    expect(ask(rig)).toBe("ORDER_NOTIONAL_OVER_LIMIT");
    expect(rig.core.risk.refusal).toEqual({
      code: "ORDER_NOTIONAL_OVER_LIMIT",
      value: orderNotionalMax,
      limit: orderNotionalMax - 1,
    });
    // Also of an order that reduces: a fat finger is one in either direction.
    expect(ask(rig, { reduceOnly: true })).toBe("ORDER_NOTIONAL_OVER_LIMIT");
  });

  it.each([
    ["buy", 60, 40, 0, 100],
    ["buy", -60, 0, 160, 100],
    ["sell", -60, 0, -40, 100],
    ["sell", 60, 40, -160, 100],
  ] as const)(
    "%s: the position limit holds for what is held and all that may still fill",
    (side, held, ignored, pending, qtyLots) => {
      const px = side === "buy" ? ASK : BID;
      const worst = Math.abs(
        side === "buy"
          ? held + Math.max(0, pending) + (pending === 0 ? ignored : 0) + qtyLots
          : held + Math.min(0, pending) - qtyLots,
      );
      const build = (positionNotionalMax: number) => {
        const rig = rigWith({ positionNotionalMax });
        holding(rig, held, "filled");
        if (pending !== 0) holding(rig, pending, "sent");
        if (side === "buy" && pending === 0) holding(rig, ignored, "sent");
        // What is pending on the other side may never fill and makes no room.
        holding(rig, side === "buy" ? -30 : 30, "sent");
        return rig;
      };
      expect(ask(build(worst * px), { side, qtyLots })).toBe("NONE");
      expect(ask(build(worst * px - 1), { side, qtyLots })).toBe("POSITION_NOTIONAL_OVER_LIMIT");
      expect(ask(build(0), { side, qtyLots, reduceOnly: true })).toBe("NONE");
    },
  );

  it("counts the parent's children itself: filled, working and unknown", () => {
    const child = (qtyLots: number, cumQtyLots: number, state: string) => ({ qtyLots, cumQtyLots, state }) as never;
    const children = [
      child(100, 30, "canceled"),
      child(50, 20, "partial"),
      child(40, 10, "resolving"),
      child(9, 0, "rejected"),
    ];
    const parent = (qtyLots: number, overLots = 0) => ({ qtyLots: lots(qtyLots), overLots: lots(overLots), children });
    // 30 + 50 + 40 committed, 100 more wished.
    expect(ask(rigWith(), { parent: parent(220) })).toBe("NONE");
    const rig = rigWith();
    expect(ask(rig, { parent: parent(219) })).toBe("OVER_TARGET");
    expect(rig.core.risk.refusal).toMatchObject({ value: 220, limit: 219 });
    expect(ask(rigWith(), { parent: parent(215, 5) })).toBe("NONE");
  });

  it.each([
    ["buy", 100, 0, "NONE"],
    ["buy", 99, 0, "WRONG_DIRECTION"],
    ["buy", 99, 1, "NONE"],
    ["buy", -100, 0, "WRONG_DIRECTION"],
    ["sell", -100, 0, "NONE"],
    ["sell", -99, 0, "WRONG_DIRECTION"],
    ["sell", -99, 1, "NONE"],
    ["sell", 100, 0, "WRONG_DIRECTION"],
  ] as const)("a %s toward %i with %i over: %s", (side, target, over, code) => {
    expect(ask(rigWith(), { side, parent: { targetLots: lots(target), overLots: lots(over) } })).toBe(code);
  });

  it("needs a quote of the listing that is fresh, to the ms", () => {
    const rig = rigWith();
    rig.nowMs += 2000;
    expect(ask(rig)).toBe("NONE");
    rig.nowMs += 0.001;
    expect(ask(rig)).toBe("NO_FRESH_QUOTE");
    // Others' quotes do not help.
    rig.quote(1);
    expect(ask(rig)).toBe("NO_FRESH_QUOTE");
  });

  it.each([
    [{ streamLive: false }, "VENUE_NOT_READY"],
    [{ ordersLive: false }, "VENUE_NOT_READY"],
    [{ clockErrorMs: 250 }, "NONE"],
    [{ clockErrorMs: 251 }, "VENUE_NOT_READY"],
    [{ clockErrorMs: Number.NaN }, "VENUE_NOT_READY"],
    [{ quotesLive: false }, "NO_FRESH_QUOTE"],
  ])("a venue with %o: %s", (status, code) => {
    const rig = rigWith();
    rig.venue(ALPHA, status);
    expect(ask(rig)).toBe(code);
  });

  it("holds an order against what its listing usually shows, and one wild quote is not usual", () => {
    const depth = { depthMultipleMax: 3 };
    // Alpha has shown 1000 lots.
    expect(ask(rigWith(depth), { qtyLots: 3000 })).toBe("NONE");
    const rig = rigWith(depth);
    expect(ask(rig, { qtyLots: 3002 })).toBe("QUANTITY_OVER_DEPTH");
    expect(rig.core.risk.refusal).toMatchObject({ value: 3002, limit: 3000 });
    expect(ask(rig, { qtyLots: 3002, reduceOnly: true })).toBe("NONE");
    rig.quote(ALPHA, BID, ASK, 1_000_000);
    // One step of the median, a 64th.
    expect(ask(rig, { qtyLots: 3046 })).toBe("NONE");
    expect(ask(rig, { qtyLots: 3048 })).toBe("QUANTITY_OVER_DEPTH");
    for (let i = 0; i < 400; i++) rig.quote(ALPHA, BID, ASK, 100);
    expect(ask(rig, { qtyLots: 310 })).toBe("QUANTITY_OVER_DEPTH");
  });

  it("does not trade with an order of ours that rests, at its price or through it", () => {
    const opposing = (side: Side, opposingPxTicks: number, pxTicks: number) =>
      ask(rigWith(), { side, pxTicks, parent: { opposingPxTicks } });
    expect(opposing("buy", ASK + 2, ASK)).toBe("NONE");
    expect(opposing("buy", ASK, ASK)).toBe("SELF_TRADE");
    expect(opposing("buy", ASK - 2, ASK)).toBe("SELF_TRADE");
    expect(opposing("sell", BID - 2, BID)).toBe("NONE");
    expect(opposing("sell", BID, BID)).toBe("SELF_TRADE");
    expect(opposing("sell", BID + 2, BID)).toBe("SELF_TRADE");
  });

  it("sends elsewhere what would meet an IOC order that rests although it should not", () => {
    const close = { kind: "close", direction: "flat" } as const;
    for (const [afterMs, next, venue, side] of [
      [400, close, ALPHA, "buy"],
      [450, close, 1, "buy"],
      // On its own side it is in nobody's way.
      [450, { strength: 0.3 }, ALPHA, "sell"],
    ] as const) {
      const rig = CoreRig.ready();
      rig.signal({ strength: 0.1 });
      const order = rig.order();
      expect([order.venue, order.side]).toEqual([ALPHA, "sell"]);
      rig.status(order, "partiallyFilled", 50);
      rig.nowMs += afterMs;
      for (const listing of [0, 1, 2]) rig.quote(listing);
      rig.take();
      rig.signal(next);
      // Where the position stands comes first; past its validity of 400 ms the other half of the order is in the way there.
      expect(rig.placed().map((placed) => [placed.venue, placed.side])).toEqual([[venue, side]]);
    }
  });

  it("lets so many orders a second to a listing and no more, to the ns; those that only reduce are free", () => {
    const rig = rigWith({ ordersPerSecondMax: 3 });
    for (let i = 0; i < 9; i++) expect(ask(rig, { reduceOnly: true })).toBe("NONE");
    for (let i = 0; i < 3; i++) expect(ask(rig)).toBe("NONE");
    expect(ask(rig)).toBe("ORDER_RATE_OVER_LIMIT");
    expect(rig.core.risk.refusal).toMatchObject({ value: 4, limit: 3 });
    for (let i = 0; i < 9; i++) expect(ask(rig, { reduceOnly: true })).toBe("NONE");
    rig.nowMs += 1000 - 0.001;
    expect(ask(rig)).toBe("ORDER_RATE_OVER_LIMIT");
    rig.nowMs += 0.001;
    for (let i = 0; i < 3; i++) expect(ask(rig)).toBe("NONE");
    expect(ask(rig)).toBe("ORDER_RATE_OVER_LIMIT");
    // An operator's tighter limit holds at once.
    rig.nowMs += 5000;
    rig.quote(ALPHA);
    rig.control({ type: "limit", name: "ordersPerSecondMax", value: 0, confirmed: false, reason: "look" });
    expect(ask(rig)).toBe("ORDER_RATE_OVER_LIMIT");
  });

  it.each([
    ["venue", ALPHA, 1],
    ["instrument", 1, 3],
    ["playbook", 0, 1],
  ] as const)("has a kill switch for each %s, and others trade", (part, index, other) => {
    const rig = rigWith();
    const kill = (at: number, level: 0 | 1 | 2) =>
      rig.control({ type: "killPart", part, index: at, level, confirmed: false, reason: "test" });
    kill(other, 2);
    expect(ask(rig)).toBe("NONE");
    kill(index, 1);
    expect(ask(rig)).toBe("KILL_SWITCH");
    expect(rig.core.risk.refusal).toMatchObject({ value: 1, limit: 0 });
    expect(ask(rig, { reduceOnly: true })).toBe("NONE");
    kill(index, 2);
    expect(ask(rig, { reduceOnly: true })).toBe("KILL_SWITCH");
    expect(rig.core.risk.refusal).toMatchObject({ value: 2, limit: 1 });
    const restarted = CoreRig.restarted(rig, { directory: DIRECTORY });
    restarted.quote(ALPHA);
    expect(ask(restarted, { reduceOnly: true })).toBe("KILL_SWITCH");
    // Lowering takes two steps of the same, in time.
    const lower = (confirmed: boolean, to: 0 | 1 = 0) =>
      rig.control({ type: "killPart", part, index, level: to, confirmed, reason: "test" });
    lower(true);
    lower(false);
    lower(true, 1);
    expect(ask(rig, { reduceOnly: true })).toBe("KILL_SWITCH");
    rig.nowMs += CONFIRM_WITHIN_MS + 1;
    lower(true);
    rig.quote(ALPHA);
    expect(ask(rig, { reduceOnly: true })).toBe("KILL_SWITCH");
    lower(false);
    rig.nowMs += CONFIRM_WITHIN_MS;
    lower(true);
    rig.quote(ALPHA);
    expect(ask(rig)).toBe("NONE");
    // That proposal was for that time.
    kill(index, 2);
    lower(true);
    expect(ask(rig, { reduceOnly: true })).toBe("KILL_SWITCH");
  });

  it("checks in the fixed order of reliability.md §5: each fault is said before those behind it", () => {
    const limits = { orderNotionalMax: 1, positionNotionalMax: 1, depthMultipleMax: 0.001, ordersPerSecondMax: 1 };
    const rig = rigWith(limits);
    rig.core.risk.state = "halted";
    rig.core.risk.kill = 2;
    rig.nowMs += 5000;
    rig.venue(ALPHA, { ordersLive: false });
    rig.control({ type: "limit", name: "ordersPerSecondMax", value: 0, confirmed: false, reason: "test" });
    let wish: Wish = {
      qtyLots: 5003,
      pxTicks: ASK + 6003,
      slippageBps: 0,
      parent: { opposingPxTicks: 1, qtyLots: lots(1), targetLots: lots(-1) },
    };
    const loosen = (name: LimitName, value: number) => {
      for (const confirmed of [false, true]) rig.control({ type: "limit", name, value, confirmed, reason: "test" });
    };
    const change = (fields: Wish) => {
      wish = { ...wish, ...fields, parent: { ...wish.parent, ...fields.parent } };
    };
    /** Each step mends what is refused before it. */
    const steps: readonly (readonly [code: string, mend: () => unknown])[] = [
      ["STATE_NOT_ACTIVE", () => Object.assign(rig.core.risk, { state: "active" })],
      ["KILL_SWITCH", () => Object.assign(rig.core.risk, { kill: 0 })],
      ["OFF_TICK", () => change({ pxTicks: ASK + 6004 })],
      ["OFF_LOT", () => change({ qtyLots: 8 })],
      ["QUANTITY_UNDER_MIN", () => change({ qtyLots: 5002 })],
      ["QUANTITY_OVER_MAX", () => change({ qtyLots: 16 })],
      ["NOTIONAL_UNDER_MIN", () => change({ qtyLots: 100 })],
      ["QUANTITY_OVER_DEPTH", () => loosen("depthMultipleMax", 1000)],
      ["ORDER_NOTIONAL_OVER_LIMIT", () => loosen("orderNotionalMax", 1e9)],
      ["NO_FRESH_QUOTE", () => rig.quote(ALPHA)],
      ["PRICE_OUTSIDE_COLLAR", () => change({ pxTicks: ASK + 2 })],
      ["SLIPPAGE_OVER_LIMIT", () => change({ pxTicks: ASK })],
      ["POSITION_NOTIONAL_OVER_LIMIT", () => loosen("positionNotionalMax", 1e9)],
      ["OVER_TARGET", () => change({ parent: { qtyLots: lots(1000) } })],
      ["WRONG_DIRECTION", () => change({ parent: { targetLots: lots(1000) } })],
      ["SELF_TRADE", () => change({ parent: { opposingPxTicks: Number.NaN } })],
      ["ORDER_RATE_OVER_LIMIT", () => loosen("ordersPerSecondMax", 10)],
      ["VENUE_NOT_READY", () => rig.venue(ALPHA)],
    ];
    for (const [code, mend] of steps) {
      expect(ask(rig, wish)).toBe(code);
      // A venue is away or it is not: its index is all there is to say.
      const { value, limit } = rig.core.risk.refusal;
      expect([code, Number.isNaN(value), Number.isNaN(limit)]).toEqual([code, false, code === "VENUE_NOT_READY"]);
      mend();
    }
    expect(ask(rig, wish)).toBe("NONE");
  });

  it("refuses at every limit from one unit above it on, and never at it", () => {
    const directory = testDirectory([{ lotSize: "0.002" }, {}, {}]);
    const rig = rigWith({ directory });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: -3, max: 3 }),
        fc.constantFrom("buy" as const, "sell" as const),
        (max, by, side) => {
          const px = side === "buy" ? ASK : BID;
          const plenty = { qtyLots: lots(1e8), targetLots: lots(side === "buy" ? 1e8 : -1e8) };
          const asked = (qtyLots: number, options: CoreOptions, parent: Partial<Parent> = {}) => {
            const { market, ledger } = rig.core;
            const risk = new RiskGate(coreConfig({ directory, ordersPerSecondMax: 1, ...options }), market, ledger);
            risk.state = "active";
            return askOf(risk, rig.at.nowNs, { side, qtyLots, parent: { ...plenty, ...parent } });
          };
          const said = (code: string) => (by > 0 ? code : "NONE");
          const qtyLots = 2 * (max + by);
          fc.pre(qtyLots > 0);
          const target = lots(side === "buy" ? 2 * max : -2 * max);
          expect(asked(qtyLots, { orderNotionalMax: 2 * max * px })).toBe(said("ORDER_NOTIONAL_OVER_LIMIT"));
          expect(asked(qtyLots, { positionNotionalMax: 2 * max * px })).toBe(said("POSITION_NOTIONAL_OVER_LIMIT"));
          expect(asked(qtyLots, {}, { qtyLots: lots(2 * max) })).toBe(said("OVER_TARGET"));
          expect(asked(qtyLots, {}, { targetLots: target })).toBe(said("WRONG_DIRECTION"));
          const multiple = 1 + (max % 50);
          expect(asked(1000 * multiple + 2 * by, { depthMultipleMax: multiple })).toBe(said("QUANTITY_OVER_DEPTH"));
        },
      ),
      { numRuns: NUM_RUNS },
    );
  });
});
