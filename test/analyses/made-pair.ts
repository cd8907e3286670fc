/** A made-up cointegrated pair: ln x a random walk, ln y = β · ln x + an Ornstein-Uhlenbeck spread of a known half-life. */
import { writeFileSync } from "node:fs";
import { Random } from "../wasm/random.ts";

export interface MadePair {
  readonly beta: number;
  /** In rows. */
  readonly halfLife: number;
  /** Standard deviations of a step of ln x, and of the spread. */
  readonly step: number;
  readonly spread: number;
  readonly rows: number;
  readonly intervalMs: number;
  readonly firstMs: number;
  readonly seed: number;
  /** Prices about which they move. */
  readonly y: number;
  readonly x: number;
}

/** Closes of both, row by row. */
export function madePair(made: MadePair): { readonly y: number[]; readonly x: number[] } {
  const random = new Random(made.seed);
  const phi = 0.5 ** (1 / made.halfLife);
  const shock = made.spread * Math.sqrt(1 - phi * phi);
  const closes = { y: [] as number[], x: [] as number[] };
  let [level, spread] = [0, 0];
  for (let row = 0; row < made.rows; row++) {
    level += made.step * random.normal();
    spread = phi * spread + shock * random.normal();
    closes.x.push(made.x * Math.exp(level));
    closes.y.push(made.y * Math.exp(made.beta * level + spread));
  }
  return closes;
}

/** As `outrigger data download` writes them: a candle opens where the one before closed. */
export function writeCandles(path: string, closes: readonly number[], firstMs: number, intervalMs: number): void {
  const rows = closes.map((close, row) => {
    const open = closes[row - 1] ?? close;
    const cells = [open, Math.max(open, close), Math.min(open, close), close].map((price) => price.toFixed(2));
    return [firstMs + row * intervalMs, ...cells, "400"].join(",");
  });
  writeFileSync(path, `timestamp_ms,open,high,low,close,volume\n${rows.join("\n")}\n`);
}
