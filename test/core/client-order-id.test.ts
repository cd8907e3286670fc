import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientOrderId, OrderIds } from "../../src/core/client-order-id.ts";
import { AssertionError } from "../../src/domain/units.ts";
import { orderTagger } from "../../src/lane/order-tag.ts";

const TAG = "0123456789abcdef";

describe("a client order id", () => {
  it("is tag, epoch, attempt, leg and venue", () => {
    expect(clientOrderId(TAG, 0x1a2b3c, 0x4d5e, 0x6f, 0x7081)).toBe("0123456789abcdef1a2b3c4d5e6f7081");
    expect(clientOrderId(TAG, 1, 0, 0, 2)).toBe("0123456789abcdef0000010000000002");
  });

  it("is 32 lower-case hex, different for different inputs, and shows its tag", () => {
    const parts = fc.tuple(
      fc.integer({ min: 0, max: 0xffffff }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0xff }),
      fc.integer({ min: 0, max: 0xffff }),
    );
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const id = clientOrderId(TAG, ...a);
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        expect(id.startsWith(TAG)).toBe(true);
        expect(id === clientOrderId(TAG, ...b)).toBe(a.join() === b.join());
      }),
    );
  });

  it.each([
    [0x1000000, 0, 0, 0],
    [0, 0x10000, 0, 0],
    [0, 0, 0x100, 0],
    [0, 0, 0, 0x10000],
    [-1, 0, 0, 0],
    [0, 1.5, 0, 0],
  ])("does not take epoch %d, attempt %d, leg %d, venue %d", (epoch, attempt, leg, venue) => {
    expect(() => clientOrderId(TAG, epoch, attempt, leg, venue)).toThrow(AssertionError);
  });

  it("of an epoch is the same from its set of finished halves, the first time and the next", () => {
    const ids = new OrderIds(0x1a2b3c, 3);
    for (const _ of [1, 2]) {
      for (const attempt of [0, 1, 15, 16, 0xffff]) {
        for (const leg of [0, 1, 2]) {
          for (const venue of [0, 1, 2]) {
            expect(ids.of(TAG, attempt, leg, venue)).toBe(clientOrderId(TAG, 0x1a2b3c, attempt, leg, venue));
          }
        }
      }
    }
    expect(() => ids.of("abc", 0, 0, 0)).toThrow(AssertionError);
    expect(() => new OrderIds(0x1000000, 1).of(TAG, 0, 0, 0)).toThrow(AssertionError);
  });

  it("does not take a tag of another length", () => {
    expect(() => clientOrderId("abc", 0, 0, 0, 0)).toThrow(AssertionError);
  });

  it("its tag is the first 16 hex of SHA-256 over engine and cause", () => {
    // printf 'engine|hook|s1' | sha256sum
    expect(orderTagger("engine")("hook|s1")).toBe("21fb1b0300210ce4");
    expect(orderTagger("other")("hook|s1")).not.toBe(orderTagger("engine")("hook|s1"));
  });
});
