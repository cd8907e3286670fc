/**
 * Vector operations over samples of any length, in slices: kernels are called on runs of BLOCK_VALUES, and sums added run by run.
 */
import type { Reals } from "./kernels.ts";
import type { Sample, Work } from "./runtime.ts";
import { BLOCK_VALUES, type Slices } from "./sliced.ts";

/** A copy of the sample, in reserved space or at `at`. NOT_FINITE, with the index. */
export function* copyIn(work: Work, sample: Sample, field: string, at?: Reals): Slices<Reals> {
  const { arena, meter } = work;
  const to = at ?? arena.reserve(sample.length);
  const run = runOf(sample);
  for (let from = 0; from < sample.length; from += run) {
    const count = Math.min(run, sample.length - from);
    arena.copyRange(to, sample, from, from + count, field);
    if (meter.due(2 * costOf(sample) * count)) yield;
  }
  return to;
}

/** For a caller that sees from its result whether all values were finite. */
export function* copyUnchecked({ arena, meter }: Work, sample: Sample, at: Reals): Slices<void> {
  const run = runOf(sample);
  for (let from = 0; from < sample.length; from += run) {
    const count = Math.min(run, sample.length - from);
    arena.copyUnchecked(at, sample, from, from + count);
    if (meter.due(costOf(sample) * count)) yield;
  }
}

// An array is read number by number.
const runOf = (sample: Sample): number => (sample instanceof Float64Array ? BLOCK_VALUES : BLOCK_VALUES / 4);
const costOf = (sample: Sample): number => (sample instanceof Float64Array ? 1 : 4);

export function* fill({ arena, meter }: Work, x: Reals, count: number, value: number): Slices<void> {
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    arena.fill(x + from * 8, run, value);
    if (meter.due(run)) yield;
  }
}

export function* copy({ kernels, meter }: Work, to: Reals, from: Reals, count: number): Slices<void> {
  for (let at = 0; at < count; at += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - at);
    kernels.copy(to + at * 8, from + at * 8, run);
    if (meter.due(run)) yield;
  }
}

export function* dot({ kernels, meter }: Work, x: Reals, y: Reals, count: number): Slices<number> {
  let sum = 0;
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    sum += kernels.dot(x + from * 8, y + from * 8, run);
    if (meter.due(run)) yield;
  }
  return sum;
}

/** x'y with twice the digits of a double; over more than one run, as its runs' sums have them. */
export function* dotTwofold({ kernels, meter }: Work, x: Reals, y: Reals, count: number): Slices<number> {
  let sum = 0;
  let lost = 0;
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    const part = kernels.dotTwofold(x + from * 8, y + from * 8, run);
    const next = sum + part;
    const share = next - sum;
    lost += sum - (next - share) + (part - share);
    sum = next;
    if (meter.due(8 * run)) yield;
  }
  return sum + lost;
}

/** y -= factor * x. */
export function* subtractScaled(
  { kernels, meter }: Work,
  y: Reals,
  factor: number,
  x: Reals,
  count: number,
): Slices<void> {
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    kernels.subtractScaled(y + from * 8, factor, x + from * 8, run);
    if (meter.due(run)) yield;
  }
}

/** x = x * factor - shift. */
export function* scaleShift(
  { kernels, meter }: Work,
  x: Reals,
  count: number,
  factor: number,
  shift: number,
): Slices<void> {
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    kernels.scaleShift(x + from * 8, run, factor, shift);
    if (meter.due(run)) yield;
  }
}

/** Scales in place by the power of two that brings the largest magnitude into [0.5, 1), and returns that power. */
export function* normalise(work: Work, x: Reals, count: number): Slices<number> {
  const scale = work.kernels.powerOfTwoScale(yield* largest(work, x, count));
  if (scale !== 1) yield* scaleShift(work, x, count, scale, 0);
  return scale;
}

/** normalise where squares could leave the doubles; elsewhere 1 and nothing changed. */
export function* tame(work: Work, x: Reals, count: number): Slices<number> {
  const size = yield* largest(work, x, count);
  if (size < 1e120 && size > 1e-120) return 1;
  return yield* normalise(work, x, count);
}

function* largest({ kernels, meter }: Work, x: Reals, count: number): Slices<number> {
  let most = 0;
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    most = Math.max(most, kernels.largest(x + from * 8, run));
    if (meter.due(run)) yield;
  }
  return most;
}

/** Sum of (x - shift). */
export function* sumFrom({ kernels, meter }: Work, x: Reals, count: number, shift: number): Slices<number> {
  let sum = 0;
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    sum += kernels.sumFrom(x + from * 8, run, shift);
    if (meter.due(run)) yield;
  }
  return sum;
}

export interface Moments {
  readonly mean: number;
  /** What the mean lost to rounding. */
  readonly rest: number;
  /** About mean + rest. */
  readonly squares: number;
}

/** See assembly/stats/moments.ts. */
export function* moments(work: Work, x: Reals, count: number): Slices<Moments> {
  const { kernels, arena, meter } = work;
  const out = arena.reserve(4);
  const first = arena.read(x);
  arena.write(out, 0, first + (yield* sumFrom(work, x, count, first)) / count);
  arena.write(out, 1, 0);
  arena.write(out, 2, 0);
  for (let from = 0; from < count; from += BLOCK_VALUES) {
    const run = Math.min(BLOCK_VALUES, count - from);
    kernels.addMoments(x + from * 8, run, out);
    if (meter.due(run)) yield;
  }
  kernels.finishMoments(count, out);
  return { mean: arena.read(out, 0), rest: arena.read(out, 1), squares: arena.read(out, 2) };
}
