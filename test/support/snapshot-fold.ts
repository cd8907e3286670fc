/** Recovery the long way round: a log cut in two, its beginning saved and loaded again, and held against the fold of the whole. */
import type { CoreConfig } from "../../src/core/config.ts";
import { Core } from "../../src/core/step.ts";
import { assert, type Ns } from "../../src/domain/units.ts";
import type { RecordView } from "../../src/journal/reader.ts";
import { encodeLaneSnapshot, parseLaneSnapshot } from "../../src/lane/lane-snapshot.ts";
import { LaneFold, type Recovered } from "../../src/lane/recover.ts";
import { coreParts } from "./core-config.ts";

/** As `recoverCore` into `core`, through a snapshot at a place that differs from log to log. */
export function recoverThroughSnapshot(core: Core, records: readonly RecordView[], nowNs: Ns): Recovered {
  const cut = (records.length * 7919) % (records.length + 1);
  const fold = foldFrom(core, records, cut);
  if (records.length % COMPARED_EVERY > 0) return fold.finish(nowNs);
  const whole = foldWhole(core.config, records);
  assert(
    encodeLaneSnapshot(fold).equals(encodeLaneSnapshot(whole)),
    `a snapshot at record ${cut} folds to something else`,
  );
  return fold.finish(nowNs);
}

/** Every log goes on from a snapshot; folding the whole beside it costs as much again. */
const COMPARED_EVERY = 4;

/** `fold` into `core` by way of a snapshot of the first `cut` records, and the fold of all of them. */
export function foldBoth(core: Core, records: readonly RecordView[], cut: number): { fold: LaneFold; whole: LaneFold } {
  return { fold: foldFrom(core, records, cut), whole: foldWhole(core.config, records) };
}

function foldFrom(core: Core, records: readonly RecordView[], cut: number): LaneFold {
  const fold = new LaneFold(core);
  const saved = parseLaneSnapshot(encodeLaneSnapshot(foldWhole(core.config, records.slice(0, cut))), core.config);
  assert(typeof saved !== "string", String(saved));
  fold.load(saved);
  for (const record of records.slice(cut)) fold.take(record);
  return fold;
}

function foldWhole(config: CoreConfig, records: readonly RecordView[]): LaneFold {
  const fold = new LaneFold(new Core(config, coreParts()));
  for (const record of records) fold.take(record);
  return fold;
}
