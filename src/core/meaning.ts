/**
 * What the indices in a decision log point at: venues, instruments, listings, sources and owners, in the order of the
 * configuration. A log says "listing 3"; what that is, only the configuration of the life that wrote it knows. What was saved by
 * one configuration is for those that begin as it did.
 */
import type { CoreConfig } from "./config.ts";

/** Each as a text. */
export type Meaning = Readonly<Record<string, readonly string[]>>;

export function meaningOf({ directory, shields, signals, reversions, portfolio }: CoreConfig): Meaning {
  return {
    sources: directory.sources,
    venues: directory.venues.map(({ name }) => name),
    instruments: directory.instruments.map(({ symbol, tickSize, lotSize }) => `${symbol} ${tickSize} ${lotSize}`),
    listings: directory.listings.map(({ instrument, venue, symbol, tickStep, lotStep }) =>
      [instrument, venue, symbol, tickStep, lotStep].join(" "),
    ),
    owners: [
      ...shields.map(({ asset, hedge }) => `shield ${asset} ${hedge}`),
      ...signals.map(({ primary, hedge }) => `signal ${primary} ${hedge}`),
      ...reversions.map(({ primary, hedge }) => `reversion ${primary} ${hedge}`),
      ...(portfolio === undefined ? [] : [`portfolio ${portfolio.index}`]),
    ],
  };
}

/**
 * A listing's tick and lot bind only what is still to be ordered, and venues change them: what stands is counted in those of the
 * instrument. They are in the text because snapshots of all builds have them.
 */
const LISTING_STEPS = / \d+ \d+$/;

/** The first index that means something else now, in words; null where `now` begins as `before` did. */
export function firstMoved(before: Meaning, now: Meaning): string | null {
  for (const [name, members] of Object.entries(now)) {
    const meant = (member?: string) => (name === "listings" ? member?.replace(LISTING_STEPS, "") : member);
    const at = (before[name] ?? []).findIndex((member, index) => meant(members[index]) !== meant(member));
    if (at >= 0) return `${name} ${at} was "${before[name]![at]}" and is "${members[at] ?? "gone"}"`;
  }
  return null;
}
