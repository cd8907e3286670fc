/**
 * Main's snapshot: its fold up to some record of each log. It lies with the intake log; the record of the decision log that it
 * ends with is checked like that of its own.
 */
import { join } from "node:path";
import type { SourceRules } from "../gateway/admission.ts";
import { decodePlain, encodePlain } from "../journal/plain-bytes.ts";
import type { LogPlace } from "../journal/reader.ts";
import {
  type BadSnapshot,
  bearsOut,
  NO_SEGMENT,
  readSnapshot,
  recordCrcAt,
  SNAPSHOT_KIND,
  writeSnapshot,
} from "../journal/snapshot-file.ts";
import type { IntakeFold, SavedIntake } from "./fold.ts";

/** How far each log is folded; null where nothing of it is. */
export interface IntakePlaces {
  readonly intake: LogPlace | null;
  readonly decisions: LogPlace | null;
}

/** Grows with every change of what a fold saves: an older one is passed over, and the logs folded as a whole. */
const FORM = 1;

interface Payload {
  readonly form: number;
  /** Names by index: signals that wait say their source by it. */
  readonly sources: readonly string[];
  readonly decisions: { readonly place: LogPlace; readonly crc: number } | null;
  readonly fold: SavedIntake;
}

/** `fold` has taken everything up to `places`; of the intake log at least a record. */
export function writeIntakeSnapshot(
  directory: string,
  fold: IntakeFold,
  { intake, decisions: place }: IntakePlaces & { readonly intake: LogPlace },
  sources: readonly SourceRules[],
): void {
  const decisions = place === null ? null : { place, crc: recordCrcAt(join(directory, "decisions"), place) };
  const names = sources.map(({ name }) => name);
  const payload = encodePlain({ form: FORM, sources: names, decisions, fold: fold.save() } satisfies Payload);
  // The bytes of an open letter lie where they were written.
  const oldestLetter = Math.min(
    ...fold.letters.open().map(({ bytesAt }) => bytesAt?.segment ?? NO_SEGMENT),
    NO_SEGMENT,
  );
  const needs = { intake: Math.min(intake.segment, oldestLetter), decisions: place?.segment ?? 1 };
  writeSnapshot(join(directory, "intake"), SNAPSHOT_KIND.INTAKE, intake, needs, payload);
}

/** Loads the newest snapshot that can be used into `fold`, and says where the fold goes on. */
export function loadIntakeSnapshot(
  directory: string,
  fold: IntakeFold,
  sources: readonly SourceRules[],
  onBad?: (bad: BadSnapshot) => void,
): IntakePlaces {
  const parse = (payload: Buffer): Payload | string => {
    const saved = decodePlain(payload) as Payload;
    if (saved.form !== FORM) return "it is of another build";
    if (saved.sources.some((name, at) => sources[at]?.name !== name)) return "it was made for other sources";
    const { decisions } = saved;
    const stands = decisions === null || bearsOut(join(directory, "decisions"), decisions.place, decisions.crc);
    return stands ? saved : "the decision log does not bear it out";
  };
  const snapshot = readSnapshot(join(directory, "intake"), SNAPSHOT_KIND.INTAKE, parse, onBad);
  if (snapshot === null) return { intake: null, decisions: null };
  fold.load(snapshot.value.fold);
  return { intake: snapshot.place, decisions: snapshot.value.decisions?.place ?? null };
}
