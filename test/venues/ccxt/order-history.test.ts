/** All orders of an account through ccxt: exchanges differ in what they offer, how much they give at once, and from which end. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CcxtExchange } from "../../../src/venues/ccxt/exchange.ts";
import { ordersSince } from "../../../src/venues/ccxt/order-history.ts";

const NOW = 1_760_000_000_000;
const DAY_MS = 86_400_000;

interface Made {
  readonly id: string;
  readonly timestamp: number;
  readonly status: "open" | "closed" | "canceled";
  readonly filled: number;
}

interface Manners {
  readonly has: readonly string[];
  readonly rows: number;
  readonly newestFirst: boolean;
}

/** An exchange of given manners; counts what it is asked. */
function exchangeOf(made: readonly Made[], { has, rows, newestFirst }: Manners) {
  const asked: string[] = [];
  const page = <R extends { timestamp: number }>(all: readonly R[], fromMs: number, toMs: number): R[] => {
    expect(toMs - fromMs).toBeLessThan(7 * DAY_MS);
    const span = all
      .filter(({ timestamp }) => timestamp >= fromMs && timestamp <= toMs)
      .sort((a, b) => a.timestamp - b.timestamp);
    return newestFirst ? span.slice(-rows).reverse() : span.slice(0, rows);
  };
  const list =
    (name: string, isListed: (order: Made) => boolean) =>
    async (_symbol: string, since: number, _limit: unknown, { until }: { until: number }) => {
      asked.push(name);
      return page(made.filter(isListed), since, until);
    };
  const trades = made
    .filter(({ filled }) => filled > 0)
    .flatMap(({ id, timestamp }) => [
      { id: `${id}-a`, order: id, timestamp },
      { id: `${id}-b`, order: id, timestamp: timestamp + 1 },
    ]);
  const exchange = {
    id: "any",
    has: Object.fromEntries(has.map((name) => [name, true])),
    fetchOpenOrders: async () => made.filter(({ status }) => status === "open"),
    fetchOrders: list("fetchOrders", () => true),
    fetchCanceledAndClosedOrders: list("fetchCanceledAndClosedOrders", ({ status }) => status !== "open"),
    fetchClosedOrders: list("fetchClosedOrders", ({ status }) => status === "closed"),
    fetchCanceledOrders: list("fetchCanceledOrders", ({ status }) => status === "canceled"),
    fetchMyTrades: async (_symbol: string, since: number, _limit: unknown, { until }: { until: number }) =>
      page(trades, since, until),
    fetchOrder: async (id: string) => {
      asked.push(`fetchOrder ${id}`);
      return made.find((order) => order.id === id);
    },
  };
  return { exchange: exchange as unknown as CcxtExchange, asked };
}

const idsOf = async (exchange: CcxtExchange, sinceMs: number) => {
  const orders = await ordersSince(exchange, ["BTC"], sinceMs, NOW, undefined);
  return [...new Set(orders?.map(({ id }) => id))].sort();
};

const WAYS: readonly (readonly string[])[] = [
  ["fetchOpenOrders", "fetchOrders"],
  ["fetchOpenOrders", "fetchCanceledAndClosedOrders"],
  ["fetchOpenOrders", "fetchClosedOrders", "fetchCanceledOrders"],
  ["fetchOpenOrders", "fetchClosedOrders", "fetchMyTrades", "fetchOrder"],
  ["fetchOpenOrders", "fetchMyTrades", "fetchOrder"],
];

describe("ordersSince through ccxt", () => {
  it("finds whatever has filled or is open, whichever way an exchange has, from whichever end and however little at once", async () => {
    const order = fc.record({
      ageMs: fc.integer({ min: 0, max: Math.floor((20 * DAY_MS) / 41) }),
      status: fc.constantFrom("open", "closed", "canceled"),
      filled: fc.integer({ min: 0, max: 2 }),
    });
    const manners = fc.record({
      has: fc.constantFrom(...WAYS),
      rows: fc.integer({ min: 3, max: 9 }),
      newestFirst: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(order, { maxLength: 40 }), manners, async (orders, how) => {
        // Never more of one millisecond than an answer holds: no exchange's lists could be read then.
        const made = orders.map(({ ageMs, ...rest }, n) => ({
          ...rest,
          filled: rest.status === "closed" ? 1 : rest.filled,
          id: `o${n}`,
          timestamp: NOW - ageMs * 41 - n,
        }));
        const sinceMs = NOW - 20 * DAY_MS - 100;
        const { exchange } = exchangeOf(made, how);
        const byTrades = how.has.includes("fetchMyTrades");
        const wanted = made.filter(({ status, filled }) => !byTrades || status === "open" || filled > 0);
        expect(await idsOf(exchange, sinceMs)).toEqual(wanted.map(({ id }) => id).sort());
      }),
      { numRuns: 300 },
    );
  });

  it("null where an exchange has no way to list what has ended", async () => {
    const { exchange } = exchangeOf([], { has: ["fetchOpenOrders", "fetchOrder"], rows: 5, newestFirst: true });
    expect(await ordersSince(exchange, ["BTC"], NOW - DAY_MS, NOW, undefined)).toBeNull();
  });

  it("gives up on a list that makes up a new order every time", async () => {
    let n = 0;
    const { exchange } = exchangeOf([], { has: ["fetchOrders"], rows: 5, newestFirst: true });
    exchange.fetchOrders = async () => [{ id: `o${n++}`, timestamp: NOW - 5 }];
    await expect(idsOf(exchange, NOW - DAY_MS)).rejects.toThrow("does not end");
  });

  it("refuses a row without an id or a time, which could not be told from others", async () => {
    const { exchange } = exchangeOf([], { has: ["fetchOrders"], rows: 5, newestFirst: true });
    exchange.fetchOrders = async () => [{ timestamp: NOW - 5 }];
    await expect(idsOf(exchange, NOW - DAY_MS)).rejects.toThrow("without id");
  });
});
