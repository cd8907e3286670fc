/**
 * Hedge ratio and z-score of a pair's spread at every bar, by the rolling kernels of the statistics library.
 *
 *   beta_t, alpha_t = least squares of ln y on ln x over the last `betaWindow` closes
 *   s_t = ln y_t - alpha_t - beta_t ln x_t, each with its own coefficients
 *   z_t = (s_t - mean) / sd over the last `lookback` spreads, ddof 1
 *
 * A value depends on earlier bars only, bit for bit. NaN where there is none: before the windows are full, where x does not vary in
 * the window, and where the spread is nothing but rounding, which the kernel knows and makes
 * exact zeros of.
 */
import { LineStream } from "../stats/line-stream.ts";
import { ZScoreStream } from "../stats/rolling-zscore.ts";
import { type BarBlock, BLOCK_BARS } from "./joined-bars.ts";

export class SpreadStream {
  readonly #lines: LineStream;
  readonly #scores: ZScoreStream;
  /** Values of the last block, valid until the next one. */
  beta: Float64Array = new Float64Array(0);
  sd: Float64Array = new Float64Array(0);
  z: Float64Array = new Float64Array(0);

  /** StatsError BAD_ARGUMENT beyond the windows' limits. */
  constructor(betaWindow: number, lookback: number) {
    this.#lines = new LineStream(betaWindow, BLOCK_BARS);
    this.#scores = new ZScoreStream(lookback, BLOCK_BARS);
  }

  run({ closeY, closeX, count }: BarBlock): void {
    const lines = this.#lines;
    const scores = this.#scores;
    const { memory } = lines;
    const logY = memory.view(lines.y, count);
    const logX = memory.view(lines.x, count);
    for (let at = 0; at < count; at++) {
      logY[at] = Math.log(closeY[at]!);
      logX[at] = Math.log(closeX[at]!);
    }
    for (let done = 0; done < count; ) done = lines.run(done, count);
    scores.run(count, lines.spread);
    this.beta = memory.view(lines.beta, count);
    this.sd = memory.view(scores.std, count);
    this.z = memory.view(scores.z, count);
  }

  end(): void {
    this.#lines.end();
    this.#scores.end();
  }
}
