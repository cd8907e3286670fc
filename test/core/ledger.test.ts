import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Child, ChildState } from "../../src/core/child.ts";
import { Ledger } from "../../src/core/ledger.ts";
import { type Side, sideSign } from "../../src/domain/order.ts";
import { AssertionError, lots } from "../../src/domain/units.ts";

/** Two listings of instrument 0, one of instrument 1. */
const INSTRUMENT_OF = [0, 0, 1];

function order(side: Side, qtyLots: number, listing = 0): Child {
  const child = {
    clientOrderId: "x",
    side,
    qtyLots: lots(qtyLots),
    listing,
    instrument: INSTRUMENT_OF[listing]!,
    state: "sent" as ChildState,
    cumQtyLots: lots(0),
    avgPxTicks: Number.NaN,
  };
  // The ledger looks at nothing else of a child.
  return child as Child;
}

function placed(ledger: Ledger, side: Side, qtyLots: number, listing = 0): Child {
  const child = order(side, qtyLots, listing);
  ledger.reserve(child);
  return child;
}

function tell(ledger: Ledger, child: Child, state: ChildState, cumQtyLots: number, avgPxTicks = 100): void {
  ledger.before(child);
  child.state = state;
  child.cumQtyLots = lots(cumQtyLots);
  child.avgPxTicks = avgPxTicks;
  ledger.after(child);
}

describe("the ledger", () => {
  it("moves a fill from pending to the position and frees what an end leaves over", () => {
    const ledger = new Ledger(3, 2);
    const child = placed(ledger, "buy", 10);
    expect(ledger.pendingBuyLots(0)).toBe(10);
    tell(ledger, child, "partial", 4);
    expect([ledger.positionLots(0), ledger.heldLots(0), ledger.pendingBuyLots(0)]).toEqual([4, 4, 6]);
    tell(ledger, child, "canceled", 4);
    expect([ledger.positionLots(0), ledger.heldLots(0), ledger.pendingBuyLots(0)]).toEqual([4, 4, 0]);
    // Late: adopted, and nothing is released twice.
    tell(ledger, child, "canceled", 7);
    expect([ledger.positionLots(0), ledger.pendingBuyLots(0)]).toEqual([7, 0]);
  });

  it("adopts more than was ordered", () => {
    const ledger = new Ledger(3, 2);
    const child = placed(ledger, "sell", 5);
    tell(ledger, child, "filled", 8);
    expect([ledger.positionLots(0), ledger.pendingSellLots(0)]).toEqual([-8, 0]);
  });

  it("holds an instrument's position over all its listings, and no other's", () => {
    const ledger = new Ledger(3, 2);
    tell(ledger, placed(ledger, "buy", 3, 0), "filled", 3);
    tell(ledger, placed(ledger, "sell", 5, 1), "filled", 5);
    tell(ledger, placed(ledger, "buy", 7, 2), "filled", 7);
    expect([0, 1, 2].map((listing) => ledger.positionLots(listing))).toEqual([3, -5, 7]);
    expect([ledger.heldLots(0), ledger.heldLots(1)]).toEqual([-2, 7]);
  });

  // held, pending buy, pending sell, side, target, X, room
  it.each<[number, number, number, Side, number, number, number]>([
    [0, 0, 0, "buy", 10, 0, 10],
    [0, 0, 0, "sell", -10, 0, 10],
    [0, 4, 0, "buy", 10, 0, 6],
    [0, 10, 0, "buy", 10, 0, 0],
    [0, 10, 0, "buy", 10, 3, 3],
    [0, 12, 0, "buy", 10, 0, 0],
    // A pending sell may never fill, so it makes no room to buy.
    [0, 0, 5, "buy", 10, 0, 10],
    [0, 5, 0, "sell", -10, 0, 10],
    [0, 0, 4, "sell", -10, 0, 6],
    [0, 0, 10, "sell", -10, 2, 2],
    [6, 0, 0, "sell", 0, 0, 6],
    [6, 0, 0, "buy", 0, 0, 0],
    [-6, 0, 0, "buy", 0, 0, 6],
    [-6, 2, 0, "buy", 0, 1, 5],
  ])("held %i, pending %i/%i: room to %s toward %i with %i over is %i", (held, buy, sell, side, target, over, room) => {
    const ledger = new Ledger(3, 2);
    if (held !== 0)
      tell(ledger, placed(ledger, held > 0 ? "buy" : "sell", Math.abs(held), 1), "filled", Math.abs(held));
    if (buy > 0) placed(ledger, "buy", buy);
    if (sell > 0) placed(ledger, "sell", sell);
    expect(ledger.roomLots(0, side, lots(target), lots(over))).toBe(room);
  });

  it("lets only what stands at a listing be reduced there, less what is on its way", () => {
    const ledger = new Ledger(3, 2);
    tell(ledger, placed(ledger, "sell", 8, 0), "filled", 8);
    expect(ledger.reducibleLots(0, "buy")).toBe(8);
    expect(ledger.reducibleLots(0, "sell")).toBe(0);
    expect(ledger.reducibleLots(1, "buy")).toBe(0);
    const back = placed(ledger, "buy", 3, 0);
    expect(ledger.reducibleLots(0, "buy")).toBe(5);
    tell(ledger, back, "canceled", 0, Number.NaN);
    expect(ledger.reducibleLots(0, "buy")).toBe(8);
    placed(ledger, "buy", 20, 0);
    expect(ledger.reducibleLots(0, "buy")).toBe(0);
  });

  it("keeps the entry price: averaged by adding, kept by reducing, new through zero, gone when flat", () => {
    const ledger = new Ledger(3, 2);
    expect(ledger.entryPxTicks(0)).toBeNaN();
    tell(ledger, placed(ledger, "buy", 10), "filled", 10, 100);
    tell(ledger, placed(ledger, "buy", 30), "filled", 30, 200);
    expect(ledger.entryPxTicks(0)).toBe(175);
    tell(ledger, placed(ledger, "sell", 20), "filled", 20, 500);
    expect(ledger.entryPxTicks(0)).toBe(175);
    tell(ledger, placed(ledger, "sell", 25), "filled", 25, 300);
    expect([ledger.positionLots(0), ledger.entryPxTicks(0)]).toEqual([-5, 300]);
    tell(ledger, placed(ledger, "buy", 5), "filled", 5, 300);
    expect(ledger.entryPxTicks(0)).toBeNaN();
  });

  it("takes each step of one order's average at its own price", () => {
    const ledger = new Ledger(3, 2);
    const child = placed(ledger, "buy", 10);
    tell(ledger, child, "partial", 4, 100);
    tell(ledger, child, "filled", 10, 106);
    expect(ledger.entryPxTicks(0)).toBeCloseTo(106, 9);
  });

  it("refuses to release what was never reserved", () => {
    const ledger = new Ledger(3, 2);
    expect(() => tell(ledger, order("buy", 5), "canceled", 0)).toThrow(AssertionError);
  });

  it("no order of events takes the worst case past the target by more than X", () => {
    const step = fc.record({
      side: fc.constantFrom<Side>("buy", "sell"),
      qty: fc.integer({ min: 1, max: 30 }),
      settle: fc.option(fc.record({ which: fc.nat(), cum: fc.nat() }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: -20, max: 20 }),
        fc.nat({ max: 5 }),
        fc.array(step, { maxLength: 30 }),
        (target, over, steps) => {
          const ledger = new Ledger(3, 2);
          const open: Child[] = [];
          let held = 0;
          for (const { side, qty, settle } of steps) {
            const room = ledger.roomLots(0, side, lots(target), lots(over));
            if (room > 0) open.push(placed(ledger, side, Math.min(qty, room)));
            // Counted here by hand: everything pending on one side fills and nothing on the other.
            const pending = (of: Side) =>
              open.filter((child) => child.side === of).reduce((sum, child) => sum + child.qtyLots, 0);
            if (room > 0) {
              if (side === "buy") expect(held + pending("buy")).toBeLessThanOrEqual(target + over);
              else expect(held - pending("sell")).toBeGreaterThanOrEqual(target - over);
            }
            if (settle !== undefined && open.length > 0) {
              const [child] = open.splice(settle.which % open.length, 1);
              const cum = settle.cum % (child!.qtyLots + 1);
              tell(ledger, child!, "expired", cum);
              held += sideSign(child!.side) * cum;
            }
            expect(ledger.heldLots(0)).toBe(held);
            expect([ledger.pendingBuyLots(0), ledger.pendingSellLots(0)]).toEqual([pending("buy"), pending("sell")]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
