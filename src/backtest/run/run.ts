/** One run from its parts to its result, in steps, so that whoever drives it can show progress and stop. */
import type { CoreConfig, CoreParts } from "../../core/config.ts";
import { Account, type AccountWatch } from "./account.ts";
import { accountOptions } from "./account-of-core.ts";
import type { Episode } from "./episode.ts";
import type { FeedCounts } from "./market-feed.ts";
import { type AnalysisTally, type RunAnalyses, ScheduledAnalyst } from "./run-analyst.ts";
import { RunHost } from "./run-host.ts";
import type { RunAnalyst, RunCounts, RunMarket, RunSignal, RunSource } from "./run-parts.ts";
import { type RunResult, RunTables } from "./run-result.ts";
import { checkRunTerms, type RunTerms } from "./run-terms.ts";

export interface RunInputs {
  readonly core: CoreConfig;
  readonly coreParts: CoreParts;
  readonly sources: readonly RunSource[];
  readonly dedupeIdsMax: number;
  /** Opened anew for the run, which closes it. */
  market(terms: RunTerms): RunMarket;
  readonly priced: ReadonlySet<number>;
  /** What is computed outside the core; null for nothing. */
  readonly analyses: RunAnalyses | null;
  readonly signals: Iterator<RunSignal, void>;
  readonly terms: RunTerms;
}

export interface RunEnd {
  readonly counts: RunCounts;
  readonly market: readonly FeedCounts[];
  /** Of the core's settings, what the data made necessary: quotes that come once in a while count as fresh for longer. */
  readonly quoteAgeMsMax: number;
  readonly analyses: readonly AnalysisTally[];
  readonly result: RunResult;
}

export interface RunProgress {
  /** Of the bytes of the market. */
  readonly share: number;
  readonly nowMs: number;
}

/** BarsError for files, RunTermsError for terms. Stops early where the caller stops iterating; `return` closes the files. */
export function* runBacktest(inputs: RunInputs, watch: Partial<AccountWatch> = {}): Generator<RunProgress, RunEnd> {
  checkRunTerms(inputs.terms);
  const { core, terms } = inputs;
  const feed = inputs.market(terms);
  try {
    // A bar shows a price four times in its interval: between them the last one is the best there is.
    const quoteAgeMsMax = Math.max(core.router.quoteAgeMsMax, feed.barMs / 2);
    // And the first one behind a horizon's end may come that much later.
    const outcomeGraceMs = Math.max(core.score.outcomeGraceMs, feed.barMs / 2);
    const adapted: CoreConfig = {
      ...core,
      router: { ...core.router, quoteAgeMsMax },
      score: { ...core.score, outcomeGraceMs },
    };
    const tables = new RunTables();
    const account = new Account(accountOptions(core, inputs.priced, terms.sampleMs, terms.capital), {
      onEpisode: (episode: Episode) => {
        tables.add(episode);
        watch.onEpisode?.(episode);
      },
      onCapital: (capital) => watch.onCapital?.(capital),
      onSample: (...sample) => watch.onSample?.(...sample),
    });
    const analyst = inputs.analyses === null ? NO_ANALYST : new ScheduledAnalyst(adapted, feed.barMs, inputs.analyses);
    const host = new RunHost({
      core: adapted,
      coreParts: inputs.coreParts,
      sources: inputs.sources,
      dedupeIdsMax: inputs.dedupeIdsMax,
      feed,
      signals: inputs.signals,
      account,
      analyst,
      terms,
    });
    for (let going = true; going; ) {
      going = host.runFor(EVENTS_PER_STEP);
      yield { share: feed.progress, nowMs: account.lastMs };
    }
    const counts = host.end();
    const result = tables.result(account);
    return { counts, market: feed.counts(), quoteAgeMsMax, analyses: analyst.tallies(), result };
  } finally {
    feed.close();
    inputs.signals.return?.();
  }
}

const NO_ANALYST: RunAnalyst = {
  nextMs: Number.POSITIVE_INFINITY,
  onQuote: () => {},
  onCommand: () => {},
  compute: () => [],
  tallies: () => [],
};

const EVENTS_PER_STEP = 8192;
