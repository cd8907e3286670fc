/** Hangs up on links that are open but not set up in time: not logged on, or not subscribed. */
import type { Link } from "../wire/link.ts";

export class Deadlines {
  readonly #timers = new Map<Link, NodeJS.Timeout>();
  readonly #withinMs: number;

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  start(link: Link): void {
    this.#timers.set(
      link,
      setTimeout(() => link.drop(), this.#withinMs),
    );
  }

  /** It is set up, or gone. */
  end(link: Link): void {
    clearTimeout(this.#timers.get(link));
    this.#timers.delete(link);
  }
}
