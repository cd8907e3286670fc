/**
 * Alerts for the shield study: two plain rules of the kind that people set alerts with. No parameter of
 * either was fitted; the second was added after the first had alerted too seldom to say anything. The study is of what the engine does
 * with alerts, not of how good these are.
 *
 *   fall    hedge while the price has fallen far for its volatility over the last hours; stop when it has come back
 *   trend   hedge while the price is below its mean of about a day; stop when it is above
 *
 * They use closes only, each at the end of its bar, so nothing is known before it happened.
 */
import { MarketRows } from "../../market-data/rows.ts";
import type { RunSignal } from "./run-parts.ts";

export const SHIELD_RULES = ["fall", "trend"] as const;
export type ShieldRuleName = (typeof SHIELD_RULES)[number];

export const SHIELD_RULE = {
  /** fall: of the last so many closes, in units of its own deviation (exponentially weighted moves without their mean). */
  fallBars: 48,
  /** fall: hedge from this many deviations down on, with full strength at `fullAt`; stop at 0 or above. */
  hedgeFrom: 1.5,
  fullAt: 4,
  /** trend: weight of the newest close in the mean, about a day of five minutes; strength of every alert. */
  meanWeight: 2 / 289,
  trendStrength: 0.5,
  /** Said again so often while it lasts. */
  repeatBars: 12,
  horizon: "4h",
  /** Bars until either is believed. */
  warmUpBars: 288,
} as const;

const LAMBDA = 0.99;

/** Strength of the hedge that a rule wants at this close: 0 for none, null for no opinion. */
type Opinion = (close: number) => number | null;

/** Alerts over a file of bars of `intervalMs`, as the schema's webhooks of `source`. */
export function* shieldAlerts(
  rule: ShieldRuleName,
  path: string,
  intervalMs: number,
  asset: string,
  source: string,
): Generator<RunSignal, void> {
  const rows = new MarketRows(path);
  const opinion = rule === "fall" ? fallOpinion() : trendOpinion();
  const { repeatBars, warmUpBars } = SHIELD_RULE;
  let bars = 0;
  let hedging = false;
  let saidAgo = 0;
  try {
    while (rows.next()) {
      const strength = opinion(rows.values[4]!);
      saidAgo++;
      if (++bars < warmUpBars || strength === null) continue;
      const atMs = rows.values[0]! + intervalMs;
      if (strength > 0 && (!hedging || saidAgo >= repeatBars)) {
        hedging = true;
        saidAgo = 0;
        yield alert(rule, source, asset, atMs, strength, "hedge");
      } else if (strength === 0 && hedging) {
        hedging = false;
        yield alert(rule, source, asset, atMs, 0, "close");
      }
    }
  } finally {
    rows.close();
  }
}

function fallOpinion(): Opinion {
  const { fallBars, hedgeFrom, fullAt } = SHIELD_RULE;
  const closes: number[] = [];
  let variance = 0;
  return (close) => {
    const before = closes.at(-1);
    if (before !== undefined) variance = LAMBDA * variance + (1 - LAMBDA) * Math.log(close / before) ** 2;
    closes.push(close);
    if (closes.length > fallBars + 1) closes.shift();
    if (variance === 0) return null;
    const fall = -Math.log(close / closes[0]!) / Math.sqrt(variance * fallBars);
    return fall >= hedgeFrom ? Math.min(1, fall / fullAt) : fall <= 0 ? 0 : null;
  };
}

function trendOpinion(): Opinion {
  const { meanWeight, trendStrength } = SHIELD_RULE;
  let mean = Number.NaN;
  return (close) => {
    mean = Number.isNaN(mean) ? close : mean + meanWeight * (close - mean);
    return close < mean ? trendStrength : 0;
  };
}

function alert(
  rule: ShieldRuleName,
  source: string,
  asset: string,
  atMs: number,
  strength: number,
  kind: "hedge" | "close",
): RunSignal {
  const body = {
    signal_id: `${rule}-${atMs}`,
    model: `${rule}-alert`,
    model_version: "1",
    kind,
    asset,
    direction: kind === "hedge" ? "long" : "flat",
    confidence: strength,
    time_horizon: SHIELD_RULE.horizon,
    generated_at: atMs,
  };
  return { atMs, source, body: Buffer.from(JSON.stringify(body)), isObject: true };
}
