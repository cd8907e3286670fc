/** The spot dialect's payloads against recorded and documented ones, key by key and type by type. Gaps are listed with their reason. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import { type Json, limit, quote, rest, signed, startVenue, Wire } from "../client.ts";
import { gaps, recorded, recordingsPresent } from "../parity.ts";

const present = recordingsPresent();
const told = new Map<string, unknown>();
let server: PaperServer;

beforeAll(async () => {
  const started = await startVenue({ dialect: "binance-spot", assets: { BTC: "5" } });
  server = started.server;
  const { venue } = started;
  quote(venue, 600_000, 600_001, 1000, 10);
  const api = await Wire.open(venue, "/ws-api/v3");
  told.set("subscribed", await api.call("userDataStream.subscribe.signature", signed({})));
  told.set("status", await api.call("session.status"));
  const market = await Wire.open(venue, "/stream?streams=btcusdt@bookTicker/btcusdt@aggTrade/btcusdt@trade");
  const place = (over: Json) => api.call("order.place", signed(limit(over)));
  const event = async (x: string, clientOrderId: string) => {
    const found = await api.next((message) => {
      const report = message["event"] as Json | undefined;
      return report?.["x"] === x && [report["c"], report["C"]].includes(clientOrderId);
    });
    return found;
  };
  told.set("full", await place({ newClientOrderId: "full", newOrderRespType: "FULL" }));
  told.set("result", await place({ newClientOrderId: "none", side: "SELL", price: "60000.0" }));
  told.set(
    "ack",
    await place({ newClientOrderId: "gtc", newOrderRespType: "ACK", timeInForce: "GTC", price: "59000.0" }),
  );
  told.set("openOrders", (await rest(venue, "GET", "/api/v3/openOrders")).json);
  told.set("new", await event("NEW", "gtc"));
  told.set("cancel", await api.call("order.cancel", signed({ symbol: "BTCUSDT", origClientOrderId: "gtc" })));
  told.set("canceled", await event("CANCELED", "gtc"));
  told.set("trade", await event("TRADE", "full"));
  await place({ newClientOrderId: "gone", price: "59000.0" });
  told.set("expired", await event("EXPIRED", "gone"));
  told.set("account event", await api.next((message) => "B" in ((message["event"] as Json | undefined) ?? {})));
  told.set("order", await api.call("order.status", signed({ symbol: "BTCUSDT", origClientOrderId: "full" })));
  told.set("refusal", await place({ quantity: "0.0101" }));
  for (const kind of ["bookTicker", "aggTrade", "trade"])
    told.set(
      kind === "trade" ? "public trade" : kind,
      await market.next((message) => message["stream"] === `btcusdt@${kind}`),
    );
  told.set("account", (await rest(venue, "GET", "/api/v3/account")).json);
  told.set("myTrades", (await rest(venue, "GET", "/api/v3/myTrades", { symbol: "BTCUSDT" })).json);
  told.set("time", (await rest(venue, "GET", "/api/v3/time")).json);
  quote(venue, 600_000, 600_003);
  told.set("depth", (await rest(venue, "GET", "/api/v3/depth", { symbol: "BTCUSDT" })).json);
  told.set("bookRow", (await rest(venue, "GET", "/api/v3/ticker/bookTicker", { symbol: "BTCUSDT" })).json);
  told.set("restCancel", await cancelOverRest());

  async function cancelOverRest(): Promise<Json> {
    await place({ newClientOrderId: "rest", timeInForce: "GTC", price: "59000.0" });
    return (await rest(venue, "DELETE", "/api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "rest" })).json;
  }
});

afterAll(() => server.close());

const payload = (message: unknown): unknown => {
  const fields = message as Json;
  return fields["event"] ?? fields["data"] ?? fields["result"] ?? fields;
};

/** Of orders with a trigger, a strategy or a prevented match, which this venue does not take. */
const NOT_TAKEN = [
  "stopPrice",
  "trailingDelta",
  "trailingTime",
  "icebergQty",
  "strategyId",
  "strategyType",
  "preventedMatchId",
  "preventedQuantity",
];

test.skipIf(!present).each([
  ["spot__http_json__new_order_full_response.json", "full", []],
  ["spot__http_json__cancel_order_response.json", "restCancel", []],
  ["spot__http_json__order_response.json", "order", []],
  ["spot__http_json__depth_response.json", "depth", []],
  ["spot__http_json__book_ticker_response.json", "bookRow", []],
  ["spot__http_json__server_time_response.json", "time", []],
  ["spot__http_json__account_response.json", "account", []],
  ["spot__user_data_json__account_position.json", "account event", []],
  ["spot__user_data_json__execution_report_new.json", "new", []],
  ["spot__user_data_json__execution_report_trade.json", "trade", []],
  ["spot__user_data_json__execution_report_canceled.json", "canceled", []],
  ["spot__user_data_json__execution_report_expired.json", "expired", []],
  ["ws_messages__ws_spot_execution_report_new.json", "new", []],
  ["ws_messages__ws_spot_execution_report_canceled.json", "canceled", []],
  ["ws_messages__ws_spot_execution_report_trade.json", "trade", []],
  ["ws_messages__ws_spot_execution_report_expired.json", "expired", []],
  ["ws_messages__ws_spot_agg_trade.json", "aggTrade", []],
  ["ws_messages__ws_spot_trade.json", "public trade", []],
  ["ws_messages__ws_spot_ticker_book.json", "bookTicker", []],
] as const)("%s has no key or type that %s lacks, but for %o", (file, kind, allowed) => {
  expect(gaps(payload(recorded(`binance/${file}`)), payload(told.get(kind)))).toEqual(allowed);
});

test.skipIf(!present).each([
  ["spot__http_json__open_orders_response.json", "openOrders"],
  ["spot__http_json__account_trades_response.json", "myTrades"],
] as const)("the rows of %s have no key or type that %s lacks", (file, kind) => {
  expect((told.get(kind) as unknown[]).length).toBeGreaterThan(0);
  expect(gaps(recorded(`binance/${file}`), told.get(kind))).toEqual([]);
});

test.skipIf(!present).each([
  ["spot__user_data_json__execution_report_wrapped.json", "new"],
  ["spot__user_data_json__account_position_wrapped.json", "account event"],
] as const)("the frame of %s has no key or type that %s lacks", (file, kind) => {
  expect(gaps(recorded(`binance/${file}`), told.get(kind))).toEqual([]);
});

/** The answer documented for a method of the WebSocket API, found by its section and shape. */
function documented(section: string, wanted: (result: Json) => boolean): Json {
  const all = recorded("vendor-docs/binance_spot_ws_api_examples.json") as {
    doc: string;
    section: string;
    json: Json;
  }[];
  const found = all.find(
    (each) =>
      each.doc === "web-socket-api.md" &&
      each.section.startsWith(section) &&
      wanted((each.json["result"] ?? {}) as Json) &&
      each.json["status"] !== undefined,
  );
  return found!.json;
}

test.skipIf(!present).each([
  ["Place new order", "ack", (result: Json) => !("status" in result), []],
  ["Place new order", "result", (result: Json) => "status" in result && !("fills" in result), []],
  ["Place new order", "full", (result: Json) => "fills" in result, []],
  ["Cancel order", "cancel", (result: Json) => "origClientOrderId" in result, NOT_TAKEN],
  ["Query order", "order", (result: Json) => "orderId" in result, NOT_TAKEN],
  ["Query session status", "status", () => true, []],
  ["Subscribe to User Data Stream through signature", "subscribed", () => true, []],
] as const)("the documented answer of '%s' has no key or type that %s lacks", (section, kind, wanted, notTaken) => {
  const theirs = documented(section, wanted);
  const missing = gaps(theirs, told.get(kind)).map((path) => path.replace("result.", ""));
  expect(missing.filter((path) => !(notTaken as readonly string[]).includes(path.split(":")[0]!))).toEqual(
    kind === "status" ? ["apiKey:string", "authorizedSince:number"] : [],
  );
});

test("order ids are bare numbers above 2^53, and what is sent is what a query by it finds", () => {
  expect(Number((told.get("full") as { result: Json }).result["orderId"])).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  expect(told.get("refusal")).toMatchObject({ status: 400, error: { code: -1013, msg: "Filter failure: LOT_SIZE" } });
});
