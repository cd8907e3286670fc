/**
 * A lane's connection to a simulated venue: the venue port for as long as the lane lives. The venue itself goes on without it.
 *
 * Invariant: what a dead lane still calls reaches nobody, and nothing reaches a dead lane.
 */
import type { OrderRequest, VenueOrder } from "../domain/order.ts";
import { type Lots, lots } from "../domain/units.ts";
import type { Venue, VenueEvents } from "../venues/venue.ts";
import type { SimHost, SimThread } from "./sim-host.ts";
import type { SimVenue } from "./sim-venue.ts";

/** Whom a venue tells: the newest link. */
export interface Socket {
  link: SimLink | null;
}

export interface LinkParts {
  readonly host: SimHost;
  readonly thread: SimThread;
  readonly venue: SimVenue;
  readonly socket: Socket;
  readonly events: VenueEvents;
  readonly listings: readonly number[];
  latencyMs(): number;
  /** Before an order leaves. False: the process dies of it, and it does not leave. May throw, as a bug in a lane does. */
  onPlace(order: OrderRequest): boolean;
  /** After it has left. */
  onPlaced(): void;
  /** The lane is told what the venue holds. */
  onPositions(): void;
}

export class SimLink implements Venue {
  readonly misfitsEveryMs = 3_600_000;
  readonly index: number;
  readonly name: string;
  readonly #parts: LinkParts;

  constructor(parts: LinkParts) {
    this.index = parts.venue.index;
    this.name = parts.venue.name;
    this.#parts = parts;
  }

  /** What the venue says arrives on the lane's thread. */
  tell(how: (events: VenueEvents) => void): void {
    const { host, thread, events } = this.#parts;
    host.enter(thread, () => how(events));
  }

  connect(): Promise<void> {
    const { host, thread, venue, socket, latencyMs } = this.#parts;
    return new Promise((resolve, reject) => {
      host.after(thread, 3 * latencyMs(), () => {
        if (venue.isOut) {
          reject(new Error(`${this.name} cannot be reached`));
          return;
        }
        venue.drop();
        socket.link = this;
        void venue.connect();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#parts.venue.drop();
  }

  place(order: OrderRequest): boolean {
    if (!this.#isAlive || !this.#parts.onPlace(order)) return false;
    const placed = this.#parts.venue.place(order);
    this.#parts.onPlaced();
    return placed;
  }

  cancel(listing: number, clientOrderId: string): boolean {
    return this.#isAlive && this.#parts.venue.cancel(listing, clientOrderId);
  }

  query(listing: number, clientOrderId: string): boolean {
    return this.#isAlive && this.#parts.venue.query(listing, clientOrderId);
  }

  positions(): Promise<ReadonlyMap<number, Lots>> {
    const { host, thread, venue, listings, latencyMs } = this.#parts;
    return new Promise((resolve, reject) => {
      host.after(thread, latencyMs(), () => {
        if (venue.isOut) {
          reject(new Error(`${this.name} cannot be reached`));
          return;
        }
        const positions = new Map(listings.map((index) => [index, lots(venue.exchange.positionLots(index))]));
        host.after(thread, latencyMs(), () => {
          this.#parts.onPositions();
          resolve(positions);
        });
      });
    });
  }

  ordersSince(sinceMs: number): Promise<readonly VenueOrder[]> {
    const { host, thread, venue, latencyMs } = this.#parts;
    return new Promise((resolve, reject) => {
      host.after(thread, latencyMs(), () => {
        if (venue.isOut) {
          reject(new Error(`${this.name} cannot be reached`));
          return;
        }
        void venue
          .ordersSince(sinceMs)
          .then((orders) => host.after(thread, latencyMs(), () => resolve(orders)), reject);
      });
    });
  }

  /** Its rules never change. */
  async misfits(): Promise<readonly []> {
    return [];
  }

  async permissions(): Promise<{ readonly canTrade: boolean; readonly canWithdraw: boolean }> {
    return { canTrade: true, canWithdraw: false };
  }

  get #isAlive(): boolean {
    return this.#parts.thread.alive && this.#parts.socket.link === this;
  }
}
