/**
 * Rigs: the same small market behind different implementations of the venue port, so that one matrix tests them all.
 * Bid 61800.0 and ask 61800.1 with 100 lots each, BTC and ETH perpetuals, a venue clock that is 1,234 ms ahead of ours.
 */
import type { OrderRequest, ReportKind } from "../../../src/domain/order.ts";
import type { EpochMs } from "../../../src/domain/units.ts";
import type { PaperKeyOptions } from "../../../src/paper/api-key.ts";
import type { DialectName } from "../../../src/paper/dialects/dialects.ts";
import type { ListingOptions } from "../../../src/paper/listing.ts";
import { startPaper } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { type Clock, SystemClock } from "../../../src/time/clock.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { eventually, Recorder } from "./recorder.ts";

export const BID_TICKS = 618_000;
export const ASK_TICKS = 618_001;
export const TOP_LOTS = 100;
export const SKEW_MS = 1234;

export interface Rig {
  /** Connected. */
  readonly venue: Venue;
  readonly heard: Recorder;
  /** The exchange behind it, to give faults and to look at; null where there is none but a simulation. */
  readonly paper: PaperVenue | null;
  /** The venue's clock now, as the engine would stamp an order. */
  stampMs(): EpochMs;
  until<T>(get: () => T | undefined | null | false, what?: string): Promise<T>;
  /** Places an order whose connection breaks after the exchange executed it and before the answer. */
  placeAndBreak(order: OrderRequest): Promise<void>;
  close(): Promise<void>;
}

/** What of the exchange is other than usual. */
export interface RigChanges {
  readonly btc?: Partial<ListingOptions>;
  readonly canWithdraw?: boolean;
  /** The client signs with another secret than the exchange knows. */
  readonly wrongSecret?: boolean;
}

/** One implementation of the port, with what its venue really does where venues differ. */
export interface VenueFixture {
  readonly name: string;
  /** Rejects, and leaves nothing open, where `connect` rejects. */
  open(changes?: RigChanges): Promise<Rig>;
  /** `final`: the answer to an order says what became of it. `ack`: only that it was taken, the stream says the rest. */
  readonly answers: "final" | "ack";
  /** What becomes of an IOC's remainder. */
  readonly remainder: "expired" | "canceled";
  /** Whether an id is free again once its order has ended. */
  readonly idsFreeAgain: boolean;
  /** Whether a stamp may lie ahead of the venue's clock: where orders carry a deadline only. */
  readonly stampsMayBeAhead?: true;
  /** Codes by what the venue says with them. */
  readonly codes: {
    readonly tooSmall: number;
    readonly duplicate: number;
    readonly cancelUnknown: number;
    /** 0 where the venue answers an empty list. */
    readonly notFound: number;
    readonly outOfWindow: number;
    readonly reduceOnly: number;
    readonly margin: number;
  };
  /** Null for a simulation, which cannot be given these. */
  readonly paper: PaperManners | null;
}

export interface PaperManners {
  /** What faults make it answer to a new order, and what that must be read as. Nothing of it is executed. */
  readonly refusals: readonly (readonly [fault: object, kind: ReportKind, code: number])[];
  /** The code of a timeout: executed, and the answer says that nobody knows. */
  readonly timeout: number;
  /** Lots as this venue writes a quantity. */
  quantity(lots: number): string;
  /** A quantity that is half a lot of ours more than 10, and what the listing must be for the venue to know such a thing. */
  readonly fraction: { readonly btc: Partial<ListingOptions>; readonly quantity: string };
  /** What it calls the size of a contract, where amounts are in contracts. */
  readonly contractField?: string;
  /** Listings that do not fit ours, with the field that the error names. */
  readonly misfits: readonly (readonly [btc: Partial<ListingOptions>, field: string])[];
}

/** A client on a paper venue. */
export interface PaperClient {
  readonly dialect: DialectName;
  readonly key: PaperKeyOptions;
  readonly btc: ListingOptions;
  readonly eth: ListingOptions;
  /** `address` is host and port; the secret is another one than `key` has if `wrongSecret`. */
  create(address: string, heard: Recorder, clock: Clock, wrongSecret: boolean): Venue;
}

export async function openPaperRig(client: PaperClient, changes: RigChanges = {}): Promise<Rig> {
  const btc = { ...client.btc, ...changes.btc };
  const server = await startPaper({
    venues: [
      {
        ...{ name: "alpha", dialect: client.dialect, port: 0, symbols: [btc, client.eth] },
        ...client.key,
        canWithdraw: changes.canWithdraw ?? false,
      },
    ],
    market: { type: "none" },
    depthLevels: 0,
  });
  const paper = server.venues[0]!;
  paper.inject({ kind: "clockSkew", ms: SKEW_MS, durationMs: 600_000 });
  const listing = paper.exchange.listings.get(btc.symbol)!;
  // Of a venue whose steps are other than ours, so many of its own make the same size, and a price that is no better.
  const perTick = 0.1 / Number(btc.tickSize);
  const lotsThere = Math.round((TOP_LOTS * 0.001) / Number(btc.lotSize));
  paper.exchange.quote(listing, {
    ...{ bidTicks: Math.floor(BID_TICKS * perTick + 1e-6), bidLots: lotsThere },
    ...{ askTicks: Math.ceil(ASK_TICKS * perTick - 1e-6), askLots: lotsThere },
  });
  paper.exchange.flush();
  const clock = new SystemClock();
  const heard = new Recorder();
  let venue: Venue;
  try {
    venue = client.create(`127.0.0.1:${paper.port}`, heard, clock, changes.wrongSecret ?? false);
    await venue.connect();
  } catch (cause) {
    await server.close();
    throw cause;
  }
  return {
    ...{ venue, heard, paper, until: eventually },
    stampMs: () => Math.round(clock.wallMs() + (heard.status?.clockOffsetMs ?? Number.NaN)) as EpochMs,
    async placeAndBreak(order) {
      paper.inject({ kind: "killSockets", on: "place", when: "afterExecute", sockets: "orders" });
      venue.place(order);
    },
    async close() {
      await venue.close();
      await server.close();
    },
  };
}
