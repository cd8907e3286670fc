/**
 * Bars of two instruments at the same times: an inner join by timestamp, in blocks.
 *
 * Never by row number: a maintenance gap in one file would shift everything after it. What only one file has is dropped and
 * counted. `BarSource` is what a backtest reads from, wherever the bars come from.
 */
import type { BarFile } from "./bar-file.ts";

/** Most bars of a block. */
export const BLOCK_BARS = 1024;

/** A block: the first `count` values of each are bars. y is the primary leg, x the hedge. */
export class BarBlock {
  count = 0;
  readonly timestampMs = new Float64Array(BLOCK_BARS);
  readonly openY = new Float64Array(BLOCK_BARS);
  readonly openX = new Float64Array(BLOCK_BARS);
  readonly closeY = new Float64Array(BLOCK_BARS);
  readonly closeX = new Float64Array(BLOCK_BARS);
}

export interface BarSource {
  /** Fills the block; its count is 0 when there are no more bars. */
  fill(block: BarBlock): void;
}

export class JoinedBars implements BarSource {
  readonly #primary: BarFile;
  readonly #hedge: BarFile;
  #atY = 0;
  #atX = 0;
  /** Bars of one file that the other does not have. */
  droppedPrimary = 0;
  droppedHedge = 0;

  constructor(primary: BarFile, hedge: BarFile) {
    this.#primary = primary;
    this.#hedge = hedge;
  }

  fill(block: BarBlock): void {
    const [primary, hedge] = [this.#primary, this.#hedge];
    let count = 0;
    while (count < BLOCK_BARS) {
      const hasY = this.#atY < primary.rows || this.#nextPrimary();
      const hasX = this.#atX < hedge.rows || this.#nextHedge();
      if (!hasY && !hasX) break;
      const timeY = hasY ? primary.timestampMs[this.#atY]! : Number.POSITIVE_INFINITY;
      const timeX = hasX ? hedge.timestampMs[this.#atX]! : Number.POSITIVE_INFINITY;
      if (timeY === timeX) {
        block.timestampMs[count] = timeY;
        block.openY[count] = primary.open[this.#atY]!;
        block.closeY[count] = primary.close[this.#atY]!;
        block.openX[count] = hedge.open[this.#atX]!;
        block.closeX[count] = hedge.close[this.#atX]!;
        count++;
      }
      if (timeY < timeX) this.droppedPrimary++;
      if (timeX < timeY) this.droppedHedge++;
      if (timeY <= timeX) this.#atY++;
      if (timeX <= timeY) this.#atX++;
    }
    block.count = count;
  }

  #nextPrimary(): boolean {
    this.#atY = 0;
    return this.#primary.next();
  }

  #nextHedge(): boolean {
    this.#atX = 0;
    return this.#hedge.next();
  }
}
