/** Listing an account's orders at OKX: every page of every list, the archive where it must be, a clear no where it ends. */
import { describe, expect, it } from "vitest";
import { ordersSince } from "../../../src/venues/okx-swap/history.ts";
import { okxListings } from "../../../src/venues/okx-swap/listings.ts";
import type { OkxRest } from "../../../src/venues/okx-swap/rest.ts";
import { OKX_INSTRUMENTS, okxDirectory } from "../support/okx-directory.ts";

const LISTINGS = okxListings(okxDirectory(), 0, "alpha", OKX_INSTRUMENTS);
const BTC = LISTINGS.all[0]!;
const NOW = 1_760_000_000_000;
const DAY_MS = 86_400_000;

const row = (time: number, id: string, changes: object = {}) => ({
  ...{ instId: BTC.symbol, ordId: String(time), clOrdId: id, side: "sell", state: "filled", sz: BTC.qty.format(25) },
  ...{ accFillSz: BTC.qty.format(20), avgPx: "61800.5", reduceOnly: "false", cTime: String(time) },
  ...changes,
});
type Row = ReturnType<typeof row>;

/** The venue's rules: latest first, a hundred at once, by `after` further back. */
function venue(lists: Readonly<Record<string, readonly Row[]>>) {
  const asked: string[] = [];
  const rest: OkxRest = {
    ask: () => Promise.reject(new Error("not asked this way")),
    async get(request, rateClass, path, query, signedAtMs) {
      expect([request, rateClass, signedAtMs]).toEqual(["lists", "reconcile", NOW]);
      asked.push(path);
      const { instId, begin = "0", after = "9".repeat(18), limit } = Object.fromEntries(new URLSearchParams(query));
      return (lists[path.slice(path.lastIndexOf("/") + 1)] ?? [])
        .filter((each) => each.instId === instId && +each.cTime >= +begin && +each.ordId < +after)
        .toSorted((a, b) => +b.ordId - +a.ordId)
        .slice(0, Number(limit));
    },
  };
  return { rest, asked };
}
const since = (lists: Readonly<Record<string, readonly Row[]>>, sinceMs: number) =>
  ordersSince(venue(lists).rest, LISTINGS, sinceMs, () => NOW);

describe("ordersSince at OKX", () => {
  it("reads every page of what is pending and what has ended, each order once, sizes in lots", async () => {
    const ended = Array.from({ length: 300 }, (_, n) => row(NOW - 60_000 + n, `h${n}`));
    const pending = [row(NOW - 7, "open", { state: "live", accFillSz: "0", avgPx: "" }), row(NOW - 9, "h299")];
    const orders = await since({ "orders-history": ended, "orders-pending": pending }, NOW - 120_000);
    expect(orders).toHaveLength(301);
    expect(orders.find(({ clientOrderId }) => clientOrderId === "h0")).toEqual({
      ...{ clientOrderId: "h0", listing: 0, side: "sell", qtyLots: 25, status: "filled", cumQtyLots: 20 },
      ...{ avgPxTicks: 618_005, reduceOnly: false, venueMs: NOW - 60_000 },
    });
  });

  it("asks the archive only for what the history may no longer have, and leaves out what is older", async () => {
    const archived = [row(NOW - 8 * DAY_MS, "archived")];
    const lists = { "orders-history-archive": archived, "orders-pending": [row(NOW - 30 * DAY_MS, "old")] };
    const short = venue(lists);
    expect(await ordersSince(short.rest, LISTINGS, NOW - 5 * DAY_MS, () => NOW)).toEqual([]);
    expect(short.asked.some((path) => path.includes("archive"))).toBe(false);
    expect(await since(lists, NOW - 10 * DAY_MS)).toMatchObject([{ clientOrderId: "archived" }]);
  });

  it("refuses what is longer ago than the archive goes back: an absence there would prove nothing", async () => {
    const asked = since({}, NOW - 91 * DAY_MS);
    await expect(asked).rejects.toMatchObject({ code: "UNSUPPORTED", field: "ordersSince" });
  });

  it.each([
    ["a state that means nothing here", { state: "paused" }],
    ["a size that is no whole number of lots", { sz: "0.00001" }],
    ["no filled size", { accFillSz: undefined }],
    ["no side", { side: "" }],
    ["another instrument", { instId: "XRP-USDT-SWAP" }],
  ])("refuses %s rather than leave an order out", async (_, changes) => {
    const { rest } = venue({});
    const get: OkxRest["get"] = async () => [row(NOW - 1, "id", changes)];
    const asked = ordersSince({ ...rest, get }, LISTINGS, NOW - 1000, () => NOW);
    await expect(asked).rejects.toMatchObject({ code: "MALFORMED" });
  });

  it("leaves out an order without an id of a client, and gives up where a full page leads nowhere", async () => {
    expect(await since({ "orders-history": [row(NOW - 1, "", { sz: "0.00001" })] }, NOW - 1000)).toEqual([]);
    const { rest } = venue({});
    const page = Array.from({ length: 100 }, (_, n) => row(NOW - 1, `id${n}`));
    const asked = ordersSince({ ...rest, get: async () => page }, LISTINGS, NOW - 1000, () => NOW);
    await expect(asked).rejects.toMatchObject({ code: "MALFORMED" });
  });
});
