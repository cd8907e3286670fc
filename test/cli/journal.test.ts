/** `outrigger journal` and `outrigger replay` over the journal of a real engine. */
import { cpSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatReplay } from "../../src/cli/replay.ts";
import { readLog } from "../../src/journal/reader.ts";
import { verifyLog } from "../../src/journal/verify.ts";
import { replayJournal } from "../../src/lane/replay.ts";
import { readDecisionLog } from "../support/decision-log.ts";
import { hedgeOf, runEngine } from "../support/engine-rig.ts";
import { eventually } from "../support/eventually.ts";
import { kernels, LaneRig } from "../support/lane-rig.ts";
import { outrigger, temporary } from "./support.ts";

let rig: LaneRig;

beforeAll(async () => {
  rig = await LaneRig.start();
  // Two starts, so that there are two lives; small segments, so that the logs roll.
  for (const round of [0, 1]) {
    const engine = await runEngine(rig, { lanes: "inline", journal: { segmentBytes: 1_048_576 } });
    await eventually(() => engine.status.positions().state === "active");
    for (let n = 0; n < 5; n++) await engine.send(hedgeOf(`s-${round}-${n}`, 0.1 + n / 10));
    await engine.send("no json");
    await eventually(() => engine.status.positions().hedges[0]!.heldLots === -500);
    await engine.stop();
  }
});
afterAll(() => rig.close());

const journalCopy = () => {
  const directory = temporary();
  cpSync(rig.journal, directory, { recursive: true });
  return directory;
};

it("verify, show, export and replay say what is there", async () => {
  const [verified, shown, exported, replayed] = await Promise.all([
    outrigger(["journal", "verify", rig.journal, "--json"]),
    outrigger(["journal", "show", rig.journal, "--type", "INTENT", "--limit", "2"]),
    outrigger(["journal", "export", rig.journal, "--log", "intake"]),
    outrigger(["replay", rig.journal]),
  ]);
  const records = (log: string) => [...readLog(join(rig.journal, log))].length;
  expect(verified.code).toBe(0);
  expect(JSON.parse(verified.out)).toMatchObject({
    ok: true,
    logs: [
      { log: "intake", records: records("intake"), firstLsn: 1, lastLsn: records("intake"), fault: null, tornAt: null },
      { log: "decisions", records: records("decisions"), fault: null },
      { log: "quotes", fault: null },
    ],
  });
  expect(shown.out.split("\n")).toHaveLength(4);
  expect(shown.out).toMatch(
    /INTENT .*clientOrderId=[0-9a-f]{32}.*\n.*INTENT .*\n\.\.\. \(--limit 2; go on with --from \d+\)/,
  );
  const lines = exported.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(records("intake"));
  expect(lines.filter(({ type }) => type === "DEAD_LETTER").map(({ fields }) => fields.body)).toEqual([
    "no json",
    "no json",
  ]);
  const { sha256, commands } = readDecisionLog(rig.journal);
  expect(replayed).toMatchObject({ code: 0, out: expect.stringContaining(`sha256 ${sha256}`) });
  expect(replayed.out).toContain(`${commands} commands of`);
  expect(replayed.out).toContain("in 2 starts made again, the same");
});

it("a changed decision is a difference that a person can read", () => {
  const { core } = rig.options;
  const shields = core.shields.map((shield) => ({ ...shield, overHedgeLotsMax: shield.overHedgeLotsMax, beta: 0.01 }));
  const replay = replayJournal({ ...core, shields }, rig.journal, kernels);
  expect(replay.differences).toHaveLength(2);
  const text = formatReplay(replay);
  expect(text).toMatch(/start 1 differs first at step \d+, record \d+ of the decision log/);
  expect(text).toMatch(/ {4}signal\.signalId: s-0-0/);
  expect(text).toMatch(/ {2}- qtyLots: 100\n/);
  expect(text).toMatch(/ {2}\+ qtyLots: \d+/);
  // What is the same has no sign.
  expect(text).toMatch(/ {4}side: sell/);
});

it("damage is named by file, byte and record, and verify ends with 1", async () => {
  const directory = journalCopy();
  const file = join(directory, "decisions", "00000001.seg");
  const [, , damaged] = readLog(join(directory, "decisions"));
  const lsn = 3;
  expect(damaged).toBeDefined();
  const places = [...readLog(join(directory, "decisions"))].length;
  expect(places).toBeGreaterThan(10);
  let offset = 0;
  for (const record of readLog(join(directory, "decisions"))) if (record.lsn === lsn) offset = record.recordOffset;
  const fd = openSync(file, "r+");
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset + 44);
  writeSync(fd, Buffer.from([byte[0]! ^ 0x40]), 0, 1, offset + 44);
  const fault = { file, offset, lsn };
  expect(verifyLog(join(directory, "decisions"))).toMatchObject({ records: 2, lastLsn: 2, fault });
  const { code, out } = await outrigger(["journal", "verify", directory]);
  expect(code).toBe(1);
  expect(out).toContain(`${file}, byte ${offset}, record ${lsn}:`);
  // The other logs are judged all the same.
  expect(out).toMatch(/intake .*: good/);
});

it("a torn tail is no damage: the next start cuts it", () => {
  const directory = journalCopy();
  const log = join(directory, "intake");
  const records = [...readLog(log)].length;
  let last = { recordOffset: 0, segment: 0 };
  for (const { recordOffset, segment } of readLog(log)) last = { recordOffset, segment };
  const file = join(log, `${String(last.segment).padStart(8, "0")}.seg`);
  writeSync(openSync(file, "r+"), Buffer.alloc(8, 0xff), 0, 8, last.recordOffset + 40);
  expect(verifyLog(log)).toMatchObject({
    records: records - 1,
    fault: null,
    tornAt: { file, offset: last.recordOffset },
  });
});

it("says where there is no journal", async () => {
  expect(await outrigger(["journal", "verify", temporary()])).toMatchObject({ code: 2 });
});
