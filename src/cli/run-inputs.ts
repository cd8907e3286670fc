/** What a run needs of a configuration: the core as it would run live, how each source's bytes are read, what is computed outside. */

import type { AccountWatch } from "../backtest/run/account.ts";
import { type RunEnd, type RunInputs, runBacktest } from "../backtest/run/run.ts";
import type { RunAnalyses } from "../backtest/run/run-analyst.ts";
import type { RunSource } from "../backtest/run/run-parts.ts";
import type { Config } from "../config/schema.ts";
import type { CoreConfig } from "../core/config.ts";
import type { Directory } from "../domain/instrument.ts";
import { orderTagger } from "../lane/order-tag.ts";
import { createShared } from "../memory/shared.ts";
import { compileKernels, instantiateKernels } from "../wasm/kernels.ts";
import { decodeFrame } from "../wire/decode.ts";
import { runAnalyses } from "../wiring/analyses.ts";
import { coreConfig, directoryOf, sourceAdapter, sourceRules } from "../wiring/wiring.ts";

export type ConfiguredInputs = Pick<RunInputs, "core" | "coreParts" | "sources" | "dedupeIdsMax" | "analyses">;

/** `analyses`: whether any are to be computed; the configuration may say no too. */
export function configuredInputs(
  config: Config,
  analyses: boolean,
): ConfiguredInputs & { readonly directory: Directory } {
  const directory = directoryOf(config);
  const core = coreConfig(config, directory);
  return {
    directory,
    core,
    coreParts: {
      kernels: instantiateKernels(compileKernels(), createShared().memory),
      tagOf: orderTagger(config.engine.id),
      epoch: 1,
    },
    sources: runSources(config),
    dedupeIdsMax: config.receiver.dedupeIdsMax,
    analyses: analyses ? analysesOf(config, core) : null,
  };
}

/** A run from its beginning to its end, for studies of many short ones. */
export function finishedRun(inputs: RunInputs, watch: Partial<AccountWatch> = {}): RunEnd {
  const steps = runBacktest(inputs, watch);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const analysesOf = (config: Config, core: CoreConfig): RunAnalyses | null =>
  config.analyses.enabled ? runAnalyses(config, core) : null;

function runSources(config: Config): readonly RunSource[] {
  return config.sources.map((source, index) => {
    const adapter = sourceAdapter(source);
    const isFeed = source.adapter === "feed";
    return {
      ...sourceRules(source, index),
      // Recorded frames are binary; a feed's signals in a file of webhooks are the schema's objects.
      decode: ({ body, isObject }) => (isFeed && !isObject ? decodeFrame(body) : adapter(body, "application/json")),
    };
  });
}
