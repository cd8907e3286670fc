/**
 * Conformance: what every implementation of the venue port has to say in the same situation. Numbered, so that a report of
 * a new venue can name the rows it passes.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrderRequest } from "../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../src/domain/units.ts";
import { BTC, ETH } from "./support/directory.ts";
import { ASK_TICKS, BID_TICKS, paperRig, type Rig, simulatedRig, TOP_LOTS } from "./support/rigs.ts";

const RIGS: readonly [string, () => Promise<Rig>][] = [
  ["simulated venue", simulatedRig],
  ["native Binance USDM client on the paper exchange, HMAC key", paperRig("hmac")],
  ["native Binance USDM client on the paper exchange, Ed25519 key", paperRig("ed25519")],
];

const TERMINAL = ["filled", "canceled", "expired", "rejected"];

describe.each(RIGS)("%s", (_name, create) => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await create();
    await rig.until(() => rig.heard.quotes.length > 0, "the first quote");
  });
  afterEach(() => rig.close());

  const order = (clientOrderId: string, fields: Partial<OrderRequest> = {}): OrderRequest => ({
    clientOrderId,
    listing: BTC,
    side: "buy",
    qtyLots: lots(10),
    pxTicks: ticks(ASK_TICKS),
    timeInForce: "ioc",
    reduceOnly: false,
    stampMs: rig.stampMs(),
    validForMs: 1000,
    ...fields,
  });
  const resting = (clientOrderId: string) => order(clientOrderId, { timeInForce: "gtc", pxTicks: ticks(600_000) });

  /** The answer to the request, which is not the private stream's event about the same order. */
  async function answerTo(fields: OrderRequest) {
    expect(rig.venue.place(fields)).toBe(true);
    const id = fields.clientOrderId;
    return rig.until(() => rig.heard.find(id, { origin: "response" }), `the answer to ${id}`);
  }

  it("1 an order that crosses fills, at the book's price", async () => {
    expect(await answerTo(order("1", { pxTicks: ticks(ASK_TICKS + 50) }))).toMatchObject({
      kind: "status",
      status: "filled",
      cumQtyLots: 10,
      avgPxTicks: ASK_TICKS,
      listing: BTC,
      venue: 0,
    });
  });

  it("2 an IOC that meets nothing expires with nothing filled", async () => {
    expect(await answerTo(order("2", { pxTicks: ticks(BID_TICKS - 100) }))).toMatchObject({
      kind: "status",
      status: "expired",
      cumQtyLots: 0,
      avgPxTicks: Number.NaN,
    });
  });

  it("3 an IOC larger than the book at its price expires with what it got", async () => {
    expect(await answerTo(order("3", { qtyLots: lots(TOP_LOTS + 50) }))).toMatchObject({
      kind: "status",
      status: "expired",
      cumQtyLots: TOP_LOTS,
      avgPxTicks: ASK_TICKS,
    });
  });

  it("4 an order below the minimum notional is rejected with the venue's code", async () => {
    expect(await answerTo(order("4", { qtyLots: lots(1) }))).toMatchObject({ kind: "rejected", code: -4164 });
  });

  it("5 an id that is open already is a duplicate, not a rejection, and the open order lives", async () => {
    expect(await answerTo(resting("5"))).toMatchObject({ kind: "status", status: "open", cumQtyLots: 0 });
    rig.venue.place(resting("5"));
    await rig.until(() => rig.heard.find("5", { kind: "duplicateId", code: -4116 }), "the refusal of the second");
    rig.venue.query(BTC, "5");
    expect(await rig.until(() => rig.heard.find("5", { origin: "query" }))).toMatchObject({ status: "open" });
  });

  it("6 a cancelled order says how much of it had filled", async () => {
    await answerTo(order("6", { timeInForce: "gtc", qtyLots: lots(TOP_LOTS + 5) }));
    expect(rig.heard.find("6", { origin: "response", status: "partiallyFilled" })).toMatchObject({
      cumQtyLots: TOP_LOTS,
    });
    expect(rig.venue.cancel(BTC, "6")).toBe(true);
    const end = await rig.until(() => rig.heard.find("6", { origin: "response", status: "canceled" }));
    expect(end).toMatchObject({ kind: "status", cumQtyLots: TOP_LOTS, avgPxTicks: ASK_TICKS });
  });

  it("7 a cancel that finds nothing open says so, for an order that never was and for one that has filled", async () => {
    rig.venue.cancel(BTC, "7-never");
    await rig.until(() => rig.heard.find("7-never", { kind: "cancelUnknown", code: -2011 }));
    await answerTo(order("7-filled"));
    rig.venue.cancel(BTC, "7-filled");
    await rig.until(() => rig.heard.find("7-filled", { kind: "cancelUnknown", code: -2011 }));
  });

  it("8 a query tells an ended order from one that is not there", async () => {
    await answerTo(order("8"));
    rig.venue.query(BTC, "8");
    expect(await rig.until(() => rig.heard.find("8", { origin: "query" }))).toMatchObject({
      kind: "status",
      status: "filled",
      cumQtyLots: 10,
      avgPxTicks: ASK_TICKS,
    });
    rig.venue.query(BTC, "8-not");
    await rig.until(() => rig.heard.find("8-not", { kind: "notFound", origin: "query", code: -2013 }));
  });

  it("9 an order in flight when the connection breaks is unknown, and a query finds what became of it", async () => {
    await rig.placeAndBreak(order("9"));
    await rig.until(() => rig.heard.find("9", { kind: "unknown", origin: "local" }), "the unknown");
    expect(rig.heard.find("9", { origin: "response" })).toBeUndefined();
    await rig.until(() => rig.heard.status?.ordersLive, "the connection");
    expect(rig.venue.query(BTC, "9")).toBe(true);
    expect(await rig.until(() => rig.heard.find("9", { origin: "query" }))).toMatchObject({
      status: "filled",
      cumQtyLots: 10,
    });
    expect((await rig.venue.positions()).get(BTC)).toBe(10);
  });

  it("10 a stamp out of the window is refused, past and future, and nothing fills", async () => {
    const stampMs = rig.stampMs();
    const past = order("10-past", { stampMs: (stampMs - 1500) as EpochMs, validForMs: 300 });
    const future = order("10-future", { stampMs: (stampMs + 5000) as EpochMs });
    expect(await answerTo(past)).toMatchObject({ kind: "rejected", code: -1021 });
    expect(await answerTo(future)).toMatchObject({ kind: "rejected", code: -1021 });
    expect((await rig.venue.positions()).get(BTC)).toBe(0);
  });

  it("11 quantities and prices arrive exactly, to the last lot and tick", async () => {
    for (const [index, qtyLots] of [7, 11, 13, 29].entries()) {
      const id = `11-${index}`;
      const report = await answerTo(order(id, { qtyLots: lots(qtyLots) }));
      expect(report).toMatchObject({ status: "filled", cumQtyLots: qtyLots, avgPxTicks: ASK_TICKS });
    }
    expect((await rig.venue.positions()).get(BTC)).toBe(7 + 11 + 13 + 29);
    // One tick short of the ask must not trade; the ask itself must.
    const { status } = await answerTo(order("11-short", { pxTicks: ticks(ASK_TICKS - 1) }));
    expect(status).toBe("expired");
  });

  it("12 the private stream ends every order as its answer does, with the same quantity", async () => {
    const filled = await answerTo(order("12-a"));
    const cut = await answerTo(order("12-b", { qtyLots: lots(TOP_LOTS + 1) }));
    for (const { clientOrderId, status, cumQtyLots } of [filled, cut]) {
      const event = await rig.until(() => rig.heard.find(clientOrderId, { origin: "stream", status }), "its event");
      expect(event).toMatchObject({ kind: "status", cumQtyLots, listing: BTC });
      const cums = rig.heard
        .of(clientOrderId)
        .flatMap((report) => (report.origin === "stream" ? [report.cumQtyLots] : []));
      expect(cums).toEqual([...cums].sort((a, b) => a - b));
    }
  });

  it("13 reduce-only never opens: refused when flat, cut to the position otherwise", async () => {
    const sell = { side: "sell", pxTicks: ticks(BID_TICKS), reduceOnly: true } as const;
    expect(await answerTo(order("13-flat", sell))).toMatchObject({ kind: "rejected", code: -2022 });
    await answerTo(order("13-open"));
    expect(await answerTo(order("13-close", sell))).toMatchObject({ status: "filled", cumQtyLots: 10 });
    expect((await rig.venue.positions()).get(BTC)).toBe(0);
  });

  it("14 fill-or-kill fills whole or not at all, post-only never takes", async () => {
    const fok = await answerTo(order("14-fok", { timeInForce: "fok", qtyLots: lots(TOP_LOTS + 1) }));
    expect(fok.kind === "rejected" || (fok.status === "expired" && fok.cumQtyLots === 0)).toBe(true);
    const whole = await answerTo(order("14-whole", { timeInForce: "fok" }));
    expect(whole).toMatchObject({ status: "filled", cumQtyLots: 10 });
    const postOnly = await answerTo(order("14-post", { timeInForce: "postOnly" }));
    expect(postOnly.kind === "rejected" || TERMINAL.includes(postOnly.status)).toBe(true);
    expect((await rig.venue.positions()).get(BTC)).toBe(10);
  });

  it("15 an id is free again once its order has ended: sending it again fills again", async () => {
    await answerTo(order("15"));
    rig.venue.place(order("15"));
    await rig.until(() => rig.heard.of("15").filter((report) => report.origin === "response").length === 2);
    expect((await rig.venue.positions()).get(BTC)).toBe(20);
  });

  it("16 positions are signed and net, and flat where nothing was traded", async () => {
    await answerTo(order("16-buy", { qtyLots: lots(5) }));
    await answerTo(order("16-sell", { side: "sell", pxTicks: ticks(BID_TICKS), qtyLots: lots(12) }));
    expect(await rig.venue.positions()).toEqual(
      new Map([
        [BTC, -7],
        [ETH, 0],
      ]),
    );
  });

  it("17 a closed venue sends nothing and has said what was under way", async () => {
    rig.venue.place(order("17"));
    await rig.venue.close();
    expect(rig.heard.of("17").some(({ kind, origin }) => origin === "response" || kind === "unknown")).toBe(true);
    expect(rig.venue.place(order("17-after"))).toBe(false);
    expect(rig.heard.status).toMatchObject({ ordersLive: false, streamLive: false, quotesLive: false });
  });
});
