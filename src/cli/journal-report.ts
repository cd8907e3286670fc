/**
 * A live journal as a backtest and as a report: both read what the engine recorded; the backtest also decides everything again and
 * compares the decisions byte by byte.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Account } from "../backtest/run/account.ts";
import { accountOptions } from "../backtest/run/account-of-core.ts";
import { type JournalCounts, readJournal } from "../backtest/run/journal-account.ts";
import { RunOutputs } from "../backtest/run/run-outputs.ts";
import { type RunResult, RunTables } from "../backtest/run/run-result.ts";
import type { Config } from "../config/schema.ts";
import { type Replay, replayJournal } from "../lane/replay.ts";
import { playbooksSha256 } from "../preflight/fingerprint.ts";
import { compileKernels } from "../wasm/kernels.ts";
import { coreConfig, directoryOf } from "../wiring/wiring.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";
import { type ResultOptions, resultExitCode, resultPaths, resultText } from "./result-options.ts";
import type { Shell } from "./shell.ts";
import { engineVersion } from "./version.ts";

/** Of a journal that an engine has left in `directory`. */
export interface Asked {
  readonly config: Config;
  readonly directory: string;
  readonly options: ResultOptions;
  readonly sampleMs: number;
  readonly capital: number | null;
}

/** Decides the journal again, compares, and says what hedging was worth. Code 1 where the decisions differ. */
export function backtestJournal(asked: Asked, shell: Shell): ExitCode {
  const { config, directory } = asked;
  mustBeJournal(directory);
  const started = performance.now();
  const replay = replayJournal(coreConfig(config, directoryOf(config)), directory, compileKernels());
  const seconds = (performance.now() - started) / 1000;
  const { result, counts } = written("backtest run", asked, replay, shell);
  shell.out(`journal: ${counts.lives} starts of the engine, ${counts.quotes} quotes\n${resultText(result)}\n`);
  shell.out(replayText(replay, seconds));
  return replay.differences.length > 0 ? EXIT_CODES.failure : resultExitCode(result);
}

/** What hedging was worth, from what the engine recorded. */
export function reportJournal(asked: Asked, shell: Shell): ExitCode {
  mustBeJournal(asked.directory);
  const { result, counts } = written("report", asked, null, shell);
  shell.out(`journal: ${counts.lives} starts of the engine, ${counts.quotes} quotes\n${resultText(result)}`);
  return EXIT_CODES.ok;
}

function written(
  command: string,
  { config, directory, options, sampleMs, capital }: Asked,
  replay: Replay | null,
  shell: Shell,
): { readonly result: RunResult; readonly counts: JournalCounts } {
  const core = coreConfig(config, directoryOf(config));
  const outputs = new RunOutputs(resultPaths(options, shell.cwd));
  try {
    const tables = new RunTables();
    const account = new Account(
      accountOptions(core, new Set(core.directory.listings.map(({ instrument }) => instrument)), sampleMs, capital),
      {
        onCapital: (money) => outputs.onCapital(money),
        onSample: (...sample) => outputs.onSample(...sample),
        onEpisode: (episode) => {
          tables.add(episode);
          outputs.onEpisode(episode);
        },
      },
    );
    const counts = readJournal(directory, account);
    const result = tables.result(account);
    const document = {
      engine: { name: "outrigger", version: engineVersion() },
      command,
      inputs: { journal: directory, playbooks_sha256: playbooksSha256(config), sample_ms: sampleMs },
      counts,
      ...(replay === null ? {} : { replay }),
      result,
    };
    const rows: (readonly [string, string])[] = [
      ["journal", directory],
      ["starts of the engine", String(counts.lives)],
      ["decisions", String(counts.decisions)],
      ["quotes", String(counts.quotes)],
    ];
    outputs.finish("What hedging was worth: a live journal", rows, document);
    return { result, counts };
  } finally {
    outputs.discard();
  }
}

function replayText(
  { lives, events, commands, sha256, differences, unrecorded, gaps }: Replay,
  seconds: number,
): string {
  const speed = Math.round(events / seconds).toLocaleString("en");
  const verdict = differences.length === 0 ? "the same, byte for byte" : `${differences.length} DIFFER`;
  return [
    `decided again: ${commands} decisions of ${lives} lives: ${verdict}; SHA-256 ${sha256}`,
    ...differences.map(({ epoch, step, lsn }) => `  life ${epoch}, step ${step}, record ${lsn} of the decision log`),
    ...gaps.map(({ epoch, step }) => `  life ${epoch} could be replayed up to step ${step} only: its quotes are gone`),
    ...(unrecorded === 0 ? [] : [`  ${unrecorded} made behind the last record of their life, which something cut off`]),
    `speed: ${events} events in ${seconds.toFixed(2)} s, ${speed} events/s`,
  ].join("\n");
}

export function mustBeJournal(directory: string): void {
  if (existsSync(join(directory, "decisions"))) return;
  const why = `${directory} holds no decisions/: name the journal folder of an engine's dataDir`;
  throw new CommandFailure(EXIT_CODES.usage, "JOURNAL_MISSING", why);
}
