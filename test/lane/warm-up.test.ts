import { expect, it } from "vitest";
import { createDirectory } from "../../src/domain/instrument.ts";
import { warmUp } from "../../src/lane/warm-up.ts";
import { coreConfig, coreParts } from "../support/core-config.ts";

interface Terms {
  readonly lotSize?: string;
  readonly tickSize?: string;
  readonly minQty?: string;
  readonly minNotional?: number;
}

/** Perpetuals, two for each playbook, and the index. */
const perpetuals = (...terms: readonly Terms[]) =>
  createDirectory(
    ["hook", "feed"],
    terms.map((_, venue) => `venue-${venue}`),
    ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG"].map((base) => ({
      symbol: `${base}/USDT:USDT`,
      tickSize: "0.1",
      lotSize: "0.001",
      listings: terms.map((each, venue) => ({ venue: `venue-${venue}`, symbol: `${base}USDT`, ...each })),
    })),
  );

const PLAYBOOKS = {
  directory: perpetuals({}, {}),
  shields: [{ asset: 0, hedge: 1 }],
  signals: [{ asset: 2, primary: 2, hedge: 3 }],
  reversions: [{ primary: 4, hedge: 5 }],
  portfolio: { index: 6 },
};

it.each([
  ["as they are in the tests", {}],
  ["behind limits that would stop it at once", { orderNotionalMax: 1, positionNotionalMax: 1, priceCollarBps: 1e4 }],
  [
    "behind breakers that would trip",
    { breakers: { dailyLossMax: 0, drawdownMax: 0, ordersPerMinuteMax: 1, rejectsPerMinuteMax: 0 } },
  ],
  ["behind a threshold that nothing passes", { score: { threshold: 1 } }],
  ["at the beginning of a rollout", { ramp: { fraction: 0.01, startMs: 4e12, durationMs: 1e12 } }],
  [
    "at venues with coarse lots",
    {
      directory: perpetuals({ lotSize: "0.1", minQty: "0.5", minNotional: 50 }, { tickSize: "1", minNotional: 5 }, {}),
    },
  ],
])("every playbook decides and orders in the warm-up: %s", (_name, options) => {
  const orders = warmUp(coreConfig({ ...PLAYBOOKS, ...options }), coreParts(), 180);
  expect(orders).toHaveLength(4);
  // A hedge a round; two legs opened, one adjusted, two closed in three; two legs there and back again in each.
  expect(orders[0]).toBeGreaterThanOrEqual(40);
  expect(orders[1]).toBeGreaterThanOrEqual(80);
  expect(orders[2]).toBeGreaterThanOrEqual(160);
  // What the legs leave open changes in each.
  expect(orders[3]).toBeGreaterThanOrEqual(40);
});

it("decides without a portfolio hedge as well", () => {
  const { portfolio: _, ...rest } = PLAYBOOKS;
  expect(warmUp(coreConfig(rest), coreParts(), 180)).toHaveLength(3);
});

it("has nothing to do where no playbook is configured", () => {
  expect(warmUp(coreConfig({ shields: [] }), coreParts(), 10)).toEqual([]);
});
