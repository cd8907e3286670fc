/** Recovery the long way round: a log cut in two, its beginning saved and loaded again, and held against the fold of the whole. */
import { Core } from "../../src/core/step.ts";
import { assert, type Ns } from "../../src/domain/units.ts";
import type { RecordView } from "../../src/journal/reader.ts";
import { encodeLaneSnapshot, parseLaneSnapshot } from "../../src/lane/lane-snapshot.ts";
import { LaneFold, type Recovered } from "../../src/lane/recover.ts";
import { coreParts } from "./core-config.ts";

/** As `recoverCore` into `core`, through a snapshot at a place that differs from log to log. */
export function recoverThroughSnapshot(core: Core, records: readonly RecordView[], nowNs: Ns): Recovered {
  const cut = (records.length * 7919) % (records.length + 1);
  const { fold, whole } = foldBoth(core, records, cut);
  assert(
    encodeLaneSnapshot(fold).equals(encodeLaneSnapshot(whole)),
    `a snapshot at record ${cut} folds to something else`,
  );
  return fold.finish(nowNs);
}

/** `fold` into `core` by way of a snapshot of the first `cut` records, and the fold of all of them. */
export function foldBoth(core: Core, records: readonly RecordView[], cut: number): { fold: LaneFold; whole: LaneFold } {
  const { config } = core;
  const begun = new LaneFold(new Core(config, coreParts()));
  const whole = new LaneFold(new Core(config, coreParts()));
  const fold = new LaneFold(core);
  for (const record of records.slice(0, cut)) begun.take(record);
  const saved = parseLaneSnapshot(encodeLaneSnapshot(begun), config);
  assert(typeof saved !== "string", String(saved));
  fold.load(saved);
  for (const record of records.slice(cut)) fold.take(record);
  for (const record of records) whole.take(record);
  return { fold, whole };
}
