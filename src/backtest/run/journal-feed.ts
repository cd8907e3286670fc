/**
 * A live journal as the recording of a run: its quotes as what venues show, its webhooks as they came, for "what if" under another
 * configuration, other latencies or other venues' behaviour.
 *
 * Quotes are those that the engine saw, conflated as it saw them, at the time it saw them; the run's own latency comes on top. They
 * are in ticks and lots of the listings, so the configuration must still have the instruments and venues that it had.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Directory } from "../../domain/instrument.ts";
import type { EpochMs, Ns } from "../../domain/units.ts";
import { readEvent } from "../../journal/event-records.ts";
import { readIntakeSignal } from "../../journal/intake-records.ts";
import { type RecordView, readLog } from "../../journal/reader.ts";
import { RECORD } from "../../journal/records.ts";
import { bytesIn } from "../../memory/signal-slot.ts";
import { BarsError } from "../bars-error.ts";
import type { FeedCounts, FeedQuote } from "./market-feed.ts";
import type { RunSignal } from "./run-parts.ts";

export class JournalFeed {
  /** There are no bars. */
  readonly barMs = 0;
  /** How much is left is not known. */
  readonly progress = 0;
  readonly #path: string;
  readonly #directory: Directory;
  readonly #records: Iterator<RecordView, void>;
  readonly #quote: FeedQuote = {
    atMs: 0,
    listing: 0,
    asset: -1,
    bidTicks: 0,
    askTicks: 0,
    bidLots: 0,
    askLots: 0,
    price: 0,
  };
  #rows = 0;
  #firstMs: number | null = null;

  /** `directory` holds `quotes/`. */
  constructor(directory: string, listings: Directory) {
    this.#path = join(directory, "quotes");
    this.#directory = listings;
    this.#records = existsSync(this.#path) ? readLog(this.#path) : [].values();
  }

  next(): FeedQuote | null {
    for (let step = this.#records.next(); !step.done && step.value; step = this.#records.next()) {
      const { type, payload, monoNs, wallMs } = step.value;
      const bytes = bytesIn(payload);
      const read = readEvent(type, bytes, 0, payload.length, monoNs as Ns, wallMs as EpochMs);
      if (read?.event.type !== "quote") continue;
      const { quote } = read.event;
      const listing = this.#directory.listings[quote.listing];
      if (listing === undefined) {
        const what = `has quotes of listing ${quote.listing}, and the configuration only ${this.#directory.listings.length}`;
        throw new BarsError("ROW_BAD", this.#path, null, what);
      }
      // Venues that trade at all do not stand crossed; a locked one is taken as a tick apart.
      if (!(quote.bidTicks > 0) || quote.askTicks < quote.bidTicks) continue;
      const to = this.#quote;
      // A wall clock may have been set back between two lives.
      to.atMs = Math.max(to.atMs, wallMs);
      to.listing = quote.listing;
      to.bidTicks = quote.bidTicks;
      to.askTicks = Math.max(quote.askTicks, quote.bidTicks + listing.tickStep);
      to.bidLots = quote.bidLots;
      to.askLots = quote.askLots;
      to.price = ((to.bidTicks + to.askTicks) / 2) * this.#directory.instruments[listing.instrument]!.tick;
      this.#rows++;
      this.#firstMs ??= to.atMs;
      return to;
    }
    return null;
  }

  counts(): readonly FeedCounts[] {
    return [
      {
        file: this.#path,
        kind: "journal quotes",
        rows: this.#rows,
        duplicate_rows: 0,
        stale_bars: 0,
        gaps: 0,
        missing_bars: 0,
        first_timestamp_ms: this.#firstMs,
        last_timestamp_ms: this.#rows === 0 ? null : this.#quote.atMs,
      },
    ];
  }

  close(): void {
    this.#records.return?.();
  }
}

/** Webhooks and frames that were admitted, with the bytes that their senders sent. What was refused is not among them. */
export function* journalSignals(directory: string, sources: readonly string[]): Generator<RunSignal, void> {
  const path = join(directory, "intake");
  if (!existsSync(path)) return;
  let atMs = 0;
  for (const { type, payload, wallMs } of readLog(path)) {
    if (type !== RECORD.INTAKE_SIGNAL) continue;
    const { signal, body } = readIntakeSignal(bytesIn(payload), 0);
    atMs = Math.max(atMs, wallMs);
    yield { atMs, source: sources[signal.source] ?? "", body: Buffer.from(body), isObject: false };
  }
}
