import { describe, expect, it } from "vitest";
import type { CorrectionConfig, ShieldConfig } from "../../src/core/config.ts";
import type { Command } from "../../src/core/event.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import { ALPHA, BETA, BTC_PERP, type CoreOptions, ETH, SHIELD, testDirectory } from "../support/core-config.ts";
import { ASK, alarmsIn, BID, CoreRig } from "../support/core-rig.ts";

const shield = (config: Partial<ShieldConfig>, rest: CoreOptions = {}): CoreRig =>
  CoreRig.ready({ ...rest, shields: [config] });
const correction = (fields: Partial<CorrectionConfig>) => ({ correction: { ...SHIELD.correction, ...fields } });
const ordersIn = (commands: readonly Command[]) => commands.flatMap((c) => (c.type === "place" ? [c.child] : []));

/** A core that holds the hedge of a signal, with nothing under way. */
function hedged(config: Partial<ShieldConfig> = {}, signal: Partial<Signal> = {}, rest: CoreOptions = {}): CoreRig {
  const rig = shield(config, rest);
  rig.signal(signal);
  for (const child of rig.placed()) rig.fill(child);
  rig.nowMs += 300;
  rig.quote(ALPHA);
  rig.take();
  return rig;
}

describe("shield", () => {
  // holdings, beta, strength → side and lots of 0.001 BTC
  it.each([
    [1, 1, 0.5, "sell", 500],
    [-1, 1, 0.5, "buy", 500],
    [2, 0.5, 0.25, "sell", 250],
    [1, -0.8, 0.5, "buy", 400],
    [-1, -0.8, 0.5, "sell", 400],
  ] as const)(
    "holding %d with a beta of %d at strength %d it will %s %i lots",
    (holdings, beta, strength, side, qtyLots) => {
      const rig = shield({ holdings, beta });
      rig.signal({ direction: holdings > 0 ? "long" : "short", strength });
      expect(rig.order()).toMatchObject({ side, qtyLots });
    },
  );

  it("never rounds a hedge up", () => {
    const rig = shield({ holdings: 0.0019999 });
    rig.signal({ strength: 1 });
    expect(rig.order().qtyLots).toBe(1);
  });

  it("values what it holds at its own price where it has one", () => {
    const rig = shield({ asset: 3, hedge: BTC_PERP, holdings: 20 });
    // 20 ETH at 3000 are 1 BTC at 60000.
    for (const listing of [3, 4, 5]) rig.quote(listing, 299_999, 300_001);
    for (const listing of [0, 1, 2]) rig.quote(listing, 599_999, 600_001);
    rig.signal({ instrument: 3, strength: 1 });
    expect(rig.order()).toMatchObject({ listing: ALPHA, qtyLots: 1000 });
  });

  // A long of 1 BTC at full strength: 1000 lots, at a mid of 60000.1.
  it.each([
    [{}, 1000],
    [{ quantity: 0.003 }, 3],
    [{ quantity: 0.0039999 }, 3],
    [{ quantity: 5 }, 1000],
    [{ notional: 60_000.1 * 0.25 }, 250],
    [{ notional: 6_000_000 }, 1000],
  ])("the signal's own %o only caps: %i lots", (cap, qtyLots) => {
    const rig = shield({});
    rig.signal({ strength: 1, ...cap });
    expect(rig.order().qtyLots).toBe(qtyLots);
  });

  describe("refuses, and says with which numbers,", () => {
    const at = CoreRig.ready().at.wallMs;
    const ago = (ms: number) => (at - ms) as EpochMs;
    it.each<[string, Partial<ShieldConfig>, Partial<Signal>, string, number, number]>([
      ["an open", {}, { kind: "open" }, "KIND_NOT_SUPPORTED", Number.NaN, Number.NaN],
      ["evidence", {}, { kind: "evidence" }, "KIND_NOT_SUPPORTED", Number.NaN, Number.NaN],
      ["what is not held", { holdings: 0 }, {}, "NOTHING_TO_PROTECT", 0, 0],
      ["what has no shield", {}, { instrument: ETH }, "NOTHING_TO_PROTECT", Number.NaN, Number.NaN],
      ["a stale hedge", {}, { generatedAtMs: ago(30_001) }, "STALE", 30_001, 30_000],
      ["a stale close", {}, { kind: "close", generatedAtMs: ago(86_400_001) }, "STALE", 86_400_001, 86_400_000],
      ["a hedge past its horizon", {}, { generatedAtMs: ago(5001), horizonMs: 5000 }, "EXPIRED", 5001, 5000],
      ["the wrong way round", {}, { direction: "short" }, "DIRECTION_MISMATCH", -1, 1],
      ["the wrong way round, held short", { holdings: -2 }, { direction: "long" }, "DIRECTION_MISMATCH", 1, -1],
    ])("%s", (_name, config, signal, code, value, limit) => {
      const rig = shield(config);
      expect(rig.signal(signal)).toMatchObject({ outcome: "refused", refusal: { code, value, limit } });
      expect(ordersIn(rig.take())).toEqual([]);
    });

    it.each<[string, Partial<Signal>]>([
      ["a hedge at its greatest age", { generatedAtMs: ago(30_000) }],
      ["a hedge at the end of its horizon", { generatedAtMs: ago(5000), horizonMs: 5000 }],
      ["a close long past a hedge's age and horizon", { kind: "close", generatedAtMs: ago(86_400_000), horizonMs: 1 }],
      ["a close whatever its direction", { kind: "close", direction: "short" }],
      ["a hedge of flat, which is a close", { direction: "flat" }],
    ])("but not %s", (_name, signal) => {
      expect(shield({}).signal(signal).outcome).not.toBe("refused");
    });

    it("an older signal after a newer one, but not one as old", () => {
      const rig = hedged();
      const newest = rig.core.shields[0]!.decision!.generatedAtMs;
      expect(rig.signal({ generatedAtMs: (newest - 1) as EpochMs })).toMatchObject({
        refusal: { code: "SUPERSEDED", value: newest - 1, limit: newest },
      });
      expect(rig.signal({ generatedAtMs: newest, strength: 0.6 }).outcome).toBe("hedged");
    });
  });

  it("closes on a close and on flat, reduce-only", () => {
    for (const signal of [{ kind: "close" }, { direction: "flat" }] as const) {
      const rig = hedged();
      rig.signal(signal);
      const order = rig.order();
      expect(order).toMatchObject({ side: "buy", qtyLots: 500, reduceOnly: true });
      rig.fill(order);
      expect(rig.held(BTC_PERP)).toBe(0);
    }
  });

  it("follows a signal to its target inside the band and at any cost", () => {
    const rig = hedged(correction({ slippageBuffer: 1 }));
    rig.nowMs++;
    rig.signal({ strength: 0.51 });
    expect(rig.order()).toMatchObject({ side: "sell", qtyLots: 10 });
  });

  it("absorbs a signal that asks for what is there", () => {
    const rig = hedged();
    rig.nowMs++;
    expect(rig.signal()).toMatchObject({ outcome: "absorbed" });
    expect(rig.core.shields[0]!.settling).toBe(false);
  });

  it("absorbs what no venue would take", () => {
    const directory = testDirectory([{ minNotional: 100 }, { minNotional: 100 }, { minQty: "0.005" }]);
    const rig = hedged({}, {}, { directory });
    rig.nowMs++;
    expect(rig.signal({ strength: 0.501 })).toMatchObject({ outcome: "absorbed" });
    rig.nowMs++;
    expect(rig.signal({ strength: 0.505 })).toMatchObject({ outcome: "hedged" });
  });

  describe("a refused order", () => {
    // An order of at most 550 lots: tick-lots of 599400 · 550.
    const small = { orderNotionalMax: 599_400 * 550 };

    it("leaves the decision before it standing, with its stage and its unfinished business", () => {
      const rig = shield({}, small);
      rig.signal();
      const first = rig.order();
      const decision = rig.core.shields[0]!.decision;
      rig.nowMs += 10;
      rig.fill(first);
      rig.take();
      expect(rig.signal({ kind: "hedge", strength: 1 })).toMatchObject({ outcome: "hedged" });
      rig.take();
      rig.core.risk.kill = 2;
      rig.nowMs += 10;
      const standing = rig.core.shields[0]!.decision;
      expect(standing).not.toBe(decision);
      expect(rig.signal({ strength: 0.1 })).toMatchObject({
        outcome: "refused",
        refusal: { code: "KILL_SWITCH", value: 2 },
      });
      expect(rig.core.shields[0]!.decision).toBe(standing);
      expect(rig.core.shields[0]!.settling).toBe(true);
    });

    it("says what was too much", () => {
      const rig = shield({}, small);
      expect(rig.signal({ strength: 0.551 })).toMatchObject({
        outcome: "refused",
        refusal: { code: "ORDER_NOTIONAL_OVER_LIMIT", value: 598_800 * 551, limit: small.orderNotionalMax },
      });
      expect(rig.core.shields[0]!.decision).toBeNull();
      expect(rig.take().map((command) => command.type)).toEqual(["verdict"]);
    });
  });

  describe("while a signal's quantity is not there yet", () => {
    it("is tried again when there is a price, after its pause", () => {
      const rig = CoreRig.ready();
      rig.nowMs += 3000;
      expect(rig.signal()).toMatchObject({ outcome: "deferred" });
      rig.pass(1000);
      expect(ordersIn(rig.take())).toEqual([]);
      rig.quote(BETA);
      rig.pass(250);
      expect(rig.order()).toMatchObject({ listing: BETA, qtyLots: 500 });
    });

    it("until the signal is too old to act on, which is said", () => {
      const rig = CoreRig.ready();
      for (const venue of [0, 1, 2]) rig.venue(venue, { ordersLive: false });
      rig.signal();
      rig.pass(30_000, true);
      expect(alarmsIn(rig.take())).not.toContain("SIGNAL_EXPIRED");
      // The route that was opened before then ends first.
      rig.pass(5000, true);
      const said = rig.take().filter((c) => c.type === "alarm" && c.alarm.code === "SIGNAL_EXPIRED");
      expect(said).toMatchObject([{ alarm: { value: -500 } }]);
      rig.venue(ALPHA);
      rig.quote(ALPHA);
      expect(ordersIn(rig.take()).filter((child) => child.cause.startsWith("hook|"))).toEqual([]);
    });
  });

  describe("as the signal ages", () => {
    const minute: Partial<Signal> = { horizonMs: 600_000 };
    const lotsAfter = (rig: CoreRig, ms: number) => {
      rig.pass(ms, true);
      const placed = rig.placed();
      for (const child of placed) rig.fill(child);
      return placed.map((child) => child.qtyLots);
    };

    it("hedges more at half its horizon and nearly all at four fifths, long after its age at arrival", () => {
      const rig = hedged(correction({ band: 1 }), minute);
      expect(lotsAfter(rig, 299_000)).toEqual([]);
      expect(lotsAfter(rig, 2000)).toEqual([200]);
      expect(lotsAfter(rig, 178_000)).toEqual([]);
      expect(lotsAfter(rig, 3000)).toEqual([250]);
      expect(rig.held(BTC_PERP)).toBe(-950);
    });

    it("holds past its horizon, and says so once", () => {
      const rig = hedged(correction({ band: 1 }), minute);
      lotsAfter(rig, 590_000);
      lotsAfter(rig, 1);
      rig.pass(100_000, true);
      expect(alarmsIn(rig.take())).toEqual(["SIGNAL_EXPIRED"]);
      expect(rig.core.shields[0]!.stage).toBe("expired");
    });

    it("releases at its end where that is asked for", () => {
      const rig = hedged({ ...correction({ band: 1 }), decay: { ...SHIELD.decay, onExpiry: "release" } }, minute);
      lotsAfter(rig, 590_000);
      rig.pass(11_000, true);
      const order = rig.order();
      expect(order).toMatchObject({ side: "buy", reduceOnly: true, qtyLots: -rig.held(BTC_PERP) });
    });

    it("closes near its end where that is asked for", () => {
      const rig = hedged({ ...correction({ band: 1 }), decay: { ...SHIELD.decay, nearFullAction: "close" } }, minute);
      expect(lotsAfter(rig, 310_000)).toEqual([200]);
      rig.pass(171_000, true);
      expect(rig.order()).toMatchObject({ side: "buy", reduceOnly: true, qtyLots: 700 });
    });

    it("a closed hedge does not grow back", () => {
      const rig = hedged({}, { ...minute, kind: "close" });
      rig.pass(700_000, true);
      expect(rig.take()).toEqual([]);
    });
  });

  describe("between signals", () => {
    /** One ETH-priced holding hedged with BTC, so that prices may part. */
    const pair = (fields: Partial<CorrectionConfig> = {}) => {
      const rig = CoreRig.ready({ shields: [{ asset: 3, hedge: BTC_PERP, holdings: 20, ...correction(fields) }] });
      for (const listing of [0, 1, 2]) rig.quote(listing, 599_999, 600_001);
      for (const listing of [3, 4, 5]) rig.quote(listing, 299_999, 300_001);
      rig.signal({ instrument: 3, strength: 0.5 });
      rig.fill(rig.order());
      rig.nowMs += 300;
      rig.quote(ALPHA, 599_999, 600_001);
      rig.take();
      return rig;
    };
    /** The ETH price moves: the target becomes -500 · factor, the band 5 % of 1000 · factor. */
    const move = (rig: CoreRig, factor: number) => {
      const mid = Math.round(300_000 * factor);
      for (const listing of [3, 4, 5]) rig.quote(listing, mid - 1, mid + 1);
      return ordersIn(rig.take());
    };

    it("nothing is corrected inside the band", () => {
      // At 1.11 the target is 555 and the band 55.5; at 1.12 it is 560 and 56.
      expect(move(pair(), 1.11)).toEqual([]);
      expect(move(pair(), 1.12)).toMatchObject([{ side: "sell", qtyLots: 60, cause: "position|0" }]);
      expect(move(pair(), 0.92)).toEqual([]);
      expect(move(pair(), 0.9)).toMatchObject([{ side: "buy", qtyLots: 50, reduceOnly: true }]);
    });

    it("to the band's edge where that is asked for", () => {
      expect(move(pair({ to: "edge" }), 1.2)).toMatchObject([{ side: "sell", qtyLots: 40 }]);
    });

    it("nothing that does not pay: risk over its horizon against fee, half spread and buffer", () => {
      const rig = pair();
      // The volatility of the prior, 50 % a day, over the configured hour: 10.2 %. Fee 5 bp, half spread next to nothing.
      const edge = 0.5 * Math.sqrt(3600 / 86_400) - 0.0005;
      expect(rig.core.shields[0]!.config.correction.riskHorizonS).toBe(3600);
      expect(move(pair({ slippageBuffer: edge * 1.01 }), 1.2)).toEqual([]);
      expect(move(pair({ slippageBuffer: edge * 0.98 }), 1.2)).toHaveLength(1);
    });

    it("one correction at a time, each with a cause of its own", () => {
      const rig = pair();
      const [first] = move(rig, 1.2);
      expect(move(rig, 1.4)).toEqual([]);
      rig.fill(first!);
      expect(move(rig, 1.4)).toEqual([]);
      rig.nowMs += 250;
      expect(move(rig, 1.4)).toMatchObject([{ qtyLots: 100, cause: "position|1" }]);
    });

    it("a correction that is refused is said once, not on every quote", () => {
      const rig = pair();
      rig.core.risk.kill = 1;
      const alarms: string[] = [];
      for (let i = 0; i < 10; i++) {
        rig.nowMs += 300;
        for (const listing of [0, 1, 2]) rig.quote(listing, 599_999, 600_001);
        for (const listing of [3, 4, 5]) rig.quote(listing, 359_999, 360_001);
        alarms.push(...alarmsIn(rig.take()));
      }
      expect(alarms).toEqual(["ORDER_REFUSED"]);
    });

    it("a listing without a fresh quote does not make it look cheap", () => {
      const directory = testDirectory([{ takerFee: 0 }, { takerFee: 0.05 }, { takerFee: 0.05 }]);
      const rig = CoreRig.ready({
        directory,
        shields: [{ asset: 3, hedge: BTC_PERP, holdings: 20, ...correction({ slippageBuffer: 0.06 }) }],
      });
      for (const listing of [0, 1, 2]) rig.quote(listing, 599_999, 600_001);
      for (const listing of [3, 4, 5]) rig.quote(listing, 299_999, 300_001);
      rig.signal({ instrument: 3 });
      rig.fill(rig.order());
      rig.venue(ALPHA, { quotesLive: false });
      rig.nowMs += 300;
      for (const listing of [1, 2]) rig.quote(listing, 599_999, 600_001);
      rig.take();
      // 10.2 % of risk against 5 % of fee and 6 % of buffer; alpha's fee would be none.
      expect(move(rig, 1.2)).toEqual([]);
    });
  });

  it("journals what it decided from, whole and without holes", () => {
    const rig = hedged();
    const { decision } = rig.core.shields[0]!;
    expect(decision).toMatchObject({ kind: "hedge", intakeSeq: 1, capNotional: Number.POSITIVE_INFINITY });
    expect(decision!.intensity).toMatchObject({ signalStrength: 0.5, night: 1, leverage: 1, h: 0.5 });
    expect(rig.core.shields[0]!.exposureNotional).toBeCloseTo(((BID + ASK) / 2) * 0.1, 6);
  });
});
