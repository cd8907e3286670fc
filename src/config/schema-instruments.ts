/**
 * Instruments and their listings. The output has the shape of `InstrumentSpec`, which `createDirectory` takes.
 */
import * as v from "valibot";
import { decimal, fraction, list, name, real, section, text } from "./setting.ts";

const ListingConfig = section(
  {
    venue: name("Name of a configured venue."),
    symbol: text({
      pattern: /^[A-Za-z0-9._:/-]{1,128}$/,
      form: "the venue's own symbol, such as BTCUSDT, or a prediction market's outcome",
      sentence: "The venue's own spelling.",
    }),
    tickSize: v.exactOptional(
      decimal({
        unit: "quote currency",
        sentence: "The venue's tick, a whole multiple of the instrument's; equal by default.",
      }),
    ),
    lotSize: v.exactOptional(
      decimal({
        unit: "base asset",
        sentence: "The venue's lot, a whole multiple of the instrument's; equal by default.",
      }),
    ),
    minQty: v.exactOptional(decimal({ unit: "base asset", sentence: "Smallest order; one lot by default." })),
    maxQty: v.exactOptional(decimal({ unit: "base asset", sentence: "Largest order; no bound by default." })),
    minNotional: v.exactOptional(
      real({ min: 0, max: 1e9, unit: "quote currency", sentence: "Smallest order by value; none by default." }),
    ),
    takerFee: v.exactOptional(fraction({ unit: "of notional", sentence: "Taker fee; 0.0005 by default." })),
  },
  "Where an instrument can be traded.",
);

export const InstrumentConfig = section(
  {
    symbol: text({
      pattern: /^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}(:[A-Z0-9]{1,20})?$/,
      form: "a unified symbol such as BTC/USDT, or BTC/USDT:USDT for its perpetual",
      sentence: "Unified symbol.",
    }),
    tickSize: decimal({ unit: "quote currency", sentence: "Price step that all listings share." }),
    lotSize: decimal({ unit: "base asset", sentence: "Quantity step that all listings share." }),
    aliases: v.optional(
      list(text({ pattern: /^[\x21-\x7e]{1,64}$/, form: "1 to 64 printable characters", sentence: "One spelling." }), {
        min: 0,
        max: 32,
        sentence: "Further spellings senders may use. BTC-USD means BTC/USDT only where it is listed here.",
      }),
      [],
    ),
    listings: v.optional(
      list(ListingConfig, { min: 0, max: 8, sentence: "Empty for an instrument that is only held." }),
      [],
    ),
  },
  "One instrument.",
);
export type InstrumentConfig = v.InferOutput<typeof InstrumentConfig>;
