/**
 * Status: what an operator sees of a running engine, read from shared memory and counters. Reading it costs the lane nothing.
 */
import type { Config } from "../config/schema.ts";
import { BREAKER_SUBJECTS, type BreakerEntry } from "../core/breakers.ts";
import { ENGINE_STATES, type Verdict } from "../core/event.ts";
import type { Directory } from "../domain/instrument.ts";
import type { OrderLink, VenueView } from "../domain/venue-status.ts";
import type { UnprovenSender } from "../gateway/door.ts";
import type { Receiver } from "../gateway/receiver.ts";
import { HistogramSnapshot } from "../memory/histogram.ts";
import { instrumentPositionSlot, KILL_SWITCH_OFFSET, listingPositionSlot, WORD_BYTES } from "../memory/layout.ts";
import { createPositionSlot, openPositionBook } from "../memory/position-book.ts";
import type { SharedMemory } from "../memory/shared.ts";
import { STAGES, stageHistogram } from "../memory/stages.ts";
import type { Clock } from "../time/clock.ts";
import { Alarms, type ShownAlarm } from "./alarms.ts";

export interface Status {
  countVerdict(verdict: Verdict): void;
  /** Of the core, the gateway or the engine itself. */
  addAlarm(alarm: { readonly code: string; readonly message: string }): void;
  /** As a lane saw them last: venues by index, open breakers, and what operators have set. */
  show(venues: readonly VenueView[], breakers: readonly BreakerEntry[], operatorSettings: readonly string[]): void;
  attach(receiver: Receiver, intake: { readonly accepted: number }, letters: { readonly openCount: number }): void;
  snapshot(): StatusSnapshot;
  positions(): PositionsSnapshot;
}

export interface StatusSnapshot {
  readonly state: string;
  readonly killLevel: number;
  readonly uptimeS: number;
  readonly accepted: number;
  /** Answers given since the start, by code. */
  readonly received: Readonly<Record<string, number>>;
  /** Requests that could not be verified: the last of each source, and why. Their senders are not told. */
  readonly unproven: readonly UnprovenSender[];
  readonly verdicts: Readonly<Record<string, number>>;
  /** From received, in µs. */
  readonly latencies: readonly {
    readonly stage: string;
    readonly count: number;
    readonly p50Us: number;
    readonly p99Us: number;
    readonly p999Us: number;
    readonly maxUs: number;
  }[];
  /** As the lane saw them within the last second; empty until it first has. */
  readonly venues: readonly VenueSnapshot[];
  /** Open ones, oldest first, as of within the last second. */
  readonly breakers: readonly BreakerSnapshot[];
  /** What operators have set beside the configuration: parts under a kill switch, changed limits. */
  readonly operatorSettings: readonly string[];
  /** Oldest first. */
  readonly alarms: readonly ShownAlarm[];
  /** Open ones. */
  readonly deadLetters: number;
  readonly rssMb: number;
}

export interface BreakerSnapshot {
  readonly breaker: string;
  /** Of the source or venue it is about; null where it is about the engine. */
  readonly subject: string | null;
  readonly sinceMs: number;
  readonly why: string;
  /** What broke which limit; null where nothing was measured. */
  readonly value: number | null;
  readonly limit: number | null;
}

export interface VenueSnapshot {
  readonly venue: string;
  readonly ordersLive: boolean;
  readonly streamLive: boolean;
  readonly quotesLive: boolean;
  /** Venue clock minus ours in ms, to a tenth, and how far off that may be; null where it is not known. */
  readonly clockOffsetMs: number | null;
  readonly clockErrorMs: number | null;
  /** The connections that carry orders; empty where the client does not keep them itself. */
  readonly orderLinks: readonly OrderLink[];
  /** What of our listings its rules no longer fit. */
  readonly misfits: readonly string[];
  /** Of the venue's limits, what is used now. `symbol` is null for those of the whole venue. */
  readonly limits: readonly {
    readonly name: string;
    readonly symbol: string | null;
    readonly used: number;
    readonly limit: number;
  }[];
}

export interface PositionsSnapshot {
  readonly state: string;
  readonly hedges: readonly {
    readonly asset: string;
    readonly hedge: string;
    readonly hedgeRatio: number;
    readonly exposureNotional: number;
    readonly heldLots: number;
    readonly targetLots: number;
    readonly pendingBuyLots: number;
    readonly pendingSellLots: number;
    readonly netDeltaNotional: number;
  }[];
  readonly positions: readonly {
    readonly venue: string;
    readonly instrument: string;
    readonly symbol: string;
    readonly qtyLots: number;
    /** Base quantity, as a plain number for reading. */
    readonly quantity: number;
    readonly entryPrice: number | null;
  }[];
}

export function createStatus(config: Config, directory: Directory, shared: SharedMemory, clock: Clock): Status {
  const startedNs = clock.nowNs();
  const book = openPositionBook(shared);
  const slot = createPositionSlot();
  const histogram = new HistogramSnapshot();
  const verdicts: Record<string, number> = { hedged: 0, absorbed: 0, deferred: 0, refused: 0 };
  const alarms = new Alarms();
  let venues: readonly VenueView[] = [];
  let breakers: readonly BreakerEntry[] = [];
  let operatorSettings: readonly string[] = [];
  let receiver: Receiver | null = null;
  let intake: { readonly accepted: number } = { accepted: 0 };
  let letters: { readonly openCount: number } = { openCount: 0 };

  /** What is protected, and with what, by every playbook. */
  const hedged = [
    ...config.shield,
    ...config.signal,
    ...config.reversion.map(({ primary, hedge }) => ({ asset: primary, hedge })),
  ].map(({ asset, hedge }) => ({ asset, hedge }));
  const stateName = (): string => {
    const [first] = hedged;
    const hedge = directory.instruments.find(({ symbol }) => symbol === first?.hedge);
    const known = hedge !== undefined && book.readPosition(instrumentPositionSlot(hedge.index), slot);
    return known ? (ENGINE_STATES[slot.state] ?? "unknown") : "booting";
  };

  return {
    countVerdict({ outcome }) {
      verdicts[outcome] = (verdicts[outcome] ?? 0) + 1;
    },
    addAlarm({ code, message }) {
      alarms.add({ atMs: clock.wallMs(), code, message });
    },
    show(theVenues, theBreakers, theSettings) {
      venues = theVenues;
      breakers = theBreakers;
      operatorSettings = theSettings;
    },
    attach(theReceiver, theIntake, theLetters) {
      receiver = theReceiver;
      intake = theIntake;
      letters = theLetters;
    },
    snapshot() {
      return {
        state: stateName(),
        killLevel: Atomics.load(shared.i32, KILL_SWITCH_OFFSET / WORD_BYTES),
        uptimeS: Math.round((clock.nowNs() - startedNs) / 1e9),
        accepted: intake.accepted,
        received: { ...receiver?.counts },
        unproven: receiver?.unproven() ?? [],
        verdicts: { ...verdicts },
        latencies: STAGES.map((stage) => {
          histogram.take(shared, stageHistogram(stage));
          const us = (fraction: number) => Math.round(histogram.percentileNs(fraction) / 100) / 10;
          const { count } = histogram;
          const none = count === 0;
          return {
            stage,
            count,
            p50Us: none ? 0 : us(0.5),
            p99Us: none ? 0 : us(0.99),
            p999Us: none ? 0 : us(0.999),
            maxUs: none ? 0 : Math.round(histogram.maxNs() / 100) / 10,
          };
        }),
        venues: venues.map((view) => venueSnapshot(view, directory)),
        breakers: breakers.map((entry) => breakerSnapshot(entry, directory)),
        operatorSettings,
        alarms: alarms.list(),
        deadLetters: letters.openCount,
        rssMb: Math.round(process.memoryUsage.rss() / 1_048_576),
      };
    },
    positions() {
      const hedges: PositionsSnapshot["hedges"][number][] = [];
      for (const shield of hedged) {
        const hedge = directory.instruments.find(({ symbol }) => symbol === shield.hedge);
        if (hedge === undefined || !book.readPosition(instrumentPositionSlot(hedge.index), slot)) continue;
        hedges.push({
          asset: shield.asset,
          hedge: shield.hedge,
          hedgeRatio: slot.hedgeRatio,
          exposureNotional: slot.exposureNotional,
          heldLots: slot.qtyLots,
          targetLots: slot.targetLots,
          pendingBuyLots: slot.pendingBuyLots,
          pendingSellLots: slot.pendingSellLots,
          netDeltaNotional: slot.netDeltaNotional,
        });
      }
      const positions: PositionsSnapshot["positions"][number][] = [];
      for (const listing of directory.listings) {
        if (!book.readPosition(listingPositionSlot(listing.index), slot)) continue;
        const instrument = directory.instruments[listing.instrument]!;
        positions.push({
          venue: directory.venues[listing.venue]!.name,
          instrument: instrument.symbol,
          symbol: listing.symbol,
          qtyLots: slot.qtyLots,
          quantity: slot.qtyLots * instrument.lot,
          entryPrice: Number.isNaN(slot.avgPxTicks) ? null : slot.avgPxTicks * instrument.tick,
        });
      }
      return { state: stateName(), hedges, positions };
    },
  };
}

function venueSnapshot({ status, rates, links, misfits }: VenueView, { listings, venues }: Directory): VenueSnapshot {
  const { venue, ordersLive, streamLive, quotesLive, clockOffsetMs, clockErrorMs } = status;
  return {
    venue: venues[venue]!.name,
    ordersLive,
    streamLive,
    quotesLive,
    clockOffsetMs: tenths(clockOffsetMs),
    clockErrorMs: tenths(clockErrorMs),
    orderLinks: links,
    misfits: misfits.map(({ what }) => what),
    limits: rates.map(({ name, listing, used, limit }) => ({
      name,
      symbol: listings[listing]?.symbol ?? null,
      used,
      limit,
    })),
  };
}

function breakerSnapshot(entry: BreakerEntry, { sources, venues }: Directory): BreakerSnapshot {
  const { breaker, subject, atMs, why, value, limit } = entry;
  const kind = BREAKER_SUBJECTS[breaker];
  const name = kind === "venues" ? venues[subject]?.name : kind === "sources" ? sources[subject] : undefined;
  const known = (measured: number) => (Number.isNaN(measured) ? null : measured);
  return { breaker, subject: name ?? null, sinceMs: atMs, why, value: known(value), limit: known(limit) };
}

const tenths = (ms: number): number | null => (Number.isNaN(ms) ? null : Math.round(ms * 10) / 10);
