/**
 * The analyst of a run: the engine's own analyses on its schedule, by the run's clock, from what had been known by then: candle files
 * up to that time, where the configuration names some, else the prices that the run has seen.
 *
 * Invariants
 *   - The computations are the live ones (`src/analyses/`); only who calls them is another.
 *   - A result at a moment depends on nothing after it. It is there in the same moment: how long a computation takes is not simulated.
 */
import type { FileHistory, HistorySource } from "../../analyses/history.ts";
import { AnalysisMemory } from "../../analyses/memory.ts";
import { runTasksNow } from "../../analyses/run-tasks.ts";
import { AnalysisSchedule, type ScheduledTask } from "../../analyses/schedule.ts";
import type { AnalysisTerms, CandleNeed } from "../../analyses/task.ts";
import type { Analysis } from "../../core/analysis.ts";
import type { CoreConfig } from "../../core/config.ts";
import type { Command } from "../../core/event.ts";
import type { Core } from "../../core/step.ts";
import type { Quote } from "../../domain/order.ts";
import type { RunAnalyst } from "./run-parts.ts";
import { SeenCandles } from "./seen-candles.ts";

export interface RunAnalyses {
  readonly tasks: readonly ScheduledTask[];
  /** Without the core's settings, which are the run's. */
  readonly terms: Omit<AnalysisTerms, "core">;
  readonly retryMs: number;
  /** By instrument; only files are read. */
  readonly sources: readonly (HistorySource | null)[];
  readonly files: FileHistory;
}

/** What became of one analysis. */
export interface AnalysisTally {
  readonly analysis: string;
  readonly done: number;
  readonly failed: number;
  /** Of the last time, in words. */
  readonly last: string;
}

/** Candles of a recording of quotes or trades; of one of bars, its bars. */
const CANDLE_MS = 60_000;

export class ScheduledAnalyst implements RunAnalyst {
  nextMs = Number.POSITIVE_INFINITY;
  readonly #options: RunAnalyses;
  readonly #terms: AnalysisTerms;
  readonly #memory: AnalysisMemory;
  readonly #seen: SeenCandles;
  readonly #tallies = new Map<string, AnalysisTally>();
  #schedule: AnalysisSchedule | null = null;

  constructor(core: CoreConfig, barMs: number, options: RunAnalyses) {
    this.#options = options;
    this.#terms = { ...options.terms, core };
    this.#memory = new AnalysisMemory(core);
    const intervalMs = Math.max(CANDLE_MS, barMs);
    this.#seen = new SeenCandles(core.directory, intervalMs, Math.ceil((2 * options.terms.spanMs) / intervalMs));
  }

  onQuote(quote: Quote, wallMs: number): void {
    this.#seen.onQuote(quote, wallMs);
    if (this.#schedule !== null) return;
    this.#schedule = new AnalysisSchedule(this.#options.tasks, this.#options.retryMs, wallMs);
    this.nextMs = this.#schedule.nextDueMs;
  }

  onCommand(command: Command, core: Core, wallMs: number): void {
    const memory = this.#memory;
    if (command.type === "outcome") memory.onOutcome(command.outcome);
    else if (command.type === "scored") memory.onScored(command.scored, wallMs);
    else if (command.type === "positioned") memory.onPosition(command.record, wallMs);
    else if (command.type === "decided") {
      const { decision } = core.shields[command.shield]!;
      if (decision !== null) memory.onDecided(command.shield, decision, wallMs);
    }
  }

  compute(wallMs: number): readonly Analysis[] {
    const schedule = this.#schedule!;
    const found: Analysis[] = [];
    const read = (need: CandleNeed) =>
      this.#options.sources[need.instrument]?.type === "file"
        ? this.#options.files.read(need)
        : this.#seen.read(need, wallMs);
    for (const result of runTasksNow(schedule.due(wallMs), this.#terms, this.#memory, read, wallMs)) {
      const { done, failed } = this.#tallies.get(result.name) ?? { done: 0, failed: 0 };
      if (result.ok) {
        found.push(...result.analyses);
        schedule.done(result.task, wallMs, result.againMs);
        this.#tallies.set(result.name, { analysis: result.name, done: done + 1, failed, last: result.words });
      } else {
        schedule.failed(result.task, wallMs);
        const last = `${result.code}: ${result.message}`;
        this.#tallies.set(result.name, { analysis: result.name, done, failed: failed + 1, last });
      }
    }
    this.nextMs = schedule.nextDueMs;
    return found;
  }

  tallies(): readonly AnalysisTally[] {
    return [...this.#tallies.values()];
  }
}
