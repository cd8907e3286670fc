/**
 * Part of `npm run bench -- restart`: how long a lane is away when its thread dies, at each stage of an order, with as much behind
 * its last snapshot as an engine leaves there.
 *
 * Counted from the signal at whose order the lane dies. Its venues are asked for what was in flight before the next signal is
 * decided; that is the venues' time and said apart.
 */
import { join } from "node:path";
import { readBootId } from "../src/journal/boot-id.ts";
import { readLog } from "../src/journal/reader.ts";
import { RECORD } from "../src/journal/records.ts";
import type { PoolHost } from "../src/lane/pool-host.ts";
import { eventually } from "../test/support/eventually.ts";
import { growJournal } from "../test/support/grown-journal.ts";
import { clock, LaneRig, SABOTEUR } from "../test/support/lane-rig.ts";
import { type Sabotage, SaboteurControl } from "../test/support/sabotage.ts";

/** Some 20,000 records in the decision log. */
const BEHIND_BYTES = 6 * 2 ** 20;
const DEATHS: readonly Sabotage[] = ["beforeSend", "afterSend", "beforeReport"];
const ROUNDS = 3;

export async function benchRespawn(say: (what: string, took: readonly [ms: number]) => void): Promise<void> {
  // Venues here prove soon that an order never came; what that takes at others is not the lane's.
  const sample = { router: { resolve: { absenceGraceMs: 100, notFoundSpacingMs: 20 } } };
  const rig = await LaneRig.start({ spareAfterMs: 0, sample });
  const control = new SaboteurControl();
  try {
    await (await rig.boot("pool", SABOTEUR, readBootId())).stop();
    const { core, journal } = rig.options;
    const { segmentBytes } = journal;
    const nowMs = Date.now() - 60_000;
    let seq = growJournal({ journal: rig.journal, core, bytes: BEHIND_BYTES, segmentBytes, firstSeq: 1, nowMs });
    const boot = await rig.boot("pool", SABOTEUR, readBootId());
    const submit = (quantity: number) => boot.host.submit(rig.signal(quantity, { intakeSeq: ++seq }));
    for (let death = 0; death < ROUNDS * DEATHS.length; death++) {
      await eventually(() => boot.btc().state === "active" && boot.btc().pending === 0);
      await eventually(() => (boot.host as PoolHost).hasSpare);
      const sabotage = DEATHS[death % DEATHS.length]!;
      await control.order(sabotage);
      const { length: told } = boot.troubles;
      const fromNs = clock.nowNs();
      submit(death % 2 === 0 ? 0.2 : 0.1);
      await eventually(() => boot.troubles.length > told);
      submit(0.15);
      await eventually(() => boot.verdicts.at(-1)?.intakeSeq === seq);
      const tookMs = (clock.nowNs() - fromNs) / 1e6;
      const backMs = (lastEpochNs(rig) - fromNs) / 1e6;
      say(`lane killed ${sabotage}: its successor has the journal`, [backMs]);
      say("  its venues have told what was in flight, the next is decided", [tookMs - backMs]);
    }
  } finally {
    control.close();
    await rig.close();
  }
}

/** When the last life began to write. */
function lastEpochNs(rig: LaneRig): number {
  let lastNs = 0;
  for (const { type, monoNs } of readLog(join(rig.journal, "decisions"))) if (type === RECORD.EPOCH) lastNs = monoNs;
  return lastNs;
}
