/** After a power loss: what venues give back, and what a full disk does to the state. */
import { describe, expect, it } from "vitest";
import { clientOrderId, isMadeFor } from "../../src/core/client-order-id.ts";
import { ALPHA, BETA, BTC_PERP, GAMMA } from "../support/core-config.ts";
import { alarmsIn, CoreRig, START_MS } from "../support/core-rig.ts";

const ID = clientOrderId("0123456789abcdef", 3, 0, 0, ALPHA);

/** Booting, with all venues there and none of them asked yet. */
function forgetful(): CoreRig {
  const rig = new CoreRig();
  rig.core.amnesia.begin(START_MS - 60_000, 3);
  for (const venue of [ALPHA, BETA, GAMMA]) {
    rig.venue(venue);
    rig.quote(venue);
  }
  return rig;
}

describe("amnesia", () => {
  it("keeps the engine booting until every venue has told what it knows, positions or not", () => {
    const rig = forgetful();
    for (const venue of [ALPHA, BETA, GAMMA]) {
      rig.positions(venue, venue === ALPHA ? [[ALPHA, -10]] : []);
      expect(rig.core.risk.state).toBe("booting");
    }
    rig.orphan({ clientOrderId: ID, listing: ALPHA });
    rig.control({ type: "scanned", venue: ALPHA });
    rig.positions(ALPHA, [[ALPHA, -10]]);
    rig.control({ type: "scanned", venue: BETA });
    rig.positions(BETA, []);
    expect(rig.core.risk.state).toBe("booting");
    rig.control({ type: "scanned", venue: GAMMA });
    rig.positions(GAMMA, []);
    expect(rig.core.risk.state).toBe("active");
    expect(rig.core.ledger.heldLots(BTC_PERP)).toBe(-10);
    expect(alarmsIn(rig.take())).not.toContain("POSITION_MISMATCH");
  });

  it("does not trade away what a venue that has told still holds otherwise", () => {
    const rig = forgetful();
    rig.control({ type: "scanned", venue: ALPHA });
    rig.positions(ALPHA, [[ALPHA, -10]]);
    expect(rig.core.risk.state).toBe("reducing");
    rig.pass(10_000, true);
    expect(rig.placed()).toEqual([]);
  });

  it("another power loss begins again, from the earliest time", () => {
    const rig = forgetful();
    const { amnesia } = rig.core;
    amnesia.scanned(ALPHA);
    amnesia.begin(START_MS, 3);
    expect([amnesia.sinceMs, amnesia.isMissing(ALPHA)]).toEqual([START_MS - 60_000, true]);
    for (const venue of [ALPHA, BETA, GAMMA]) amnesia.scanned(venue);
    amnesia.begin(START_MS, 3);
    expect(amnesia.sinceMs).toBe(START_MS);
  });

  it("begins without a venue that an operator leaves out, and gives it no order until it has told and agrees", () => {
    const rig = forgetful();
    rig.control({ type: "without", venue: GAMMA, reason: "down" });
    expect(alarmsIn(rig.take())).toEqual(["VENUE_LEFT_OUT"]);
    for (const venue of [ALPHA, BETA]) {
      rig.control({ type: "scanned", venue });
      rig.positions(venue, []);
    }
    rig.positions(GAMMA, []);
    expect(rig.core.risk.state).toBe("booting");
    // It is not compared, so the others have the time that any venue has to answer.
    rig.pass(2500, true);
    expect(rig.core.risk.state).toBe("active");
    expect(rig.core.market.venueReady(GAMMA)).toBe(false);
    rig.signal();
    const placed = rig.placed();
    expect(placed.map(({ venue }) => venue)).not.toContain(GAMMA);
    const forgotten = clientOrderId("0123456789abcdef", 3, 0, 0, GAMMA);
    // Its private stream is first: that is no order which cannot be explained, it is about to be.
    rig.status({ ...placed[0]!, venue: GAMMA, listing: GAMMA, clientOrderId: forgotten }, "open", 0);
    expect(rig.core.risk.state).toBe("active");
    rig.orphan({ clientOrderId: forgotten, listing: GAMMA });
    rig.control({ type: "scanned", venue: GAMMA });
    expect(rig.core.market.venueReady(GAMMA)).toBe(false);
    rig.positions(GAMMA, [[GAMMA, -10]]);
    expect(rig.core.market.venueReady(GAMMA)).toBe(true);
    expect(rig.core.risk.state).toBe("active");
  });

  it("says so where the venue was not waited for, and waits for it again after another power loss", () => {
    const rig = forgetful();
    const { amnesia } = rig.core;
    amnesia.scanned(ALPHA);
    rig.control({ type: "without", venue: ALPHA, reason: "down" });
    expect(rig.take()).toMatchObject([{ alarm: { message: expect.stringContaining("was not waited for") } }]);
    for (const venue of [BETA, GAMMA]) rig.control({ type: "without", venue, reason: "down" });
    expect([amnesia.isOpen, amnesia.isMissing(BETA)]).toEqual([false, true]);
    amnesia.begin(START_MS, 3);
    // What was missing already is missing since the first time.
    expect([amnesia.isOpen, amnesia.sinceMs]).toEqual([true, START_MS - 60_000]);
  });

  it("counts one order of the greatest size at a venue left out against every limit on positions, on the worse side", () => {
    // The order that the signal asks for is of some 300 million tick-lots.
    const rig = new CoreRig({ orderNotionalMax: 310e6, positionNotionalMax: 500e6 });
    rig.core.amnesia.begin(START_MS - 60_000, 3);
    for (const venue of [ALPHA, BETA, GAMMA]) {
      rig.venue(venue);
      rig.quote(venue);
    }
    rig.control({ type: "without", venue: GAMMA, reason: "down" });
    for (const venue of [ALPHA, BETA]) {
      rig.control({ type: "scanned", venue });
      rig.positions(venue, []);
    }
    rig.pass(2500, true);
    for (const venue of [ALPHA, BETA]) rig.quote(venue);
    rig.take();
    rig.signal();
    const codes = rig.take().flatMap((each) => (each.type === "verdict" ? [each.verdict.refusal?.code] : []));
    expect(codes).toEqual(["POSITION_NOTIONAL_OVER_LIMIT"]);
    rig.control({ type: "scanned", venue: GAMMA });
    rig.signal();
    expect(rig.placed()).toHaveLength(1);
  });

  it("reserves what an orphan may still fill, and asks for it until the venue says how it ended", () => {
    const rig = forgetful();
    rig.orphan({ clientOrderId: ID, listing: ALPHA, status: "partiallyFilled", cumQtyLots: 4 });
    const commands = rig.take();
    expect(alarmsIn(commands)).toEqual(["ORPHAN"]);
    expect(commands.map(({ type }) => type)).toContain("cancel");
    const { ledger, router } = rig.core;
    expect([ledger.heldLots(BTC_PERP), ledger.pendingSellLots(BTC_PERP)]).toEqual([-4, 6]);
    rig.pass(5000, true);
    expect(rig.take().map(({ type }) => type)).toEqual(expect.arrayContaining(["cancel", "query"]));
    // The same list again is no second fill.
    rig.orphan({ clientOrderId: ID, listing: ALPHA, status: "partiallyFilled", cumQtyLots: 4 });
    expect([ledger.heldLots(BTC_PERP), ledger.pendingSellLots(BTC_PERP)]).toEqual([-4, 6]);
    rig.orphan({ clientOrderId: ID, listing: ALPHA, status: "canceled", cumQtyLots: 5 });
    expect([ledger.heldLots(BTC_PERP), ledger.pendingSellLots(BTC_PERP), router.inFlight]).toEqual([-5, 0, 0]);
  });

  it("knows its own ids: form, venue and an epoch that has been", () => {
    expect(isMadeFor(ID, ALPHA, 3)).toBe(true);
    expect(isMadeFor(ID, BETA, 3)).toBe(false);
    expect(isMadeFor(ID, ALPHA, 2)).toBe(false);
    for (const foreign of ["", "web_1234", ID.toUpperCase(), `${ID}0`, `g${ID.slice(1)}`]) {
      expect(isMadeFor(foreign, ALPHA, 9), foreign).toBe(false);
    }
  });
});

describe("a full disk", () => {
  it("only reduces, and goes back by itself", () => {
    const rig = CoreRig.ready();
    rig.control({ type: "scarce", scarce: true });
    expect(rig.core.risk.state).toBe("reducing");
    expect(rig.signal()).toMatchObject({ outcome: "refused", refusal: { code: "STATE_NOT_ACTIVE" } });
    rig.control({ type: "scarce", scarce: false });
    expect(rig.core.risk.state).toBe("active");
    expect(rig.signal().outcome).toBe("hedged");
  });

  it.each(["a difference", "an operator", "halted"])("does not take back what %s has asked for meanwhile", (who) => {
    const rig = CoreRig.ready();
    if (who === "halted") rig.control({ type: "state", state: "halted", reason: "test" });
    rig.control({ type: "scarce", scarce: true });
    if (who === "a difference") rig.positions(BETA, [[BETA, 7]]);
    if (who === "an operator") rig.control({ type: "state", state: "reducing", reason: "test" });
    rig.control({ type: "scarce", scarce: false });
    expect(rig.core.risk.state).toBe(who === "halted" ? "halted" : "reducing");
  });

  it("refuses by name a signal that has killed its lane", () => {
    const rig = CoreRig.ready();
    rig.control({ type: "refuse", intakeSeq: 9 });
    expect(rig.take()).toMatchObject([{ verdict: { intakeSeq: 9, outcome: "refused", refusal: { code: "CRASHED" } } }]);
  });
});
