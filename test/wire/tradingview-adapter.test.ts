import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createTradingViewAdapter, tradingViewPassphrase } from "../../src/wire/adapters/tradingview.ts";

const OPTIONS = {
  model: "tv",
  modelVersion: "1",
  signalKind: "open",
  horizonMs: 3_600_000,
  confidence: 0.7,
} as const;
const adapter = createTradingViewAdapter(OPTIONS);
const decode = (text: string, contentType = "text/plain") => adapter(Buffer.from(text), contentType);
const GOOD = "ticker=BTCUSDT market_position=long time=2024-08-08T23:54:15Z";

describe("an alert", () => {
  it("means what the position is, not what the order was", () => {
    expect(decode(`${GOOD} action=sell`)).toMatchObject({ signal: { kind: "open", direction: "long" } });
  });

  it("is as large as the position that is left, where that is told: an order that turns round is twice as large", () => {
    const turned = `${GOOD.replace("long", "short")} action=sell contracts=2`;
    expect(decode(turned)).toMatchObject({ signal: { quantity: 2 } });
    expect(decode(`${turned} market_position_size=1`)).toMatchObject({ signal: { direction: "short", quantity: 1 } });
    const nested =
      '{"ticker":"BTCUSDT","time":1723161255,"strategy":{"market_position":"long","market_position_size":"0.5"}}';
    expect(decode(nested)).toMatchObject({ signal: { quantity: 0.5 } });
    const flat = `${GOOD.replace("long", "flat")} contracts=1 market_position_size=0`;
    expect(decode(flat)).toMatchObject({ signal: { kind: "close", quantity: Number.NaN } });
    const field = "market_position_size";
    expect(decode(`${GOOD} ${field}=0`)).toMatchObject({ error: { field } });
    expect(decode(`${GOOD} ${field}={{strategy.market_position_size}}`)).toMatchObject({ error: { field } });
  });

  it("that leaves the position flat is a close, whatever the source's kind", () => {
    const text = GOOD.replace("long", "flat");
    expect(decode(`${text} kind=hedge`)).toMatchObject({ signal: { kind: "close", direction: "flat" } });
  });

  it("that is evidence stays evidence when flat: it must never trade", () => {
    expect(decode(`${GOOD.replace("long", "flat")} kind=evidence`)).toMatchObject({ signal: { kind: "evidence" } });
  });

  it("without an id is named by the SHA-256 of its bytes", () => {
    const id = createHash("sha256").update(GOOD).digest("hex").slice(0, 32);
    expect(decode(GOOD)).toMatchObject({ signal: { signalId: id } });
    expect(decode(`${GOOD} `)).not.toMatchObject({ signal: { signalId: id } });
    expect(decode(`${GOOD} id=mine-1`)).toMatchObject({ signal: { signalId: "mine-1" } });
  });

  it("may state what the source's configuration would", () => {
    const text = `${GOOD} confidence=0.9 strength=0.5 time_horizon=15m model=a model_version=b kind=hedge notional=100`;
    expect(decode(text)).toMatchObject({
      signal: {
        confidence: 0.9,
        strength: 0.5,
        horizonMs: 900_000,
        model: "a",
        modelVersion: "b",
        kind: "hedge",
        notional: 100,
      },
    });
  });

  it("may state the confidence in a field of the configuration's choice", () => {
    const chosen = createTradingViewAdapter({ ...OPTIONS, confidenceFromField: "prob" });
    const of = (text: string) => chosen(Buffer.from(text), "text/plain");
    expect(of(`${GOOD} prob=0.25 confidence=0.9`)).toMatchObject({ signal: { confidence: 0.25, strength: 0.25 } });
    expect(of(GOOD)).toMatchObject({ signal: { confidence: 0.7 } });
    expect(of(`${GOOD} prob=2`)).toMatchObject({ error: { field: "prob", message: "prob must be 0 to 1, got 2" } });
  });
});

describe("an alert is refused by the name its author used", () => {
  it.each([
    ["symbol=BTCUSDT market_position=up time=2024-08-08T23:54:15Z", "market_position"],
    ["symbol=BTCUSDT market_position=long timenow=yesterday", "timenow"],
    ["symbol=₿ market_position=long timenow=2024-08-08T23:54:15Z", "symbol"],
    ["market_position=long time=2024-08-08T23:54:15Z", "ticker"],
    ["ticker=BTCUSDT market_position=long", "time"],
    [`${GOOD} action=hold`, "action"],
    [`${GOOD} strategy.order.contracts=-1`, "strategy.order.contracts"],
    [`${GOOD} contracts=`, "contracts"],
    [`${GOOD} alert_id=a.b`, "alert_id"],
    [`${GOOD} time=2024-08-08T23:54:15Z`, "time"],
    [`${GOOD} comment="no end`, "comment"],
    [`${GOOD} comment="a"b`, "comment"],
    [`${GOOD} symbol=ETHUSDT`, "symbol"],
    [`${GOOD} contracts={{strategy.order.contracts}}`, "contracts"],
    [`${GOOD} buy now`, "body"],
    [`${GOOD} =x`, "body"],
    [Array.from({ length: 65 }, (_, i) => `k${i}=1`).join(" "), "body"],
    ["", "body"],
    [" \n", "body"],
    ['{"ticker":"BTCUSDT", "comment":"a "quoted" word"}', "body"],
    ['{"ticker":{"toString":1},"symbol":"BTCUSDT","market_position":"long","time":1723161255}', "symbol"],
    ['{"ticker":{"toString":1},"market_position":"long","time":1723161255}', "ticker"],
    [
      '{"ticker":"BTCUSDT","market_position":"long","strategy":{"market_position":"short"},"time":1723161255}',
      "strategy.market_position",
    ],
    ['{"ticker":"A","strategy.x":1,"strategy":{"x":2}}', "strategy"],
  ])("%s", (text, field) => {
    expect(decode(text)).toMatchObject({ ok: false, error: { code: "MALFORMED", field } });
  });

  it("when pairs are declared to be JSON", () => {
    expect(decode(GOOD, "application/json; charset=utf-8")).toMatchObject({ error: { field: "body" } });
  });
});

describe("the passphrase", () => {
  it.each([
    ['{"passphrase":"correct horse"}', "application/json", "correct horse"],
    [`${GOOD} passphrase=s3cret`, "text/plain", "s3cret"],
    [`passphrase="two words" ${GOOD}`, "text/plain", "two words"],
    ['{"passphrase":"x"}', "text/plain", "x"],
    ['{"passphrase":7}', "application/json", null],
    ['{"passphrase":"a","passphrase":"b"}', "application/json", null],
    ['{"strategy":{"passphrase":"x"}}', "application/json", null],
    ["passphrase=a passphrase=b", "text/plain", null],
    ["not an alert", "text/plain", null],
    ["", "text/plain", null],
    ["passphrase=x", "application/json", null],
  ])("of %s as %s is %s", (text, contentType, expected) => {
    expect(tradingViewPassphrase(Buffer.from(text), contentType)).toBe(expected);
  });

  it("of bytes that are no text is none", () => {
    expect(tradingViewPassphrase(Uint8Array.of(0xff, 0xfe, 0x00), "text/plain")).toBeNull();
  });
});
