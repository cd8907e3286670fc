import { createHmac, generateKeyPairSync, verify } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { fromSteps } from "../../../src/domain/decimal.ts";
import { createDirectory } from "../../../src/domain/instrument.ts";
import type { OrderRequest, TimeInForce } from "../../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../../src/domain/units.ts";
import { type BinanceFrames, createBinanceFrames, ORDER_FRAME_BYTES } from "../../../src/venues/binance-usdm/frames.ts";
import { createBinanceSigner } from "../../../src/venues/binance-usdm/signer.ts";
import { venueListings } from "../../../src/venues/venue-listings.ts";
import { FRAME_HEAD_BYTES } from "../../../src/venues/wire/client-frame.ts";
import { BTC, BTC_ELSEWHERE, testDirectory } from "../support/directory.ts";

const SECRET = "hmac-canary-secret";
const ID = "00112233445566778899aabbccddeeff";
const listings = venueListings(testDirectory(), 0);
const btc = listings.byIndex[BTC]!;
const hmac = createBinanceSigner({ apiKey: "key", secret: { type: "hmac", secret: SECRET } });
const pair = generateKeyPairSync("ed25519");
const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const ed25519 = createBinanceSigner({ apiKey: "key", secret: { type: "ed25519", privateKeyPem: pem } });

const order: OrderRequest = {
  clientOrderId: ID,
  listing: BTC,
  side: "buy",
  qtyLots: lots(1500),
  pxTicks: ticks(618_002),
  timeInForce: "ioc",
  reduceOnly: false,
  stampMs: 1_700_000_000_123 as EpochMs,
  validForMs: 400,
};

type Params = Record<string, string | number>;
const paramsOf = (frame: string) => JSON.parse(frame) as { id: string; method: string; params: Params };

/** An order's message, in a buffer where an earlier and longer one has been. */
function placed(frames: BinanceFrames, requestId: number, fields: OrderRequest): string {
  const frame = Buffer.alloc(ORDER_FRAME_BYTES, "}");
  const bytes = frames.place(frame, requestId, fields);
  return frame.toString("utf8", FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + bytes);
}

/** The venue's side of the rule, written from the documentation: sort by name, join, sign. */
function payloadOf(params: Params): string {
  const names = Object.keys(params)
    .filter((name) => name !== "signature")
    .sort();
  return names.map((name) => `${name}=${params[name]}`).join("&");
}

describe("order frames", () => {
  const frames = createBinanceFrames(listings, hmac);

  it("write quantity and price exactly, the stamp as given and RESULT as the answer wanted", () => {
    const { id, method, params } = paramsOf(placed(frames, 7, order));
    expect({ id, method }).toEqual({ id: "0000000007", method: "order.place" });
    expect(params).toEqual({
      apiKey: "key",
      newClientOrderId: ID,
      newOrderRespType: "RESULT",
      price: "61800.2",
      quantity: "1.500",
      recvWindow: 400,
      side: "BUY",
      symbol: "BTCUSDT",
      timeInForce: "IOC",
      timestamp: 1_700_000_000_123,
      type: "LIMIT",
      signature: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    ["ioc", "IOC"],
    ["fok", "FOK"],
    ["gtc", "GTC"],
    ["postOnly", "GTX"],
  ] as const)("sign every side and reduceOnly of a %s order over the alphabetical payload", (timeInForce, wire) => {
    for (const side of ["buy", "sell"] as const) {
      for (const reduceOnly of [true, false]) {
        const frame = placed(frames, 1, { ...order, side, reduceOnly, timeInForce: timeInForce as TimeInForce });
        const { params } = paramsOf(frame);
        expect(params["signature"]).toBe(createHmac("sha256", SECRET).update(payloadOf(params)).digest("hex"));
        expect(params["timeInForce"]).toBe(wire);
        expect(params["side"]).toBe(side.toUpperCase());
        expect(params["reduceOnly"]).toBe(reduceOnly ? "true" : undefined);
      }
    }
  });

  it("sign cancels and queries by client order id", () => {
    for (const frame of [
      frames.cancel("2", btc, ID, 1_700_000_000_000),
      frames.query("3", btc, ID, 1_700_000_000_000),
    ]) {
      const { params } = paramsOf(frame);
      expect(params["origClientOrderId"]).toBe(ID);
      expect(params["symbol"]).toBe("BTCUSDT");
      expect(params["signature"]).toBe(createHmac("sha256", SECRET).update(payloadOf(params)).digest("hex"));
    }
    expect(paramsOf(frames.cancel("2", btc, ID, 1)).method).toBe("order.cancel");
    expect(paramsOf(frames.query("2", btc, ID, 1)).method).toBe("order.status");
  });

  it("of an Ed25519 session carry neither key nor signature; the logon carries both", () => {
    const session = createBinanceFrames(listings, ed25519);
    for (const frame of [placed(session, 1, order), session.cancel("1", btc, ID, 1), session.query("1", btc, ID, 1)]) {
      const { params } = paramsOf(frame);
      expect(params).not.toHaveProperty("apiKey");
      expect(params).not.toHaveProperty("signature");
      expect(params).toHaveProperty("timestamp");
    }
    const { method, params } = paramsOf(session.logon("auth", 1_700_000_000_000));
    expect(method).toBe("session.logon");
    const signature = Buffer.from(String(params["signature"]), "base64");
    expect(verify(null, Buffer.from(payloadOf(params)), pair.publicKey, signature)).toBe(true);
  });

  it("fit their buffer and are right at every extreme of their numbers and names", () => {
    const longest = createBinanceSigner({ apiKey: "k".repeat(128), secret: { type: "hmac", secret: SECRET } });
    const directory = createDirectory(
      [],
      ["alpha"],
      [
        {
          symbol: "BTC/USDT:USDT",
          tickSize: "0.00000001",
          lotSize: "0.00000001",
          listings: [{ venue: "alpha", symbol: "B".repeat(40) }],
        },
      ],
    );
    const extreme = createBinanceFrames(venueListings(directory, 0), longest);
    const ids = ["a", "0".repeat(32), "z".repeat(36)];
    for (const clientOrderId of ids) {
      for (const steps of [1, 9, 10, 99_999_999, 100_000_000, Number.MAX_SAFE_INTEGER]) {
        const fields = { ...order, clientOrderId, pxTicks: ticks(steps), qtyLots: lots(steps), reduceOnly: true };
        const { id, params } = paramsOf(placed(extreme, 9_999_999_999, { ...fields, listing: 0, validForMs: 60_000 }));
        expect(id).toBe("9999999999");
        expect(params).toMatchObject({ newClientOrderId: clientOrderId, recvWindow: 60_000, apiKey: "k".repeat(128) });
        for (const field of ["price", "quantity"]) expect(params[field]).toBe(fromSteps(steps, "0.00000001"));
        expect(params["signature"]).toBe(createHmac("sha256", SECRET).update(payloadOf(params)).digest("hex"));
      }
    }
  });

  it("are refused as bugs for another venue's listing, an empty order and an id that would need escaping", () => {
    expect(() => placed(frames, 1, { ...order, listing: BTC_ELSEWHERE })).toThrow(/not of this venue/);
    expect(() => placed(frames, 1, { ...order, qtyLots: lots(0) })).toThrow(/0 lots/);
    expect(() => placed(frames, 1, { ...order, clientOrderId: 'x","side":"SELL' })).toThrow(/client order id/);
    for (const wrong of ["", "a".repeat(37), "a b", "a\n", "ä", "\u0141", 'a"', "a\\", "a,", "a=", "a&"]) {
      expect(() => frames.query("1", btc, wrong, 1)).toThrow(/client order id/);
      expect(() => placed(frames, 1, { ...order, clientOrderId: wrong })).toThrow(/client order id/);
    }
    for (const right of ["a", "Z".repeat(36), ".:/_-09azAZ"]) frames.query("1", btc, right, 1);
  });
});

describe("signers", () => {
  it("show no secret however they are printed", () => {
    for (const signer of [hmac, ed25519]) {
      const shown = `${inspect(signer, { depth: 9, showHidden: true })} ${JSON.stringify(signer)} ${String(signer)}`;
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain("PRIVATE KEY");
    }
  });

  it("name the field that is wrong without repeating it", () => {
    const broken = () =>
      createBinanceSigner({ apiKey: "key", secret: { type: "ed25519", privateKeyPem: "canary-pem" } });
    expect(broken).toThrow(/privateKeyPem is not an Ed25519/);
    expect(broken).not.toThrow(/canary/);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
    const wrongKind = { type: "ed25519", privateKeyPem: rsa.toString() } as const;
    expect(() => createBinanceSigner({ apiKey: "key", secret: wrongKind })).toThrow(/Ed25519/);
    expect(() => createBinanceSigner({ apiKey: "", secret: { type: "hmac", secret: "x" } })).toThrow(/apiKey/);
    expect(() => createBinanceSigner({ apiKey: "key", secret: { type: "hmac", secret: "" } })).toThrow(/secret/);
  });
});
