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
