/**
 * The crash cases of reliability.md §7 by number, each with the test that holds it, and here those that no other file has.
 */
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, test } from "vitest";
import { clientOrderId } from "../../src/core/client-order-id.ts";
import { ALPHA, BETA, BTC_PERP, ETH_PERP } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";

/** Number, what happens, where it is tested, and the beginning of the test's name. */
const CASES: readonly (readonly [number: number, what: string, file: string, name: string])[] = [
  [1, "a crash before the write", "lane/recovery", "case 1:"],
  [2, "a crash between write and send", "lane/recovery", "case 2:"],
  [3, "a crash between send and answer", "lane/recovery", "case 3:"],
  [4, "a crash between fill and its journaling", "lane/recovery", "case 4:"],
  [5, "power loss: the log's tail is gone, its orders are not", "lane/amnesia", "%s: orders that the log has lost"],
  [5, "the same at every venue's own language", "lane/amnesia-languages", "%s: an orphan is found and adopted"],
  [6, "a second death while venues are asked", "lane/amnesia", "case 6:"],
  [7, "the log has lost several orders of one signal", "lane/amnesia", "case 7:"],
  [8, "no answer in time", "lane/recovery", "case 8: no answer in time"],
  [9, "a duplicate-id reject", "lane/recovery", "case 9:"],
  [10, "a fill after the end", "lane/crash-cases", "case 10:"],
  [11, "a duplicate before the first is durable", "gateway/receiver", "answers only after the journal covers it"],
  [11, "a duplicate over a restart", "intake/recovery", "case 11:"],
  [12, "an early 2xx", "intake/recovery", "case 12:"],
  [13, "signal durable, order lost with the power", "lane/amnesia", "%s: orders that the log has lost"],
  [14, "a full disk", "lane/disk-full", "a full disk: no 2xx"],
  [14, "a disk that fails a sync", "journal/disk", "is found out by the sync"],
  [15, "an order that nobody knows, on the private stream", "lane/crash-cases", "case 15:"],
  [16, "the venue's clock is not known", "lane/crash-cases", "case 16:"],
  [17, "a partial fill, then a timeout or a crash", "lane/recovery", "case 17: a partial fill, then a crash"],
  [18, "two legs, one of them in doubt", "lane/crash-cases", "case 18:"],
  [18, "the naked leg is trimmed in time", "core/pair-route", "trims the long leg, reduce-only and with an alarm"],
];

it("all eighteen cases have a test, where this table says", () => {
  expect([...new Set(CASES.map(([number]) => number))]).toEqual(Array.from({ length: 18 }, (_, n) => n + 1));
  const missing = CASES.filter(([, , file, name]) => {
    const text = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), "utf8");
    return !new RegExp(`^\\s*(it|test|describe)?(\\.each)?.*"${escaped(name)}`, "m").test(text);
  });
  expect(missing).toEqual([]);
});

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\%]/g, "\\$&");

describe("case 10: a fill after EXPIRED or CANCELED", () => {
  it.each(["expired", "canceled"] as const)(
    "of a shield after %s is adopted, alarmed, and its surplus unwound",
    (end) => {
      const rig = CoreRig.ready();
      rig.signal({ strength: 0.5 });
      const first = rig.order();
      rig.status(first, end, 0);
      const second = rig.order();
      rig.fill(second);
      rig.take();
      rig.status({ ...first }, "filled", first.qtyLots);
      const commands = rig.take();
      expect(alarmsIn(commands)).toContain("LATE_FILL");
      expect(rig.held(BTC_PERP)).toBe(-2 * first.qtyLots);
      const unwound = commands.flatMap((each) => (each.type === "place" ? [each.child] : []));
      expect(unwound.length).toBeGreaterThan(0);
      for (const { side, reduceOnly } of unwound) expect([side, reduceOnly]).toEqual(["buy", true]);
      for (let orders = unwound; orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
      expect(rig.held(BTC_PERP)).toBe(-first.qtyLots);
    },
  );

  it("of a position that is flat by then is adopted, alarmed and closed, leg by leg", () => {
    const rig = CoreRig.ready({ shields: [], signals: [{ notional: 6000, stopLoss: 1 }] });
    rig.signal({ kind: "open", confidence: 0.9, horizonMs: 1e9 });
    const [primary, hedge] = rig.placed();
    rig.status(primary!, "expired", 0);
    rig.status(hedge!, "expired", 0);
    // Nothing is to be had, and the position is given up: flat.
    for (let turn = 0; turn < 60 && rig.core.playbooks[0]!.position.state !== "flat"; turn++) {
      for (const order of rig.placed()) rig.status(order, "expired", 0);
      rig.pass(300, true);
    }
    expect(rig.core.playbooks[0]!.position.state).toBe("flat");
    rig.take();
    rig.status({ ...primary! }, "filled", primary!.qtyLots);
    expect(alarmsIn(rig.log)).toContain("LATE_FILL");
    expect(rig.core.playbooks[0]!.position.state).toBe("closing");
    const [unwind] = rig.placed();
    expect(unwind).toMatchObject({ reduceOnly: true, qtyLots: primary!.qtyLots, venue: primary!.venue });
    rig.fill(unwind!);
    expect([rig.held(BTC_PERP), rig.held(ETH_PERP)]).toEqual([0, 0]);
    expect(rig.core.playbooks[0]!.position.state).toBe("flat");
  });
});

describe("case 15: a result for an id that nobody here knows, on the private stream", () => {
  let lane: LaneRig | undefined;
  afterEach(() => lane?.close());

  it("made as ours are: ORPHAN and REDUCING, even before it fills; once it has ended unfilled it is nothing", () => {
    const rig = CoreRig.ready();
    rig.signal({ strength: 0.5 });
    const known = rig.order();
    rig.take();
    const ours = { ...known, clientOrderId: clientOrderId("fedcba9876543210", 1, 0, 0, ALPHA) };
    rig.status(ours, "expired", 0);
    // Of another venue's making: no id of ours there.
    rig.status({ ...ours, clientOrderId: clientOrderId("fedcba9876543210", 1, 0, 0, BETA) }, "open", 0);
    expect(rig.take()).toEqual([]);
    rig.status(ours, "open", 0);
    expect(alarmsIn(rig.take())).toEqual(["ORPHAN", "STATE_CHANGED"]);
    expect(rig.core.risk.state).toBe("reducing");
  });

  test("over a real private stream: it fills, is alarmed, and nothing opens until an operator has explained it", async () => {
    lane = await LaneRig.start({ venues: 1 });
    const boot = await lane.boot("inline");
    await eventually(() => boot.btc().state === "active");
    lane.market.buyUnasked(0, clientOrderId("fedcba9876543210", 1, 0, 0, 0), "0.005");
    await eventually(() => boot.btc().state === "reducing");
    expect(boot.alarms.map(({ code }) => code)).toContain("ORPHAN");
    boot.host.submit(lane.signal(0.1));
    await eventually(() => boot.verdicts.length > 0);
    expect(boot.verdicts[0]).toMatchObject({ outcome: "refused", refusal: { code: "STATE_NOT_ACTIVE" } });
    expect(lane.market.orders(0).size).toBe(1);
  });
});

it("case 16: while a venue's clock is not known no order is stamped for it, whatever else is live", () => {
  const rig = CoreRig.ready();
  for (const venue of [0, 1, 2]) rig.venue(venue, { clockOffsetMs: Number.NaN, clockErrorMs: Number.NaN });
  rig.take();
  expect(rig.signal({ strength: 0.5 })).toMatchObject({ outcome: "deferred" });
  expect(rig.placed()).toEqual([]);
  rig.venue(BETA, { clockOffsetMs: 40 });
  // Stamped by that venue's clock, not by ours.
  expect(rig.order()).toMatchObject({ venue: BETA, stampMs: rig.at.wallMs + 40 });
});

it("case 18: two legs, one in doubt: only what is certainly naked is trimmed, the doubt alarmed and asked for", () => {
  const signals = [{ notional: 6000, stopLoss: 1 }];
  const rig = CoreRig.ready({ shields: [], signals, router: { nakedLegMsMax: 300 } });
  rig.signal({ kind: "open", confidence: 0.9, horizonMs: 1e9 });
  const [primary, hedge] = rig.placed();
  expect([primary!.instrument, hedge!.instrument]).toEqual([BTC_PERP, ETH_PERP]);
  rig.fill(primary!);
  rig.pass(700, true);
  const asked = rig.take();
  expect(alarmsIn(asked)).toEqual(expect.arrayContaining(["UNKNOWN_OUTCOME", "NAKED_LEG"]));
  expect(asked.filter(({ type }) => type === "cancel" || type === "query").length).toBeGreaterThan(0);
  // The hedge may have filled: neither is it sent again, nor the primary sold for it.
  expect(asked.filter(({ type }) => type === "place")).toEqual([]);
  rig.status(hedge!, "canceled", 0);
  rig.pass(700, true);
  const orders = rig.placed();
  expect(orders.length).toBeGreaterThan(0);
  for (const order of orders) expect(order.instrument === ETH_PERP || order.reduceOnly).toBe(true);
});
