/**
 * Session of one exchange in ccxt's thread: markets, clock, sockets, and the requests the lane sends.
 *
 * Invariants
 *   - Every `place`, `cancel` and `query` is answered once. Nothing is retried, timed out or concluded here.
 *   - Nothing waits for a connection: an order that cannot be written now is answered as not sent.
 *   - Where the exchange does not enforce an order's time window, an order that is past it is not written.
 *
 * How a call is followed is in `calls.ts`; what an answer proves in `outcome.ts`; when an order can go out in `order-path.ts`.
 */
import { SystemClock } from "../../time/clock.ts";
import { type ClockEstimate, ClockOffset } from "../clock-offset.ts";
import { LOCAL_CODES } from "../outcome-codes.ts";
import { type OrderCall, OrderCalls } from "./calls.ts";
import { type CcxtMethods, methodsOf } from "./capabilities.ts";
import { CcxtConnections } from "./connections.ts";
import { enterEnvironment, settle } from "./environment.ts";
import type { CcxtExchange, CcxtOrder } from "./exchange.ts";
import { loadFacts } from "./facts.ts";
import { fetchPositions, HALF_SECOND_MS, serverTimeMs, withDeadline } from "./housekeeping.ts";
import type { AskMessage, CcxtAnswer, CcxtTask, FromCcxt, OrderFacts, PlaceMessage, ToCcxt } from "./messages.ts";
import { ordersSince } from "./order-history.ts";
import { CcxtOrderIds } from "./order-ids.ts";
import { OrderPath } from "./order-path.ts";
import { AUTH_CLASSES, classOf, failedOutcome, UNHEARD } from "./outcome.ts";
import type { CcxtProfile } from "./profiles.ts";
import { keepQuotes, keepStream, type SubscriptionParts } from "./subscriptions.ts";

const BEAT_MS = 250;
export class CcxtSession {
  readonly #exchange: CcxtExchange;
  readonly #task: CcxtTask;
  readonly #profile: CcxtProfile;
  readonly #post: (message: FromCcxt) => void;
  readonly #clock = new SystemClock();
  readonly #offset: ClockOffset;
  readonly #calls: OrderCalls;
  readonly #connections: CcxtConnections;
  readonly #methods: CcxtMethods;
  readonly #path: OrderPath;
  #symbols: readonly string[] = [];
  readonly #ids: CcxtOrderIds;

  constructor(exchange: CcxtExchange, task: CcxtTask, profile: CcxtProfile, post: (message: FromCcxt) => void) {
    this.#exchange = exchange;
    this.#task = task;
    this.#profile = profile;
    this.#post = post;
    this.#methods = methodsOf(exchange, task.name);
    this.#ids = new CcxtOrderIds(exchange, profile, task.venue);
    this.#offset = new ClockOffset({
      clock: this.#clock,
      serverTimeMs: () => serverTimeMs(exchange, this.#symbols[0]),
      refreshMs: task.clockRefreshMs,
      onEstimate: (estimate) => this.#onClock(estimate),
    });
    const nowMs = () => performance.now();
    this.#calls = new OrderCalls(exchange, task.callsMax, nowMs, {
      onOrderEvent: (order) => post({ type: "event", order: this.#ids.factsOf(order, "") }),
      onMessage: (client, message) => {
        this.#connections.heard(client);
        if (profile.endsStream?.(message)) this.#connections.drop(client.url);
      },
      onDown: (url) => this.#path.onDown(url),
    });
    this.#connections = new CcxtConnections(exchange, task, nowMs, (url) => this.#path.onDown(url));
    this.#path = new OrderPath({
      ...{ exchange, profile, calls: this.#calls, connections: this.#connections, methods: this.#methods },
      pause: (failures) => this.#pause(failures),
      onLive: (live) => post({ type: "live", field: "ordersLive", live }),
      onFailure: (cause) => this.#failed("ordersLive", cause),
    });
    setInterval(() => post({ type: "beat" }), BEAT_MS);
  }

  /** Loads what is known without a socket, and says it. Throws `VenueError`, or what ccxt throws. */
  async start(): Promise<void> {
    const { exchange, task, profile } = { exchange: this.#exchange, task: this.#task, profile: this.#profile };
    settle(exchange, task, profile, () => this.#offset.venueMs());
    await enterEnvironment(exchange, task, profile);
    // Signed requests among the markets' need the venue's time, so that comes first where it can.
    if (exchange.has["fetchTime"] === true) await this.#offset.measure();
    const facts = await loadFacts(exchange, task);
    this.#symbols = facts.map(({ symbol }) => symbol);
    if (exchange.has["fetchTime"] !== true) await this.#offset.measure();
    this.#offset.keep();
    this.#post({ type: "markets", markets: facts });
  }

  receive(message: ToCcxt): void {
    switch (message.type) {
      case "open":
        this.#open();
        return;
      case "place":
        void this.#answer(message.id, () => this.#place(message));
        return;
      case "cancel":
      case "query":
        void this.#answer(message.id, () => this.#ask(message));
        return;
      case "positions":
        void this.#housekeep(message.id, async (id) => {
          const fetch = this.#profile.positions ?? fetchPositions;
          const positions = await withDeadline(fetch(this.#exchange, this.#symbols));
          this.#post({ type: "positions", id, positions });
        });
        return;
      case "orders":
        void this.#housekeep(message.id, async (id) => {
          const untilMs = Math.ceil(this.#offset.venueMs()) + 1000;
          const orders = await ordersSince(
            this.#exchange,
            this.#symbols,
            message.sinceMs,
            untilMs,
            this.#profile.listRowsMax,
          );
          this.#post({ type: "orders", id, orders: orders?.map((order) => this.#ids.listedFactsOf(order)) ?? null });
        });
        return;
      case "rules":
        void this.#housekeep(message.id, async (id) => {
          const markets = await withDeadline(loadFacts(this.#exchange, this.#task, true));
          this.#post({ type: "rules", id, markets });
        });
        return;
      case "permissions":
        void this.#housekeep(message.id, async (id) => {
          const asked = this.#profile.permissions?.(this.#exchange);
          const permissions = asked === undefined ? ANY_RIGHT : await withDeadline(asked);
          this.#post({ type: "permissions", id, permissions });
        });
        return;
    }
  }

  #open(): void {
    const parts: SubscriptionParts = {
      exchange: this.#exchange,
      calls: this.#calls,
      connections: this.#connections,
      quotesStamped: this.#profile.quotesStamped,
      pause: (failures) => this.#pause(failures),
      post: this.#post,
      onLive: (field, live) => this.#post({ type: "live", field, live }),
      onFailure: (field, cause) => this.#failed(field, cause),
    };
    void this.#path.keep(this.#symbols[0] ?? "");
    void keepStream(parts, () => this.#profile.forgetStream?.(this.#exchange));
    void keepQuotes(parts, this.#methods.quotes, this.#symbols);
  }

  async #answer(id: number, ask: () => Promise<CcxtAnswer>): Promise<void> {
    const answer = await ask();
    this.#post({ type: "answer", id, answer });
  }

  async #place(order: PlaceMessage): Promise<CcxtAnswer> {
    const exchange = this.#exchange;
    const venueId = this.#profile.venueIdOf(order.clientOrderId);
    const late = !this.#profile.stampEnforced && this.#offset.venueMs() > order.stampMs + order.validForMs;
    const { stampFrame } = this.#profile;
    const stamp = stampFrame === undefined ? null : (frame: object) => stampFrame(frame, order);
    const call = late || !this.#path.isOpen ? null : this.#calls.open("place", venueId, stamp);
    if (call === null) return { kind: "notSent", code: 0, local: true, order: null };
    const params = {
      ...UNIFIED[order.timeInForce],
      ...(order.reduceOnly ? { reduceOnly: true } : {}),
      ...this.#profile.placeParams({ ...order, clientOrderId: venueId }),
    };
    const { symbol, side, amount, price } = order;
    return this.#settled(call, order.clientOrderId, () =>
      exchange[this.#methods.create](symbol, "limit", side, amount, price, params),
    );
  }

  async #ask({ type, symbol, clientOrderId }: AskMessage): Promise<CcxtAnswer> {
    const venueId = this.#profile.venueIdOf(clientOrderId);
    const known = this.#profile.asksByOurId ? undefined : await this.#exchangeIdOf(symbol, clientOrderId);
    if (typeof known === "object") return type === "query" ? found(known) : UNASKABLE;
    const byOurs = this.#profile.asksByOurId;
    const call = byOurs || known !== undefined ? this.#calls.open(type, byOurs ? venueId : known!) : null;
    const method = this.#methods[type];
    if (call === null || method === "search" || (method.endsWith("Ws") && !this.#path.isOpen)) {
      if (call !== null) await this.#calls.run(call, async () => {});
      return UNASKABLE;
    }
    const answer = await this.#settled(call, clientOrderId, () =>
      this.#exchange[method](known ?? venueId, symbol, this.#profile.askParams(type, venueId)),
    );
    const { queryFurther } = this.#profile;
    if (type === "query" && answer.kind === "notFound" && queryFurther !== undefined)
      return this.#askFurther(queryFurther, symbol, venueId, clientOrderId);
    // An answer to a question that says nothing.
    return type === "query" && answer.kind === "ack" ? MALFORMED : answer;
  }

  async #askFurther(
    ask: NonNullable<CcxtProfile["queryFurther"]>,
    symbol: string,
    venueId: string,
    clientOrderId: string,
  ): Promise<CcxtAnswer> {
    try {
      const order = await withDeadline(ask(this.#exchange, symbol, venueId));
      if (order === null) return { kind: "notFound", code: 0, local: false, order: null };
      const facts = this.#ids.factsOf(order, clientOrderId);
      return facts.clientOrderId === clientOrderId && facts.status !== undefined ? found(facts) : MALFORMED;
    } catch {
      return UNASKABLE;
    }
  }

  async #settled(call: OrderCall, clientOrderId: string, request: () => Promise<CcxtOrder>): Promise<CcxtAnswer> {
    try {
      const order = await this.#calls.run(call, request);
      const facts = this.#ids.factsOf(order, clientOrderId);
      if (facts.clientOrderId !== clientOrderId) return MALFORMED;
      return facts.status === undefined ? { kind: "ack", code: 0, local: false, order: null } : found(facts);
    } catch (cause) {
      const { operation, written, raw } = call;
      const failed = { operation, written, raw, errorClass: classOf(cause) };
      return { ...failedOutcome(failed, this.#profile), order: null };
    }
  }

  #onClock(estimate: ClockEstimate | null): void {
    if (estimate !== null) {
      const readMs = this.#exchange.has["fetchTime"] === true ? 0 : HALF_SECOND_MS;
      this.#post({ type: "clock", leadMs: estimate.leadMs, errorMs: estimate.errorMs + readMs });
      return;
    }
    this.#post({ type: "clockLost" });
    this.#path.onClockLost();
  }

  /** The exchange's id of an order of ours: remembered, or from its lists; the order itself where it has ended. */
  async #exchangeIdOf(symbol: string, clientOrderId: string): Promise<string | OrderFacts | undefined> {
    const known = this.#ids.exchangeIdOf(clientOrderId);
    if (known !== undefined) return known;
    const { has } = this.#exchange;
    for (const list of ["fetchOpenOrders", "fetchClosedOrders"] as const) {
      if (has[list] !== true) continue;
      const orders = await withDeadline(this.#exchange[list](symbol)).catch(() => []);
      for (const order of orders) {
        const facts = this.#ids.factsOf(order, "");
        if (facts.clientOrderId !== clientOrderId) continue;
        if (list === "fetchClosedOrders" || this.#methods.query === "search") return facts;
        return order.id;
      }
    }
    return undefined;
  }

  async #housekeep(id: number, run: (id: number) => Promise<void>): Promise<void> {
    try {
      await run(id);
    } catch (cause) {
      const name = classOf(cause);
      const code = AUTH_CLASSES.has(name) ? "AUTH" : "UNREACHABLE";
      this.#post({ type: "failed", id, failure: { code, field: "ccxt", message: `${this.#task.name}: ${name}` } });
    }
  }

  /** The class says enough: ccxt's messages quote urls and what was sent. */
  #failed(field: string, cause: unknown): void {
    const name = classOf(cause);
    const code = AUTH_CLASSES.has(name) ? "AUTH" : "UNREACHABLE";
    const message = `${this.#task.name}: ${field}: ${name}`;
    this.#post({ type: "failure", failure: { code, field, message }, ends: false });
  }

  #pause(failures: number): Promise<void> {
    const { baseMs, maxMs } = this.#task.backoff;
    // Between half and all of it, so that many do not come back as one.
    const ms = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);
    return new Promise((done) => setTimeout(done, ms));
  }
}

/** What is not known of a key counts as given. */
const ANY_RIGHT = { canTrade: true, canWithdraw: true } as const;

const UNASKABLE: CcxtAnswer = { ...UNHEARD, order: null };

/** An answer to one of our requests that is about another order. */
const MALFORMED: CcxtAnswer = { kind: "unknown", code: LOCAL_CODES.malformed, local: false, order: null };

const UNIFIED = {
  ioc: { timeInForce: "IOC" },
  fok: { timeInForce: "FOK" },
  gtc: { timeInForce: "GTC" },
  postOnly: { postOnly: true },
} as const;

const found = (order: OrderFacts): CcxtAnswer => ({ kind: "status", code: 0, local: false, order });
