/**
 * The ccxt venue on the paper exchange: ccxt's real client in its real thread, every connection of it redirected. The same small
 * market as in `rig.ts`; the exchange's clock is 1,234 ms ahead.
 */
import type { EpochMs } from "../../../src/domain/units.ts";
import { type PaperServer, startPaper } from "../../../src/paper/server.ts";
import type { PaperVenue } from "../../../src/paper/venue-server.ts";
import { createPrng } from "../../../src/sim/prng.ts";
import { SystemClock } from "../../../src/time/clock.ts";
import { createCcxt } from "../../../src/venues/ccxt/ccxt.ts";
import type { CcxtOptions } from "../../../src/venues/ccxt/options.ts";
import { testDirectory } from "./directory.ts";
import { eventually, Recorder } from "./recorder.ts";
import { ASK_TICKS, BID_TICKS, type Rig, SKEW_MS, TOP_LOTS } from "./rig.ts";

export interface CcxtRig extends Omit<Rig, "paper"> {
  readonly paper: PaperVenue;
}

export function ccxtRig(changes: Partial<CcxtOptions> = {}): () => Promise<CcxtRig> {
  return async () => {
    const clock = new SystemClock();
    const heard = new Recorder();
    const server = await startCcxtPaper();
    const paper = server.venues[0]!;
    const venue = createCcxt({ ...ccxtOptions(paper.port), ...changes }, heard, testDirectory(), clock);
    try {
      await venue.connect();
    } catch (cause) {
      await server.close();
      throw cause;
    }
    return {
      venue,
      heard,
      paper,
      until: eventually,
      stampMs: () => Math.round(clock.wallMs() + (heard.status?.clockOffsetMs ?? Number.NaN)) as EpochMs,
      async placeAndBreak(order) {
        paper.faults.add({ kind: "killSockets", on: "place", when: "afterExecute", sockets: "orders" });
        venue.place(order);
      },
      async close() {
        await venue.close();
        await server.close();
      },
    };
  };
}

export function ccxtOptions(port: number): CcxtOptions {
  return {
    index: 0,
    name: "alpha",
    exchange: "binanceusdm",
    environment: { type: "paper", host: "127.0.0.1", port },
    credentials: { apiKey: "paper-key", secret: "paper-secret" },
    heartbeatMs: 200,
    staleAfterMs: 2000,
    reconnectBackoff: { baseMs: 10, maxMs: 100 },
    random: createPrng(1).float,
  };
}

/** One Binance USDM venue with bid 61800.0 and ask 61800.1, 100 lots each, and nothing behind them. */
export async function startCcxtPaper(): Promise<PaperServer> {
  const paper = await startPaper({
    venues: [
      {
        name: "alpha",
        port: 0,
        apiKey: "paper-key",
        apiSecret: "paper-secret",
        symbols: [
          { symbol: "BTCUSDT", tickSize: "0.1", lotSize: "0.001", minNotional: "100" },
          { symbol: "ETHUSDT", tickSize: "0.01", lotSize: "0.001", minNotional: "20" },
        ],
      },
    ],
    market: { type: "none" },
    depthLevels: 0,
  });
  const exchange = paper.venues[0]!;
  exchange.faults.add({ kind: "clockSkew", ms: SKEW_MS, durationMs: 600_000 });
  const listing = exchange.exchange.listings.get("BTCUSDT")!;
  exchange.exchange.quote(listing, { bidTicks: BID_TICKS, bidLots: TOP_LOTS, askTicks: ASK_TICKS, askLots: TOP_LOTS });
  exchange.exchange.flush();
  return paper;
}
