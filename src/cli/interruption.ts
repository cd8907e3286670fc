/**
 * Ctrl-C for a long computation: while one is open, the first SIGINT or SIGTERM only aborts `signal`, which the computation asks
 * between its steps; the second ends the process as ever.
 */
export class Interruption {
  readonly #abort = new AbortController();
  readonly signal: AbortSignal = this.#abort.signal;
  readonly #listen = () => this.#abort.abort();

  constructor() {
    process.once("SIGINT", this.#listen);
    process.once("SIGTERM", this.#listen);
  }

  /** Lets the event loop turn, so that signals arrive. */
  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  end(): void {
    process.off("SIGINT", this.#listen);
    process.off("SIGTERM", this.#listen);
  }
}
