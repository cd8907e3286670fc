import { conformance } from "./conformance-matrix.ts";
import { OKX } from "./fixtures/okx.ts";

conformance(OKX);
