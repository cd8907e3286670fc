import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BINANCE_USDM_RATES } from "../../src/venues/binance-usdm/rates.ts";
import {
  RATE_CLASSES,
  type RateClass,
  RateLimits,
  type RateRule,
  type RateTable,
} from "../../src/venues/rate-limits.ts";

type Kind = "place" | "cancel" | "query";

const START_MS = 1_700_000_000_000;
const rule = (fields: Partial<RateRule> = {}): RateRule => ({
  name: "orders",
  per: "venue",
  window: "rolling",
  windowMs: 1000,
  limit: 10,
  shares: { hedge: 0.8, data: 0.5 },
  ...fields,
});
const table = (...rules: RateRule[]): RateTable<Kind> => ({
  rules,
  costs: { place: { orders: 1 }, cancel: {}, query: {} },
});

/** A ledger on a clock that the test moves; ours and the venue's run together. */
function ledger(rates: RateTable<Kind>, guardMs = 0) {
  const time = { nowMs: 0, venueMs: START_MS };
  const limits = new RateLimits(
    rates,
    () => ({ ...time }),
    () => 0.5,
    guardMs,
  );
  const pass = (ms: number) => {
    time.nowMs += ms;
    time.venueMs += ms;
  };
  const takeAll = (rateClass: RateClass, listing?: number) => {
    let taken = 0;
    while (taken < 10_000 && limits.take("place", rateClass, listing)) taken += 1;
    return taken;
  };
  return { limits, time, pass, takeAll };
}

describe("the venue never counts more than its limit", () => {
  const GUARD_MS = 100;
  // Time until the next attempt, way to the venue, error of the clock offset: together never beyond the guard.
  const attempts = fc.array(
    fc.record({
      afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 700 })),
      wayMs: fc.integer({ min: 0, max: 60 }),
    }),
    { minLength: 50, maxLength: 250 },
  );
  const skew = fc.integer({ min: -40, max: 40 });

  /** When the venue saw each request that was let through, on its own clock. */
  function arrivals(
    rates: RateTable<Kind>,
    guardMs: number,
    skewMs: number,
    tries: { afterMs: number; wayMs: number }[],
  ) {
    const { limits, time, pass } = ledger(rates, guardMs);
    const seen: number[] = [];
    for (const { afterMs, wayMs } of tries) {
      pass(afterMs);
      if (limits.take("place", "unwind")) seen.push(time.venueMs + skewMs + wayMs);
    }
    return seen;
  }

  const worstFixed = (seen: readonly number[], windowMs: number) => {
    const counts = new Map<number, number>();
    for (const at of seen) counts.set(Math.floor(at / windowMs), (counts.get(Math.floor(at / windowMs)) ?? 0) + 1);
    return Math.max(0, ...counts.values());
  };
  const worstRolling = (seen: readonly number[], windowMs: number) => {
    const sorted = seen.toSorted((a, b) => a - b);
    return Math.max(0, ...sorted.map((from) => sorted.filter((at) => at >= from && at < from + windowMs).length));
  };

  it("in fixed windows, whatever the way and the clock's error within the guard", () => {
    const rates = table(rule({ window: "fixed", windowMs: 500 }));
    fc.assert(
      fc.property(attempts, skew, (tries, skewMs) => {
        expect(worstFixed(arrivals(rates, GUARD_MS, skewMs, tries), 500)).toBeLessThanOrEqual(10);
      }),
      { numRuns: 300 },
    );
  });

  it("in rolling windows, whatever the way within the guard", () => {
    const rates = table(rule());
    fc.assert(
      fc.property(attempts, skew, (tries, skewMs) => {
        expect(worstRolling(arrivals(rates, GUARD_MS, skewMs, tries), 1000)).toBeLessThanOrEqual(10);
      }),
      { numRuns: 300 },
    );
  });

  it("and these checks can fail: without the guard both limits are broken", () => {
    const broken = { fixed: 0, rolling: 0 };
    const [fixed, rolling] = [table(rule({ window: "fixed", windowMs: 500 })), table(rule())];
    for (const [tries, skewMs] of fc.sample(fc.tuple(attempts, skew), { numRuns: 300, seed: 7 })) {
      if (worstFixed(arrivals(fixed, 0, skewMs, tries), 500) > 10) broken.fixed += 1;
      if (worstRolling(arrivals(rolling, 0, skewMs, tries), 1000) > 10) broken.rolling += 1;
    }
    expect(broken.fixed).toBeGreaterThan(10);
    expect(broken.rolling).toBeGreaterThan(10);
  });

  it("and nothing is refused that a quiet hour leaves room for", () => {
    for (const window of ["fixed", "rolling"] as const) {
      const { pass, takeAll } = ledger(table(rule({ window })), GUARD_MS);
      for (let hour = 0; hour < 3; hour += 1) {
        pass(3_600_000);
        expect(takeAll("unwind")).toBe(10);
      }
    }
  });
});

describe("classes", () => {
  it("that are less urgent leave their share of a limit to the others", () => {
    const { takeAll } = ledger(table(rule()));
    expect(takeAll("data")).toBe(5);
    expect(takeAll("hedge")).toBe(3);
    expect(takeAll("unwind")).toBe(2);
  });

  it("are refused at once, and take nothing when they are", () => {
    const orders = rule({ shares: {} });
    const weight = rule({ name: "weight", limit: 3, shares: {} });
    const { limits } = ledger({
      ...table(orders, weight),
      costs: { place: { orders: 1, weight: 2 }, cancel: {}, query: {} },
    });
    expect(limits.take("place", "hedge")).toBe(true);
    for (let again = 0; again < 5; again += 1) expect(limits.take("place", "hedge")).toBe(false);
    expect(limits.usage().map(({ name, used }) => [name, used])).toEqual([
      ["orders", 1],
      ["weight", 2],
    ]);
  });

  it("have a limit per listing where the venue counts so", () => {
    const { takeAll } = ledger(table(rule({ per: "listing", shares: {} })));
    expect([takeAll("hedge", 1), takeAll("hedge", 2), takeAll("hedge", 1)]).toEqual([10, 10, 0]);
  });
});

describe("the venue's own count", () => {
  it.each(["fixed", "rolling"] as const)("raises ours in a %s window and never lowers it", (window) => {
    const { limits, takeAll, pass } = ledger(table(rule({ window, shares: {} })));
    limits.observe("orders", 7);
    limits.observe("orders", 2);
    expect(takeAll("unwind")).toBe(3);
    limits.observe("orders", 0);
    expect(takeAll("unwind")).toBe(0);
    pass(1000);
    expect(takeAll("unwind")).toBe(10);
  });

  it("lowers the limit where the venue's is lower, and never raises it", () => {
    const { limits, takeAll, pass } = ledger(table(rule({ shares: {} })));
    limits.observe("orders", 0, 4);
    expect(takeAll("unwind")).toBe(4);
    pass(1000);
    limits.observe("orders", 0, 400);
    expect(takeAll("unwind")).toBe(4);
  });
});

describe("the venue's refusals", () => {
  const allowed = (limits: RateLimits<Kind>) => RATE_CLASSES.filter((rateClass) => limits.take("query", rateClass));

  it("throttled holds back all but unwinds and cancels, for as long as it says and at least a second", () => {
    const { limits, pass } = ledger(table(rule()));
    limits.refused("throttled");
    expect(allowed(limits)).toEqual(["unwind", "cancel"]);
    pass(1000);
    expect(allowed(limits)).toEqual([...RATE_CLASSES]);
    limits.refused("throttled", 5000);
    pass(4999);
    expect(allowed(limits)).toEqual(["unwind", "cancel"]);
    pass(1);
    expect(allowed(limits)).toEqual([...RATE_CLASSES]);
  });

  it("throttled again and again holds back for longer, up to half a minute, until something is accepted", () => {
    const { limits, time } = ledger(table(rule()));
    const held: number[] = [];
    for (let refusal = 0; refusal < 12; refusal += 1) {
      time.nowMs += 100_000;
      limits.refused("throttled");
      held.push(limits.heldUntilMs("hedge") - time.nowMs);
    }
    // Half of 200 ms doubled each time, by the random number given; never below a second.
    expect(held).toEqual([1000, 1000, 1000, 1000, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000, 15_000]);
    limits.accepted();
    time.nowMs += 100_000;
    limits.refused("throttled");
    expect(limits.heldUntilMs("hedge") - time.nowMs).toBe(1000);
  });

  it("overloaded doubles from 200 to 800 ms and lets what reduces pass", () => {
    const { limits, time } = ledger(table(rule()));
    const held = [1, 2, 3, 4].map(() => {
      limits.refused("overloaded");
      expect(allowed(limits)).toEqual(["unwind", "cancel"]);
      const heldMs = limits.heldUntilMs("hedge") - time.nowMs;
      time.nowMs += heldMs;
      return heldMs;
    });
    expect(held).toEqual([200, 400, 800, 800]);
  });

  it("a full window holds back until it has passed", () => {
    const { limits, pass } = ledger(table(rule({ window: "fixed" })));
    pass(300);
    limits.take("place", "hedge");
    limits.refused("windowFull", 0, "orders");
    pass(699);
    expect(allowed(limits)).toEqual(["unwind", "cancel"]);
    pass(1);
    expect(allowed(limits)).toEqual([...RATE_CLASSES]);
  });

  it("banned holds back everything, two minutes unless it says how long", () => {
    const { limits, pass } = ledger(table(rule()));
    limits.refused("banned");
    pass(119_999);
    expect(allowed(limits)).toEqual([]);
    pass(1);
    expect(allowed(limits)).toEqual([...RATE_CLASSES]);
    limits.refused("banned", 3_600_000);
    pass(3_599_999);
    expect(allowed(limits)).toEqual([]);
  });

  it("a shorter hold does not end a longer one", () => {
    const { limits, pass } = ledger(table(rule()));
    limits.refused("banned");
    limits.refused("overloaded");
    pass(10_000);
    expect(allowed(limits)).toEqual([]);
  });
});

describe("fixed windows and a clock that is corrected", () => {
  const fixed = () => ledger(table(rule({ window: "fixed", shares: {} })));

  it("a small step back across the boundary frees nothing", () => {
    const { takeAll, time } = fixed();
    expect(takeAll("unwind")).toBe(10);
    time.venueMs -= 5;
    expect(takeAll("unwind")).toBe(0);
  });

  it("a large step back does not lock the limit for long", () => {
    const { takeAll, time, pass } = fixed();
    expect(takeAll("unwind")).toBe(10);
    time.venueMs -= 3_600_000;
    expect(takeAll("unwind")).toBe(0);
    pass(1000);
    expect(takeAll("unwind")).toBe(10);
  });
});

it("Binance USDM: 8 hedges at once leave at once, and hedges stop at four fifths of 300 in ten seconds", () => {
  const time = { nowMs: 0, venueMs: START_MS };
  const limits = new RateLimits(
    BINANCE_USDM_RATES,
    () => ({ ...time }),
    () => 0,
  );
  const taken = Array.from({ length: 400 }, () => limits.take("place", "hedge")).filter(Boolean).length;
  expect(taken).toBe(240);
  expect(Array.from({ length: 400 }, () => limits.take("place", "unwind")).filter(Boolean).length).toBe(60);
  expect(limits.take("query", "query")).toBe(true);
});
