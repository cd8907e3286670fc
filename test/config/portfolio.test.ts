/** Settings of the portfolio hedge, what becomes of them in the core, and the correlation that is computed for it. */
import { describe, expect, it } from "vitest";
import { analysisTasks } from "../../src/wiring/analyses.ts";
import { coreConfig, directoryOf } from "../../src/wiring/wiring.ts";
import { editing, expectRefused, load, problemsOf, withDesk } from "./sample.ts";

const BASE = withDesk(`instruments:
  - { symbol: SOL/USDT, tickSize: "0.01", lotSize: "0.00001" }
  - { symbol: SOL/USDT:USDT, tickSize: "0.01", lotSize: "0.01", listings: [{ venue: a, symbol: SOLUSDT }] }
  - { symbol: BTC/USDT:USDT, tickSize: "0.1", lotSize: "0.001", listings: [{ venue: a, symbol: BTCUSDT }] }
  - { symbol: ETH/USDT:USDT, tickSize: "0.01", lotSize: "0.01", listings: [{ venue: a, symbol: ETHUSDT }] }
  - { symbol: TRX/USDT:USDT, tickSize: "0.0001", lotSize: "1", listings: [{ venue: a, symbol: TRXUSDT }] }
shield:
  - { asset: SOL/USDT, hedge: "SOL/USDT:USDT", holdings: "10", onUnknown: wait }
reversion:
  - { primary: "TRX/USDT:USDT", hedge: "ETH/USDT:USDT", notional: 1000 }
portfolio: { index: "BTC/USDT:USDT", clusterNotionalMax: 25000 }
`);
const changed = editing(BASE);
const wired = (text: string) => {
  const { config } = load(text);
  const core = coreConfig(config, directoryOf(config));
  return { core, tasks: analysisTasks(config, core) };
};

describe("settings of the portfolio hedge", () => {
  it("have the defaults of the specification", () => {
    expect(wired(BASE).core.portfolio).toMatchObject({
      index: 2,
      notionalMax: 25_000,
      correlationMin: 0.8,
      correlationAgeMsMax: 7 * 86_400_000,
      correction: { band: 0.05, to: "centre", slippageBuffer: 0.002 },
      onUnknown: "wait",
    });
  });

  it("absent, there is no such rule and nothing is computed for it", () => {
    const { core, tasks } = wired(changed('portfolio: { index: "BTC/USDT:USDT", clusterNotionalMax: 25000 }\n', ""));
    expect(core.portfolio).toBeUndefined();
    expect(tasks.map(({ task }) => task.kind)).not.toContain("correlation");
  });

  it("ask for a correlation of all that positions stand in, at once and then daily", () => {
    const correlation = (text: string) => wired(text).tasks.find(({ task }) => task.kind === "correlation");
    expect(correlation(BASE)).toEqual({
      // Nobody has candles of what is only held, so its hedge's serve.
      task: { kind: "correlation", index: 2, instruments: [1, 2, 4] },
      everyMs: 86_400_000,
      firstAfterMs: 0,
    });
    const known = `${BASE}analyses: { correlationHours: 168, history: [{ instrument: SOL/USDT, file: sol.csv }] }\n`;
    expect(correlation(known)).toMatchObject({ task: { instruments: [0, 2, 4] }, everyMs: 7 * 86_400_000 });
  });

  it.each<[string, string, string, string]>([
    ["no such index", changed('index: "BTC/USDT:USDT"', "index: BTC/USDT"), "portfolio.index", "did you mean"],
    ["no listing", changed('index: "BTC/USDT:USDT"', "index: SOL/USDT"), "portfolio.index", "no listing"],
    [
      "a shield's hedge",
      changed('index: "BTC/USDT:USDT"', 'index: "SOL/USDT:USDT"'),
      "portfolio.index",
      "shield[0].hedge",
    ],
    ["a leg", changed('index: "BTC/USDT:USDT"', 'index: "ETH/USDT:USDT"'), "portfolio.index", "reversion[0].hedge"],
    ["no limit", changed(", clusterNotionalMax: 25000", ""), "portfolio.clusterNotionalMax", "no default"],
    [
      "no budget",
      changed("clusterNotionalMax: 25000", "clusterNotionalMax: 1, onUnknown: hedgeAnyway"),
      "portfolio.overHedgeLotsMax",
      "budget",
    ],
    ["more than weekly", `${BASE}analyses: { correlationHours: 169 }\n`, "analyses.correlationHours", "168"],
  ])("%s is refused", (_, text, path, words) => expectRefused(text, path, words));

  it("without anything to hedge is refused", () => {
    const bare = BASE.replace(/shield:[\s\S]*?(?=portfolio:)/, "");
    expect(
      problemsOf(bare)
        .map(({ message }) => message)
        .join(),
    ).toContain("no shield, signal or reversion");
  });
});
