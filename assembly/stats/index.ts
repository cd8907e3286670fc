/**
 * Statistics kernels: what asc compiles to dist/stats.wasm. One file per family beside this one; nothing here but the list.
 * Their TypeScript face is src/stats/kernels.ts. (asc resolves `.ts` in imports but not in re-exports, hence the pairs.)
 */
import { brierMean, murphy } from "./brier.ts";
import { cointegrate, fillSystem, rankStatistics } from "./cointegration.ts";
import { centreColumn, standardiseColumn } from "./columns.ts";
import { crossStrip, quarticRows } from "./cross.ts";
import { ewmaSlope, ewmaVolatility } from "./ewma.ts";
import { firstNotFinite } from "./finite.ts";
import { factor } from "./householder.ts";
import { poolViolators } from "./isotonic.ts";
import { identity, jacobiRows } from "./jacobi.ts";
import { leastSquares } from "./least-squares.ts";
import { logistic, logisticLoss } from "./logistic.ts";
import { fitLine, lineResiduals } from "./line.ts";
import { moments, neighbourProducts } from "./moments.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { blockMoments, halfSharpe, scoreSplit } from "./overfit.ts";
import { noTradeHalfWidth, projectBounded, ridgeRow, ridgeSolve, ridgeStart } from "./refit.ts";
import { rollingLine, rollingLineReset, rollingLineSize } from "./rolling-line.ts";
import {
  rollingLineBatch,
  rollingLineBatchCode,
  rollingLineBatchReset,
  rollingLineBatchSize,
} from "./rolling-line-batch.ts";
import { rollingZscoreBatch, rollingZscoreBatchReset, rollingZscoreBatchSize } from "./rolling-zscore-batch.ts";
import { rollingZscore, rollingZscoreReset, rollingZscoreSize } from "./rolling-zscore.ts";
import { shrinkToIdentity } from "./shrink.ts";
import { dot, normalise, scaleShift, subtractScaled, tame } from "./vector.ts";

export { brierMean, murphy };
export { cointegrate, fillSystem, rankStatistics };
export { centreColumn, standardiseColumn };
export { crossStrip, quarticRows };
export { ewmaSlope, ewmaVolatility };
export { firstNotFinite };
export { factor };
export { poolViolators };
export { identity, jacobiRows };
export { leastSquares };
export { logistic, logisticLoss };
export { fitLine, lineResiduals };
export { moments, neighbourProducts };
export { normalCdf, normalQuantile };
export { blockMoments, halfSharpe, scoreSplit };
export { noTradeHalfWidth, projectBounded, ridgeRow, ridgeSolve, ridgeStart };
export { rollingLine, rollingLineReset, rollingLineSize };
export { rollingLineBatch, rollingLineBatchCode, rollingLineBatchReset, rollingLineBatchSize };
export { rollingZscoreBatch, rollingZscoreBatchReset, rollingZscoreBatchSize };
export { rollingZscore, rollingZscoreReset, rollingZscoreSize };
export { shrinkToIdentity };
export { dot, normalise, scaleShift, subtractScaled, tame };

export function heapBase(): i32 {
  return ownDataEnd();
}
