import { describe, expect, it } from "vitest";
import { binanceUsdmOutcome } from "../../../src/venues/binance-usdm/codes.ts";

const place = (code: number, status = 400, message = "") => binanceUsdmOutcome("place", status, code, message);

describe("Binance USDM outcome codes of an order", () => {
  it.each([
    -1003, -1008, -1013, -1015, -1021, -1022, -1100, -1102, -1111, -1121, -1130, -2010, -2014, -2015, -2018, -2019,
    -2022, -4003, -4014, -4023, -4164, -5021, -5022,
  ])("%i proves that the order was refused", (code) => {
    expect(place(code)).toBe("rejected");
  });

  it("a duplicate id means that an order exists, whatever the code says of it", () => {
    expect(place(-4116)).toBe("duplicateId");
    expect(place(-2010, 400, "Duplicate order sent.")).toBe("duplicateId");
  });

  it.each([-1000, -1001, -1006, -1007, -1016, -2011, -2013, -4117, -9999, 0, 5])("%i proves nothing", (code) => {
    expect(place(code)).toBe("unknown");
  });

  it("every code that no table names is unknown", () => {
    const outcomes = Array.from({ length: 20_001 }, (_, index) => place(index - 10_000));
    expect(outcomes.filter((outcome) => outcome === "duplicateId")).toHaveLength(1);
    const refusals = outcomes.filter((outcome) => outcome === "rejected");
    expect(refusals.length).toBeGreaterThan(60);
    expect(refusals.length).toBeLessThan(130);
    expect(outcomes.filter((outcome) => outcome === "unknown")).toHaveLength(20_000 - refusals.length);
  });

  it("tells the four 503s apart by their words", () => {
    expect(place(0, 503, "Unknown error, please check your request or try again later.")).toBe("unknown");
    expect(place(0, 503, "Service Unavailable.")).toBe("rejected");
    expect(place(-1016, 503, "Service Unavailable.")).toBe("rejected");
    expect(place(-1000, 503, "Unknown error, please check your request or try again later.")).toBe("unknown");
    expect(place(-1008, 503, "Request throttled by system-level protection.")).toBe("rejected");
    expect(place(0, 503, "Internal error; unable to process your request. Please try again.")).toBe("rejected");
    expect(place(-1001, 503, "Internal error; unable to process your request. Please try again.")).toBe("unknown");
    expect(place(0, 503, "")).toBe("unknown");
    expect(place(0, 502, "Service Unavailable.")).toBe("unknown");
  });

  it("a gateway that turns requests away unread has refused them", () => {
    expect(place(0, 429)).toBe("rejected");
    expect(place(0, 418)).toBe("rejected");
    expect(place(0, 403)).toBe("rejected");
    expect(place(-1007, 403)).toBe("unknown");
  });
});

describe("Binance USDM outcome codes of cancels and queries", () => {
  it("a cancel that finds nothing and a query that finds nothing say so and no more", () => {
    expect(binanceUsdmOutcome("cancel", 400, -2011, "Unknown order sent.")).toBe("cancelUnknown");
    expect(binanceUsdmOutcome("query", 400, -2013, "Order does not exist.")).toBe("notFound");
  });

  it("no failure of a cancel or a query rejects the order", () => {
    const codes = Array.from({ length: 20_001 }, (_, index) => index - 10_000);
    expect(codes.filter((code) => binanceUsdmOutcome("cancel", 400, code, "") === "rejected")).toEqual([]);
    expect(codes.filter((code) => binanceUsdmOutcome("query", 429, code, "") === "rejected")).toEqual([]);
  });
});
