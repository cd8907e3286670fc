import { describe, expect, it } from "vitest";
import { createSchemaAdapter } from "../../src/wire/adapters/schema.ts";
import { ownValue } from "../../src/wire/json-object.ts";

const adapter = createSchemaAdapter();
const GOOD = {
  signal_id: "s-1",
  model: "m",
  model_version: "1",
  kind: "hedge",
  asset: "BTC/USDT",
  direction: "long",
  confidence: 0.8,
  time_horizon: "4h",
  generated_at: "2024-08-08T23:54:15Z",
};
const decodeText = (text: string) => adapter(Buffer.from(text), "application/json");
const decode = (change: Record<string, unknown>) => decodeText(JSON.stringify({ ...GOOD, ...change }));

/** GOOD with the JSON text of one value written as it stands. */
const withText = (field: string, json: string) =>
  decodeText(`{${JSON.stringify(GOOD).slice(1, -1)},"${field}":${json}}`);

it.each(Object.keys(GOOD))("a body without %s is refused by that name", (field) => {
  for (const absent of [undefined, null]) {
    expect(decode({ [field]: absent })).toMatchObject({ ok: false, error: { code: "MALFORMED", field } });
  }
});

describe("a wrong value is refused by its field's name", () => {
  it.each([
    ["signal_id", 7],
    ["signal_id", "a b"],
    ["model", ""],
    ["model", "\ud800"],
    ["kind", "OPEN"],
    ["kind", "constructor"],
    ["direction", "up"],
    ["asset", ["BTC/USDT"]],
    ["confidence", "high"],
    ["confidence", ""],
    ["confidence", true],
    ["confidence", "0x1"],
    ["confidence", "-0.1"],
    ["strength", 1.01],
    ["time_horizon", 3600],
    ["time_horizon", "4H"],
    ["time_horizon", "0s"],
    ["time_horizon", "367d"],
    ["time_horizon", "1h30m"],
    ["generated_at", "2024-08-08"],
    ["generated_at", "2024-08-08T23:54:15"],
    ["generated_at", "2024-02-30T00:00:00Z"],
    ["generated_at", "2024-08-08T24:00:00Z"],
    ["generated_at", "Thu, 08 Aug 2024 23:54:15 GMT"],
    ["generated_at", 1723161255123000],
    ["generated_at", -1],
    ["generated_at", { $date: 1 }],
    ["notional", 0],
    ["quantity", "1,5"],
    ["sequence", 0],
    ["sequence", -1],
    ["sequence", 1.5],
    ["sequence", "9007199254740993"],
    ["source_context", "é".repeat(129)],
    ["source_context", {}],
  ])("%s: %j", (field, value) => {
    expect(decode({ [field]: value })).toMatchObject({ ok: false, error: { code: "MALFORMED", field } });
  });

  it.each(["1e999", "-1e999"])("a number past all floats (%s)", (json) => {
    expect(withText("quantity", json)).toMatchObject({ ok: false, error: { field: "quantity" } });
  });
});

describe("times are read exactly, and whole seconds as their last instant", () => {
  it.each([
    ["2024-08-08T23:54:15Z", 1723161255999],
    ["2024-08-08T23:54:15.000Z", 1723161255000],
    ["2024-08-08t23:54:15.1239z", 1723161255123],
    ["2024-08-09T01:54:15.999999999+02:00", 1723161255999],
    ["2024-08-08 20:24:15-03:30", 1723161255999],
    ["1723161255", 1723161255999],
    [1723161255, 1723161255999],
    [1723161255000, 1723161255000],
    ["1723161255123", 1723161255123],
    [1723161255.123, 1723161255123],
    ["1723161255.123", 1723161255123],
    [1723161255123.9, 1723161255123],
  ])("%s", (value, expectedMs) => {
    expect(decode({ generated_at: value })).toMatchObject({ signal: { generatedAtMs: expectedMs } });
  });

  it.each([
    ["30s", 30_000],
    ["15m", 900_000],
    ["4h", 14_400_000],
    ["366d", 31_622_400_000],
  ])("a horizon of %s", (value, expectedMs) => {
    expect(decode({ time_horizon: value })).toMatchObject({ signal: { horizonMs: expectedMs } });
  });
});

describe("a body that is no plain object is refused", () => {
  it.each([
    ["", "empty"],
    ["[]", "an array"],
    ["null", "null"],
    ['"text"', "a string"],
    ["NaN", "no JSON"],
    ["{'signal_id':'s'}", "single quotes"],
    [`${JSON.stringify(GOOD)}x`, "text behind it"],
    ["[".repeat(65_536), "brackets without end"],
    [`{"a":`.repeat(20_000), "objects without end"],
    [`{"a":${"[".repeat(32)}${"]".repeat(32)}}`, "nesting below the limit of the parser but past ours"],
  ])("%.12s… (%s)", (text) => {
    expect(decodeText(text)).toMatchObject({ ok: false, error: { field: "body" } });
  });

  it("when it is not UTF-8", () => {
    const body = Buffer.from(JSON.stringify({ ...GOOD, source_context: "\xff" }), "latin1");
    expect(adapter(body, "application/json")).toMatchObject({ error: { field: "body", message: /UTF-8/ } });
  });

  it("and its text is not quoted back: it may hold a secret", () => {
    expect(JSON.stringify(decodeText('{"passphrase":"hunter2" "x"}'))).not.toContain("hunter2");
  });
});

describe("keys", () => {
  it.each([
    ['"kind":"open"', "kind"],
    ['"\\u006bind":"open"', "kind"],
    ['"x":{"y":1,"y":2}', "y"],
    ['"__proto__":1,"__proto__":2', "__proto__"],
    ['"c":"\\"","kind":"open"', "kind"],
    ['"c":"\\\\","kind":"open"', "kind"],
  ])("given twice are refused by name: %s", (members, field) => {
    const text = `{${JSON.stringify(GOOD).slice(1, -1)},${members}}`;
    expect(decodeText(text)).toMatchObject({ ok: false, error: { field, message: `${field} is given twice` } });
  });

  it("may repeat in different objects, and inside strings", () => {
    expect(
      decode({ a: { kind: 1 }, b: [{ kind: 1 }, { kind: 2 }], c: '{"kind":1,"kind":2}', d: 'x","kind":"' }).ok,
    ).toBe(true);
  });

  it("that name the prototype change nothing", () => {
    expect(withText("__proto__", '{"quantity":5}')).toMatchObject({ ok: true, signal: { quantity: Number.NaN } });
    expect(({} as Record<string, unknown>)["quantity"]).toBeUndefined();
  });

  it("are the sender's own or absent", () => {
    expect(ownValue({}, "constructor")).toBeUndefined();
    expect(ownValue(JSON.parse('{"constructor":1,"x":null}'), "constructor")).toBe(1);
  });

  it("that are unknown are ignored", () => {
    expect(decode({ source: "someone", future: [1, { deep: null }] }).ok).toBe(true);
  });
});

it("a byte order mark before the body is dropped", () => {
  expect(decodeText(`\ufeff${JSON.stringify(GOOD)}`).ok).toBe(true);
});
