import { describe, expect, it } from "vitest";
import type { Child } from "../../src/core/child.ts";
import type { Pair } from "../../src/core/pair-route.ts";
import { hedgePlan } from "../../src/core/route-plan.ts";
import { lots } from "../../src/domain/units.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { BTC_PERP, type CoreOptions, ETH_PERP, ROUTER, testDirectory } from "../support/core-config.ts";
import { alarmsIn, CoreRig, type LegSize } from "../support/core-rig.ts";

/** Long 300 lots of BTC against short 900 of ETH. */
const BTC_LOTS = 300;
const ETH_LOTS = 900;
const LEGS: readonly [LegSize, LegSize] = [
  { instrument: BTC_PERP, side: "buy", qtyLots: lots(BTC_LOTS), targetLots: lots(BTC_LOTS) },
  { instrument: ETH_PERP, side: "sell", qtyLots: lots(ETH_LOTS), targetLots: lots(-ETH_LOTS) },
];
const PLAN = hedgePlan(ROUTER, 3, { leverage: 1, overHedgeLotsMax: lots(0), onUnknown: "wait" });
const CALM: CoreOptions = { shields: [], router: { totalMs: 60_000 } };

interface Opened {
  readonly rig: CoreRig;
  readonly pair: Pair;
  readonly btc: Child;
  readonly eth: Child;
}

function opened(options: CoreOptions = CALM): Opened {
  const rig = CoreRig.ready(options);
  const { pair, code } = rig.pair(LEGS, PLAN);
  expect(code).toBe("NONE");
  const [btc, eth] = rig.placed();
  return { rig, pair: pair!, btc: btc!, eth: eth! };
}

describe("a pair", () => {
  it("sends both legs in one step, at full size, with ids that tell the legs apart", () => {
    const { btc, eth } = opened();
    expect([btc, eth]).toMatchObject([
      { instrument: BTC_PERP, side: "buy", qtyLots: BTC_LOTS },
      { instrument: ETH_PERP, side: "sell", qtyLots: ETH_LOTS },
    ]);
    expect(btc.clientOrderId.slice(0, 16)).toBe(eth.clientOrderId.slice(0, 16));
    expect([btc, eth].map(({ clientOrderId }) => clientOrderId.slice(26, 28))).toEqual(["00", "01"]);
  });

  it("is done when both have filled, in either order", () => {
    const { rig, pair, btc, eth } = opened();
    rig.fill(eth);
    expect(pair.state).toBe("opening");
    rig.nowMs += 900;
    rig.fill(btc);
    expect([pair.state, pair.filledLots, rig.core.pairs.openCount]).toEqual(["done", [BTC_LOTS, ETH_LOTS], 0]);
    expect(rig.take().filter(({ type }) => type === "place")).toEqual([]);
  });

  it("waits with topping up until both legs are terminal", () => {
    const { rig, pair, btc, eth } = opened();
    rig.fill(eth);
    rig.status(btc, "partiallyFilled", 100);
    rig.pass(400, true);
    expect(rig.placed()).toEqual([]);
    // What this venue left goes to the next at once: that is the route, and it is not terminal yet.
    rig.status(btc, "expired", 100);
    expect(rig.order()).toMatchObject({ instrument: BTC_PERP, qtyLots: BTC_LOTS - 100 });
    expect(pair.state).toBe("opening");
  });

  // BTC filled, ETH filled; then what tops up: instrument, lots.
  it.each([
    [BTC_LOTS, 600, ETH_PERP, 300],
    [200, ETH_LOTS, BTC_PERP, 100],
    // Neither is whole: the short one is brought to the other's share, not to its own size.
    [200, 300, ETH_PERP, 300],
    [100, 600, BTC_PERP, 100],
  ])("after %i and %i tops instrument %i up by %i", (btcFilled, ethFilled, instrument, quantity) => {
    const { rig, pair } = opened({ ...CALM, router: { totalMs: 60_000, attemptsMax: 1 } });
    rig.nowMs += 300;
    const [btc, eth] = childrenOf(rig);
    rig.status(btc!, "expired", btcFilled);
    rig.status(eth!, "expired", ethFilled);
    const order = rig.order();
    expect(order).toMatchObject({ instrument, qtyLots: quantity, reduceOnly: false });
    expect(pair.state).toBe("toppingUp");
    rig.fill(order);
    expect(pair.state).toBe("done");
    expect(pair.filledLots[0] * 3).toBe(pair.filledLots[1]);
  });

  it("leaves alone what is less than any venue trades", () => {
    const directory = testDirectory([{ minQty: "0.010" }, { minQty: "0.020" }, { minQty: "0.020" }]);
    const short = (missing: number) => {
      const { rig, pair, btc, eth } = opened({ ...CALM, directory, router: { totalMs: 60_000, attemptsMax: 1 } });
      rig.fill(eth);
      rig.nowMs += 300;
      rig.status(btc, "expired", BTC_LOTS - missing);
      return [pair.state, rig.placed().map(({ qtyLots }) => qtyLots)];
    };
    expect(short(9)).toEqual(["done", []]);
    expect(short(10)).toEqual(["toppingUp", [10]]);
  });

  it("trims the long leg, reduce-only and with an alarm, when the short one cannot be had in time", () => {
    const { rig, pair } = opened({ ...CALM, router: { totalMs: 60_000, attemptsMax: 1 } });
    const [btc, eth] = childrenOf(rig);
    rig.fill(btc!);
    rig.status(eth!, "expired", 300);
    let tries = 0;
    while (pair.state === "toppingUp" && rig.nowMs < 1499) {
      for (const child of rig.placed()) {
        expect(child.instrument).toBe(ETH_PERP);
        rig.status(child, "expired", 0);
        tries++;
      }
      rig.pass(1, true);
    }
    expect(tries).toBeGreaterThan(3);
    rig.take();
    rig.pass(1500 - rig.nowMs, true);
    const commands = rig.take();
    expect(alarmsIn(commands)).toContain("NAKED_LEG");
    const trims = commands.flatMap((command) => (command.type === "place" ? [command.child] : []));
    expect(trims).toMatchObject([{ instrument: BTC_PERP, side: "sell", qtyLots: 200, reduceOnly: true }]);
    rig.fill(trims[0]!);
    expect([pair.state, pair.filledLots]).toEqual(["done", [100, 300]]);
  });

  const NS = 1e-6;
  it.each([
    // The limit, how long it has been naked, and whether that is too long: to the nanosecond, from the first fill and not the start.
    [1500, 1500 - NS, false],
    [1500, 1500, true],
    [1500, 1500 + NS, true],
    [0, 0, true],
    [1, 1 - NS, false],
    [1, 1, true],
  ])("with a limit of %d ms for a naked leg, %d ms is too long: %s", (nakedLegMsMax, nakedMs, tooLong) => {
    const { rig, pair, btc } = opened({ ...CALM, router: { totalMs: 60_000, childTimeoutMs: 5000, nakedLegMsMax } });
    rig.pass(700, true);
    rig.fill(btc);
    rig.pass(nakedMs, true);
    expect(pair.state).toBe(tooLong ? "trimming" : "opening");
    expect(alarmsIn(rig.take())).toEqual(tooLong ? ["NAKED_LEG"] : []);
  });

  it("does not trim for a leg in doubt before its outcome is proved", () => {
    const { rig, pair, btc, eth } = opened();
    rig.fill(btc);
    rig.pass(1500, true);
    expect(alarmsIn(rig.take())).toContain("NAKED_LEG");
    rig.pass(3000, true);
    expect([pair.state, rig.placed()]).toEqual(["trimming", []]);
    // It had filled in part: only what is certainly naked goes.
    rig.status(eth, "expired", 600);
    const trim = rig.order();
    expect(trim).toMatchObject({ instrument: BTC_PERP, side: "sell", qtyLots: 100, reduceOnly: true });
    rig.fill(trim);
    expect([pair.state, pair.filledLots]).toEqual(["done", [200, 600]]);
  });

  it("is not done while an order of it is quarantined", () => {
    const { rig, pair, btc, eth } = opened({ shields: [], router: { totalMs: 60_000, quarantineAfterMs: 3000 } });
    rig.fill(btc);
    rig.pass(20_000, true);
    expect(eth.state).toBe("quarantined");
    expect(pair.state).toBe("trimming");
    rig.status(eth, "canceled", 0);
    expect(rig.order()).toMatchObject({ instrument: BTC_PERP, side: "sell", qtyLots: BTC_LOTS });
  });

  it("does not trim again what a trim in doubt may bring, nor wait for a venue more than once", () => {
    const { rig, pair, btc, eth } = opened({ shields: [], router: { attemptsMax: 1, totalMs: 600 } });
    rig.fill(btc);
    rig.status(eth, "expired", 0);
    for (; rig.nowMs < 1499; rig.pass(1, true)) {
      for (const child of rig.placed()) rig.status(child, "rejected", 0);
    }
    rig.pass(2, true);
    const trim = rig.placed().find(({ reduceOnly }) => reduceOnly)!;
    expect(trim).toMatchObject({ instrument: BTC_PERP, qtyLots: BTC_LOTS });
    rig.pass(5000, true);
    expect([trim.state, rig.placed()]).toEqual(["resolving", []]);
    rig.venue(trim.venue, { ordersLive: false });
    rig.status(trim, "canceled", 100);
    rig.pass(300, true);
    const waiting = rig.core.router.open.length;
    rig.pass(290, true);
    expect([waiting, rig.core.router.open.length, rig.placed()]).toEqual([1, 1, []]);
    rig.venue(trim.venue);
    rig.fill(rig.order());
    expect([pair.state, pair.filledLots]).toEqual(["done", [0, 0]]);
  });

  it("trims at once what a venue fills beyond a leg's size", () => {
    const { rig, pair, btc, eth } = opened();
    rig.fill(eth);
    rig.nowMs += 300;
    rig.status(btc, "filled", BTC_LOTS + 40);
    const trim = rig.order();
    expect(trim).toMatchObject({ instrument: BTC_PERP, side: "sell", qtyLots: 40, reduceOnly: true });
    rig.fill(trim);
    expect([pair.state, pair.filledLots]).toEqual(["done", [BTC_LOTS, ETH_LOTS]]);
  });

  it("sends nothing when either of its legs is refused", () => {
    const none = CoreRig.ready(CALM);
    none.control({ type: "state", state: "halted", reason: "test" });
    none.take();
    expect(none.pair(LEGS, PLAN)).toEqual({ pair: null, code: "STATE_NOT_ACTIVE" });
    expect(none.placed()).toEqual([]);
    for (const leg of [0, 1] as const) {
      const rig = CoreRig.ready(CALM);
      const tooMuch = LEGS.map((each, at) => (at === leg ? { ...each, targetLots: lots(0) } : each));
      const legs = tooMuch as unknown as typeof LEGS;
      expect(rig.pair(legs, PLAN)).toEqual({ pair: null, code: "WRONG_DIRECTION" });
      expect(rig.placed()).toEqual([]);
      expect(rig.core.router.open).toEqual([]);
    }
  });

  it("is refused by the kill switch of its own playbook, and by no other's", () => {
    const rig = CoreRig.ready(CALM);
    rig.core.risk.parts.change("playbook", 0, 1, false, rig.at.wallMs);
    expect(rig.pair(LEGS, PLAN, 0)).toEqual({ pair: null, code: "KILL_SWITCH" });
    expect(rig.placed()).toEqual([]);
    expect(rig.pair(LEGS, PLAN, 1).code).toBe("NONE");
  });

  it("holds a bounded number of pairs", () => {
    const rig = CoreRig.ready({ shields: [], router: { intentsOpenMax: 2 } });
    expect(rig.pair(LEGS, PLAN).code).toBe("NONE");
    // Two legs are two intents.
    expect(rig.pair(LEGS, PLAN).code).toBe("TOO_MANY_OPEN_INTENTS");
  });

  it("matches its legs in the end, whatever its orders meet", () => {
    for (let seed = 0; seed < 300; seed++) {
      const { float, int } = createPrng(seed);
      const { rig, pair } = opened({ shields: [], router: { attemptsMax: 1 + int(4), totalMs: 1000 + int(4000) } });
      const open = childrenOf(rig);
      for (let step = 0; step < 400 && pair.state !== "done"; step++) {
        if (int(3) === 0) rig.pass(int(200));
        for (const { index } of rig.core.config.directory.listings) rig.quote(index);
        const heals = rig.nowMs > 5000;
        for (const child of open.splice(0)) {
          const pick = heals ? 0 : int(6);
          if (pick === 0) rig.fill(child);
          else if (pick < 3) rig.status(child, "expired", int(child.qtyLots + 1));
          else if (pick === 3) rig.report(child, { kind: "rejected", code: -2019 });
          else open.push(child);
        }
        for (const child of rig.placed()) {
          if (child.reduceOnly) expect(rig.core.ledger.positionLots(child.listing)).not.toBe(0);
          open.push(child);
        }
        if (float() < 0.05) rig.venue(int(3), { ordersLive: false });
        else for (const venue of [0, 1, 2]) rig.venue(venue);
        open.push(...rig.placed());
        const btc = Math.abs(rig.core.ledger.heldLots(BTC_PERP));
        const eth = Math.abs(rig.core.ledger.heldLots(ETH_PERP));
        expect(btc <= BTC_LOTS && eth <= ETH_LOTS, `seed ${seed}: ${btc} and ${eth}`).toBe(true);
      }
      expect(pair.state, `seed ${seed}`).toBe("done");
      const [btc, eth] = pair.filledLots;
      expect(Math.abs(btc * 3 - eth), `seed ${seed}: ${btc} and ${eth}`).toBeLessThanOrEqual(3);
      expect([rig.held(BTC_PERP), rig.held(ETH_PERP)], `seed ${seed}`).toEqual([btc, 0 - eth]);
    }
  });
});

/** The orders that `opened` has taken already. */
function childrenOf(rig: CoreRig): Child[] {
  return rig.log.flatMap((command) => (command.type === "place" ? [command.child] : []));
}
