/** Wiring of hedge candidates: what each playbook may choose from, what that costs to trade, and how it is estimated. */
import type { RankPlan } from "../analyses/rank-from-history.ts";
import { playbookName } from "../config/hedge-choices.ts";
import type { Config } from "../config/schema.ts";
import type { Directory } from "../domain/instrument.ts";
import { betaRule } from "./playbooks.ts";

export interface HedgePlan extends RankPlan {
  readonly playbook: string;
  /** As configured, or as it was chosen. */
  readonly hedge: string;
}

/** One per playbook that names candidates. */
export function hedgePlans(config: Config, directory: Directory): HedgePlan[] {
  return (["shield", "signal", "reversion"] as const).flatMap((kind) =>
    config[kind].flatMap((settings) => {
      const { hedge, hedgeCandidates, beta, betaRule: rule, correction } = settings;
      if (hedgeCandidates.length === 0) return [];
      const exposed = "primary" in settings ? settings.primary : settings.asset;
      return [
        {
          playbook: playbookName(kind, settings),
          hedge,
          exposure: indexOf(directory, exposed),
          candidates: hedgeCandidates.map((name) => {
            const instrument = indexOf(directory, name);
            const fees = directory.listings.filter((each) => each.instrument === instrument);
            const takerFee = Math.min(...fees.map((each) => each.takerFee));
            return { instrument, name, costs: { takerFee, slippage: correction.slippageBuffer } };
          }),
          terms: { rule: betaRule(rule), fixed: beta, rowsMin: config.analyses.rowsMin },
        },
      ];
    }),
  );
}

const indexOf = ({ instruments }: Directory, symbol: string): number =>
  instruments.findIndex((instrument) => instrument.symbol === symbol);
