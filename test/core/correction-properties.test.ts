/** Corrections of every playbook that hedges by a target, from the quote that causes them to the order: what SPEC §5 says of each. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FACTORS, type Factor } from "../../src/core/score.ts";
import { BTC_PERP, type CoreOptions, ETH_PERP } from "../support/core-config.ts";
import { CoreRig } from "../support/core-rig.ts";

const MID = 600_000;
const weights = Object.fromEntries(FACTORS.map((name) => [name, 0])) as Record<Factor, number>;
/** So volatile that every correction pays. */
const WILD = { lambda: 0.99, sampleMs: 1e9, dailyPrior: 9 };
const PERP_LOT_RATIO = { btc: 0.1 * 0.001, eth: 0.01 * 0.01 };

interface Terms {
  readonly band: number;
  readonly toCentre: boolean;
  readonly beta: number;
  readonly long: boolean;
}

interface Standing {
  readonly rig: CoreRig;
  readonly hedge: number;
  /** E·β and the target, in quote notional, by the prices of now. */
  readonly now: () => { readonly exposure: number; readonly target: number };
}

const correction = ({ band, toCentre }: Terms) =>
  ({ band, to: toCentre ? "centre" : "edge", slippageBuffer: 0.002, riskHorizonS: 3600 }) as const;

function fillAll(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
}

const priceOf = (rig: CoreRig, instrument: number) =>
  rig.core.market.midTicks(instrument, rig.at.nowNs) *
  (instrument === BTC_PERP ? PERP_LOT_RATIO.btc : PERP_LOT_RATIO.eth);

function position(options: CoreOptions, terms: Terms, enter: (rig: CoreRig) => void): Standing {
  const rig = CoreRig.ready({ shields: [], score: { weights }, ...options });
  enter(rig);
  fillAll(rig);
  const { position } = rig.core.playbooks[0]!;
  const now = () => {
    const exposure = rig.held(BTC_PERP) * priceOf(rig, BTC_PERP) * terms.beta;
    return { exposure, target: -exposure * position.h };
  };
  return { rig, hedge: ETH_PERP, now };
}

const signal = (terms: Terms): Standing =>
  position(
    {
      signals: [{ notional: 60_000, beta: terms.beta, stopLoss: 1, correction: correction(terms), volatility: WILD }],
    },
    terms,
    (rig) => rig.signal({ kind: "open", confidence: 0.75, horizonMs: 1e9, direction: terms.long ? "long" : "short" }),
  );

const reversion = (terms: Terms): Standing =>
  position(
    {
      reversions: [
        {
          notional: 60_000,
          beta: terms.beta,
          stopLoss: 1,
          costMultiple: 0,
          stopZ: 1e9,
          exitZ: 0,
          correction: correction(terms),
          volatility: WILD,
        },
      ],
    },
    terms,
    (rig) => {
      const quote = (away: number) => {
        for (const listing of [0, 1, 2]) rig.quote(listing, MID + away - 1, MID + away + 1);
        for (const listing of [3, 4, 5]) rig.quote(listing, MID - 1, MID + 1);
      };
      for (let bar = 0; bar <= 20; bar++) {
        rig.nowMs += 1000;
        quote(bar % 2 === 0 ? 600 : -600);
      }
      rig.analysis({ kind: "halfLife", asset: BTC_PERP, hedge: ETH_PERP, bars: 10 });
      rig.nowMs += 1;
      quote(terms.long ? -1500 : 1500);
    },
  );

/** A new price of both markets, listing by listing, as venues tell it. */
function move(rig: CoreRig, btc: number, eth: number, each: () => void): void {
  rig.nowMs += 300;
  for (const listing of [0, 1, 2, 3, 4, 5]) {
    const mid = Math.round(MID * (listing < 3 ? btc : eth));
    rig.quote(listing, mid - 1, mid + 1, 1e6);
    each();
  }
}

const TERMS = fc.record({
  band: fc.double({ min: 0, max: 0.3, noNaN: true }),
  toCentre: fc.boolean(),
  beta: fc.double({ min: 0.3, max: 3, noNaN: true }),
  long: fc.boolean(),
});
const MOVES = fc.array(
  fc.tuple(fc.double({ min: 0.9, max: 1.1, noNaN: true }), fc.double({ min: 0.9, max: 1.1, noNaN: true })),
  {
    minLength: 1,
    maxLength: 4,
  },
);
const RUNS = 60;
/** Always among what is tried: with them every kind of outcome is met, whatever the seed. */
const PLAIN = { band: 0.01, toCentre: true, beta: 1, long: true };

describe.each([
  ["signal", signal],
  ["reversion", reversion],
] as const)("a correction by a %s", (_name, standing) => {
  it("starts outside the band only, goes toward the target and never past it, lighter as well as heavier", () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(TERMS, MOVES, (terms, moves) => {
        const { rig, hedge, now } = standing(terms);
        for (const [btc, eth] of moves) {
          let held = rig.held(hedge);
          rig.take();
          move(rig, btc, eth, () => {
            const lot = priceOf(rig, hedge);
            const { exposure, target } = now();
            const drift = held * lot - target;
            fillAll(rig);
            const change = rig.held(hedge) - held;
            held += change;
            // A spread that came back is closed, and entered again when it is far: neither is a correction.
            const { state, why } = rig.core.playbooks[0]!.position;
            const isOpen = state === "open" && (change === 0 || why === "corrected");
            if (isOpen) met.add(change === 0 ? "none" : Math.sign(change) === Math.sign(held) ? "heavier" : "lighter");
            if (change === 0 || !isOpen) return;
            // Targets are whole lots, rounded toward nothing.
            const after = drift + change * lot;
            expect(Math.abs(drift)).toBeGreaterThan(terms.band * Math.abs(exposure) - lot);
            expect(Math.sign(change)).toBe(-Math.sign(drift));
            expect(Math.abs(after)).toBeLessThan(Math.abs(drift) + lot);
            expect(-Math.sign(drift) * after).toBeLessThanOrEqual(lot);
          });
        }
      }),
      {
        numRuns: RUNS,
        examples: [
          [
            PLAIN,
            [
              [1.1, 0.95],
              [0.92, 1.08],
              [1, 1],
              [1, 1],
            ],
          ],
          [{ ...PLAIN, band: 0.3 }, [[1, 1]]],
        ],
      },
    );
    expect([...met].sort()).toEqual(["heavier", "lighter", "none"]);
  });
});

it("a correction by a shield goes to a new ratio from outside the band only, and never past it", () => {
  const met = new Set<string>();
  const ratio = fc.double({ min: 0.2, max: 4, noNaN: true });
  fc.assert(
    fc.property(TERMS, ratio, (terms, beta) => {
      const rig = CoreRig.ready({
        shields: [
          {
            beta: terms.beta,
            holdings: terms.long ? 1 : -1,
            correction: correction(terms),
            volatility: WILD,
            betaRule: { method: "returns", driftMax: 0.1, revalidateMs: 1e12, holdingMs: 1, longHoldingMs: 2 },
          },
        ],
      });
      rig.signal({ strength: 0.5, direction: terms.long ? "long" : "short" });
      fillAll(rig);
      // A quote that finds all there: what is corrected from here on is not the signal's own quantity any more.
      move(rig, 1, 1, () => undefined);
      const held = rig.held(BTC_PERP);
      const estimates = {
        ols: beta,
        returns: beta,
        combined: beta,
        johansen: Number.NaN,
        cointegrationRank: 0,
        rankTest: "none",
      };
      rig.analysis({ kind: "beta", asset: 0, hedge: BTC_PERP, ...estimates, spanDays: 200 });
      move(rig, 1, 1, () => fillAll(rig));
      const target = (terms.long ? -1 : 1) * beta * 0.5 * 1000;
      const change = rig.held(BTC_PERP) - held;
      const drift = held - target;
      met.add(change === 0 ? "none" : Math.sign(change) === Math.sign(held) ? "heavier" : "lighter");
      if (change !== 0) {
        expect(Math.abs(drift)).toBeGreaterThan(terms.band * beta * 1000 - 1);
        expect(Math.sign(change)).toBe(-Math.sign(drift));
        expect(-Math.sign(drift) * (drift + change)).toBeLessThanOrEqual(1);
      } else expect(Math.abs(drift)).toBeLessThanOrEqual(terms.band * beta * 1000 + 1);
    }),
    { numRuns: 2 * RUNS, examples: [1, 0.5, 3].map((ratio) => [PLAIN, ratio]) },
  );
  expect([...met].sort()).toEqual(["heavier", "lighter", "none"]);
});
