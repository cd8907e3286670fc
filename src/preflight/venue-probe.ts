/**
 * Venue probe: connects every venue as the lane would, asks what can be asked without an order, and goes. Three items come of it:
 * are they reachable, what may the keys do, and how far off are the clocks.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { CoreConfig } from "../core/config.ts";
import type { VenueStatus } from "../domain/venue-status.ts";
import type { LaneOptions, VenueOptions } from "../lane/options.ts";
import { createVenue } from "../lane/venues.ts";
import type { Clock } from "../time/clock.ts";
import type { Venue } from "../venues/venue.ts";
import { type Answer, judged } from "./item.ts";

const CONNECT_MS_MAX = 20_000;
const ASK_MS_MAX = 10_000;
/** For the first quote of every listing and the first estimate of the clock. */
const SEE_MS_MAX = 5_000;
const SEE_EVERY_MS = 20;

export interface Probe {
  readonly venue: string;
  readonly connectMs: number;
  /** Why it could not be connected or asked for positions; null where it could. */
  readonly failure: string | null;
  readonly positions: number | null;
  readonly listings: number;
  readonly quoted: number;
  readonly rights: { readonly canTrade: boolean; readonly canWithdraw: boolean } | null;
  readonly rightsFailure: string | null;
  /** NaN until known. */
  readonly clockOffsetMs: number;
  readonly clockErrorMs: number;
}

/** All at once; each ends in bounded time. */
export function probeVenues(options: LaneOptions, clock: Clock): Promise<readonly Probe[]> {
  // What a key may do is to be told, not held against the connection.
  const venues: VenueOptions[] = options.venues.map((venue) => ({ ...venue, refuseKeysThatWithdraw: false }));
  return Promise.all(venues.map((_, index) => probe({ ...options, venues }, index, clock)));
}

async function probe(options: LaneOptions, index: number, clock: Clock): Promise<Probe> {
  const listings = options.core.directory.listings.filter(({ venue }) => venue === index).length;
  const quoted = new Set<number>();
  const latest = { clockOffsetMs: Number.NaN, clockErrorMs: Number.NaN };
  const events = {
    onReport: () => {},
    onQuote: ({ listing }: { readonly listing: number }) => void quoted.add(listing),
    onStatus: ({ clockOffsetMs, clockErrorMs }: VenueStatus) => Object.assign(latest, { clockOffsetMs, clockErrorMs }),
  };
  const name = options.core.directory.venues[index]!.name;
  const from = performance.now();
  const found = {
    rights: null as Probe["rights"],
    rightsFailure: null as string | null,
    positions: null as number | null,
  };
  let failure: string | null = null;
  let connectMs = Number.NaN;
  let venue: Venue | null = null;
  try {
    venue = createVenue(options, index, events, clock);
    await within(CONNECT_MS_MAX, venue.connect());
    connectMs = Math.round(performance.now() - from);
    found.rights = await within(ASK_MS_MAX, venue.permissions()).catch((cause) => {
      found.rightsFailure = wordsOf(cause);
      return null;
    });
    found.positions = (await within(ASK_MS_MAX, venue.positions())).size;
    const untilMs = performance.now() + SEE_MS_MAX;
    const hasSeen = () => quoted.size === listings && !Number.isNaN(latest.clockOffsetMs);
    while (!hasSeen() && performance.now() < untilMs) await sleep(SEE_EVERY_MS);
  } catch (cause) {
    failure = wordsOf(cause);
  } finally {
    await venue?.close();
  }
  return { venue: name, connectMs, failure, ...found, listings, quoted: quoted.size, ...latest };
}

export function venuesAnswer(probes: readonly Probe[]): Answer {
  const wrong = probes.flatMap(({ venue, failure, listings, quoted }) => {
    if (failure !== null) return [`${venue}: ${failure}`];
    return quoted < listings ? [`${venue}: ${quoted} of ${listings} listings were quoted`] : [];
  });
  const evidence = probes.map(({ venue, connectMs, positions, listings, quoted, failure }) => {
    return { venue, connectMs: numberOrNull(connectMs), positions, listings, quoted, failure };
  });
  return judged(wrong, `${probes.length} venues answer and quote every listing`, { venues: evidence });
}

/** Where there is something to take, a key that can take it is refused. */
export function keysAnswer(probes: readonly Probe[], realMoney: boolean): Answer {
  const wrong = probes.flatMap(({ venue, rights, rightsFailure, failure }) => {
    if (rights === null) return [`${venue}: its rights are not told: ${rightsFailure ?? failure ?? "not asked"}`];
    if (!rights.canTrade) return [`${venue}: its key cannot trade`];
    return rights.canWithdraw && realMoney ? [`${venue}: its key can withdraw: use one that cannot`] : [];
  });
  const evidence = probes.map(({ venue, rights }) => ({ venue, ...rights }));
  const right = realMoney ? "every key can trade and none can withdraw" : "every key can trade";
  return judged(wrong, right, { keys: evidence });
}

export function clocksAnswer(probes: readonly Probe[], { router, breakers }: CoreConfig): Answer {
  const wrong = probes.flatMap(({ venue, clockOffsetMs, clockErrorMs }) => {
    if (!(clockErrorMs <= router.clockErrorMsMax)) {
      const known = Number.isNaN(clockErrorMs) ? "is not known" : `is known to ${clockErrorMs.toFixed(1)} ms only`;
      return [`${venue}: its clock ${known}, router.clockErrorMsMax is ${router.clockErrorMsMax} ms`];
    }
    const off = Math.abs(clockOffsetMs);
    return off <= breakers.clockOffsetMsMax
      ? []
      : [`${venue}: ${off.toFixed(1)} ms from ours, breakers.clockOffsetMsMax is ${breakers.clockOffsetMsMax} ms`];
  });
  const evidence = probes.map(({ venue, clockOffsetMs, clockErrorMs }) => {
    return { venue, offsetMs: numberOrNull(clockOffsetMs), errorMs: numberOrNull(clockErrorMs) };
  });
  return judged(wrong, "every venue's clock is known and near ours", { venues: evidence });
}

async function within<Result>(ms: number, promise: Promise<Result>): Promise<Result> {
  const ended = new AbortController();
  const late = sleep(ms, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  // Whichever comes second is nobody's any more.
  late.catch(() => {});
  promise.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    ended.abort();
  }
}

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const numberOrNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
