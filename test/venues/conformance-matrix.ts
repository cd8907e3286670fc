/**
 * Conformance: what every implementation of the venue port has to say in the same situation. Numbered, so that a report of
 * a new venue can name the rows it passes. Where venues really differ, the fixture says how.
 *
 * Rows 1-17 and 38 are run on every implementation, those from 18 on only where there is an exchange that can be given faults.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OrderReport, OrderRequest } from "../../src/domain/order.ts";
import { type EpochMs, lots, ticks } from "../../src/domain/units.ts";
import type { VenueStatus } from "../../src/domain/venue-status.ts";
import type { PaperVenue } from "../../src/paper/venue-server.ts";
import { LOCAL_CODES } from "../../src/venues/outcome-codes.ts";
import { BTC, ETH } from "./support/directory.ts";
import { ASK_TICKS, BID_TICKS, type Rig, SKEW_MS, TOP_LOTS, type VenueFixture } from "./support/rig.ts";

const TERMINAL = ["filled", "canceled", "expired", "rejected"];

export function conformance(fixture: VenueFixture): void {
  const { codes, remainder, answers } = fixture;
  /** Where the word on what became of a new order comes from. */
  const wordOrigin = answers === "final" ? "response" : "stream";

  describe(fixture.name, () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = await fixture.open();
      await rig.until(() => rig.heard.quotes.length > 0, "the first quote");
    });
    afterEach(() => rig.close());

    const order = (clientOrderId: string, fields: Partial<OrderRequest> = {}): OrderRequest => ({
      ...{ clientOrderId, listing: BTC, side: "buy", qtyLots: lots(10), pxTicks: ticks(ASK_TICKS) },
      ...{ timeInForce: "ioc", reduceOnly: false, stampMs: rig.stampMs(), validForMs: 1000 },
      ...fields,
    });
    const resting = (clientOrderId: string) => order(clientOrderId, { timeInForce: "gtc", pxTicks: ticks(600_000) });

    /** The answer to the request, which is not the private stream's event about the same order. */
    async function answerTo(fields: OrderRequest): Promise<OrderReport> {
      expect(rig.venue.place(fields)).toBe(true);
      const id = fields.clientOrderId;
      return rig.until(() => rig.heard.find(id, { origin: "response" }), `the answer to ${id}`);
    }

    /** The venue's word on what became of a new order; its refusal where it refuses. */
    async function outcomeOf(fields: OrderRequest, status?: OrderReport["status"]): Promise<OrderReport> {
      const answer = await answerTo(fields);
      if (answer.kind !== (answers === "final" ? "status" : "ack")) return answer;
      // An acknowledgement proves nothing about matching and may not look as if it did.
      if (answers === "ack") expect(answer).toMatchObject({ status: "none", cumQtyLots: -1, code: 0 });
      const id = fields.clientOrderId;
      const wanted = (report: OrderReport) =>
        report.origin === wordOrigin && (status ? report.status === status : TERMINAL.includes(report.status));
      return rig.until(() => rig.heard.of(id).find(wanted), `what became of ${id}`);
    }
    const rests = (fields: OrderRequest) => outcomeOf(fields, "open");

    async function queried(id: string): Promise<OrderReport> {
      for (;;) {
        const before = rig.heard.of(id).length;
        // False while the venue's own word on its limits holds queries back: nothing was sent, so it may be asked again.
        await rig.until(() => rig.venue.query(BTC, id), "a query that may be sent");
        const report = await rig.until(
          () =>
            rig.heard
              .of(id)
              .slice(before)
              .find(({ kind, origin }) => origin === "query" || kind === "unknown"),
          `the answer to the query for ${id}`,
        );
        // Where every connection was cut, a question may still go out on one whose end was not heard of yet.
        if (report.origin !== "local") return report;
      }
    }
    const heldLots = async () => (await rig.venue.positions()).get(BTC);

    it("1 an order that crosses fills, at the book's price", async () => {
      expect(await outcomeOf(order("1", { pxTicks: ticks(ASK_TICKS + 50) }))).toMatchObject({
        ...{ kind: "status", status: "filled", cumQtyLots: 10, avgPxTicks: ASK_TICKS, listing: BTC, venue: 0 },
      });
    });

    it("2 an IOC that meets nothing ends with nothing filled", async () => {
      expect(await outcomeOf(order("2", { pxTicks: ticks(BID_TICKS - 100) }))).toMatchObject({
        ...{ kind: "status", status: remainder, cumQtyLots: 0, avgPxTicks: Number.NaN },
      });
    });

    it("3 an IOC larger than the book at its price ends with what it got", async () => {
      expect(await outcomeOf(order("3", { qtyLots: lots(TOP_LOTS + 50) }))).toMatchObject({
        ...{ kind: "status", status: remainder, cumQtyLots: TOP_LOTS, avgPxTicks: ASK_TICKS },
      });
    });

    it("4 an order below the minimum is rejected with the venue's code", async () => {
      const answer = await answerTo(order("4", { qtyLots: lots(1) }));
      expect(answer).toMatchObject({ kind: "rejected", code: codes.tooSmall });
    });

    it("5 an id that is open already is a duplicate, not a rejection, and the open order lives", async () => {
      expect(await rests(resting("5"))).toMatchObject({ kind: "status", status: "open", cumQtyLots: 0 });
      rig.venue.place(resting("5"));
      await rig.until(
        () => rig.heard.find("5", { kind: "duplicateId", code: codes.duplicate }),
        "the second's refusal",
      );
      expect(await queried("5")).toMatchObject({ status: "open" });
    });

    it("6 a cancelled order says how much of it had filled", async () => {
      await outcomeOf(order("6", { timeInForce: "gtc", qtyLots: lots(TOP_LOTS + 5) }), "partiallyFilled");
      const partly = rig.heard.find("6", { origin: wordOrigin, status: "partiallyFilled" });
      expect(partly).toMatchObject({ cumQtyLots: TOP_LOTS });
      expect(rig.venue.cancel(BTC, "6")).toBe(true);
      const end = await rig.until(() => rig.heard.find("6", { origin: wordOrigin, status: "canceled" }));
      expect(end).toMatchObject({ kind: "status", cumQtyLots: TOP_LOTS, avgPxTicks: ASK_TICKS });
      if (answers !== "ack") return;
      // The stream's word may be here before the answer to the cancel.
      const answered = () => rig.heard.of("6").filter(({ origin }) => origin === "response");
      await rig.until(() => answered().length >= 2, "both answers");
      expect(answered()).toMatchObject([{ kind: "ack" }, { kind: "ack", status: "none", cumQtyLots: -1 }]);
    });

    it("7 a cancel that finds nothing open says so, for an order that never was and for one that has filled", async () => {
      rig.venue.cancel(BTC, "7never");
      await rig.until(() => rig.heard.find("7never", { kind: "cancelUnknown", code: codes.cancelUnknown }));
      await outcomeOf(order("7filled"));
      rig.venue.cancel(BTC, "7filled");
      await rig.until(() => rig.heard.find("7filled", { kind: "cancelUnknown", code: codes.cancelUnknown }));
    });

    it("8 a query tells an ended order from one that is not there", async () => {
      await outcomeOf(order("8"));
      expect(await queried("8")).toMatchObject({
        ...{ kind: "status", status: "filled", cumQtyLots: 10, avgPxTicks: ASK_TICKS },
      });
      expect(await queried("8not")).toMatchObject({ kind: "notFound", status: "none", code: codes.notFound });
    });

    it("9 an order in flight when the connection breaks is unknown, and a query finds what became of it", async () => {
      await rig.placeAndBreak(order("9"));
      await rig.until(() => rig.heard.find("9", { kind: "unknown", origin: "local" }), "the unknown");
      expect(rig.heard.find("9", { origin: "response" })).toBeUndefined();
      await rig.until(() => rig.heard.status?.ordersLive, "the connection");
      expect(await queried("9")).toMatchObject({ status: "filled", cumQtyLots: 10 });
      expect(await heldLots()).toBe(10);
    });

    it("10 a stamp out of the window is refused, past and, where the venue can tell, future", async () => {
      const stampMs = rig.stampMs();
      const past = order("10past", { stampMs: (stampMs - 1500) as EpochMs, validForMs: 300 });
      const future = order("10future", { stampMs: (stampMs + 5000) as EpochMs });
      expect(await answerTo(past)).toMatchObject({ kind: "rejected", code: codes.outOfWindow });
      if (fixture.stampsMayBeAhead) {
        // The venue knows a deadline only, and this one has not come.
        expect(await outcomeOf(future)).toMatchObject({ status: "filled" });
        expect(await heldLots()).toBe(10);
      } else {
        expect(await answerTo(future)).toMatchObject({ kind: "rejected", code: codes.outOfWindow });
        expect(await heldLots()).toBe(0);
      }
    });

    it("11 quantities and prices arrive exactly, to the last lot and tick", async () => {
      for (const [index, qtyLots] of [7, 11, 13, 29].entries()) {
        const report = await outcomeOf(order(`11x${index}`, { qtyLots: lots(qtyLots) }));
        expect(report).toMatchObject({ status: "filled", cumQtyLots: qtyLots, avgPxTicks: ASK_TICKS });
      }
      expect(await heldLots()).toBe(7 + 11 + 13 + 29);
      // One tick short of the ask must not trade; the ask itself must.
      const { status } = await outcomeOf(order("11short", { pxTicks: ticks(ASK_TICKS - 1) }));
      expect(status).toBe(remainder);
    });

    it("12 the private stream ends every order, with quantities that only rise", async () => {
      const filled = await outcomeOf(order("12a"));
      const cut = await outcomeOf(order("12b", { qtyLots: lots(TOP_LOTS + 1) }));
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
      expect(await answerTo(order("13flat", sell))).toMatchObject({ kind: "rejected", code: codes.reduceOnly });
      await outcomeOf(order("13open"));
      expect(await outcomeOf(order("13close", sell))).toMatchObject({ status: "filled", cumQtyLots: 10 });
      expect(await heldLots()).toBe(0);
    });

    it("14 fill-or-kill fills whole or not at all, post-only never takes", async () => {
      const fok = await outcomeOf(order("14fok", { timeInForce: "fok", qtyLots: lots(TOP_LOTS + 1) }));
      expect(fok.kind === "rejected" || (fok.status === remainder && fok.cumQtyLots === 0)).toBe(true);
      const whole = await outcomeOf(order("14whole", { timeInForce: "fok" }));
      expect(whole).toMatchObject({ status: "filled", cumQtyLots: 10 });
      const postOnly = await outcomeOf(order("14post", { timeInForce: "postOnly" }));
      expect(postOnly.kind === "rejected" || (postOnly.status === "canceled" && postOnly.cumQtyLots === 0)).toBe(true);
      expect(await heldLots()).toBe(10);
    });

    it("15 an id whose order has ended is free again or never, as the venue really has it", async () => {
      await outcomeOf(order("15"));
      rig.venue.place(order("15"));
      const second = await rig.until(() => rig.heard.of("15").filter(({ origin }) => origin === "response")[1]);
      if (fixture.idsFreeAgain) expect(await rig.until(async () => (await heldLots()) === 20)).toBe(true);
      else {
        expect(second).toMatchObject({ kind: "duplicateId", code: codes.duplicate });
        expect(await heldLots()).toBe(10);
      }
    });

    it("16 positions are signed and net, and flat where nothing was traded", async () => {
      await outcomeOf(order("16buy", { qtyLots: lots(5) }));
      await outcomeOf(order("16sell", { side: "sell", pxTicks: ticks(BID_TICKS), qtyLots: lots(12) }));
      expect(await rig.venue.positions()).toEqual(
        new Map([
          [BTC, -7],
          [ETH, 0],
        ]),
      );
    });

    it("17 a closed venue sends nothing and has said what was under way", async () => {
      rig.venue.place(order("17"));
      rig.venue.query(BTC, "17asked");
      await rig.venue.close();
      expect(rig.heard.of("17").some(({ kind, origin }) => origin === "response" || kind === "unknown")).toBe(true);
      expect(rig.heard.of("17asked")).toHaveLength(1);
      expect(rig.venue.place(order("17after"))).toBe(false);
      expect(rig.venue.cancel(BTC, "17")).toBe(false);
      expect(rig.venue.query(BTC, "17")).toBe(false);
      expect(rig.heard.status).toMatchObject({ ordersLive: false, streamLive: false, quotesLive: false });
    });

    it("38 a list of all orders since an instant has each once, ended or not, with what it filled", async () => {
      await outcomeOf(order("38before"));
      const before = (await rig.venue.ordersSince(rig.stampMs() - 60_000)) ?? [];
      expect(before).toMatchObject([{ clientOrderId: "38before", status: "filled" }]);
      const sinceMs = before[0]!.venueMs + 1;
      // Time passes with what is asked, on virtual time too.
      while (rig.stampMs() <= sinceMs + 5) await queried("38before");
      await outcomeOf(order("38filled", { side: "sell", pxTicks: ticks(BID_TICKS), reduceOnly: true }));
      await outcomeOf(order("38partly", { qtyLots: lots(TOP_LOTS + 50) }));
      await outcomeOf(order("38nothing", { pxTicks: ticks(BID_TICKS - 100) }));
      await rests(resting("38open"));
      const orders = await rig.venue.ordersSince(sinceMs);
      expect(orders).not.toBeNull();
      const byId = (a: { clientOrderId: string }, b: { clientOrderId: string }) =>
        a.clientOrderId < b.clientOrderId ? -1 : 1;
      const all = { listing: BTC, side: "buy", reduceOnly: false };
      expect([...orders!].sort(byId)).toMatchObject([
        {
          ...all,
          clientOrderId: "38filled",
          side: "sell",
          reduceOnly: true,
          status: "filled",
          qtyLots: 10,
          cumQtyLots: 10,
        },
        { ...all, clientOrderId: "38nothing", status: remainder, qtyLots: 10, cumQtyLots: 0, avgPxTicks: Number.NaN },
        { ...all, clientOrderId: "38open", status: "open", qtyLots: 10, cumQtyLots: 0 },
        { ...all, clientOrderId: "38partly", status: remainder, qtyLots: TOP_LOTS + 50, avgPxTicks: ASK_TICKS },
      ]);
      expect(orders!.find(({ clientOrderId }) => clientOrderId === "38partly")!.cumQtyLots).toBeGreaterThanOrEqual(90);
    });

    const { paper: manners } = fixture;
    if (!manners) return;
    const paper = (): PaperVenue => rig.paper!;
    const inject = (fault: object) => paper().inject(fault);
    const kill = { kind: "killSockets", sockets: "orders" } as const;
    const lost = (id: string) =>
      rig.until(
        () => rig.heard.find(id, { kind: "unknown", origin: "local", code: LOCAL_CODES.socketLost }),
        "the loss",
      );
    /** Statuses told after `act`, until one is as `wanted`. */
    const statusAfter = (act: () => void, wanted: (status: VenueStatus) => boolean, what: string) => {
      const before = rig.heard.statuses.length;
      act();
      return rig.until(() => rig.heard.statuses.slice(before).some(wanted), what);
    };
    const live = () => rig.until(() => rig.heard.status?.ordersLive, "the connection");

    it("18 an order beyond the margin is rejected with the venue's code", async () => {
      const answer = await answerTo(order("18", { qtyLots: lots(900_000_000) }));
      expect(answer).toMatchObject({ kind: "rejected", code: codes.margin });
    });

    it.each(manners.refusals)(
      "19 answered %o, an order is %s with code %i, and did not trade",
      async (fault, kind, code) => {
        inject(fault);
        expect(await answerTo(order("19"))).toMatchObject({ kind, code, status: "none", cumQtyLots: -1 });
        // Looked at there: after some of these no query would be sent for a while.
        expect(paper().state().accounts[0]!.totals.orders).toBe(0);
      },
    );

    it("20 a timeout of the venue proves nothing: a query finds that the order traded", async () => {
      inject({ kind: "http503", variant: "unknown" });
      expect(await answerTo(order("20"))).toMatchObject({ kind: "unknown", code: manners.timeout, cumQtyLots: -1 });
      expect(await queried("20")).toMatchObject({ status: "filled", cumQtyLots: 10 });
    });

    it("21 a request lost on its way is answered by nothing until its connection goes, and then unknown", async () => {
      inject({ kind: "dropBefore" });
      expect(rig.venue.place(order("21"))).toBe(true);
      // What is sent behind it is answered, so it was not only late.
      await outcomeOf(order("21next"));
      expect(rig.heard.of("21")).toEqual([]);
      inject({ ...kill, when: "now" });
      await lost("21");
      await live();
      expect(await queried("21")).toMatchObject({ kind: "notFound" });
    });

    it("22 an answer lost after the trade leaves the stream's word", async () => {
      inject({ kind: "dropAck" });
      expect(rig.venue.place(order("22"))).toBe(true);
      const event = await rig.until(() => rig.heard.find("22", { origin: "stream", status: "filled" }), "the event");
      expect(event).toMatchObject({ cumQtyLots: 10 });
      expect(rig.heard.find("22", { origin: "response" })).toBeUndefined();
    });

    it.each([
      ["before it traded", "beforeExecute", "notFound", -1],
      ["after it traded", "afterExecute", "status", 10],
    ] as const)(
      "23 a socket cut by an order, %s: unknown, and a query finds it out",
      async (_when, when, kind, cum) => {
        inject({ ...kill, when });
        expect(rig.venue.place(order("23"))).toBe(true);
        await lost("23");
        await live();
        expect(await queried("23")).toMatchObject({ kind, cumQtyLots: cum });
      },
    );

    it("24 a socket cut behind the answer takes nothing back and says nothing twice", async () => {
      inject({ ...kill, when: "afterAnswer" });
      const place = () => expect(rig.venue.place(order("24"))).toBe(true);
      await statusAfter(place, ({ ordersLive }) => !ordersLive, "the cut");
      await live();
      await outcomeOf(order("24next"));
      expect(rig.heard.of("24").filter(({ origin }) => origin === "response")).toHaveLength(1);
      expect(rig.heard.find("24", { kind: "unknown" })).toBeUndefined();
    });

    it.each([
      ["before it was done", "beforeExecute", "open"],
      ["after it was done", "afterExecute", "canceled"],
    ] as const)("25 a socket cut by a cancel, %s: unknown, and a query finds it out", async (_when, when, status) => {
      await rests(resting("25"));
      inject({ ...kill, on: "cancel", when });
      expect(rig.venue.cancel(BTC, "25")).toBe(true);
      await lost("25");
      await live();
      expect(await queried("25")).toMatchObject({ kind: "status", status, cumQtyLots: 0 });
    });

    it.each(["beforeExecute", "afterExecute"])(
      "26 a connection cut by a query, %s: unknown, and asked again it is answered",
      async (when) => {
        await outcomeOf(order("26"));
        inject({ ...kill, on: "query", when });
        expect(rig.venue.query(BTC, "26")).toBe(true);
        await lost("26");
        await live();
        expect(await queried("26")).toMatchObject({ status: "filled", cumQtyLots: 10 });
      },
    );

    it("27 a private stream that dies is said to be dead, comes back, and orders work meanwhile", async () => {
      const cut = () => inject({ kind: "killSockets", sockets: "user", when: "now" });
      await statusAfter(cut, ({ streamLive, ordersLive }) => !streamLive && ordersLive, "the loss");
      expect((await answerTo(order("27"))).kind).toBe(answers === "final" ? "status" : "ack");
      await rig.until(() => rig.heard.status?.streamLive, "the stream");
      expect(await queried("27")).toMatchObject({ status: "filled" });
      const { status } = await outcomeOf(order("27next"));
      expect(status).toBe("filled");
      await rig.until(() => rig.heard.find("27next", { origin: "stream", status: "filled" }), "the event");
    });

    it("28 private events that are lost while the stream seems to live are found by a query", async () => {
      inject({ kind: "userStreamDrop", durationMs: 300 });
      await answerTo(order("28"));
      expect(await queried("28")).toMatchObject({ kind: "status", status: "filled", cumQtyLots: 10 });
      expect(rig.heard.find("28", { origin: "stream" })).toBeUndefined();
    });

    it("29 private events told twice are passed on twice and say the same", async () => {
      inject({ kind: "duplicateEvents", times: 2 });
      await outcomeOf(order("29"));
      const events = await rig.until(() => {
        const found = rig.heard.of("29").filter(({ origin, status }) => origin === "stream" && status === "filled");
        return found.length >= 2 && found;
      }, "both events");
      expect(new Set(events.map(({ cumQtyLots }) => cumQtyLots))).toEqual(new Set([10]));
    });

    it("30 a fill of somebody else on the account is passed on under its own id", async () => {
      const { exchange } = paper();
      const [account] = exchange.accounts.values();
      exchange.place(account!, {
        ...{ symbol: [...exchange.listings.keys()][0]!, side: "buy", timeInForce: "ioc", price: "61800.1" },
        ...{ quantity: manners.quantity(3), clientOrderId: "somebodyElse", reduceOnly: false, preventSelfTrade: false },
      });
      exchange.flush();
      const event = await rig.until(() => rig.heard.find("somebodyElse", { status: "filled" }), "the event");
      expect(event).toMatchObject({ kind: "status", origin: "stream", cumQtyLots: 3, listing: BTC });
      expect(await heldLots()).toBe(3);
    });

    it("31 the venue's clock is known to within the error stated", () => {
      const { clockOffsetMs, clockErrorMs } = rig.heard.statuses.find((status) => !Number.isNaN(status.clockOffsetMs))!;
      // The venue's clock, and ours beside it, are read in whole milliseconds.
      expect(Math.abs(clockOffsetMs - SKEW_MS)).toBeLessThanOrEqual(clockErrorMs + 2);
    });

    it("32 a burst of orders is answered one by one, each with its own quantity", async () => {
      const ids = Array.from({ length: 8 }, (_, index) => `32x${index}`);
      for (const [index, id] of ids.entries())
        expect(rig.venue.place(order(id, { qtyLots: lots(2 + index) }))).toBe(true);
      for (const [index, id] of ids.entries()) {
        const end = await rig.until(() => rig.heard.find(id, { origin: wordOrigin, status: "filled" }), id);
        expect(end.cumQtyLots).toBe(2 + index);
        const answered = () => rig.heard.of(id).filter(({ origin }) => origin === "response");
        // Stream and answer come over two sockets: either may be first.
        await rig.until(() => answered().length > 0, `the answer to ${id}`);
        expect(answered()).toHaveLength(1);
      }
    });

    it("37 a connection that answers heartbeats but no request is given up: unknown, and a query finds it out", async () => {
      inject({ kind: "stallBody" });
      inject({ kind: "userStreamDrop", durationMs: 300 });
      expect(rig.venue.place(order("37"))).toBe(true);
      await rig.until(() => rig.heard.find("37", { kind: "unknown", origin: "local" }), "the unknown");
      await live();
      expect(await queried("37")).toMatchObject({ status: "filled", cumQtyLots: 10 });
      expect(rig.heard.of("37").filter(({ origin }) => origin !== "query")).toHaveLength(1);
    });

    it("39 a list that takes many answers has every order, in whatever direction it is read", async () => {
      const { exchange } = paper();
      const [account] = exchange.accounts.values();
      const sinceMs = rig.stampMs() - 60_000;
      const symbol = [...exchange.listings.keys()][BTC]!;
      for (let n = 0; n < 330; n++) {
        exchange.place(account!, {
          ...{
            symbol,
            clientOrderId: `39x${n}`,
            side: n % 2 === 0 ? "buy" : "sell",
            price: n % 2 === 0 ? "62000" : "61000",
          },
          ...{
            timeInForce: "ioc",
            quantity: manners.quantity(2 + (n % 3)),
            reduceOnly: false,
            preventSelfTrade: false,
          },
        });
        if (n % 10 === 9) await new Promise((done) => setTimeout(done, 2));
      }
      exchange.flush();
      const orders = (await rig.venue.ordersSince(sinceMs)) ?? [];
      const told = new Map(orders.map(({ clientOrderId, cumQtyLots }) => [clientOrderId, cumQtyLots]));
      const lost = Array.from({ length: 330 }, (_, n) => n).filter(
        (n) => told.get(`39x${n}`) !== account!.orderByClientId(`39x${n}`)!.cumLots,
      );
      expect(lost).toEqual([]);
      expect(orders).toHaveLength(330);
    });

    describe("with another exchange", () => {
      const reopen = async (changes: Parameters<VenueFixture["open"]>[0]) => {
        await rig.close();
        rig = await fixture.open(changes);
      };

      it("33 a filled quantity that is no whole lot is unknown, and never rounded", async () => {
        await reopen({ btc: manners.fraction.btc });
        inject({ kind: "partial", quantity: manners.fraction.quantity });
        const fields = order("33", { qtyLots: lots(20) });
        expect(rig.venue.place(fields)).toBe(true);
        const report = await rig.until(
          () => rig.heard.find("33", { origin: wordOrigin, code: LOCAL_CODES.qtyNotLots }),
          "the unknown",
        );
        expect(report).toMatchObject({ kind: "unknown", status: "none", cumQtyLots: -1 });
        await expect(rig.venue.positions()).rejects.toMatchObject({ name: "VenueError", code: "MALFORMED" });
      });

      it.each(manners.misfits)("34 a listing that does not fit (%j) is refused by its field", async (btc, field) => {
        await expect(fixture.open({ btc })).rejects.toMatchObject({ name: "VenueError", code: "LISTING", field });
      });

      it("40 rules that change while it is connected are told, with what they forbid and until they change back", async () => {
        const { faults, exchange } = rig.paper!;
        const [symbol] = [...exchange.listings.keys()];
        const misfitsWith = async (rules: object) => {
          faults.clear();
          inject({ kind: "clockSkew", ms: SKEW_MS, durationMs: 600_000 });
          inject({ kind: "otherRules", symbol, durationMs: 60_000, ...rules });
          return rig.venue.misfits();
        };
        expect(await misfitsWith({})).toEqual([]);
        // Ours may be coarser than the exchange's.
        expect(await misfitsWith({ tickSize: "0.05", lotSize: "0.0005" })).toEqual([]);
        const tick = { listing: BTC, level: 1, field: "tickSize" };
        const ours = expect.stringMatching(/^BTC.* at alpha: tickSize is 0\.1, the exchange's is 0?\.5$/);
        expect(await misfitsWith({ tickSize: "0.5" })).toEqual([{ ...tick, what: ours }]);
        const lot = expect.objectContaining({ listing: BTC, level: 1, field: "lotSize" });
        expect(await misfitsWith({ lotSize: "0.005" })).toContainEqual(lot);
        const { contractField } = manners;
        if (contractField !== undefined) {
          const field = contractField;
          const what = expect.stringMatching(new RegExp(`${field} is 0\\.01, the exchange's is 0\\.1$`));
          const grown = await misfitsWith({ contractSize: "0.1", lotSize: "0.01" });
          expect(grown).toContainEqual({ listing: BTC, level: 2, field, what });
        }
        expect(await misfitsWith({})).toEqual([]);
      });

      it("41 a quote says when it was made, by the exchange's clock", async () => {
        const { exchange } = rig.paper!;
        const [listing] = [...exchange.listings.values()];
        const [bidTicks, askTicks, count] = [BID_TICKS - 50, ASK_TICKS - 50, rig.heard.quotes.length];
        // Two clocks of one machine, read to the ms.
        const fromMs = Date.now() + SKEW_MS - 50;
        exchange.quote(listing!, { bidTicks, bidLots: TOP_LOTS, askTicks, askLots: TOP_LOTS });
        exchange.flush();
        const quote = await rig.until(
          () => rig.heard.quotes.slice(count).find((each) => each.listing === BTC && each.bidTicks === bidTicks),
          "the new quote",
        );
        expect(quote.venueMs).toBeGreaterThanOrEqual(fromMs);
        expect(quote.venueMs).toBeLessThanOrEqual(Date.now() + SKEW_MS + 50);
      });

      it("35 a secret that is not the key's is refused as that, at once", async () => {
        const refused = fixture.open({ wrongSecret: true });
        await expect(refused).rejects.toMatchObject({ name: "VenueError", code: "AUTH" });
        await expect(refused).rejects.not.toThrow(/secret/);
      });

      it("36 a key that can withdraw is recognised, and one that cannot too", async () => {
        expect(await rig.venue.permissions()).toEqual({ canTrade: true, canWithdraw: false });
        await reopen({ canWithdraw: true });
        expect(await rig.venue.permissions()).toEqual({ canTrade: true, canWithdraw: true });
      });
    });
  });
}
