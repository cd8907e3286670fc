/** What the core offers to dialects beyond orders at a limit in one asset: market orders, contracts, funding, rules, limits. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExchangeRules, PlaceRequest } from "../../src/paper/admission.ts";
import { BINANCE_SPOT } from "../../src/paper/dialects/binance/binance-spot.ts";
import { BINANCE_USDM } from "../../src/paper/dialects/binance/binance-usdm.ts";
import { type ExchangeOptions, isRejection, PaperExchange } from "../../src/paper/exchange.ts";
import { createListing, type ListingOptions, marketSymbolOf } from "../../src/paper/listing.ts";
import { applyEvent } from "../../src/paper/market.ts";
import type { PaperOrder, Rejection, UserEvent } from "../../src/paper/order.ts";
import { lifted, RateLimiter } from "../../src/paper/rate-limits.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import { type Json, quote, rest, signed, startVenue, Wire } from "./client.ts";

const SWAP: ListingOptions = {
  symbol: "BTC-USDT-SWAP",
  tickSize: "0.1",
  lotSize: "0.001",
  contractSize: "0.01",
  initialPrice: "60000",
};

function exchange(over: Partial<ExchangeOptions> = {}, events: UserEvent[] = [], clock = new VirtualClock(1_000_000)) {
  const built = new PaperExchange(
    {
      rules: BINANCE_USDM.rules,
      symbols: [SWAP],
      apiKeys: ["a", "b"],
      balance: 1_000_000,
      leverage: 20,
      takerFeeBps: 0,
      makerFeeBps: 0,
      depth: { levels: 0, spacingBps: 1 },
      openOrdersMax: 50,
      terminalOrdersMax: 50,
      tradesMax: 50,
      ...over,
    },
    clock,
    { onUserEvents: (batch) => events.push(...batch), onBook: () => {}, onTrade: () => {} },
  );
  const listing = built.listings.get(over.symbols?.[0]?.symbol ?? SWAP.symbol)!;
  built.quote(listing, { bidTicks: 600_000, bidLots: 1000, askTicks: 600_001, askLots: 1000 });
  return { built, listing, account: built.accounts.get("a")! };
}

const REQUEST: PlaceRequest = {
  symbol: SWAP.symbol,
  side: "buy",
  price: "60000.1",
  quantity: "1",
  timeInForce: "ioc",
  clientOrderId: undefined,
  reduceOnly: false,
  preventSelfTrade: false,
};

const placed = (answer: PaperOrder | Rejection): PaperOrder => {
  if (isRejection(answer)) throw new Error(`rejected: ${answer.rejected} ${answer.detail}`);
  return answer;
};

test("a size in contracts is the same lots as that amount of the base asset", () => {
  const { built, listing, account } = exchange();
  const order = placed(built.place(account, { ...REQUEST, quantity: "1.5" }));
  expect([order.qtyLots, order.cumLots]).toEqual([15, 15]);
  expect(listing.lot.format(order.cumLots)).toBe("0.015");
  expect(listing.wireLot.format(order.cumLots)).toBe("1.5");
  expect(built.place(account, { ...REQUEST, quantity: "1.55" })).toMatchObject({ rejected: "quantityTooPrecise" });
  expect([listing.base, listing.quote, listing.marketSymbol]).toEqual(["BTC", "USDT", "BTCUSDT"]);
});

test.each([
  ["0.001", "0.01", "0.1"],
  ["1000", "1000", "1"],
  ["100", "10", "10"],
  ["0.5", "0.25", "2"],
])("lots of %s in contracts of %s are steps of %s", (lotSize, contractSize, step) => {
  expect(createListing({ ...SWAP, lotSize, contractSize }, { levels: 0, spacingBps: 1 }).wireLot.step).toBe(step);
});

test("a lot that is no decimal of a contract is refused at the start", () => {
  expect(() => createListing({ ...SWAP, contractSize: "0.003" }, { levels: 0, spacingBps: 1 })).toThrow(/contracts/);
  expect(() => createListing({ ...SWAP, contractSize: "0" }, { levels: 0, spacingBps: 1 })).toThrow(/contracts/);
});

test("one market moves venues that call it by other names", () => {
  expect(marketSymbolOf({ ...SWAP, marketSymbol: "XBT" })).toBe("XBT");
  const { built, listing } = exchange();
  const event = {
    kind: "quote",
    symbol: "BTCUSDT",
    atMs: 0,
    bidE8: 5e12,
    bidQtyE8: 1e8,
    askE8: 5.1e12,
    askQtyE8: 1e8,
  } as const;
  applyEvent({ exchange: built, skew: { offsetTicks: 0, spreadTicks: 0 } }, event);
  expect(listing.engine.bestBid()?.pxTicks).toBe(500_000);
  applyEvent(
    { exchange: built, skew: { offsetTicks: 0, spreadTicks: 0 } },
    { ...event, symbol: SWAP.symbol, bidE8: 4e12 },
  );
  expect(listing.engine.bestBid()?.pxTicks).toBe(400_000);
});

test("a market order takes up to its protection and no further, and needs a price to protect", () => {
  const { built, listing, account } = exchange({ rules: { ...BINANCE_USDM.rules, marketProtectionBps: 10 } });
  const maker = built.accounts.get("b")!;
  const ask = (price: string) =>
    built.place(maker, { ...REQUEST, side: "sell", timeInForce: "gtc", price, quantity: "1" });
  built.quote(listing, { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 });
  for (const price of ["60000.0", "60060.0", "60060.1"]) placed(ask(price));
  const order = placed(built.place(account, { ...REQUEST, price: null, quantity: "3", timeInForce: "gtc" }));
  expect(order).toMatchObject({
    type: "market",
    timeInForce: "ioc",
    status: "expired",
    cumLots: 20,
    endReason: "noLiquidity",
  });
  const empty = exchange({ symbols: [{ ...SWAP, initialPrice: "0" }] });
  empty.built.quote(empty.listing, { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 });
  expect(empty.built.place(empty.account, { ...REQUEST, price: null })).toMatchObject({ rejected: "noMarketPrice" });
});

test("post-only that would take is refused, or accepted and cancelled, as the venue has it", () => {
  const events: UserEvent[] = [];
  const { built, account } = exchange({ rules: { ...BINANCE_USDM.rules, postOnly: "canceled" } }, events);
  const order = placed(built.place(account, { ...REQUEST, timeInForce: "postOnly", clientOrderId: "po" }));
  expect(order).toMatchObject({ status: "canceled", endReason: "postOnly", cumLots: 0 });
  built.flush();
  expect(events.map((event) => event.kind === "order" && event.execution)).toEqual(["new", "canceled"]);
  expect(account.openByClientId.size).toBe(0);
  expect(exchange().built.place(account, { ...REQUEST, timeInForce: "postOnly" })).toMatchObject({
    rejected: "postOnlyWouldTake",
  });
});

test("a client order id is free again once its order ended, or never, as the venue has it", () => {
  const ever: ExchangeRules = {
    ...BINANCE_USDM.rules,
    clientOrderId: { form: /^[a-z]{1,3}$/, uniqueAmong: "ever" },
  };
  for (const [rules, again] of [
    [ever, { rejected: "duplicateClientOrderId" }],
    [{ ...ever, clientOrderId: { ...ever.clientOrderId, uniqueAmong: "open" as const } }, { status: "filled" }],
  ] as const) {
    const { built, account } = exchange({ rules });
    placed(built.place(account, { ...REQUEST, clientOrderId: "id" }));
    expect(built.place(account, { ...REQUEST, clientOrderId: "id" })).toMatchObject(again);
    expect(built.place(account, { ...REQUEST, clientOrderId: "four" })).toMatchObject({
      rejected: "clientOrderIdInvalid",
    });
  }
});

test.each([
  ["buy", 1],
  ["sell", -1],
] as const)("funding after a %s: a positive rate moves %i x its value from balance", (side, sign) => {
  const events: UserEvent[] = [];
  const { built, listing, account } = exchange({}, events);
  placed(built.place(account, { ...REQUEST, side, price: side === "buy" ? "60000.1" : "60000.0", quantity: "10" }));
  built.flush();
  events.length = 0;
  const before = account.balanceE8;
  built.settleFunding(0.0001);
  // 0.1 BTC at a mark of 60000.05, one basis point.
  const paidE8 = BigInt(sign) * 60_000_050n;
  expect(before - account.balanceE8).toBe(paidE8);
  expect(events).toMatchObject([{ kind: "account", reason: "funding", fundingE8: -paidE8, netLots: sign * 100 }]);
  expect([...account.funding()]).toMatchObject([{ id: 1, amountE8: -paidE8 }]);
  expect(account.position(listing).fundingE8).toBe(-paidE8);
  expect([...built.accounts.get("b")!.funding()]).toEqual([]);
});

test("property: cash is conserved but for fees, never spent twice, and locked for what is open", () => {
  const symbols = [{ ...SWAP, symbol: "BTCUSDT", contractSize: "1" }];
  const step = fc.record({
    key: fc.constantFrom("a", "b"),
    side: fc.constantFrom("buy" as const, "sell" as const),
    px: fc.integer({ min: 599_990, max: 600_010 }),
    lots: fc.integer({ min: 1, max: 2000 }),
    timeInForce: fc.constantFrom("gtc" as const, "ioc" as const, "postOnly" as const),
    cancel: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (run) => {
      const over = {
        rules: BINANCE_SPOT.rules,
        symbols,
        balance: 100_000,
        assets: { BTC: "2" },
        takerFeeBps: 7,
        makerFeeBps: 3,
      };
      const { built, listing } = exchange(over);
      built.quote(listing, { bidTicks: 0, bidLots: 0, askTicks: 0, askLots: 0 });
      for (const { key, side, px, lots, timeInForce, cancel } of run) {
        const account = built.accounts.get(key)!;
        const [oldest] = account.openByClientId.values();
        if (cancel && oldest !== undefined) built.cancel(account, "BTCUSDT", { orderId: oldest.orderId });
        built.place(account, {
          ...REQUEST,
          ...{ symbol: "BTCUSDT", side, timeInForce },
          price: listing.tick.format(px),
          quantity: listing.lot.format(lots),
        });
        built.flush();
        const total = (asset: string) =>
          [...built.accounts.values()].reduce((sum, each) => sum + (each.cash!.get(asset) ?? 0n), 0n);
        const fees = (asset: string) =>
          [...built.accounts.values()]
            .flatMap((each) => [...each.trades()])
            .reduce((sum, trade) => sum + (trade.feeAsset === asset ? trade.feeE8 : 0n), 0n);
        const kept = [...built.accounts.values()].every((each) => [...each.trades()].length < 50);
        for (const each of built.accounts.values()) {
          for (const asset of ["BTC", "USDT"]) {
            const { freeE8, lockedE8 } = each.assetBalance(asset);
            expect(freeE8 >= 0n && lockedE8 >= 0n).toBe(true);
            if (each.openByClientId.size === 0) expect(lockedE8).toBe(0n);
          }
        }
        if (!kept) return;
        expect(total("BTC") + fees("BTC")).toBe(400_000_000n);
        expect(total("USDT") + fees("USDT")).toBe(20_000_000_000_000n);
      }
    }),
    { numRuns: 60 },
  );
});

test("fixed windows end at multiples of their length, a refused count is not counted", () => {
  const limiter = new RateLimiter([{ count: 2, windowMs: 1000 }], "fixed");
  expect(limiter.count("a", 10_900)).toBeNull();
  expect(limiter.count("a", 10_950)).toBeNull();
  expect(limiter.count("a", 10_960)).toMatchObject({ retryAfterMs: 40 });
  expect(limiter.count("b", 10_960)).toBeNull();
  expect(limiter.usage("a", 10_999)).toMatchObject([{ used: 2, endsMs: 11_000 }]);
  expect(limiter.count("a", 11_000)).toBeNull();
  limiter.uncount("a", 11_000);
  expect(limiter.usage("a", 11_000)).toMatchObject([{ used: 0 }]);
  expect(limiter.count("a", 11_000, 2)).toBeNull();
  // The clock is set back: nothing waits for it to catch up.
  expect(limiter.count("a", 10_500, 2)).toBeNull();
  expect(limiter.count("a", 10_500)).not.toBeNull();
});

test("property: a rolling window never lets more than its count through any stretch of its length", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 80 }), (gaps) => {
      const limiter = new RateLimiter([{ count: 5, windowMs: 1000 }], "rolling");
      const passed: number[] = [];
      let nowMs = 50_000;
      for (const gap of gaps) {
        nowMs += gap;
        let excess = limiter.count("a", nowMs);
        if (excess !== null && gap % 2 === 0) {
          nowMs += excess.retryAfterMs;
          excess = limiter.count("a", nowMs);
          expect(excess).toBeNull();
        }
        if (excess === null) passed.push(nowMs);
      }
      // A slice is a tenth of the window: that much of a stretch may belong to the next.
      for (const from of passed)
        expect(passed.filter((at) => at >= from && at < from + 900).length).toBeLessThanOrEqual(5);
    }),
  );
  const limiter = new RateLimiter([{ count: 1, windowMs: 1000 }], "rolling");
  expect(limiter.count("a", 100)).toBeNull();
  expect(limiter.count("a", 1000)).not.toBeNull();
  expect(limiter.count("a", 1100)).toBeNull();
});

test("lifted limits keep their windows and enforce nothing", () => {
  const { place, requests } = lifted(BINANCE_USDM.limits);
  expect([...place, ...requests].map(({ windowMs }) => windowMs)).toEqual([10_000, 60_000, 60_000]);
  expect(place.every(({ count }) => count >= 1e9)).toBe(true);
});

test("USDM tells funding: in its rate, in a private event, and as income", async () => {
  const { server, venue } = await startVenue({ funding: { rate: 0.0005, intervalMs: 250 } });
  quote(venue, 600_000, 600_001);
  const { json } = await rest(venue, "POST", "/fapi/v1/listenKey");
  const user = await Wire.open(venue, `/private/ws?listenKey=${json["listenKey"]}`);
  const api = await Wire.open(venue, "/ws-fapi/v1");
  const {
    price: _price,
    timeInForce: _timeInForce,
    ...market
  } = {
    ...{ symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.010", newOrderRespType: "RESULT" },
    ...{ price: "", timeInForce: "" },
  };
  expect(await api.call("order.place", signed(market))).toMatchObject({ result: { status: "FILLED", type: "MARKET" } });
  const event = await user.next((message) => (message["a"] as Json | undefined)?.["m"] === "FUNDING_FEE");
  expect((event["a"] as { B: Json[] }).B[0]).toMatchObject({ bc: "-0.30000025" });
  const [income] = (await rest(venue, "GET", "/fapi/v1/income")).json as unknown as Json[];
  expect(income).toMatchObject({ symbol: "BTCUSDT", incomeType: "FUNDING_FEE", income: "-0.30000025", asset: "USDT" });
  expect((await rest(venue, "GET", "/fapi/v1/premiumIndex", { symbol: "BTCUSDT" })).json).toMatchObject({
    lastFundingRate: "0.00050000",
    markPrice: "60000.05000",
  });
  await server.close();
});

test("USDM's documented limits: counts in headers, 429 with its wait, and a ban for who goes on", async () => {
  const { server, venue } = await startVenue({
    limits: { place: [{ count: 2, windowMs: 86_400_000 }], requests: [{ count: 3, windowMs: 86_400_000 }] },
    otherKeys: [{ apiKey: "other", apiSecret: "s" }],
  });
  const ping = () => fetch(`http://127.0.0.1:${venue.port}/fapi/v1/ping`);
  const api = await Wire.open(venue, "/ws-fapi/v1");
  const ioc = {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "LIMIT",
    timeInForce: "IOC",
    price: "60000.0",
    quantity: "0.010",
  };
  for (const status of [200, 200, 429]) expect((await api.call("order.place", signed(ioc)))["status"]).toBe(status);
  expect((await api.call("order.place", signed(ioc)))["error"]).toMatchObject({
    ...{ code: -1015, msg: "Too many new orders; current limit is 2 orders per 1 DAY." },
    data: { retryAfter: expect.any(Number) },
  });
  for (const used of ["1", "2", "3"]) expect((await ping()).headers.get("x-mbx-used-weight-1d")).toBe(used);
  expect((await ping()).status).toBe(429);
  await server.close();
});
