/**
 * A lane's snapshot: its fold up to some record of the decision log, and the shape of the configuration it was folded by.
 *
 * Indices mean what they meant: for a configuration of another shape the snapshot is passed over, and the log is folded as a whole.
 */
import type { CoreConfig } from "../core/config.ts";
import { firstMoved, type Meaning, meaningOf } from "../core/meaning.ts";
import type { Core } from "../core/step.ts";
import { decodePlain, encodePlain } from "../journal/plain-bytes.ts";
import { type LogPlace, readLog } from "../journal/reader.ts";
import type { BadSnapshot } from "../journal/snapshot-file.ts";
import { NO_SEGMENT, readSnapshot, SNAPSHOT_KIND, writeSnapshot } from "../journal/snapshot-file.ts";
import { LaneFold, type SavedLane } from "./recover.ts";

/** Grows with every change of what a fold saves: an older one is passed over, and its log folded as a whole. */
const FORM = 2;

interface Payload {
  readonly form: number;
  readonly shape: Meaning;
  readonly fold: SavedLane;
}

/** `fold` has taken everything up to `place`. */
export function encodeLaneSnapshot(fold: LaneFold): Buffer {
  return encodePlain({ form: FORM, shape: meaningOf(fold.core.config), fold: fold.save() });
}

export function writeLaneSnapshot(directory: string, fold: LaneFold, place: LogPlace): void {
  const needs = { intake: NO_SEGMENT, decisions: place.segment };
  writeSnapshot(directory, SNAPSHOT_KIND.LANE, place, needs, encodeLaneSnapshot(fold));
}

/** Loads the newest snapshot that can be used into `fold`; returns where the fold goes on, null at the log's beginning. */
export function loadLaneSnapshot(
  directory: string,
  fold: LaneFold,
  onBad: (bad: BadSnapshot) => void = () => {},
): LogPlace | null {
  const parse = (payload: Buffer) => parseLaneSnapshot(payload, fold.core.config);
  const snapshot = readSnapshot(directory, SNAPSHOT_KIND.LANE, parse, onBad);
  if (snapshot === null) return null;
  fold.load(snapshot.value);
  return snapshot.place;
}

/** The decision log folded into `core`, from the newest snapshot on. */
export function foldDecisions(directory: string, core: Core, onBad?: (bad: BadSnapshot) => void): LaneFold {
  const fold = new LaneFold(core);
  const after = loadLaneSnapshot(directory, fold, onBad);
  for (const record of readLog(directory, after === null ? { whole: true } : { after })) fold.take(record);
  return fold;
}

/** What was saved, or why it cannot be used with this configuration. */
export function parseLaneSnapshot(payload: Buffer, config: CoreConfig): SavedLane | string {
  const { form, shape, fold } = decodePlain(payload) as Payload;
  if (form !== FORM) return "it is of another build";
  const moved = firstMoved(shape, meaningOf(config));
  return moved === null ? fold : `it was made for another configuration: ${moved}`;
}
