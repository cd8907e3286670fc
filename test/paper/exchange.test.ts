import fc from "fast-check";
import { expect, test } from "vitest";
import type { Side, TimeInForce } from "../../src/domain/order.ts";
import type { PaperAccount } from "../../src/paper/account.ts";
import type { PlaceRequest } from "../../src/paper/admission.ts";
import { BINANCE_USDM } from "../../src/paper/dialects/binance/binance-usdm.ts";
import { isRejection, PaperExchange } from "../../src/paper/exchange.ts";
import { isTerminal, type UserEvent } from "../../src/paper/order.ts";
import {
  formatMoney,
  formatScaled,
  NOT_DECIMAL,
  OFF_STEP,
  OrderDecimal,
  TOO_PRECISE,
} from "../../src/paper/order-decimal.ts";
import { VirtualClock } from "../../src/time/clock.ts";

const BALANCE = 1_000_000;

function venue(events: UserEvent[] = [], takerFeeBps = 5): PaperExchange {
  return new PaperExchange(
    {
      rules: BINANCE_USDM.rules,
      symbols: [{ symbol: "BTCUSDT", tickSize: "0.1", lotSize: "0.001" }],
      apiKeys: ["a", "b"],
      balance: BALANCE,
      leverage: 20,
      takerFeeBps,
      makerFeeBps: 2,
      depth: { levels: 2, spacingBps: 0.5 },
      openOrdersMax: 50,
      terminalOrdersMax: 1000,
      tradesMax: 10_000,
    },
    new VirtualClock(1_700_000_000_000),
    { onUserEvents: (batch) => events.push(...batch), onBook: () => {}, onTrade: () => {} },
  );
}

type Step =
  | {
      kind: "place";
      key: "a" | "b";
      side: Side;
      px: number;
      lots: number;
      timeInForce: TimeInForce;
      reduceOnly: boolean;
      prevent: boolean;
    }
  | { kind: "quote"; bid: number; spread: number; bidLots: number; askLots: number }
  | { kind: "trade"; side: Side; px: number; lots: number }
  | { kind: "cancel"; key: "a" | "b"; pick: number };

const px = fc.integer({ min: 9_990, max: 10_010 });
const amount = fc.integer({ min: 1, max: 20 });
const side = fc.constantFrom<Side>("buy", "sell");
const key = fc.constantFrom("a" as const, "b" as const);
const timeInForce = fc.constantFrom<TimeInForce>("gtc", "gtc", "ioc", "fok", "postOnly");
const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("place" as const),
        key,
        side,
        px,
        lots: amount,
        timeInForce,
        reduceOnly: fc.boolean(),
        prevent: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("quote" as const),
        bid: px,
        spread: fc.integer({ min: 1, max: 5 }),
        bidLots: fc.nat(20),
        askLots: fc.nat(20),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("trade" as const), side, px, lots: amount }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel" as const), key, pick: fc.nat(100) }) },
  ),
  { maxLength: 60 },
);

test("property: fills, positions, balances, events and book agree after every step", () => {
  fc.assert(
    fc.property(steps, (run: Step[]) => {
      const events: UserEvent[] = [];
      const exchange = venue(events);
      const listing = exchange.listings.get("BTCUSDT")!;
      for (const step of run) {
        if (step.kind === "quote")
          exchange.quote(listing, {
            bidTicks: step.bid,
            bidLots: step.bidLots,
            askTicks: step.bid + step.spread,
            askLots: step.askLots,
          });
        else if (step.kind === "trade") exchange.trade(listing, step.side, step.px, step.lots);
        else {
          const account = exchange.accounts.get(step.key)!;
          if (step.kind === "place") checkPlaced(exchange, account, step);
          else cancelOne(exchange, account, step.pick);
        }
        exchange.flush();
        const bid = listing.engine.bestBid();
        const ask = listing.engine.bestAsk();
        if (bid !== null && ask !== null) expect(bid.pxTicks).toBeLessThan(ask.pxTicks);
        for (const account of exchange.accounts.values()) checkBooks(account, events);
      }
    }),
    { numRuns: 150 },
  );
});

function checkPlaced(exchange: PaperExchange, account: PaperAccount, step: Step & { kind: "place" }): void {
  const listing = exchange.listings.get("BTCUSDT")!;
  const before = account.position(listing).netLots;
  const answer = exchange.place(account, {
    symbol: "BTCUSDT",
    side: step.side,
    price: listing.tick.format(step.px),
    quantity: listing.lot.format(step.lots),
    timeInForce: step.timeInForce,
    clientOrderId: undefined,
    reduceOnly: step.reduceOnly,
    preventSelfTrade: step.prevent,
  });
  if (isRejection(answer)) {
    expect(account.position(listing).netLots).toBe(before);
    return;
  }
  if (step.timeInForce === "ioc" || step.timeInForce === "fok") expect(isTerminal(answer.status)).toBe(true);
  if (step.timeInForce === "fok") expect([0, step.lots]).toContain(answer.cumLots);
  if (step.reduceOnly && before !== 0) {
    expect(Math.abs(account.position(listing).netLots)).toBeLessThanOrEqual(Math.abs(before));
    expect(account.position(listing).netLots * before).toBeGreaterThanOrEqual(0);
  }
}

function cancelOne(exchange: PaperExchange, account: PaperAccount, pick: number): void {
  const open = [...account.openByClientId.values()];
  const order = open[pick % Math.max(1, open.length)];
  if (order === undefined) return;
  expect(exchange.cancel(account, "BTCUSDT", { orderId: order.orderId })).toMatchObject({ status: "canceled" });
  expect(exchange.cancel(account, "BTCUSDT", { orderId: order.orderId })).toMatchObject({ rejected: "cancelUnknown" });
}

function checkBooks(account: PaperAccount, events: readonly UserEvent[]): void {
  let netLots = 0;
  let cash = 0n;
  let fees = 0n;
  const cumLots = new Map<number, number>();
  for (const trade of account.trades()) {
    const sign = trade.order.side === "buy" ? 1 : -1;
    netLots += sign * trade.qtyLots;
    cash -= BigInt(sign * trade.pxTicks * trade.qtyLots) * trade.order.listing.unitE8;
    fees += trade.feeE8;
    cumLots.set(trade.order.orderId, (cumLots.get(trade.order.orderId) ?? 0) + trade.qtyLots);
  }
  for (const order of account.orders()) {
    expect(order.cumLots).toBe(cumLots.get(order.orderId) ?? 0);
    const restingLots = order.listing.engine.leavesLots(order.orderId);
    expect(restingLots).toBe(isTerminal(order.status) ? 0 : order.qtyLots - order.cumLots);
    expect(account.openByClientId.has(order.clientOrderId)).toBe(!isTerminal(order.status));
    const told = events.filter((event) => event.kind === "order" && event.order === order);
    expect(told[0]).toMatchObject({ execution: "new" });
    expect(told.at(-1)).toMatchObject({ status: order.status, cumLots: order.cumLots });
  }
  for (const { listing, netLots: held, costUnits } of account.positions.values()) {
    expect(held).toBe(netLots);
    // What was paid is in the balance or in the cost of what is held, to the last unit.
    expect(account.balanceE8).toBe(BigInt(BALANCE) * 100_000_000n + cash + BigInt(costUnits) * listing.unitE8 - fees);
    if (held === 0) expect(costUnits).toBe(0);
  }
}

test("one sweep fills an order and the reduce-only one behind it: both fills count, and what is left expires", () => {
  const events: UserEvent[] = [];
  const exchange = venue(events);
  const listing = exchange.listings.get("BTCUSDT")!;
  const account = exchange.accounts.get("a")!;
  const place = (side: Side, price: string, quantity: string, reduceOnly: boolean) => {
    const answer = exchange.place(account, {
      symbol: "BTCUSDT",
      side,
      price,
      quantity,
      timeInForce: "gtc",
      clientOrderId: undefined,
      reduceOnly,
      preventSelfTrade: false,
    });
    if (isRejection(answer)) throw new Error(answer.rejected);
    return answer;
  };
  exchange.quote(listing, { bidTicks: 9_980, bidLots: 0, askTicks: 9_990, askLots: 100 });
  place("buy", "999.0", "0.030", false);
  const reducing = place("sell", "999.2", "0.020", true);
  const plain = place("sell", "999.1", "0.040", false);
  exchange.quote(listing, { bidTicks: 9_992, bidLots: 45, askTicks: 9_993, askLots: 1 });
  exchange.flush();
  expect(plain).toMatchObject({ status: "filled", cumLots: 40 });
  expect(reducing).toMatchObject({ status: "expired", endReason: "reduceOnly", cumLots: 5 });
  expect(account.position(listing).netLots).toBe(30 - 40 - 5);
  checkBooks(account, events);
});

test("two accounts trade with each other, each at its own fee", () => {
  const exchange = venue();
  const request: PlaceRequest = {
    symbol: "BTCUSDT",
    side: "sell",
    price: "1000.0",
    quantity: "0.010",
    timeInForce: "gtc",
    clientOrderId: "m",
    reduceOnly: false,
    preventSelfTrade: false,
  };
  exchange.place(exchange.accounts.get("a")!, request);
  exchange.place(exchange.accounts.get("b")!, { ...request, side: "buy", timeInForce: "ioc" });
  const [maker, taker] = [...exchange.accounts.values()];
  expect([...maker!.trades()][0]).toMatchObject({ maker: true, feeE8: 200_000n });
  expect([...taker!.trades()][0]).toMatchObject({ maker: false, feeE8: 500_000n });
});

test("a fee that is no whole unit of money is rounded up, a rebate toward zero", () => {
  for (const [takerFeeBps, feeE8] of [
    [0.33, 1n],
    [-0.33, 0n],
  ] as const) {
    const exchange = venue([], takerFeeBps);
    const request: PlaceRequest = {
      symbol: "BTCUSDT",
      side: "sell",
      price: "0.1",
      quantity: "0.001",
      timeInForce: "gtc",
      clientOrderId: "m",
      reduceOnly: false,
      preventSelfTrade: false,
    };
    exchange.place(exchange.accounts.get("a")!, request);
    exchange.place(exchange.accounts.get("b")!, { ...request, side: "buy", timeInForce: "ioc" });
    expect([...exchange.accounts.get("b")!.trades()][0]).toMatchObject({ feeE8 });
  }
});

test("a step decimal is exact in both directions and says what is wrong with a text", () => {
  const tick = new OrderDecimal("0.05");
  expect(tick.parse("61800.15")).toBe(1_236_003);
  expect(tick.format(1_236_003)).toBe("61800.15");
  expect(tick.parse("0.1500")).toBe(3);
  expect(tick.parse("0")).toBe(0);
  expect(tick.parse("0.00")).toBe(0);
  expect(tick.parse(`0.15${"0".repeat(30)}`)).toBe(3);
  expect(tick.parse("0.151")).toBe(TOO_PRECISE);
  expect(tick.parse("0.13")).toBe(OFF_STEP);
  for (const bad of ["", ".", ".5", "5.", "1e3", "-1", "1.2.3", " 1", "-0", "-0.0", "0x1", "9".repeat(20)])
    expect(tick.parse(bad)).toBe(NOT_DECIMAL);
  expect(new OrderDecimal("10").parse("120")).toBe(12);
  expect(new OrderDecimal("10").format(12)).toBe("120");
  expect(formatScaled(-5, 3)).toBe("-0.005");
  expect(formatMoney(-123n)).toBe("-0.00000123");
  fc.assert(
    fc.property(fc.nat(1_000_000_000), fc.constantFrom("0.1", "0.001", "0.05", "1", "10", "0.00001"), (steps, step) => {
      const decimal = new OrderDecimal(step);
      expect(decimal.parse(decimal.format(steps))).toBe(steps);
    }),
  );
});
