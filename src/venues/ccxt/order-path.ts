/**
 * The path of orders to one exchange in ccxt's thread, kept proved and warm: live once the exchange has answered a signed question
 * over it, and asked anew after it was down. It waits for nothing: whoever has an order asks whether it can be written now.
 */
import type { OrderCalls } from "./calls.ts";
import type { CcxtMethods } from "./capabilities.ts";
import type { CcxtConnections } from "./connections.ts";
import type { CcxtExchange } from "./exchange.ts";
import { withDeadline } from "./housekeeping.ts";
import { AUTH_CLASSES, classOf } from "./outcome.ts";
import type { CcxtProfile } from "./profiles.ts";

export interface OrderPathParts {
  readonly exchange: Pick<CcxtExchange, "fetchOpenOrders" | "fetchOrderWs" | "cancelOrderWs">;
  readonly calls: Pick<OrderCalls, "open" | "run">;
  readonly connections: Pick<CcxtConnections, "isOpen" | "drop">;
  readonly methods: Pick<CcxtMethods, "create" | "query">;
  readonly profile: Pick<CcxtProfile, "venueIdOf" | "askParams">;
  readonly pause: (failures: number) => Promise<void>;
  readonly onLive: (live: boolean) => void;
  readonly onFailure: (cause: unknown) => void;
}

/** An id no order has: asking for it proves that our key is accepted, and warms the path of the first order. */
const PROBE_CLIENT_ORDER_ID = "0".repeat(32);

/** Answers to the probe that say the exchange does not listen to us now. */
const DEAF_CLASSES: ReadonlySet<string> = new Set(["RateLimitExceeded", "DDoSProtection", "ExchangeNotAvailable"]);

export class OrderPath {
  readonly #parts: OrderPathParts;
  /** Of the socket, from the first probe on; empty where orders go over REST. */
  #url = "";
  #live = false;
  #down: (() => void) | null = null;

  constructor(parts: OrderPathParts) {
    this.#parts = parts;
  }

  /** An order can go out at once: over REST always, over a socket only while that is open. */
  get isOpen(): boolean {
    return this.#live && (this.#url === "" || this.#parts.connections.isOpen(this.#url));
  }

  /** Runs as long as its thread. `symbol` is any that is traded there. */
  async keep(symbol: string): Promise<never> {
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#probe(symbol);
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#down = resolve;
        this.#setLive(true);
        if (this.isOpen) await promise;
        failures = 0;
      } catch (cause) {
        this.#parts.onFailure(cause);
      }
      this.#down = null;
      this.#setLive(false);
      await this.#parts.pause(failures);
    }
  }

  /** That connection is gone. */
  onDown(url: string): void {
    if (url !== this.#url) return;
    this.#setLive(false);
    this.#down?.();
  }

  /** Its clock was not heard: over REST nothing else says that the exchange cannot be reached. */
  onClockLost(): void {
    if (this.#url === "") this.#down?.();
  }

  /** One signed question that changes nothing. Throws unless the exchange answered it as it answers us. */
  async #probe(symbol: string): Promise<void> {
    const { exchange, calls, connections, methods, profile } = this.#parts;
    if (methods.create === "createOrder") {
      await withDeadline(exchange.fetchOpenOrders(symbol));
      return;
    }
    const venueId = profile.venueIdOf(PROBE_CLIENT_ORDER_ID);
    const type = methods.query === "fetchOrderWs" ? "query" : "cancel";
    const method = type === "query" ? "fetchOrderWs" : "cancelOrderWs";
    const call = calls.open(type, venueId);
    if (call === null) throw new Error("too many calls are under way");
    try {
      const params = profile.askParams(type, venueId);
      await withDeadline(calls.run(call, () => exchange[method](venueId, symbol, params)));
    } catch (cause) {
      const name = classOf(cause);
      if (call.raw === null || AUTH_CLASSES.has(name) || DEAF_CLASSES.has(name)) {
        if (call.url !== "") connections.drop(call.url);
        throw cause;
      }
    }
    this.#url = call.url;
  }

  #setLive(live: boolean): void {
    if (live === this.#live) return;
    this.#live = live;
    this.#parts.onLive(live);
  }
}
