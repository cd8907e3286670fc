/** Configurations for tests: the sample of the repository, and small ones derived from a sound text. */
import { readFileSync } from "node:fs";
import { type LoadedConfig, parseConfig } from "../../src/config/load.ts";
import { ConfigError, type Problem } from "../../src/config/problem.ts";

export const SAMPLE_FILE = new URL("../../config/outrigger.example.yaml", import.meta.url).pathname;
export const sampleText = () => readFileSync(SAMPLE_FILE, "utf8");

export const SMALL = `
sources:
  - name: desk
    adapter: schema
    auth: { type: standard-webhooks, secretsEnv: [DESK_SECRET] }
venues:
  - { name: a, type: binance-usdm, environment: paper }
instruments:
  - { symbol: BTC/USDT, tickSize: "0.01", lotSize: "0.00001" }
  - symbol: BTC/USDT:USDT
    tickSize: "0.1"
    lotSize: "0.001"
    listings:
      - { venue: a, symbol: BTCUSDT }
shield:
  - { asset: BTC/USDT, holdings: "1", hedge: "BTC/USDT:USDT", onUnknown: wait }
paper:
  venues: [{ name: a, port: 9101 }]
`;

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

/** `SMALL` with one piece of text replaced. */
export function small(from: string, to: string): string {
  if (!SMALL.includes(from)) throw new Error(`SMALL has no "${from}"`);
  return SMALL.replace(from, to);
}
