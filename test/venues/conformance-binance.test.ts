import { conformance } from "./conformance-matrix.ts";
import { BINANCE_ED25519, BINANCE_HMAC } from "./fixtures/binance.ts";

conformance(BINANCE_HMAC);
conformance(BINANCE_ED25519);
