/**
 * Version watch: a source whose model suddenly has another version is another source, of which nothing is known. Its breaker
 * pauses what it would open until a person has looked; the version that was heard then is the known one.
 *
 * Not restored by itself: recovery hears the signals of the decision log again (`recall`), and acknowledgements are events.
 */
import type { Signal } from "../domain/signal.ts";
import type { EpochMs } from "../domain/units.ts";
import type { Breakers } from "./breakers.ts";

interface Known {
  readonly source: number;
  readonly model: number;
  version: number;
  /** Heard since, and not acknowledged yet. */
  heard: number;
}

/** More models than that of all sources together: the oldest is forgotten. */
const KNOWN_MAX = 256;

export class VersionWatch {
  readonly #known: Known[] = [];
  readonly #breakers: Breakers;

  constructor(breakers: Breakers) {
    this.#breakers = breakers;
  }

  hear(signal: Signal, sourceName: string, wallMs: EpochMs): void {
    const known = this.recall(signal);
    if (known.version === known.heard) return;
    const why = `${sourceName}: signal ${signal.signalId} is of another version of its model`;
    this.#breakers.trip("modelChanged", signal.source, why, Number.NaN, Number.NaN, wallMs);
  }

  /** The same without tripping: recovery has the breakers from their own records. */
  recall({ source, model, modelVersion }: Signal): Known {
    let known = this.#find(source, model);
    if (known === undefined) {
      if (this.#known.length >= KNOWN_MAX) this.#known.shift();
      known = { source, model, version: modelVersion, heard: modelVersion };
      this.#known.push(known);
    }
    known.heard = modelVersion;
    return known;
  }

  #find(source: number, model: number): Known | undefined {
    for (const entry of this.#known) if (entry.source === source && entry.model === model) return entry;
    return undefined;
  }

  /** A person has looked at what the source sends now. */
  accept(source: number): void {
    for (const known of this.#known) if (known.source === source) known.version = known.heard;
  }
}
