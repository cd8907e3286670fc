import fc from "fast-check";
import { expect, test } from "vitest";
import type { Side, TimeInForce } from "../../src/domain/order.ts";
import { type Fill, MatchingEngine, type NewOrder } from "../../src/paper/matching.ts";

let nextId = 1;
const order = (side: Side, pxTicks: number, qtyLots: number, over: Partial<NewOrder> = {}): NewOrder => ({
  orderId: nextId++,
  owner: 1,
  side,
  pxTicks,
  qtyLots,
  timeInForce: "gtc",
  ...over,
});

function bookOf(...orders: NewOrder[]): MatchingEngine {
  const engine = new MatchingEngine();
  for (const each of orders) engine.submit(each, []);
  return engine;
}

test("an IOC takes the best price first, the older order first, at the resting prices, and its remainder expires", () => {
  const late = order("sell", 101, 5);
  const first = order("sell", 100, 2);
  const second = order("sell", 100, 3);
  const engine = bookOf(late, first, second);
  const out: Fill[] = [];
  const taker = order("buy", 101, 20, { timeInForce: "ioc", owner: 2 });
  expect(engine.submit(taker, out)).toEqual({
    status: "expired",
    filledLots: 10,
    leavesLots: 0,
    reason: "noLiquidity",
  });
  expect(out.map((fill) => [fill.makerOrderId, fill.pxTicks, fill.qtyLots, fill.makerLeavesLots])).toEqual([
    [first.orderId, 100, 2, 0],
    [second.orderId, 100, 3, 0],
    [late.orderId, 101, 5, 0],
  ]);
  expect(engine.restingCount).toBe(0);
  expect(engine.bestAsk()).toBeNull();
});

test("a GTC rests with what it could not fill, at its own price", () => {
  const engine = bookOf(order("sell", 100, 2));
  const out: Fill[] = [];
  const bid = order("buy", 102, 5);
  expect(engine.submit(bid, out)).toEqual({ status: "partiallyFilled", filledLots: 2, leavesLots: 3, reason: "none" });
  expect(out[0]!.pxTicks).toBe(100);
  expect(engine.bestBid()).toEqual({ pxTicks: 102, qtyLots: 3 });
});

test("a FOK fills whole or leaves the book untouched", () => {
  const engine = bookOf(order("sell", 100, 2), order("sell", 101, 2), order("sell", 103, 9));
  const before = engine.snapshot();
  const out: Fill[] = [];
  const fok = (qtyLots: number, over: Partial<NewOrder> = {}) =>
    order("buy", 102, qtyLots, { timeInForce: "fok", ...over });
  expect(engine.submit(fok(5), out)).toMatchObject({ status: "expired", filledLots: 0, reason: "unfillable" });
  expect(engine.submit(fok(4, { takeLotsMax: 3 }), out)).toMatchObject({ status: "expired", reason: "unfillable" });
  expect(engine.submit(fok(4, { preventSelfTrade: true }), out)).toMatchObject({
    status: "expired",
    reason: "unfillable",
  });
  expect(engine.snapshot()).toEqual(before);
  expect(engine.submit(fok(4), out)).toMatchObject({ status: "filled", filledLots: 4 });
  expect(out.map((fill) => fill.qtyLots)).toEqual([2, 2]);
});

test("a post-only order that would trade is rejected, one that would not rests", () => {
  const engine = bookOf(order("sell", 100, 2));
  expect(engine.submit(order("buy", 100, 1, { timeInForce: "postOnly" }), [])).toMatchObject({
    status: "rejected",
    reason: "wouldTake",
  });
  expect(engine.submit(order("buy", 99, 1, { timeInForce: "postOnly" }), [])).toMatchObject({ status: "open" });
});

test("self-trade prevention expires the taker where it meets its own order and keeps what filled before", () => {
  const engine = bookOf(order("sell", 100, 2, { owner: 9 }), order("sell", 101, 2, { owner: 1 }));
  const taker = order("buy", 101, 4, { preventSelfTrade: true });
  expect(engine.submit(taker, [])).toEqual({ status: "expired", filledLots: 2, leavesLots: 0, reason: "selfTrade" });
  expect(engine.bestAsk()).toEqual({ pxTicks: 101, qtyLots: 2 });
});

test("a capped order takes no more than its cap and never rests across the book", () => {
  const engine = bookOf(order("sell", 100, 9));
  const capped = order("buy", 100, 5, { takeLotsMax: 2 });
  expect(engine.submit(capped, [])).toEqual({ status: "expired", filledLots: 2, leavesLots: 0, reason: "capped" });
  expect(engine.bestAsk()).toEqual({ pxTicks: 100, qtyLots: 7 });
});

test("reducing keeps the place in the queue, reducing to nothing takes the order out", () => {
  const first = order("sell", 100, 5);
  const engine = bookOf(first, order("sell", 100, 5));
  expect(engine.reduce(first.orderId, 3)).toBe(2);
  const out: Fill[] = [];
  engine.submit(order("buy", 100, 1, { timeInForce: "ioc" }), out);
  expect(out[0]!.makerOrderId).toBe(first.orderId);
  expect(engine.reduce(first.orderId, 1)).toBe(0);
  expect(engine.cancel(first.orderId)).toBe(false);
  expect(engine.depth(5)).toEqual({ bids: [], asks: [{ pxTicks: 100, qtyLots: 5 }] });
});

test("what is not a whole positive quantity or price is refused as a bug", () => {
  const engine = new MatchingEngine();
  for (const qtyLots of [0, -1, 0.5, Number.NaN, 2 ** 53])
    expect(() => engine.submit(order("buy", 100, qtyLots), [])).toThrow(/lots/);
  for (const pxTicks of [0, -1, 1.5, Number.NaN])
    expect(() => engine.submit(order("buy", pxTicks, 1), [])).toThrow(/ticks/);
});

type Step =
  | {
      kind: "submit";
      side: Side;
      pxTicks: number;
      qtyLots: number;
      timeInForce: TimeInForce;
      owner: number;
      prevent: boolean;
    }
  | { kind: "cancel" | "reduce"; pick: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("submit" as const),
        side: fc.constantFrom<Side>("buy", "sell"),
        pxTicks: fc.integer({ min: 95, max: 105 }),
        qtyLots: fc.integer({ min: 1, max: 12 }),
        timeInForce: fc.constantFrom<TimeInForce>("gtc", "gtc", "gtc", "ioc", "fok", "postOnly"),
        owner: fc.integer({ min: 1, max: 3 }),
        prevent: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom("cancel" as const, "reduce" as const), pick: fc.nat(1000) }),
    },
  ),
  { maxLength: 120 },
);

test("property: quantity is conserved, the book is never crossed, and no fill jumps the price-time queue", () => {
  fc.assert(
    fc.property(steps, (run: Step[]) => {
      const engine = new MatchingEngine();
      const out: Fill[] = [];
      const arrival = new Map<number, number>();
      const leaves = new Map<number, number>();
      let id = 0;
      for (const step of run) {
        if (step.kind === "submit") {
          id++;
          const before = engine.snapshot();
          const incoming = { ...step, orderId: id, preventSelfTrade: step.prevent };
          const outcome = engine.submit(incoming, out);
          const filled = out.reduce((sum, fill) => sum + fill.qtyLots, 0);
          expect(outcome.filledLots).toBe(filled);
          expect(outcome.leavesLots).toBe(engine.leavesLots(id));
          if (outcome.status === "open" || outcome.status === "partiallyFilled")
            expect(filled + outcome.leavesLots).toBe(step.qtyLots);
          if (outcome.status === "filled") expect(filled).toBe(step.qtyLots);
          // The makers that filled are the head of the queue as it stood, in that order.
          const queue = before.filter((resting) => resting.side !== step.side);
          expect(out.map((fill) => fill.makerOrderId)).toEqual(
            queue.slice(0, out.length).map((resting) => resting.orderId),
          );
          for (const [at, fill] of out.entries()) {
            expect(fill.pxTicks).toBe(queue[at]!.pxTicks);
            expect(step.side === "buy" ? fill.pxTicks <= step.pxTicks : fill.pxTicks >= step.pxTicks).toBe(true);
            if (at < out.length - 1) expect(fill.makerLeavesLots).toBe(0);
            if (step.prevent) expect(fill.makerOwner).not.toBe(step.owner);
            leaves.set(fill.makerOrderId, leaves.get(fill.makerOrderId)! - fill.qtyLots);
            expect(leaves.get(fill.makerOrderId)).toBe(fill.makerLeavesLots);
          }
          leaves.set(id, outcome.leavesLots);
          arrival.set(id, id);
        } else {
          const resting = engine.snapshot();
          const chosen = resting[step.pick % Math.max(1, resting.length)];
          if (chosen === undefined) continue;
          if (step.kind === "cancel") {
            expect(engine.cancel(chosen.orderId)).toBe(true);
            leaves.set(chosen.orderId, 0);
          } else leaves.set(chosen.orderId, engine.reduce(chosen.orderId, 1));
        }
        const bid = engine.bestBid();
        const ask = engine.bestAsk();
        if (bid !== null && ask !== null) expect(bid.pxTicks).toBeLessThan(ask.pxTicks);
        checkQueues(engine, leaves);
      }
      const again = new MatchingEngine();
      for (const resting of engine.snapshot()) again.submit(resting, out);
      expect(again.depth(100)).toEqual(engine.depth(100));
    }),
    { numRuns: 300 },
  );
});

function checkQueues(engine: MatchingEngine, leaves: ReadonlyMap<number, number>): void {
  const resting = engine.snapshot();
  expect(resting.length).toBe(engine.restingCount);
  for (const side of ["buy", "sell"] as const) {
    const queue = resting.filter((each) => each.side === side);
    const totals = new Map<number, number>();
    for (const [at, each] of queue.entries()) {
      expect(each.qtyLots).toBe(leaves.get(each.orderId));
      totals.set(each.pxTicks, (totals.get(each.pxTicks) ?? 0) + each.qtyLots);
      const previous = queue[at - 1];
      if (previous === undefined) continue;
      const better = side === "buy" ? previous.pxTicks > each.pxTicks : previous.pxTicks < each.pxTicks;
      expect(better || (previous.pxTicks === each.pxTicks && previous.orderId < each.orderId)).toBe(true);
    }
    const levels = engine.depth(100)[side === "buy" ? "bids" : "asks"];
    expect(levels.map((level) => [level.pxTicks, level.qtyLots])).toEqual([...totals]);
  }
}
