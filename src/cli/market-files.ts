/**
 * `--market FILE[=WHAT]`: which instrument or listing a file's prices are of.
 *
 * WHAT is a unified symbol (BTC/USDT:USDT: every listing of it), a venue and its symbol (paper-a:BTCUSDT: that listing alone), or a
 * venue's symbol (BTCUSDT: every listing so spelled). Without it the file's name must hold one venue symbol: perp_BTCUSDT.csv.
 */
import { basename, resolve } from "node:path";
import type { FeedFile } from "../backtest/run/market-feed.ts";
import type { Directory } from "../domain/instrument.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { CommandFailure } from "./failure.ts";

export function feedFiles(given: readonly string[], directory: Directory, cwd: string): readonly FeedFile[] {
  return given.map((text) => {
    const at = text.lastIndexOf("=");
    const path = at < 0 ? text : text.slice(0, at);
    const target = at < 0 ? symbolOf(path, directory) : targetOf(text.slice(at + 1), directory);
    if (target === null) {
      const symbols = directory.instruments.map(({ symbol }) => symbol).join(", ");
      const what =
        at < 0 ? "say whose prices these are: FILE=SYMBOL" : `no instrument or listing ${text.slice(at + 1)}`;
      throw new CommandFailure(EXIT_CODES.usage, "SYMBOL_UNKNOWN", `--market ${text}: ${what}. Configured: ${symbols}`);
    }
    return { path: resolve(cwd, path), ...target };
  });
}

/** Instruments that the files price. */
export function pricedBy(files: readonly FeedFile[], directory: Directory): ReadonlySet<number> {
  const instruments = files.flatMap(({ listings, asset }) =>
    asset >= 0 ? [asset] : listings.map((listing) => directory.listings[listing]!.instrument),
  );
  return new Set(instruments);
}

type Target = Pick<FeedFile, "listings" | "asset">;

function targetOf(text: string, directory: Directory): Target | null {
  const instrument = directory.instruments.find(({ symbol }) => symbol === text);
  if (instrument !== undefined) {
    const listings = directory.listings.filter((listing) => listing.instrument === instrument.index);
    return listings.length === 0
      ? { listings: [], asset: instrument.index }
      : { listings: listings.map(({ index }) => index), asset: -1 };
  }
  const [, venue = null, symbol = text] = /^([A-Za-z0-9_-]+):(.+)$/.exec(text) ?? [];
  const listings = directory.listings.filter(
    (listing) => listing.symbol === symbol && (venue === null || directory.venues[listing.venue]!.name === venue),
  );
  return listings.length === 0 ? null : { listings: listings.map(({ index }) => index), asset: -1 };
}

/** From the file's name: the one venue symbol that stands in it between separators. */
function symbolOf(path: string, directory: Directory): Target | null {
  const words = new Set(basename(path).split(/[^A-Za-z0-9]+/));
  const symbols = new Set(directory.listings.map(({ symbol }) => symbol).filter((symbol) => words.has(symbol)));
  return symbols.size === 1 ? targetOf([...symbols][0]!, directory) : null;
}
