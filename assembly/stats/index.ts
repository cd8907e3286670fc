/**
 * Statistics kernels: what asc compiles to dist/stats.wasm. One file per family beside this one; nothing here but the list.
 * Their TypeScript face is src/stats/kernels.ts. (asc resolves `.ts` in imports but not in re-exports, hence the pairs.)
 */
import { brierSum, murphy } from "./brier.ts";
import { cointegratingVectors, fillSystem, orthogonalise, rankStatistics, stackLevels } from "./cointegration.ts";
import { deviations } from "./columns.ts";
import { crossStrip, quarticRows } from "./cross.ts";
import { ewmaSlope, ewmaVolatility } from "./ewma.ts";
import { firstNotFinite } from "./finite.ts";
import { reflect, reflectColumns, solveLower, solveUpper, startReflector } from "./householder.ts";
import { poolViolators } from "./isotonic.ts";
import { identity, jacobiRow, symmetriseRow } from "./jacobi.ts";
import { logistic, logisticLoss } from "./logistic.ts";
import { fitLine, lineResiduals, recentreLine, solveLine, squareLine, startLine } from "./line.ts";
import { addMoments, finishMoments, moments, neighbourProducts } from "./moments.ts";
import { normalCdf, normalQuantile } from "./normal.ts";
import { blockMoments, halfSharpe, rankSplit, scoreTrials } from "./overfit.ts";
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
import { shrinkColumns, shrinkNorms } from "./shrink.ts";
import { mergeRuns, sortRuns } from "./sort.ts";
import { dotTwofold, subtractScaledTwofold, subtractTwofold } from "./twofold.ts";
import { copy, dot, largest, normalise, powerOfTwoScale, scaleShift, subtractScaled, sumFrom, tame } from "./vector.ts";

export { brierSum, murphy };
export { cointegratingVectors, fillSystem, orthogonalise, rankStatistics, stackLevels };
export { deviations };
export { crossStrip, quarticRows };
export { ewmaSlope, ewmaVolatility };
export { firstNotFinite };
export { reflect, reflectColumns, solveLower, solveUpper, startReflector };
export { poolViolators };
export { identity, jacobiRow, symmetriseRow };
export { logistic, logisticLoss };
export { fitLine, lineResiduals, recentreLine, solveLine, squareLine, startLine };
export { addMoments, finishMoments, moments, neighbourProducts };
export { normalCdf, normalQuantile };
export { blockMoments, halfSharpe, rankSplit, scoreTrials };
export { noTradeHalfWidth, projectBounded, ridgeRow, ridgeSolve, ridgeStart };
export { rollingLine, rollingLineReset, rollingLineSize };
export { rollingLineBatch, rollingLineBatchCode, rollingLineBatchReset, rollingLineBatchSize };
export { rollingZscoreBatch, rollingZscoreBatchReset, rollingZscoreBatchSize };
export { rollingZscore, rollingZscoreReset, rollingZscoreSize };
export { shrinkColumns, shrinkNorms };
export { mergeRuns, sortRuns };
export { dotTwofold, subtractScaledTwofold, subtractTwofold };
export { copy, dot, largest, normalise, powerOfTwoScale, scaleShift, subtractScaled, sumFrom, tame };

export function heapBase(): i32 {
  return ownDataEnd();
}
