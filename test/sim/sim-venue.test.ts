import { describe, expect, it } from "vitest";
import type { OrderRequest } from "../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../src/domain/units.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { Scheduler } from "../../src/sim/scheduler.ts";
import { createSimVenue, type SimFaults, type SimVenue } from "../../src/sim/sim-venue.ts";
import { VirtualClock } from "../../src/time/clock.ts";
import { BTC, testDirectory } from "../venues/support/directory.ts";
import { Recorder } from "../venues/support/recorder.ts";

interface Rig {
  readonly venue: SimVenue;
  readonly heard: Recorder;
  readonly scheduler: Scheduler;
  place(clientOrderId: string, fields?: Partial<OrderRequest>): boolean;
}

function rig(faults: SimFaults = {}, seed = 1, clockSkewMs = 0): Rig {
  const scheduler = new Scheduler(new VirtualClock(1_700_000_000_000));
  const heard = new Recorder();
  const options = { index: 0, name: "alpha", latencyMs: { min: 2, max: 6 }, faults, clockSkewMs };
  const venue = createSimVenue(options, heard, testDirectory(), scheduler, createPrng(seed));
  void venue.connect();
  venue.setQuote(BTC, 618_000, 100, 618_001, 100);
  const place = (clientOrderId: string, fields: Partial<OrderRequest> = {}) =>
    venue.place({
      clientOrderId,
      listing: BTC,
      side: "buy",
      qtyLots: lots(10),
      pxTicks: ticks(618_001),
      timeInForce: "ioc",
      reduceOnly: false,
      stampMs: (scheduler.clock.wallMs() + clockSkewMs) as EpochMs,
      validForMs: 400,
      ...fields,
    });
  return { venue, heard, scheduler, place };
}

/** A storm of orders, cancels and queries through every fault at once; one line per report. */
function storm(seed: number): { lines: string[]; venue: SimVenue; ids: string[]; asked: Map<string, number> } {
  const { venue, heard, scheduler, place } = rig(
    {
      dropRequest: 0.05,
      dropAnswer: 0.1,
      dropEvent: 0.05,
      duplicateEvent: 0.2,
      lateEvent: 0.2,
      lateEventMs: 40,
      reject: 0.05,
      partial: 0.2,
      spike: 0.1,
      spikeMs: 100,
    },
    seed,
  );
  const prng = createPrng(seed + 1000);
  const asked = new Map<string, number>();
  const ids: string[] = [];
  for (let index = 0; index < 300; index += 1) {
    const id = `order-${index}`;
    const qtyLots = lots(1 + prng.int(150));
    const side = prng.int(2) === 0 ? "buy" : "sell";
    const pxTicks = ticks(618_000 + prng.int(4) - 1);
    const timeInForce = prng.int(3) === 0 ? "gtc" : "ioc";
    if (place(id, { qtyLots, side, pxTicks, timeInForce })) {
      ids.push(id);
      asked.set(id, qtyLots);
    }
    if (prng.int(4) === 0) venue.cancel(BTC, `order-${prng.int(index + 1)}`);
    if (prng.int(4) === 0) venue.query(BTC, `order-${prng.int(index + 1)}`);
    if (prng.int(5) === 0) venue.setQuote(BTC, 617_999 + prng.int(2), 200, 618_001 + prng.int(2), 200);
    if (prng.int(60) === 0) venue.outage(50);
    scheduler.runFor(prng.int(12));
  }
  scheduler.runFor(1000);
  return { lines: heard.reports.map((report) => JSON.stringify(report)), venue, ids, asked };
}

describe("the simulated venue", () => {
  it("gives the same reports for the same seed and others for another", () => {
    const first = storm(7).lines;
    expect(storm(7).lines).toEqual(first);
    expect(storm(8).lines).not.toEqual(first);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("seed %i: no report ever says more than the exchange did", (seed) => {
    const { lines, venue, ids, asked } = storm(seed);
    const kinds = new Set<string>();
    const cum = new Map<string, number>();
    for (const line of lines) {
      const report = JSON.parse(line) as { clientOrderId: string; cumQtyLots: number; kind: string };
      kinds.add(report.kind);
      cum.set(report.clientOrderId, Math.max(cum.get(report.clientOrderId) ?? 0, report.cumQtyLots));
    }
    let total = 0;
    for (const id of ids) {
      const filled = venue.exchange.filledLots(id);
      total += filled;
      expect(filled).toBeLessThanOrEqual(asked.get(id)!);
      expect(cum.get(id) ?? 0).toBeLessThanOrEqual(filled);
    }
    expect(total).toBeGreaterThan(0);
    expect([...kinds]).toEqual(expect.arrayContaining(["status", "rejected", "unknown"]));
  });

  it("position is the signed sum of what its orders filled", async () => {
    const { venue, heard, scheduler, place } = rig();
    place("a", { qtyLots: lots(30) });
    place("b", { side: "sell", qtyLots: lots(12), pxTicks: ticks(618_000) });
    scheduler.runFor(50);
    expect(heard.find("a", { origin: "response" })).toMatchObject({ status: "filled", cumQtyLots: 30 });
    expect(heard.find("b", { origin: "response" })).toMatchObject({ status: "filled", cumQtyLots: 12 });
    expect((await venue.positions()).get(BTC)).toBe(18);
  });

  it("a lost answer is silence, and the private stream still tells", () => {
    const { heard, scheduler, place } = rig({ dropAnswer: 1 });
    place("a");
    scheduler.runFor(1000);
    expect(heard.find("a", { origin: "response" })).toBeUndefined();
    expect(heard.find("a", { origin: "stream", status: "filled" })).toMatchObject({ cumQtyLots: 10 });
  });

  it("a lost request is silence, and a query finds nothing", () => {
    const { venue, heard, scheduler, place } = rig({ dropRequest: 1 });
    place("a");
    scheduler.runFor(1000);
    expect(heard.of("a")).toEqual([]);
    venue.setFaults({});
    venue.query(BTC, "a");
    scheduler.runFor(100);
    expect(heard.of("a")).toMatchObject([{ kind: "notFound", origin: "query", code: -2013 }]);
  });

  it("an order whose request arrives late is refused by its stamp, not executed", () => {
    const { venue, heard, scheduler, place } = rig({ spike: 1, spikeMs: 500 });
    place("a");
    scheduler.runFor(2000);
    expect(heard.of("a")).toMatchObject([{ kind: "rejected", code: -1021 }]);
    expect(venue.exchange.filledLots("a")).toBe(0);
  });

  it("a stamp is judged by the venue's clock", () => {
    const skewed = rig({}, 1, 5000);
    skewed.place("a");
    skewed.place("b", { stampMs: skewed.scheduler.clock.wallMs() });
    skewed.scheduler.runFor(100);
    expect(skewed.heard.find("a", { origin: "response" })).toMatchObject({ status: "filled" });
    expect(skewed.heard.find("b", { origin: "response" })).toMatchObject({ kind: "rejected", code: -1021 });
    expect(skewed.heard.status?.clockOffsetMs).toBe(5000);
  });

  it("an id is refused while its order is open and fills a second time once it is not", () => {
    const { venue, heard, scheduler, place } = rig();
    place("resting", { timeInForce: "gtc", pxTicks: ticks(617_000) });
    place("resting", { timeInForce: "gtc", pxTicks: ticks(617_000) });
    place("ioc");
    place("ioc");
    scheduler.runFor(100);
    expect(heard.find("resting", { kind: "duplicateId" })).toMatchObject({ code: -4116 });
    expect(venue.exchange.filledLots("ioc")).toBe(20);
  });

  it("an outage makes unknown what was under way, refuses new requests, and ends", () => {
    const { venue, heard, scheduler, place } = rig();
    place("a");
    scheduler.runFor(1);
    venue.outage(200);
    expect(heard.of("a")).toMatchObject([{ kind: "unknown", origin: "local" }]);
    expect(heard.status).toMatchObject({ ordersLive: false, streamLive: false });
    expect(place("b")).toBe(false);
    scheduler.runFor(199);
    expect(heard.status?.ordersLive).toBe(false);
    scheduler.runFor(1);
    expect(heard.status?.ordersLive).toBe(true);
    expect(place("b")).toBe(true);
    scheduler.runFor(50);
    expect(heard.find("b", { origin: "response" })).toMatchObject({ status: "filled" });
    expect(heard.of("a")).toHaveLength(1);
  });

  it("of two overlapping outages the longer one counts", () => {
    const { venue, heard, scheduler } = rig();
    venue.outage(100);
    venue.outage(300);
    scheduler.runFor(200);
    expect(heard.status?.ordersLive).toBe(false);
    scheduler.runFor(100);
    expect(heard.status?.ordersLive).toBe(true);
  });

  it("an order sent before an outage may have executed: the truth says so and a query tells", () => {
    const { venue, heard, scheduler, place } = rig();
    place("a");
    while (venue.exchange.filledLots("a") === 0) scheduler.step();
    venue.outage(100);
    scheduler.runFor(200);
    expect(heard.of("a")).toMatchObject([{ kind: "unknown" }]);
    expect(venue.exchange.filledLots("a")).toBe(10);
    venue.query(BTC, "a");
    scheduler.runFor(50);
    expect(heard.find("a", { origin: "query" })).toMatchObject({ kind: "status", status: "filled", cumQtyLots: 10 });
  });

  it("reduce-only never opens a position and is cut to what there is to reduce", () => {
    const { venue, heard, scheduler, place } = rig();
    place("none", { side: "sell", reduceOnly: true, pxTicks: ticks(618_000) });
    place("open", { qtyLots: lots(10) });
    place("cut", { side: "sell", reduceOnly: true, qtyLots: lots(25), pxTicks: ticks(618_000) });
    scheduler.runFor(100);
    expect(heard.find("none", { kind: "rejected" })).toMatchObject({ code: -2022 });
    expect(heard.find("cut", { origin: "response" })).toMatchObject({ status: "expired", cumQtyLots: 10 });
    expect(venue.exchange.positionLots(BTC)).toBe(0);
  });

  it("a market that moves through a resting order fills it at its own price", () => {
    const { venue, heard, scheduler, place } = rig();
    place("rest", { timeInForce: "gtc", pxTicks: ticks(617_990), qtyLots: lots(10) });
    scheduler.runFor(50);
    venue.setQuote(BTC, 617_900, 50, 617_950, 4);
    venue.setQuote(BTC, 617_900, 50, 617_950, 50);
    scheduler.runFor(50);
    const partly = { status: "partiallyFilled", cumQtyLots: 4 } as const;
    expect(heard.find("rest", partly)).toMatchObject({ avgPxTicks: 617_990 });
    expect(heard.find("rest", { status: "filled" })).toMatchObject({ cumQtyLots: 10, avgPxTicks: 617_990 });
    expect(venue.exchange.positionLots(BTC)).toBe(10);
  });

  it("a report kept after the call is found overwritten", () => {
    const kept: { clientOrderId: string }[] = [];
    const scheduler = new Scheduler(new VirtualClock(1_700_000_000_000));
    const events = {
      onReport: (report: { clientOrderId: string }) => void kept.push(report),
      onQuote() {},
      onStatus() {},
    };
    const options = { index: 0, name: "alpha", latencyMs: { min: 1, max: 1 } };
    const venue = createSimVenue(options, events, testDirectory(), scheduler, createPrng(1));
    void venue.connect();
    venue.query(BTC, "nothing");
    scheduler.runFor(10);
    expect(kept.map((report) => report.clientOrderId)).toEqual(["overwritten"]);
  });
});
