/** Listing an account's orders: nothing may be missing, however many there are, and nothing unreadable may pass. */
import { describe, expect, it } from "vitest";
import { createDirectory } from "../../../src/domain/instrument.ts";
import { ordersSince } from "../../../src/venues/binance-usdm/history.ts";
import type { BinanceRest, RestCall } from "../../../src/venues/binance-usdm/rest.ts";
import { venueListings } from "../../../src/venues/venue-listings.ts";

const directory = createDirectory(
  ["s"],
  ["v"],
  [
    {
      symbol: "BTC/USDT:USDT",
      tickSize: "0.1",
      lotSize: "0.001",
      listings: [{ venue: "v", symbol: "BTCUSDT" }],
    },
  ],
);
const LISTINGS = venueListings(directory, 0);
const NOW = 1_760_000_000_000;

const rowAt = (time: number, id: string, changes: object = {}) => ({
  symbol: "BTCUSDT",
  clientOrderId: id,
  side: "SELL",
  status: "FILLED",
  origQty: "0.025",
  executedQty: "0.020",
  avgPrice: "61800.50",
  reduceOnly: false,
  time,
  ...changes,
});

/** The venue's rule: the newest `limit` rows of the span. Counts the requests. */
function venue(rows: readonly { readonly time: number }[]): { readonly rest: BinanceRest; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    rest: {
      async request({ query = "" }: RestCall) {
        asked.push(query);
        const { startTime, endTime, limit } = Object.fromEntries(new URLSearchParams(query));
        return rows.filter(({ time }) => time >= Number(startTime) && time <= Number(endTime)).slice(-Number(limit));
      },
    },
  };
}

describe("ordersSince", () => {
  it("gets every order although an answer holds a thousand", async () => {
    const rows = Array.from({ length: 3500 }, (_, n) => rowAt(NOW - 60_000 + Math.floor(n / 3), `id-${n}`));
    const { rest, asked } = venue(rows);
    const orders = await ordersSince(rest, LISTINGS, NOW - 120_000, () => NOW);
    expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).toBe(3500);
    expect(asked.length).toBeLessThan(40);
    expect(orders[0]).toEqual({
      clientOrderId: "id-0",
      listing: 0,
      side: "sell",
      qtyLots: 25,
      status: "filled",
      cumQtyLots: 20,
      avgPxTicks: 618_005,
      reduceOnly: false,
      venueMs: NOW - 60_000,
    });
  });

  it("asks week by week, as the venue wants it, and misses nothing between two", async () => {
    const day = 86_400_000;
    const rows = [30, 14, 7, 7.0000001, 1].map((days, n) => rowAt(NOW - Math.round(days * day), `id-${n}`));
    const { rest, asked } = venue(rows);
    expect(await ordersSince(rest, LISTINGS, NOW - 30 * day, () => NOW)).toHaveLength(5);
    for (const query of asked) {
      const { startTime, endTime } = Object.fromEntries(new URLSearchParams(query));
      expect(Number(endTime) - Number(startTime)).toBeLessThan(7 * day);
    }
  });

  it.each([
    ["a status that means nothing here", { status: "HALTED" }],
    ["a quantity that is no whole number of lots", { origQty: "0.0005" }],
    ["no side", { side: "" }],
    ["no id", { clientOrderId: 7 }],
  ])("refuses %s rather than leave an order out", async (_, changes) => {
    const { rest } = venue([rowAt(NOW - 1, "id", changes)]);
    await expect(ordersSince(rest, LISTINGS, NOW - 1000, () => NOW)).rejects.toMatchObject({ code: "MALFORMED" });
  });

  it("refuses a millisecond with more orders than can be listed", async () => {
    const { rest } = venue(Array.from({ length: 1000 }, (_, n) => rowAt(NOW, `id-${n}`)));
    await expect(ordersSince(rest, LISTINGS, NOW - 1000, () => NOW)).rejects.toMatchObject({ code: "MALFORMED" });
  });

  it("refuses what is longer ago than the venue keeps: an absence there would prove nothing", async () => {
    const { rest } = venue([]);
    const asked = ordersSince(rest, LISTINGS, NOW - 91 * 86_400_000, () => NOW);
    await expect(asked).rejects.toMatchObject({ code: "UNSUPPORTED", field: "ordersSince" });
  });

  it("of an id that was used twice tells the one that filled", async () => {
    const { rest } = venue([
      rowAt(NOW - 2, "id"),
      rowAt(NOW - 1, "id", { status: "EXPIRED", executedQty: "0.000", avgPrice: "0" }),
    ]);
    expect(await ordersSince(rest, LISTINGS, NOW - 1000, () => NOW)).toMatchObject([
      { status: "filled", cumQtyLots: 20 },
    ]);
  });
});
