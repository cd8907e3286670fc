/**
 * The shield study: does a shield that hedges on alerts keep a leveraged position from being liquidated, at what cost, and would a
 * hedge that simply stands have done as well?
 *
 * Three ways to hold the same position over the same prices: without a hedge, with the shield (the live core over simulated
 * venues), and with a hedge that stands all the time, once at the share that the shield held on average and once at a half. The
 * standing hedge pays fee and half the spread once. Everything is stated as a share of the notional at the start.
 */

import { Drawdown } from "../sums.ts";
import { type LiquidationCount, liquidations, type MarginTerms } from "./margin-paths.ts";
import type { RunEnd } from "./run.ts";
import { SHIELD_RULES, type ShieldRuleName } from "./shield-rule.ts";

const SHIELD_WAYS = ["no hedge", "shield", "standing, as much on average", "standing, one half"] as const;
export type ShieldWay = (typeof SHIELD_WAYS)[number];

export interface ShieldRow {
  readonly market: string;
  readonly rule: ShieldRuleName;
  readonly leverage: number;
  readonly way: ShieldWay;
  /** Share of the position that was hedged, in the mean over time. */
  readonly hedged_mean: number;
  readonly profit: number;
  readonly cost: number;
  readonly drawdown_max: number;
  /** Between bid and ask of the hedge. */
  readonly spread_bps: number;
  readonly paths: number;
  readonly liquidated: number;
  readonly liquidation_rate: number | null;
}

/** Samples of one run, kept whole: windows over them are looked at again and again. */
export class ShieldSamples {
  readonly atMs: number[] = [];
  readonly hedged: number[] = [];
  readonly unhedged: number[] = [];
  readonly exposure: number[] = [];
  #ratioSum = 0;

  onSample(atMs: number, hedged: number, unhedged: number, exposure: number, hedge: number): void {
    this.atMs.push(atMs);
    this.hedged.push(hedged);
    this.unhedged.push(unhedged);
    this.exposure.push(exposure);
    this.#ratioSum += -hedge / exposure;
  }

  /** Share of the exposure that was hedged, in the mean over samples. */
  ratioMean(): number {
    return this.atMs.length === 0 ? Number.NaN : this.#ratioSum / this.atMs.length;
  }
}

export function shieldRows(
  market: string,
  rule: ShieldRuleName,
  leverage: number,
  samples: ShieldSamples,
  { result }: RunEnd,
  margin: MarginTerms,
  costs: { readonly feeBps: number; readonly spreadBps: number },
): readonly ShieldRow[] {
  // Of a standing hedge's notional, paid once.
  const costShare = (costs.feeBps + costs.spreadBps / 2) / 10_000;
  const { atMs, exposure, unhedged } = samples;
  const notional = Math.abs(exposure[0] ?? Number.NaN);
  const mean = samples.ratioMean();
  const standing = (share: number) => unhedged.map((profit) => profit * (1 - share) - share * costShare * notional);
  const ways: readonly (readonly [ShieldWay, number, readonly number[], number])[] = [
    ["no hedge", 0, unhedged, 0],
    ["shield", mean, samples.hedged, result.metrics?.hedge_cost_drag.hedge_costs ?? 0],
    ["standing, as much on average", mean, standing(mean), mean * costShare * notional],
    ["standing, one half", 0.5, standing(0.5), 0.5 * costShare * notional],
  ];
  return ways.map(([way, share, profit, cost]) => {
    const [count] = liquidations({ atMs, profit, exposure }, { ...margin, leverages: [leverage] }) as [
      LiquidationCount,
    ];
    return {
      market,
      rule,
      leverage,
      way,
      hedged_mean: share,
      profit: (profit.at(-1) ?? 0) / notional,
      cost: cost / notional,
      drawdown_max: deepest(profit, notional),
      spread_bps: costs.spreadBps,
      paths: count.paths,
      liquidated: count.liquidated,
      liquidation_rate: count.paths === 0 ? null : count.liquidated / count.paths,
    };
  });
}

/** As a share of the highest equity so far; above 1 where more than that was lost. */
function deepest(profit: readonly number[], capital: number): number {
  const drawdown = new Drawdown();
  for (const each of profit) drawdown.add(capital + each);
  return drawdown.worst;
}

/** Rows of one leverage and way over several markets: rates over all paths, the rest in the mean over markets. */
export function pooledRows(name: string, rows: readonly ShieldRow[]): readonly ShieldRow[] {
  const leverages = [...new Set(rows.map(({ leverage }) => leverage))];
  const cases = SHIELD_RULES.flatMap((rule) => leverages.map((leverage) => ({ rule, leverage })));
  return cases.flatMap(({ rule, leverage }) =>
    SHIELD_WAYS.map((way): ShieldRow => {
      const of = rows.filter((row) => row.rule === rule && row.leverage === leverage && row.way === way);
      const mean = (field: "hedged_mean" | "profit" | "cost" | "drawdown_max" | "spread_bps") =>
        of.reduce((sum, row) => sum + row[field], 0) / of.length;
      const sum = (field: "paths" | "liquidated") => of.reduce((total, row) => total + row[field], 0);
      return {
        market: name,
        rule,
        leverage,
        way,
        hedged_mean: mean("hedged_mean"),
        profit: mean("profit"),
        cost: mean("cost"),
        drawdown_max: mean("drawdown_max"),
        spread_bps: mean("spread_bps"),
        paths: sum("paths"),
        liquidated: sum("liquidated"),
        liquidation_rate: sum("paths") === 0 ? null : sum("liquidated") / sum("paths"),
      };
    }),
  );
}
