/**
 * The part of a ccxt exchange that is used, as a form of our own: ccxt's declarations are generated per exchange and would be
 * loaded into every check of types for a dozen methods. Types only.
 *
 * With `number` set to `String`, prices and amounts of its structures are decimal texts.
 */

export interface CcxtExchange {
  readonly id: string;
  readonly has: Readonly<Record<string, unknown>>;
  urls: Record<string, unknown>;
  options: Record<string, unknown>;
  headers: Record<string, unknown>;
  streaming: Record<string, unknown>;
  precisionMode: number;
  isSandboxModeEnabled?: boolean;
  markets?: Record<string, CcxtMarket>;
  markets_by_id?: Record<string, CcxtMarket[]>;
  outcomes?: Record<string, CcxtOutcome>;
  outcomes_by_id?: Record<string, CcxtOutcome>;
  clients?: Record<string, CcxtClient>;
  last_response_headers?: Record<string, unknown>;

  number: (value: unknown) => unknown;
  agent: unknown;
  fetchDispatcher: unknown;
  undiciModule: { Agent: new (options: object) => unknown } | undefined;
  loadFetchImplementation(): Promise<void>;

  milliseconds(): number;
  numberToString(value: unknown): string | undefined;
  requestId(url?: string): unknown;
  amountToPrecision(symbol: string, amount: unknown): string;
  priceToPrecision(symbol: string, price: unknown): string;
  checkRequiredCredentials(): unknown;
  setSandboxMode(enabled: boolean): void;
  enableDemoTrading?(enabled: boolean): void;

  client(url: string): CcxtClient;
  watch(url: string, hash: unknown, frame?: unknown, subscribeHash?: unknown, subscription?: unknown): Promise<unknown>;
  watchMultiple(
    url: string,
    hashes: unknown,
    frame?: unknown,
    subscribeHashes?: unknown,
    subscription?: unknown,
  ): Promise<unknown>;
  fetch(url: string, method?: string, headers?: unknown, body?: unknown): Promise<unknown>;
  handleErrors(status: number, ...rest: unknown[]): unknown;
  handleMessage(client: CcxtClient, message: unknown): void;
  onError(client: CcxtClient, error: unknown): void;
  onClose(client: CcxtClient, error: unknown): void;
  parseOrder(order: object, market?: unknown): CcxtOrder;
  safeOrder(order: object, market?: unknown): CcxtOrder;
  safePredictionOrder?(order: object, outcome?: unknown): CcxtOrder;

  loadMarkets(reload?: boolean): Promise<unknown>;
  loadOutcomes?(outcomes: readonly string[]): Promise<unknown>;
  fetchTime(): Promise<number | undefined>;
  createOrder: CcxtCreate;
  createOrderWs: CcxtCreate;
  cancelOrder: CcxtAsk;
  cancelOrderWs: CcxtAsk;
  fetchOrder: CcxtAsk;
  fetchOrderWs: CcxtAsk;
  fetchOpenOrders: CcxtList<CcxtOrder>;
  fetchClosedOrders: CcxtList<CcxtOrder>;
  fetchCanceledOrders: CcxtList<CcxtOrder>;
  fetchCanceledAndClosedOrders: CcxtList<CcxtOrder>;
  fetchOrders: CcxtList<CcxtOrder>;
  fetchMyTrades: CcxtList<CcxtTrade>;
  fetchPositions(symbols?: readonly string[]): Promise<CcxtPosition[]>;
  fetchBalance(): Promise<{ readonly total?: Readonly<Record<string, unknown>> }>;
  watchOrders(symbol?: string): Promise<unknown>;
  watchBidsAsks(symbols: readonly string[]): Promise<Record<string, CcxtTicker> | CcxtTicker>;
  watchTicker(symbol: string): Promise<CcxtTicker>;
  watchOrderBook(symbol: string, limit?: number): Promise<CcxtBook>;
  fetchOrderBook(symbol: string): Promise<CcxtBook>;
}

type CcxtList<Row> = (symbol?: string, since?: number, limit?: number, params?: object) => Promise<Row[]>;
type CcxtCreate = (
  symbol: string,
  type: "limit",
  side: string,
  amount: string,
  price: string,
  params: object,
) => Promise<CcxtOrder>;
type CcxtAsk = (id: string | undefined, symbol: string, params: object) => Promise<CcxtOrder>;

export interface CcxtMarket {
  readonly id: string;
  readonly symbol: string;
  readonly base: string;
  readonly active?: boolean;
  readonly contract?: boolean;
  readonly inverse?: boolean;
  readonly contractSize?: unknown;
  readonly precision?: { readonly amount?: unknown; readonly price?: unknown };
  readonly limits?: {
    readonly amount?: { readonly min?: unknown };
    readonly cost?: { readonly min?: unknown };
  };
  readonly outcomes?: readonly CcxtOutcome[];
}

export interface CcxtOutcome {
  readonly outcome: string;
  readonly outcomeId: string;
  /** Symbol of the market whose outcomes pay one unit together. */
  readonly market?: string;
}

export interface CcxtOrder {
  readonly id?: string;
  readonly clientOrderId?: string;
  readonly side?: string;
  readonly reduceOnly?: boolean;
  readonly symbol?: string;
  readonly outcome?: string;
  readonly status?: string;
  readonly filled?: unknown;
  readonly amount?: unknown;
  readonly average?: unknown;
  readonly timestamp?: number;
  readonly lastUpdateTimestamp?: number;
  readonly lastTradeTimestamp?: number;
}

export interface CcxtTrade {
  readonly id?: string;
  /** The exchange's id of the order that it is of. */
  readonly order?: string;
  readonly timestamp?: number;
}

export interface CcxtPosition {
  readonly symbol?: string;
  readonly outcome?: string;
  readonly side?: string;
  readonly contracts?: unknown;
}

export interface CcxtTicker {
  readonly symbol?: string;
  readonly outcome?: string;
  readonly bid?: unknown;
  readonly ask?: unknown;
  readonly bidVolume?: unknown;
  readonly askVolume?: unknown;
  readonly timestamp?: number;
}

export interface CcxtBook {
  readonly bids: readonly (readonly unknown[])[];
  readonly asks: readonly (readonly unknown[])[];
  readonly timestamp?: number;
}

/** One WebSocket connection of ccxt. */
export interface CcxtClient {
  readonly url: string;
  readonly isConnected: boolean;
  /** Undefined until it dials. */
  readonly connection?: {
    readonly readyState: number;
    ping(): void;
    terminate(): void;
    on(event: "pong", listener: () => void): unknown;
    once(event: "pong", listener: () => void): unknown;
  };
  error?: unknown;
  reset(error: unknown): void;
  futures: Record<string, unknown>;
  subscriptions: Record<string, unknown>;
  rejections: Record<string, unknown>;
  connect(backoffDelayMs?: number): unknown;
  send(message: unknown): Promise<unknown>;
  resolve(result: unknown, hash?: unknown): unknown;
  reject(error: unknown, hash?: unknown): unknown;
}
