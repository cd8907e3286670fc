/**
 * The core's configuration as JSON in an EPOCH record, so that a journal can be replayed anywhere without the configuration
 * file it was made with. Maps and the numbers that JSON lacks are written as tagged objects.
 */
import type { CoreConfig } from "../core/config.ts";

export type EncodedConfig = Readonly<Record<string, unknown>>;

export const encodeCoreConfig = (config: CoreConfig): EncodedConfig => encoded(config) as EncodedConfig;
export const decodeCoreConfig = (config: EncodedConfig): CoreConfig => decoded(config) as CoreConfig;

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
