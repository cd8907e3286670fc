/** Power loss with one venue of a given language: its only order is an orphan, which has to be found there and adopted. */
import { join } from "node:path";
import { expect } from "vitest";
import { RECORD } from "../../src/journal/records.ts";
import { eventually } from "./eventually.ts";
import type { LaneDialect } from "./lane-market.ts";
import { LaneRig } from "./lane-rig.ts";
import { lastRecord, loseFrom } from "./lost-tail.ts";

export async function orphanIsAdopted(dialect: LaneDialect, throughCcxt: boolean): Promise<void> {
  const router = { resolve: { absenceGraceMs: 100 } };
  const rig = await LaneRig.start({ dialects: [dialect], throughCcxt, sample: { router } });
  try {
    const boot = await rig.boot("inline");
    await eventually(() => boot.btc().state === "active");
    const signal = rig.signal(0.1);
    boot.host.submit(signal);
    await boot.settled(-100);
    await boot.stop();
    const decisions = join(rig.journal, "decisions");
    loseFrom(
      decisions,
      lastRecord(decisions, ({ type }) => type === RECORD.EVENT_SIGNAL),
    );

    const reborn = await rig.boot("inline", undefined, "another-boot");
    reborn.host.submit(signal);
    await reborn.settled(-100);
    const codes = reborn.alarms.map(({ code }) => code);
    expect(codes).toContain("ORPHAN");
    expect(codes).not.toContain("POSITION_MISMATCH");
    expect(rig.mismatches(reborn)).toEqual([]);
    // Hedged once: the target was what the orphan had done already.
    expect(rig.market.orders(0).size).toBe(1);
    await eventually(() => reborn.verdicts.length > 0);
    expect(reborn.verdicts).toMatchObject([{ intakeSeq: 1, outcome: "absorbed" }]);
  } finally {
    await rig.close();
  }
}
