/** What a run is made from, and what it counts. */
import type { Analysis } from "../../core/analysis.ts";
import type { CoreConfig, CoreParts } from "../../core/config.ts";
import type { Command } from "../../core/event.ts";
import type { Core } from "../../core/step.ts";
import type { Quote } from "../../domain/order.ts";
import type { Decoded } from "../../domain/signal.ts";
import type { SourceRules } from "../../gateway/admission.ts";
import type { Account } from "./account.ts";
import type { FeedCounts, FeedQuote } from "./market-feed.ts";
import type { AnalysisTally } from "./run-analyst.ts";
import type { RunTerms } from "./run-terms.ts";

export interface RunSource extends SourceRules {
  decode(signal: RunSignal): Decoded;
}

export interface RunSignal {
  /** When it arrives. */
  readonly atMs: number;
  /** Name of the configured source. */
  readonly source: string;
  readonly body: Uint8Array;
  /** Text bodies may be any form their adapter takes; objects are the schema's. */
  readonly isObject: boolean;
}

/** What venues show, in order of time. */
export interface RunMarket {
  /** Longest usual interval of bars in it; 0 without any. */
  readonly barMs: number;
  /** Share that has been read, as far as that is known. */
  readonly progress: number;
  /** Overwritten by the next; null at the end. */
  next(): FeedQuote | null;
  counts(): readonly FeedCounts[];
  close(): void;
}

/** What computes outside the core, from what was known so far; see `core/analysis.ts`. */
export interface RunAnalyst {
  /** Wall time of the next computation; Infinity for none. */
  readonly nextMs: number;
  onQuote(quote: Quote, wallMs: number): void;
  onCommand(command: Command, core: Core, wallMs: number): void;
  compute(wallMs: number): readonly Analysis[];
  tallies(): readonly AnalysisTally[];
}

export interface RunParts {
  readonly core: CoreConfig;
  readonly coreParts: CoreParts;
  readonly sources: readonly RunSource[];
  readonly dedupeIdsMax: number;
  readonly feed: RunMarket;
  readonly signals: Iterator<RunSignal, void>;
  readonly account: Account;
  readonly analyst: RunAnalyst;
  readonly terms: RunTerms;
}

export interface RunCounts {
  readonly events: number;
  readonly quotes: number;
  readonly signals: number;
  readonly reports: number;
  readonly timers: number;
  readonly analyses: number;
  readonly orders: number;
  /** Commands that the decision log would hold, and SHA-256 over their records. */
  readonly decisions: number;
  readonly decisions_sha256: string;
  /** What became of signals at admission, by verdict code. */
  readonly admission: Readonly<Record<string, number>>;
}
