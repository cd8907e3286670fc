/** Parameters of a Bybit request, of a query texts only, of JSON whatever it held; and how single ones are read. */
import { invalid, missing } from "./errors.ts";

export type Params = Readonly<Record<string, unknown>>;

export function text(params: Params, field: string): string {
  const value = optional(params, field);
  if (value === undefined) throw missing(field);
  return value;
}

/** Undefined: absent or empty. Throws where it is no text. */
export function optional(params: Params, field: string): string | undefined {
  const value = params[field];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw invalid(field);
  return value;
}

export function flag(params: Params, field: string): boolean {
  const value = params[field] ?? false;
  if (typeof value !== "boolean") throw invalid(field);
  return value;
}

/** At most `max`, whatever was asked for. Throws where it is no whole number above 0. */
export function wholeNumber(params: Params, field: string, fallback: number, max: number): number {
  const value = optional(params, field);
  if (value === undefined) return fallback;
  if (!/^\d{1,15}$/.test(value) || Number(value) < 1) throw invalid(field);
  return Math.min(Number(value), max);
}
