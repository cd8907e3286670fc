/** Listing an account's orders at Bybit: every page of every list, nothing unreadable passed over, limits waited for. */
import { describe, expect, it } from "vitest";
import { ordersSince } from "../../../src/venues/bybit-linear/history.ts";
import type { BybitRest } from "../../../src/venues/bybit-linear/rest.ts";
import { VenueError } from "../../../src/venues/venue-error.ts";
import { venueListings } from "../../../src/venues/venue-listings.ts";
import { testDirectory } from "../support/directory.ts";

const LISTINGS = venueListings(testDirectory(), 0);
const NOW = 1_760_000_000_000;
const DAY_MS = 86_400_000;

const row = (time: number, id: string, changes: object = {}) => ({
  ...{ symbol: "BTCUSDT", orderId: `x-${id}`, orderLinkId: id, side: "Sell", orderStatus: "Filled", qty: "0.025" },
  ...{
    cumExecQty: "0.020",
    avgPrice: "61800.50",
    reduceOnly: false,
    createdTime: String(time),
    updatedTime: String(time),
  },
  ...changes,
});
type Row = ReturnType<typeof row>;

interface Lists {
  readonly open?: readonly Row[];
  readonly latest?: readonly Row[];
  readonly history?: readonly Row[];
}

/** The venue's rules: newest first, fifty at once, a cursor behind every page that has a row. */
function venue({ open = [], latest = [], history = [] }: Lists, onAsk: () => void = () => {}) {
  const asked: URLSearchParams[] = [];
  const rest: BybitRest = {
    ask: () => Promise.reject(new Error("not asked this way")),
    async read(rateClass, path, query, signedAtMs) {
      onAsk();
      expect(rateClass).toBe("reconcile");
      expect(signedAtMs).toBe(NOW);
      const asks = new URLSearchParams(query);
      asked.push(asks);
      const [fromMs, toMs] = [Number(asks.get("startTime") ?? 0), Number(asks.get("endTime") ?? NOW * 2)];
      const list = path.endsWith("history") ? history : asks.get("openOnly") === "1" ? latest : open;
      const rows = list
        .filter(
          ({ symbol, createdTime }) => symbol === asks.get("symbol") && +createdTime >= fromMs && +createdTime <= toMs,
        )
        .toSorted((a, b) => +b.createdTime - +a.createdTime);
      const from = Number(asks.get("cursor")?.split(":")[1] ?? 0);
      const page = rows.slice(from, from + Number(asks.get("limit")));
      const nextPageCursor = page.length > 0 ? `at%3A${from + page.length}` : "";
      return { retCode: 0, result: { list: page, nextPageCursor }, time: NOW, headers: new Headers() };
    },
  };
  return { rest, asked };
}
const since = (lists: Lists, sinceMs: number) => ordersSince(venue(lists).rest, LISTINGS, sinceMs, () => NOW);

describe("ordersSince at Bybit", () => {
  it("reads every page of the open, the latest and the history, each order once", async () => {
    const history = Array.from({ length: 233 }, (_, n) => row(NOW - 60_000 + n, `h-${n}`));
    const latest = [row(NOW - 5, "late", { orderStatus: "Cancelled", cumExecQty: "0.010" }), history[232]!];
    const open = [row(NOW - 7, "open", { orderStatus: "New", cumExecQty: "0.000", avgPrice: "" })];
    const orders = await since({ open, latest, history }, NOW - 120_000);
    expect(new Set(orders.map(({ clientOrderId }) => clientOrderId)).size).toBe(235);
    expect(orders).toHaveLength(235);
    expect(orders.find(({ clientOrderId }) => clientOrderId === "late")).toEqual({
      ...{ clientOrderId: "late", listing: 0, side: "sell", qtyLots: 25, status: "canceled", cumQtyLots: 10 },
      ...{ avgPxTicks: 618_005, reduceOnly: false, venueMs: NOW - 5 },
    });
    expect(orders.find(({ clientOrderId }) => clientOrderId === "open")).toMatchObject({
      status: "open",
      cumQtyLots: 0,
    });
  });

  it("of an order that ended while the lists were read tells the end", async () => {
    const open = [row(NOW - 7, "one", { orderStatus: "PartiallyFilled", cumExecQty: "0.010" })];
    const history = [row(NOW - 7, "one", { orderStatus: "Cancelled", cumExecQty: "0.010" })];
    expect(await since({ open, history }, NOW - 1000)).toMatchObject([{ status: "canceled", cumQtyLots: 10 }]);
    // Whatever the order in which they come.
    const swapped = await since({ open: history, history: open }, NOW - 1000);
    expect(swapped).toMatchObject([{ status: "canceled", cumQtyLots: 10 }]);
  });

  it("asks week by week and misses nothing between two; what is older than asked for is left out", async () => {
    const history = [30, 14, 7, 7.0000001, 1].map((days, n) => row(NOW - Math.round(days * DAY_MS), `id-${n}`));
    const { rest, asked } = venue({ history, open: [row(NOW - 40 * DAY_MS, "old", { orderStatus: "New" })] });
    expect(await ordersSince(rest, LISTINGS, NOW - 30 * DAY_MS, () => NOW)).toHaveLength(5);
    for (const query of asked.filter((each) => each.has("startTime"))) {
      expect(Number(query.get("endTime")) - Number(query.get("startTime"))).toBeLessThan(7 * DAY_MS);
    }
  });

  it.each([
    ["a status that means nothing here", { orderStatus: "Triggered" }],
    ["a quantity that is no whole number of lots", { qty: "0.0005" }],
    ["a filled quantity that is none", { cumExecQty: "" }],
    ["no side", { side: "" }],
    ["no id field", { orderLinkId: undefined }],
    ["another symbol", { symbol: "ETHUSDT" }],
  ])("refuses %s rather than leave an order out", async (_, changes) => {
    const { rest } = venue({});
    const list = [row(NOW - 1, "id", changes)];
    const read: BybitRest["read"] = async (...args) => ({
      ...(await rest.read(...args)),
      result: { list: args[1].endsWith("history") ? list : [], nextPageCursor: "" },
    });
    const asked = ordersSince({ ...rest, read }, LISTINGS, NOW - 1000, () => NOW);
    await expect(asked).rejects.toMatchObject({ code: "MALFORMED" });
  });

  it("leaves out an order that carries no id of a client: it is nobody's of ours", async () => {
    const history = [row(NOW - 2, "", { qty: "0.0005" }), row(NOW - 1, "ours")];
    expect(await since({ history }, NOW - 1000)).toMatchObject([{ clientOrderId: "ours" }]);
  });

  it("does not go round in a circle where a cursor leads nowhere", async () => {
    const { rest } = venue({ history: [row(NOW - 1, "id")] });
    const read: BybitRest["read"] = async (...args) => {
      const answer = await rest.read(...args);
      return { ...answer, result: { list: [row(NOW - 1, "id")], nextPageCursor: "same" } };
    };
    const asked = ordersSince({ ...rest, read }, LISTINGS, NOW - 1000, () => NOW);
    await expect(asked).rejects.toMatchObject({ code: "MALFORMED" });
  });

  it("waits where our own limits hold it back, and only then", async () => {
    let refusals = 2;
    const { rest } = venue({ history: [row(NOW - 1, "id")] }, () => {
      if (refusals-- > 0) throw new VenueError("LIMITED", "list", "no request is left for it now");
    });
    expect(await ordersSince(rest, LISTINGS, NOW - 1000, () => NOW)).toHaveLength(1);
    const broken = venue({}, () => {
      throw new VenueError("UNREACHABLE", "list", "no answer");
    });
    await expect(ordersSince(broken.rest, LISTINGS, NOW - 1000, () => NOW)).rejects.toMatchObject({
      code: "UNREACHABLE",
    });
  });
});
