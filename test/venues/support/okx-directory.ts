/** BTC and ETH perpetuals at one OKX venue. A lot of BTC is a tenth of a contract, one of ETH a hundredth. */
import { createDirectory, type Directory } from "../../../src/domain/instrument.ts";

export const OKX_BTC = "BTC-USDT-SWAP";
export const OKX_ETH = "ETH-USDT-SWAP";

export function okxDirectory(): Directory {
  return createDirectory(
    [],
    ["alpha"],
    [
      {
        symbol: "BTC/USDT:USDT",
        tickSize: "0.1",
        lotSize: "0.001",
        listings: [{ venue: "alpha", symbol: OKX_BTC }],
      },
      {
        symbol: "ETH/USDT:USDT",
        tickSize: "0.01",
        lotSize: "0.001",
        listings: [{ venue: "alpha", symbol: OKX_ETH, lotSize: "0.01", minQty: "0.01" }],
      },
    ],
  );
}

/** What the exchange says of them, as `data` of `/api/v5/public/instruments`. */
export const OKX_INSTRUMENTS = [
  {
    instId: OKX_BTC,
    instIdCode: 10_459,
    instType: "SWAP",
    ctType: "linear",
    ctVal: "0.01",
    ctMult: "1",
    ctValCcy: "BTC",
    settleCcy: "USDT",
    state: "live",
    tickSz: "0.1",
    lotSz: "0.1",
    minSz: "0.1",
  },
  {
    instId: OKX_ETH,
    instIdCode: 10_460,
    instType: "SWAP",
    ctType: "linear",
    ctVal: "0.1",
    ctMult: "1",
    ctValCcy: "ETH",
    settleCcy: "USDT",
    state: "live",
    tickSz: "0.01",
    lotSz: "0.1",
    minSz: "0.1",
  },
] as const;
