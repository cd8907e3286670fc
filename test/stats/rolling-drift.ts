/** Long streams at a level where digits are scarce, against the definition at their end: for the unit tests, and longer at night. */
import { expect } from "vitest";
import { RollingOls, RollingZScore } from "../../src/stats/index.ts";
import { lineOf, scoreOf } from "./rolling-reference.ts";

/** `scores` ticks through a z-score stream, the last `lines` of them through a regression too. */
export function checkDrift({ window, scores, lines }: { window: number; scores: number; lines: number }): void {
  const [score, line] = [new RollingZScore(window), new RollingOls(window)];
  const [xs, ys]: [number[], number[]] = [[], []];
  let [seed, x] = [12_345, 1e7];
  const uniform = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  let [z, fit] = [score.push(x), line.push(x, x)];
  for (let tick = 0; tick < scores; tick++) {
    // Drawn back, so that it stays near the level.
    x += uniform() + 1e-4 * (1e7 - x);
    z = score.push(x);
    if (tick < scores - lines) continue;
    const y = 1.5 * x + uniform();
    fit = line.push(y, x);
    if (tick < scores - window) continue;
    xs.push(x);
    ys.push(y);
  }
  const [truth, truthLine] = [scoreOf(xs), lineOf(ys, xs)];
  expect(Math.abs(z.z! - truth.z)).toBeLessThan(1e-12);
  expect(Math.abs(z.mean! / truth.mean - 1)).toBeLessThan(1e-15);
  expect(Math.abs(z.std! / truth.std - 1)).toBeLessThan(1e-12);
  expect(Math.abs(fit.beta! / truthLine.beta - 1)).toBeLessThan(1e-11);
  expect(Math.abs(fit.residualStd! / truthLine.residualStd - 1)).toBeLessThan(1e-10);
  expect(Math.abs(fit.spread! / truthLine.spread - 1)).toBeLessThan(1e-9);
}
