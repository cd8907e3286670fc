/**
 * The analyst of a backtest: the engine's analyses on the run's own clock, from files and from what the run itself has done so
 * far. The same computations as live, at once instead of on a thread; it never sees a candle that is not over.
 */
import type { Analysis } from "../core/analysis.ts";
import type { Command } from "../core/event.ts";
import type { ShieldDecision } from "../core/playbooks/shield.ts";
import { FileHistory, type HistorySource } from "./history.ts";
import { AnalysisMemory } from "./memory.ts";
import { runTasksNow } from "./run-tasks.ts";
import { AnalysisSchedule, type ScheduledTask } from "./schedule.ts";
import type { AnalysisTerms } from "./task.ts";

export interface InlineAnalystOptions {
  readonly tasks: readonly ScheduledTask[];
  readonly terms: AnalysisTerms;
  /** By instrument index; files only. */
  readonly sources: readonly (HistorySource | null)[];
  readonly retryMs: number;
}

export class InlineAnalyst {
  readonly #options: InlineAnalystOptions;
  readonly #memory: AnalysisMemory;
  readonly #history: FileHistory;
  #schedule: AnalysisSchedule;

  constructor(options: InlineAnalystOptions) {
    const { core } = options.terms;
    this.#options = options;
    this.#memory = new AnalysisMemory(core);
    this.#history = new FileHistory(
      options.sources,
      core.directory.instruments.map(({ symbol }) => symbol),
    );
    this.#schedule = new AnalysisSchedule([], options.retryMs, 0);
  }

  /** The run begins: what is due at the start is due now. */
  begin(startMs: number): void {
    this.#schedule = new AnalysisSchedule(this.#options.tasks, this.#options.retryMs, startMs);
  }

  get nextDueMs(): number {
    return this.#schedule.nextDueMs;
  }

  /** What is due, computed from what was over at `nowMs`. A failure leaves the last result in use and is tried again. */
  run(nowMs: number): readonly Analysis[] {
    const { terms } = this.#options;
    const found: Analysis[] = [];
    const read = (need: Parameters<FileHistory["read"]>[0]) => this.#history.read(need);
    for (const result of runTasksNow(this.#schedule.due(nowMs), terms, this.#memory, read, nowMs)) {
      if (result.ok) {
        found.push(...result.analyses);
        this.#schedule.done(result.task, nowMs, result.againMs);
      } else this.#schedule.failed(result.task, nowMs);
    }
    return found;
  }

  /** A command of the run's core; `decision` is that of the shield which a `decided` names. */
  onCommand(command: Command, decision: ShieldDecision | null, wallMs: number): void {
    if (command.type === "outcome") this.#memory.onOutcome(command.outcome);
    else if (command.type === "scored") this.#memory.onScored(command.scored, wallMs);
    else if (command.type === "positioned") this.#memory.onPosition(command.record, wallMs);
    else if (command.type === "decided" && decision !== null) this.#memory.onDecided(command.shield, decision, wallMs);
  }
}
