/**
 * Window state: what a kernel's rolling window keeps in scratch memory, and what it says there of its last push.
 *
 * Compiled by tsc AND by asc, like memory/layout.ts: untyped integer constants only. Offsets count bytes from the state's start,
 * which is aligned to 8. The kernels are assembly/zscore.ts and assembly/ols.ts; everything below `reason` is theirs to write.
 */

// z-score state (ZSCORE_HEAD_BYTES, then `window` f64 values as a ring)
//  0        4       8        12        16          20       24      32    40      48       56     64     72  ... 79
//  ├ window ┼ count ┼ oldest ┼ reason ─┼ untilExact┼ spare ─┼ shift ─┼ sum ┼ sumSq ┼ peakSq ┼ mean ┼ sd ──┼ z ───┤
export const ZSCORE_WINDOW_OFFSET = 0;
export const ZSCORE_COUNT_OFFSET = ZSCORE_WINDOW_OFFSET + 4;
export const ZSCORE_OLDEST_OFFSET = ZSCORE_COUNT_OFFSET + 4;
export const ZSCORE_REASON_OFFSET = ZSCORE_OLDEST_OFFSET + 4;
export const ZSCORE_UNTIL_EXACT_OFFSET = ZSCORE_REASON_OFFSET + 4;
export const ZSCORE_SHIFT_OFFSET = ZSCORE_UNTIL_EXACT_OFFSET + 8;
export const ZSCORE_SUM_OFFSET = ZSCORE_SHIFT_OFFSET + 8;
export const ZSCORE_SUM_SQ_OFFSET = ZSCORE_SUM_OFFSET + 8;
export const ZSCORE_PEAK_SQ_OFFSET = ZSCORE_SUM_SQ_OFFSET + 8;
export const ZSCORE_MEAN_OFFSET = ZSCORE_PEAK_SQ_OFFSET + 8;
export const ZSCORE_SD_OFFSET = ZSCORE_MEAN_OFFSET + 8;
export const ZSCORE_Z_OFFSET = ZSCORE_SD_OFFSET + 8;
export const ZSCORE_HEAD_BYTES = ZSCORE_Z_OFFSET + 8;

export const ZSCORE_WINDOW_MIN = 2;
export const ZSCORE_WINDOW_MAX = 4096;

// Why a z-score is NaN.
export const ZSCORE_OK = 0;
export const ZSCORE_FILLING = 1;
export const ZSCORE_FLAT = 2;
// The value was not finite and has not entered the window; mean and sd stay as they were.
export const ZSCORE_NOT_FINITE = 3;
// Squares of the window's values exceed a double.
export const ZSCORE_OVERFLOW = 4;

// OLS state (OLS_HEAD_BYTES, then `window` pairs x, y of f64 as a ring)
//  0        4       8        12       16           20      24       32       40     48     56      64      72
//  ├ window ┼ count ┼ oldest ┼ reason ┼ untilExact ┼ spare ┼ shiftX ┼ shiftY ┼ sumX ┼ sumY ┼ sumXX ┼ sumYY ┼ sumXY ─▸
//  80       88       96     104     112  120          128        136 ... 143
//  ▸ peakXX ┼ peakYY ┼ beta ┼ alpha ┼ r2 ┼ residualSd ┼ residual ┼ spreadZ ┤
export const OLS_WINDOW_OFFSET = 0;
export const OLS_COUNT_OFFSET = OLS_WINDOW_OFFSET + 4;
export const OLS_OLDEST_OFFSET = OLS_COUNT_OFFSET + 4;
export const OLS_REASON_OFFSET = OLS_OLDEST_OFFSET + 4;
export const OLS_UNTIL_EXACT_OFFSET = OLS_REASON_OFFSET + 4;
export const OLS_SHIFT_X_OFFSET = OLS_UNTIL_EXACT_OFFSET + 8;
export const OLS_SHIFT_Y_OFFSET = OLS_SHIFT_X_OFFSET + 8;
export const OLS_SUM_X_OFFSET = OLS_SHIFT_Y_OFFSET + 8;
export const OLS_SUM_Y_OFFSET = OLS_SUM_X_OFFSET + 8;
export const OLS_SUM_XX_OFFSET = OLS_SUM_Y_OFFSET + 8;
export const OLS_SUM_YY_OFFSET = OLS_SUM_XX_OFFSET + 8;
export const OLS_SUM_XY_OFFSET = OLS_SUM_YY_OFFSET + 8;
export const OLS_PEAK_XX_OFFSET = OLS_SUM_XY_OFFSET + 8;
export const OLS_PEAK_YY_OFFSET = OLS_PEAK_XX_OFFSET + 8;
// Results of the last push; NaN where undefined.
export const OLS_BETA_OFFSET = OLS_PEAK_YY_OFFSET + 8;
export const OLS_ALPHA_OFFSET = OLS_BETA_OFFSET + 8;
export const OLS_R2_OFFSET = OLS_ALPHA_OFFSET + 8;
// Standard error of the regression: sqrt(residual squares / (window - 2)).
export const OLS_RESIDUAL_SD_OFFSET = OLS_R2_OFFSET + 8;
// Of the newest pair. A z-score of the residuals' own history is zscore.ts fed with it.
export const OLS_RESIDUAL_OFFSET = OLS_RESIDUAL_SD_OFFSET + 8;
// residual / residualSd.
export const OLS_SPREAD_Z_OFFSET = OLS_RESIDUAL_OFFSET + 8;
export const OLS_HEAD_BYTES = OLS_SPREAD_Z_OFFSET + 8;

export const OLS_WINDOW_MIN = 3;
export const OLS_WINDOW_MAX = 4096;

// Why results are NaN.
export const OLS_OK = 0;
export const OLS_FILLING = 1;
// All x of the window are equal: no slope.
export const OLS_FLAT_X = 2;
// The pair was not finite and has not entered the window.
export const OLS_NOT_FINITE = 3;
export const OLS_OVERFLOW = 4;
// The line passes through every pair: beta and alpha hold, spreadZ is NaN (and r2 where all y are equal).
export const OLS_EXACT_FIT = 5;
