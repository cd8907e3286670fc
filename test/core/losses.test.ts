/** Ways in which a hedged position could lose money that no stop, limit or breaker would see. Each was found by looking for it. */
import { describe, expect, it } from "vitest";
import { hasEnded } from "../../src/core/child.ts";
import type { SignalConfig } from "../../src/core/config.ts";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import { createDirectory } from "../../src/domain/instrument.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { BTC, BTC_PERP, type CoreOptions, ETH_PERP, testDirectory } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";

/** The score is the stated confidence: no factor weighs anything. */
const weights = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
const HUNDRED_LOTS = 6000.01;

const ready = (signal: Partial<SignalConfig> = {}, rest: CoreOptions = {}): CoreRig =>
  CoreRig.ready({ shields: [], signals: [{ notional: HUNDRED_LOTS, ...signal }], score: { weights }, ...rest });
const open = (rig: CoreRig, fields: Partial<Signal> = {}) =>
  rig.signal({ kind: "open", confidence: 0.75, horizonMs: 1_000_000, instrument: BTC, ...fields });
const position = (rig: CoreRig) => rig.core.playbooks[0]!.position;
const held = (rig: CoreRig) => [rig.held(BTC_PERP), rig.held(ETH_PERP)];

function fillAll(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
}

function requote(rig: CoreRig): void {
  for (const { index } of rig.core.config.directory.listings) rig.quote(index);
}

/** Nothing but its timers, when they are due. */
function wait(rig: CoreRig, ms: number): void {
  const untilMs = rig.nowMs + ms;
  for (let dueMs = 0; ; ) {
    dueMs = (rig.core.nextTimerNs() - 1e12) / 1e6;
    if (dueMs > untilMs) break;
    rig.nowMs = Math.max(rig.nowMs, dueMs);
    rig.timer();
  }
  rig.nowMs = untilMs;
}

function opened(signal: Partial<SignalConfig> = {}, rest: CoreOptions = {}): CoreRig {
  const rig = ready(signal, rest);
  open(rig);
  fillAll(rig);
  rig.nowMs += 300;
  requote(rig);
  rig.take();
  return rig;
}

/** Two legs, each listed at the venues named. */
const legsAt = (btc: readonly string[], eth: readonly string[]) => {
  const listed = (venues: readonly string[], symbol: string) =>
    venues.map((venue) => ({ venue, symbol, takerFee: 0.0005 }));
  return createDirectory(
    ["hook", "feed"],
    ["alpha", "beta"],
    [
      { symbol: "BTC/USDT", tickSize: "0.1", lotSize: "0.001" },
      { symbol: "BTC/USDT:USDT", tickSize: "0.1", lotSize: "0.001", listings: listed(btc, "BTCUSDT") },
      { symbol: "ETH/USDT", tickSize: "0.01", lotSize: "0.01" },
      { symbol: "ETH/USDT:USDT", tickSize: "0.01", lotSize: "0.01", listings: listed(eth, "ETHUSDT") },
    ],
  );
};

/** Each leg at a venue of its own. */
const apart = legsAt(["alpha"], ["beta"]);

describe("a fill that comes when all is flat", () => {
  it("is taken back, though no position was open any more", () => {
    const rig = ready();
    open(rig);
    const [btc, eth] = rig.placed();
    rig.report(btc!, { kind: "rejected", code: -2019 });
    rig.report(eth!, { kind: "rejected", code: -2019 });
    for (let tries = 0; tries < 20 && position(rig).state !== "flat"; tries++) {
      for (const order of rig.placed()) rig.report(order, { kind: "rejected", code: -2019 });
      rig.nowMs += 250;
      requote(rig);
      rig.timer();
    }
    expect(position(rig).state).toBe("flat");
    rig.take();
    // The venue had filled it after all.
    rig.status(btc!, "filled", btc!.qtyLots);
    expect(alarmsIn(rig.log)).toContain("LATE_FILL");
    expect(position(rig).state).toBe("closing");
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
    expect(position(rig).state).toBe("flat");
  });

  it("is taken back where a power loss had taken it from the log", () => {
    const rig = ready();
    rig.orphan({ clientOrderId: "0123456789abcdef0000010000000000", listing: 0, side: "buy", cumQtyLots: 10 });
    expect(rig.held(BTC_PERP)).toBe(10);
    requote(rig);
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
  });
});

describe("a fill that only the venue remembers", () => {
  it("counts in equity like any other, or what is taken back of it would be counted as held for ever", () => {
    const rig = ready();
    rig.orphan({ clientOrderId: "0123456789abcdef0000010000000000", listing: 0, side: "buy", cumQtyLots: 10 });
    requote(rig);
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
    requote(rig);
    const { hedged } = rig.core.equity;
    for (const listing of [0, 1, 2]) rig.quote(listing, 700_000, 700_002);
    expect(rig.core.equity.hedged).toBeCloseTo(hedged, 6);
    expect(hedged).toBeLessThan(0);
    const after = CoreRig.restarted(rig, { shields: [], signals: [{ notional: HUNDRED_LOTS }], score: { weights } });
    requote(after);
    expect(after.core.equity.hedged).toBeCloseTo(hedged, 6);
  });
});

describe("a pair of which one leg cannot be sent", () => {
  it.each([
    ["primary", 0],
    ["hedge", 1],
  ])("sends neither while the venue of its %s takes no orders", (_leg, venue) => {
    const rig = ready({}, { directory: apart });
    rig.venue(venue, { ordersLive: false });
    expect(open(rig)).toMatchObject({ outcome: "refused", refusal: { code: "NO_VENUE" } });
    expect(rig.placed()).toEqual([]);
    expect(position(rig).state).toBe("flat");
    rig.venue(venue);
    expect(open(rig)).toMatchObject({ outcome: "hedged" });
  });

  it("sends neither where the hedge's limits refuse it", () => {
    // The hedge is heavier than the primary: twice as much may not be held.
    const rig = ready({ beta: 4 }, { positionNotionalMax: 110 * 600_050 });
    expect(open(rig)).toMatchObject({ outcome: "refused", refusal: { code: "POSITION_NOTIONAL_OVER_LIMIT" } });
    expect(rig.placed()).toEqual([]);
    expect(position(rig).state).toBe("flat");
  });

  it("sends neither where only one intent more may be open", () => {
    const rig = ready({}, { router: { intentsOpenMax: 1 } });
    expect(open(rig)).toMatchObject({ outcome: "refused", refusal: { code: "TOO_MANY_OPEN_INTENTS" } });
    expect(rig.placed()).toEqual([]);
  });
});

describe("a hedge that is less than a lot", () => {
  it("is none, so its primary is not opened alone", () => {
    // A lot of either costs 60, and half of the primary is to be hedged.
    expect(open(ready(), { quantity: 0.001 })).toMatchObject({
      refusal: { code: "SIZE_TOO_SMALL", value: expect.closeTo(30, 1), limit: expect.closeTo(60, 1) },
    });
    const rig = ready();
    expect(open(rig, { quantity: 0.002 })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(held(rig)).toEqual([2, -1]);
  });
});

describe("numbers beyond what can be counted", () => {
  it.each([1e20, 1e300, Number.POSITIVE_INFINITY])("an adjust that caps at %d lots caps nothing", (quantity) => {
    const rig = opened();
    rig.nowMs++;
    expect(open(rig, { kind: "adjust", quantity })).toMatchObject({ outcome: "hedged" });
    expect(held(rig)).toEqual([100, -50]);
  });

  it("an order that no limit could hold is refused, not a fault", () => {
    // Every lot of a hundred million dollars at a price of a hundred thousand in ticks of 1e-8.
    const directory = createDirectory(
      ["hook", "feed"],
      ["alpha"],
      [
        { symbol: "BTC/USDT", tickSize: "0.00000001", lotSize: "0.00000001" },
        {
          symbol: "BTC/USDT:USDT",
          tickSize: "0.00000001",
          lotSize: "0.00000001",
          listings: [{ venue: "alpha", symbol: "BTCUSDT", takerFee: 0.0005 }],
        },
      ],
    );
    const rig = CoreRig.ready({ directory, shields: [{ holdings: 1000 }], orderNotionalMax: Number.MAX_SAFE_INTEGER });
    rig.quote(0, 1e13, 1e13 + 2);
    expect(rig.signal({ strength: 1 })).toMatchObject({
      outcome: "refused",
      refusal: { code: "ORDER_NOTIONAL_OVER_LIMIT" },
    });
  });

  it("a wild price that makes a hedge uncountable opens nothing", () => {
    const rig = ready({ notional: 1e9, notionalMax: 1e12, beta: 100 });
    for (const listing of [3, 4, 5]) rig.quote(listing, 1, 1);
    expect(open(rig, { notional: 1e12 }).outcome).toBe("refused");
    expect(rig.placed()).toEqual([]);
  });
});

describe("a hedge that is refused", () => {
  it("is said, once, and not while it waits for a venue", () => {
    const rig = opened({}, { positionNotionalMax: 101 * 600_050 + 60_000_000 });
    rig.control({ type: "limit", name: "positionNotionalMax", value: 1, confirmed: false, reason: "less" });
    rig.take();
    rig.nowMs++;
    open(rig, { kind: "adjust", confidence: 0.65 });
    for (let n = 0; n < 10; n++) {
      rig.nowMs += 300;
      requote(rig);
    }
    const alarms = rig.take().flatMap((command) => (command.type === "alarm" ? [command.alarm.code] : []));
    expect(alarms).toEqual(["ORDER_REFUSED"]);
    expect(held(rig)).toEqual([100, -50]);
  });
});

describe("a breaker about the source", () => {
  it("does not keep its signals from making the position smaller", () => {
    const rig = opened();
    rig.control({ type: "fault", breaker: "providerSilent", subject: 0, reason: "silent" });
    rig.nowMs++;
    // Half the position, and a lighter hedge: the first is done, the second waits for a person.
    expect(open(rig, { kind: "adjust", confidence: 0.85, quantity: 0.05 })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(held(rig)).toEqual([50, -25]);
    rig.nowMs++;
    expect(open(rig, { kind: "adjust", confidence: 0.85 })).toMatchObject({ refusal: { code: "BREAKER_OPEN" } });
  });
});

describe("a close", () => {
  it("stands over a restart against an open that was sent before it and comes after it", () => {
    const rig = opened();
    const sentMs = rig.at.wallMs;
    rig.nowMs += 2000;
    requote(rig);
    open(rig, { kind: "close" });
    fillAll(rig);
    expect(position(rig).state).toBe("flat");
    rig.nowMs += 1000;
    const options = { shields: [], signals: [{ notional: HUNDRED_LOTS }], score: { weights } };
    const after = CoreRig.restarted(rig, options);
    requote(after);
    expect(open(after, { generatedAtMs: sentMs })).toMatchObject({ refusal: { code: "SUPERSEDED" } });
    expect(open(after)).toMatchObject({ outcome: "hedged" });
  });
});

describe("a signal that a fast clock has dated ahead", () => {
  const ahead = (rig: CoreRig) => ({ generatedAtMs: (rig.at.wallMs + 60_000) as EpochMs });

  it.each([0, 1])("supersedes nothing that source %i sends after it, over a restart too", (source) => {
    const rig = ready();
    open(rig, ahead(rig));
    fillAll(rig);
    rig.nowMs++;
    expect(open(rig, { kind: "close", source })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    rig.nowMs++;
    open(rig, { kind: "close", ...ahead(rig) });
    rig.nowMs++;
    expect(open(rig, { source })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    open(rig, { kind: "close", ...ahead(rig) });
    fillAll(rig);
    const after = CoreRig.restarted(rig, { shields: [], signals: [{ notional: HUNDRED_LOTS }], score: { weights } });
    after.nowMs++;
    requote(after);
    expect(open(after, { source })).toMatchObject({ outcome: "hedged" });
  });
});

describe("a close that no market takes", () => {
  it("goes on under another cause when the ids of its own are used up", () => {
    const rig = opened();
    rig.nowMs++;
    open(rig, { kind: "close" });
    const child = rig.placed()[0]!;
    // As after hours of it: one more route has room in its ids.
    for (const { order } of rig.core.router.open) order.cause.nextAttempt = 0x10000 - 8;
    for (let n = 0; n < 3; n++) {
      for (const { children } of [...rig.core.router.open])
        for (const order of [...children]) rig.status(order, "expired", 0);
      rig.nowMs += 250;
      requote(rig);
    }
    const later = rig.placed();
    expect(later.some(({ cause }) => cause !== child.cause && cause.startsWith("position|"))).toBe(true);
    for (const order of later) if (!hasEnded(order)) rig.fill(order);
    requote(rig);
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
  });

  it("goes on for a shield as well", () => {
    const rig = CoreRig.ready();
    rig.signal({ strength: 0.5 });
    rig.fill(rig.order());
    rig.nowMs++;
    rig.signal({ kind: "close" });
    rig.core.shields[0]!.decision!.cause.nextAttempt = 0x10000 - 8;
    for (let n = 0; n < 4; n++) {
      for (const order of rig.placed()) rig.status(order, "expired", 0);
      rig.nowMs += 250;
      requote(rig);
    }
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBe(0);
  });
});

describe("a position larger than one order may be", () => {
  const short = { direction: "short" } as const;

  it("is closed in several, though the price has risen over what an order may cost", () => {
    // 100 lots could be sold at 598,800 ticks; to buy them back costs more than an order may.
    const rig = ready({ beta: 0.5 }, { orderNotionalMax: 100 * 600_000 });
    open(rig, short);
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBe(-100);
    rig.nowMs += 300;
    for (const listing of [0, 1, 2]) rig.quote(listing, 640_000, 640_002);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
    expect(position(rig).state).toBe("flat");
  });

  it("is closed in several after the limit was tightened, none of them over it", () => {
    const rig = opened();
    rig.control({ type: "limit", name: "orderNotionalMax", value: 1500, confirmed: false, reason: "less" });
    rig.take();
    rig.nowMs++;
    open(rig, { kind: "close" });
    const sizes: number[] = [];
    for (let orders = rig.placed(), n = 0; n < 40; orders = rig.placed(), n++) {
      for (const order of orders) {
        sizes.push(order.qtyLots * order.pxTicks);
        rig.fill(order);
      }
      rig.nowMs += 250;
      requote(rig);
    }
    expect(held(rig)).toEqual([0, 0]);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(15_000_000);
  });

  it("is closed in several where the venue takes no order that large", () => {
    const rig = CoreRig.ready({ directory: testDirectory([{ maxQty: "0.4" }]) });
    for (const strength of [0.3, 0.6]) {
      rig.nowMs += 300;
      requote(rig);
      rig.signal({ strength });
      fillAll(rig);
    }
    expect(rig.held(BTC_PERP)).toBe(-600);
    rig.nowMs += 300;
    requote(rig);
    rig.signal({ kind: "close" });
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBe(0);
  });
});

describe("a loss of what a shield protects", () => {
  it("counts on over a restart", () => {
    const options = { markMs: 1000, breakers: { drawdownMax: 1000 } };
    const rig = CoreRig.ready({ ...options, shields: [{ holdings: 1 }] });
    rig.nowMs += 1000;
    requote(rig);
    rig.nowMs += 1000;
    for (const listing of [0, 1, 2]) rig.quote(listing, 595_000, 595_002);
    rig.nowMs += 1000;
    for (const listing of [0, 1, 2]) rig.quote(listing, 595_000, 595_002);
    expect(rig.core.equity.drawdown).toBeCloseTo(500);
    const after = CoreRig.restarted(rig, { ...options, shields: [{ holdings: 1 }] });
    // Another market's price comes first: it makes no new peak.
    after.quote(3, 600_000, 600_002);
    for (const listing of [0, 1, 2]) after.quote(listing, 595_000, 595_002);
    expect(after.core.equity.drawdown).toBeCloseTo(500);
    after.nowMs += 1000;
    for (const listing of [0, 1, 2]) after.quote(listing, 589_000, 589_002);
    expect(after.core.breakers.tripped.map(({ breaker }) => breaker)).toEqual(["drawdown"]);
  });

  it("begins anew where something else is protected now, and neither hides a loss nor makes one up", () => {
    const options = { markMs: 1000 };
    const rig = CoreRig.ready({ ...options, shields: [{ holdings: 1 }] });
    for (const px of [600_000, 650_000, 640_000, 640_000]) {
      rig.nowMs += 1000;
      rig.quote(0, px, px + 2);
      rig.quote(1, px, px + 2);
    }
    const { drawdown } = rig.core.equity;
    expect(drawdown).toBeGreaterThan(0);
    const after = CoreRig.restarted(rig, { ...options, shields: [{ holdings: 5 }] });
    for (const listing of [0, 1, 2]) after.quote(listing, 640_000, 640_002);
    expect(after.core.equity.drawdown).toBeCloseTo(drawdown);
  });
});

describe("a loss breaker after a restart, until all that is held has a price again", () => {
  const options = { markMs: 1000, breakers: { dailyLossMax: 100 } };
  const legs = { stopLoss: 1 };
  const btc = (rig: CoreRig, px: number) => {
    rig.nowMs += 1000;
    for (const listing of [0, 1, 2]) rig.quote(listing, px - 1, px + 1);
  };
  /** The day began with 500 made. */
  function nextDay(): CoreRig {
    const rig = opened(legs, options);
    btc(rig, 650_000);
    rig.nowMs += 7_200_000;
    btc(rig, 650_000);
    for (const listing of [3, 4, 5]) rig.quote(listing);
    for (const px of [650_000, 650_000]) btc(rig, px);
    expect(rig.core.equity.hedged).toBeGreaterThan(400);
    expect(rig.core.equity.dailyLoss).toBe(0);
    return rig;
  }
  const restarted = (rig: CoreRig) =>
    CoreRig.restarted(rig, {
      shields: [],
      signals: [{ notional: HUNDRED_LOTS, ...legs }],
      score: { weights },
      ...options,
    });
  const tripped = (rig: CoreRig) => rig.core.breakers.tripped.map(({ breaker }) => breaker);

  it("does not take what nobody has priced yet for lost", () => {
    const rig = restarted(nextDay());
    rig.quote(3, 600_000, 600_002);
    expect(tripped(rig)).toEqual([]);
    expect(rig.core.equity.dailyLoss).toBe(0);
  });

  it("that is acknowledged then counts from what there was, and not from nothing", () => {
    const before = nextDay();
    btc(before, 638_000);
    btc(before, 638_000);
    expect(tripped(before)).toEqual(["dailyLoss"]);
    const rig = restarted(before);
    rig.control({ type: "acknowledge", breaker: "dailyLoss", subject: -1, reason: "seen" });
    for (const listing of [3, 4, 5]) rig.quote(listing);
    btc(rig, 638_000);
    expect(tripped(rig)).toEqual([]);
    btc(rig, 626_000);
    expect(tripped(rig)).toEqual(["dailyLoss"]);
  });
});

describe("a position without a price", () => {
  const missing = (rig: CoreRig) => alarmsIn(rig.take()).filter((code) => code === "PRICE_MISSING").length;

  it("is said when its stop goes blind, and every minute while it stays so", () => {
    const rig = opened();
    wait(rig, 1999);
    expect(missing(rig)).toBe(0);
    wait(rig, 2);
    // Both legs.
    expect(missing(rig)).toBe(2);
    wait(rig, 59_000);
    expect(missing(rig)).toBe(0);
    wait(rig, 2000);
    expect(missing(rig)).toBe(2);
  });

  it("is not said while one venue quotes it, nor of what is not held", () => {
    const rig = opened();
    for (let n = 0; n < 10; n++) {
      wait(rig, 1000);
      rig.quote(0);
      rig.quote(4);
    }
    expect(missing(rig)).toBe(0);
    open(rig, { kind: "close" });
    fillAll(rig);
    wait(rig, 10_000);
    expect(held(rig)).toEqual([0, 0]);
    expect(missing(rig)).toBe(0);
  });

  it("is said of a quote that makes no sense as of none", () => {
    const rig = opened();
    wait(rig, 1000);
    for (const listing of [0, 1, 2]) rig.quote(listing, 600_000, 599_000);
    wait(rig, 1);
    expect(missing(rig)).toBe(1);
  });
});

describe("a venue that goes away while the engine only reduces", () => {
  /** The primary at alpha or beta, its hedge at beta. */
  const directory = legsAt(["alpha", "beta"], ["beta"]);
  const quoteBeta = (rig: CoreRig) => {
    for (const { index, venue } of directory.listings) if (venue === 1) rig.quote(index);
  };
  /** Alpha is away for as long as it takes, and beta goes on. */
  const loseAlpha = (rig: CoreRig) => {
    rig.venue(0, { ordersLive: false, streamLive: false, quotesLive: false });
    for (let n = 0; n < 70; n++) {
      rig.nowMs += 500;
      quoteBeta(rig);
      rig.timer();
      fillAll(rig);
    }
  };

  it("is offset elsewhere as ever: its hedge alone must not go", () => {
    const rig = opened({}, { directory });
    expect([rig.core.ledger.positionLots(0), rig.held(ETH_PERP)]).toEqual([100, -50]);
    rig.control({ type: "fault", breaker: "orderRate", subject: -1, reason: "too many" });
    expect(rig.core.risk.state).toBe("reducing");
    loseAlpha(rig);
    expect(held(rig)).toEqual([0, 0]);
    expect([0, 1].map((index) => rig.core.ledger.positionLots(index))).toEqual([100, -100]);
    // Nothing but that is opened.
    rig.control({ type: "acknowledge", breaker: "venueDown", subject: 0, reason: "seen" });
    rig.take();
    expect(open(rig)).toMatchObject({ refusal: { code: "BREAKER_OPEN" } });
  });

  it("is as far away where nothing was heard of it since a restart", () => {
    const before = opened({}, { directory });
    const options = { shields: [], signals: [{ notional: HUNDRED_LOTS }], score: { weights }, directory };
    const rig = new CoreRig(options, before.journal.recovered(options, before.at.nowNs));
    rig.nowMs = before.nowMs;
    rig.venue(1);
    rig.positions(1, [
      [1, 0],
      [2, -50],
    ]);
    expect(rig.core.risk.state).toBe("booting");
    const untilMs = rig.nowMs + 33_000;
    while (rig.nowMs < untilMs) {
      rig.nowMs += 500;
      quoteBeta(rig);
      if (rig.core.nextTimerNs() <= rig.at.nowNs) rig.timer();
      fillAll(rig);
    }
    expect(rig.core.breakers.tripped).toMatchObject([{ breaker: "venueDown", subject: 0, value: 30_000 }]);
    expect(held(rig)).toEqual([0, 0]);
    expect([0, 1].map((index) => rig.core.ledger.positionLots(index))).toEqual([100, -100]);
  });

  it("is not closed while a power loss keeps the engine from trading: only when it trades without that venue", () => {
    const before = opened({}, { directory });
    const options = { shields: [], signals: [{ notional: HUNDRED_LOTS }], score: { weights }, directory };
    const rig = new CoreRig(options, before.journal.recovered(options, before.at.nowNs));
    rig.nowMs = before.nowMs;
    rig.core.amnesia.begin(rig.at.wallMs, 2);
    rig.venue(1);
    rig.control({ type: "scanned", venue: 1 });
    const pass = (ms: number) => {
      for (const untilMs = rig.nowMs + ms; rig.nowMs < untilMs; ) {
        rig.nowMs += 500;
        quoteBeta(rig);
        rig.positions(1, [[2, -50]]);
        if (rig.core.nextTimerNs() <= rig.at.nowNs) rig.timer();
      }
    };
    pass(40_000);
    expect([rig.core.risk.state, position(rig).state]).toEqual(["booting", "open"]);
    expect(rig.core.breakers.tripped).toEqual([]);
    // Or every look would be an event.
    rig.timer();
    expect(rig.core.nextTimerNs()).toBeGreaterThan(rig.at.nowNs);
    rig.control({ type: "without", venue: 0, reason: "away for the day" });
    pass(3000);
    expect(rig.core.breakers.tripped).toMatchObject([{ breaker: "venueDown", subject: 0 }]);
    expect(position(rig).state).toBe("closing");
  });

  it("is left as it is where the venue disputes what stands there: both legs, and people decide", () => {
    const rig = opened({}, { directory });
    rig.positions(0, []);
    expect(rig.core.risk.state).toBe("reducing");
    loseAlpha(rig);
    expect(held(rig)).toEqual([100, -50]);
    expect(rig.core.breakers.isOpen("venueDown", 0)).toBe(true);
  });
});

describe("a stop-loss", () => {
  it("counts from its own entry, though a leg of the position before is stranded and offset elsewhere at a profit", () => {
    const rig = opened();
    rig.venue(0, { ordersLive: false, streamLive: false, quotesLive: false });
    const quoted = (px: number) => {
      for (const listing of [1, 2]) rig.quote(listing, px - 1, px + 1);
      for (const listing of [4, 5]) rig.quote(listing);
    };
    for (let n = 0; n < 70; n++) {
      rig.nowMs += 500;
      quoted(660_000);
      rig.timer();
      fillAll(rig);
    }
    expect(position(rig).state).toBe("flat");
    expect([0, 1, 2].map((listing) => rig.core.ledger.positionLots(listing))).toEqual([100, -100, 0]);
    expect(open(rig, { quantity: 0.05 })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBe(50);
    quoted(628_000);
    expect(alarmsIn(rig.log)).not.toContain("STOP_LOSS");
    quoted(626_000);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
  });
});

describe("a leg that can be traded nowhere", () => {
  it("keeps its hedge, whatever asks for a close, and both go when it can", () => {
    const rig = opened({}, { directory: apart });
    rig.venue(0, { ordersLive: false, streamLive: false, quotesLive: false });
    for (let n = 0; n < 70; n++) {
      rig.nowMs += 500;
      rig.quote(1);
      rig.timer();
      if (n === 10) open(rig, { kind: "close" });
      fillAll(rig);
    }
    expect(rig.core.breakers.isOpen("venueDown", 0)).toBe(true);
    expect(position(rig).state).toBe("closing");
    expect(held(rig)).toEqual([100, -50]);
    rig.venue(0);
    requote(rig);
    rig.nowMs += 5000;
    requote(rig);
    fillAll(rig);
    expect(held(rig)).toEqual([0, 0]);
    expect(position(rig).state).toBe("flat");
  });

  it("keeps its primary where it is the hedge: neutralised, the hedge would stand alone", () => {
    const rig = opened({}, { directory: apart });
    rig.venue(1, { ordersLive: false, streamLive: false, quotesLive: false });
    for (let n = 0; n < 70; n++) {
      rig.nowMs += 500;
      rig.quote(0);
      rig.timer();
      fillAll(rig);
    }
    expect(rig.core.breakers.isOpen("venueDown", 1)).toBe(true);
    expect(alarmsIn(rig.log)).toContain("ORDER_REFUSED");
    expect(held(rig)).toEqual([100, -50]);
    expect(position(rig).state).toBe("open");
  });

  it("does not keep the primary from its stop where it is the hedge", () => {
    const rig = opened({}, { directory: apart });
    rig.venue(1, { ordersLive: false, streamLive: false, quotesLive: false });
    rig.quote(0, 560_000, 560_002);
    fillAll(rig);
    expect(held(rig)).toEqual([0, -50]);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
  });

  it("is closed at its venue's first fresh price where its primary has gone, over a restart too; until then that is said", () => {
    const options: CoreOptions = {
      shields: [],
      signals: [{ notional: HUNDRED_LOTS }],
      score: { weights },
      directory: apart,
    };
    const rig = opened({}, { directory: apart });
    const away = { ordersLive: false, streamLive: false, quotesLive: false };
    rig.venue(1, away);
    open(rig, { kind: "close" });
    fillAll(rig);
    rig.take();
    const said = (of: CoreRig, ms: number) => {
      wait(of, ms);
      return alarmsIn(of.take()).filter((code) => code === "NAKED_LEG").length;
    };
    expect([said(rig, 1499), said(rig, 1)]).toEqual([0, 1]);
    expect([said(rig, 59_999), said(rig, 1)]).toEqual([0, 1]);
    const after = CoreRig.restarted(rig, options);
    after.venue(1, away);
    expect([said(after, 1499), said(after, 1)]).toEqual([0, 1]);
    after.venue(1);
    expect(after.placed()).toEqual([]);
    after.quote(1);
    const [order, ...more] = after.placed();
    expect(order).toMatchObject({ instrument: ETH_PERP, side: "buy", qtyLots: 50, reduceOnly: true });
    expect(more).toEqual([]);
    after.fill(order!);
    expect([held(after), position(after).state]).toEqual([[0, 0], "flat"]);
    expect(said(after, 120_000)).toBe(0);
  });
});
