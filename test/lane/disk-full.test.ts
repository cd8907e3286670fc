/** A whole engine on a disk that fills up and is freed again: a tmpfs of its own, real ENOSPC. Skips where nobody may mount. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readLog } from "../../src/journal/reader.ts";
import { RECORD } from "../../src/journal/records.ts";
import { readDecisionLog } from "../support/decision-log.ts";
import { hedgeOf, type RunningEngine, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { LaneRig } from "../support/lane-rig.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";

const SEGMENT = { segmentBytes: 1_048_576, quoteSegmentsMax: 2 };

let rig: LaneRig | undefined;
let engine: RunningEngine | undefined;
let disk: SmallDisk | null = null;
afterEach(async () => {
  await engine?.stop();
  await rig?.close();
  disk?.unmount();
});

test("a full disk: no 2xx, what reduces is still journaled, and it resumes by itself", {
  timeout: 120_000,
}, async (context) => {
  disk = mountSmallDisk(16);
  if (disk === null) {
    console.warn("skipped: the engine on a full disk (no right to mount)");
    context.skip();
    return;
  }
  const { path } = disk;
  rig = await LaneRig.start({ directory: path });
  const decay = { boostAt: 0.5, boostPoints: 0.2, nearFullAt: 0.8, nearFull: 0.95, nearFullAction: "close" };
  const running = await runEngine(rig, { lanes: "inline", journal: SEGMENT, shield: { decay } });
  engine = running;
  const market = rig.market;
  const netBtc = () => market.netLots(0, "BTCUSDT") + market.netLots(1, "BTCUSDT");
  await eventually(() => running.status.positions().state === "active");
  disk.fill();

  // Long texts, so that the intake log comes to its end; a horizon that ends the hedge while the disk is full.
  const filler = "x".repeat(250);
  let n = 0;
  let status = 202;
  const deadline = performance.now() + 60_000;
  while (status === 202 && performance.now() < deadline) {
    const bodies = Array.from({ length: 8 }, () =>
      hedgeOf(`s-${n++}`, 0.1, { source_context: filler, time_horizon: "20s" }),
    );
    const answers = await Promise.all(bodies.map((body) => running.send({ ...body, padding: "y".repeat(6000) })));
    status = Math.max(...answers.map((answer) => answer.status));
  }
  expect(status).toBe(503);
  expect(netBtc()).toBe(-100);
  const accepted = running.status.snapshot().accepted;
  for (let more = 0; more < 5; more++) expect((await running.send(hedgeOf(`no-${more}`, 0.2))).status).toBe(503);
  expect((await running.send("not even a dead letter")).status).toBe(503);
  // The hedge runs out and is taken off: reduce-only orders, journaled and sent on the full disk. So is the kill switch.
  await eventually(
    () => netBtc() === 0,
    () => `net ${netBtc()}`,
    40_000,
  );
  running.kill(1, "on a full disk");
  const controls = () =>
    [...readLog(join(rig!.journal, "intake"))].filter(({ type }) => type === RECORD.CONTROL).length;
  await eventually(() => controls() > 0);
  const { intents } = readDecisionLog(rig.journal);
  expect(intents.at(-1)).toMatchObject({ reduceOnly: true, side: "buy" });
  expect(running.status.snapshot()).toMatchObject({ accepted });
  expect(running.status.snapshot().alarms.map(({ code }) => code)).toContain("DISK_FULL");
  running.kill(0, "test over");

  disk.free();
  await eventually(() => running.log.some((line) => line.includes("the disk has room again")));
  let answered = 503;
  for (let tries = 0; answered === 503 && tries < 50; tries++) {
    answered = (await running.send(hedgeOf(`again-${tries}`, 0.3))).status;
    await new Promise((done) => setTimeout(done, 100));
  }
  expect(answered).toBe(202);
  await eventually(() => netBtc() === -300);
});
