import { conformance } from "./conformance-matrix.ts";
import { BINANCE_ED25519 } from "./fixtures/binance.ts";

conformance(BINANCE_ED25519);
