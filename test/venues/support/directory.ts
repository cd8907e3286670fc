/** One directory for the venue tests: BTC and ETH perpetuals at one venue, BTC at a second one too. */
import { createDirectory, type Directory } from "../../../src/domain/instrument.ts";

export const BTC = 0;
export const ETH = 1;
export const BTC_ELSEWHERE = 2;

/** As Binance and Bybit spell them. */
const SYMBOLS = { btc: "BTCUSDT", eth: "ETHUSDT" };

export function testDirectory(symbols: { readonly btc: string; readonly eth: string } = SYMBOLS): Directory {
  return createDirectory(
    [],
    ["alpha", "beta"],
    [
      {
        symbol: "BTC/USDT:USDT",
        tickSize: "0.1",
        lotSize: "0.001",
        listings: [{ venue: "alpha", symbol: symbols.btc, minNotional: 100 }],
      },
      {
        symbol: "ETH/USDT:USDT",
        tickSize: "0.01",
        lotSize: "0.001",
        listings: [{ venue: "alpha", symbol: symbols.eth, minNotional: 20 }],
      },
      {
        symbol: "BTC/USDC:USDC",
        tickSize: "0.1",
        lotSize: "0.001",
        listings: [{ venue: "beta", symbol: "BTCUSDC", minNotional: 100 }],
      },
    ],
  );
}
