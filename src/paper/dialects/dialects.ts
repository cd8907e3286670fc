/**
 * The dialects a paper venue can speak, by the name that the configuration has for them.
 */
import { BINANCE_SPOT } from "./binance/binance-spot.ts";
import { BINANCE_USDM } from "./binance/binance-usdm.ts";
import { BYBIT_LINEAR } from "./bybit/bybit-linear.ts";
import type { DialectMaker } from "./dialect.ts";
import { OKX_SWAP } from "./okx/okx-swap.ts";

export const DIALECTS = {
  "binance-usdm": BINANCE_USDM,
  "binance-spot": BINANCE_SPOT,
  "bybit-linear": BYBIT_LINEAR,
  "okx-swap": OKX_SWAP,
} as const satisfies Readonly<Record<string, DialectMaker>>;

export type DialectName = keyof typeof DIALECTS;

export function isDialect(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name);
}
