import { conformance } from "./conformance-matrix.ts";
import { SIMULATED } from "./fixtures/simulated.ts";

conformance(SIMULATED);
