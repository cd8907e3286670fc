/**
 * Evidence: the last word of every source of secondary data on every instrument, until its horizon. It enters scores and
 * never trades (SPEC §1).
 *
 * A word of confidence c for a direction supports that direction by s · (2c − 1): certainty is 1, a coin's toss 0, and a
 * confidence below one half speaks for the other side. `flat` speaks for neither.
 */
import type { Signal } from "../../domain/signal.ts";
import { clamp01 } from "../clamp.ts";

interface Word {
  support: number;
  untilMs: number;
  generatedAtMs: number;
}

export class Evidence {
  readonly #words: readonly (readonly Word[])[];

  constructor(instrumentCount: number, sourceCount: number) {
    this.#words = Array.from({ length: instrumentCount }, () =>
      Array.from({ length: sourceCount }, () => ({
        support: 0,
        untilMs: Number.NEGATIVE_INFINITY,
        generatedAtMs: Number.NEGATIVE_INFINITY,
      })),
    );
  }

  /** False when a newer word of the source is known. */
  hear(signal: Signal): boolean {
    const word = this.#words[signal.instrument]?.[signal.source];
    if (word === undefined || signal.generatedAtMs < word.generatedAtMs) return false;
    const sign = signal.direction === "long" ? 1 : signal.direction === "short" ? -1 : 0;
    word.support = sign * clamp01(signal.strength) * (2 * clamp01(signal.confidence) - 1) + 0;
    word.generatedAtMs = signal.generatedAtMs;
    word.untilMs = signal.generatedAtMs + signal.horizonMs;
    return true;
  }

  /** What a snapshot keeps of it, by instrument and source. */
  save() {
    return this.#words.map((words) => words.map((word) => ({ ...word })));
  }
  load(saved: ReturnType<Evidence["save"]>): void {
    for (const [instrument, words] of saved.entries()) {
      for (const [source, word] of words.entries()) Object.assign(this.#words[instrument]![source]!, word);
    }
  }

  /** Mean support for a long position, in [-1, 1]; NaN where nobody has said anything that still holds. */
  support(instrument: number, wallMs: number): number {
    let sum = 0;
    let count = 0;
    for (const word of this.#words[instrument]!) {
      if (wallMs > word.untilMs) continue;
      sum += word.support;
      count++;
    }
    return count === 0 ? Number.NaN : sum / count;
  }
}
