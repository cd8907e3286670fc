/** What a ccxt venue is made from: plain data that crosses to its thread. Secrets included, so it is never logged. */

/**
 *   live     the exchange's own addresses
 *   testnet  its sandbox or demo addresses, where it has them; otherwise connecting fails with `UNSUPPORTED`
 *   paper    its own addresses, every connection redirected to a paper exchange that speaks its dialect
 */
export type CcxtEnvironment =
  | { readonly type: "live" | "testnet" }
  | { readonly type: "paper"; readonly host: string; readonly port: number };

/** By ccxt's names: which of them an exchange needs is `requiredCredentials` of its module. */
export interface CcxtCredentials {
  readonly apiKey?: string;
  readonly secret?: string;
  readonly password?: string;
  readonly uid?: string;
  readonly walletAddress?: string;
  readonly privateKey?: string;
}

export interface CcxtOptions {
  readonly index: number;
  readonly name: string;
  /** Id of a `ccxt.pro` exchange such as `kraken`, or `prediction/kalshi`. */
  readonly exchange: string;
  readonly environment: CcxtEnvironment;
  readonly credentials: CcxtCredentials;
  readonly heartbeatMs: number;
  readonly staleAfterMs: number;
  readonly reconnectBackoff: { readonly baseMs: number; readonly maxMs: number };
  /** In [0, 1), for jitter. */
  readonly random: () => number;
  /** Long enough to load the module and every market of the exchange. */
  readonly connectTimeoutMs?: number;
  readonly inFlightMax?: number;
  readonly clockRefreshMs?: number;
  /** A thread that gives no sign of life for longer is ended and replaced. */
  readonly stallMs?: number;
  readonly memoryMbMax?: number;
  /** Address of the module the thread runs, in place of `worker.ts`. */
  readonly worker?: string;
}
