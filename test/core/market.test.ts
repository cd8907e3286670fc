import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Market } from "../../src/core/market.ts";
import type { Ns } from "../../src/domain/units.ts";
import type { VenueStatus } from "../../src/domain/venue-status.ts";
import { ALPHA, BETA, BTC_PERP, ETH_PERP, GAMMA, testDirectory } from "../support/core-config.ts";

const NOW = 1e12 as Ns;
const WALL_MS = 1_700_000_000_000;
const later = (ms: number) => (NOW + ms * 1e6) as Ns;
const market = () => new Market(testDirectory(), 2000, 250);
const UP: VenueStatus = {
  venue: ALPHA,
  ordersLive: true,
  streamLive: true,
  quotesLive: true,
  clockOffsetMs: 30,
  clockErrorMs: 5,
};

function quote(
  to: Market,
  listing: number,
  bidTicks: number,
  askTicks = bidTicks + 2,
  at: Ns = NOW,
  venueMs = 0,
): void {
  to.onQuote({ listing, bidTicks, askTicks, bidLots: 1, askLots: 1, venueMs }, at, WALL_MS);
}

describe("the market", () => {
  it.each([
    [[100], 101],
    [[100, 110], 106],
    [[110, 100, 104], 105],
    [[100, 101, 900_000], 102],
    [[1, 100, 101], 101],
  ])("bids of %o have a mid of %d: one bad venue cannot move it", (bids, mid) => {
    const m = market();
    bids.forEach((bid, listing) => {
      quote(m, listing, bid);
    });
    expect(m.midTicks(BTC_PERP, NOW)).toBe(mid);
    expect(m.midTicks(ETH_PERP, NOW)).toBeNaN();
  });

  it("what is usually shown begins with the first size that is one: nothing can be a multiple of nothing", () => {
    const m = market();
    m.onQuote({ listing: 0, bidTicks: 100, askTicks: 102, bidLots: 0, askLots: 0, venueMs: 0 }, NOW, WALL_MS);
    expect(m.usualDepthLots(0)).toBe(0);
    m.onQuote({ listing: 0, bidTicks: 100, askTicks: 102, bidLots: 8, askLots: 4, venueMs: 0 }, NOW, WALL_MS);
    expect(m.usualDepthLots(0)).toBe(6);
  });

  it("the median is between the mids and does not depend on their order", () => {
    const bids = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(bids, (prices) => {
        const mid = (of: number[]) => {
          const m = market();
          of.forEach((bid, listing) => {
            quote(m, listing, bid);
          });
          return m.midTicks(BTC_PERP, NOW);
        };
        const sorted = [...prices].sort((a, b) => a - b);
        expect(mid(prices)).toBe(sorted[1]! + 1);
        expect(mid([...prices].reverse())).toBe(mid(prices));
      }),
    );
  });

  it("has no mid of before: a quote or a venue that goes changes it within the same nanosecond", () => {
    const m = market();
    expect(m.midTicks(BTC_PERP, NOW)).toBeNaN();
    quote(m, ALPHA, 100);
    expect(m.midTicks(BTC_PERP, NOW)).toBe(101);
    quote(m, BETA, 200);
    expect(m.midTicks(BTC_PERP, NOW)).toBe(151);
    quote(m, 3, 500);
    expect([m.midTicks(BTC_PERP, NOW), m.midTicks(ETH_PERP, NOW)]).toEqual([151, 501]);
    m.onVenueStatus({ ...UP, quotesLive: false });
    expect([m.midTicks(BTC_PERP, NOW), m.midTicks(ETH_PERP, NOW)]).toEqual([201, Number.NaN]);
  });

  it("forgets what is too old, to the ns, and counts the rest", () => {
    const m = market();
    quote(m, ALPHA, 100);
    quote(m, BETA, 200, 202, later(1));
    expect(m.midTicks(BTC_PERP, later(2000))).toBe(151);
    expect(m.hasFreshQuote(ALPHA, (later(2000) + 1) as Ns)).toBe(false);
    expect(m.midTicks(BTC_PERP, (later(2000) + 1000) as Ns)).toBe(201);
    expect(m.midTicks(BTC_PERP, later(2002))).toBeNaN();
  });

  describe("a quote's age", () => {
    const CLOCK = { ...UP, clockOffsetMs: 30.4 };

    it("counts from the venue's stamp, by the venue's clock", () => {
      const m = market();
      m.onVenueStatus(CLOCK);
      quote(m, ALPHA, 100, 102, NOW, WALL_MS + 30 - 1500);
      expect(m.quoteAgeMs(ALPHA, NOW)).toBe(1500);
      expect(m.hasFreshQuote(ALPHA, later(500))).toBe(true);
      expect(m.hasFreshQuote(ALPHA, (later(500) + 1) as Ns)).toBe(false);
      expect(m.staleFromNs(BTC_PERP)).toBe(later(500) + 1);
      quote(m, ALPHA, 100, 102, NOW, WALL_MS + 30 - 2001);
      expect(m.hasFreshQuote(ALPHA, NOW)).toBe(false);
      expect(m.midTicks(BTC_PERP, NOW)).toBeNaN();
    });

    it("counts from its arrival where it has no stamp, a stamp of the future, or the clock is not known", () => {
      const m = market();
      quote(m, ALPHA, 100, 102, NOW, WALL_MS - 60_000);
      expect(m.quoteAgeMs(ALPHA, NOW)).toBe(0);
      m.onVenueStatus(CLOCK);
      for (const venueMs of [0, WALL_MS + 30, WALL_MS + 60_000]) {
        quote(m, ALPHA, 100, 102, NOW, venueMs);
        expect(m.quoteAgeMs(ALPHA, later(7))).toBe(7);
      }
      m.onVenueStatus({ ...CLOCK, clockOffsetMs: Number.NaN });
      quote(m, ALPHA, 100, 102, NOW, WALL_MS - 60_000);
      expect(m.quoteAgeMs(ALPHA, NOW)).toBe(0);
    });

    it("is never less than its time with us, nor than its time on the way, whatever the clocks say", () => {
      const whole = (max: number) => fc.integer({ min: 0, max });
      const offset = fc.integer({ min: -5000, max: 5000 });
      fc.assert(
        fc.property(offset, offset, whole(4000), whole(4000), (clockOffsetMs, setByMs, onItsWayMs, heldMs) => {
          const m = market();
          m.onVenueStatus({ ...UP, clockOffsetMs: clockOffsetMs + setByMs });
          // Ours is set, the venue's has not moved.
          m.onClockSet(setByMs);
          quote(m, ALPHA, 100, 102, NOW, WALL_MS + clockOffsetMs - onItsWayMs);
          expect(m.quoteAgeMs(ALPHA, later(heldMs))).toBe(onItsWayMs + heldMs);
          expect(m.hasFreshQuote(ALPHA, later(heldMs))).toBe(onItsWayMs + heldMs <= 2000);
        }),
      );
    });
  });

  it.each([
    [0, 100],
    [100, 99],
    [0, 0],
    [-5, 5],
    [Number.NaN, 100],
  ])("a quote of %d / %d is none", (bid, ask) => {
    const m = market();
    quote(m, ALPHA, bid, ask);
    expect(m.hasFreshQuote(ALPHA, NOW)).toBe(false);
  });

  it("trades at the ask to buy and at the bid to sell", () => {
    const m = market();
    quote(m, GAMMA, 100, 106);
    expect([m.touchTicks(GAMMA, "buy"), m.touchTicks(GAMMA, "sell"), m.halfSpreadTicks(GAMMA)]).toEqual([106, 100, 3]);
  });

  it("a venue takes no orders before its positions have been compared", () => {
    const m = market();
    expect(m.onVenueStatus(UP)).toBe(true);
    expect([m.venueReady(ALPHA), m.isCompared(ALPHA)]).toEqual([false, false]);
    m.onCompared(ALPHA);
    expect([m.venueReady(ALPHA), m.isCompared(ALPHA), m.isCompared(BETA)]).toEqual([true, true, false]);
  });

  it("a venue is ready with orders, stream and clock, and says when it becomes so", () => {
    const m = market();
    m.onCompared(ALPHA);
    expect(m.venueReady(ALPHA)).toBe(false);
    expect(m.onVenueStatus({ ...UP, streamLive: false })).toBe(false);
    expect(m.onVenueStatus(UP)).toBe(true);
    expect(m.onVenueStatus(UP)).toBe(false);
    expect([m.venueReady(ALPHA), m.venueReady(BETA)]).toEqual([true, false]);
    m.onVenueStatus({ ...UP, ordersLive: false });
    expect(m.venueReady(ALPHA)).toBe(false);
    expect(m.onVenueStatus(UP)).toBe(true);
  });

  it("a venue whose quotes are gone has no quotes, and others keep theirs", () => {
    const m = market();
    quote(m, ALPHA, 100);
    quote(m, BETA, 200);
    m.onCompared(ALPHA);
    m.onVenueStatus({ ...UP, quotesLive: false });
    expect(m.midTicks(BTC_PERP, NOW)).toBe(201);
    expect(m.venueReady(ALPHA)).toBe(true);
  });

  it("knows a venue's clock, to the ms; its own where it does not", () => {
    const m = market();
    expect(m.venueMs(ALPHA, 1000)).toBe(1000);
    m.onVenueStatus({ ...UP, clockOffsetMs: -30.4 });
    expect(m.venueMs(ALPHA, 1000)).toBe(970);
  });
});
