/** Signals that are run again from the dead letters, and signals that are given up and become some. */
import { describe, expect, it } from "vitest";
import { BETA, BTC_PERP } from "../support/core-config.ts";
import { CoreRig, START_MS } from "../support/core-rig.ts";

const HOUR = 3_600_000;
const at = (ms: number) => (START_MS + ms) as never;

describe("a replayed signal", () => {
  it("is not too old, but may be past its horizon or superseded", () => {
    const rig = CoreRig.ready();
    const old = { generatedAtMs: at(-HOUR), horizonMs: 4 * HOUR };
    expect(rig.signal(old)).toMatchObject({ refusal: { code: "STALE" } });
    expect(rig.signal({ ...old, horizonMs: HOUR - 1, replayed: true })).toMatchObject({ refusal: { code: "EXPIRED" } });
    expect(rig.signal({ ...old, replayed: true })).toMatchObject({ outcome: "hedged" });
    rig.fill(rig.order());
    expect(rig.signal({ generatedAtMs: at(-HOUR - 1), horizonMs: 4 * HOUR, replayed: true })).toMatchObject({
      refusal: { code: "SUPERSEDED" },
    });
  });

  it("may be acted on for as long as if it had been made now", () => {
    const rig = CoreRig.ready();
    rig.nowMs += 3000;
    expect(rig.signal({ generatedAtMs: at(-HOUR), horizonMs: 4 * HOUR, replayed: true })).toMatchObject({
      outcome: "deferred",
    });
    rig.pass(1000);
    rig.quote(BETA);
    rig.pass(250);
    expect(rig.placed().length).toBeGreaterThan(0);
  });

  it("that closes only shrinks a position, where it stands, and opens nothing elsewhere", () => {
    const held = () => {
      const rig = CoreRig.ready();
      rig.signal();
      const order = rig.order();
      rig.fill(order);
      rig.take();
      // The venue that holds the position cannot be reached.
      rig.venue(order.venue, { ordersLive: false });
      return { rig, venue: order.venue };
    };
    const close = { kind: "close", direction: "flat", generatedAtMs: at(1) } as const;
    const plain = held();
    plain.rig.nowMs += 1;
    plain.rig.signal(close);
    // Live, taking the hedge off elsewhere is better than leaving it on.
    expect(plain.rig.placed()).toMatchObject([{ reduceOnly: false }]);
    const { rig, venue } = held();
    rig.nowMs += 1;
    expect(rig.signal({ ...close, replayed: true }).outcome).not.toBe("refused");
    rig.pass(1000, true);
    expect(rig.placed()).toEqual([]);
    rig.venue(venue);
    rig.pass(1000, true);
    const placed = rig.placed();
    expect(placed.length).toBeGreaterThan(0);
    expect(placed.every((child) => child.reduceOnly && child.venue === venue)).toBe(true);
    expect(rig.core.ledger.roomLots(BTC_PERP, "buy", 0 as never, 0 as never)).toBe(0);
  });
});

describe("a signal that is given up", () => {
  const givenUp = (rig: CoreRig) =>
    rig.log.flatMap((command) => (command.type === "alarm" && command.alarm.givenUp ? [command.alarm.givenUp] : []));

  it("for want of a venue says so, once, with its number", () => {
    const rig = CoreRig.ready();
    rig.nowMs += 3000;
    rig.signal({ intakeSeq: 17 });
    rig.pass(120_000);
    expect(givenUp(rig)).toEqual([{ intakeSeq: 17, code: "NO_VENUE" }]);
  });

  it("with orders that did not fill says that", () => {
    const rig = CoreRig.ready();
    rig.signal({ intakeSeq: 18 });
    for (let n = 0; n < 400; n++) {
      for (const child of rig.placed()) rig.status(child, "expired", 0);
      rig.take();
      rig.pass(300, true);
    }
    expect(givenUp(rig)).toEqual([{ intakeSeq: 18, code: "UNFILLED" }]);
  });

  it("and one that reached its target does not", () => {
    const rig = CoreRig.ready();
    rig.signal({ intakeSeq: 19 });
    rig.fill(rig.order());
    rig.pass(120_000, true);
    expect(givenUp(rig)).toEqual([]);
  });
});
