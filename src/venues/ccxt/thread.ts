/**
 * The thread that ccxt runs in: started, watched, and replaced with backoff when it dies or gives no sign of life.
 *
 * Invariants
 *   - Two of one venue never live at the same time; nothing of a thread is heard after `onLost` of it.
 *   - Nothing is started before `start` or after `close`, and nobody is replaced before `keep`.
 */
import { Worker } from "node:worker_threads";
import type { Clock } from "../../time/clock.ts";
import type { CcxtTask, FromCcxt, ToCcxt } from "./messages.ts";

const WORKER = new URL(`./worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

const WATCH_MS = 500;
/** A thread that lived this long was healthy: the backoff starts again. */
const HEALTHY_MS = 10_000;

export interface CcxtThreadOptions {
  readonly task: CcxtTask;
  /** Address of the module it runs, in place of `worker.ts`. */
  readonly worker: string | undefined;
  readonly memoryMbMax: number;
  /** Longest silence of a thread that has been heard. */
  readonly stallMs: number;
  /** Longest silence until its first word: it is still loading, which on a busy machine takes seconds. */
  readonly loadMs: number;
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  readonly clock: Clock;
}

export interface CcxtThreadEvents {
  onMessage(message: FromCcxt): void;
  /** It has gone: nothing of it will be answered any more. */
  onLost(): void;
  /** Why it is about to go. */
  onError(cause: Error): void;
}

export class CcxtThread {
  readonly #options: CcxtThreadOptions;
  readonly #events: CcxtThreadEvents;
  #worker: Worker | null = null;
  /** Rises with every thread: what was asked of which. */
  #life = 0;
  #heardNs = 0;
  /** The life that was heard last. */
  #heardOf = 0;
  #deaths = 0;
  #kept = false;
  #closed = false;
  #respawn: NodeJS.Timeout | null = null;
  #watch: NodeJS.Timeout | null = null;

  constructor(options: CcxtThreadOptions, events: CcxtThreadEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isThere(): boolean {
    return this.#worker !== null;
  }

  get life(): number {
    return this.#life;
  }

  start(): void {
    this.#watch = setInterval(() => this.#endIfStalled(), WATCH_MS);
    this.#spawn();
  }

  /** From now on one that dies is replaced. */
  keep(): void {
    this.#kept = true;
  }

  send(message: ToCcxt): void {
    this.#worker?.postMessage(message);
  }

  /** Ends the thread that lives now, as if it had died. */
  end(): void {
    void this.#worker?.terminate();
  }

  /** For good. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#watch) clearInterval(this.#watch);
    if (this.#respawn) clearTimeout(this.#respawn);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #spawn(): void {
    const { task, worker: module, memoryMbMax, clock } = this.#options;
    this.#life += 1;
    const life = this.#life;
    const bornNs = clock.nowNs();
    this.#heardNs = bornNs;
    const worker = new Worker(module === undefined ? WORKER : new URL(module), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: memoryMbMax },
    });
    this.#worker = worker;
    worker.on("message", (message: FromCcxt) => {
      if (this.#closed) return;
      this.#heardNs = clock.nowNs();
      this.#heardOf = life;
      this.#events.onMessage(message);
    });
    // Unheard it would end this thread; the exit that follows is what counts.
    worker.on("error", (cause) =>
      this.#events.onError(cause instanceof Error ? cause : new Error("ccxt's thread failed")),
    );
    worker.once("exit", () => {
      if (this.#closed) return;
      this.#worker = null;
      this.#deaths = clock.nowNs() - bornNs > HEALTHY_MS * 1e6 ? 1 : this.#deaths + 1;
      this.#events.onLost();
      // Whoever heard of it may have closed this.
      if (this.#kept && !this.#closed) this.#respawn = setTimeout(() => this.#spawn(), this.#backoffMs());
    });
  }

  #endIfStalled(): void {
    const { stallMs, loadMs, clock } = this.#options;
    const silentMs = (clock.nowNs() - this.#heardNs) / 1e6;
    if (silentMs > (this.#heardOf === this.#life ? stallMs : loadMs)) this.end();
  }

  #backoffMs(): number {
    const { backoff, random } = this.#options;
    const ms = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(this.#deaths - 1, 20));
    return ms * (0.5 + random() / 2);
  }
}
