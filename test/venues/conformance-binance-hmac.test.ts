import { conformance } from "./conformance-matrix.ts";
import { BINANCE_HMAC } from "./fixtures/binance.ts";

conformance(BINANCE_HMAC);
