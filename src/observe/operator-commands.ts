/**
 * What an operator may tell a running engine, as JSON of the control API to Controls of the core: the state it is to be in, a breaker
 * that has been looked at, a limit that is to change, a venue that is not to be waited for, weights to go back to. Each has a reason,
 * which is journaled with it.
 *
 * An answer says that the command was handed over, and when; what became of it is an alarm from then on (STATE_CHANGED, BREAKER_CLOSED,
 * LIMIT_CHANGED, VENUE_LEFT_OUT, WEIGHTS_REVERTED).
 */
import { BREAKER_SUBJECTS, BREAKERS, WHOLE } from "../core/breakers.ts";
import { type Control, KILL_PARTS } from "../core/event.ts";
import { LIMITS, type LimitName } from "../core/limits.ts";

type Body = Readonly<Record<string, unknown>>;

/** Names by index, as the configuration has them. */
export interface Subjects {
  readonly sources: readonly string[];
  readonly venues: readonly string[];
  readonly instruments: readonly string[];
  /** By owner: kind and asset, such as `shield:BTC/USDT`. */
  readonly playbooks: readonly string[];
  /** Those of them whose hedge the linear model sizes. */
  readonly linear: readonly string[];
}

const STATES = ["active", "reducing", "halted"] as const;
const REASON_LENGTH_MAX = 256;
export const REASON_EXPECTED = `reason: must be 1 to ${REASON_LENGTH_MAX} characters`;

const CONFIRMED_EXPECTED = "confirmed: must be true or false";

export const isReason = (reason: unknown): reason is string =>
  typeof reason === "string" && reason.trim() !== "" && reason.length <= REASON_LENGTH_MAX;

/** A string says what is wrong, as with the others. */
export function parseState({ state, reason }: Body): Control | string {
  const known = STATES.find((each) => each === state);
  if (known === undefined) return `state: must be one of ${STATES.join(", ")}`;
  return isReason(reason) ? { type: "state", state: known, reason } : REASON_EXPECTED;
}

/** The kill switch of a part, by the part's name. Lowering takes two: without `confirmed` it is proposed. */
export function parsePartKill({ part, name, level, confirmed, reason }: Body, subjects: Subjects): Control | string {
  const known = KILL_PARTS.find((each) => each === part);
  if (known === undefined) return `part: must be one of ${KILL_PARTS.join(", ")}`;
  const names = subjects[`${known}s`];
  const index = names.indexOf(String(name));
  if (index < 0) return `name: must be one of ${names.join(", ")}`;
  if (level !== 0 && level !== 1 && level !== 2) return "level: must be 0 (off), 1 (no new risk) or 2 (no sends)";
  if (confirmed !== undefined && typeof confirmed !== "boolean") return CONFIRMED_EXPECTED;
  return isReason(reason)
    ? { type: "killPart", part: known, index, level, confirmed: confirmed === true, reason }
    : REASON_EXPECTED;
}

export interface Resumption {
  readonly confirmed: boolean;
  readonly reason: string;
}

export interface WeightsReversion {
  readonly owner: number;
  readonly version: number;
  readonly confirmed: boolean;
  readonly reason: string;
}

/** Back to the weights before those in use, by their version. Proposed, then confirmed: for some signals they hedge less. */
export function parseWeights(
  { playbook, version, confirmed, reason }: Body,
  subjects: Subjects,
): WeightsReversion | string {
  const { playbooks, linear } = subjects;
  if (!linear.some((each) => each === playbook)) return `playbook: must be one of ${linear.join(", ")}`;
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 0)
    return "version: must be a whole number from 0 on";
  if (confirmed !== undefined && typeof confirmed !== "boolean") return CONFIRMED_EXPECTED;
  if (!isReason(reason)) return REASON_EXPECTED;
  const owner = playbooks.indexOf(String(playbook));
  return { owner, version, confirmed: confirmed === true, reason };
}

/** The end of the kill switch: proposed, then confirmed. */
export function parseResume({ confirmed, reason }: Body): Resumption | string {
  if (confirmed !== undefined && typeof confirmed !== "boolean") return CONFIRMED_EXPECTED;
  return isReason(reason) ? { confirmed: confirmed === true, reason } : REASON_EXPECTED;
}

/** `subject` is the source's or the venue's name; none where the breaker is about the engine, as `clock` may be. */
export function parseAcknowledgement({ breaker, subject, reason }: Body, subjects: Subjects): Control | string {
  const known = BREAKERS.find((each) => each === breaker);
  if (known === undefined) return `breaker: must be one of ${BREAKERS.join(", ")}`;
  if (!isReason(reason)) return REASON_EXPECTED;
  const kind = BREAKER_SUBJECTS[known];
  const names = kind === null ? null : subjects[kind];
  if (names === null || (known === "clock" && subject === undefined)) {
    if (subject !== undefined) return `subject: ${known} is about the engine as a whole and has none`;
    return { type: "acknowledge", breaker: known, subject: WHOLE, reason };
  }
  const index = names.indexOf(String(subject));
  if (index < 0) return `subject: must be one of ${names.join(", ")}`;
  return { type: "acknowledge", breaker: known, subject: index, reason };
}

/** Loosening takes two: without `confirmed` it is proposed. */
export function parseLimit({ name, value, confirmed, reason }: Body): Control | string {
  const known: LimitName | undefined = LIMITS.find((each) => each === name);
  if (known === undefined) return `name: must be one of ${LIMITS.join(", ")}`;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return "value: must be a number from 0 on";
  if (confirmed !== undefined && typeof confirmed !== "boolean") return CONFIRMED_EXPECTED;
  return isReason(reason)
    ? { type: "limit", name: known, value, confirmed: confirmed === true, reason }
    : REASON_EXPECTED;
}

/** After a power loss: begin without a venue that cannot be asked. */
export function parseWithout({ venue, reason }: Body, { venues }: Subjects): Control | string {
  const index = venues.indexOf(String(venue));
  if (index < 0) return `venue: must be one of ${venues.join(", ")}`;
  return isReason(reason) ? { type: "without", venue: index, reason } : REASON_EXPECTED;
}
