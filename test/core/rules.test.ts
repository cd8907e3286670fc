/** What the core does where a venue's own rules of a market no longer fit the listing. */
import { describe, expect, it } from "vitest";
import { Market } from "../../src/core/market.ts";
import { lots, ticks } from "../../src/domain/units.ts";
import type { Misfit } from "../../src/domain/venue-status.ts";
import { ALPHA, BETA, BTC_PERP, ETH, ETH_PERP, GAMMA, testDirectory } from "../support/core-config.ts";
import { ASK, BID, CoreRig } from "../support/core-rig.ts";

const misfit = (listing: number, level: Misfit["level"], what = "BTCUSDT at alpha: changed"): Misfit => {
  return { listing, level, field: "tickSize", what };
};
/** BTC's perpetual sold by 500 lots, at alpha. */
function hedgedAtAlpha(): CoreRig {
  const rig = CoreRig.ready();
  rig.signal({ strength: 0.5 });
  rig.fill(rig.order());
  rig.take();
  expect(rig.core.ledger.positionLots(ALPHA)).toBe(-500);
  return rig;
}
const rules = (rig: CoreRig, venue: number, misfits: readonly Misfit[]) =>
  rig.control({ type: "rules", venue, misfits });
const toldOf = (rig: CoreRig) => rig.take().flatMap((command) => (command.type === "alarm" ? [command.alarm] : []));
const refusalOf = ({ refusal }: ReturnType<CoreRig["signal"]>) => refusal?.code ?? null;

describe("a listing that no longer fits its venue's rules", () => {
  it.each([
    [0, "what is smaller is refused there"],
    [1, "nothing opens there"],
    [2, "no order goes there"],
  ] as const)("at level %d is told of once, with what follows: %s", (level, follows) => {
    const rig = CoreRig.ready();
    rules(rig, ALPHA, [misfit(ALPHA, level)]);
    const told = { code: "RULES_CHANGED", message: `BTCUSDT at alpha: changed: ${follows}`, value: level };
    expect(toldOf(rig)).toEqual([told]);
    rules(rig, ALPHA, [misfit(ALPHA, level), misfit(3, 1, "ETHUSDT at alpha: changed")]);
    expect(toldOf(rig)).toMatchObject([{ message: "ETHUSDT at alpha: changed: nothing opens there" }]);
    rules(rig, ALPHA, []);
    expect(toldOf(rig)).toMatchObject([{ message: "alpha: our listings fit its rules again" }]);
  });

  it("opens at the other venues, and at no other market less", () => {
    const rig = CoreRig.ready({ shields: [{}, { asset: ETH, hedge: ETH_PERP }] });
    rules(rig, ALPHA, [misfit(ALPHA, 1)]);
    rig.signal({ strength: 0.5 });
    expect(rig.order().venue).toBe(BETA);
    rig.take();
    rig.signal({ strength: 0.5, instrument: ETH });
    expect(rig.order()).toMatchObject({ instrument: ETH_PERP, venue: ALPHA });
  });

  it.each([1, 2] as const)("is refused by that where no venue is left, at level %d", (level) => {
    const rig = CoreRig.ready();
    for (const venue of [ALPHA, BETA, GAMMA]) rules(rig, venue, [misfit(venue, level)]);
    const { refusal } = rig.signal({ strength: 0.5 });
    expect(refusal).toEqual({ code: "RULES_CHANGED", value: level, limit: 0 });
    rules(rig, GAMMA, []);
    rig.signal({ strength: 0.5 });
    expect(rig.order().venue).toBe(GAMMA);
  });

  it("at level 0 forbids nothing", () => {
    const rig = CoreRig.ready();
    rules(rig, ALPHA, [misfit(ALPHA, 0)]);
    rig.signal({ strength: 0.5 });
    expect(rig.order().venue).toBe(ALPHA);
  });

  it("at level 1 lets what stands there be taken off", () => {
    const rig = hedgedAtAlpha();
    rules(rig, ALPHA, [misfit(ALPHA, 1)]);
    rig.signal({ kind: "close", direction: "flat" });
    expect(rig.order()).toMatchObject({ venue: ALPHA, side: "buy", qtyLots: 500, reduceOnly: true });
  });

  it("at level 2 sends nothing there, not even what takes off: that is done elsewhere", () => {
    const rig = hedgedAtAlpha();
    rules(rig, ALPHA, [misfit(ALPHA, 2)]);
    rig.signal({ kind: "close", direction: "flat" });
    const sent = rig.placed().filter(({ side }) => side === "buy");
    expect(sent).toMatchObject([{ venue: BETA, qtyLots: 500, reduceOnly: false }]);
  });

  it.each([
    [1, "STATE_NOT_ACTIVE"],
    [2, "NONE"],
  ] as const)("at level %i, while the engine only reduces, a leg there is offset elsewhere: %s", (level, code) => {
    const rig = hedgedAtAlpha();
    rules(rig, ALPHA, [misfit(ALPHA, level)]);
    const { risk, config } = rig.core;
    risk.state = "reducing";
    const draft = { listing: BETA, side: "buy", qtyLots: lots(500), pxTicks: ticks(ASK), reduceOnly: false } as const;
    const parent = { qtyLots: lots(500), overLots: lots(0), targetLots: lots(0), opposingPxTicks: Number.NaN };
    const owner = config.shields.length;
    expect(risk.allows(draft, { ...parent, owner, children: [] }, 20, rig.at.nowNs)).toBe(code === "NONE");
    expect(risk.refusal.code).toBe(code);
  });

  it("counts by the worst of several misfits", () => {
    const market = new Market(testDirectory(), 2000, 250);
    market.onRules(ALPHA, [misfit(ALPHA, 2), misfit(ALPHA, 0), misfit(ALPHA, 1)]);
    expect([market.barredLevel(ALPHA), market.barredLevel(BETA)]).toEqual([2, 0]);
  });

  it("can be traded nowhere when every listing is at level 2", () => {
    const rig = CoreRig.ready();
    const { market } = rig.core;
    for (const venue of [ALPHA, BETA]) rules(rig, venue, [misfit(venue, 2)]);
    expect(market.canTrade(BTC_PERP, rig.at.nowNs)).toBe(true);
    rules(rig, GAMMA, [misfit(GAMMA, 2)]);
    expect(market.canTrade(BTC_PERP, rig.at.nowNs)).toBe(false);
    expect(market.midTicks(BTC_PERP, rig.at.nowNs)).toBe(BID + 1);
  });

  it("is still one after a restart, until the venue's rules have been looked at again", () => {
    const before = CoreRig.ready();
    for (const venue of [ALPHA, BETA, GAMMA]) rules(before, venue, [misfit(venue, 1)]);
    const rig = CoreRig.restarted(before, {});
    for (const listing of [ALPHA, BETA, GAMMA]) rig.quote(listing);
    expect(refusalOf(rig.signal({ strength: 0.5 }))).toBe("RULES_CHANGED");
    rules(rig, BETA, []);
    rig.signal({ strength: 0.5 });
    expect(rig.order().venue).toBe(BETA);
  });
});
