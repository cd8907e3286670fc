/** An instrument that a setting names: what is wrong with the name, null where nothing is. */
import { meant } from "./complain.ts";
import type { Config } from "./schema.ts";

export function unknownInstrument({ instruments }: Config, symbol: string): string | null {
  const symbols = instruments.map((instrument) => instrument.symbol);
  return symbols.includes(symbol) ? null : `no instrument "${symbol}"${meant(symbol, symbols)}`;
}

/** Unknown, or there is nowhere to trade it. */
export function untradableInstrument(config: Config, symbol: string): string | null {
  const unknown = unknownInstrument(config, symbol);
  if (unknown !== null) return unknown;
  const isListed = config.instruments.some((each) => each.symbol === symbol && each.listings.length > 0);
  return isListed ? null : `"${symbol}" has no listing, so it cannot be traded`;
}
