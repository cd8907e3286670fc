/**
 * The shape of a configuration: what each index of what was saved points at, each as a text. What was saved is for a
 * configuration that still begins with the same venues, instruments, listings, sources and owners in the same order.
 */
import type { CoreConfig } from "./config.ts";

export type Shape = Readonly<Record<string, readonly string[]>>;

export function shapeOf({ directory, shields, signals, reversions, portfolio }: CoreConfig): Shape {
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

export const fitsShape = (saved: Shape, config: CoreConfig): boolean =>
  Object.entries(shapeOf(config)).every(([name, members]) =>
    (saved[name] ?? []).every((member, at) => members[at] === member),
  );
