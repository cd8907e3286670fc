/**
 * The checklist of live trading: S1's list item by item, then what S1 takes for granted (SPEC §13). Every item is answered, whatever the
 * others say; none is answered from a setting alone where something can be computed, tried or read.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { journalDirectory } from "../config/paths.ts";
import type { Config } from "../config/schema.ts";
import type { LaneOptions } from "../lane/options.ts";
import { createShared } from "../memory/shared.ts";
import type { Clock } from "../time/clock.ts";
import { instantiateKernels } from "../wasm/kernels.ts";
import { type Drill, drillBreakers } from "./drill.ts";
import { configSha256, playbooksSha256 } from "./fingerprint.ts";
import { diskAnswer, portsAnswer } from "./host-items.ts";
import { type Answer, failed, type Item, passed } from "./item.ts";
import { correlationAnswer, type JournalEvidence, readEvidence, shadowAnswer } from "./journal-items.ts";
import { backtestAnswer } from "./report-items.ts";
import { schemaAnswer } from "./schema-item.ts";
import { decayAnswer, limitsAnswer, ratiosAnswer, rolloutAnswer, stopLossAnswer } from "./sizing-items.ts";
import { clocksAnswer, keysAnswer, probeVenues, venuesAnswer } from "./venue-probe.ts";

export interface ChecklistInputs {
  readonly config: Config;
  readonly configFile: string;
  /** As the engine would make it of that configuration. */
  readonly lane: LaneOptions;
  readonly kernels: WebAssembly.Module;
  readonly clock: Clock;
  /** Journals that may hold evidence, beside the data directory's own. */
  readonly journals: readonly string[];
  /** Reports of backtests, beside those in `backtests/` of the data directory. */
  readonly reports: readonly string[];
}

/** Questions by id, in the order in which they are answered. */
const QUESTIONS = {
  config: "Is the configuration valid?",
  schema: "Does every source speak the normalised signal schema?",
  backtested: "Has what decides been backtested over six months?",
  ratios: "Are hedge ratios linked to confidence?",
  decay: "Is time decay configured?",
  breakers: "Have the breakers been tested?",
  shadow: "Is the shadow portfolio running?",
  correlation: "Are correlations at most seven days old?",
  stopLoss: "Has every position a hard stop-loss?",
  limits: "Are the limits of money stated?",
  rollout: "Do live sizes begin small?",
  venues: "Can every venue be reached?",
  keys: "May the keys trade, and not withdraw?",
  clocks: "Are the venues' clocks known and near ours?",
  disk: "Has the disk room, and is it fast enough?",
  ports: "Are the ports free?",
} as const;
export type QuestionId = keyof typeof QUESTIONS;

export async function answerChecklist(inputs: ChecklistInputs): Promise<readonly Item[]> {
  const { config, configFile, lane, kernels, clock } = inputs;
  const { core } = lane;
  const { dataDir } = config.engine;
  const wallMs = clock.wallMs();
  const realMoney = config.venues.some(({ environment }) => environment === "live");
  const probes = await probeVenues(lane, clock);
  const journals = evidenceOf([journalDirectory(config), ...inputs.journals]);
  const instance = instantiateKernels(kernels, createShared().memory);
  const answers: Readonly<Record<QuestionId, Answer>> = {
    config: passed(`${configFile} has no problem`, {
      file: configFile,
      sha256: configSha256(config),
      environment: config.venues[0]?.environment,
      venues: config.venues.map(({ name }) => name),
    }),
    schema: schemaAnswer(config, core, wallMs),
    backtested: backtestAnswer([...reportsIn(join(dataDir, "backtests")), ...inputs.reports], playbooksSha256(config)),
    ratios: ratiosAnswer(core, instance),
    decay: decayAnswer(core),
    breakers: drillAnswer(() => drillBreakers(core, join(dataDir, "preflight-drill"), kernels, wallMs), wallMs),
    shadow: shadowAnswer(journals, wallMs),
    correlation: correlationAnswer(core, journals, wallMs),
    stopLoss: stopLossAnswer(core),
    limits: limitsAnswer(core, realMoney),
    rollout: rolloutAnswer(core, realMoney, wallMs),
    venues: venuesAnswer(probes),
    keys: keysAnswer(probes, realMoney),
    clocks: clocksAnswer(probes, core),
    disk: diskAnswer(dataDir, config.journal),
    ports: await portsAnswer(
      [
        { name: "receiver", host: config.receiver.host, port: config.receiver.port },
        { name: "control", host: config.control.host, port: config.control.port },
      ],
      dataDir,
    ),
  };
  return (Object.keys(QUESTIONS) as QuestionId[]).map((id) => ({ id, question: QUESTIONS[id], ...answers[id] }));
}

/** Nothing of the checklist stands in the way. */
export const isPassed = (items: readonly Item[]): boolean => items.every(({ status }) => status !== "failed");

function drillAnswer(run: () => Drill, wallMs: number): Answer {
  try {
    const drill = run();
    const evidence = { at: new Date(wallMs).toISOString(), ...drill };
    const wrong = drill.drilled
      .filter(({ outcome }) => outcome === "failed")
      .map(({ breaker, why }) => `${breaker}: ${why}`);
    if (!drill.survivesRestart) wrong.push("an open breaker is forgotten by a restart");
    if (drill.replay.differences > 0) wrong.push(`a replay of the drill differs in ${drill.replay.differences} places`);
    const tripped = drill.drilled.filter(({ outcome }) => outcome === "passed").length;
    return drill.passed
      ? passed(`${tripped} of ${drill.drilled.length} were tripped now, the others cannot be here`, evidence)
      : failed(wrong.join("; "), evidence);
  } catch (cause) {
    return failed(`the drill broke off: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function evidenceOf(directories: readonly string[]): readonly JournalEvidence[] {
  return [...new Set(directories)].map(readEvidence).filter((each) => each !== null);
}

function reportsIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => join(directory, name));
}
