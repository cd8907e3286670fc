/** Frames and signatures of Bybit: exact values, nothing that is not meant, nothing that needs escaping. */
import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { OrderRequest, TimeInForce } from "../../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../../src/domain/units.ts";
import { BYBIT_FRAME_BYTES, createBybitFrames } from "../../../src/venues/bybit-linear/frames.ts";
import { createBybitSigner } from "../../../src/venues/bybit-linear/signer.ts";
import { venueListings } from "../../../src/venues/venue-listings.ts";
import { FRAME_HEAD_BYTES } from "../../../src/venues/wire/client-frame.ts";
import { BTC, BTC_ELSEWHERE, testDirectory } from "../support/directory.ts";

const ID = "00112233445566778899aabbccddeeff";
const listings = venueListings(testDirectory(), 0);
const btc = listings.byIndex[BTC]!;
const frames = createBybitFrames(listings, "run7");
const order: OrderRequest = {
  ...{ clientOrderId: ID, listing: BTC, side: "buy", qtyLots: lots(1500), pxTicks: ticks(618_002), timeInForce: "ioc" },
  ...{ reduceOnly: false, stampMs: 1_700_000_000_123 as EpochMs, validForMs: 400 },
};
const frame = Buffer.alloc(BYBIT_FRAME_BYTES, 0xff);

function placed(requestId: number, fields: Partial<OrderRequest> = {}): unknown {
  const bytes = frames.place(frame, requestId, { ...order, ...fields });
  return JSON.parse(frame.toString("utf8", FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + bytes));
}

describe("order frames", () => {
  it("write quantity and price exactly, and the stamp and window as given", () => {
    expect(placed(7)).toEqual({
      reqId: "run7-0000000007",
      op: "order.create",
      args: [
        {
          ...{ category: "linear", symbol: "BTCUSDT", side: "Buy", orderType: "Limit", timeInForce: "IOC" },
          ...{ positionIdx: 0, reduceOnly: false, orderLinkId: ID, qty: "1.500", price: "61800.2" },
        },
      ],
      header: { "X-BAPI-TIMESTAMP": "1700000000123", "X-BAPI-RECV-WINDOW": "400" },
    });
  });

  it.each([
    ["ioc", "IOC"],
    ["fok", "FOK"],
    ["gtc", "GTC"],
    ["postOnly", "PostOnly"],
  ] as const)("say side and reduceOnly of a %s order", (timeInForce: TimeInForce, wire) => {
    for (const [side, wireSide] of [
      ["buy", "Buy"],
      ["sell", "Sell"],
    ] as const) {
      for (const reduceOnly of [true, false])
        expect(placed(1, { side, reduceOnly, timeInForce })).toMatchObject({
          args: [{ side: wireSide, reduceOnly, timeInForce: wire }],
        });
    }
  });

  it("leave nothing of the order before in the buffer that they share", () => {
    placed(9_999_999_999, { qtyLots: lots(123_456_789), pxTicks: ticks(99_999_999), validForMs: 60_000 });
    expect(placed(2, { qtyLots: lots(1), pxTicks: ticks(1), validForMs: 1, clientOrderId: "a" })).toMatchObject({
      ...{ reqId: "run7-0000000002", header: { "X-BAPI-RECV-WINDOW": "1" } },
      args: [{ qty: "0.001", price: "0.1", orderLinkId: "a" }],
    });
  });

  it("carry no key and no signature", () => {
    expect(JSON.stringify(placed(1))).not.toMatch(/sign|key/i);
  });

  it("cancel by client order id", () => {
    expect(JSON.parse(frames.cancel(3, btc, ID, 1_700_000_000_000))).toEqual({
      ...{ reqId: "run7-0000000003", op: "order.cancel" },
      args: [{ category: "linear", symbol: "BTCUSDT", orderLinkId: ID }],
      header: { "X-BAPI-TIMESTAMP": "1700000000000", "X-BAPI-RECV-WINDOW": "5000" },
    });
  });

  it("know their own request ids from those of another run", () => {
    expect(frames.requestIdOf("run7-0000000042")).toBe(42);
    expect(frames.requestIdOf("run8-0000000042")).toBeNaN();
    expect(frames.requestIdOf("42")).toBeNaN();
  });

  it("are refused as bugs for another venue's listing, an empty order and an id that would need escaping", () => {
    expect(() => placed(1, { listing: BTC_ELSEWHERE })).toThrow(/not of this venue/);
    expect(() => placed(1, { qtyLots: lots(0) })).toThrow(/0 lots/);
    for (const clientOrderId of ['x","side":"Sell', "a.b", "", "a".repeat(37)])
      expect(() => placed(1, { clientOrderId })).toThrow(/client order id/);
    expect(() => frames.cancel(1, btc, "ä", 1)).toThrow(/client order id/);
  });
});

describe("the signer", () => {
  const signer = createBybitSigner({ apiKey: "key", secret: "canary-secret" });

  it("authenticates a socket for ten seconds", () => {
    const { op, args } = JSON.parse(signer.authFrame(1_700_000_000_000)) as { op: string; args: unknown[] };
    const sign = createHmac("sha256", "canary-secret").update("GET/realtime1700000010000").digest("hex");
    expect([op, args]).toEqual(["auth", ["key", 1_700_000_010_000, sign]]);
  });

  it("shows no secret however it is printed, and names the field that is wrong without repeating it", () => {
    const shown = `${inspect(signer, { depth: 9, showHidden: true })} ${JSON.stringify(signer)} ${String(signer)}`;
    expect(shown).not.toContain("canary");
    expect(() => createBybitSigner({ apiKey: 'canary"', secret: "x" })).toThrow(/^apiKey must be/);
    expect(() => createBybitSigner({ apiKey: "key", secret: "" })).toThrow(/secret is empty/);
  });
});
