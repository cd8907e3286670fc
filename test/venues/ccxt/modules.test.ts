/**
 * ccxt's own modules, loaded one by one, without a network: which of them can be a venue, where their testnets are, and that
 * nothing remains in one of an order that has ended.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaperServer } from "../../../src/paper/server.ts";
import { OrderCalls } from "../../../src/venues/ccxt/calls.ts";
import { methodsOf } from "../../../src/venues/ccxt/capabilities.ts";
import { constructorSettings, enterEnvironment, settle } from "../../../src/venues/ccxt/environment.ts";
import type { CcxtExchange, CcxtOrder } from "../../../src/venues/ccxt/exchange.ts";
import { loadFacts } from "../../../src/venues/ccxt/facts.ts";
import type { CcxtTask } from "../../../src/venues/ccxt/messages.ts";
import { profileOf } from "../../../src/venues/ccxt/profiles.ts";
import { startCcxtPaper } from "../support/ccxt-rig.ts";

const task = (exchange: string, changes: Partial<CcxtTask> = {}): CcxtTask => ({
  name: "alpha",
  exchange,
  family: "pro",
  environment: { type: "testnet" },
  credentials: { apiKey: "paper-key", secret: "paper-secret", password: "p", uid: "u" },
  venue: 0,
  listings: [{ listing: 0, id: "BTCUSDT", unified: "BTC/USDT:USDT" }],
  heartbeatMs: 200,
  staleAfterMs: 2000,
  backoff: { baseMs: 10, maxMs: 100 },
  clockRefreshMs: 30_000,
  callsMax: 64,
  ...changes,
});

async function load(of: CcxtTask): Promise<CcxtExchange> {
  const folder = of.family === "pro" ? "pro" : "prediction";
  const file = new URL(`./src/${folder}/${of.exchange}.js`, import.meta.resolve("ccxt"));
  const { default: Exchange } = (await import(/* @vite-ignore */ file.href)) as {
    default: new (settings: object) => CcxtExchange;
  };
  return new Exchange(constructorSettings(of, profileOf(of.exchange, of.family)!));
}

describe("testnets", () => {
  const enter = async (exchange: string) => {
    const instance = await load(task(exchange));
    await enterEnvironment(instance, task(exchange), profileOf(exchange, "pro")!);
    return JSON.stringify(instance.urls["api"]);
  };

  it.each(["binanceusdm", "bybit", "okx"])("%s has one, and no live address is left in it", async (exchange) => {
    const live = JSON.stringify((await load(task(exchange))).urls["api"]);
    const testnet = await enter(exchange);
    expect(testnet).not.toBe(live);
    for (const host of ["fapi.binance.com", "stream.binance.com", "api.bybit.com", "ws.okx.com"])
      expect(testnet).not.toContain(`//${host}`);
  });

  // ccxt says nothing of it: it leaves empty addresses.
  it.each(["kraken", "coinbase", "kucoin"])("%s has none, and that is an error", async (exchange) => {
    await expect(enter(exchange)).rejects.toMatchObject({ code: "UNSUPPORTED", field: "environment" });
  });

  it("demo trading that keeps live addresses is an error too", async () => {
    const instance = await load(task("bybit"));
    const profile = { ...profileOf("bybit", "pro")!, testnet: "demo" as const };
    await expect(enterEnvironment(instance, task("bybit"), profile)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("capabilities", () => {
  it("an exchange is used by its order socket where it has one", async () => {
    expect(methodsOf(await load(task("binanceusdm")), "a")).toEqual({
      create: "createOrderWs",
      cancel: "cancelOrderWs",
      query: "fetchOrderWs",
      quotes: "watchBidsAsks",
    });
    expect(methodsOf(await load(task("bybit")), "a")).toMatchObject({ create: "createOrderWs", query: "fetchOrder" });
    expect(methodsOf(await load(task("kucoin")), "a")).toMatchObject({ create: "createOrder", cancel: "cancelOrder" });
  });

  it("one without a private stream is refused", async () => {
    const without = await load(task("coinbaseinternational"));
    expect(() => methodsOf(without, "a")).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED", field: "watchOrders" }),
    );
  });
});

describe("prediction markets", () => {
  const outcome = (id: string) => ({ outcome: id, outcomeId: `id-${id}`, market: "RAIN" });
  const prediction = (exchange: string, id = "RAIN:YES") =>
    task(exchange, { family: "prediction", listings: [{ listing: 0, id, unified: "RAIN/USD" }] });

  it("sxbet's module can be a venue; its outcomes are keyed by outcome, each with its opposite", async () => {
    const of = prediction("sxbet");
    const exchange = await load(of);
    expect(methodsOf(exchange, "a")).toMatchObject({ create: "createOrder", query: "fetchOrder" });
    exchange.number = String;
    exchange.outcomes = { "RAIN:YES": outcome("RAIN:YES"), "RAIN:NO": outcome("RAIN:NO") };
    exchange.outcomes_by_id = {};
    exchange.markets = {
      RAIN: { id: "1", symbol: "RAIN", base: "RAIN", active: true, precision: { amount: "0.01", price: "0.01" } },
    };
    const [facts] = await loadFacts(exchange, of);
    expect(facts).toMatchObject({ symbol: "RAIN:YES", opposing: "RAIN:NO", contractSize: "1", amountStep: "0.01" });
  });

  it("kalshi has no private stream and is refused", async () => {
    const kalshi = await load(prediction("kalshi"));
    expect(() => methodsOf(kalshi, "a")).toThrow(expect.objectContaining({ field: "watchOrders" }));
  });
});

describe("calls", () => {
  let paper: PaperServer;
  let exchange: CcxtExchange;
  let calls: OrderCalls;
  const events: CcxtOrder[] = [];
  const place = (id: string, changes: object = {}) => {
    const call = calls.open("place", id)!;
    const params = { clientOrderId: id, timeInForce: "IOC", newOrderRespType: "RESULT", ...changes };
    const answer = calls.run(call, () =>
      exchange.createOrderWs("BTC/USDT:USDT", "limit", "buy", "0.010", "61700.0", params),
    );
    return { call, answer };
  };
  /** Entries of ccxt's tables for the order socket. */
  const entries = () => {
    const client = exchange.clients!["wss://ws-fapi.binance.com/ws-fapi/v1"]!;
    return [client.subscriptions, client.futures, client.rejections].map((table) => Object.keys(table).length);
  };

  beforeAll(async () => {
    paper = await startCcxtPaper();
    paper.venues[0]!.faults.clear();
    const of = task("binanceusdm", { environment: { type: "paper", host: "127.0.0.1", port: paper.venues[0]!.port } });
    const profile = profileOf("binanceusdm", "pro")!;
    exchange = await load(of);
    calls = new OrderCalls(exchange, 64, () => performance.now(), {
      onOrderEvent: (order) => void events.push(order),
      onMessage: () => {},
      onDown: () => {},
    });
    settle(exchange, of, profile, Date.now);
    await enterEnvironment(exchange, of, profile);
    await exchange.loadMarkets();
  });
  afterAll(async () => {
    for (const client of Object.values(exchange.clients ?? {})) client.connection?.terminate();
    await paper.close();
  });

  it("leave nothing behind in ccxt's tables, answered or refused", async () => {
    for (let at = 0; at < 40; at++) {
      const { answer } = place(`tidy-${at}`, at % 2 === 0 ? {} : { timestamp: Date.now() - 60_000 });
      if (at % 2 === 0) expect(await answer).toMatchObject({ status: "expired", filled: "0.000" });
      else await expect(answer).rejects.toThrow("-1021");
    }
    expect(entries()).toEqual([0, 0, 0]);
    expect(calls.underWay).toBe(0);
  });

  it("see the exchange's own words, and that something was written", async () => {
    const { call, answer } = place("raw", { timestamp: 1 });
    await expect(answer).rejects.toThrow();
    expect(call.written).toBe(true);
    expect(call.raw).toMatchObject({ httpStatus: 0, body: { status: 400, error: { code: -1021 } } });
  });

  it("take the answer of their own socket for no event", async () => {
    events.length = 0;
    await place("answered").answer;
    expect(events).toEqual([]);
  });

  it("that ended before they were written are stopped at the socket", async () => {
    const order = { clientOrderId: "stopped", timeInForce: "IOC", newOrderRespType: "RESULT" };
    const call = calls.open("place", "stopped")!;
    let late: Promise<unknown> = Promise.resolve();
    await calls.run(call, async () => {
      // Still to come when the call is over, as an order that waits for a connection would be.
      late = new Promise((done) => setTimeout(done, 5)).then(() =>
        exchange.createOrderWs("BTC/USDT:USDT", "limit", "buy", "0.010", "61700.0", order),
      );
      late.catch(() => {});
    });
    expect(call.written).toBe(false);
    await place("after-it").answer;
    await new Promise((done) => setTimeout(done, 30));
    await place("after-that").answer;
    const account = paper.venues[0]!.exchange.accounts.get("paper-key")!;
    expect(account.orderByClientId("after-that")).toBeDefined();
    expect(account.orderByClientId("stopped")).toBeUndefined();
    expect(entries()).toEqual([0, 0, 0]);
  });

  it("are bounded: what was never answered makes room only after a minute", async () => {
    let nowMs = 0;
    const bounded = new OrderCalls(await load(task("binanceusdm")), 3, () => nowMs, {
      onOrderEvent: () => {},
      onMessage: () => {},
      onDown: () => {},
    });
    const [first] = [1, 2, 3].map((id) => bounded.open("place", String(id)));
    expect(bounded.open("place", "4")).toBeNull();
    nowMs = 60_000;
    expect(bounded.open("place", "5")).not.toBeNull();
    expect(first?.ended).toBe(true);
    expect(bounded.underWay).toBe(3);
  });
});
