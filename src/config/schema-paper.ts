/**
 * Paper exchange: what `outrigger paper` serves. Its symbols are the listings of the paper venues.
 */
import * as v from "valibot";
import { PaperFaultConfig } from "./schema-paper-faults.ts";
import { decimal, flag, host, integer, list, name, oneOf, path, real, section, text } from "./setting.ts";

const symbol = (sentence: string) =>
  text({ pattern: /^[A-Za-z0-9._-]{1,40}$/, form: "a venue's symbol, such as BTCUSDT", sentence });

const MarketConfig = section(
  {
    type: v.optional(
      oneOf(["synthetic", "csv"], {
        sentence: "synthetic: seeded random walk. csv: recorded quotes, trades or candles.",
      }),
      "synthetic",
    ),
    files: v.optional(
      list(path("One CSV file, relative to this file."), {
        min: 0,
        max: 64,
        sentence: "Recordings to play; only for csv.",
      }),
      [],
    ),
    speed: v.optional(real({ min: 0.001, max: 10_000, unit: "x recorded time", sentence: "Pace of a recording." }), 1),
    loop: v.optional(flag({ sentence: "Start a recording again at its end." }), true),
    volatilityDaily: v.optional(
      real({
        min: 0,
        max: 5,
        unit: "fraction of price per square root of a day",
        sentence: "Of the synthetic market.",
      }),
      0.04,
    ),
  },
  "What moves the prices.",
);

export const PaperConfig = section(
  {
    host: v.optional(host("Address the paper venues listen on. Keep it on loopback."), "127.0.0.1"),
    venues: v.optional(
      list(
        section(
          {
            name: name("Name of a venue whose environment is paper."),
            port: integer({ min: 1, max: 65_535, unit: "TCP port", sentence: "Port it is served on." }),
            dialect: v.exactOptional(
              oneOf(["binance-usdm", "binance-spot", "bybit-linear", "okx-swap"], {
                sentence: "Wire language it speaks; the venue's type by default.",
              }),
            ),
            rateLimits: v.optional(
              oneOf(["none", "documented"], {
                sentence: "documented: what the real venue publishes is enforced. none: nothing is.",
              }),
              "none",
            ),
            contractSizes: v.optional(
              list(
                section(
                  {
                    symbol: symbol("Symbol of a listing of this venue."),
                    size: decimal({ unit: "base asset per contract", sentence: "What one contract stands for." }),
                  },
                  "One contract size.",
                ),
                { min: 0, max: 64, sentence: "Where orders are in contracts (okx-swap); 1 for a symbol absent here." },
              ),
              [],
            ),
            assets: v.optional(
              list(
                section(
                  {
                    asset: text({ pattern: /^[A-Z0-9]{1,20}$/, form: "an asset such as BTC", sentence: "The asset." }),
                    amount: decimal({ unit: "of the asset", sentence: "How much of it." }),
                  },
                  "One holding.",
                ),
                { min: 0, max: 64, sentence: "Of an account at the start, besides its quote currency (binance-spot)." },
              ),
              [],
            ),
            faults: v.optional(
              list(PaperFaultConfig, { min: 0, max: 100, sentence: "What goes wrong there from the start." }),
              [],
            ),
          },
          "One paper venue.",
        ),
        { min: 0, max: 8, sentence: "Ports of the paper venues." },
      ),
      [],
    ),
    seed: v.optional(
      integer({ min: 0, max: 4_294_967_295, sentence: "Seed of market and latency: same seed, same run." }),
      1,
    ),
    market: v.optional(MarketConfig, {}),
    initialPrices: v.optional(
      list(
        section(
          {
            symbol: symbol("Symbol of a listing."),
            price: decimal({ unit: "quote currency", sentence: "Price at the start." }),
          },
          "One price.",
        ),
        { min: 0, max: 64, sentence: "Where the synthetic market starts; 100 for a symbol that is absent here." },
      ),
      [],
    ),
    latencyMs: v.optional(
      real({ min: 0, max: 10_000, unit: "ms each way", sentence: "Added to every message of a paper venue." }),
      0,
    ),
    takerFeeBps: v.optional(
      real({ min: -100, max: 1000, unit: "bps of notional", sentence: "Fee of a taking fill." }),
      5,
    ),
    fundingRate: v.optional(
      real({
        min: -0.1,
        max: 0.1,
        unit: "fraction of a position's value",
        sentence: "Paid by longs to shorts per interval; 0: none.",
      }),
      0,
    ),
    fundingIntervalMs: v.optional(
      integer({ min: 1000, max: 86_400_000, unit: "ms", sentence: "Time between funding payments." }),
      28_800_000,
    ),
  },
  "The paper exchange.",
);
export type PaperConfig = v.InferOutput<typeof PaperConfig>;
