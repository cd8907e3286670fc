/**
 * A book of four assets that are held, each protected by its perpetual, and an index that hedges them together. Every price is
 * 10,000 and a lot is a thousandth, so a lot is worth 10.
 */
import type { Analysis } from "../../src/core/analysis.ts";
import { createDirectory } from "../../src/domain/instrument.ts";
import { symmetricEigen } from "../../src/stats/eigen.ts";
import { type CoreOptions, SHIELD } from "./core-config.ts";
import { CoreRig, START_MS } from "./core-rig.ts";

const VENUES = ["alpha", "beta"];
const NAMES = ["AAA", "BBB", "CCC", "DDD"];
const steps = { tickSize: "0.1", lotSize: "0.001" };
const listings = (symbol: string) => VENUES.map((venue) => ({ venue, symbol, takerFee: 0.0005 }));

/** Assets are 0 to 3, their perpetuals 4 to 7, the index 8. Listings of perpetual i are 2(i − 4) and the one behind. */
export const A = 0;
export const B = 1;
export const C = 2;
export const D = 3;
export const INDEX = 8;
export const perpOf = (asset: number): number => asset + 4;
export const listingsOf = (instrument: number): readonly number[] => [2 * (instrument - 4), 2 * (instrument - 4) + 1];
export const DIRECTORY = createDirectory(["hook", "feed"], VENUES, [
  ...NAMES.map((base) => ({ symbol: `${base}/USDT`, ...steps })),
  ...[...NAMES, "INDEX"].map((base) => ({
    symbol: `${base}/USDT:USDT`,
    ...steps,
    listings: listings(`${base}USDT`),
  })),
]);
export const MID_TICKS = 100_000;

/** `holdings` in units, of which each is worth 10,000; assets without any have no shield. */
export const bookOptions = (holdings: readonly number[], portfolio: CoreOptions["portfolio"] = {}): CoreOptions => ({
  directory: DIRECTORY,
  shields: holdings.flatMap((held, asset) =>
    held === 0 ? [] : [{ ...SHIELD, asset, hedge: perpOf(asset), holdings: held }],
  ),
  portfolio: { index: INDEX, ...portfolio },
});

/** Every instrument quoted at the same price, or at `ticks` of its own. */
export function quoteAll(rig: CoreRig, ticks: Readonly<Record<number, number>> = {}): void {
  for (const instrument of [4, 5, 6, 7, INDEX]) quoteOne(rig, instrument, ticks[instrument] ?? MID_TICKS);
}

export function quoteOne(rig: CoreRig, instrument: number, ticks: number): void {
  for (const listing of listingsOf(instrument)) rig.quote(listing, ticks - 1, ticks + 1);
}

/** Venues ready, quotes everywhere, and that matrix known. */
export function bookRig(options: CoreOptions, correlation: Analysis | null): CoreRig {
  const rig = new CoreRig(options);
  for (const venue of VENUES.keys()) rig.venue(venue);
  for (const venue of VENUES.keys()) rig.positions(venue, []);
  quoteAll(rig);
  if (correlation !== null) rig.analysis(correlation);
  rig.take();
  return rig;
}

export interface Row {
  readonly instrument: number;
  /** Of a day's returns. */
  readonly sigma?: number;
}

/** The matrix of `rows` with ρ as `rho` says (either order), 0 where it says nothing; keys are "a,b" of instruments. */
export function correlationOf(
  rows: readonly Row[],
  rho: Readonly<Record<string, number>>,
  untilMs = START_MS,
): Extract<Analysis, { kind: "correlation" }> {
  const between = (a: number, b: number) => (a === b ? 1 : (rho[`${a},${b}`] ?? rho[`${b},${a}`] ?? 0));
  const correlation = rows.map((one) => rows.map((other) => between(one.instrument, other.instrument)));
  const { values, vectors } = symmetricEigen(correlation);
  return {
    kind: "correlation",
    instruments: rows.map(({ instrument }) => instrument),
    correlation,
    volatilityDaily: rows.map(({ sigma }) => sigma ?? 0.03),
    eigenvalue: values[0]!,
    eigenvector: vectors[0]!,
    untilMs,
    shrinkage: 0,
  };
}

/** All four assets and the index; the assets of a pair named in `rho` move together. */
export const ASSETS: readonly Row[] = [A, B, C, D, INDEX].map((instrument) => ({ instrument }));
/** All correlate by 0.9, so every β to the index is 0.9. */
export const TOGETHER = correlationOf(
  ASSETS,
  Object.fromEntries(ASSETS.flatMap((one) => ASSETS.map((other) => [`${one.instrument},${other.instrument}`, 0.9]))),
);
