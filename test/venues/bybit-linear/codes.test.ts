/** The outcome table of Bybit: what it concludes, and above all what it does not. */
import { expect, test } from "vitest";
import { bybitLinearOutcome } from "../../../src/venues/bybit-linear/codes.ts";

test("what the gateway took is an acknowledgement and never a status", () => {
  expect(bybitLinearOutcome("place", 0)).toBe("ack");
  expect(bybitLinearOutcome("cancel", 0)).toBe("ack");
});

test.each([
  [10000, "server timeout"],
  [10007, "a timeout of the backend in older APIs"],
  [10014, "duplicate request"],
  [10016, "internal error or restart"],
  [10019, "restarting"],
  [20006, "duplicate reqId"],
  [110001, "order does not exist, of a new order"],
  [110008, "order finished, of a new order"],
  [110010, "order cancelled, of a new order"],
  [170007, "timeout"],
  [170032, "network error"],
  [170146, "order creation timeout"],
  [170149, "create order failed"],
  [-1, "nothing Bybit says"],
  [999_999, "a code to come"],
])("%i (%s) proves nothing about a new order", (code) => {
  expect(bybitLinearOutcome("place", code)).toBe("unknown");
});

test.each([
  10001, 10002, 10003, 10004, 10005, 10006, 10010, 10403, 10404, 10429, 110003, 110004, 110007, 110012, 110017, 110020,
  110094, 170131, 170140,
])("%i is a refusal of a new order", (code) => {
  expect(bybitLinearOutcome("place", code)).toBe("rejected");
});

test.each([110072, 110030, 170141])("%i is an id that has been used, not a refusal", (code) => {
  expect(bybitLinearOutcome("place", code)).toBe("duplicateId");
});

test("a cancel that finds nothing to cancel leaves the order open to question", () => {
  for (const code of [110001, 110008, 110010]) expect(bybitLinearOutcome("cancel", code)).toBe("cancelUnknown");
  for (const code of [10001, 10006, 10016, 110007, 110017]) expect(bybitLinearOutcome("cancel", code)).toBe("unknown");
});

const ALL_CODES = Array.from({ length: 200_000 }, (_, code) => code);

test("no failure of a cancel or a query rejects the order", () => {
  expect(ALL_CODES.filter((code) => bybitLinearOutcome("cancel", code) === "rejected")).toEqual([]);
  const known = ALL_CODES.filter((code) => bybitLinearOutcome("query", code) !== "unknown");
  expect(known).toEqual([110001, 170213]);
});

test("every code that no table names is unknown", () => {
  const kinds = ALL_CODES.map((code) => bybitLinearOutcome("place", code));
  const count = (kind: string) => kinds.filter((each) => each === kind).length;
  expect(count("duplicateId")).toBe(3);
  expect(count("ack")).toBe(1);
  expect(count("rejected")).toBeGreaterThan(60);
  expect(count("rejected")).toBeLessThan(120);
  expect(count("unknown")).toBe(ALL_CODES.length - 4 - count("rejected"));
});
