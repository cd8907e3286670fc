/**
 * Ctrl-C as a question that a long computation asks between its steps: while one is open, the first SIGINT or SIGTERM only sets
 * `asked`; the second ends the process as ever.
 */
export class Interruption {
  asked = false;
  readonly #listen = () => {
    this.asked = true;
  };

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
