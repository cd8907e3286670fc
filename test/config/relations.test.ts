import { describe, expect, it } from "vitest";
import { expectRefused, load, problemsOf, SMALL, small } from "./sample.ts";

const LOSSES = "breakers: { dailyLossMax: 1, drawdownMax: 1, dailyCostMax: 1 }\n";
const RISK = "risk: { orderNotionalMax: 1, positionNotionalMax: 1 }\n";
const live = (more: string) =>
  small("environment: paper", "environment: live, apiKeyEnv: K, apiSecretEnv: S").replace(/paper:\n.*\n/, "") +
  more +
  LOSSES;

const RACING = small("onUnknown: wait", "onUnknown: wait, overHedgeLotsMax: 100");

/** Text → the setting that is complained about, and a word of the complaint. */
const BROKEN: readonly (readonly [what: string, text: string, setting: string, says: string])[] = [
  [
    "weights",
    small("onUnknown: wait", "onUnknown: wait, weights: { volatility: 0.3 }"),
    "shield[0].weights",
    "sum to 1.1",
  ],
  ["validForMs", `router: { validForMs: 500 }\n${SMALL}`, "router.validForMs", "less than childTimeoutMs, 500 ms"],
  ["clockErrorMsMax", `router: { clockErrorMsMax: 400 }\n${SMALL}`, "router.clockErrorMsMax", "validForMs, 400"],
  ["totalMs", `router: { totalMs: 500 }\n${SMALL}`, "router.childTimeoutMs", "totalMs"],
  [
    "slippage",
    `router: { slippageBpsMax: 60 }\n${SMALL}`,
    "router.slippageBpsMaxHighLeverage",
    "at least slippageBpsMax",
  ],
  ["collar", `risk: { priceCollarBps: 40 }\n${SMALL}`, "risk.priceCollarBps", "own orders"],
  ["resolve.maxMs", `router: { resolve: { firstMs: 100, maxMs: 50 } }\n${SMALL}`, "router.resolve.maxMs", "firstMs"],
  [
    "quarantine",
    `router: { resolve: { quarantineAfterMs: 5000, absenceGraceMs: 1000 } }\n${SMALL}`,
    "router.resolve.maxMs",
    "quarantineAfterMs",
  ],
  ["grace", `router: { resolve: { absenceGraceMs: 60000 } }\n${SMALL}`, "router.resolve.absenceGraceMs", "quarantine"],
  ["race without a budget", `router: { mode: race }\n${SMALL}`, "shield[0].overHedgeLotsMax", "budget"],
  [
    "race delays",
    `router: { mode: race, race: { delayMsMin: 30, delayMsMax: 20 } }\n${RACING}`,
    "router.race.delayMsMin",
    "at most delayMsMax, 20 ms",
  ],
  [
    "race delay",
    `router: { mode: race, race: { delayMsMax: 500 } }\n${RACING}`,
    "router.race.delayMsMax",
    "childTimeoutMs, 500 ms",
  ],
  [
    "race netting",
    `router: { mode: race, race: { netMs: 1500 } }\n${RACING}`,
    "router.race.netMs",
    "overHedgeMsMax, 1500 ms",
  ],
  ["split depth", `router: { mode: split, split: { depthShare: 0 } }\n${SMALL}`, "router.split.depthShare", "depth"],
  ["backlog", `receiver: { backlogMax: 2048, dedupeIdsMax: 1024 }\n${SMALL}`, "receiver.backlogMax", "dedupeIdsMax"],
  [
    "an archive for nothing",
    `journal: { retention: { archiveDir: old } }\n${SMALL}`,
    "journal.retention.archiveDir",
    "state keepDays or keepBytes",
  ],
  ["ports", `control: { port: 8700 }\n${SMALL}`, "control.port", "receiver.port"],
  ["paper port", small("port: 9101", "port: 8701"), "paper.venues[0].port", "control.port"],
  ["listing venue", small("venue: a, symbol", "venue: b, symbol"), "instruments[1].listings[0].venue", 'no venue "b"'],
  [
    "listing tick",
    small("symbol: BTCUSDT", 'symbol: BTCUSDT, tickSize: "0.15"'),
    "instruments[1].listings[0].tickSize",
    "0.15",
  ],
  [
    "listing lot",
    small("symbol: BTCUSDT", 'symbol: BTCUSDT, lotSize: "0.0005"'),
    "instruments[1].listings[0].lotSize",
    "multiple",
  ],
  [
    "minQty",
    small("symbol: BTCUSDT", 'symbol: BTCUSDT, minQty: "0.0015"'),
    "instruments[1].listings[0].minQty",
    "multiple",
  ],
  ["shield hedge", small('hedge: "BTC/USDT:USDT"', "hedge: BTC/USD"), "shield[0].hedge", 'did you mean "BTC/USDT"'],
  ["untradable", small('hedge: "BTC/USDT:USDT"', "hedge: BTC/USDT"), "shield[0].hedge", "no listing"],
  ["shield asset", small("asset: BTC/USDT", "asset: ETH/USDT"), "shield[0].asset", "no instrument"],
  ["hedgeAnyway", small("onUnknown: wait", "onUnknown: hedgeAnyway"), "shield[0].overHedgeLotsMax", "budget"],
  [
    "decay",
    small("onUnknown: wait", "onUnknown: wait, decay: { boostAt: 0.8 }"),
    "shield[0].decay.boostAt",
    "nearFullAt",
  ],
  ["night", small("onUnknown: wait", "onUnknown: wait, night: { fromHour: 5 }"), "shield[0].night.toHour", "fromHour"],
  [
    "heartbeat",
    small("environment: paper", "environment: paper, heartbeatMs: 1800"),
    "venues[0].staleAfterMs",
    "heartbeatMs",
  ],
  ["no secret", small(", secretsEnv: [DESK_SECRET]", ""), "sources[0].auth", "secretsEnv or secretsFile"],
  ["half a key", small("environment: paper", "environment: paper, apiKeyEnv: K"), "venues[0]", "apiSecretEnv"],
  [
    "paper ed25519",
    small("environment: paper", "environment: paper, keyType: ed25519, apiKeyEnv: K"),
    "venues[0]",
    "apiSecretEnv",
  ],
  ["paper port missing", small("[{ name: a, port: 9101 }]", "[]"), "venues[0]", "port"],
  [
    "paper name",
    small("[{ name: a, port: 9101 }]", "[{ name: a, port: 9101 }, { name: aa, port: 9102 }]"),
    "paper.venues[1].name",
    '"aa"',
  ],
  ["csv", `${SMALL}  market: { type: csv }\n`, "paper.market.files", "at least one file"],
  ["files", `${SMALL}  market: { files: [x.csv] }\n`, "paper.market.files", "type: csv"],
  ["price", `${SMALL}  initialPrices: [{ symbol: BTCUSD, price: 1 }]\n`, "paper.initialPrices[0].symbol", '"BTCUSDT"?'],
  [
    "alias",
    small('lotSize: "0.00001"', 'lotSize: "0.00001", aliases: [BTCUSDT.P]'),
    "instruments[0].aliases[0]",
    "another",
  ],
  [
    "live losses",
    live(`${RISK}breakers: { dailyLossMax: 5, dailyCostMax: 5 }\n`).replace(LOSSES, ""),
    "breakers.drawdownMax",
    "must be stated",
  ],
  ["live limits", live("risk: { orderNotionalMax: 5000 }\n"), "risk.positionNotionalMax", "must be stated"],
];

describe("relations between settings", () => {
  it("hold in the small configuration that the cases are made from", () => {
    expect(load(SMALL).config.shield).toHaveLength(1);
    expect(
      load(live("risk: { orderNotionalMax: 5000, positionNotionalMax: 9000 }\n")).config.risk.orderNotionalMax,
    ).toBe(5000);
  });

  it.each(BROKEN)("%s", (_what, text, setting, says) => expectRefused(text, setting, says));

  it.each([
    ["a split by its defaults", `router: { mode: split }\n${SMALL}`],
    ["no depth where nothing is split", `router: { split: { depthShare: 0 } }\n${SMALL}`],
    ["one slippage for both", `router: { slippageBpsMax: 50, slippageBpsMaxHighLeverage: 50 }\n${SMALL}`],
    [
      "a collar as wide as the slippage",
      `router: { slippageBpsMaxHighLeverage: 50 }\nrisk: { priceCollarBps: 50 }\n${SMALL}`,
    ],
    ["queries at one interval", `router: { resolve: { firstMs: 100, maxMs: 100 } }\n${SMALL}`],
    ["a night of no hour", small("onUnknown: wait", "onUnknown: wait, night: { fromHour: 4, toHour: 4 }")],
    ["a budget", small("onUnknown: wait", "onUnknown: hedgeAnyway, overHedgeLotsMax: 1")],
  ])("allow %s", (_what, text) => {
    expect(load(text).config.shield).toHaveLength(1);
  });

  it("refuse the same name twice, wherever names must be unique", () => {
    const twice = SMALL.replace(/( {2}- name: desk[\s\S]*?)venues:/, "$1$1venues:")
      .replace(/( {2}- \{ name: a, type.*\n)/, "$1$1")
      .replace(/( {6}- \{ venue: a.*\n)/, "$1$1")
      .replace(/( {2}- \{ asset.*\n)/, "$1$1");
    expect(problemsOf(twice).map((problem) => problem.setting)).toEqual([
      "sources[1].path",
      "sources[1].name",
      "venues[1].name",
      "instruments[1].listings[1].venue",
      "shield[1].asset",
      "shield[1].hedge",
    ]);
  });

  it("refuse paper and live venues in one file", () => {
    const mixed = small(
      "environment: paper }",
      "environment: paper }\n  - { name: b, type: binance-usdm, environment: live, apiKeyEnv: K, apiSecretEnv: S }",
    );
    expect(problemsOf(mixed).map((problem) => problem.setting)).toContain("venues[1].environment");
  });

  it("refuse a kind of key that a venue's type does not take", () => {
    const ed25519 = (type: string) =>
      small("type: binance-usdm", `keyType: ed25519, apiKeyEnv: K, apiSecretEnv: S, type: ${type}`);
    expect(() => load(ed25519("binance-usdm"))).not.toThrow();
    expect(problemsOf(ed25519("bybit-linear")).map((problem) => problem.setting)).toEqual(["venues[0].keyType"]);
    expect(problemsOf(ed25519("okx-swap, passphraseEnv: P")).map((problem) => problem.setting)).toEqual([
      "venues[0].keyType",
    ]);
  });

  it("want a passphrase with OKX's keys, and one only", () => {
    const okx = (more: string) => small("type: binance-usdm", `apiKeyEnv: K, apiSecretEnv: S, type: okx-swap${more}`);
    expect(() => load(okx(", passphraseEnv: P"))).not.toThrow();
    const settings = (more: string) => problemsOf(okx(more)).map((problem) => problem.setting);
    expect(settings("")).toEqual(["venues[0]"]);
    expect(settings(", passphraseEnv: P, passphraseFile: f")).toEqual(["venues[0].passphraseFile"]);
    expect(() => load(small("type: binance-usdm", "type: okx-swap"))).not.toThrow();
  });

  it("are reported with line and column of the setting", () => {
    const text = SMALL.replace('    lotSize: "0.001"\n', '    lotSize: "0.001"\n    aliases: [X,\n      BTCUSDT]\n');
    expect(problemsOf(text)).toMatchObject([
      { setting: "instruments[1].aliases[1]", line: text.split("\n").indexOf("      BTCUSDT]") + 1, column: 7 },
    ]);
  });
});
