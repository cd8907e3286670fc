/** The account told the same thing twice, too late, or without a price. */
import { describe, expect, test } from "vitest";
import { Account } from "../../../src/backtest/run/account.ts";
import type { Episode } from "../../../src/backtest/run/episode.ts";
import { type Child, createChild } from "../../../src/core/child.ts";
import { createOrderReport, type OrderReport } from "../../../src/domain/order.ts";
import { lots, ticks } from "../../../src/domain/units.ts";
import { BTC, BTC_PERP, testDirectory } from "../../support/core-config.ts";

const T = 1_700_000_000_000;
const FEE = 0.0005;

function accountOf() {
  const episodes: Episode[] = [];
  const samples: number[] = [];
  const account = new Account(
    {
      directory: testDirectory(),
      held: [{ asset: BTC, hedge: BTC_PERP, holdings: 1, beta: 1 }],
      traded: [],
      priced: new Set([BTC_PERP]),
      sampleMs: 1000,
      capital: Number.NaN,
    },
    { onCapital: () => {}, onEpisode: (each) => episodes.push(each), onSample: (at) => samples.push(at - T) },
  );
  const quote = (ms: number, mid: number) => {
    account.passTo(T + ms);
    account.onQuote({ listing: 0, bidTicks: mid * 10 - 1, askTicks: mid * 10 + 1, bidLots: 1, askLots: 1, venueMs: 0 });
  };
  return { account, episodes, samples, quote };
}

const order = (id: string, quantity: number): Child => ({
  ...createChild(),
  clientOrderId: id,
  instrument: BTC_PERP,
  side: "sell",
  qtyLots: lots(quantity),
  pxTicks: ticks(600_000),
  cause: "hook|a",
});

const report = (id: string, changes: Partial<OrderReport>): OrderReport => ({
  ...createOrderReport(),
  clientOrderId: id,
  kind: "status",
  status: "partiallyFilled",
  ...changes,
});

const SAID = { model: "m", modelVersion: "1", receivedMs: T };

const decided = {
  shield: 0,
  targetLots: -500,
  exposureNotional: 60_000,
  decision: { intakeSeq: 1, kind: "hedge", cause: { text: "hook|a" }, intensity: { h: 0.5 } },
};

describe("an account", () => {
  test("counts what is told twice, late or in another order once, each part at its own price", () => {
    const { account, episodes, quote } = accountOf();
    quote(0, 60_000);
    account.onIntent(T + 1, order("x", 500));
    account.onDecided(T + 1, decided, SAID);
    account.onReport(T + 10, report("x", { cumQtyLots: 200, avgPxTicks: 599_900 }));
    account.onReport(T + 11, report("x", { cumQtyLots: 200, avgPxTicks: 599_900 }));
    account.onReport(T + 12, report("x", { cumQtyLots: 500, avgPxTicks: 599_960, status: "filled" }));
    account.onReport(T + 13, report("x", { cumQtyLots: 200, avgPxTicks: 599_900 }));
    account.onReport(T + 14, report("y", { cumQtyLots: 900, avgPxTicks: 1 }));
    quote(100, 59_000);
    const metrics = account.finish()!;
    const notional = 0.2 * 59_990 + 0.3 * 60_000;
    const cost = 0.2 * 10 + notional * FEE;
    expect(episodes).toHaveLength(1);
    expect(episodes[0]).toMatchObject({ fills: 2, orders: 1, firstFillMs: 10, profitPrimary: -1000 });
    expect(episodes[0]!.filledNotional).toBeCloseTo(notional, 6);
    expect(episodes[0]!.cost).toBeCloseTo(cost, 6);
    expect(episodes[0]!.profitHedge).toBeCloseTo(500, 6);
    expect(metrics.final_equity_hedged).toBeCloseTo(60_000 - 1000 + 500 - cost, 6);
  });

  test("takes an order that does not say how much for all of it, and one without a price at its limit", () => {
    const { account, episodes, quote } = accountOf();
    quote(0, 60_001);
    account.onIntent(T + 1, order("x", 500));
    account.onDecided(T + 1, decided, SAID);
    account.onReport(T + 5, report("x", { status: "filled", cumQtyLots: -1 }));
    account.finish();
    expect(episodes[0]).toMatchObject({ fills: 1, filledNotional: 30_000 });
    expect(episodes[0]!.slippage).toBeCloseTo(1 / 60_001, 12);
  });

  test("holds what was filled before there was any price, and counts from the first", () => {
    const { account, quote } = accountOf();
    account.onIntent(T - 10, order("x", 500));
    account.onReport(T - 5, report("x", { cumQtyLots: 500, avgPxTicks: 500_000, status: "filled" }));
    quote(0, 60_000);
    quote(1000, 61_000);
    expect(account.finish()!.final_equity_hedged).toBeCloseTo(60_000 + 1000 - 500, 6);
  });

  test("measures an order that tries again against the first, and a later one against its own time", () => {
    const slippages = [250, 60_000].map((laterMs) => {
      const { account, quote } = accountOf();
      quote(0, 60_000);
      account.onIntent(T, order("x", 500));
      quote(laterMs - 1, 59_900);
      account.onIntent(T + laterMs, order("y", 500));
      account.onReport(T + laterMs + 1, report("y", { cumQtyLots: 500, avgPxTicks: 599_000, status: "filled" }));
      return account.venues.list()[0]!.slippage_mean;
    });
    expect(slippages[0]).toBeCloseTo(100 / 60_000, 9);
    expect(slippages[1]).toBe(0);
  });

  test("samples once per interval, and once over silence", () => {
    const { account, samples, quote } = accountOf();
    for (const ms of [0, 10, 400, 1000, 1500, 2000, 9500, 10_000]) quote(ms, 60_000);
    account.finish();
    expect(samples).toEqual([0, 1000, 2000, 3000, 10_000]);
  });
});
