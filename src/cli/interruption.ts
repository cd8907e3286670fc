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

  /** Takes `steps` to their end, and every so often `show` hears of the newest. Null once interrupted. */
  async drive<Step, End>(steps: Generator<Step, End>, show: (step: Step) => void): Promise<End | null> {
    let turned = performance.now();
    try {
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
        if (performance.now() - turned < TURN_MS) continue;
        show(step.value);
        await this.turn();
        if (this.signal.aborted) return null;
        turned = performance.now();
      }
    } finally {
      steps.return(undefined as never);
    }
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

/** Signals are listened to and a bar is drawn so often. */
const TURN_MS = 30;
