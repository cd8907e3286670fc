/** The configuration of the signals study: the engine's own defaults, for one position of a pair of markets. */
import { RUN_TERMS } from "../backtest/run/run-terms.ts";
import { SYNTHETIC_SIGNALS } from "../backtest/run/synthetic-signals.ts";
import { parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { plainDecimal } from "../market-data/plain-decimal.ts";
import { type StudyMarket, stepBelow } from "./study-market.ts";

/** What signals name. */
export const STUDY_ASSET = "ONE/QUOTE";
/** Instruments in the configuration's order, and the listings of the two that trade: two venues each. */
export const STUDY_PRIMARY = { instrument: 1, listings: [0, 1] } as const;
export const STUDY_HEDGE = { instrument: 2, listings: [2, 3] } as const;

/** Notional of a position as a share of what trades in a bar, so that depth is not what is studied; and of the capital. */
const VOLUME_SHARE = 1 / 50;
export const CAPITAL_MULTIPLE = 10;

export function studyNotional(primary: StudyMarket, hedge: StudyMarket): number {
  const traded = Math.min(primary.price * primary.volume, hedge.price * hedge.volume);
  return Number((traded * VOLUME_SHARE).toPrecision(2));
}

export function signalsStudyConfig(primary: StudyMarket, hedge: StudyMarket, feeBps: number): Config {
  const notional = studyNotional(primary, hedge);
  const sources = Object.keys(SYNTHETIC_SIGNALS.sources).map(
    (name) => `  - { name: ${name}, adapter: schema, auth: { type: standard-webhooks, secretsFile: [unused] } }`,
  );
  const traded = (symbol: string, name: string, { price }: StudyMarket) => `
  - symbol: ${symbol}
    tickSize: "${stepBelow(price, 5)}"
    lotSize: "${stepBelow(notional / price, 4)}"
    listings:
      - { venue: first, symbol: ${name}, takerFee: ${plainDecimal(String(feeBps / 10_000))} }
      - { venue: second, symbol: ${name}, takerFee: ${plainDecimal(String(feeBps / 10_000))} }`;
  return parseConfig(
    "signals-study.yaml",
    `
engine: { id: signals-study }
sources:
${sources.join("\n")}
venues:
  - { name: first, type: binance-usdm, environment: paper }
  - { name: second, type: binance-usdm, environment: paper }
instruments:
  - { symbol: ${STUDY_ASSET}, tickSize: "${stepBelow(primary.price, 5)}", lotSize: "${stepBelow(notional / primary.price, 4)}" }${traded(
    `${STUDY_ASSET}:QUOTE`,
    "ONEQUOTE",
    primary,
  )}${traded("TWO/QUOTE:QUOTE", "TWOQUOTE", hedge)}
signal:
  - asset: ${STUDY_ASSET}
    primary: ${STUDY_ASSET}:QUOTE
    hedge: TWO/QUOTE:QUOTE
    notional: ${notional}
    notionalMax: ${notional}
    betaRule: { method: returns }
analyses: { historyAgeDaysMax: 30 }
risk: { orderNotionalMax: 1000000000000, positionNotionalMax: 1000000000000 }
breakers: { dailyLossMax: 1000000000000, drawdownMax: 1000000000000 }
paper: { venues: [{ name: first, port: 9101 }, { name: second, port: 9102 }] }
`,
  ).config;
}

/** Bars of a market that jumps between bid and ask would fill at prices that nobody could have had. */
export const studySpreadBps = (least: number, ...markets: readonly StudyMarket[]): number =>
  Math.min(1000, Math.max(least, RUN_TERMS.spreadBps, ...markets.map(({ rollSpreadBps }) => rollSpreadBps ?? 0)));
