/**
 * Items that a journal answers: whether the shadow portfolio has been running, and how old the correlations are. Read in one pass,
 * with bounded memory; a journal may be that of a running engine, or of a paper engine with the same playbooks.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CoreConfig } from "../core/config.ts";
import type { Mark } from "../core/equity.ts";
import { AnalysesInUse } from "../journal/explain-analyses.ts";
import { readNamed } from "../journal/json-records.ts";
import { readLog } from "../journal/reader.ts";
import { RECORD } from "../journal/records.ts";
import { bytesIn } from "../memory/signal-slot.ts";
import { type Answer, failed, notApplicable, passed } from "./item.ts";

const DAY_MS = 86_400_000;
const CORRELATION_AGE_MS_MAX = 7 * DAY_MS;
const SHADOW_AGE_MS_MAX = 7 * DAY_MS;
/** From the first mark to the last. */
const SHADOW_SPAN_MS_MIN = DAY_MS;

export interface JournalEvidence {
  readonly journal: string;
  readonly starts: number;
  readonly decided: number;
  readonly marks: number;
  readonly firstMarkMs: number;
  readonly lastMark: Mark | null;
  /** The newest observation of the correlations in use: the last that the core has not refused. NaN without any. */
  readonly correlationMs: number;
  /** Entries of breakers that tripped outside drills. */
  readonly breakers: number;
}

/** `directory` holds `decisions/`; null where it does not. */
export function readEvidence(directory: string): JournalEvidence | null {
  const decisions = join(directory, "decisions");
  if (!existsSync(decisions)) return null;
  let lastMark: Mark | null = null;
  let firstMarkMs = Number.NaN;
  const analyses = new AnalysesInUse();
  const counts = { starts: 0, decided: 0, marks: 0, breakers: 0 };
  for (const record of readLog(decisions)) {
    if (record.type === RECORD.EPOCH) counts.starts++;
    else if (record.type === RECORD.VERDICT) counts.decided++;
    else if (record.type === RECORD.BREAKER) counts.breakers++;
    else if (record.type === RECORD.MARK) {
      lastMark = readNamed(bytesIn(record.payload)) as Mark;
      if (counts.marks++ === 0) firstMarkMs = lastMark.atMs;
    } else analyses.take(record);
  }
  const correlationMs = analyses.correlation()?.untilMs ?? Number.NaN;
  return { journal: directory, ...counts, firstMarkMs, lastMark, correlationMs };
}

export function shadowAnswer(journals: readonly JournalEvidence[], wallMs: number): Answer {
  const seen = journals.filter(({ marks }) => marks > 0);
  const evidence = {
    journals: journals.map(({ journal, starts, decided, marks, firstMarkMs, lastMark }) => ({
      journal,
      starts,
      decided,
      marks,
      from: timeText(firstMarkMs),
      to: timeText(lastMark?.atMs ?? Number.NaN),
      hedged: lastMark?.hedged ?? null,
      shadow: lastMark?.shadow ?? null,
    })),
  };
  if (seen.length === 0) return failed("no journal has a mark of the shadow portfolio: run on paper first", evidence);
  const newestMs = Math.max(...seen.map(({ lastMark }) => lastMark?.atMs ?? 0));
  const ageMs = wallMs - newestMs;
  const spanMs = Math.max(...seen.map(({ firstMarkMs, lastMark }) => (lastMark?.atMs ?? 0) - firstMarkMs));
  if (ageMs > SHADOW_AGE_MS_MAX) {
    return failed(`the last mark is ${days(ageMs)} old, at most ${days(SHADOW_AGE_MS_MAX)} may be`, evidence);
  }
  if (spanMs < SHADOW_SPAN_MS_MIN) {
    return failed(`it ran for ${days(spanMs)}, at least ${days(SHADOW_SPAN_MS_MIN)} are needed`, evidence);
  }
  return passed(`it ran for ${days(spanMs)}, last ${days(ageMs)} ago`, evidence);
}

export function correlationAnswer(core: CoreConfig, journals: readonly JournalEvidence[], wallMs: number): Answer {
  const exposures = new Set([
    ...core.shields.map(({ asset }) => asset),
    ...core.signals.map(({ primary }) => primary),
    ...core.reversions.map(({ primary }) => primary),
  ]);
  const newestMs = Math.max(
    ...journals.map(({ correlationMs }) => (Number.isNaN(correlationMs) ? 0 : correlationMs)),
    0,
  );
  const evidence = {
    exposures: [...exposures].map((each) => core.directory.instruments[each]?.symbol ?? each),
    journals: journals.map(({ journal, correlationMs }) => ({ journal, at: timeText(correlationMs) })),
    at: newestMs === 0 ? null : timeText(newestMs),
  };
  if (exposures.size < 2) return notApplicable("one exposure correlates with nothing", evidence);
  if (core.portfolio === undefined) {
    return notApplicable("no portfolio hedge is configured, so nothing is decided by correlations", evidence);
  }
  if (newestMs === 0) return failed("no journal has a correlation matrix", evidence);
  const ageMs = wallMs - newestMs;
  return ageMs <= CORRELATION_AGE_MS_MAX
    ? passed(`its newest observation is ${days(ageMs)} old`, evidence)
    : failed(`its newest observation is ${days(ageMs)} old, at most ${days(CORRELATION_AGE_MS_MAX)} may be`, evidence);
}

const timeText = (ms: number): string | null => (Number.isNaN(ms) ? null : new Date(ms).toISOString());
const days = (ms: number): string => `${Math.round((ms / DAY_MS) * 10) / 10} days`;
