/**
 * The core's configuration as JSON in an EPOCH record, so that a journal can be replayed anywhere without the configuration
 * file it was made with. Maps and the numbers that JSON lacks are written as tagged objects.
 */
import type { CoreConfig } from "../core/config.ts";

export type EncodedConfig = Readonly<Record<string, unknown>>;

export const encodeCoreConfig = (config: CoreConfig): EncodedConfig => encoded(config) as EncodedConfig;

export function decodeCoreConfig(config: EncodedConfig): CoreConfig {
  const kept = decoded(config) as CoreConfig;
  const { risk, breakers } = kept;
  return { ...kept, risk: { ...UNBOUND.risk, ...risk }, breakers: { ...UNBOUND.breakers, ...breakers } };
}

/** Limits that journals of older builds do not have: what they let through is let through again. */
const UNBOUND = {
  risk: { depthMultipleMax: 1e12, ordersPerSecondMax: 100_000, repeatMs: 0 },
  breakers: { sameSideFillsPerMinuteMax: 100_000, dailyCostMax: 1e15 },
} as const;

function encoded(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map(encoded);
  if (value instanceof Map) return { $map: [...value].map(encoded) };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, encoded(inner)]));
}

function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== "object" || value === null) return value;
  const { $number, $map } = value as { readonly $number?: string; readonly $map?: readonly [unknown, unknown][] };
  if ($number !== undefined) return Number($number);
  if ($map !== undefined) return new Map(decoded($map) as [unknown, unknown][]);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decoded(inner)]));
}
