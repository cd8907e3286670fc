/**
 * Kernels: what asc compiles to dist/kernels.wasm. One file per family beside this one; nothing here but the list.
 * Their TypeScript face is src/wasm/kernels.ts. (asc resolves `.ts` in imports but not in re-exports, hence the pairs.)
 */
import "./layout-check.ts";
import { correctionNotional, correctionPays, ewmaVariance, linearIntensity } from "./hedge.ts";
import { naturalLog } from "./log.ts";
import { olsBytes, olsPush, olsReset } from "./ols.ts";
import { zscoreBytes, zscorePush, zscoreReset } from "./zscore.ts";

export { correctionNotional, correctionPays, ewmaVariance, linearIntensity };
export { naturalLog };
export { olsBytes, olsPush, olsReset };
export { zscoreBytes, zscorePush, zscoreReset };

/** First byte behind the module's own data: scripts/check-wasm.mjs holds it against layout.ts. */
export function heapBase(): i32 {
  return <i32>__heap_base;
}
