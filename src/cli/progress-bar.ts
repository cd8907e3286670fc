/**
 * A progress bar on one line of a terminal. Where the stream is no terminal it prints nothing: logs need no bars.
 */
const WIDTH = 30;
/** A new picture at most so often. */
const PERIOD_MS = 100;

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #stream: ProgressStream;
  readonly #nowMs: () => number;
  #shownMs = Number.NEGATIVE_INFINITY;
  #drawn = false;

  /** `nowMs` is monotonic. */
  constructor(stream: ProgressStream, nowMs: () => number) {
    this.#stream = stream;
    this.#nowMs = nowMs;
  }

  /** `share` is 0 to 1; `words` stand behind the bar. */
  show(share: number, words: string): void {
    if (this.#stream.isTTY !== true) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#shownMs < PERIOD_MS) return;
    this.#shownMs = nowMs;
    this.#drawn = true;
    const shown = Math.min(Math.max(share, 0), 1);
    const done = Math.round(shown * WIDTH);
    const percent = `${Math.floor(shown * 100)}`.padStart(3);
    this.#stream.write(`\r\u001b[K${"█".repeat(done)}${"░".repeat(WIDTH - done)} ${percent} %  ${words}`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#drawn) this.#stream.write("\r\u001b[K");
    this.#drawn = false;
  }
}
