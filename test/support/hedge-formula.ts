/**
 * The hedge a signal must lead to, from SPEC §5 alone: none of the engine's code computes it.
 */
import { BETA_CROSS, HOLDINGS_BTC, HOLDINGS_BTC_PERP, LEVERAGE, RISK_TOLERANCE, VOLATILITY_DAILY } from "./world.ts";

const POSITION_NOTIONAL_FULL = 100_000;
const VOLATILITY_DAILY_FULL = 0.05;
const TIME_OF_DAY = 0.5;
const LEVERAGE_GAIN = 0.25;
const LOT = 0.001;

/** h = clamp01(clamp01(Σ wᵢ xᵢ) · night · leverage) */
function intensity(exposureNotional: number, strength: number, utcHour: number): number {
  const sum =
    0.35 * clamp01(Math.abs(exposureNotional) / POSITION_NOTIONAL_FULL) +
    0.25 * strength +
    0.2 * clamp01(VOLATILITY_DAILY / VOLATILITY_DAILY_FULL) +
    0.15 * (1 - RISK_TOLERANCE) +
    0.05 * TIME_OF_DAY;
  const night = utcHour >= 1 && utcHour < 4 ? 1.2 : 1;
  return clamp01(clamp01(sum) * night * (1 + (LEVERAGE_GAIN * (LEVERAGE - 1)) / 9));
}

/** Net lots of BTC/USDT:USDT that protect the spot holding. */
export function targetLotsBtc(strength: number, price: number, utcHour: number): number {
  const exposure = HOLDINGS_BTC * price;
  return Math.trunc((-exposure * intensity(exposure, strength, utcHour)) / (price * LOT));
}

/** Net lots of ETH/USDT:USDT that protect the BTC perpetual, at β and both prices. */
export function targetLotsEth(strength: number, btcPrice: number, ethPrice: number, utcHour: number): number {
  const exposure = HOLDINGS_BTC_PERP * btcPrice;
  return Math.trunc((-exposure * BETA_CROSS * intensity(exposure, strength, utcHour)) / (ethPrice * LOT));
}

const clamp01 = (x: number): number => Math.min(1, Math.max(0, x));
