import { describe, expect, it, test } from "vitest";
import { createDirectory } from "../../../src/domain/instrument.ts";
import { okxListings, okxMisfits } from "../../../src/venues/okx-swap/listings.ts";
import { VenueError } from "../../../src/venues/venue-error.ts";
import { OKX_BTC, OKX_ETH, OKX_INSTRUMENTS, okxDirectory } from "../support/okx-directory.ts";

const [BTC_ROW, ETH_ROW] = OKX_INSTRUMENTS;

function refusal(rows: readonly unknown[]): VenueError {
  try {
    okxListings(okxDirectory(), 0, "alpha", rows);
  } catch (error) {
    expect(error).toBeInstanceOf(VenueError);
    return error as VenueError;
  }
  throw new Error("nothing was refused");
}

test("lots are contracts exactly, where a contract is more than a lot and where it is less", () => {
  const { bySymbol } = okxListings(okxDirectory(), 0, "alpha", OKX_INSTRUMENTS);
  const btc = bySymbol.get(OKX_BTC)!;
  // 0.137 BTC at 0.01 BTC per contract.
  expect(btc.qty.format(137)).toBe("13.7");
  expect(btc.qty.parse("13.7")).toBe(137);
  expect(btc.qty.parse("13.75")).toBeNaN();
  expect(btc.instIdCode).toBe(10_459);
  // 0.001 ETH at 0.1 ETH per contract: finer than the venue's own lot of a tenth of a contract.
  expect(bySymbol.get(OKX_ETH)!.qty.format(10)).toBe("0.10");
});

test.each([
  ["1", "1000", "0.001"],
  ["1000", "1000", "1"],
  ["10", "0.01", "1000"],
  ["0.1", "0.01", "10"],
  ["0.003", "0.03", "0.1"],
  ["0.00001", "0.001", "0.01"],
])("a lot of %s is %3$s contracts of %s", (lotSize, ctVal, contracts) => {
  const spec = { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize, listings: [{ venue: "alpha", symbol: OKX_BTC }] };
  const directory = createDirectory([], ["alpha"], [spec]);
  const row = { ...BTC_ROW, ctVal, lotSz: "0.000000001", minSz: "0.000000001" };
  expect(Number(okxListings(directory, 0, "alpha", [row]).all[0]!.qty.format(1))).toBe(Number(contracts));
});

describe("a listing that does not fit the exchange's is refused, naming both", () => {
  it.each([
    ["instId", [ETH_ROW]],
    ["state", [{ ...BTC_ROW, state: "suspend" }, ETH_ROW]],
    ["ctType", [{ ...BTC_ROW, ctType: "inverse" }, ETH_ROW]],
    ["ctMult", [{ ...BTC_ROW, ctMult: "10" }, ETH_ROW]],
    ["ctValCcy", [{ ...BTC_ROW, ctValCcy: "USDT" }, ETH_ROW]],
    ["settleCcy", [{ ...BTC_ROW, settleCcy: "USDC" }, ETH_ROW]],
    ["tickSize", [BTC_ROW, { ...ETH_ROW, tickSz: "0.05" }]],
    ["lotSize", [{ ...BTC_ROW, lotSz: "1" }, ETH_ROW]],
    ["minQty", [{ ...BTC_ROW, minSz: "0.2" }, ETH_ROW]],
  ])("%s", (field, rows) => {
    const error = refusal(rows);
    expect(error).toMatchObject({ code: "LISTING", field });
    expect(error.message).toMatch(/(BTC|ETH)-USDT-SWAP at alpha/);
  });

  it("a lot of a third of a contract, as that", () => {
    const error = refusal([{ ...BTC_ROW, ctVal: "0.003" }, ETH_ROW]);
    expect(error.message).toMatch(/0\.001 is no finite decimal of contracts of 0\.003/);
  });

  it.each(["ctVal", "tickSz", "lotSz", "minSz"])("%s that is no decimal is malformed", (field) => {
    expect(refusal([{ ...BTC_ROW, [field]: "" }, ETH_ROW])).toMatchObject({ code: "MALFORMED", field });
  });
});

test("without a code the instrument goes by its name", () => {
  const rows = OKX_INSTRUMENTS.map(({ instIdCode: _, ...row }) => row);
  expect(okxListings(okxDirectory(), 0, "alpha", rows).all.map(({ instIdCode }) => instIdCode)).toEqual([null, null]);
});

describe("what has changed since the listings were read", () => {
  const listings = okxListings(okxDirectory(), 0, "alpha", OKX_INSTRUMENTS);
  const misfits = (change: object) => okxMisfits(listings, "alpha", [{ ...BTC_ROW, ...change }, ETH_ROW]);

  it("is nothing where the rows are the same, or a number is written otherwise", () => {
    expect(okxMisfits(listings, "alpha", OKX_INSTRUMENTS)).toEqual([]);
    expect(misfits({ ctVal: "0.010" })).toEqual([]);
  });

  it.each([
    [{ state: "suspend" }, 1, "state"],
    [{ ctVal: "0.1" }, 2, "ctVal"],
    [{ ctMult: "10" }, 2, "ctMult"],
    [{ ctValCcy: "ETH" }, 2, "ctValCcy"],
    [{ settleCcy: "USDC" }, 2, "settleCcy"],
    [{ instIdCode: 10_460 }, 2, "instIdCode"],
    [{ tickSz: "7" }, 1, "tickSize"],
    [{ minSz: "1000000" }, 0, "minQty"],
  ] as const)("%j is of level %i, by %s", (change, level, field) => {
    expect(misfits(change)).toContainEqual(expect.objectContaining({ listing: 0, level, field }));
  });

  it("is told of a swap that is listed no more", () => {
    expect(okxMisfits(listings, "alpha", [ETH_ROW])).toMatchObject([{ listing: 0, level: 1, field: "instId" }]);
  });
});
