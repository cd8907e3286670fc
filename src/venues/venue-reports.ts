/**
 * What the clients of all venues do alike with messages and reports: parse the one, empty the other.
 */
import type { OrderReport, OrderStatus, ReportOrigin } from "../domain/order.ts";
import { LOCAL_CODES, type Operation } from "./outcome-codes.ts";

/** What of a request its answer is read with. */
export interface Asked {
  readonly operation: Operation;
  readonly clientOrderId: string;
  readonly listing: number;
}

/** A parsed message whose fields are all still to be checked. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Null when the bytes are no JSON object. */
export function parseMessage(bytes: Buffer): Fields | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

/** Everything as in a report that says nothing yet: what is not set afterwards is not of the message before. */
export function resetReport(report: OrderReport, clientOrderId: string, listing: number, origin: ReportOrigin): void {
  report.clientOrderId = clientOrderId;
  report.listing = listing;
  report.origin = origin;
  report.kind = "status";
  report.status = "none";
  report.cumQtyLots = -1;
  report.avgPxTicks = Number.NaN;
  report.code = 0;
  report.venueMs = 0;
}

/**
 * What an order's own row says of it. `cumQtyLots` is NaN where the filled quantity is absent or no whole number of lots,
 * `avgPxTicks` where nothing is known of the price, `status` undefined where the venue's word has no meaning here.
 */
export function readState(
  report: OrderReport,
  status: OrderStatus | undefined,
  cumQtyLots: number,
  avgPxTicks: number,
): void {
  // Kept even where the status means nothing to us: a fill is a fill.
  if (cumQtyLots >= 0) report.cumQtyLots = cumQtyLots;
  if (cumQtyLots > 0 && avgPxTicks > 0) report.avgPxTicks = avgPxTicks;
  if (status === undefined) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.statusUnmapped;
  } else if (report.listing >= 0 && report.cumQtyLots < 0) {
    report.kind = "unknown";
    report.code = LOCAL_CODES.qtyNotLots;
  } else {
    report.status = status;
  }
}

/** A report that says only that we do not know, from this side of the socket. */
export function localUnknown({ clientOrderId, listing }: Asked, code: number, report: OrderReport): void {
  resetReport(report, clientOrderId, listing, "local");
  report.kind = "unknown";
  report.code = code;
}

/** Milliseconds as a number or as the digits of one; 0 where it is neither. */
export function millis(value: unknown): number {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number > 0 ? number : 0;
}
