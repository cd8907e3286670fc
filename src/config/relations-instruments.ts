/**
 * Instruments and listings fit together: what passes here builds a directory (`createDirectory` asserts the same).
 */
import { toSteps } from "../domain/decimal.ts";
import { type Complain, meant, unique } from "./complain.ts";
import type { SettingPath } from "./problem.ts";
import type { Config } from "./schema.ts";
import type { InstrumentConfig } from "./schema-instruments.ts";

/** The shared memory's tables have this many slots (memory/layout.ts). */
const LISTINGS_MAX = 128;

export function checkInstruments(config: Config, complain: Complain): void {
  const venues = config.venues.map((venue) => venue.name);
  unique(
    config.instruments.map((instrument) => instrument.symbol),
    (i) => ["instruments", i, "symbol"],
    "instrument",
    complain,
  );
  const listings = config.instruments.reduce((total, instrument) => total + instrument.listings.length, 0);
  if (listings > LISTINGS_MAX) complain(["instruments"], `${listings} listings, the limit is ${LISTINGS_MAX}`);
  const listed = new Map<string, string>();
  config.instruments.forEach((instrument, i) => {
    unique(
      instrument.listings.map((listing) => listing.venue),
      (j) => ["instruments", i, "listings", j, "venue"],
      `listing of ${instrument.symbol} at`,
      complain,
    );
    instrument.listings.forEach((listing, j) => {
      const here = ["instruments", i, "listings", j];
      if (!venues.includes(listing.venue)) {
        complain([...here, "venue"], `no venue "${listing.venue}"${meant(listing.venue, venues)}`);
      }
      const key = `${listing.venue} ${listing.symbol}`;
      const other = listed.get(key);
      if (other !== undefined && other !== instrument.symbol) {
        complain([...here, "symbol"], `${listing.symbol} at ${listing.venue} is already a listing of ${other}`);
      }
      listed.set(key, instrument.symbol);
      checkSteps(instrument, listing, here, complain);
    });
  });
}

function checkSteps(
  instrument: InstrumentConfig,
  listing: InstrumentConfig["listings"][number],
  here: SettingPath,
  complain: Complain,
): void {
  const steps: [keyof typeof listing, string, string][] = [
    ["tickSize", instrument.tickSize, "tickSize"],
    ["lotSize", instrument.lotSize, "lotSize"],
    ["minQty", instrument.lotSize, "lotSize"],
    ["maxQty", instrument.lotSize, "lotSize"],
  ];
  for (const [field, unit, unitName] of steps) {
    const value = listing[field];
    if (typeof value !== "string") continue;
    const count = toSteps(value, unit);
    if (count === null || count <= 0) {
      complain([...here, field], `${value} is no whole multiple of the instrument's ${unitName}, ${unit}`);
    }
  }
}
