/**
 * What the logs hold: the types of their records. The bytes of their payloads lie in event-records.ts, command-records.ts,
 * intake-records.ts, letter-records.ts and, for what is JSON throughout, json-records.ts.
 *
 * The intake log (main) holds what came in: SIGNAL, DEAD_LETTER, CONTROL. A lane's decision log holds every event that
 * entered `step` and every command that left it, in order; its quotes lie in a log of their own, unsynced and soon deleted,
 * so each event carries its step number and the two are merged by it.
 *
 * What happens at rate is binary; what is rare is JSON, so that `journal show` needs no tables. Layouts only ever grow at
 * the end, and with a new version.
 */

/** Numbers on disk: append only, never reused. */
export const RECORD = {
  EPOCH: 1,
  EVENT_SIGNAL: 2,
  EVENT_QUOTE: 3,
  EVENT_REPORT: 4,
  EVENT_VENUE: 5,
  EVENT_POSITIONS: 6,
  EVENT_CONTROL: 7,
  EVENT_TIMER: 8,
  EVENT_ORPHAN: 9,
  EVENT_ANALYSIS: 10,
  INTENT: 16,
  DECISION: 17,
  VERDICT: 18,
  ALARM: 19,
  SCORED: 20,
  OUTCOME: 21,
  POSITION: 22,
  BREAKER: 23,
  MARK: 24,
  PORTFOLIO: 25,
  INTAKE_SIGNAL: 32,
  DEAD_LETTER: 33,
  CONTROL: 34,
  DEAD_LETTER_REPLAY: 35,
  DEAD_LETTER_DISCARD: 36,
} as const;
export type RecordType = (typeof RECORD)[keyof typeof RECORD];
export const RECORD_VERSION = 1;

export interface EpochRecord {
  readonly epoch: number;
  readonly bootId: string;
  readonly engineId: string;
  /** What this life decides by (epoch-config.ts). Absent in journals of builds that did not keep it. */
  readonly core?: Readonly<Record<string, unknown>>;
  /** The machine had lost its memory before this life: orders from this wall time on may be in no log. */
  readonly amnesiaSinceMs?: number;
}
