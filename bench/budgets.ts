/**
 * Budgets: the only numbers of the bench that are promises, each as a ratio to the echo of the same repetition, so that they
 * mean the same on any machine.
 */

export interface Budget {
  readonly target: string;
  readonly p50RatioMax: number;
  readonly p99RatioMax: number;
}

export const BUDGETS: readonly Budget[] = [
  { target: "inline", p50RatioMax: 1.6, p99RatioMax: 1.9 },
  { target: "hosted", p50RatioMax: 2.2, p99RatioMax: 2.5 },
];

/** How far the bench's own driver may be from the C client, in the median latency of one target. */
export const DRIVER_DISAGREEMENT_MAX = 0.15;

/** Two identical echoes farther apart than this, in p50 or p99, and the machine was too busy to judge by. */
export const CONTROL_APART_MAX = 0.25;

/** Bars of one order at a venue, over loopback to the paper exchange. Absolute: they are what issue 4 asks for. */
export const ORDER_BUDGETS = {
  hmacSendUsMax: 45,
  sessionSendUsMax: 25,
  hmacRoundTripUsMax: 250,
  sessionRoundTripUsMax: 150,
  cpuShareOfCcxtMax: 1 / 3,
} as const;

/** Bars per second of one core through the pairs study (SPEC §12), files apart. */
export const BACKTEST_BARS_PER_S_MIN = 1_000_000;
/** And of events through the whole core and router of a run. */
export const BACKTEST_EVENTS_PER_S_MIN = 200_000;

/** What one of our sides may take "at most" against another side's time, or how many times faster it is "at least". */
export interface KernelBar {
  readonly case: string;
  /** Which of our sides; the public function unless said. */
  readonly of?: "kernel";
  readonly side: string;
  readonly at: "most" | "least";
  readonly times: number;
}

export const KERNEL_BARS: readonly KernelBar[] = [
  // C leaves its results in registers: the kernel, which leaves them in memory, is nearer to that than a function that returns arrays.
  { case: "rolling-z", of: "kernel", side: "C", at: "most", times: 1.6 },
  { case: "rolling-ols", of: "kernel", side: "C", at: "most", times: 1.6 },
  { case: "ols-line", side: "C", at: "least", times: 2 },
  { case: "correlation", side: "C", at: "least", times: 2.5 },
  { case: "correlation", side: "C fast-math", at: "most", times: 1.3 },
  { case: "johansen", side: "C", at: "most", times: 1.2 },
  { case: "rolling-z", side: "simple-statistics", at: "least", times: 20 },
  { case: "rolling-ols", side: "simple-statistics", at: "least", times: 20 },
  { case: "std", side: "simple-statistics", at: "least", times: 20 },
  { case: "ols-line", side: "simple-statistics", at: "least", times: 20 },
  { case: "ols-line", side: "ml-regression SLR", at: "least", times: 20 },
  { case: "ols-line", side: "ml-regression MLR", at: "least", times: 20 },
  { case: "ols-qr", side: "ml-regression MLR", at: "least", times: 20 },
  { case: "correlation", side: "ml-matrix", at: "least", times: 20 },
  { case: "correlation", side: "simple-statistics", at: "least", times: 20 },
  { case: "eigen", side: "ml-matrix", at: "least", times: 20 },
];

/** Two identical sides of a kernel case farther apart than this, and the machine was too busy to judge by. */
export const KERNEL_CONTROL_APART_MAX = 0.1;

/** Longest that a slice of a long kernel may hold its thread, beside a lane. */
export const SLICE_US_MAX = 100;
