/** The whole matrix through ccxt on each dialect, a thread of its own per row. */
import { conformance } from "../venues/conformance-matrix.ts";
import { CCXT_BINANCE, CCXT_BYBIT, CCXT_OKX } from "../venues/fixtures/ccxt.ts";

conformance(CCXT_BINANCE);
conformance(CCXT_BYBIT);
conformance(CCXT_OKX);
