/**
 * Silence watch: a source that promised to be heard from and is not raises an alarm, once per silence.
 *
 * A webhook that was sent while nothing listened is lost without a trace here; this is the only way to learn of it.
 */
export interface WatchedSource {
  readonly index: number;
  readonly name: string;
  readonly heartbeatMs: number;
}

export class SilenceWatch {
  readonly #sources: readonly WatchedSource[];
  readonly #lastHeardMs: (source: number) => number;
  readonly #onSilence: (source: string, silentMs: number) => void;
  readonly #sinceMs: number;
  readonly #silent = new Set<number>();

  /** Counting begins at `startMs` for a source that has not been heard at all. */
  constructor(
    sources: readonly WatchedSource[],
    startMs: number,
    lastHeardMs: (source: number) => number,
    onSilence: (source: string, silentMs: number) => void,
  ) {
    this.#sources = sources;
    this.#sinceMs = startMs;
    this.#lastHeardMs = lastHeardMs;
    this.#onSilence = onSilence;
  }

  check(nowMs: number): void {
    for (const { index, name, heartbeatMs } of this.#sources) {
      const silentMs = nowMs - Math.max(this.#sinceMs, this.#lastHeardMs(index));
      if (silentMs <= heartbeatMs) this.#silent.delete(index);
      else if (!this.#silent.has(index)) {
        this.#silent.add(index);
        this.#onSilence(name, silentMs);
      }
    }
  }
}
