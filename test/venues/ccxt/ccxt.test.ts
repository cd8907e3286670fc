/** The ccxt venue with ccxt's real client in its real thread, against the paper exchange over loopback. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { OrderRequest } from "../../../src/domain/order.ts";
import { lots, ticks } from "../../../src/domain/units.ts";
import { SystemClock } from "../../../src/time/clock.ts";
import { createCcxt } from "../../../src/venues/ccxt/ccxt.ts";
import type { CcxtOptions } from "../../../src/venues/ccxt/options.ts";
import { type CcxtRig, ccxtOptions, ccxtRig, startCcxtPaper } from "../support/ccxt-rig.ts";
import { BTC, ETH, testDirectory } from "../support/directory.ts";
import { Recorder } from "../support/recorder.ts";
import { ASK_TICKS, SKEW_MS } from "../support/rig.ts";

const PAPER_KEY = "paper-key";
const SABOTEUR = new URL("../support/ccxt-saboteur.ts", import.meta.url).href;

const orderOf =
  (rig: CcxtRig) =>
  (clientOrderId: string, fields: Partial<OrderRequest> = {}): OrderRequest => ({
    clientOrderId,
    listing: BTC,
    side: "buy",
    qtyLots: lots(2),
    pxTicks: ticks(ASK_TICKS),
    timeInForce: "ioc",
    reduceOnly: false,
    stampMs: rig.stampMs(),
    validForMs: 1000,
    ...fields,
  });

/** As the exchange has it: the truth a report is held against. */
function truth(rig: CcxtRig, clientOrderId: string) {
  const account = rig.paper.exchange.accounts.get(PAPER_KEY)!;
  return account.orderByClientId(clientOrderId);
}

describe("one venue", () => {
  let rig: CcxtRig;
  let order: ReturnType<typeof orderOf>;
  beforeAll(async () => {
    rig = await ccxtRig()();
    order = orderOf(rig);
    await rig.until(() => rig.heard.quotes.length > 0, "the first quote");
  });
  afterEach(() => {
    rig.paper.faults.clear();
    rig.paper.faults.add({ kind: "clockSkew", ms: SKEW_MS, durationMs: 600_000 });
  });
  afterAll(() => rig.close());

  it("paces nothing: sixty orders at once are all answered, in the order they were placed", async () => {
    const ids = Array.from({ length: 60 }, (_, at) => `burst-${at}`);
    // Not marketable: each rests nowhere and ends at once. ccxt's own limiter would take 15 s over it.
    for (const id of ids) expect(rig.venue.place(order(id, { pxTicks: ticks(ASK_TICKS - 500) }))).toBe(true);
    await rig.until(() => ids.every((id) => rig.heard.find(id, { origin: "response" })), "sixty answers");
    const executed = ids.map((id) => truth(rig, id)!.orderId);
    expect(executed).toEqual([...executed].sort((a, b) => a - b));
  });

  it("hands on every event of the private stream, though ccxt's own cache merges them", async () => {
    const ids = Array.from({ length: 30 }, (_, at) => `event-${at}`);
    for (const id of ids) rig.venue.place(order(id, { pxTicks: ticks(ASK_TICKS - 500) }));
    for (const status of ["open", "expired"] as const) {
      await rig.until(() => ids.every((id) => rig.heard.find(id, { origin: "stream", status })), `30 times ${status}`);
    }
  });

  it("says nothing of an order whose answer is lost, and a query finds it", async () => {
    rig.paper.faults.add({ kind: "dropAck", on: "place", userEvent: true });
    rig.venue.place(order("lost", { listing: BTC }));
    rig.venue.place(order("after"));
    await rig.until(() => rig.heard.find("after", { origin: "response" }), "the answer of the order after it");
    expect(rig.heard.of("lost")).toEqual([]);
    rig.venue.query(BTC, "lost");
    const found = await rig.until(() => rig.heard.find("lost", { origin: "query" }));
    expect(found).toMatchObject({ kind: "status", status: "filled", cumQtyLots: truth(rig, "lost")!.cumLots });
  });

  it("calls a code of no table unknown, whatever class ccxt gives it", async () => {
    for (const [code, kind] of [
      [-2019, "rejected"],
      [-4116, "duplicateId"],
      [-1007, "unknown"],
      [-9999, "unknown"],
    ] as const) {
      rig.paper.faults.add({ kind: "reject", on: "place", code, msg: "as scripted" });
      rig.venue.place(order(`code${code}`));
      const report = await rig.until(() => rig.heard.find(`code${code}`, { origin: "response" }), `code ${code}`);
      expect(report).toMatchObject({ kind, code });
    }
  });

  it("replaces a private stream that was cut, and hears of orders again", async () => {
    const before = rig.heard.statuses.length;
    rig.paper.inject({ kind: "killSockets", on: "any", sockets: "user", when: "now" });
    await rig.until(() => rig.heard.statuses.slice(before).some(({ streamLive }) => !streamLive), "the stream's end");
    await rig.until(() => rig.heard.status?.streamLive, "the stream again");
    rig.venue.place(order("again", { pxTicks: ticks(ASK_TICKS - 500) }));
    await rig.until(() => rig.heard.find("again", { origin: "stream", status: "expired" }), "its event");
  });

  it("tells positions and what the key may do", async () => {
    rig.venue.place(order("held", { side: "sell", qtyLots: lots(3), pxTicks: ticks(ASK_TICKS - 1) }));
    await rig.until(() => rig.heard.find("held", { origin: "response", status: "filled" }));
    const account = rig.paper.exchange.accounts.get(PAPER_KEY)!;
    const listing = rig.paper.exchange.listings.get("BTCUSDT")!;
    const positions = await rig.venue.positions();
    expect(positions.get(BTC)).toBe(account.position(listing).netLots);
    expect(positions.get(ETH)).toBe(0);
    expect(await rig.venue.permissions()).toEqual({ canTrade: true, canWithdraw: false });
  });
});

describe("the thread dies", () => {
  let rig: CcxtRig;
  afterAll(async () => {
    delete process.env["CCXT_SABOTAGE"];
    await rig?.close();
  });

  it("and no order's outcome is lost, at whatever step it dies", async () => {
    const steps = ["received", "sent", "answer", "event", "throw", "loop"] as const;
    // A thread reads its step when it is started, so the next one's is set before this one dies.
    process.env["CCXT_SABOTAGE"] = steps[0];
    rig = await ccxtRig({ worker: SABOTEUR, stallMs: 2500 })();
    const order = orderOf(rig);
    for (const [at, step] of steps.entries()) {
      process.env["CCXT_SABOTAGE"] = steps[at + 1] ?? "";
      const id = `${step}-order`;
      const before = rig.heard.statuses.length;
      expect(rig.venue.place(order(id))).toBe(true);
      expect(rig.venue.query(BTC, `${step}-question`)).toBe(true);
      await rig.until(
        () => rig.heard.statuses.slice(before).some(({ ordersLive }) => !ordersLive),
        `the end by ${step}`,
      );
      // What was under way was said to be unknown, each once, before anything else was heard of it.
      for (const asked of step === "event" ? [] : [id, `${step}-question`]) {
        const unknown = rig.heard.of(asked).filter(({ kind, origin }) => kind === "unknown" && origin === "local");
        const answered = rig.heard.of(asked).filter(({ origin }) => origin === "response" || origin === "query");
        expect(unknown.length + answered.length).toBe(1);
      }
      const live = () => rig.heard.status?.ordersLive && rig.heard.status.streamLive;
      // On a busy machine a thread is longer in coming than one wait is long.
      await rig.until(live, "a new thread").catch(() => rig.until(live, `a new thread after ${step}`));
      rig.venue.query(BTC, id);
      const said = await rig.until(
        () => rig.heard.of(id).find(({ kind, origin }) => origin === "query" && kind !== "unknown"),
        `what became of ${id}`,
      );
      const executed = truth(rig, id);
      if (executed === undefined) expect(said.kind).toBe("notFound");
      else expect(said).toMatchObject({ kind: "status", status: "filled", cumQtyLots: executed.cumLots });
      // The steps mean what their names say.
      expect(executed === undefined).toBe(step === "received");
    }
  });
});

describe("connecting", () => {
  it.each<[string, Partial<CcxtOptions>, { code: string; field?: string }]>([
    ["a key the exchange does not know", { credentials: { apiKey: "wrong", secret: "wrong" } }, { code: "AUTH" }],
    ["no key at all", { credentials: {} }, { code: "AUTH", field: "credentials" }],
    ["no exchange of that name", { exchange: "nosuch" }, { code: "UNSUPPORTED", field: "exchange" }],
    ["an exchange whose ids are integers", { exchange: "htx" }, { code: "UNSUPPORTED", field: "clientOrderId" }],
    ["a prediction market that takes no ids", { exchange: "prediction/polymarket" }, { code: "UNSUPPORTED" }],
    ["no paper exchange that speaks it", { exchange: "kraken" }, { code: "UNSUPPORTED", field: "environment" }],
    [
      "a testnet that does not exist",
      { exchange: "kraken", environment: { type: "testnet" } },
      { code: "UNSUPPORTED", field: "environment" },
    ],
  ])("fails with a code on %s", async (_, changes, expected) => {
    const paper = await startCcxtPaper();
    const venue = createCcxt(
      { ...ccxtOptions(paper.venues[0]!.port), connectTimeoutMs: 20_000, ...changes },
      new Recorder(),
      testDirectory(),
      new SystemClock(),
    );
    await expect(venue.connect()).rejects.toMatchObject(expected);
    expect(venue.query(BTC, "any")).toBe(false);
    await paper.close();
  });
});
