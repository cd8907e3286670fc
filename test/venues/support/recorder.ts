/** Records what a venue calls back, copied, and waits for it. */
import type { OrderReport, Quote } from "../../../src/domain/order.ts";
import type { VenueStatus } from "../../../src/domain/venue-status.ts";
import type { VenueEvents } from "../../../src/venues/venue.ts";

export class Recorder implements VenueEvents {
  readonly reports: OrderReport[] = [];
  readonly quotes: Quote[] = [];
  readonly statuses: VenueStatus[] = [];

  onReport(report: OrderReport): void {
    this.reports.push({ ...report });
  }

  onQuote(quote: Quote): void {
    this.quotes.push({ ...quote });
  }

  onStatus(status: VenueStatus): void {
    this.statuses.push({ ...status });
  }

  get status(): VenueStatus | undefined {
    return this.statuses.at(-1);
  }

  of(clientOrderId: string): OrderReport[] {
    return this.reports.filter((report) => report.clientOrderId === clientOrderId);
  }

  find(clientOrderId: string, wanted: Partial<OrderReport>): OrderReport | undefined {
    const entries = Object.entries(wanted) as [keyof OrderReport, unknown][];
    return this.of(clientOrderId).find((report) => entries.every(([field, value]) => Object.is(report[field], value)));
  }
}

/** Polls until `get` gives something. The deadline only bounds a failing test; nothing is asserted of the time it takes. */
export async function eventually<T>(get: () => T | undefined | null | false, what = "the condition"): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = get();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
