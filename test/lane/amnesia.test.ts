/**
 * Power loss (reliability.md §7, cases 5 to 7 and 13): the machine comes up with another boot id and a decision log whose tail
 * never reached the disk, while the venues have executed what it said. Real lanes, real logs, real paper venues.
 */
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readEvent } from "../../src/journal/event-records.ts";
import { RECORD } from "../../src/journal/records.ts";
import { replayJournal } from "../../src/lane/replay.ts";
import { bytesIn } from "../../src/memory/signal-slot.ts";
import { readDecisionLog } from "../support/decision-log.ts";
import { eventually } from "../support/eventually.ts";
import { type Boot, kernels, LaneRig } from "../support/lane-rig.ts";
import { lastRecord, loseFrom } from "../support/lost-tail.ts";

let rig: LaneRig;
beforeEach(async () => {
  rig = await LaneRig.start({ sample: { router: { resolve: { absenceGraceMs: 100 } } } });
});
afterEach(() => rig.close());

const decisions = () => join(rig.journal, "decisions");
const signalOf = (intakeSeq: number) =>
  lastRecord(decisions(), ({ type, payload }) => {
    if (type !== RECORD.EVENT_SIGNAL) return false;
    const bytes = bytesIn(payload);
    const event = readEvent(type, bytes, 0, payload.length, 0 as never, 0 as never)?.event;
    return event?.type === "signal" && event.signal.intakeSeq === intakeSeq;
  });
const filled = () =>
  [0, 1].reduce(
    (sum, venue) => sum + [...rig.market.orders(venue).values()].reduce((lots, o) => lots + o.cumQtyLots, 0),
    0,
  );

/** Two signals hedged to -250 lots, of which the log has only the first when the power is back. */
async function losePower(): Promise<ReturnType<LaneRig["signal"]>> {
  const boot = await rig.boot("inline");
  await eventually(() => boot.btc().state === "active");
  boot.host.submit(rig.signal(0.1));
  await boot.settled(-100);
  const lost = rig.signal(0.25);
  boot.host.submit(lost);
  await boot.settled(-250);
  await boot.stop();
  loseFrom(decisions(), signalOf(2));
  expect(filled()).toBe(250);
  return lost;
}

async function settledOnce(boot: Boot, lots: number): Promise<void> {
  await boot.settled(lots);
  expect(rig.mismatches(boot)).toEqual([]);
  expect(rig.doubled()).toEqual([]);
  // Nothing was hedged a second time, and nothing taken off and put on again.
  expect(filled()).toBe(Math.abs(lots));
}

test.each(["inline", "pool"] as const)(
  "%s: orders that the log has lost are adopted before anything is sent",
  async (lanes) => {
    const lost = await losePower();
    const boot = await rig.boot(lanes, undefined, "another-boot");
    // Acknowledged, so the intake log has it, and the engine submits it at once.
    boot.host.submit(lost);
    await settledOnce(boot, -250);
    expect(boot.alarms.filter(({ code }) => code === "ORPHAN").length).toBeGreaterThan(0);
    expect(boot.alarms.filter(({ code }) => code === "POSITION_MISMATCH")).toEqual([]);
    await eventually(() => boot.verdicts.length > 0);
    expect(boot.verdicts).toMatchObject([{ intakeSeq: 2, outcome: "absorbed" }]);
    await boot.stop();
    // And remembered: the next start asks nobody.
    const again = await rig.boot("inline", undefined, "another-boot");
    await again.settled(-250);
    expect(again.alarms.filter(({ code }) => code === "ORPHAN")).toEqual([]);
    await again.stop();
    const replay = replayJournal(null, rig.journal, kernels);
    expect(replay.differences).toEqual([]);
    expect(replay.sha256).toBe(readDecisionLog(rig.journal).sha256);
  },
);

test("without another boot id nothing was forgotten: what differs is left to people", async () => {
  const lost = await losePower();
  const boot = await rig.boot("inline");
  boot.host.submit(lost);
  await eventually(() => boot.btc().state === "reducing");
  expect(boot.alarms.some(({ code }) => code === "POSITION_MISMATCH")).toBe(true);
  expect(filled()).toBe(250);
});

test("a signal that is lost too: what it had hedged is ours, and taken off, since nobody wishes it", async () => {
  await losePower();
  const boot = await rig.boot("inline", undefined, "another-boot");
  await boot.settled(-100);
  expect(rig.mismatches(boot)).toEqual([]);
  expect(boot.btc().state).toBe("active");
});

test("case 6: a death, and another power loss, while venues are still to be asked", async () => {
  const lost = await losePower();
  rig.market.inject(1, { kind: "outage", durationMs: 4000 });
  const asked = await rig.boot("inline", undefined, "another-boot");
  asked.host.submit(lost);
  await eventually(() => asked.alarms.some(({ code }) => code === "ORPHAN"));
  await new Promise((done) => setTimeout(done, 500));
  // One venue has told, the other has not: nothing may be decided yet.
  expect(asked.btc().state).toBe("booting");
  expect(asked.verdicts).toEqual([]);
  await asked.stop();
  // The second power loss takes what the first venue had told.
  const orphan = lastRecord(decisions(), ({ type }) => type === RECORD.EVENT_ORPHAN);
  loseFrom(decisions(), orphan);
  const boot = await rig.boot("inline", undefined, "a-third-boot");
  boot.host.submit(lost);
  await settledOnce(boot, -250);
  await eventually(() => boot.verdicts.length > 0);
  await boot.stop();
  // A death without a power loss goes on where it was.
  expect(readDecisionLog(rig.journal).verdicts.filter(({ intakeSeq }) => intakeSeq === 2)).toHaveLength(1);
});

test("a venue that stays away is left out by an operator, and gives its orphan when it is back", async () => {
  const boot = await rig.boot("inline");
  await eventually(() => boot.btc().state === "active");
  const lost = rig.signal(0.1);
  boot.host.submit(lost);
  await boot.settled(-100);
  expect(boot.held(0, "BTCUSDT")).toBe(-100);
  await boot.stop();
  loseFrom(decisions(), signalOf(1));
  rig.market.inject(0, { kind: "outage", durationMs: 3600 });

  const reborn = await rig.boot("inline", undefined, "another-boot");
  await new Promise((done) => setTimeout(done, 700));
  expect(reborn.btc().state).toBe("booting");
  reborn.host.control({ type: "without", venue: 0, reason: "its status page says until noon" });
  await eventually(() => reborn.btc().state === "active");
  expect(reborn.alarms).toContainEqual(expect.objectContaining({ code: "VENUE_LEFT_OUT" }));
  const next = rig.signal(0.15);
  reborn.host.submit(next);
  await reborn.settled(-150);
  expect(reborn.held(1, "BTCUSDT")).toBe(-150);
  // Back again, it tells of the forgotten order: what is too much then is taken off, and nothing differs.
  await eventually(() => reborn.alarms.some(({ code }) => code === "ORPHAN"));
  await eventually(() => rig.mismatches(reborn).length === 0);
  await reborn.settled(-150);
  expect(reborn.alarms.map(({ code }) => code)).not.toContain("POSITION_MISMATCH");
});

test("case 7: of several orders of one signal, all that the log lost are adopted before the next", async () => {
  const boot = await rig.boot("inline");
  await eventually(() => boot.btc().state === "active");
  // The best venue has only a little, so the rest goes to the other one.
  rig.market.inject(0, { kind: "partial", quantity: "0.030" });
  const signal = rig.signal(0.2);
  boot.host.submit(signal);
  await boot.settled(-200);
  await boot.stop();
  const { intents } = readDecisionLog(rig.journal);
  expect(intents.length).toBeGreaterThan(1);
  loseFrom(
    decisions(),
    lastRecord(decisions(), ({ type }) => type === RECORD.INTENT),
  );
  const reborn = await rig.boot("inline", undefined, "another-boot");
  reborn.host.submit(signal);
  await settledOnce(reborn, -200);
});
