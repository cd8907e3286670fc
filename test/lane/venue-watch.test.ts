/** What people are shown of the venues: through a whole engine, wherever its lane runs, over real sockets. */
import { afterEach, describe, expect, it } from "vitest";
import type { VenueStatus } from "../../src/domain/venue-status.ts";
import { VenueWatch } from "../../src/lane/venue-watch.ts";
import type { Venue } from "../../src/venues/venue.ts";
import { hedgeOf, type RunningEngine, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";

const SKEW_MS = 700;
/** What a paper venue publishes that enforces none: the account's own limit, not the documented one. */
const UNLIMITED = 1_000_000_000;

describe("an engine's status", () => {
  let rig: LaneRig;
  let engine: RunningEngine;
  afterEach(async () => {
    await engine.stop();
    await rig.close();
  });

  it.each(["inline", "pool"] as const)(
    "shows clocks, sockets and limits of its venues with the lane %s",
    async (lanes) => {
      rig = await LaneRig.start();
      rig.market.inject(1, { kind: "clockSkew", ms: SKEW_MS, durationMs: 600_000 });
      engine = await runEngine(rig, { lanes });
      const venue = (at: number) => engine.status.snapshot().venues[at];
      const isLive = (at: number) =>
        ["ordersLive", "streamLive", "quotesLive"].every((of) => venue(at)?.[of as "quotesLive"]);
      await eventually(() => isLive(0) && isLive(1));
      for (const [at, offsetMs] of [
        [0, 0],
        [1, SKEW_MS],
      ] as const) {
        const shown = venue(at)!;
        expect(shown).toMatchObject({ venue: rig.market.venues[at]!.name });
        expect(Math.abs(shown.clockOffsetMs! - offsetMs)).toBeLessThanOrEqual(shown.clockErrorMs! + 2);
      }
      const orders = (at: number) => venue(at)!.limits.find(({ name }) => name === "orders1m")!;
      expect(venue(0)!.limits.map(({ name }) => name)).toEqual(["weight", "orders10s", "orders1m"]);
      expect(venue(0)!.limits[0]).toMatchObject({ symbol: null, used: expect.any(Number) });
      await eventually(() => venue(0)!.orderLinks.length === 2 && venue(0)!.orderLinks.every(({ ready }) => ready));
      expect(
        venue(0)!
          .orderLinks.map(({ role }) => role)
          .sort(),
      ).toEqual(["active", "standby"]);
      // Venues count by the minute of their clock, and we are shown it once a second: not across its end.
      while (Date.now() % 60_000 > 55_000) await new Promise((done) => setTimeout(done, 100));
      // Whichever venue gets it: at the same price and fee the one that was heard of first.
      const used = () => orders(0).used + orders(1).used;
      const before = used();
      expect((await engine.send(hedgeOf("shown", 0.1))).status).toBe(202);
      await eventually(() => used() > before);
      expect(used()).toBe(before + 1);
      expect(orders(0).limit).toBe(UNLIMITED);
      // For as long as the reconnecting takes no order can go there, and it shows.
      rig.market.inject(0, { kind: "outage", durationMs: 60_000 });
      await eventually(() => venue(0)?.ordersLive === false && venue(0)?.quotesLive === false);
      expect(isLive(1)).toBe(true);
    },
  );
});

describe("a venue watch", () => {
  const status = (venue: number): VenueStatus => ({
    venue,
    ordersLive: true,
    streamLive: true,
    quotesLive: false,
    clockOffsetMs: 3,
    clockErrorMs: 1,
  });

  it("hands on what it hears and keeps what was said, not what the venue makes of it later", () => {
    const heard: VenueStatus[] = [];
    const watch = new VenueWatch(
      { onReport: () => {}, onQuote: () => {}, onStatus: (each) => void heard.push(each) },
      2,
    );
    const reused = { ...status(1) };
    watch.onStatus(reused);
    expect(heard).toEqual([status(1)]);
    reused.ordersLive = false;
    const rates = [{ name: "orders", listing: -1, used: 3, limit: 10 }];
    const links = [{ id: 1, role: "active", ready: true }] as const;
    const venues = [{}, { rates: () => rates, links: () => links }] as unknown as Venue[];
    const misfit = { listing: 0, level: 1, field: "tickSize", what: "BTCUSDT at a: changed" } as const;
    expect(watch.views(venues, (venue) => (venue === 0 ? [misfit] : []))).toEqual([
      {
        status: {
          venue: 0,
          ordersLive: false,
          streamLive: false,
          quotesLive: false,
          clockOffsetMs: Number.NaN,
          clockErrorMs: Number.NaN,
        },
        rates: [],
        links: [],
        misfits: [misfit],
      },
      { status: status(1), rates, links, misfits: [] },
    ]);
  });
});
