/** A signal that the core cannot decide, whatever it does: the lane dies of it twice, and then goes on without it. */
import { afterEach, expect, test } from "vitest";
import { replayJournal } from "../../src/lane/replay.ts";
import { readDecisionLog } from "../support/decision-log.ts";
import { eventually } from "../support/eventually.ts";
import { kernels, LaneRig, SABOTEUR } from "../support/lane-rig.ts";
import { POISON_ID } from "../support/sabotage.ts";

let rig: LaneRig;
afterEach(() => rig.close());

test("a poison signal is refused as crashed, holds up nobody, and the log replays", async () => {
  rig = await LaneRig.start();
  const boot = await rig.boot("pool", SABOTEUR);
  await eventually(() => boot.btc().state === "active");
  boot.host.submit(rig.signal(0.1));
  boot.host.submit(rig.signal(0.2, { signalId: POISON_ID }));
  boot.host.submit(rig.signal(0.3));
  await boot.settled(-300);
  await eventually(() => boot.verdicts.length === 3);
  expect(boot.verdicts.map(({ intakeSeq, refusal }) => [intakeSeq, refusal?.code])).toEqual([
    [1, undefined],
    [2, "CRASHED"],
    [3, undefined],
  ]);
  expect(boot.troubles.filter((trouble) => trouble.includes("sabotage: poison"))).toHaveLength(2);
  await boot.stop();
  const log = readDecisionLog(rig.journal);
  expect(log.verdicts.map(({ intakeSeq }) => intakeSeq)).toEqual([1, 2, 3]);
  expect(log.signals).toEqual([1, 3]);
  const replay = replayJournal(null, rig.journal, kernels);
  expect(replay.differences).toEqual([]);
  expect(replay.sha256).toBe(log.sha256);
});
