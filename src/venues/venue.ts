/**
 * Venue port: everything the engine may ask of an exchange, and everything it hears from one.
 *
 * A venue never decides. It does not retry an order, does not time one out and does not conclude: it says what was sent and
 * what the exchange answered, as `OrderReport`s, and the core draws the conclusions. Calls are synchronous up to the socket
 * write, so the order in which the lane sends is the order on the wire.
 */
import type { OrderReport, OrderRequest, Quote, VenueOrder } from "../domain/order.ts";
import type { Lots } from "../domain/units.ts";
import type { Misfit, OrderLink, RateUsage, VenueStatus } from "../domain/venue-status.ts";

export interface Venue {
  readonly index: number;
  readonly name: string;

  /** Connects every socket, authenticates, checks listings against the exchange's own limits. Resolves when orders may flow. */
  connect(): Promise<void>;
  /** Closes every socket. Orders in flight are reported `unknown`. */
  close(): Promise<void>;

  /** False: nothing was written (a `notSent` report is *not* emitted as well). True: the order is on the wire, or may be. */
  place(order: OrderRequest): boolean;
  cancel(listing: number, clientOrderId: string): boolean;
  query(listing: number, clientOrderId: string): boolean;

  /** Net positions in lots per listing index, as the exchange has them now. */
  positions(): Promise<ReadonlyMap<number, Lots>>;
  /**
   * Every order of this account on our listings that was made at `sinceMs` (venue time) or later and carries a client order
   * id, ended or not, as the exchange has them now. Rejects where it did not get all of them (`UNSUPPORTED`: it does not keep
   * them for so long); null where the exchange cannot be asked for orders.
   */
  ordersSince(sinceMs: number): Promise<readonly VenueOrder[] | null>;
  /** What of our listings the exchange's rules no longer fit, asked for anew. `connect` rejects where there is any. */
  misfits(): Promise<readonly Misfit[]>;
  /** How often to ask for them: some exchanges tell of one market only with all others, and that takes time to read. */
  readonly misfitsEveryMs: number;
  /** What the API key may do. Live mode refuses keys that can withdraw. */
  permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }>;

  /** For people: how much of the exchange's limits is used. Absent where the client keeps no count of it. */
  rates?(): readonly RateUsage[];
  /** For people: the connections that carry orders. Absent where the client does not keep them itself. */
  links?(): readonly OrderLink[];
}

/** What a venue calls back. All calls come on the lane's thread, one at a time; arguments are reused. */
export interface VenueEvents {
  onReport(report: OrderReport): void;
  onQuote(quote: Quote): void;
  onStatus(status: VenueStatus): void;
}
