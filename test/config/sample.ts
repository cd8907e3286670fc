/** Configurations for tests: the sample of the repository, and small ones derived from a sound text. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type LoadedConfig, parseConfig } from "../../src/config/load.ts";
import { ConfigError, type Problem } from "../../src/config/problem.ts";

export const SAMPLE_FILE = new URL("../../config/outrigger.example.yaml", import.meta.url).pathname;
export const sampleText = () => readFileSync(SAMPLE_FILE, "utf8");

/** With one source and one paper venue, as every configuration needs them. */
export const withDesk = (rest: string): string => `
sources:
  - name: desk
    adapter: schema
    auth: { type: standard-webhooks, secretsEnv: [DESK_SECRET] }
venues:
  - { name: a, type: binance-usdm, environment: paper }
${rest}paper:
  venues: [{ name: a, port: 9101 }]
`;

export const SMALL = withDesk(`instruments:
  - { symbol: BTC/USDT, tickSize: "0.01", lotSize: "0.00001" }
  - symbol: BTC/USDT:USDT
    tickSize: "0.1"
    lotSize: "0.001"
    listings:
      - { venue: a, symbol: BTCUSDT }
shield:
  - { asset: BTC/USDT, holdings: "1", hedge: "BTC/USDT:USDT", onUnknown: wait }
`);

export function load(text: string): LoadedConfig {
  return parseConfig("/etc/outrigger/test.yaml", text);
}

/** The problems of a text that must not load. */
export function problemsOf(text: string): readonly Problem[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("the configuration loaded");
}

/** Makes a text with one piece of it replaced. */
export const editing =
  (text: string) =>
  (from: string, to: string): string => {
    if (!text.includes(from)) throw new Error(`the configuration has no "${from}"`);
    return text.replace(from, to);
  };

export const small = editing(SMALL);

/** The text must not load: of this setting alone it says so, first in these words, and where. */
export function expectRefused(text: string, setting: string, says: string): void {
  const found = problemsOf(text);
  expect(new Set(found.map((problem) => problem.setting))).toEqual(new Set([setting]));
  expect(found[0]?.message).toContain(says);
  expect(found[0]?.line).toBeGreaterThan(0);
}
