/**
 * Rolling lines in the streams' memory: the state of the kernel (assembly/stats/rolling-line.ts), with room for ticks in and out.
 * What a statistic makes of the lines is its own file's.
 */
import type { Reals } from "./kernels.ts";
import type { Lease, Resident } from "./resident.ts";
import { checkPairs, checkWindow, copySlice, SLICE_TICKS } from "./rolling-window.ts";
import { resident, type Sample } from "./runtime.ts";
import type { Slices } from "./sliced.ts";

/** What the kernel says of the line of the last tick: the codes of assembly/stats/hard-line.ts. */
export const LINE_CONSTANT_X = 1;
export const LINE_COLLINEAR = 3;
export const LINE_CONSTANT_Y = 4;

/** Points that the lines of one slice may read again. */
const POINTS_READ_MAX = 32_768;

export class LineStream {
  readonly memory: Resident;
  readonly ticks: number;
  readonly y: Reals;
  readonly x: Reals;
  readonly beta: Reals;
  readonly alpha: Reals;
  readonly rSquared: Reals;
  readonly residualStd: Reals;
  readonly spread: Reals;
  readonly #state: Reals;
  readonly #lease: Lease;

  /** 3 <= window <= WINDOW_MAX, else BAD_ARGUMENT. TOO_LARGE when the streams' memory is used up. */
  constructor(window: number, ticks: number) {
    checkWindow(window, 3);
    this.memory = resident();
    const { kernels } = this.memory;
    const size = kernels.rollingLineSize(window);
    this.#lease = this.memory.lease(this, size + 7 * ticks);
    this.#state = this.#lease.at;
    this.ticks = ticks;
    const vector = (index: number) => this.#state + (size + index * ticks) * 8;
    this.y = vector(0);
    this.x = vector(1);
    this.beta = vector(2);
    this.alpha = vector(3);
    this.rSquared = vector(4);
    this.residualStd = vector(5);
    this.spread = vector(6);
    kernels.rollingLineReset(this.#state, window);
  }

  /** Takes in ticks from..to - 1 of those that lie at y and x, and returns up to which it came. */
  run(from: number, to: number): number {
    const skip = from * 8;
    const { kernels } = this.memory;
    const out = this.beta + skip;
    const count = to - from;
    return (
      from + kernels.rollingLine(this.#state, this.y + skip, this.x + skip, count, POINTS_READ_MAX, out, this.ticks)
    );
  }

  /** Of the last tick: 0 or one of LINE_*. */
  code(): number {
    return this.memory.read(this.#state, 10);
  }

  end(): void {
    this.memory.end(this.#lease);
  }
}

/** Feeds both samples through a stream and calls `use` for each part that has its lines at the stream's addresses. */
export function* lineSlices(
  y: Sample,
  x: Sample,
  window: number,
  use: (stream: LineStream, from: number, count: number) => void,
): Slices<void> {
  checkPairs(y, x);
  const stream = new LineStream(window, SLICE_TICKS);
  try {
    for (let from = 0; from < y.length; from += SLICE_TICKS) {
      const count = Math.min(SLICE_TICKS, y.length - from);
      copySlice(stream.memory, stream.y, y, from, count);
      copySlice(stream.memory, stream.x, x, from, count);
      for (let done = 0; done < count; ) {
        if (from + done > 0) yield;
        done = stream.run(done, count);
      }
      use(stream, from, count);
    }
  } finally {
    stream.end();
  }
}
