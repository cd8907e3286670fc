/**
 * Two made-up markets that move together: a common market as `synthetic-bars.ts` makes it, and a second that is the first times a
 * calmer market of its own. Its bars have no wicks, because the extremes of a product are not those of its factors.
 */
import { SYNTHETIC_BARS, type SyntheticBarOptions, syntheticBars } from "./synthetic-bars.ts";

/** Standard deviation of a day's return of what the two do not share, in the calm state. */
const OWN_VOLATILITY_DAILY = 0.015;

/** Lines of this project's bar CSV, headers first: the primary's, which has a life of its own, and its hedge's. */
export function* syntheticPair(
  options: Pick<SyntheticBarOptions, "seed" | "count">,
): Generator<readonly [primary: string, hedge: string]> {
  const common = syntheticBars({ ...SYNTHETIC_BARS, ...options });
  const own = syntheticBars({
    ...SYNTHETIC_BARS,
    ...options,
    // Far from the seeds that people give.
    seed: options.seed + 2 ** 32,
    price: 1,
    volatilityDaily: OWN_VOLATILITY_DAILY,
    jumpMean: SYNTHETIC_BARS.jumpMean / 4,
  });
  const header = common.next().value as string;
  own.next();
  yield [header, header];
  for (const hedge of common) {
    const [time, open, , , close, volume] = hedge.split(",").map(Number) as Bar;
    const [, ownOpen, , , ownClose] = (own.next().value as string).split(",").map(Number) as Bar;
    const [from, to] = [open * ownOpen, close * ownClose];
    const cells = [from, Math.max(from, to), Math.min(from, to), to].map((value) => value.toPrecision(8));
    yield [`${time},${cells.join(",")},${volume}`, hedge];
  }
}

type Bar = [time: number, open: number, high: number, low: number, close: number, volume: number];
