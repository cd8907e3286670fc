/**
 * The Bybit dialect's payloads against recorded and documented ones, key by key and type by type. Gaps are listed with their
 * reason, and a recorded file that is not looked at at all is listed with its own.
 */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import { gaps, recorded, recordingsPresent, WIRE } from "../parity.ts";
import {
  authArgs,
  call,
  create,
  type Json,
  nextRow,
  openPrivate,
  quote,
  realtime,
  rows,
  startBybit,
  subscribe,
  Trade,
  Wire,
} from "./bybit-client.ts";

const present = recordingsPresent();

/** What this dialect says, by the name the tables below have for it. */
const told = new Map<string, unknown>();
let server: PaperServer;

beforeAll(async () => {
  const started = await startBybit();
  server = started.server;
  const { venue } = started;
  quote(venue, 600_000, 600_001);
  const stream = await openPrivate(venue, ["order", "execution", "execution.fast", "position", "wallet"]);
  const market = await Wire.open(venue, "/v5/public/linear");
  told.set(
    "subscribe",
    await subscribe(market, ["orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"]),
  );
  told.set("subscribe refused", await subscribe(market, ["invalid.topic.BTCUSDT"]));
  await subscribe(market, ["tickers.BTCUSDT"]);
  const trade = await Trade.open(venue);
  told.set(
    "trade auth",
    trade.wire.all().find(({ op }) => op === "auth"),
  );
  told.set(
    "private auth",
    stream.all().find(({ op }) => op === "auth"),
  );
  const refused = await Wire.open(venue, "/v5/trade");
  refused.socket.send(JSON.stringify({ op: "auth", args: authArgs(undefined, undefined, "nobody") }));
  told.set("trade auth refused", await refused.next(({ op }) => op === "auth"));
  for (const [name, wire] of Object.entries({ trade: trade.wire, private: stream, public: market })) {
    wire.socket.send('{"op":"ping"}');
    told.set(`${name} pong`, await wire.next(({ op, ret_msg }) => op === "pong" || ret_msg === "pong"));
  }
  told.set("order ack", await trade.create({ orderLinkId: "filled" }));
  const message = (topic: string) => stream.next((each) => each["topic"] === topic);
  await nextRow(stream, "order", ({ orderStatus }) => orderStatus === "Filled");
  for (const topic of ["execution", "execution.fast", "position", "wallet"]) told.set(topic, await message(topic));
  told.set("position row", ((told.get("position") as Json)["data"] as Json[])[0]);
  told.set(
    "order",
    stream.all().findLast(({ topic }) => topic === "order"),
  );
  told.set("create", (await create(venue, { orderLinkId: "rests", timeInForce: "GTC", price: "59000.0" })).json);
  quote(venue, 600_010, 600_012);
  const bothSides = (each: Json) =>
    each["topic"] === "orderbook.50.BTCUSDT" &&
    each["type"] === "delta" &&
    [(each["data"] as Json)["b"], (each["data"] as Json)["a"]].every((side) => (side as []).length > 0);
  told.set("book delta", await market.next(bothSides));
  told.set(
    "book snapshot",
    await market.next(({ topic, type }) => topic === "orderbook.1.BTCUSDT" && type === "snapshot"),
  );
  told.set("public trade", await market.next(({ topic }) => topic === "publicTrade.BTCUSDT"));
  told.set("ticker", await market.next(({ topic, type }) => topic === "tickers.BTCUSDT" && type === "snapshot"));
  const get = async (path: string, params: Json = {}) =>
    (await call(venue, "GET", path, { category: "linear", symbol: "BTCUSDT", ...params })).json;
  told.set("realtime", (await realtime(venue, "filled")).json);
  told.set("history", await get("/v5/order/history"));
  told.set("executions", await get("/v5/execution/list"));
  told.set("positions", await get("/v5/position/list"));
  told.set("orderbook", await get("/v5/market/orderbook"));
  told.set("account", await get("/v5/account/info"));
  told.set("wallet balance", await get("/v5/account/wallet-balance"));
  told.set("api key", await get("/v5/user/query-api"));
  told.set(
    "cancel",
    (
      await call(venue, "POST", "/v5/order/cancel", {
        ...{ category: "linear", symbol: "BTCUSDT", orderLinkId: "rests" },
      })
    ).json,
  );
  for (const wire of [stream, market, trade.wire, refused]) await wire.close();
});

afterAll(() => server.close());

/** The recording is of the trade socket's words on a private one: documented are `success`, `ret_msg`, `conn_id`. */
const AUTH_SUCCESS = ["success"];
/** Written `totalPerpUpl` in one recording and `totalPerpUPL` in all others and in the documentation. */
const UPL_SPELLING = ["data[].totalPerpUpl"];
/** A fee paid in another coin than the one traded is not simulated. */
const FEE_DETAIL = (at: string) => [`${at}.cumFeeDetail.MNT`];
/** Taxes on fees are not simulated. */
const EXTRA_FEES = ["data[].extraFees"];
/** A paper key has what trading needs and no more: these groups are empty, so their items have no type to compare. */
const NOT_GRANTED = ["Wallet", "Exchange", "Earn", "FiatP2P", "FiatBybitPay", "FiatConvertBroker", "FiatBitPay"]
  .concat("BitCard", "ByXPost")
  .map((group) => `result.permissions.${group}[]:string`);
const NONE: readonly string[] = [];

const RECORDED: readonly (readonly [file: string, kind: string, gaps: readonly string[]])[] = [
  ["http_get_account_info.json", "account", NONE],
  ["http_get_executions.json", "executions", NONE],
  ["http_get_order_partially_filled_rejected.json", "realtime", NONE],
  ["http_get_orderbook.json", "orderbook", NONE],
  ["http_get_orders_history.json", "history", NONE],
  ["http_get_orders_history_with_duplicate.json", "history", NONE],
  ["http_get_orders_realtime.json", "realtime", NONE],
  ["http_get_orders_realtime_tp_sl.json", "realtime", NONE],
  ["http_get_positions.json", "positions", NONE],
  ["http_get_positions_with_open_time.json", "positions", NONE],
  ["http_get_user_query_api.json", "api key", NOT_GRANTED],
  ["http_get_wallet_balance.json", "wallet balance", NONE],
  ["http_get_wallet_balance_spot_short.json", "wallet balance", NONE],
  ["http_get_wallet_balance_with_spot_borrow.json", "wallet balance", NONE],
  ["ws_account_execution.json", "execution", NONE],
  ["ws_account_execution_adl.json", "execution", NONE],
  ["ws_account_execution_fast.json", "execution.fast", NONE],
  ["ws_account_order.json", "order", NONE],
  ["ws_account_order_buy_stop_market.json", "order", NONE],
  ["ws_account_order_filled.json", "order", NONE],
  ["ws_account_order_limit_if_touched.json", "order", NONE],
  ["ws_account_order_market_if_touched.json", "order", NONE],
  ["ws_account_order_partially_filled_rejected.json", "order", NONE],
  ["ws_account_order_sell_market_if_touched.json", "order", NONE],
  ["ws_account_order_stop_limit.json", "order", NONE],
  ["ws_account_order_stop_loss.json", "order", NONE],
  ["ws_account_order_stop_market.json", "order", NONE],
  ["ws_account_order_take_profit.json", "order", NONE],
  ["ws_account_position.json", "position", NONE],
  ["ws_account_position_short.json", "position", NONE],
  ["ws_account_position_with_open_time.json", "position row", NONE],
  ["ws_account_wallet.json", "wallet", UPL_SPELLING],
  ["ws_account_wallet_locked_exceeds_total.json", "wallet", UPL_SPELLING],
  ["ws_account_wallet_small_order.json", "wallet", UPL_SPELLING],
  ["ws_auth_failure.json", "trade auth refused", AUTH_SUCCESS],
  ["ws_auth_success.json", "trade auth", AUTH_SUCCESS],
  ["ws_order_response.json", "order ack", NONE],
  ["ws_orderbook_delta.json", "book delta", NONE],
  ["ws_orderbook_snapshot.json", "book snapshot", NONE],
  ["ws_public_trade.json", "public trade", NONE],
  ["ws_subscription_ack.json", "subscribe", NONE],
  ["ws_subscription_failure.json", "subscribe refused", NONE],
  ["ws_ticker_linear.json", "ticker", NONE],
];

const NOT_SERVED: Readonly<Record<string, string>> = {
  "http_get_fee_rate.json": "fees are in the configuration, not asked for",
  "http_get_funding_history.json": "no past of funding is kept",
  "http_get_klines_linear.json": "no candles",
  "http_get_trades_recent.json": "no past of the market is kept",
  "http_get_user_escrow_sub_members.json": "no sub-accounts",
  "http_get_user_sub_apikeys.json": "no sub-accounts",
  "http_get_user_sub_members.json": "no sub-accounts",
  "http_get_user_sub_members_paged.json": "no sub-accounts",
  "http_post_user_update_master_api.json": "keys are in the configuration",
  "http_post_user_update_sub_api.json": "no sub-accounts",
  "ws_account_execution_fast_envelope_id.json": "an empty message: nothing of a fill to compare",
  "ws_kline.json": "no candles",
  "ws_ticker_option.json": "no options",
};

test.skipIf(!present).each(RECORDED)("%s has no key or type that %s lacks, but for %j", (file, kind, allowed) => {
  expect(gaps(recorded(`bybit/${file}`), told.get(kind))).toEqual(allowed);
});

test.skipIf(!present)("every recorded file is compared, or is of something this venue does not have", () => {
  const known = [...RECORDED.map(([file]) => file), ...Object.keys(NOT_SERVED)].sort();
  expect(known).toEqual(readdirSync(new URL("bybit/", WIRE)).sort());
});

const DOCUMENTED: readonly (readonly [index: number, doc: string, kind: string, gaps: readonly string[]])[] = [
  [5, "order/cancel-order.mdx", "cancel", NONE],
  [6, "order/create-order.mdx", "create", NONE],
  [8, "order/execution.mdx", "executions", NONE],
  [9, "order/open-order.mdx", "realtime", FEE_DETAIL("result.list[]")],
  [10, "order/order-list.mdx", "history", FEE_DETAIL("result.list[]")],
  [15, "websocket/private/execution.mdx", "execution", EXTRA_FEES],
  [17, "websocket/private/fast-execution.mdx", "execution.fast", NONE],
  [21, "websocket/private/order.mdx", "order", FEE_DETAIL("data[]")],
  [23, "websocket/private/position.mdx", "position", NONE],
  [27, "websocket/private/wallet.mdx", "wallet", NONE],
  [41, "websocket/public/orderbook.mdx", "book delta", NONE],
  // Fields of spot tickers: a linear one has other names for the same.
  [43, "websocket/public/ticker.mdx", "ticker", ["data.usdIndexPrice"]],
  [44, "websocket/public/trade.mdx", "public trade", NONE],
  [48, "websocket/trade/guideline.mdx", "trade auth", NONE],
  [50, "websocket/trade/guideline.mdx", "order ack", NONE],
  [54, "websocket/trade/guideline.mdx", "trade pong", NONE],
  [56, "websocket/wss-authentication.mdx", "private auth", NONE],
  [57, "websocket/wss-authentication.mdx", "public pong", NONE],
  [58, "websocket/wss-authentication.mdx", "public pong", NONE],
  [60, "websocket/wss-authentication.mdx", "private pong", NONE],
  [65, "websocket/wss-authentication.mdx", "subscribe", NONE],
];

test.skipIf(!present).each(DOCUMENTED)(
  "documented example %i of %s has no key or type that %s lacks, but for %j",
  (index, doc, kind, allowed) => {
    const examples = recorded("vendor-docs/bybit_v5_order_ws_examples.json") as { doc: string; json: Json }[];
    const example = examples[index]!;
    expect(example.doc).toBe(`docs/v5/${doc}`);
    expect(gaps(example.json, told.get(kind))).toEqual(allowed);
  },
);

/** The captures in cryptofeed/ are of 2021, of the API before V5. Nothing of it is served, so that nothing passes for V5 that is not. */
test.skipIf(!present)("topics of the older API that was recorded are refused", async () => {
  const [file] = readdirSync(new URL("cryptofeed/", WIRE)).filter((name) => name.startsWith("BYBIT"));
  const text = readFileSync(new URL(`cryptofeed/${file}`, WIRE), "utf8");
  const topics = new Set([...text.matchAll(/"topic":"([^"]+)"/g)].map(([, topic]) => topic!));
  expect([...topics].sort()).toEqual([
    "orderBookL2_25.BTCUSD",
    "orderBookL2_25.EOSUSD",
    "trade.BTCUSD",
    "trade.EOSUSD",
  ]);
  const market = await Wire.open(server.venues[0]!, "/v5/public/linear");
  for (const topic of topics) expect(await subscribe(market, [topic])).toMatchObject({ success: false });
  await market.close();
});

test("what was compared is there: a missing payload would have nothing to lack", () => {
  for (const kind of new Set([...RECORDED.map(([, kind]) => kind), ...DOCUMENTED.map(([, , kind]) => kind)]))
    expect(told.get(kind), kind).toBeTypeOf("object");
  for (const kind of ["realtime", "history", "executions", "positions"]) {
    expect(rows({ result: (told.get(kind) as Json)["result"] } as Parameters<typeof rows>[0])).not.toHaveLength(0);
  }
});
