import fc from "fast-check";
import { expect, test } from "vitest";
import type { OrderRequest } from "../../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../../src/domain/units.ts";
import { createOkxFrames, OKX_FRAME_BYTES } from "../../../src/venues/okx-swap/frames.ts";
import { okxListings } from "../../../src/venues/okx-swap/listings.ts";
import { FRAME_HEAD_BYTES } from "../../../src/venues/wire/client-frame.ts";
import { OKX_INSTRUMENTS, okxDirectory } from "../support/okx-directory.ts";

const listings = okxListings(okxDirectory(), 0, "alpha", OKX_INSTRUMENTS);
const frames = createOkxFrames(listings);
const frame = Buffer.alloc(OKX_FRAME_BYTES);

const ORDER: OrderRequest = {
  clientOrderId: "0123456789abcdef0123456789abcdef",
  listing: 0,
  side: "buy",
  qtyLots: lots(137),
  pxTicks: ticks(618_001),
  timeInForce: "ioc",
  reduceOnly: false,
  stampMs: 1_700_000_000_000 as EpochMs,
  validForMs: 400,
};

function written(order: OrderRequest, requestId = 7): unknown {
  const bytes = frames.place(frame, requestId, order);
  return JSON.parse(frame.toString("latin1", FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + bytes));
}

test("an order is what OKX documents, in contracts, with its own deadline", () => {
  expect(written(ORDER)).toEqual({
    id: "0000000007",
    op: "order",
    expTime: "1700000000400",
    args: [
      {
        instIdCode: 10_459,
        tdMode: "cross",
        side: "buy",
        ordType: "ioc",
        clOrdId: ORDER.clientOrderId,
        px: "61800.1",
        sz: "13.7",
      },
    ],
  });
});

test.each([
  ["ioc", "ioc"],
  ["fok", "fok"],
  ["gtc", "limit"],
  ["postOnly", "post_only"],
] as const)("time in force %s is order type %s, for both sides and reduce-only", (timeInForce, ordType) => {
  for (const side of ["buy", "sell"] as const) {
    for (const reduceOnly of [true, false]) {
      const { args } = written({ ...ORDER, timeInForce, side, reduceOnly }) as { args: object[] };
      expect(args[0]).toMatchObject({ ordType, side });
      expect("reduceOnly" in args[0]!).toBe(reduceOnly);
      if (reduceOnly) expect(args[0]).toMatchObject({ reduceOnly: true });
    }
  }
});

test("every quantity, price, id and deadline arrives as it was, whatever stood in the buffer before", () => {
  const order = fc.record({
    clientOrderId: fc.stringMatching(/^[A-Za-z0-9]{1,32}$/),
    listing: fc.constantFrom(0, 1),
    side: fc.constantFrom("buy" as const, "sell" as const),
    qtyLots: fc.integer({ min: 1, max: 1_000_000_000 }).map(lots),
    pxTicks: fc.integer({ min: 1, max: 1_000_000_000 }).map(ticks),
    timeInForce: fc.constantFrom("ioc" as const, "gtc" as const),
    reduceOnly: fc.boolean(),
    stampMs: fc.integer({ min: 1_500_000_000_000, max: 9_000_000_000_000 }).map((ms) => ms as EpochMs),
    validForMs: fc.integer({ min: 1, max: 60_000 }),
  });
  fc.assert(
    fc.property(order, fc.integer({ min: 1, max: 9_999_999_999 }), fc.nat(255), (each, requestId, filler) => {
      frame.fill(filler);
      const message = written(each, requestId) as { id: string; expTime: string; args: Record<string, string>[] };
      const { clOrdId, px, sz, side } = message.args[0]!;
      const listing = listings.all[each.listing]!;
      expect(Number(message.id)).toBe(requestId);
      expect(message.expTime).toBe(String(each.stampMs + each.validForMs));
      expect([clOrdId, listing.px.parse(px!), listing.qty.parse(sz!), side]).toEqual([
        each.clientOrderId,
        each.pxTicks,
        each.qtyLots,
        each.side,
      ]);
    }),
    { numRuns: 500 },
  );
});

test("a cancel names instrument and id; without a code the instrument goes by its name", () => {
  expect(JSON.parse(frames.cancel(12, listings.all[1]!, "abc"))).toEqual({
    id: "0000000012",
    op: "cancel-order",
    args: [{ instIdCode: 10_460, clOrdId: "abc" }],
  });
  const nameless = okxListings(
    okxDirectory(),
    0,
    "alpha",
    OKX_INSTRUMENTS.map(({ instIdCode: _, ...row }) => row),
  );
  expect(JSON.parse(createOkxFrames(nameless).cancel(12, nameless.all[1]!, "abc"))).toMatchObject({
    args: [{ instId: "ETH-USDT-SWAP", clOrdId: "abc" }],
  });
});

test("what could break out of a frame, and what is no order, is a bug of the caller", () => {
  for (const clientOrderId of ["", 'a"b', "a-b", "ä", "a".repeat(33)]) {
    expect(() => written({ ...ORDER, clientOrderId })).toThrow(/client order id/);
    expect(() => frames.cancel(1, listings.all[0]!, clientOrderId)).toThrow(/client order id/);
  }
  expect(() => written({ ...ORDER, qtyLots: lots(0) })).toThrow(/order of 0 lots/);
  expect(() => written({ ...ORDER, pxTicks: ticks(-1) })).toThrow(/-1 ticks/);
  expect(() => written({ ...ORDER, listing: 9 })).toThrow(/listing 9/);
});
