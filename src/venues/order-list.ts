/**
 * What a venue's own lists say of an account's orders, gathered into one: every order once, with what is known last of it.
 *
 * Invariants
 *   - A row that cannot be read is an error and never left out: what is missing here is missing in the book.
 *   - Lists are read one after the other and the account goes on: of two rows of one id the one with more filled counts, and
 *     of equals the one that has ended.
 *
 * How the rows are asked for is each venue's.
 */
import type { OrderStatus, Side, VenueOrder } from "../domain/order.ts";
import type { StepDecimal } from "../domain/step-decimal.ts";
import { VenueError } from "./venue-error.ts";

/** A row as it was read: what had no meaning is undefined, NaN or another type than it should be. */
export interface ListedOrder {
  readonly clientOrderId: unknown;
  readonly listing: number;
  readonly side: Side | undefined;
  readonly status: OrderStatus | undefined;
  readonly qtyLots: number;
  readonly cumQtyLots: number;
  /** Anything but a positive number: not known. */
  readonly avgPxTicks: number;
  readonly reduceOnly: boolean;
  readonly venueMs: number;
}

export class OrderList {
  readonly #where: string;
  readonly #found = new Map<string, VenueOrder>();

  /** `where` names what was asked, for errors. */
  constructor(where: string) {
    this.#where = where;
  }

  /** Throws `MALFORMED` where the row cannot be read. Orders that carry no client order id are nobody's of ours. */
  add({ clientOrderId, side, status, ...row }: ListedOrder): void {
    if (clientOrderId === "") return;
    const isWhole = Number.isSafeInteger(row.qtyLots) && Number.isSafeInteger(row.cumQtyLots);
    if (typeof clientOrderId !== "string" || side === undefined || status === undefined || !isWhole) {
      const what = `${String(clientOrderId)}, ${side ?? "no side"}, ${status ?? "no status"}, ${row.cumQtyLots} of ${row.qtyLots} lots`;
      throw this.malformed(`an order that cannot be read: ${what}`);
    }
    const before = this.#found.get(clientOrderId);
    const isNews =
      before === undefined ||
      row.cumQtyLots > before.cumQtyLots ||
      (row.cumQtyLots === before.cumQtyLots && (OPEN.has(before.status) || !OPEN.has(status)));
    if (!isNews) return;
    const avgPxTicks = row.avgPxTicks > 0 ? row.avgPxTicks : Number.NaN;
    this.#found.set(clientOrderId, { ...row, clientOrderId, side, status, avgPxTicks });
  }

  get orders(): readonly VenueOrder[] {
    return [...this.#found.values()];
  }

  malformed(what: string): VenueError {
    return new VenueError("MALFORMED", this.#where, `${this.#where}: ${what}`);
  }
}

const OPEN: ReadonlySet<OrderStatus> = new Set(["none", "open", "partiallyFilled"]);

/** NaN where it is no whole number of lots. */
export const lotsOf = (qty: StepDecimal, value: unknown): number =>
  typeof value === "string" ? qty.parse(value) : Number.NaN;

const PAUSE_MS = 250;
const PAUSES_MAX = 260;

/**
 * Asks until our own rate limits let it: a list may be longer than a window allows, and nothing else waits for it. Throws what
 * `ask` throws for any other reason, and `LIMITED` after 65 s of it, longer than any window.
 */
export async function whenAllowed<T>(ask: () => Promise<T>): Promise<T> {
  for (let pauses = 0; ; pauses++) {
    try {
      return await ask();
    } catch (cause) {
      if (!(cause instanceof VenueError) || cause.code !== "LIMITED" || pauses >= PAUSES_MAX) throw cause;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
