/**
 * Statistics kernels: what asc compiles to dist/stats.wasm. One file per family beside this one; nothing here but the list.
 * Their TypeScript face is src/stats/kernels.ts. (asc resolves `.ts` in imports but not in re-exports, hence the pairs.)
 */
import { cointegrate, fillSystem, rankStatistics } from "./cointegration.ts";
import { firstNotFinite } from "./finite.ts";
import { factor } from "./householder.ts";
import { leastSquares } from "./least-squares.ts";
import { moments } from "./moments.ts";
import { dot, normalise } from "./vector.ts";

export { cointegrate, fillSystem, rankStatistics };
export { firstNotFinite };
export { factor };
export { leastSquares };
export { moments };
export { dot, normalise };

export function heapBase(): i32 {
  return ownDataEnd();
}
