/** What of a venue's settings its client is handed. */
import { describe, expect, it } from "vitest";
import { readSecrets } from "../../src/config/secrets.ts";
import { laneOptions } from "../../src/wiring/wiring.ts";
import { load, problemsOf, small } from "./sample.ts";

function optionsOf(settings: string) {
  const { config, document } = load(small("environment: paper", `environment: paper${settings}`));
  return laneOptions(config, readSecrets(config, {}, document, { sources: [] }), "boot").venues[0];
}

describe("a venue's sockets", () => {
  it("are as many, and as long-lived, as its settings say", () => {
    expect(optionsOf(", orderSockets: 1, rotateAfterMs: 3600000")).toMatchObject({
      orderSockets: 1,
      rotateAfterMs: 3_600_000,
    });
    expect(optionsOf(", orderSockets: 2")).toMatchObject({ orderSockets: 2 });
  });

  it("are what the client has by itself where nothing is said", () => {
    expect(optionsOf("")).not.toHaveProperty("orderSockets");
    expect(optionsOf("")).not.toHaveProperty("rotateAfterMs");
  });

  it.each([
    ["orderSockets: 0", "orderSockets"],
    ["orderSockets: 3", "orderSockets"],
    ["rotateAfterMs: 59999", "rotateAfterMs"],
    ["rotateAfterMs: 86400001", "rotateAfterMs"],
    // What the socket itself holds to.
    ["heartbeatMs: 701", "staleAfterMs"],
  ])("are refused with %s", (settings, name) => {
    const found = problemsOf(small("environment: paper", `environment: paper, ${settings}`));
    expect(found.map(({ setting }) => setting)).toEqual([`venues[0].${name}`]);
  });

  it("may hear just two heartbeats before they are stale", () => {
    expect(optionsOf(", heartbeatMs: 700")).toMatchObject({ heartbeatMs: 700, staleAfterMs: 1400 });
  });

  it.each(["orderSockets: 1", "rotateAfterMs: 3600000"])("of ccxt are its own: %s is refused", (setting) => {
    const ccxt = "type: ccxt, exchange: bybit";
    const [name] = setting.split(":");
    expect(() => load(small("type: binance-usdm", ccxt))).not.toThrow();
    expect(problemsOf(small("type: binance-usdm", `${ccxt}, ${setting}`)).map((each) => each.setting)).toEqual([
      `venues[0].${name}`,
    ]);
  });
});
