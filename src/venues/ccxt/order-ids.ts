/**
 * Which order is whose: ours and the exchange's id of one, for exchanges that are asked by theirs or leave ours out of what
 * they say. Facts of an order are made here, because its client order id may have to be looked up for them.
 *
 * Bounded: the latest `KNOWN_IDS_MAX` orders are remembered.
 */
import type { CcxtExchange, CcxtOrder } from "./exchange.ts";
import type { ListedFacts, OrderFacts } from "./messages.ts";
import type { CcxtProfile } from "./profiles.ts";

const KNOWN_IDS_MAX = 8192;

export class CcxtOrderIds {
  readonly #exchange: CcxtExchange;
  readonly #profile: CcxtProfile;
  readonly #venue: number;
  readonly #exchangeIds = new Map<string, string>();
  readonly #ourIds = new Map<string, string>();

  constructor(exchange: CcxtExchange, profile: CcxtProfile, venue: number) {
    this.#exchange = exchange;
    this.#profile = profile;
    this.#venue = venue;
  }

  /** Undefined where it is not remembered. */
  exchangeIdOf(clientOrderId: string): string | undefined {
    return this.#exchangeIds.get(clientOrderId);
  }

  /** What ccxt says of an order, as texts. `asked`: whose it is where nothing else tells; "" where nobody asked. */
  factsOf(order: CcxtOrder, asked: string): OrderFacts {
    const { id, clientOrderId } = order;
    const ours =
      clientOrderId === undefined || clientOrderId === ""
        ? (this.#ourIds.get(id ?? "") ?? asked)
        : this.#profile.clientOrderIdOf(clientOrderId, this.#venue);
    if (id !== undefined && ours !== "") this.#remember(id, ours);
    const text = (value: unknown) => this.#exchange.numberToString(value);
    return {
      clientOrderId: ours,
      symbol: order.symbol ?? order.outcome ?? "",
      status: order.status,
      filled: text(order.filled),
      amount: text(order.amount),
      average: text(order.average),
      venueMs: order.lastUpdateTimestamp ?? order.lastTradeTimestamp ?? order.timestamp ?? 0,
    };
  }

  /** The same of a row of a list. */
  listedFactsOf(order: CcxtOrder): ListedFacts {
    const { side, reduceOnly, timestamp = 0 } = order;
    return { ...this.factsOf(order, ""), side, reduceOnly: reduceOnly === true, createdMs: timestamp };
  }

  #remember(exchangeId: string, clientOrderId: string): void {
    if (this.#profile.asksByOurId || this.#exchangeIds.has(clientOrderId)) return;
    if (this.#exchangeIds.size >= KNOWN_IDS_MAX) {
      const [oldest] = this.#exchangeIds;
      if (oldest) {
        this.#exchangeIds.delete(oldest[0]);
        this.#ourIds.delete(oldest[1]);
      }
    }
    this.#exchangeIds.set(clientOrderId, exchangeId);
    this.#ourIds.set(exchangeId, clientOrderId);
  }
}
