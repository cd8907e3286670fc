/**
 * ccxt over a long time: 20,000 orders through its real client in its real thread. Its tables grow with every order unless they
 * are emptied (20,000 entries, and a refusal takes ten times as long), so refusals are what is timed here.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OrderRequest } from "../../src/domain/order.ts";
import { lots, ticks } from "../../src/domain/units.ts";
import { type CcxtRig, ccxtRig } from "../venues/support/ccxt-rig.ts";
import { BTC } from "../venues/support/directory.ts";
import { ASK_TICKS } from "../venues/support/rig.ts";

const ORDERS = 20_000;
const WARM_UP = 2000;
const AT_ONCE = 8;
/** Every so many orders one is refused, and timed. */
const REFUSED_EVERY = 40;

let rig: CcxtRig;
beforeAll(async () => {
  rig = await ccxtRig()();
});
afterAll(() => rig.close());

const order = (clientOrderId: string, fields: Partial<OrderRequest> = {}): OrderRequest => ({
  ...{ clientOrderId, listing: BTC, side: "buy", qtyLots: lots(2), pxTicks: ticks(ASK_TICKS - 500) },
  ...{ timeInForce: "ioc", reduceOnly: false, stampMs: rig.stampMs(), validForMs: 5000 },
  ...fields,
});

it("20,000 orders: the time of a refusal and the memory stay flat", async () => {
  const answers = new Map<string, () => void>();
  const { heard } = rig;
  // In place of the recorder's lists, which would grow themselves.
  heard.onReport = ({ clientOrderId, origin }) => {
    if (origin !== "response") return;
    answers.get(clientOrderId)?.();
    answers.delete(clientOrderId);
  };
  heard.onQuote = () => {};
  const refusalsMs: number[] = [];
  const rssMb: number[] = [];
  const one = async (at: number) => {
    const id = `long-${at}`;
    const refused = at % REFUSED_EVERY === 0;
    const startedMs = performance.now();
    const answered = new Promise<void>((done) => answers.set(id, done));
    expect(rig.venue.place(order(id, refused ? { qtyLots: lots(1) } : {}))).toBe(true);
    await answered;
    if (refused && at >= WARM_UP) refusalsMs.push(performance.now() - startedMs);
  };
  for (let at = 0; at < ORDERS; at += AT_ONCE) {
    // Refusals one at a time: beside others they would measure the queue.
    await one(at);
    await Promise.all(Array.from({ length: AT_ONCE - 1 }, (_, more) => one(at + more + 1)));
    if (at % 1000 === 0) rssMb.push(process.memoryUsage().rss / 1e6);
  }
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const quarter = refusalsMs.length >> 2;
  const [first, last] = [median(refusalsMs.slice(0, quarter)), median(refusalsMs.slice(-quarter))];
  const [early, late] = [median(rssMb.slice(2, 7)), median(rssMb.slice(-5))];
  console.info(
    JSON.stringify({ orders: ORDERS, refusalMs: { first, last, all: median(refusalsMs) }, rssMb: { early, late } }),
  );
  expect(last).toBeLessThan(first * 2);
  expect(late - early).toBeLessThan(60);
});

it("a burst of eight leaves within 5 ms, not the 2 s of ccxt's own limiter", async () => {
  const { exchange } = rig.paper;
  const arrivals: number[] = [];
  const place = exchange.place.bind(exchange);
  exchange.place = (...given) => {
    arrivals.push(performance.now());
    return place(...given);
  };
  const spreads: number[] = [];
  for (let burst = 0; burst < 40; burst++) {
    arrivals.length = 0;
    const startedMs = performance.now();
    for (let at = 0; at < 8; at++) rig.venue.place(order(`burst-${burst}-${at}`));
    await rig.until(() => arrivals.length === 8, "eight arrivals");
    spreads.push(arrivals[7]! - startedMs);
    await new Promise((done) => setTimeout(done, 50));
  }
  spreads.sort((a, b) => a - b);
  const [p25, p50, p90, most] = [spreads[10], spreads[20], spreads[36], spreads[39]];
  console.info(JSON.stringify({ burstOf8Ms: { p25, p50, p90, most } }));
  // The better quarter: the exchange shares this thread, and on a shared machine the worse ones measure the neighbours.
  expect(p25).toBeLessThan(5);
});
