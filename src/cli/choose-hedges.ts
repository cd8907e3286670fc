/**
 * Ranks the hedge candidates of a configuration, and chooses at the first start what `hedge: auto` is to be. Says what was
 * chosen and why, then and at every later start.
 */

import { bestHedge, type HedgeRanking, type JudgedHedge } from "../analyses/hedge-rank.ts";
import { History } from "../analyses/history.ts";
import { rankFromHistory } from "../analyses/rank-from-history.ts";
import {
  type HedgeChoice,
  hedgeChoicesPath,
  hedgesToChoose,
  readHedgeChoices,
  withHedges,
  writeHedgeChoices,
} from "../config/hedge-choices.ts";
import type { Config } from "../config/schema.ts";
import { AUTO } from "../config/schema-shield.ts";
import { historyOptions, sampleTerms } from "../wiring/analyses.ts";
import { type HedgePlan, hedgePlans } from "../wiring/hedges.ts";
import { directoryOf } from "../wiring/wiring.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

export interface PlaybookRanking extends HedgeRanking {
  readonly playbook: string;
  readonly hedge: string;
  /** Null where no candidate takes any variance away. */
  readonly best: string | null;
}

/** Every playbook that names candidates, in the order of the configuration. */
export async function rankConfigured(config: Config, nowMs: number): Promise<PlaybookRanking[]> {
  const ranked: PlaybookRanking[] = [];
  for (const plan of hedgePlans(config, directoryOf(config))) ranked.push(await rankPlan(config, plan, nowMs));
  return ranked;
}

/** The configuration with every hedge settled. `say` hears each choice, new or old. */
export async function chooseHedges(config: Config, nowMs: number, say: (words: string) => void): Promise<Config> {
  const path = hedgeChoicesPath(config);
  const before = readHedgeChoices(path);
  const plans = hedgePlans(config, directoryOf(config));
  for (const { playbook, hedge, why, chosenMs } of before) {
    if (!plans.some((plan) => plan.playbook === playbook && plan.hedge === hedge)) continue;
    say(`hedge: ${playbook} with ${hedge}, chosen ${new Date(chosenMs).toISOString()}: ${why}`);
  }
  if (!hedgesToChoose(config)) return config;
  const chosen: HedgeChoice[] = [];
  for (const plan of plans) {
    if (plan.hedge === AUTO) chosen.push(choiceOf(await rankPlan(config, plan, nowMs), nowMs));
  }
  const names = chosen.map(({ playbook }) => playbook);
  writeHedgeChoices(path, [...before.filter(({ playbook }) => !names.includes(playbook)), ...chosen]);
  for (const { playbook, hedge, why } of chosen) say(`hedge: ${playbook} with ${hedge}, chosen now: ${why}`);
  return withHedges(config, (playbook) => chosen.find((each) => each.playbook === playbook)?.hedge);
}

function choiceOf({ playbook, ranked, unjudged, best }: PlaybookRanking, nowMs: number): HedgeChoice {
  const [first] = ranked.filter(({ candidate }) => candidate === best);
  const others = [
    ...ranked.filter((each) => each !== first).map((each) => `${each.candidate}: ${words(each)}`),
    ...unjudged.map(({ candidate, code, message }) => `${candidate}: ${code}: ${message}`),
  ];
  if (first === undefined) {
    const why = `${playbook}: no candidate takes any variance away (${others.join("; ")})`;
    throw new CommandFailure(EXIT_CODES.usage, "HEDGE_UNDECIDED", `hedge: auto of ${why}`);
  }
  const why = `${words(first)}, ${first.rows} rows to ${new Date(first.toMs).toISOString()}; ${others.join("; ")}`;
  return { playbook, hedge: first.candidate, chosenMs: nowMs, why };
}

async function rankPlan(config: Config, plan: HedgePlan, nowMs: number): Promise<PlaybookRanking> {
  const terms = sampleTerms(config);
  const directory = directoryOf(config);
  const symbols = directory.instruments.map(({ symbol }) => symbol);
  const history = new History(historyOptions(config, { directory }), symbols, nowMs, terms.spanMs);
  try {
    const found = await rankFromHistory(plan, terms, (need) => history.read(need), nowMs);
    return { playbook: plan.playbook, hedge: plan.hedge, ...found, best: bestHedge(found)?.candidate ?? null };
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown };
    if (typeof code !== "string") throw cause;
    throw new CommandFailure(EXIT_CODES.usage, code, `candidates of ${plan.playbook} cannot be ranked: ${message}`);
  }
}

/** What a person wants to know of a candidate, in one line. */
export const words = ({ score, reduction, cost, sigma, beta, method }: JudgedHedge): string =>
  `score ${score.toFixed(3)}: takes ${percent(reduction)} of the variance away at ${percent(cost)} of the exposure, ` +
  `${percent(cost / sigma)} of its risk, with β ${beta.toFixed(4)} (${method})`;

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
