/** A configuration whose indices mean something else than the journal's: never while something stands by the old one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/config.ts";
import { firstMoved, meaningOf } from "../../src/core/meaning.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";

let rig: LaneRig;

beforeAll(async () => {
  rig = await LaneRig.start({ venues: 1 });
});

afterAll(() => rig.close());

/** Without the last instrument: its listings and what it protects. */
function withoutLast(core: CoreConfig): CoreConfig {
  const { instruments, listings } = core.directory;
  const last = instruments.length - 1;
  return {
    ...core,
    shields: core.shields.filter(({ hedge }) => hedge !== last),
    directory: {
      ...core.directory,
      instruments: instruments.slice(0, last),
      listings: listings.filter(({ instrument }) => instrument !== last),
    },
  };
}

const reversed = (core: CoreConfig): CoreConfig => ({ ...core, shields: core.shields.toReversed() });

describe("a start with another configuration", () => {
  test("is refused while a position stands, whatever has moved, and says what and where", async () => {
    const first = await rig.boot("inline");
    await first.settled(0);
    first.host.submit(rig.signal(0.1));
    await first.settled(-100);
    await rig.stopAll();
    const { core } = rig.options;
    expect(core.shields.length).toBeGreaterThan(1);
    for (const [changed, moved] of [
      [reversed(core), "owners 0"],
      [withoutLast(core), "instruments"],
    ] as const) {
      const start = rig.boot("inline", undefined, rig.options.bootId, changed);
      await expect(start).rejects.toThrow(new RegExp(`JOURNAL_OTHER_CONFIG: ${moved}.*-100 lots of BTCUSDT`));
    }
    const again = await rig.boot("inline");
    await again.settled(-100);
    // What is removed later has had orders.
    const last = core.shields.at(-1)!.asset;
    again.host.submit(rig.signal(0.1, { instrument: last }));
    await eventually(() => again.held(0, "ETHUSDT") < 0);
    again.host.submit(rig.signal(1, { instrument: last, kind: "close" }));
    again.host.submit(rig.signal(1, { kind: "close" }));
    await eventually(() => again.held(0, "ETHUSDT") === 0);
    await again.settled(0);
    await rig.stopAll();
  });

  test("goes on when nothing stands", async () => {
    const { bootId, core } = rig.options;
    const changed = await rig.boot("inline", undefined, bootId, withoutLast(core));
    await changed.settled(0);
    changed.host.submit(rig.signal(0.1));
    await changed.settled(-100);
    await rig.stopAll();
    // What is new is behind what was there.
    const grown = await rig.boot("inline");
    await grown.settled(-100);
  });
});

test("what is added behind moves nothing, what is added before moves all", () => {
  const { core } = rig.options;
  expect(firstMoved(meaningOf(withoutLast(core)), meaningOf(core))).toBeNull();
  expect(firstMoved(meaningOf(core), meaningOf(core))).toBeNull();
  const listed = (change: object) => {
    const listings = core.directory.listings.map((each) => ({ ...each, ...change }));
    return firstMoved(meaningOf(core), meaningOf({ ...core, directory: { ...core.directory, listings } }));
  };
  expect(listed({ tickStep: 5, lotStep: 10 })).toBeNull();
  expect(listed({ symbol: "OTHER" })).toContain("listings 0");
  expect(listed({ symbol: "BTCUSDT 1 1" })).toContain("listings 0");
  const finer = core.directory.instruments.map((each) => ({ ...each, lotSize: "0.0001" }));
  const other = { ...core, directory: { ...core.directory, instruments: finer } };
  expect(firstMoved(meaningOf(core), meaningOf(other))).toContain("instruments 0");
});
