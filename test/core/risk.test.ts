import { describe, expect, it } from "vitest";
import type { Child } from "../../src/core/child.ts";
import type { OrderDraft, Parent } from "../../src/core/risk.ts";
import type { Side } from "../../src/domain/order.ts";
import { lots, ticks } from "../../src/domain/units.ts";
import { ALPHA, type CoreOptions, testDirectory } from "../support/core-config.ts";
import { ASK, BID, CoreRig } from "../support/core-rig.ts";

/** Alpha: lots of 0.002, ticks of 0.2, at least 0.01 BTC and 1000 quote. */
const DIRECTORY = testDirectory([{ lotSize: "0.002", tickSize: "0.2", minQty: "0.01", minNotional: 1000 }, {}, {}]);

interface Wish {
  readonly side?: Side;
  readonly qtyLots?: number;
  readonly pxTicks?: number;
  readonly reduceOnly?: boolean;
  /** What the parent may have in all; plenty if not said. */
  readonly parent?: Partial<Parent>;
  readonly slippageBps?: number;
}

function ask(rig: CoreRig, wish: Wish = {}): string {
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
    qtyLots: lots(1_000_000),
    overLots: lots(0),
    targetLots: lots(target),
    children: [],
    ...wish.parent,
  };
  const { risk } = rig.core;
  const order = risk.approve(draft, parent, wish.slippageBps ?? 20, rig.at.nowNs);
  return order === null ? risk.refusal.code : "NONE";
}

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
    ["below the least notional", { qtyLots: 16 }, "NOTIONAL_UNDER_MIN"],
    ["above it", { qtyLots: 18 }, "NONE"],
    ["below it but reduce-only", { qtyLots: 16, reduceOnly: true }, "NONE"],
    // 20 bp of 600002 are 1200.004 ticks.
    ["a buy at the cap", { pxTicks: ASK + 1200 }, "NONE"],
    ["a buy past the cap", { pxTicks: ASK + 1202 }, "PRICE_OUTSIDE_COLLAR"],
    ["a sell at the cap", { side: "sell", pxTicks: BID - 1200 }, "NONE"],
    ["a sell past the cap", { side: "sell", pxTicks: BID - 1202 }, "PRICE_OUTSIDE_COLLAR"],
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

  it("checks in the fixed order: each fault is said before those behind it", () => {
    const rig = rigWith({ orderNotionalMax: 1, positionNotionalMax: 1 });
    const parent = { qtyLots: lots(1), targetLots: lots(-1) };
    const worst: Wish = { qtyLots: 7, pxTicks: ASK + 6001, parent };
    const said: string[] = [];
    const next = (wish: Wish) => said.push(ask(rig, wish));
    rig.core.risk.state = "halted";
    rig.core.risk.kill = 2;
    rig.nowMs += 5000;
    rig.venue(ALPHA, { ordersLive: false });
    next(worst);
    rig.core.risk.state = "active";
    next(worst);
    rig.core.risk.kill = 0;
    next(worst);
    next({ ...worst, pxTicks: ASK + 6002 });
    next({ ...worst, pxTicks: ASK + 6002, qtyLots: 8 });
    next({ ...worst, pxTicks: ASK + 6002, qtyLots: 16 });
    next({ ...worst, pxTicks: ASK + 6002, qtyLots: 100 });
    rig.quote(ALPHA);
    next({ ...worst, pxTicks: ASK + 6002, qtyLots: 100 });
    next({ ...worst, pxTicks: ASK, qtyLots: 100 });
    expect(said).toEqual([
      "STATE_NOT_ACTIVE",
      "KILL_SWITCH",
      "OFF_TICK",
      "OFF_LOT",
      "QUANTITY_UNDER_MIN",
      "NOTIONAL_UNDER_MIN",
      "NO_FRESH_QUOTE",
      "PRICE_OUTSIDE_COLLAR",
      "ORDER_NOTIONAL_OVER_LIMIT",
    ]);
    const later = rigWith({ positionNotionalMax: 1 });
    expect(ask(later, { parent })).toBe("POSITION_NOTIONAL_OVER_LIMIT");
    const free = rigWith();
    free.venue(ALPHA, { ordersLive: false });
    expect(ask(free, { parent })).toBe("OVER_TARGET");
    expect(ask(free, { parent: { targetLots: lots(-1) } })).toBe("WRONG_DIRECTION");
    expect(ask(free)).toBe("VENUE_NOT_READY");
  });
});
