/** Addresses of venues by type and environment: of the venue itself where it has them, and never empty. */
import { expect, it } from "vitest";
import { venueEndpoints, venueRestHeaders } from "../../src/config/endpoints.ts";
import { load, small } from "./sample.ts";

const endpointsOf = (venue: string) => {
  const { config } = load(small("type: binance-usdm, environment: paper", venue));
  return venueEndpoints(config, config.venues[0]!);
};

it.each([
  ["binance-usdm", "ws://127.0.0.1:9101/ws-fapi/v1", "ws://127.0.0.1:9101/private/ws"],
  ["bybit-linear", "ws://127.0.0.1:9101/v5/trade", "ws://127.0.0.1:9101/v5/private"],
  ["okx-swap", "ws://127.0.0.1:9101/ws/v5/private", "ws://127.0.0.1:9101/ws/v5/private"],
])("a paper venue of type %s is on its port, at the addresses of that type", (type, orderUrl, streamUrl) => {
  expect(endpointsOf(`type: ${type}, environment: paper`)).toMatchObject({
    ...{ restUrl: "http://127.0.0.1:9101", orderUrl, streamUrl },
  });
});

it("one address is replaced without touching the others", () => {
  const given = "type: bybit-linear, environment: paper, endpoints: { orders: 'ws://127.0.0.1:1/x' }";
  expect(endpointsOf(given)).toEqual({
    restUrl: "http://127.0.0.1:9101",
    orderUrl: "ws://127.0.0.1:1/x",
    streamUrl: "ws://127.0.0.1:9101/v5/private",
    marketUrl: "ws://127.0.0.1:9101/v5/public/linear",
  });
});

it("a paper venue that runs elsewhere has all of its addresses from the configuration", () => {
  const { config } = load(
    small(
      "environment: paper",
      "environment: paper, endpoints: { rest: 'http://h:1', orders: 'ws://h:1/o', stream: 'ws://h:1/s', market: 'ws://h:1/m' }",
    ).replace("[{ name: a, port: 9101 }]", "[]"),
  );
  expect(venueEndpoints(config, config.venues[0]!)).toEqual({
    ...{ restUrl: "http://h:1", orderUrl: "ws://h:1/o", streamUrl: "ws://h:1/s", marketUrl: "ws://h:1/m" },
  });
});

/** Of a venue with real money or a demo account. */
function keyed(venue: string) {
  const limits =
    "risk: { orderNotionalMax: 1, positionNotionalMax: 1 }\nbreakers: { dailyLossMax: 1, drawdownMax: 1, dailyCostMax: 1 }\n";
  const text = small("type: binance-usdm, environment: paper", `${venue}, apiKeyEnv: K, apiSecretEnv: S`);
  const { config } = load(text.replace(/paper:\n.*\n/, limits));
  return [venueEndpoints(config, config.venues[0]!), venueRestHeaders(config.venues[0]!)] as const;
}

it.each([
  ["", "https://api.binance.com"],
  [", endpoints: { account: 'https://a.example' }", "https://a.example"],
  // Whoever stands in for the REST host answers for the account too.
  [", endpoints: { rest: 'https://r.example' }", undefined],
])("what a live key may do is asked at the account's own host%s: %s", (endpoints, accountUrl) => {
  expect(keyed(`type: binance-usdm, environment: live${endpoints}`)[0].accountUrl).toBe(accountUrl);
});

it("OKX's demo environment is asked for by a header, for the live one shares its REST host", () => {
  const of = (environment: string) => keyed(`type: okx-swap, environment: ${environment}, passphraseEnv: P`);
  const [demo, demoHeaders] = of("testnet");
  const [live, liveHeaders] = of("live");
  expect(demo.restUrl).toBe(live.restUrl);
  expect(demo.orderUrl).not.toBe(live.orderUrl);
  expect([demoHeaders, liveHeaders]).toEqual([{ "x-simulated-trading": "1" }, {}]);
});
