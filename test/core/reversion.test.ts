import { describe, expect, it } from "vitest";
import type { ReversionConfig } from "../../src/core/config.ts";
import type { ReversionEntry, ReversionPlaybook } from "../../src/core/playbooks/reversion.ts";
import { SpreadWindow } from "../../src/core/playbooks/spread-window.ts";
import { BTC_PERP, type CoreOptions, ETH_PERP } from "../support/core-config.ts";
import { alarmsIn, CoreRig } from "../support/core-rig.ts";
import { above, below } from "../support/next-double.ts";

/** A spread of mean 0.0 and a deviation of about `SWING`, so that a move of k · SWING is about k deviations. */
const SWING = 0.01;
const LOOKBACK = 20;
const MID = 600_000;

const ready = (reversion: Partial<ReversionConfig> = {}, rest: CoreOptions = {}): CoreRig =>
  CoreRig.ready({ shields: [], reversions: [{ stopLoss: 1, ...reversion }], ...rest });
const playbook = (rig: CoreRig) => rig.core.playbooks[0] as ReversionPlaybook;
const position = (rig: CoreRig) => playbook(rig).position;

/** ETH stands still; BTC's price is moved so that the spread is `spread` (to first order). All three venues at once. */
function spreadAt(rig: CoreRig, spread: number): void {
  const mid = Math.round(MID * (1 + spread));
  for (const listing of [0, 1, 2]) rig.quote(listing, mid - 1, mid + 1);
  for (const listing of [3, 4, 5]) rig.quote(listing, MID - 1, MID + 1);
}

/** A full window of bars around 0, then the half-life. */
function watched(reversion: Partial<ReversionConfig> = {}, rest: CoreOptions = {}, halfLife = 10): CoreRig {
  const rig = ready(reversion, rest);
  for (let bar = 0; bar <= LOOKBACK; bar++) {
    rig.nowMs += 1000;
    spreadAt(rig, bar % 2 === 0 ? SWING : -SWING);
  }
  rig.analysis({ kind: "halfLife", asset: BTC_PERP, hedge: ETH_PERP, bars: halfLife });
  rig.take();
  return rig;
}

function fillAll(rig: CoreRig): void {
  for (let orders = rig.placed(); orders.length > 0; orders = rig.placed()) for (const order of orders) rig.fill(order);
}

/** Moves within the bar of now, so that the window does not change. */
function to(rig: CoreRig, deviations: number): void {
  rig.nowMs += 1;
  spreadAt(rig, deviations * SWING);
}

const entered = (rig = watched()): CoreRig => {
  to(rig, 2.5);
  fillAll(rig);
  rig.nowMs += 300;
  rig.take();
  return rig;
};

describe("the window", () => {
  it("gives mean, deviation and z over whole bars, with the last value of each", () => {
    const window = new SpreadWindow(4, 1000);
    for (const [ms, value] of [
      [0, 9],
      [900, 1],
      [1000, 2],
      [2500, 3],
      [3999, 4],
    ] as const)
      window.observe(value, ms);
    expect(window.zscore()).toBeNaN();
    window.observe(10, 4000);
    expect(window.mean).toBe(2.5);
    expect(window.deviation).toBeCloseTo(Math.sqrt(5 / 3), 14);
    expect(window.zscore()).toBeCloseTo(7.5 / Math.sqrt(5 / 3), 12);
    window.observe(2.5, 4500);
    expect(window.zscore()).toBe(0);
    window.observe(5, 5000);
    expect(window.mean).toBe(2.875);
  });

  it("begins anew after a gap longer than itself: where the spread was before says nothing of how far it is from its mean", () => {
    const filled = () => {
      const window = new SpreadWindow(2, 1000);
      for (const [ms, value] of [
        [0, 1],
        [1000, 2],
        [2000, 3],
      ] as const)
        window.observe(value, ms);
      return window;
    };
    const zAt = (ms: number) => {
      const window = filled();
      window.observe(9, ms);
      return window.zscore();
    };
    expect(zAt(4999)).toBeGreaterThan(9);
    expect(zAt(5000)).toBeNaN();
  });

  it("has no z where nothing varies, nor after a reset, and takes a clock that goes back", () => {
    const window = new SpreadWindow(2, 1000);
    for (const ms of [0, 1000, 2000, 3000]) window.observe(7, ms);
    expect(window.zscore()).toBeNaN();
    window.observe(8, 2500);
    window.observe(9, 4000);
    expect(window.mean).toBe(7.5);
    window.reset();
    expect(window.zscore()).toBeNaN();
  });
});

describe("an entry", () => {
  it.each([
    // Deviations → lots of BTC and of ETH: against the spread, hedged fully
    [1.9, 0, 0],
    [2.2, -97, 97],
    [-2.2, 102, -100],
    [3.3, -96, 97],
    [3.8, 0, 0],
  ])("at %d deviations holds %i and about %i lots", (deviations, btc, eth) => {
    const rig = watched();
    to(rig, deviations);
    fillAll(rig);
    expect(Math.abs(rig.held(BTC_PERP) - btc)).toBeLessThanOrEqual(1);
    expect(Math.abs(rig.held(ETH_PERP) - eth)).toBeLessThanOrEqual(3);
  });

  it("journals every number that led to it", () => {
    const rig = watched();
    to(rig, 2.5);
    const record = rig.take().find((command) => command.type === "positioned");
    expect(record).toMatchObject({
      record: {
        state: "opening",
        cause: { text: "position|0" },
        h: 1,
        decision: { playbook: "reversion", halfLifeBars: 10 },
      },
    });
    const entry = position(rig).decision as ReversionEntry;
    expect(entry.z).toBeGreaterThan(2);
    expect(entry.gain).toBeCloseTo((entry.z - 0.5) * entry.deviation, 12);
    // Twice, on both legs: a fee of 5 bp, half a spread of 1/600000, 20 bp of slippage.
    expect(entry.cost).toBeCloseTo(4 * (0.0005 + 1 / 600_000 + 0.002), 6);
  });

  it.each<[string, Partial<ReversionConfig>, CoreOptions, number]>([
    ["no half-life", {}, {}, Number.NaN],
    ["too long a half-life", {}, {}, above(60)],
    ["too short a half-life", {}, {}, below(2)],
    ["costs that eat the way back", { costMultiple: 3 }, {}, 10],
  ])("is not made with %s", (_why, reversion, rest, halfLife) => {
    const rig = watched(reversion, rest, halfLife);
    to(rig, 2.5);
    expect(rig.placed()).toEqual([]);
    expect(position(rig).state).toBe("flat");
  });

  it.each([
    ["the longest half-life", {}, 60],
    ["the shortest", {}, 2],
    ["no cost gate at any costs", { costMultiple: 0 }, 10],
  ])("is made with %s", (_why, reversion, halfLife) => {
    const rig = watched(reversion, {}, halfLife);
    to(rig, 2.5);
    expect(rig.placed()).toHaveLength(2);
  });

  it("has to pay more than its costs, by one unit in the last place", () => {
    const at = (costMultiple: number): CoreRig => {
      const rig = watched({ costMultiple });
      to(rig, 2.5);
      return rig;
    };
    const { gain, cost } = position(at(0)).decision as ReversionEntry;
    let pays = gain / cost;
    while (pays * cost >= gain) pays = below(pays);
    expect([pays, above(pays)].map((multiple) => at(multiple).placed().length)).toEqual([2, 0]);
  });

  it("waits for a full window", () => {
    const rig = ready();
    rig.analysis({ kind: "halfLife", asset: BTC_PERP, hedge: ETH_PERP, bars: 10 });
    for (let bar = 1; bar < LOOKBACK; bar++) {
      rig.nowMs += 1000;
      spreadAt(rig, bar % 2 === 0 ? SWING : -SWING);
    }
    to(rig, 2.5);
    expect(rig.placed()).toEqual([]);
  });

  it.each([
    ["insurance", { policy: "insurance", insurance: { fraction: 0.15, fractionMax: 1 } }, 15],
    ["delta", { policy: "delta", corridor: { band: 0.05, bandMin: 0, bandMax: 1, volatilityDailyUsual: 0.03 } }, 100],
  ] as const)("as %s hedges by its own share", (_name, policy, eth) => {
    const rig = watched({ policy });
    to(rig, -2.5);
    fillAll(rig);
    expect(rig.held(BTC_PERP)).toBeGreaterThan(95);
    expect(Math.abs(rig.held(ETH_PERP) + eth)).toBeLessThanOrEqual(3);
  });
});

it("beyond the stop nothing is entered in the first place", () => {
  const rig = watched();
  to(rig, 3.8);
  expect(rig.placed()).toEqual([]);
  expect(position(rig).state).toBe("flat");
});

describe("an exit", () => {
  it.each([
    [1.2, false],
    [0.55, false],
    [0.45, true],
    [0, true],
    [-0.2, true],
    [-1, true],
  ])("at %d deviations, entered at 2.5: %s", (deviations, closes) => {
    const rig = entered();
    to(rig, deviations);
    fillAll(rig);
    expect(position(rig).state).toBe(closes ? "flat" : "open");
    expect(rig.held(BTC_PERP) === 0 && rig.held(ETH_PERP) === 0).toBe(closes);
  });

  it("of an entry below the mean is the mirror image", () => {
    const rig = watched();
    to(rig, -2.5);
    fillAll(rig);
    rig.nowMs += 300;
    rig.take();
    to(rig, -0.7);
    expect(position(rig).state).toBe("open");
    to(rig, 0.6);
    fillAll(rig);
    expect(position(rig).state).toBe("flat");
  });

  it("at the stop is alarmed, and nothing is entered until the spread was back under the entry", () => {
    const rig = entered();
    to(rig, 3.8);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
    fillAll(rig);
    expect(position(rig).state).toBe("flat");
    rig.nowMs += 100;
    to(rig, 2.6);
    expect(rig.placed()).toEqual([]);
    expect(playbook(rig).blocked).toBe(true);
    to(rig, 1.8);
    expect(playbook(rig).blocked).toBe(false);
    rig.nowMs += 300;
    to(rig, 2.6);
    expect(rig.placed()).toHaveLength(2);
  });

  it("by the primary's own stop-loss blocks as well", () => {
    const rig = entered(watched({ stopLoss: 0.003 }));
    to(rig, 3.1);
    expect(alarmsIn(rig.log)).toContain("STOP_LOSS");
    expect(playbook(rig).blocked).toBe(true);
  });

  it("on a close signal of its primary", () => {
    const rig = entered();
    expect(rig.signal({ kind: "close", instrument: BTC_PERP })).toMatchObject({ outcome: "hedged" });
    fillAll(rig);
    expect(position(rig).state).toBe("flat");
    expect(rig.signal({ kind: "open", instrument: BTC_PERP })).toMatchObject({
      refusal: { code: "KIND_NOT_SUPPORTED" },
    });
  });

  it("not on evidence, whatever direction that has", () => {
    const rig = entered();
    expect(rig.signal({ kind: "evidence", direction: "flat", instrument: BTC_PERP })).toMatchObject({
      refusal: { code: "KIND_NOT_SUPPORTED" },
    });
    expect(position(rig).state).toBe("open");
    expect(rig.signal({ kind: "open", direction: "flat", instrument: BTC_PERP })).toMatchObject({ outcome: "hedged" });
  });
});

// The z that a spread gives is measured first; then the limit is put at it, or one unit in the last place to either side.
describe.each([1, -1])("to the last unit, on side %i of the mean,", (side) => {
  const nothing = () => {};
  const hold = (rig: CoreRig) => {
    to(rig, side * 2.5);
    fillAll(rig);
    rig.nowMs += 300;
  };
  const stop = (rig: CoreRig) => {
    hold(rig);
    to(rig, side * 9);
    fillAll(rig);
  };
  it.each<[string, (rig: CoreRig) => void, number, keyof ReversionConfig, readonly [string, string, string]]>([
    // What the position is with the limit one unit below z, at z, and one unit above it.
    ["an entry", nothing, 2.5, "entryZ", ["opening", "opening", "flat"]],
    ["an entry near the stop", nothing, 2.5, "stopZ", ["flat", "flat", "opening"]],
    ["an exit", hold, 0.5, "exitZ", ["open", "closing", "closing"]],
    ["a stop", hold, 3.8, "stopZ", ["closing, blocked", "closing, blocked", "open"]],
    ["a stop's block", stop, 1.8, "entryZ", ["flat, blocked", "flat, blocked", "flat"]],
  ])("%s", (_, before, deviations, limit, expected) => {
    const at = (limits: Partial<ReversionConfig>): CoreRig => {
      const rig = watched(limits);
      before(rig);
      to(rig, side * deviations);
      return rig;
    };
    const z = Math.abs(playbook(at({})).z);
    const seen = [below(z), z, above(z)].map((edge) => {
      const rig = at({ [limit]: edge });
      return position(rig).state + (playbook(rig).blocked ? ", blocked" : "");
    });
    expect(seen).toEqual(expected);
  });
});

describe("β", () => {
  const beta = (returns: number) =>
    ({
      kind: "beta",
      asset: BTC_PERP,
      hedge: ETH_PERP,
      ols: 1,
      returns,
      combined: returns,
      johansen: 1,
      cointegrationRank: 0,
      rankTest: "case 2",
      spanDays: 200,
    }) as const;
  const betaRule = { method: "returns", driftMax: 0.1, revalidateMs: 1e12, holdingMs: 1, longHoldingMs: 2 } as const;

  it("is kept while a position stands, and starts the window anew after", () => {
    const rig = entered(watched({ betaRule }));
    rig.analysis(beta(0.5));
    expect(position(rig).beta).toBe(1);
    to(rig, 0);
    fillAll(rig);
    to(rig, 0);
    expect(position(rig)).toMatchObject({ state: "flat", beta: 0.5 });
    expect(playbook(rig).z).toBeNaN();
  });
});
