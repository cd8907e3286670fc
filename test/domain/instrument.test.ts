import { describe, expect, it } from "vitest";
import { createDirectory, type InstrumentSpec, resolveAsset } from "../../src/domain/instrument.ts";
import { AssertionError } from "../../src/domain/units.ts";

const SPOT: InstrumentSpec = { symbol: "BTC/USDT", tickSize: "0.01", lotSize: "0.00001" };
const PERP: InstrumentSpec = { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize: "0.001" };
const directory = (...specs: InstrumentSpec[]) => createDirectory(["hook"], ["alpha"], specs);
const listed = (terms: object) => directory({ ...PERP, listings: [{ venue: "alpha", symbol: "BTCUSDT", ...terms }] });

describe("instruments", () => {
  it.each([
    ["BTC/USDT", 0],
    ["BTC-USDT", 0],
    ["BTCUSDT", 0],
    ["BINANCE:BTCUSDT", 0],
    ["BYBIT:BTC-USDT", 0],
    ["BTC/USDT:USDT", 1],
    ["BTCUSDT.P", 1],
    ["BINANCE:BTCUSDT.P", 1],
    ["BTC-USD", "unknown"],
    ["BTCUSD", "unknown"],
    ["BTC/USD", "unknown"],
    ["btc/usdt", "unknown"],
    ["ETHUSDT", "unknown"],
    [":BTCUSDT", "unknown"],
    ["BINANCE:", "unknown"],
    ["BTC/USDT:USDC", "unknown"],
    ["", "unknown"],
    ["__proto__", "unknown"],
  ])("%s means %o", (asset, found) => expect(resolveAsset(directory(SPOT, PERP), asset)).toBe(found));

  it("USD means USDT only where an alias says so", () => {
    const named = directory({ ...SPOT, aliases: ["BTC-USD", "XBT"] });
    expect(resolveAsset(named, "BTC-USD")).toBe(0);
    expect(resolveAsset(named, "COINBASE:BTC-USD")).toBe(0);
    expect(resolveAsset(named, "XBT")).toBe(0);
    expect(resolveAsset(named, "BTC/USD")).toBe("unknown");
  });

  it("a spelling of two instruments is refused, by each of its roads; one said twice is not", () => {
    const both = directory({ ...SPOT, aliases: ["BITCOIN"] }, { ...PERP, aliases: ["BITCOIN", "BTCUSDT"] });
    expect(resolveAsset(both, "BITCOIN")).toBe("ambiguous");
    expect(resolveAsset(both, "BTCUSDT")).toBe("ambiguous");
    expect(resolveAsset(both, "BINANCE:BTCUSDT")).toBe("ambiguous");
    expect(resolveAsset(both, "BTC/USDT")).toBe(0);
    expect(resolveAsset(directory({ ...SPOT, aliases: ["BTCUSDT"] }), "BTCUSDT")).toBe(0);
  });

  it("a third claim does not settle an ambiguity", () => {
    const third = { symbol: "ETH/USDT", tickSize: "1", lotSize: "1", aliases: ["X"] };
    expect(resolveAsset(directory({ ...SPOT, aliases: ["X"] }, { ...PERP, aliases: ["X"] }, third), "X")).toBe(
      "ambiguous",
    );
  });

  it("a listing's tick and lot are multiples of its instrument's", () => {
    expect(listed({ tickSize: "0.5", lotSize: "0.01", minQty: "0.02", minNotional: 5 }).listings[0]).toMatchObject({
      tickStep: 5,
      lotStep: 10,
      qtyLotsMin: 20,
      notionalMin: 5,
    });
    expect(listed({}).listings[0]).toMatchObject({ tickStep: 1, lotStep: 1, qtyLotsMin: 1, notionalMin: 0 });
    expect(listed({ lotSize: "0.01" }).listings[0]).toMatchObject({ qtyLotsMin: 10 });
  });

  it.each([
    [{ tickSize: "0.15" }, "tickSize"],
    [{ lotSize: "0.0005" }, "lotSize"],
    [{ minQty: "0.0015" }, "minQty"],
    [{ lotSize: "0" }, "lotSize"],
    [{ lotSize: "abc" }, "lotSize"],
    [{ venue: "nowhere" }, "nowhere"],
  ])("%o does not fit, and the message names it", (terms, named) => {
    expect(() => listed(terms)).toThrow(AssertionError);
    expect(() => listed(terms)).toThrow(named);
  });

  it.each(["BTCUSDT", "btc/usdt", "BTC/", "/USDT", "BTC/USDT:", "BTC/USDT:USDT:X"])(
    "%s is no unified symbol",
    (symbol) => {
      expect(() => directory({ ...SPOT, symbol })).toThrow(AssertionError);
    },
  );
});
