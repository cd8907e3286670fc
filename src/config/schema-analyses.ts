/** Analyses that the engine makes by itself: hedge ratios, half-lives, calibrations, excursions and weights. SPEC §4 and §5. */
import * as v from "valibot";
import { symbol } from "./schema-shield.ts";
import { flag, integer, list, oneOf, path, real, section, text } from "./setting.ts";

const days = (min: number, sentence: string) => real({ min, max: 3650, unit: "days", sentence });
const hours = (max: number, sentence: string) => real({ min: 0.01, max, unit: "hours", sentence });

const HistoryConfig = section(
  {
    instrument: symbol("Instrument whose prices these are."),
    file: v.exactOptional(path("CSV of candles, as `outrigger data download` and `import` write it, from this file.")),
    exchange: v.exactOptional(
      text({ pattern: /^[a-z0-9]{2,40}$/, form: "ccxt's id of an exchange", sentence: "Where to download candles." }),
    ),
    symbol: v.exactOptional(
      text({
        pattern: /^[^\s]{1,64}$/,
        form: "a unified symbol such as BTC/USDT",
        sentence: "Its symbol there; the instrument's own by default.",
      }),
    ),
  },
  "Where the candles of one instrument come from.",
);

export const AnalysesConfig = section(
  {
    enabled: v.optional(
      flag({ sentence: "Whether the engine computes analyses by itself, at the start and on schedule." }),
      true,
    ),
    history: v.optional(
      list(HistoryConfig, {
        min: 0,
        max: 64,
        sentence: "Candles; an instrument absent here is asked for at its first listing's venue, by ccxt.",
      }),
      [],
    ),
    timeframe: v.optional(
      oneOf(["1m", "5m", "15m", "1h", "4h", "1d"], { sentence: "Candles that hedge ratios are estimated on." }),
      "1h",
    ),
    spanDays: v.optional(days(1, "How far back the history is looked at."), 182),
    rowsMin: v.optional(
      integer({ min: 30, max: 1_000_000, unit: "bars", sentence: "Nothing is estimated on fewer." }),
      200,
    ),
    historyAgeDaysMax: v.optional(days(0.001, "A history that ends longer ago is refused."), 3),
    halfLifeHours: v.optional(hours(8760, "Time between two estimates of a half-life."), 24),
    halfLifeBars: v.optional(
      integer({ min: 30, max: 1_000_000, unit: "bars", sentence: "Bars that a half-life is estimated on." }),
      5000,
    ),
    calibrationHours: v.optional(hours(8760, "Time between two calibrations of stated confidences."), 24),
    correlationHours: v.optional(hours(168, "Time between two correlations of the portfolio hedge."), 24),
    refitSignalsMin: v.optional(
      integer({ min: 1, max: 100_000, unit: "signals", sentence: "Linear weights are not refitted on fewer." }),
      50,
    ),
    stopDistance: v.optional(
      real({
        min: 0.0001,
        max: 1,
        unit: "of the price",
        sentence: "Loss that asks for a full hedge, in a shield's refit; a signal playbook's is its stopLoss.",
      }),
      0.05,
    ),
    staleDays: v.optional(days(0.001, "Nothing is opened by a half-life or a calibration that is older."), 14),
    retryMinutes: v.optional(
      real({ min: 0.01, max: 10_080, unit: "minutes", sentence: "An analysis that failed is tried again after." }),
      60,
    ),
    timeoutS: v.optional(
      integer({ min: 1, max: 86_400, unit: "s", sentence: "Analyses that take longer are ended and alarmed." }),
      600,
    ),
  },
  "What the engine computes from long samples, beside its decisions.",
);
export type AnalysesConfig = v.InferOutput<typeof AnalysesConfig>;
