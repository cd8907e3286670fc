/** One directory for the venue tests: BTC and ETH perpetuals at one venue, BTC at a second one too. */
import { createDirectory, type Directory } from "../../../src/domain/instrument.ts";

export const BTC = 0;
export const ETH = 1;
export const BTC_ELSEWHERE = 2;

export function testDirectory(): Directory {
  return createDirectory(
    [],
    ["alpha", "beta"],
    [
      {
        symbol: "BTC/USDT:USDT",
        tickSize: "0.1",
        lotSize: "0.001",
        listings: [{ venue: "alpha", symbol: "BTCUSDT", minNotional: 100 }],
      },
      {
        symbol: "ETH/USDT:USDT",
        tickSize: "0.01",
        lotSize: "0.001",
        listings: [{ venue: "alpha", symbol: "ETHUSDT", minNotional: 20 }],
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
