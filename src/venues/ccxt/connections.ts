/**
 * Connections of one ccxt exchange: watched for silence, confirmed by a round trip, and dropped whole.
 *
 * ccxt notices a dead socket after one to nine minutes; here every open one is pinged each heartbeat and hung up on after
 * `staleAfterMs` without a sound. A dropped connection takes all that waits on it along at once.
 */

import type { WatchContext } from "./calls.ts";
import type { CcxtClient, CcxtExchange } from "./exchange.ts";

const OPEN = 1;
const POLL_MS = 5;

export interface ConnectionLimits {
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
}

export class CcxtConnections {
  readonly #exchange: CcxtExchange;
  readonly #limits: ConnectionLimits;
  readonly #nowMs: () => number;
  readonly #onDrop: (url: string) => void;
  readonly #heardMs = new WeakMap<CcxtClient, number>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(exchange: CcxtExchange, limits: ConnectionLimits, nowMs: () => number, onDrop: (url: string) => void) {
    this.#exchange = exchange;
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#onDrop = onDrop;
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeatMs);
  }

  isOpen(url: string): boolean {
    return this.#exchange.clients?.[url]?.connection?.readyState === OPEN;
  }

  heard(client: CcxtClient): void {
    this.#heardMs.set(client, this.#nowMs());
  }

  /** Resolves when the other side has answered after all that `context` has sent; rejects when it does not. */
  async confirmed(context: WatchContext): Promise<void> {
    const untilMs = this.#nowMs() + this.#limits.staleAfterMs;
    const inTime = async (met: () => boolean) => {
      while (!met()) {
        if (this.#nowMs() > untilMs) throw new Error("the connection was not confirmed in time");
        await new Promise((done) => setTimeout(done, POLL_MS));
      }
    };
    await inTime(() => context.urls.size > 0 && [...context.urls].every((url) => this.isOpen(url)));
    let open = 0;
    for (const url of context.urls) {
      const connection = this.#exchange.clients?.[url]?.connection;
      if (connection?.readyState !== OPEN) throw new Error("the connection was lost while it was confirmed");
      open += 1;
      connection.once("pong", () => {
        open -= 1;
      });
      connection.ping();
    }
    await inTime(() => open === 0);
  }

  /** Rejects what waits on it and hangs up. */
  drop(url: string): void {
    const client = this.#exchange.clients?.[url];
    if (client === undefined) return;
    const cause = new Error("the connection was dropped");
    // ccxt would take a successor under the same url for this one when its close event comes: it looks at `error` first.
    client.error = cause;
    delete this.#exchange.clients?.[url];
    client.reset(cause);
    client.connection?.terminate();
    this.#onDrop(url);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const url of Object.keys(this.#exchange.clients ?? {})) this.drop(url);
  }

  #beat(): void {
    const nowMs = this.#nowMs();
    for (const [url, client] of Object.entries(this.#exchange.clients ?? {})) {
      const { connection } = client;
      if (connection?.readyState !== OPEN) continue;
      const heardMs = this.#heardMs.get(client);
      if (heardMs === undefined) {
        this.#heardMs.set(client, nowMs);
        connection.on("pong", () => this.heard(client));
      }
      if (heardMs !== undefined && nowMs - heardMs > this.#limits.staleAfterMs) this.drop(url);
      else connection.ping();
    }
  }
}
