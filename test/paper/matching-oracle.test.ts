/** Differential test: seeded random streams through our engine and through nodejs-order-book must give the same book. */
import orderBook from "nodejs-order-book";
import { expect, test } from "vitest";
import type { Side } from "../../src/domain/order.ts";
import { type Fill, MatchingEngine } from "../../src/paper/matching.ts";

/** mulberry32; the stream only has to be the same for the same seed. */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Oracle = InstanceType<typeof orderBook.OrderBook>;

/** The oracle's resting orders as `id:px:left`, side by side and in its queue order. */
function oracleQueues(oracle: Oracle): string[] {
  const { bids, asks } = oracle.snapshot();
  return [bids, asks].flatMap((levels) =>
    levels.flatMap((level) => level.orders.map((each) => `${each.id}:${level.price}:${each.size}`)),
  );
}

function ourQueues(engine: MatchingEngine): string[] {
  return engine.snapshot().map((each) => `${each.orderId}:${each.pxTicks}:${each.qtyLots}`);
}

/** What the oracle took out of its book: it has no fill list, so the filled quantity is read off its answer. */
function oracleFilled(answer: ReturnType<Oracle["limit"]>, size: number): number {
  return answer.err ? 0 : size - answer.quantityLeft;
}

test.each([1, 2, 3, 4, 5, 6])(
  "seed %i: the same fills, the same refusals and the same queues as nodejs-order-book",
  (seed) => {
    const draw = seeded(seed);
    const engine = new MatchingEngine();
    const oracle = new orderBook.OrderBook();
    const out: Fill[] = [];
    let fills = 0;
    for (let id = 1; id <= 3000; id++) {
      if (draw(5) === 0) {
        const victim = 1 + draw(id);
        expect(engine.cancel(victim), `cancel ${victim}`).toBe(oracle.cancel(String(victim)) !== undefined);
        continue;
      }
      const side: Side = draw(2) === 0 ? "buy" : "sell";
      const pxTicks = 990 + draw(20) + (side === "buy" ? -2 : 2);
      const qtyLots = 1 + draw(30);
      const timeInForce = (["gtc", "gtc", "gtc", "ioc", "fok", "postOnly"] as const)[draw(6)]!;
      const ours = engine.submit({ orderId: id, owner: 1, side, pxTicks, qtyLots, timeInForce }, out);
      const theirs = oracle.limit({
        id: String(id),
        side: side as Parameters<Oracle["limit"]>[0]["side"],
        price: pxTicks,
        size: qtyLots,
        timeInForce: (timeInForce === "postOnly" ? "GTC" : timeInForce.toUpperCase()) as never,
        postOnly: timeInForce === "postOnly",
      });
      const why = `seed ${seed} order ${id} ${side} ${qtyLots}@${pxTicks} ${timeInForce}`;
      expect(ours.filledLots, why).toBe(oracleFilled(theirs, qtyLots));
      expect(ours.reason === "wouldTake" || ours.reason === "unfillable", why).toBe(theirs.err !== null);
      fills += out.length;
      if (id % 50 === 0) expect(ourQueues(engine), why).toEqual(oracleQueues(oracle));
    }
    expect(fills).toBeGreaterThan(500);
  },
);
