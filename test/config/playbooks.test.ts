/** Settings of the playbooks that open positions, and what becomes of them in the core. */
import { describe, expect, it } from "vitest";
import { pricedBy } from "../../src/wiring/playbooks.ts";
import { coreConfig, directoryOf } from "../../src/wiring/wiring.ts";
import { editing, expectRefused, load, SMALL, withDesk } from "./sample.ts";

const BASE = withDesk(`instruments:
  - { symbol: SOL/USDT, tickSize: "0.01", lotSize: "0.00001" }
  - { symbol: BTC/USDT:USDT, tickSize: "0.1", lotSize: "0.001", listings: [{ venue: a, symbol: BTCUSDT }] }
  - { symbol: ETH/USDT:USDT, tickSize: "0.01", lotSize: "0.01", listings: [{ venue: a, symbol: ETHUSDT }] }
  - { symbol: TRX/USDT:USDT, tickSize: "0.0001", lotSize: "1", listings: [{ venue: a, symbol: TRXUSDT }] }
  - { symbol: XRP/USDT:USDT, tickSize: "0.0001", lotSize: "1", listings: [{ venue: a, symbol: XRPUSDT }] }
signal:
  - { asset: SOL/USDT, primary: "BTC/USDT:USDT", hedge: "ETH/USDT:USDT", notional: 1000, notionalMax: 5000 }
reversion:
  - { primary: "TRX/USDT:USDT", hedge: "XRP/USDT:USDT", notional: 1000 }
`);
const changed = editing(BASE);
const core = (text: string) => {
  const { config } = load(text);
  return coreConfig(config, directoryOf(config));
};

describe("settings of playbooks", () => {
  it("say whose price stands for an asset that trades nowhere: a dead letter about it has a collar by that", () => {
    expect([...pricedBy(load(BASE).config)]).toContainEqual(["SOL/USDT", "BTC/USDT:USDT"]);
    expect([...pricedBy(load(SMALL).config)]).toEqual([["BTC/USDT", "BTC/USDT:USDT"]]);
  });

  it("have the defaults of the specification", () => {
    const { signals, reversions, score, breakers, ramp } = core(BASE);
    expect(signals[0]).toMatchObject({
      asset: 0,
      primary: 1,
      hedge: 2,
      stopLoss: 0.05,
      policy: {
        policy: "confidence-bands",
        bands: {
          lowFrom: 0.65,
          highFrom: 0.85,
          lowAtFrom: 0.6,
          lowAtTo: 0.4,
          highAtFrom: 0.3,
          highAtTo: 0.2,
          below: "skip",
        },
      },
      decay: { boostAt: 0.5, boostPoints: 0.2, nearFullAt: 0.8, nearFull: 0.95, onExpiry: "release" },
      betaRule: { method: "fixed", driftMax: 0.1, revalidateMs: 30 * 86_400_000 },
    });
    expect(reversions[0]).toMatchObject({
      primary: 3,
      hedge: 4,
      policy: { policy: "full" },
      lookback: 20,
      entryZ: 2,
      exitZ: 0.5,
      stopZ: 3.5,
      costMultiple: 1,
    });
    expect(score.threshold).toBe(0.65);
    expect(breakers.venueDownMs).toBe(30_000);
    expect(ramp.fraction).toBe(1);
  });

  it.each([
    [
      "linear",
      { policy: "linear", linear: { weights: [0.35, 0.25, 0.2, 0.15, 0.05], leverage: 5, riskAversion: 0.5 } },
    ],
    ["full", { policy: "full" }],
    ["insurance", { policy: "insurance", insurance: { fraction: 0.15 } }],
    ["delta", { policy: "delta", corridor: { band: 0.05 } }],
  ])("policy %s becomes what the core knows by that name", (policy, expected) => {
    const text = changed("notionalMax: 5000", `notionalMax: 5000, leverage: 5, policy: ${policy}`);
    expect(core(text).signals[0]!.policy).toMatchObject(expected);
  });

  it("a rollout begins on its day, UTC, and takes its days", () => {
    expect(core(`${BASE}rollout: { fraction: 0.1, from: 2026-11-21, days: 20 }\n`).ramp).toEqual({
      fraction: 0.1,
      startMs: Date.UTC(2026, 10, 21),
      durationMs: 20 * 86_400_000,
    });
  });

  it.each<[string, string, string, string]>([
    ["no such primary", changed('primary: "BTC/USDT:USDT"', "primary: BTC/USDT"), "signal[0].primary", "did you mean"],
    ["no listing", changed('hedge: "ETH/USDT:USDT"', "hedge: SOL/USDT"), "signal[0].hedge", "no listing"],
    [
      "two owners",
      changed('"XRP/USDT:USDT", notional', '"BTC/USDT:USDT", notional'),
      "reversion[0].hedge",
      "signal[0].primary",
    ],
    [
      "hedged with itself",
      changed('hedge: "ETH/USDT:USDT"', 'hedge: "BTC/USDT:USDT"'),
      "signal[0].hedge",
      "already traded",
    ],
    [
      "two for one asset",
      changed("asset: SOL/USDT", 'asset: "TRX/USDT:USDT"'),
      "reversion[0].primary",
      "second playbook",
    ],
    ["no such asset", changed("asset: SOL/USDT", "asset: SOL/USD"), "signal[0].asset", "did you mean"],
    [
      "more than the most",
      changed("notionalMax: 5000", "notionalMax: 999"),
      "signal[0].notional",
      "at most notionalMax",
    ],
    [
      "no budget",
      changed("notionalMax: 5000", "notionalMax: 5000, onUnknown: hedgeAnyway"),
      "signal[0].overHedgeLotsMax",
      "budget",
    ],
    [
      "bands",
      changed("notionalMax: 5000", "notionalMax: 5000, bands: { lowFrom: 0.9 }"),
      "signal[0].bands.lowFrom",
      "highFrom",
    ],
    [
      "decay",
      changed("notionalMax: 5000", "notionalMax: 5000, decay: { boostAt: 0.8 }"),
      "signal[0].decay.boostAt",
      "nearFullAt",
    ],
    [
      "weights",
      changed("notionalMax: 5000", "notionalMax: 5000, linear: { weights: { volatility: 0.3 } }"),
      "signal[0].linear.weights",
      "sum to 1.1",
    ],
    [
      "corridor",
      changed("notionalMax: 5000", "notionalMax: 5000, corridor: { bandMin: 0.3 }"),
      "signal[0].corridor.bandMin",
      "bandMax",
    ],
    [
      "exit beyond entry",
      changed("notional: 1000 }\npaper", "notional: 1000, exitZ: 2 }\npaper"),
      "reversion[0].exitZ",
      "entryZ",
    ],
    [
      "stop within entry",
      changed("notional: 1000 }\npaper", "notional: 1000, stopZ: 2 }\npaper"),
      "reversion[0].stopZ",
      "entryZ",
    ],
    [
      "half-lives",
      changed("notional: 1000 }\npaper", "notional: 1000, halfLifeBarsMin: 99 }\npaper"),
      "reversion[0].halfLifeBarsMin",
      "halfLifeBarsMax",
    ],
    [
      "lookback",
      changed("notional: 1000 }\npaper", "notional: 1000, lookback: 61 }\npaper"),
      "reversion[0].lookback",
      "20 to 60",
    ],
    [
      "entry",
      changed("notional: 1000 }\npaper", "notional: 1000, entryZ: 2.6 }\npaper"),
      "reversion[0].entryZ",
      "1.5 to 2.5",
    ],
    ["a ramp from nowhere", `${BASE}rollout: { fraction: 0.1 }\n`, "rollout.from", "first day"],
    ["a hasty ramp", `${BASE}rollout: { days: 13 }\n`, "rollout.days", "14 to 365"],
  ])("refuse %s", (_what, text, setting, says) => expectRefused(text, setting, says));

  it.each([
    [
      "one half-life",
      changed("notional: 1000 }\npaper", "notional: 1000, halfLifeBarsMin: 50, halfLifeBarsMax: 50 }\npaper"),
    ],
    ["one band", changed("notionalMax: 5000", "notionalMax: 5000, corridor: { bandMin: 0.1, bandMax: 0.1 }")],
    ["one notional", changed("notional: 1000, notionalMax: 5000", "notional: 5000, notionalMax: 5000")],
  ])("allow %s", (_what, text) => {
    expect(load(text).config.reversion).toHaveLength(1);
  });
});
