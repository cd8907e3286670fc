import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createSchemaAdapter } from "../../src/wire/adapters/schema.ts";
import { createTradingViewAdapter } from "../../src/wire/adapters/tradingview.ts";
import { decodeFrame } from "../../src/wire/decode.ts";

const GOLDEN = new URL("golden/", import.meta.url);

const ADAPTERS = {
  schema: createSchemaAdapter(),
  tradingview: createTradingViewAdapter({
    model: "tv-breakout",
    modelVersion: "3",
    signalKind: "hedge",
    horizonMs: 4 * 3_600_000,
    confidence: 0.7,
  }),
};

describe.each(Object.entries(ADAPTERS))("adapter %s", (folder, adapter) => {
  const bodies = readdirSync(new URL(`${folder}/`, GOLDEN)).filter((name) => !name.endsWith(".expected.json"));

  it.each(bodies)("%s becomes what stands beside it", (name) => {
    const contentType = name.endsWith(".json") ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
    const expected = readFileSync(new URL(`${folder}/${name.replace(/\.\w+$/, "")}.expected.json`, GOLDEN), "utf8");
    const decoded = adapter(readFileSync(new URL(`${folder}/${name}`, GOLDEN)), contentType);
    // JSON writes the NaN of an absent size as null.
    expect(JSON.parse(JSON.stringify(decoded))).toEqual(JSON.parse(expected));
  });

  it("has a file for each expectation", () => {
    const expectations = readdirSync(new URL(`${folder}/`, GOLDEN)).filter((name) => name.endsWith(".expected.json"));
    expect(expectations.length).toBe(bodies.length);
    expect(bodies.length).toBeGreaterThan(5);
  });
});

it.each(["frame-python.bin", "frame-python-size-prefixed.bin"])("%s, made by Python's library, is accepted", (name) => {
  expect(decodeFrame(readFileSync(new URL(name, GOLDEN)))).toEqual({
    ok: true,
    signal: {
      signalId: "py-2024-08-08-000042",
      model: "funding-llm",
      modelVersion: "2024.08",
      kind: "hedge",
      asset: "BTC/USDT:USDT",
      direction: "long",
      strength: 0.82,
      confidence: 0.82,
      horizonMs: 14_400_000,
      generatedAtMs: 1_723_161_255_123,
      notional: Number.NaN,
      quantity: 0.25,
      sequence: 42,
      sourceContext: "funding flips négatif ↯",
    },
  });
});
