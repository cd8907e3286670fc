/** The dialect's payloads against recorded and documented ones, key by key and type by type. Gaps are listed with their reason. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import { type Json, limit, quote, rest, signed, startVenue, Wire } from "../client.ts";
import { gaps, recorded, recordingsPresent } from "../parity.ts";

const present = recordingsPresent();
const unwrap = (message: Json) => (message["data"] as Json | undefined) ?? message;

const told = new Map<string, Json>();
let server: PaperServer;

beforeAll(async () => {
  const started = await startVenue();
  server = started.server;
  const { venue } = started;
  quote(venue, 600_000, 600_001);
  const { json } = await rest(venue, "POST", "/fapi/v1/listenKey");
  const user = await Wire.open(venue, `/private/ws?listenKey=${json["listenKey"]}`);
  const market = await Wire.open(venue, "/public/ws");
  const params = ["btcusdt@bookTicker", "btcusdt@aggTrade", "btcusdt@depth@100ms"];
  market.socket.send(JSON.stringify({ method: "SUBSCRIBE", params, id: 1 }));
  await market.next((message) => message["id"] === 1);
  const api = await Wire.open(venue, "/ws-fapi/v1");
  told.set("place", await api.call("order.place", signed(limit())));
  told.set("refusal", await api.call("order.place", signed(limit({ quantity: "" }))));
  told.set("new", await user.next((message) => (message["o"] as Json | undefined)?.["x"] === "NEW"));
  told.set("trade", await user.next((message) => (message["o"] as Json | undefined)?.["x"] === "TRADE"));
  told.set("account", await user.next((message) => message["e"] === "ACCOUNT_UPDATE"));
  quote(venue, 600_010, 600_012);
  const bothSides = await market.next(
    (message) =>
      message["e"] === "depthUpdate" && [message["b"], message["a"]].every((side) => (side as []).length > 0),
  );
  told.set("depthUpdate", bothSides);
  for (const kind of ["bookTicker", "aggTrade"]) told.set(kind, await market.next((message) => message["e"] === kind));
  told.set(
    "query",
    (
      await rest(venue, "GET", "/fapi/v1/order", {
        symbol: "BTCUSDT",
        orderId: /"orderId":(\d+)/.exec(api.texts[0]!)![1],
      })
    ).json,
  );
  told.set("risk", ((await rest(venue, "GET", "/fapi/v2/positionRisk")).json as unknown as Json[])[0]!);
  told.set("depth", (await rest(venue, "GET", "/fapi/v1/depth", { symbol: "BTCUSDT" })).json);
  told.set(
    "userTrade",
    ((await rest(venue, "GET", "/fapi/v1/userTrades", { symbol: "BTCUSDT" })).json as unknown as Json[])[0]!,
  );
});

afterAll(() => server.close());

/** Only for orders this venue does not take: orders with an activation price, and Good-Till-Date. */
const NOT_TAKEN = ["activatePrice", "priceRate"];

test.skipIf(!present).each([
  ["futures__user_data_json__order_update_new.json", "new", []],
  ["futures__user_data_json__order_update_trade.json", "trade", []],
  ["futures__user_data_json__order_update_trade_partial.json", "trade", []],
  ["futures__user_data_json__order_update_adl.json", "trade", []],
  ["ws_messages__ws_futures_order_update_new_reduce_only_qty.json", "new", []],
  ["ws_messages__ws_futures_order_update_trade_reduce_only_qty.json", "trade", []],
  ["futures__user_data_json__account_update.json", "account", []],
  ["futures__http_json__order_response.json", "query", []],
  ["futures__http_json__position_risk.json", "risk", []],
  ["http_responses__http_futures_account_orders.json", "query", NOT_TAKEN],
  ["http_responses__http_futures_account_trades.json", "userTrade", []],
  ["http_responses__http_futures_market_depth.json", "depth", []],
  ["futures__market_data_json__book_ticker_stream.json", "bookTicker", []],
  ["futures__market_data_json__agg_trade_stream.json", "aggTrade", []],
  ["ws_messages__ws_futures_depth_diff_update.json", "depthUpdate", []],
  ["ws_messages__ws_futures_depth_update.json", "depthUpdate", []],
] as const)("%s has no key or type that %s lacks, but for %o", (file, kind, allowed) => {
  const file0 = recorded(`binance/${file}`);
  const theirs = Array.isArray(file0) ? (file0[0] as Json) : unwrap(file0 as Json);
  expect(gaps(theirs, told.get(kind))).toEqual(allowed);
});

/** The documented examples of the WebSocket API, found by their shape. */
function documented(wanted: (json: Json) => boolean): Json {
  const all = recorded("vendor-docs/binance_usdm_examples.json") as {
    doc: string;
    json: Json;
  }[];
  return all.find(({ doc, json }) => doc.endsWith("websocket-api-general-info.md") && wanted(json))!.json;
}

test.skipIf(!present)("the WebSocket API's documented answer and refusal have no key or type that ours lack", () => {
  const answer = documented((json) => json["status"] === 200 && "orderId" in ((json["result"] ?? {}) as Json));
  expect(gaps(answer, told.get("place"))).toEqual([]);
  const refusal = documented((json) => json["status"] === 400);
  expect(gaps(refusal, told.get("refusal"))).toEqual([]);
  expect((told.get("refusal")!["error"] as Json)["code"]).toBe((refusal["error"] as Json)["code"]);
  expect((told.get("refusal")!["error"] as Json)["msg"]).toBe((refusal["error"] as Json)["msg"]);
});
