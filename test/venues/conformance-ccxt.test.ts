import { conformance } from "./conformance-matrix.ts";
import { CCXT_BINANCE } from "./fixtures/ccxt.ts";

conformance(CCXT_BINANCE);
