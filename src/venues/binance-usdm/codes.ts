/**
 * Outcome codes of Binance USDM: what a code proves about an order.
 *
 * Definitive rejects only, by raw code (venues.md); every other code is `unknown`.
 */
import type { ReportKind } from "../../domain/order.ts";
import type { Operation } from "../outcome-codes.ts";

/**
 * What an error answer of the Binance USDM order API means. `status` is the HTTP-like number beside it, `code` is 0 where
 * the answer carries none.
 */
export function binanceUsdmOutcome(operation: Operation, status: number, code: number, message: string): ReportKind {
  if (operation === "cancel") return code === -2011 || code === -2013 ? "cancelUnknown" : "unknown";
  if (operation === "query") return code === -2013 ? "notFound" : "unknown";
  if (code === -4116 || (code === -2010 && /duplicate/i.test(message))) return "duplicateId";
  if (BINANCE_USDM_REJECTS.has(code)) return "rejected";
  // The gateway turned the request away before reading it: rate limit, ban, web application firewall.
  if (status === 429 || status === 418 || (status === 403 && code === 0)) return "rejected";
  // Of the venue's four 503s, these two are documented as a certain failure. With -1001 the second stays unknown: over the
  // socket that code is also sent when the backend connection broke with the order under way.
  if (status === 503 && message === "Service Unavailable.") return "rejected";
  if (status === 503 && code !== -1001 && message.startsWith("Internal error; unable to process")) return "rejected";
  return "unknown";
}

/** Definitive: the order was not accepted and never will be under this request. */
const BINANCE_USDM_REJECTS: ReadonlySet<number> = new Set([
  // Not authorised, malformed or throttled: refused at the gateway. -1008 is documented as a certain failure.
  ...[-1002, -1003, -1008, -1013, -1014, -1015, -1020, -1021, -1022],
  ...range(-1130, -1100),
  // -2010 other than a duplicate; key and permission; balance, margin, reduce-only, liquidation, leverage.
  ...[-2010, -2014, -2015, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026, -2027, -2028],
  // Filters and account rules. Listed one by one: -4116 is a duplicate id, and codes to come must start as unknown.
  ...range(-4030, -4000),
  ...[-4045, -4050, -4051, -4055, -4061, -4062, -4087, -4088, -4104, -4118, -4131, -4137, -4138, -4140, -4164, -4165],
  ...[-4183, -4184, -4192, -4400, -4401, -4402, -4531],
  // Fill-or-kill and post-only orders that could not be what they asked for.
  ...[-5021, -5022],
]);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
