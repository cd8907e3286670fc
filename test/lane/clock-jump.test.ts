/**
 * A wall clock that is set under a lane, and a disk that is full: nothing opens meanwhile, and that ends by itself or by an
 * operator's word.
 */
import { expect, it } from "vitest";
import { WHOLE } from "../../src/core/breakers.ts";
import type { Control } from "../../src/core/event.ts";
import type { LogWriter } from "../../src/journal/log.ts";
import { MachineWatch } from "../../src/lane/machine-watch.ts";
import { CLOCKS_APART_MS_MAX, VirtualClock } from "../../src/time/clock.ts";
import { CoreRig } from "../support/core-rig.ts";

const HOUR_MS = 3_600_000;

class AheadClock extends VirtualClock {
  aheadMs = 0;

  override systemAheadMs(): number {
    return this.aheadMs;
  }
}

function start(rig = CoreRig.ready()) {
  const clock = new AheadClock(1_700_000_000_000);
  const controls: Control[] = [];
  const log = { isScarce: false, retryNext() {} };
  const watch = new MachineWatch({
    core: rig.core,
    clock,
    decisions: log as LogWriter,
    quotes: log as LogWriter,
    killLevel: () => 0,
    onControl: (control) => {
      controls.push(control);
      rig.control(control);
    },
  });
  return { rig, clock, controls, log, look: () => watch.look(clock.nowNs()) };
}

it.each([HOUR_MS, -HOUR_MS, CLOCKS_APART_MS_MAX + 1])(
  "reduces while the system is %i ms ahead, and no longer",
  (aheadMs) => {
    const { rig, clock, controls, look } = start();
    clock.aheadMs = CLOCKS_APART_MS_MAX;
    look();
    expect(controls).toEqual([]);
    clock.aheadMs = aheadMs;
    look();
    look();
    expect(
      controls.map(({ type }) => type),
      "said once",
    ).toEqual(["fault"]);
    expect([rig.core.risk.state, rig.core.breakers.isOpen("clock", WHOLE)]).toEqual(["reducing", true]);
    clock.aheadMs = 0;
    look();
    look();
    expect(controls.map(({ type }) => type)).toEqual(["fault", "acknowledge"]);
    expect([rig.core.risk.state, rig.core.breakers.tripped]).toEqual(["active", []]);
  },
);

it("goes on over a restart, and ends there where the clocks agree by then", () => {
  const first = start();
  first.clock.aheadMs = HOUR_MS;
  first.look();
  const restarted = CoreRig.restarted(first.rig, {});
  expect(restarted.core.risk.state).toBe("reducing");
  const second = start(restarted);
  second.clock.aheadMs = HOUR_MS;
  second.look();
  expect(second.controls).toEqual([]);
  second.clock.aheadMs = 0;
  second.look();
  expect(restarted.core.risk.state).toBe("active");
});

it("tells a core that an earlier life told of a full disk when there is room", () => {
  const first = start();
  first.log.isScarce = true;
  first.look();
  first.look();
  expect(first.controls).toEqual([{ type: "scarce", scarce: true }]);
  const second = start(CoreRig.restarted(first.rig, {}));
  expect(second.rig.core.risk.state).toBe("reducing");
  second.look();
  expect(second.controls).toEqual([{ type: "scarce", scarce: false }]);
  expect(second.rig.core.risk.state).toBe("active");
});

it("leaves alone what a venue's clock or an operator has caused", () => {
  const { rig, clock, look } = start();
  rig.control({ type: "fault", breaker: "clock", subject: 1, reason: "far from ours" });
  clock.aheadMs = HOUR_MS;
  look();
  clock.aheadMs = 0;
  look();
  expect(rig.core.breakers.tripped.map(({ subject }) => subject)).toEqual([1]);
  expect(rig.core.risk.state).toBe("reducing");
});

it("keeps what venues' clocks say true to them when ours is set, over a restart too", () => {
  const rig = CoreRig.ready();
  rig.venue(0, { clockOffsetMs: 40 });
  rig.venue(1, { clockOffsetMs: Number.NaN });
  const { wallMs } = rig.at;
  rig.control({ type: "clockSet", byMs: HOUR_MS });
  for (const { market } of [rig.core, rig.journal.recovered({}, rig.at.nowNs)]) {
    expect(market.venueMsKnown(0, wallMs + HOUR_MS)).toBe(wallMs + 40);
    expect(market.venueMsKnown(1, wallMs + HOUR_MS)).toBeNaN();
  }
});
