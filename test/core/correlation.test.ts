/** The matrix that the portfolio hedge goes by: what is read off it, and what of it is refused. */
import { describe, expect, it } from "vitest";
import { ALONE, Correlation, type CorrelationEstimate } from "../../src/core/correlation.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { clusterExposure } from "../../src/stats/cluster.ts";
import { above } from "../support/next-double.ts";
import { A, ASSETS, B, C, correlationOf, D, INDEX } from "../support/portfolio-book.ts";

const taken = (estimate: CorrelationEstimate, threshold = 0.8) => {
  const correlation = new Correlation(INDEX, threshold, 9);
  expect(correlation.take(estimate, [])).toBeNull();
  return correlation;
};
/** Clusters as lists of instruments. */
const clusters = (correlation: Correlation) =>
  Array.from({ length: correlation.clusterCount }, (_, cluster) =>
    correlation.instruments.filter((_, row) => correlation.clusterOf[row] === cluster),
  );

describe("β to the index", () => {
  // ρ, σ of the asset, σ of the index → β
  it.each([
    [1, 0.03, 0.03, 1],
    [0.9, 0.04, 0.02, 1.8],
    [0.5, 0.02, 0.04, 0.25],
    [-0.8, 0.03, 0.03, -0.8],
    [0, 0.03, 0.03, 0],
  ])("with ρ %d, σ %d and %d is %d", (rho, sigma, indexSigma, beta) => {
    const rows = [
      { instrument: A, sigma },
      { instrument: INDEX, sigma: indexSigma },
    ];
    const { betas } = taken(correlationOf(rows, { [`${A},${INDEX}`]: rho }));
    expect(betas[0]).toBeCloseTo(beta, 15);
    expect(betas[1]).toBe(1);
  });
});

describe("clusters", () => {
  it.each([
    ["at the threshold there is none", 0.8, []],
    ["one ulp above it there is", above(0.8), [[A, B]]],
    ["the same the other way round", -0.8, []],
    ["and one ulp further", -above(0.8), [[A, B]]],
  ])("%s", (_, rho, expected) => {
    expect(clusters(taken(correlationOf(ASSETS, { "0,1": rho })))).toEqual(expected);
  });

  it("are chained, and several may stand beside each other", () => {
    expect(clusters(taken(correlationOf(ASSETS, { "0,2": 0.9, "2,3": 0.85, "0,3": 0.6 })))).toEqual([[A, C, D]]);
    expect(clusters(taken(correlationOf(ASSETS, { "0,3": 0.9, "1,2": 0.85 })))).toEqual([
      [A, D],
      [B, C],
    ]);
  });

  it("never hold the index, nor are chained by it", () => {
    const correlation = taken(correlationOf(ASSETS, { [`0,${INDEX}`]: 0.9, [`1,${INDEX}`]: 0.9, "0,1": 0.7 }));
    expect(clusters(correlation)).toEqual([]);
    expect([...correlation.clusterOf]).toEqual([ALONE, ALONE, ALONE, ALONE, ALONE]);
  });
});

describe("of random books", () => {
  it("clusters and the eigenvector share are those of the statistics library, whatever the order of the rows", () => {
    const prng = createPrng(11);
    for (let round = 0; round < 60; round++) {
      // A factor each: rows of one factor move together.
      const loads = ASSETS.map(() => ({ factor: Math.floor(prng.float() * 2), load: (prng.float() - 0.5) * 2 }));
      const rho: Record<string, number> = {};
      for (const [i, one] of ASSETS.entries())
        for (const [j, other] of ASSETS.entries())
          if (i < j && loads[i]!.factor === loads[j]!.factor)
            rho[`${one.instrument},${other.instrument}`] = loads[i]!.load * loads[j]!.load;
      const rows = ASSETS.map(({ instrument }) => ({ instrument, sigma: 0.01 + prng.float() * 0.05 }));
      const estimate = correlationOf(rows, rho);
      const correlation = taken(estimate, 0.3);
      const exposures = ASSETS.map(({ instrument }) => (instrument === INDEX ? 0 : (prng.float() - 0.5) * 1e6));
      const inRisk = exposures.map((exposure, row) => exposure * rows[row]!.sigma);
      const library = clusterExposure(estimate.correlation, inRisk, { threshold: 0.3 });
      const share = correlation.eigenvectorShare(Float64Array.from(exposures));
      expect(share).toBeCloseTo(library.largestEigenvectorShare!, 12);
      // The library knows no index.
      const assets = ASSETS.slice(0, 4).map((_, i) => estimate.correlation[i]!.slice(0, 4));
      const theirs = clusterExposure(assets, inRisk.slice(0, 4), { threshold: 0.3 }).clusters.map(
        ({ members }) => members,
      );
      expect(clusters(correlation)).toEqual(theirs.sort((one, other) => one[0]! - other[0]!));
      const turned = taken(correlationOf(rows.toReversed(), rho), 0.3);
      expect(turned.instruments).toEqual(correlation.instruments);
      expect(turned.betas).toEqual(correlation.betas);
      expect(clusters(turned)).toEqual(clusters(correlation));
    }
  });

  it("a book without exposure has no share", () => {
    expect(taken(correlationOf(ASSETS, {})).eigenvectorShare(new Float64Array(5))).toBe(0);
  });
});

describe("a matrix is refused", () => {
  const good = correlationOf(ASSETS, { "0,1": 0.9 });
  const withEntry = (i: number, j: number, value: number) => ({
    ...good,
    correlation: good.correlation.map((row, at) => (at === i ? row.map((rho, k) => (k === j ? value : rho)) : row)),
  });
  it.each([
    ["where an instrument has two rows", { ...good, instruments: [0, 1, 2, 2, INDEX] }, "two rows"],
    ["of an instrument that is none", { ...good, instruments: [0, 1, 2, 9, INDEX] }, "no instrument 9"],
    ["without the index", { ...good, instruments: [0, 1, 2, 3, 4] }, "instrument 8 has no row"],
    ["with too few volatilities", { ...good, volatilityDaily: [1, 1, 1, 1] }, "rows of everything"],
    ["with a short row", { ...good, correlation: good.correlation.map((row) => row.slice(1)) }, "4 entries"],
    ["with another diagonal", withEntry(2, 2, 0.99), "diagonal"],
    ["beyond 1", withEntry(0, 1, 1.1), "correlation 0, 1 is 1.1"],
    ["with an entry that JSON could not carry", withEntry(0, 1, null as never), "is null"],
    ["that is not symmetric", withEntry(0, 1, 0.8), "mirror image"],
    ["without volatility", { ...good, volatilityDaily: [0.1, 0, 0.1, 0.1, 0.1] }, "volatility 1 is 0"],
    ["with an eigenvector of another length", { ...good, eigenvector: [1, 1, 0, 0, 0] }, "squared length 2"],
    ["with an eigenvalue that it cannot have", { ...good, eigenvalue: 5.1 }, "eigenvalue is 5.1"],
    ["of no time", { ...good, untilMs: Number.NaN }, "NaN"],
  ])("%s", (_, estimate, words) => {
    const correlation = taken(correlationOf(ASSETS, { "2,3": 0.9 }));
    expect(correlation.take(estimate, [])).toContain(words);
    // The one before stays whole.
    expect(clusters(correlation)).toEqual([[C, D]]);
  });

  it("where what is needed has no row, and where it is older than the one in use", () => {
    const correlation = taken(good);
    expect(correlation.take(good, [A, 7])).toContain("instrument 7 has no row");
    expect(correlation.take({ ...good, untilMs: good.untilMs - 1 }, [])).toContain("older");
    expect(correlation.take(good, [A, B, C, D])).toBeNull();
  });
});
