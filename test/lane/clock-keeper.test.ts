import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { WHOLE } from "../../src/core/breakers.ts";
import type { Control } from "../../src/core/event.ts";
import { UNKNOWN_BOOT } from "../../src/journal/boot-id.ts";
import { ClockNoteFile } from "../../src/journal/clock-note.ts";
import { ClockKeeper } from "../../src/lane/clock-keeper.ts";
import { VirtualClock } from "../../src/time/clock.ts";

const HOUR_MS = 3_600_000;
const ACKNOWLEDGED: Control = { type: "acknowledge", breaker: "clock", subject: WHOLE, reason: "NTP was wrong" };

function start() {
  const directory = mkdtempSync(join(tmpdir(), "outrigger-clock-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const time = new VirtualClock(1_760_000_000_000, 7e12);
  const machine = { aheadMs: 0, monotonicNs: () => time.nowNs(), systemMs: () => time.wallMs() + machine.aheadMs };
  const moved: number[] = [];
  const host = { onClock: (_offsetMs: number, byMs: number) => void moved.push(byMs) };
  const keeper = (bootId = "boot") => new ClockKeeper(new ClockNoteFile(directory, bootId), machine);
  return { directory, time, machine, moved, host, keeper };
}

it("takes the clock over a restart of the process, not over one of the machine", () => {
  const { machine, keeper, time } = start();
  const offBy = (bootId?: string) => keeper(bootId).clock.wallMs() - time.wallMs();
  expect(offBy()).toBe(0);
  machine.aheadMs = HOUR_MS;
  expect(offBy(), "set while nobody looked").toBe(0);
  expect(offBy("another")).toBe(HOUR_MS);
  machine.aheadMs = 0;
  expect(offBy("another"), "and that boot is believed as it began").toBe(HOUR_MS);
});

it("believes the system where the note cannot be read, or no boot can be told from another", () => {
  const { directory, machine, keeper, time } = start();
  keeper();
  machine.aheadMs = HOUR_MS;
  for (const spoilt of ["", "{", "null", '{"bootId":"boot","offsetMs":"1"}', '{"bootId":"boot","offsetMs":null}']) {
    writeFileSync(join(directory, "clock.json"), spoilt);
    expect(keeper().clock.wallMs() - time.wallMs(), spoilt).toBe(HOUR_MS);
  }
  keeper(UNKNOWN_BOOT);
  machine.aheadMs = 0;
  expect(keeper(UNKNOWN_BOOT).clock.wallMs() - time.wallMs()).toBe(0);
  expect(readdirSync(directory)).toEqual(["clock.json"]);
});

it("goes on where the disk takes no note", () => {
  const { directory, machine, host } = start();
  const keeper = new ClockKeeper(new ClockNoteFile(join(directory, "gone"), "boot"), machine);
  machine.aheadMs = HOUR_MS;
  keeper.heed(ACKNOWLEDGED, host);
  expect(keeper.clock.systemAheadMs()).toBe(0);
  expect(readdirSync(directory)).toEqual([]);
});

it("tells the host of every step it follows, and notes them now and then", () => {
  const { machine, moved, host, keeper, time } = start();
  const kept = keeper();
  kept.tend(host);
  expect(moved).toEqual([]);
  machine.aheadMs = 500;
  for (let second = 0; second < 101; second++) {
    time.advance(1000);
    kept.tend(host);
  }
  expect(moved).toEqual(new Array(101).fill(0));
  machine.aheadMs = 0;
  expect(keeper().clock.systemAheadMs(), "noted at 50 ms").toBeCloseTo(-50, 0);
});

it("goes by the machine's clock when an operator closes its breaker, and at no other word of his", () => {
  const { machine, moved, host, keeper } = start();
  const kept = keeper();
  machine.aheadMs = -HOUR_MS;
  const others: readonly Control[] = [
    { type: "acknowledge", breaker: "clock", subject: 0, reason: "a venue's" },
    { type: "acknowledge", breaker: "journal", subject: WHOLE, reason: "another" },
    { type: "state", state: "active", reason: "go on" },
  ];
  for (const command of others) kept.heed(command, host);
  expect([moved, kept.clock.systemAheadMs()]).toEqual([[], -HOUR_MS]);
  kept.heed(ACKNOWLEDGED, host);
  expect([moved, kept.clock.systemAheadMs()]).toEqual([[-HOUR_MS], 0]);
  expect(keeper().clock.systemAheadMs(), "the next process too").toBe(0);
});
