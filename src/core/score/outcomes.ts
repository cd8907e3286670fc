/**
 * Outcomes: what became of every scored signal at the end of its horizon. A signal came true when the price moved its way
 * between the decision and the first fresh mid at or after the horizon's end.
 *
 * Tallied per (source, model, version): count, hits, Brier score of the *stated* confidence. Fitting a calibration on them
 * happens outside the core, from the journal.
 *
 * Invariants
 *   - A signal has at most one outcome; one that could not be judged within `graceMs` of its horizon is void and has none.
 *   - Bounded: at `pendingMax` signals waiting the oldest sixteenth is let go, beyond TALLIES_MAX models the oldest.
 */
export interface Awaited {
  readonly intakeSeq: number;
  readonly source: number;
  readonly model: number;
  readonly modelVersion: number;
  readonly instrument: number;
  /** 1 long, -1 short. */
  readonly sign: number;
  readonly stated: number;
  readonly entryMid: number;
  readonly dueMs: number;
}

export interface Outcome extends Awaited {
  readonly exitMid: number;
  /** Return of the price in the signal's direction. */
  readonly horizonReturn: number;
  readonly hit: boolean;
}

export interface Tally {
  readonly source: number;
  readonly model: number;
  readonly modelVersion: number;
  outcomes: number;
  hits: number;
  /** Sum of (stated − outcome)². */
  brierSum: number;
}

const TALLIES_MAX = 256;

export class Outcomes {
  readonly tallies: Tally[] = [];
  readonly #pending: Awaited[] = [];
  readonly #pendingMax: number;
  readonly #graceMs: number;
  /** Earliest end of a horizon per instrument, so that a quote costs one comparison. */
  readonly #nextMs: Float64Array;

  constructor(instrumentCount: number, pendingMax: number, graceMs: number) {
    this.#pendingMax = pendingMax;
    this.#graceMs = graceMs;
    this.#nextMs = new Float64Array(instrumentCount).fill(Number.POSITIVE_INFINITY);
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  waitFor(signal: Awaited): void {
    // Many at once: taking the first off a list of thousands moves all others, and a decision would wait for that.
    if (this.#pending.length >= this.#pendingMax) this.#pending.splice(0, Math.ceil(this.#pendingMax / 16));
    this.#pending.push(signal);
    this.#nextMs[signal.instrument] = Math.min(this.#nextMs[signal.instrument]!, signal.dueMs);
  }

  /** A fresh mid of an instrument: judges what is due and tells `tell`. Allocates nothing while nothing is due. */
  onMid(instrument: number, mid: number, wallMs: number, tell: (outcome: Outcome) => void): void {
    if (wallMs < this.#nextMs[instrument]!) return;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#pending.length; ) {
      const signal = this.#pending[i]!;
      if (signal.instrument !== instrument || wallMs < signal.dueMs) {
        if (signal.instrument === instrument) next = Math.min(next, signal.dueMs);
        i++;
        continue;
      }
      this.#pending.splice(i, 1);
      if (wallMs > signal.dueMs + this.#graceMs) continue;
      const horizonReturn = signal.sign * (mid / signal.entryMid - 1);
      const outcome = { ...signal, exitMid: mid, horizonReturn, hit: horizonReturn > 0 };
      this.#count(outcome);
      tell(outcome);
    }
    this.#nextMs[instrument] = next;
  }

  /** Outcomes known of a model's version; 0 for one never heard of. */
  seen(source: number, model: number, modelVersion: number): number {
    return this.#find(source, model, modelVersion)?.outcomes ?? 0;
  }

  /** Recovery: an outcome of an earlier life, whose signal no longer waits. */
  restore(outcome: Outcome): void {
    const at = this.#pending.findIndex(({ intakeSeq }) => intakeSeq === outcome.intakeSeq);
    if (at >= 0) this.#pending.splice(at, 1);
    this.#count(outcome);
  }

  #count({ source, model, modelVersion, stated, hit }: Outcome): void {
    let tally = this.#find(source, model, modelVersion);
    if (tally === undefined) {
      if (this.tallies.length >= TALLIES_MAX) this.tallies.shift();
      tally = { source, model, modelVersion, outcomes: 0, hits: 0, brierSum: 0 };
      this.tallies.push(tally);
    }
    const miss = stated - (hit ? 1 : 0);
    tally.outcomes++;
    tally.hits += hit ? 1 : 0;
    tally.brierSum += miss * miss;
  }

  #find(source: number, model: number, modelVersion: number): Tally | undefined {
    for (const tally of this.tallies) {
      if (tally.model === model && tally.modelVersion === modelVersion && tally.source === source) return tally;
    }
    return undefined;
  }
}
