/** Forecasts with their outcomes: what calibration checks and sorts before it computes. In slices. */
import { StatsError } from "./error.ts";
import type { Reals } from "./kernels.ts";
import type { Arena, Sample, Work } from "./runtime.ts";
import { BLOCK_VALUES, LOOP_COST, LOOP_VALUES, type Slices } from "./sliced.ts";

/** 0 or 1 each, or booleans. */
export type Outcomes = Sample | readonly boolean[];

/**
 * Outcomes as numbers in the arena. LENGTH_MISMATCH, TOO_FEW_POINTS, BAD_ARGUMENT for anything but 0 and 1 (NOT_FINITE for NaN and
 * infinities).
 */
export function* copyOutcomes(
  { arena, meter }: Work,
  sample: Sample,
  field: string,
  outcomes: Outcomes,
  pointsMin: number,
): Slices<Reals> {
  if (outcomes.length !== sample.length) {
    const why = `has ${outcomes.length} points, ${field} has ${sample.length}`;
    throw new StatsError("LENGTH_MISMATCH", "outcomes", why, outcomes.length, sample.length);
  }
  if (sample.length < pointsMin) {
    const why = `has ${sample.length} points, ${pointsMin} are needed`;
    throw new StatsError("TOO_FEW_POINTS", field, why, sample.length, pointsMin);
  }
  const at = arena.reserve(outcomes.length);
  for (let from = 0; from < outcomes.length; from += LOOP_VALUES) {
    const to = Math.min(from + LOOP_VALUES, outcomes.length);
    copyRange(arena, at, outcomes, from, to);
    if (meter.due(LOOP_COST * (to - from))) yield;
  }
  return at;
}

function copyRange(arena: Arena, at: Reals, outcomes: Outcomes, from: number, to: number): void {
  const values = arena.view(at, to);
  for (let index = from; index < to; index++) {
    const value = Number(outcomes[index]);
    values[index] = value;
    if (value === 0 || value === 1) continue;
    const code = Number.isFinite(value) ? "BAD_ARGUMENT" : "NOT_FINITE";
    throw new StatsError(code, `outcomes[${index}]`, `is ${value}, must be 0 or 1`, value, 1);
  }
}

/**
 * Items of a key and its place in `keys`, in ascending order of the key; equal keys keep their order (assembly/stats/sort.ts). Keys
 * are finite.
 */
export function* ascending({ kernels, arena, meter }: Work, keys: Reals, count: number): Slices<Reals> {
  let items = arena.reserve(2 * count);
  let target = arena.reserve(2 * count);
  let width = 1;
  for (let from = 0; from < count; from += BLOCK_VALUES / 8) {
    const to = Math.min(from + BLOCK_VALUES / 8, count);
    width = kernels.sortRuns(keys, from, to, items);
    if (meter.due(12 * (to - from))) yield;
  }
  for (; width < count; width *= 2) {
    for (let from = 0; from < count; from += BLOCK_VALUES / 8) {
      const to = Math.min(from + BLOCK_VALUES / 8, count);
      kernels.mergeRuns(items, target, count, width, from, to);
      if (meter.due(8 * (to - from))) yield;
    }
    [items, target] = [target, items];
  }
  return items;
}

/** Runs of equal keys, ascending: one entry each in `keys`, `hits` (sum of outcomes) and `counts`. */
export interface Groups {
  readonly count: number;
  readonly keys: Reals;
  readonly hits: Reals;
  readonly counts: Reals;
}

export function* groupEqual(work: Work, scores: Reals, outcomes: Reals, points: number): Slices<Groups> {
  const { arena, meter } = work;
  const items = yield* ascending(work, scores, points);
  const [keys, hits, counts] = [arena.reserve(points), arena.reserve(points), arena.reserve(points)];
  let count = 0;
  for (let from = 0; from < points; from += LOOP_VALUES) {
    const to = Math.min(from + LOOP_VALUES, points);
    count = group(arena, items, outcomes, { count, keys, hits, counts }, from, to);
    if (meter.due(2 * LOOP_COST * (to - from))) yield;
  }
  return { count, keys, hits, counts };
}

/** Items from..to - 1 join the groups; returns how many groups there are. */
function group(arena: Arena, items: Reals, outcomes: Reals, groups: Groups, from: number, to: number): number {
  const { keys, hits, counts } = groups;
  let last = groups.count - 1;
  for (let at = from; at < to; at++) {
    const key = arena.read(items, 2 * at);
    const hit = arena.read(outcomes, arena.read(items, 2 * at + 1));
    if (last >= 0 && arena.read(keys, last) === key) {
      arena.write(hits, last, arena.read(hits, last) + hit);
      arena.write(counts, last, arena.read(counts, last) + 1);
    } else {
      last++;
      arena.write(keys, last, key);
      arena.write(hits, last, hit);
      arena.write(counts, last, 1);
    }
  }
  return last + 1;
}
