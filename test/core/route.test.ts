import { describe, expect, it } from "vitest";
import type { Child } from "../../src/core/child.ts";
import type { Command } from "../../src/core/event.ts";
import { lots } from "../../src/domain/units.ts";
import { ALPHA, BETA, BTC_PERP, type CoreOptions, GAMMA, testDirectory } from "../support/core-config.ts";
import { ASK, alarmsIn, BID, CoreRig } from "../support/core-rig.ts";

/** One BTC held long and half of it hedged: sell 500 lots of 0.001 BTC. */
const Q = 500;

function hedging(options: CoreOptions = {}): { rig: CoreRig; first: Child } {
  const rig = CoreRig.ready(options);
  expect(rig.signal()).toMatchObject({ outcome: "hedged" });
  return { rig, first: rig.order() };
}

const typesOf = (commands: readonly Command[]) => commands.map((command) => command.type);
const cheapest = (fees: readonly number[]) => testDirectory(fees.map((takerFee) => ({ takerFee })));

describe("the router", () => {
  it("orders with a price cap, as an IOC with a stamp of the venue's clock", () => {
    const rig = CoreRig.ready();
    rig.venue(ALPHA, { clockOffsetMs: 40 });
    rig.signal();
    const order = rig.order();
    expect(order).toMatchObject({
      listing: ALPHA,
      side: "sell",
      qtyLots: Q,
      pxTicks: BID - (BID * 20) / 10_000,
      timeInForce: "ioc",
      reduceOnly: false,
      validForMs: 400,
      stampMs: rig.at.wallMs + 40,
    });
    expect(order.clientOrderId).toMatch(/^[0-9a-f]{16}000001000000000$|^[0-9a-f]{16}0000010000000000$/);
  });

  it("lets speed go before price from leverage 10 on", () => {
    const linear = { ...CoreRig.ready().core.config.shields[0]!.linear, leverageGain: 0 };
    const order = (leverage: number) => hedging({ shields: [{ linear: { ...linear, leverage } }] }).first;
    expect(order(10 - 2 ** -49).pxTicks).toBe(BID - (BID * 20) / 10_000);
    expect(order(10).pxTicks).toBe(BID - (BID * 50) / 10_000);
  });

  it("goes to the best price, fee included", () => {
    const at = (fees: number[], bids: number[]) => {
      const rig = CoreRig.ready({ directory: cheapest(fees) });
      bids.forEach((bid, listing) => {
        rig.quote(listing, bid, bid + 2);
      });
      rig.signal();
      return rig.order().listing;
    };
    expect(at([0.0005, 0.0005, 0.0005], [BID, BID + 1, BID])).toBe(BETA);
    // One basis point of fee is 60 ticks here: a bid 59 ticks better does not pay for it, one 61 ticks better does.
    expect(at([0.0005, 0.0006, 0.0007], [BID, BID + 59, BID])).toBe(ALPHA);
    expect(at([0.0005, 0.0006, 0.0007], [BID, BID + 61, BID])).toBe(BETA);
    expect(at([0.0005, 0.0006, 0.0004], [BID, BID + 61, BID])).toBe(GAMMA);
  });

  it("buys where the ask is lowest, fee included", () => {
    const rig = CoreRig.ready({ shields: [{ holdings: -1 }], directory: cheapest([0.0005, 0.0004, 0.0004]) });
    rig.quote(BETA, BID, ASK + 2);
    rig.signal({ direction: "short" });
    expect(rig.order()).toMatchObject({ side: "buy", listing: GAMMA, pxTicks: Math.floor(ASK + (ASK * 20) / 10_000) });
  });

  it("skips venues that are not ready or have no fresh quote", () => {
    const rig = CoreRig.ready();
    rig.venue(ALPHA, { streamLive: false });
    rig.nowMs += 2001;
    rig.quote(ALPHA);
    rig.quote(GAMMA);
    rig.signal();
    expect(rig.order().listing).toBe(GAMMA);
  });

  it.each(["canceled", "expired", "rejected"] as const)(
    "takes the residual of a %s order to the next venue at once",
    (end) => {
      const { rig, first } = hedging();
      rig.nowMs += 3;
      rig.status(first, end, 120);
      const second = rig.order();
      expect(second).toMatchObject({ listing: BETA, qtyLots: Q - 120, attempt: 1 });
      expect(second.clientOrderId.slice(0, 16)).toBe(first.clientOrderId.slice(0, 16));
      expect(second.clientOrderId).not.toBe(first.clientOrderId);
    },
  );

  it.each(["rejected", "notSent"] as const)("goes on at once after %s", (kind) => {
    const { rig, first } = hedging();
    rig.report(first, { kind, code: -2019 });
    expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: Q });
  });

  it("sends nothing more when all has filled", () => {
    const { rig, first } = hedging();
    rig.fill(first);
    expect(rig.take()).toEqual([]);
    expect(rig.core.router.open).toEqual([]);
    expect([rig.core.router.inFlight, rig.held(BTC_PERP)]).toEqual([0, -Q]);
  });

  it("gives up a round when every venue had its turn, says so, and begins another after the pause", () => {
    const { rig, first } = hedging();
    rig.status(first, "expired", 0);
    rig.status(rig.order(), "expired", 0);
    rig.status(rig.order(), "expired", 100);
    expect(rig.take()).toMatchObject([{ type: "alarm", alarm: { code: "UNDER_HEDGED", value: Q - 100 } }]);
    rig.pass(249);
    expect(rig.placed()).toEqual([]);
    rig.pass(1);
    expect(rig.order()).toMatchObject({ listing: ALPHA, qtyLots: Q - 100, attempt: 3 });
  });

  it("uses at most so many orders for one intent", () => {
    const { rig, first } = hedging({ router: { attemptsMax: 2 } });
    rig.status(first, "expired", 0);
    rig.status(rig.order(), "expired", 0);
    const commands = rig.take();
    expect(typesOf(commands)).toEqual(["alarm"]);
    expect(commands).toMatchObject([{ alarm: { code: "UNDER_HEDGED", value: Q } }]);
  });

  it("another venue is asked when the gate refuses the best one's wild price", () => {
    const rig = CoreRig.ready();
    rig.quote(BETA, BID + 20_000, ASK + 20_000);
    expect(rig.signal()).toMatchObject({ outcome: "hedged" });
    expect(rig.order().listing).toBe(ALPHA);
  });

  it("another venue is asked when the best one's lot is too coarse", () => {
    const rig = CoreRig.ready({ directory: testDirectory([{ takerFee: 0, lotSize: "0.01" }, {}, {}]) });
    expect(rig.signal({ quantity: 0.007 })).toMatchObject({ outcome: "hedged" });
    expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: 7 });
  });

  it("rounds to the venue's lot and takes the rest elsewhere", () => {
    const rig = CoreRig.ready({ directory: testDirectory([{ takerFee: 0, lotSize: "0.01" }, {}, {}]) });
    rig.signal({ quantity: 0.123 });
    const first = rig.order();
    expect(first).toMatchObject({ listing: ALPHA, qtyLots: 120 });
    rig.fill(first);
    // Alpha filled and may have another turn, but 3 lots are no order there.
    expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: 3 });
  });

  it("caps on the venue's tick, toward the touch", () => {
    const directory = testDirectory([{ takerFee: 0, tickSize: "0.7" }, {}, {}]);
    const sell = CoreRig.ready({ directory });
    sell.quote(ALPHA, 599_998, 600_005);
    sell.signal();
    const px = sell.order().pxTicks;
    expect(px % 7).toBe(0);
    expect(599_998 - px).toBeLessThanOrEqual(599_998 * 0.002);
    expect(599_998 - px).toBeGreaterThan(599_998 * 0.002 - 7);
  });

  describe("takes hedges off where they stand:", () => {
    /** Short 300 at alpha and 200 at beta. */
    function spread(): CoreRig {
      const { rig, first } = hedging();
      rig.status(first, "expired", 300);
      rig.fill(rig.order());
      expect([0, 1, 2].map((listing) => rig.core.ledger.positionLots(listing))).toEqual([-300, -200, 0]);
      rig.take();
      return rig;
    }

    it("reduce-only, up to what is there, whatever another venue bids", () => {
      const rig = spread();
      rig.quote(GAMMA, BID - 50, ASK - 50);
      rig.quote(BETA, BID - 10, ASK - 10);
      rig.nowMs++;
      rig.signal({ kind: "close" });
      const first = rig.order();
      expect(first).toMatchObject({ listing: BETA, side: "buy", qtyLots: 200, reduceOnly: true });
      rig.fill(first);
      const second = rig.order();
      expect(second).toMatchObject({ listing: ALPHA, side: "buy", qtyLots: 300, reduceOnly: true });
      rig.fill(second);
      expect(rig.take()).toEqual([]);
      expect(rig.held(BTC_PERP)).toBe(0);
    });

    it("opening is never reduce-only", () => {
      const rig = spread();
      rig.nowMs++;
      rig.signal({ strength: 0.6 });
      expect(rig.order()).toMatchObject({ side: "sell", reduceOnly: false, qtyLots: 100 });
    });
  });

  describe("an order of unknown outcome", () => {
    it("is in doubt at 500 ms, not before: cancelled, queried, alarmed, and nothing else is sent", () => {
      const { rig, first } = hedging();
      rig.pass(499.9);
      expect(rig.take()).toEqual([]);
      rig.pass(0.1);
      const commands = rig.take();
      expect(typesOf(commands)).toEqual(["alarm", "cancel", "query", "alarm"]);
      expect(alarmsIn(commands)).toEqual(["UNKNOWN_OUTCOME", "UNDER_HEDGED"]);
      expect(first.state).toBe("resolving");
      expect(rig.core.ledger.pendingSellLots(BTC_PERP)).toBe(Q);
    });

    it("an ack is no proof: it is in doubt all the same", () => {
      const { rig, first } = hedging();
      rig.report(first, { kind: "ack", origin: "response" });
      expect(first.state).toBe("acked");
      rig.pass(500);
      expect(first.state).toBe("resolving");
    });

    it("is asked for at once when the venue's answer proves nothing", () => {
      const { rig, first } = hedging();
      rig.report(first, { kind: "unknown", code: -1007 });
      expect(typesOf(rig.take())).toEqual(["alarm", "cancel", "query"]);
    });

    it("is asked for again after 50, 100, 200 ms and so on up to the longest pause", () => {
      const { rig, first } = hedging({ router: { resolveMaxMs: 1000 } });
      const asked: number[] = [];
      for (let ms = 0; ms < 5000; ms++) {
        rig.pass(1);
        for (const command of rig.take())
          if (command.type === "query" && command.child === first) asked.push(rig.nowMs);
      }
      expect(asked).toEqual([500, 550, 650, 850, 1250, 2050, 3050, 4050]);
    });

    it("is asked for at once when its venue comes back, and the pauses begin anew", () => {
      const { rig } = hedging();
      rig.venue(ALPHA, { ordersLive: false, streamLive: false });
      rig.pass(2000);
      rig.take();
      rig.venue(ALPHA);
      expect(typesOf(rig.take())).toEqual(["cancel", "query"]);
      rig.pass(49);
      expect(rig.take()).toEqual([]);
      rig.pass(1);
      expect(typesOf(rig.take())).toEqual(["cancel", "query"]);
    });

    it("a cancel that finds nothing proves nothing", () => {
      const { rig, first } = hedging();
      rig.pass(500);
      rig.take();
      rig.report(first, { kind: "cancelUnknown", origin: "response", code: -2011 });
      expect(first.state).toBe("resolving");
      expect(rig.placed()).toEqual([]);
    });

    it("with `wait` is only replaced on proof", () => {
      const { rig, first } = hedging();
      rig.pass(700, true);
      rig.take();
      rig.status(first, "expired", 200);
      expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: Q - 200 });
    });

    it("is absent after two spaced not-founds past its time, and its quantity is free again", () => {
      const { rig, first } = hedging();
      rig.pass(1401, true);
      rig.take();
      const notFound = () => rig.report(first, { kind: "notFound", origin: "query" });
      notFound();
      rig.pass(249, true);
      notFound();
      expect(rig.placed()).toEqual([]);
      rig.pass(1, true);
      notFound();
      expect(first.state).toBe("notPlaced");
      expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: Q });
    });

    it("found open past its time is cancelled, and the end is waited for", () => {
      const { rig, first } = hedging();
      rig.pass(600);
      rig.take();
      rig.status(first, "partiallyFilled", 100);
      expect(typesOf(rig.take())).toEqual(["cancel"]);
      expect(first.state).toBe("cancelRequested");
      rig.status(first, "canceled", 150);
      expect(rig.order()).toMatchObject({ qtyLots: Q - 150 });
    });

    it("is quarantined in the end: alarmed, reserved, still asked for, and the route closes", () => {
      const { rig, first } = hedging({ router: { quarantineAfterMs: 10_000 } });
      rig.pass(20_000);
      const commands = rig.take();
      expect(first.state).toBe("quarantined");
      expect(alarmsIn(commands).filter((code) => code === "QUARANTINED")).toHaveLength(1);
      expect(rig.core.router.open).toEqual([]);
      expect(rig.core.ledger.pendingSellLots(BTC_PERP)).toBe(Q);
      rig.pass(5000);
      expect(typesOf(rig.take())).toContain("query");
      rig.fill(first);
      expect([rig.held(BTC_PERP), rig.core.ledger.pendingSellLots(BTC_PERP)]).toEqual([-Q, 0]);
    });

    it("nothing is sent for a quantity in quarantine, whatever is decided next", () => {
      const { rig } = hedging({ router: { quarantineAfterMs: 3000 } });
      rig.pass(8000, true);
      rig.take();
      rig.signal();
      expect(rig.placed()).toEqual([]);
      // What the quarantined order cannot bring may be ordered.
      rig.nowMs++;
      rig.signal({ strength: 0.7 });
      expect(rig.order().qtyLots).toBe(200);
    });
  });

  describe("with `hedgeAnyway`", () => {
    const anyway = (x: number): CoreOptions => ({ shields: [{ onUnknown: "hedgeAnyway", overHedgeLotsMax: lots(x) }] });

    it.each([
      [Q, Q],
      [200, 200],
      [5000, Q],
    ])("X = %i covers %i of what is in doubt, at another venue", (x, covered) => {
      const { rig } = hedging(anyway(x));
      rig.pass(500);
      const commands = rig.take();
      expect(commands.flatMap((c) => (c.type === "place" ? [c.child] : []))).toMatchObject([
        { listing: BETA, qtyLots: covered },
      ]);
      expect(alarmsIn(commands)).toContain("UNDER_HEDGED");
    });

    it("waits while nothing is in doubt", () => {
      const { rig } = hedging(anyway(Q));
      rig.pass(499);
      rig.quote(BETA);
      expect(rig.placed()).toEqual([]);
    });

    it("never has more than X over the target, however many stay silent", () => {
      const { rig } = hedging(anyway(700));
      const sizes = [Q];
      for (let ms = 0; ms < 4000; ms += 100) {
        rig.pass(100, true);
        sizes.push(...rig.placed().map((child) => child.qtyLots));
      }
      expect(sizes).toEqual([Q, Q, 200]);
    });

    it("takes the surplus off again, reduce-only, when both have filled", () => {
      const { rig, first } = hedging(anyway(Q));
      rig.pass(500);
      const backup = rig.placed()[0]!;
      rig.fill(backup);
      expect(rig.placed()).toEqual([]);
      rig.fill(first);
      const unwind = rig.order();
      expect(unwind).toMatchObject({ side: "buy", qtyLots: Q, reduceOnly: true });
      rig.fill(unwind);
      expect(rig.held(BTC_PERP)).toBe(-Q);
    });
  });

  it("alarms the residual and gives up after the total time; what was in flight is seen through", () => {
    const { rig, first } = hedging();
    rig.pass(4999);
    rig.take();
    rig.pass(1);
    const said = rig.take().find((command) => command.type === "alarm");
    expect(said).toMatchObject({
      alarm: { code: "UNDER_HEDGED", value: Q, message: expect.stringContaining("gave up") },
    });
    expect(rig.core.router.open).toHaveLength(1);
    rig.status(first, "expired", 0);
    expect(rig.core.router.open.filter((route) => route.children.includes(first))).toEqual([]);
  });

  it("adopts a fill that comes after the end, says it, and orders no more of it", () => {
    const { rig, first } = hedging();
    rig.status(first, "expired", 0);
    const second = rig.order();
    rig.status(first, "filled", 100);
    expect(alarmsIn(rig.take())).toEqual(["LATE_FILL"]);
    expect(rig.held(BTC_PERP)).toBe(-100);
    rig.status(second, "expired", 300);
    // 100 came late, 300 now: the venue that let us down has had its turn.
    expect(rig.order()).toMatchObject({ listing: GAMMA, qtyLots: 100 });
  });

  it("says an over-fill, and takes it off", () => {
    const { rig, first } = hedging();
    rig.status(first, "filled", Q + 30);
    const commands = rig.take();
    expect(alarmsIn(commands)).toEqual(["OVER_FILL"]);
    const sent = commands.flatMap((command) => (command.type === "place" ? [command.child] : []));
    expect(sent).toMatchObject([{ listing: ALPHA, side: "buy", qtyLots: 30, reduceOnly: true }]);
  });

  it("the same report twice changes nothing the second time", () => {
    const { rig, first } = hedging();
    rig.status(first, "expired", 120);
    rig.take();
    rig.status(first, "expired", 120);
    expect([rig.take(), rig.held(BTC_PERP)]).toEqual([[], -120]);
  });

  it("waits for a venue where there is none, and takes the first that comes", () => {
    const rig = CoreRig.ready();
    for (const venue of [ALPHA, BETA, GAMMA]) rig.venue(venue, { ordersLive: false });
    rig.take();
    expect(rig.signal()).toMatchObject({ outcome: "deferred" });
    rig.take();
    rig.venue(BETA);
    expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: Q });
  });

  it("holds at most so many intents open", () => {
    const shields = [{}, { asset: 2, hedge: 3, holdings: -10 }];
    const rig = CoreRig.ready({ shields, router: { intentsOpenMax: 1 } });
    rig.signal();
    rig.order();
    expect(rig.signal({ instrument: 2, direction: "short" })).toMatchObject({ outcome: "deferred" });
    expect(rig.placed()).toEqual([]);
  });

  it("a superseded route sends nothing more, and its order still counts", () => {
    const { rig, first } = hedging();
    rig.nowMs += 10;
    // 200 are wanted and 500 may yet be sold: until that is known there is nothing to do.
    expect(rig.signal({ strength: 0.2 })).toMatchObject({ outcome: "absorbed" });
    expect(rig.placed()).toEqual([]);
    rig.status(first, "expired", 50);
    expect(rig.order()).toMatchObject({ side: "sell", qtyLots: 150 });
  });

  it("does not know an order of another engine: a fill of it stops opening, an end without one does not", () => {
    const { rig, first } = hedging();
    const foreign = { ...first, clientOrderId: "f".repeat(32) };
    rig.status(foreign, "canceled", 0);
    expect(rig.take()).toEqual([]);
    rig.status(foreign, "filled", 5);
    expect(alarmsIn(rig.take())).toEqual(["FOREIGN_ORDER", "STATE_CHANGED"]);
    expect(rig.core.risk.state).toBe("reducing");
    expect(rig.held(BTC_PERP)).toBe(0);
  });
});
