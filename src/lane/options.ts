/** What a lane is made from: plain data that crosses to its thread. Secrets included, so it is never logged. */
import type { CoreConfig } from "../core/config.ts";
import type { BinanceUsdmOptions } from "../venues/binance-usdm/binance-usdm.ts";
import type { BybitLinearOptions } from "../venues/bybit-linear/bybit-linear.ts";
import type { CcxtOptions } from "../venues/ccxt/options.ts";
import type { OkxSwapOptions } from "../venues/okx-swap/okx-swap.ts";

export interface LaneOptions {
  readonly index: number;
  readonly core: CoreConfig;
  readonly venues: readonly VenueOptions[];
  readonly journal: {
    /** Holds `decisions/` and `quotes/`. */
    readonly directory: string;
    readonly segmentBytes: number;
    readonly quoteSegmentsMax: number;
    /** How much a log may hold between two writes; the log's own default unless given. */
    readonly bufferBytes?: number;
  };
  /** Of this boot of the machine: records of another may have lost their unsynced tail. */
  readonly bootId: string;
  /** How often each venue is asked whether its rules have changed; as the venue says unless given. */
  readonly rulesMs?: number;
}

/** What no client needs to know: the lane holds it against the client's own words. */
export interface KeyRule {
  /** A key that can move money out is refused, and with it the venue. */
  readonly refuseKeysThatWithdraw: boolean;
}

/** One member per venue type. */
export type VenueOptions = KeyRule &
  (
    | ({ readonly type: "binance-usdm" } & Omit<BinanceUsdmOptions, "random">)
    | ({ readonly type: "bybit-linear" } & Omit<BybitLinearOptions, "random">)
    | ({ readonly type: "okx-swap" } & Omit<OkxSwapOptions, "random">)
    | ({ readonly type: "ccxt" } & Omit<CcxtOptions, "random">)
  );

/** Logs of the engine by number: log id on disk, and block in shared memory. */
export const LOG = { INTAKE: 0, DECISIONS: 1, QUOTES: 2 } as const;
