/** One run from its parts to its result, in steps, so that whoever drives it can show progress and stop. */
import type { CoreConfig, CoreParts } from "../../core/config.ts";
import { Account, type AccountWatch } from "./account.ts";
import type { Episode } from "./episode.ts";
import type { FeedCounts } from "./market-feed.ts";
import {
  type RunAnalyses,
  type RunCounts,
  RunHost,
  type RunMarket,
  type RunSignal,
  type RunSource,
} from "./run-host.ts";
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
  readonly signals: Iterator<RunSignal, void>;
  readonly terms: RunTerms;
  /** Absent: the core gets none. */
  readonly analyses?: RunAnalyses | null;
}

export interface RunEnd {
  readonly counts: RunCounts;
  readonly market: readonly FeedCounts[];
  /** Of the core's settings, what the data made necessary: quotes that come once in a while count as fresh for longer. */
  readonly quoteAgeMsMax: number;
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
    const tables = new RunTables();
    const account = new Account(
      {
        directory: core.directory,
        positions: core.shields,
        priced: inputs.priced,
        sampleMs: terms.sampleMs,
        capital: terms.capital ?? Number.NaN,
      },
      {
        onEpisode: (episode: Episode) => {
          tables.add(episode);
          watch.onEpisode?.(episode);
        },
        onCapital: (capital) => watch.onCapital?.(capital),
        onSample: (...sample) => watch.onSample?.(...sample),
      },
    );
    const host = new RunHost({
      core: { ...core, router: { ...core.router, quoteAgeMsMax } },
      coreParts: inputs.coreParts,
      sources: inputs.sources,
      dedupeIdsMax: inputs.dedupeIdsMax,
      feed,
      signals: inputs.signals,
      account,
      terms,
      analyses: inputs.analyses ?? null,
    });
    for (let going = true; going; ) {
      going = host.runFor(EVENTS_PER_STEP);
      yield { share: feed.progress, nowMs: account.lastMs };
    }
    const counts = host.end();
    const result = tables.result(account);
    return { counts, market: feed.counts(), quoteAgeMsMax, result };
  } finally {
    feed.close();
    inputs.signals.return?.();
  }
}

const EVENTS_PER_STEP = 8192;
