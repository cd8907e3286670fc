/** The OKX dialect's payloads against recorded and documented ones, key by key and type by type. Gaps are listed with their reason. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import type { Json } from "../client.ts";
import { gaps, recorded as recordedAt, recordingsPresent } from "../parity.ts";
import { INST_ID, limit, OkxWire, openPrivate, quote, rest, startOkx } from "./okx-client.ts";

const present = recordingsPresent();
const recorded = (file: string) => recordedAt(`okx/${file}`) as Json;

/** What the dialect said, by what it was. */
const told = new Map<string, Json>();
let server: PaperServer;

beforeAll(async () => {
  const started = await startOkx();
  server = started.server;
  const { venue } = started;
  quote(venue, 600_000, 600_001);
  const api = await openPrivate(venue);
  const market = await OkxWire.open(venue, "/ws/v5/public");
  const message = (wire: OkxWire, channel: string, wanted: (each: Json) => boolean = () => true) =>
    wire.wire.next(
      (each) => (each["arg"] as Json | undefined)?.["channel"] === channel && "data" in each && wanted(each),
    );
  told.set("login", (await (await OkxWire.open(venue, "/ws/v5/private")).login()) as Json);
  told.set("subscribed", await api.subscribe({ channel: "orders", instType: "SWAP" }));
  await api.subscribe({ channel: "account" });
  await market.subscribe(...["books", "bbo-tbt", "trades"].map((channel) => ({ channel, instId: INST_ID })));
  told.set("place", await api.call("order", [limit({ clOrdId: "p1" })]));
  told.set("refusal", await api.call("order", [limit({ sz: "900000" })]));
  told.set("malformed", await api.call("order", []));
  told.set("restPlace", (await rest(venue, "/api/v5/trade/order", limit({ clOrdId: "p2" }))).json);
  const resting = { ordType: "limit", px: "59000" };
  await api.call("order", [limit({ ...resting, clOrdId: "p3" })]);
  await api.call("order", [limit({ ...resting, clOrdId: "p4" })]);
  told.set("pending", (await rest(venue, "/api/v5/trade/orders-pending")).json);
  told.set("cancel", await api.call("cancel-order", [{ instId: INST_ID, clOrdId: "p3" }]));
  told.set("cancelRefusal", await api.call("cancel-order", [{ instId: INST_ID, clOrdId: "p3" }]));
  told.set("restCancel", (await rest(venue, "/api/v5/trade/cancel-order", { instId: INST_ID, clOrdId: "p4" })).json);
  told.set("order", (await rest(venue, `/api/v5/trade/order?instId=${INST_ID}&clOrdId=p1`)).json);
  told.set("history", (await rest(venue, "/api/v5/trade/orders-history?instType=SWAP")).json);
  told.set("fill", ((await rest(venue, "/api/v5/trade/fills")).json["data"] as Json[])[0]!);
  told.set("positions", (await rest(venue, "/api/v5/account/positions")).json);
  told.set("balance", (await rest(venue, "/api/v5/account/balance")).json);
  told.set("book", (await rest(venue, `/api/v5/market/books?instId=${INST_ID}&sz=5`)).json);
  const { json } = await rest(venue, "/api/v5/public/instruments?instType=SWAP");
  told.set("instruments", json);
  told.set("push", await message(api, "orders", (each) => JSON.stringify(each).includes('"state":"filled"')));
  told.set("account", await message(api, "account"));
  told.set("snapshot", await message(market, "books"));
  quote(venue, 600_010, 600_012);
  const bothSides = (each: Json) =>
    [(each["data"] as Json[])[0]!["bids"], (each["data"] as Json[])[0]!["asks"]].every(
      (side) => (side as []).length > 0,
    );
  told.set("update", await message(market, "books", (each) => each["action"] === "update" && bothSides(each)));
  told.set("bbo", await message(market, "bbo-tbt"));
  told.set("trades", await message(market, "trades"));
});

afterAll(() => server.close());

/** Subscribed with an instrument where ours was with a type only. */
const SUBSCRIBED_BY_INSTRUMENT = ["arg.instId"];

test.skipIf(!present).each([
  ["ws_orders.json", "push", []],
  ["ws_orders_ioc.json", "push", []],
  ["ws_orders_fok.json", "push", []],
  ["ws_orders_adl.json", "push", []],
  ["ws_orders_liquidation.json", "push", []],
  ["ws_orders_optimal_limit_ioc.json", "push", []],
  ["ws_account.json", "account", []],
  ["ws_books_snapshot.json", "snapshot", []],
  ["ws_books_update.json", "update", []],
  ["ws_bbo_tbt.json", "bbo", []],
  ["ws_trades.json", "trades", []],
  ["http_get_orders_history.json", "history", []],
  ["http_get_orders_pending.json", "pending", []],
  ["http_get_positions.json", "positions", []],
  ["http_get_account_balance.json", "balance", []],
  ["http_get_order_book.json", "book", []],
  ["http_transaction_detail.json", "fill", []],
] as const)("%s has no key or type that %s lacks, but for %o", (file, kind, allowed) => {
  expect(gaps(recorded(file), told.get(kind))).toEqual(allowed);
});

test.skipIf(!present)("a recorded instrument has no key or type that ours lacks", () => {
  const rows = recorded("ws_instruments.json")["data"];
  expect(gaps(rows, told.get("instruments")!["data"])).toEqual([]);
});

test.skipIf(!present)("a recorded acknowledgement has no key or type that our items lack", () => {
  const ours = (told.get("place")!["data"] as Json[])[0];
  expect(gaps(recorded("http_place_order_response.json"), ours)).toEqual([]);
});

interface Documented {
  readonly doc: string;
  readonly json: Json;
}

const documented: readonly Documented[] = present
  ? (recordedAt("vendor-docs/okx_trade_examples.json") as Documented[])
  : [];

/** Every documented example of one page that `wanted` accepts. */
function examples(page: string, wanted: (json: Json) => boolean): Json[] {
  return documented.filter(({ doc, json }) => doc.endsWith(`/${page}.md`) && wanted(json)).map(({ json }) => json);
}

const answers = (json: Json) => "data" in json;
const withCode = (code: string) => (json: Json) => answers(json) && json["code"] === code;

test.skipIf(!present).each([
  ["trading-trade-ws-place-order", withCode("0"), "place", []],
  ["trading-trade-ws-place-order", withCode("1"), "refusal", []],
  ["trading-trade-ws-place-order", withCode("60013"), "malformed", []],
  ["trading-trade-ws-cancel-order", withCode("0"), "cancel", []],
  ["trading-trade-ws-cancel-order", withCode("1"), "cancelRefusal", []],
  ["trading-trade-post-place-order", answers, "restPlace", []],
  ["trading-trade-post-cancel-order", answers, "restCancel", []],
  ["trading-trade-get-order-details", answers, "order", []],
  ["trading-trade-get-order-list", answers, "pending", []],
  ["trading-trade-ws-order-channel", answers, "push", SUBSCRIBED_BY_INSTRUMENT],
  ["trading-trade-ws-order-channel", (json: Json) => json["event"] === "subscribe", "subscribed", null],
] as const)("the documented examples of %s have no key or type that ours lacks", (page, wanted, kind, allowed) => {
  const found = examples(page, wanted);
  expect(found.length).toBeGreaterThan(0);
  for (const json of found) {
    const missing = gaps(json, told.get(kind));
    // What is echoed of a subscription is what was asked for.
    if (allowed === null) expect(missing.every((path) => path.startsWith("arg."))).toBe(true);
    else expect(missing).toEqual(allowed);
  }
});

/** Real captures: every line that OKX sent, by channel. */
const captured: readonly Json[] = present
  ? readFileSync(new URL("../../../../shared/data/wire/cryptofeed/OKX.ws.1.0.head400.txt", import.meta.url), "utf8")
      .split("\n")
      .map((line) => /^[\d.]+: (\{.*)$/.exec(line)?.[1])
      .filter((line) => line !== undefined)
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as Json];
        } catch {
          return [];
        }
      })
  : [];

test.skipIf(!present).each([
  ["books", "snapshot", "snapshot"],
  ["books", "update", "update"],
  ["trades", undefined, "trades"],
] as const)("no captured message of %s (%s) has a key or type that ours lacks", (channel, action, kind) => {
  const lines = captured.filter(
    (json) => (json["arg"] as Json | undefined)?.["channel"] === channel && "data" in json && json["action"] === action,
  );
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(gaps(line, told.get(kind))).toEqual([]);
});
