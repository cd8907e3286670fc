import { conformance } from "./conformance-matrix.ts";
import { BYBIT } from "./fixtures/bybit.ts";

conformance(BYBIT);
