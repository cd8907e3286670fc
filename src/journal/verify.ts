/**
 * Verification of one log, for people who want to know and for audits: every segment, checksum, number, durable distance and
 * link of the hash chain. Reads only; the engine may be running.
 *
 * A tail that was never durable is not damage: recovery cuts it at the next start. Anything else that is not the next record
 * is a fault, and names file, offset and record. What lies behind a fault in a log is not judged.
 */
import { verifyChain } from "./chain.ts";
import { RecordCursor } from "./cursor.ts";
import { errnoOf, JournalError } from "./errors.ts";
import { listSegments } from "./files.ts";
import { segmentPath } from "./format.ts";
import { refuseDamage } from "./recover.ts";

export interface Fault {
  readonly file: string;
  /** In the file; -1 where the fault is not at one place. */
  readonly offset: number;
  /** Of the record; -1 where it is none's. */
  readonly lsn: number;
  readonly message: string;
}

export interface LogVerification {
  readonly directory: string;
  readonly segments: number;
  /** The oldest segment left, where the chain begins; 0 in an empty log. Above 1 those before it were archived or removed. */
  readonly firstSegment: number;
  readonly records: number;
  readonly firstLsn: number;
  readonly lastLsn: number;
  /** Of the hash chain, each checked. The newest segment has none yet. */
  readonly links: number;
  /** Where a torn tail begins that the next start will cut; null where there is none. */
  readonly tornAt: { readonly file: string; readonly offset: number } | null;
  readonly fault: Fault | null;
}

export function verifyLog(directory: string): LogVerification {
  const segments = listSegments(directory);
  const walk = new Walk(directory, segments);
  const fault = coded(directory, () => walk.run());
  let links = 0;
  const broken =
    fault ??
    coded(directory, () => {
      links = verifyChain(directory);
      return null;
    });
  const { records, firstLsn, nextLsn, tornAt } = walk;
  return {
    directory,
    segments: segments.length,
    firstSegment: segments[0] ?? 0,
    records,
    firstLsn,
    lastLsn: nextLsn - 1,
    links,
    tornAt,
    fault: broken,
  };
}

class Walk {
  records = 0;
  firstLsn = 0;
  nextLsn = 1;
  tornAt: LogVerification["tornAt"] = null;
  readonly #directory: string;
  readonly #segments: readonly number[];

  constructor(directory: string, segments: readonly number[]) {
    this.#directory = directory;
    this.#segments = segments;
  }

  run(): Fault | null {
    const [first] = this.#segments;
    for (const [at, segment] of this.#segments.entries()) {
      if (segment !== first! + at) {
        const file = segmentPath(this.#directory, first! + at);
        return { file, offset: -1, lsn: this.nextLsn, message: "the segment is missing" };
      }
      const fault = this.#segment(segment, at);
      if (fault !== null || this.tornAt !== null) return fault;
    }
    return null;
  }

  #segment(segment: number, at: number): Fault | null {
    const cursor = new RecordCursor(this.#directory, segment);
    const following = this.#segments.slice(at + 1);
    try {
      const begins = cursor.start?.firstLsn;
      if (at === 0) this.firstLsn = this.nextLsn = begins ?? 1;
      else if (begins !== undefined && begins !== this.nextLsn) {
        const message = `the segment says that it begins with record ${begins}, after ${this.nextLsn - 1}`;
        return { file: cursor.path, offset: 512, lsn: this.nextLsn, message };
      }
      let step = cursor.next();
      let durableLsn = 0;
      for (; step === "record" && cursor.lsn === this.nextLsn; step = cursor.next()) {
        if (cursor.durableLsn < durableLsn && cursor.durableLsn > 0) {
          const message = `it knew ${cursor.durableLsn} durable, the record before it ${durableLsn}`;
          return { file: cursor.path, offset: cursor.recordOffset, lsn: cursor.lsn, message };
        }
        durableLsn = cursor.durableLsn;
        this.records++;
        this.nextLsn++;
      }
      const offset = step === "record" ? cursor.recordOffset : cursor.offset;
      if (step === "end" && following.length > 0) return null;
      // Throws where a later record proves that this one had been durable.
      refuseDamage(this.#directory, [segment, ...following], offset, this.nextLsn);
      if (step !== "end") this.tornAt = { file: cursor.path, offset };
      return null;
    } finally {
      cursor.close();
    }
  }
}

/** The fault that a coded error names; anything else is not ours to judge. */
function coded(directory: string, run: () => Fault | null): Fault | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof JournalError) {
      const { file = directory, offset = -1, lsn = -1 } = error.details;
      return { file, offset, lsn, message: error.message };
    }
    const errno = errnoOf(error);
    if (errno === "UNKNOWN") throw error;
    return { file: directory, offset: -1, lsn: -1, message: `cannot be read: ${errno}` };
  }
}
