/**
 * Rigs: the same small market behind different implementations of the venue port, so that one matrix tests them all.
 * Bid 61800.0 and ask 61800.1 with 100 lots each, one BTC perpetual, minimum notional 100.
 */
import { generateKeyPairSync } from "node:crypto";
import type { OrderRequest } from "../../../src/domain/order.ts";
import type { EpochMs } from "../../../src/domain/units.ts";
import { startPaper } from "../../../src/paper/server.ts";
import { createPrng } from "../../../src/sim/prng.ts";
import { Scheduler } from "../../../src/sim/scheduler.ts";
import { createSimVenue } from "../../../src/sim/sim-venue.ts";
import { SystemClock, VirtualClock } from "../../../src/time/clock.ts";
import { createBinanceUsdm } from "../../../src/venues/binance-usdm.ts";
import type { BinanceCredentials } from "../../../src/venues/binance-usdm-signer.ts";
import type { Venue } from "../../../src/venues/venue.ts";
import { BTC, testDirectory } from "./directory.ts";
import { eventually, Recorder } from "./recorder.ts";

export const BID_TICKS = 618_000;
export const ASK_TICKS = 618_001;
export const TOP_LOTS = 100;

export interface Rig {
  readonly venue: Venue;
  readonly heard: Recorder;
  /** The venue's clock now, as the engine would stamp an order. */
  stampMs(): EpochMs;
  until<T>(get: () => T | undefined | null | false, what?: string): Promise<T>;
  /** Places an order whose connection breaks after the exchange executed it and before the answer. */
  placeAndBreak(order: OrderRequest): Promise<void>;
  close(): Promise<void>;
}

export async function simulatedRig(): Promise<Rig> {
  const scheduler = new Scheduler(new VirtualClock(1_700_000_000_000));
  const heard = new Recorder();
  const options = { index: 0, name: "alpha", latencyMs: { min: 1, max: 3 }, clockSkewMs: 1234 };
  const venue = createSimVenue(options, heard, testDirectory(), scheduler, createPrng(1));
  await venue.connect();
  venue.setQuote(BTC, BID_TICKS, TOP_LOTS, ASK_TICKS, TOP_LOTS);
  const until: Rig["until"] = async (get, what = "the condition") => {
    for (;;) {
      const value = get();
      if (value) return value;
      if (!scheduler.step()) throw new Error(`nothing is left to happen before ${what}`);
    }
  };
  return {
    venue,
    heard,
    until,
    stampMs: () => (scheduler.clock.wallMs() + 1234) as EpochMs,
    async placeAndBreak(order) {
      const { orderCount } = venue.exchange;
      venue.place(order);
      await until(() => venue.exchange.orderCount > orderCount, "the order's execution");
      venue.outage(20);
    },
    close: () => venue.close(),
  };
}

/** The native client against the paper exchange, over loopback sockets, the exchange's clock 1,234 ms ahead. */
export function paperRig(keyType: BinanceCredentials["secret"]["type"]): () => Promise<Rig> {
  return async () => {
    const clock = new SystemClock();
    const heard = new Recorder();
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const symbols = [
      { symbol: "BTCUSDT", tickSize: "0.1", lotSize: "0.001", minNotional: "100" },
      { symbol: "ETHUSDT", tickSize: "0.01", lotSize: "0.001", minNotional: "20" },
    ];
    const key = keyType === "hmac" ? { apiSecret: "paper-secret" } : { publicKeyPem };
    const paper = await startPaper({
      venues: [{ name: "alpha", port: 0, apiKey: "paper-key", ...key, symbols }],
      market: { type: "none" },
      depthLevels: 0,
    });
    const [exchange] = paper.venues;
    if (!exchange) throw new Error("the paper exchange has no venue");
    exchange.faults.add({ kind: "clockSkew", ms: 1234, durationMs: 600_000 });
    const listing = exchange.exchange.listings.get("BTCUSDT")!;
    exchange.exchange.quote(listing, {
      bidTicks: BID_TICKS,
      bidLots: TOP_LOTS,
      askTicks: ASK_TICKS,
      askLots: TOP_LOTS,
    });
    exchange.exchange.flush();
    const url = `127.0.0.1:${exchange.port}`;
    const secret = keyType === "hmac" ? { type: keyType, secret: "paper-secret" } : { type: keyType, privateKeyPem };
    const venue = createBinanceUsdm(
      {
        index: 0,
        name: "alpha",
        endpoints: {
          restUrl: `http://${url}`,
          orderUrl: `ws://${url}/ws-fapi/v1`,
          streamUrl: `ws://${url}/private/ws`,
          marketUrl: `ws://${url}/public/ws`,
        },
        credentials: { apiKey: "paper-key", secret },
        heartbeatMs: 200,
        staleAfterMs: 2000,
        reconnectBackoff: { baseMs: 10, maxMs: 100 },
        random: createPrng(1).float,
      },
      heard,
      testDirectory(),
      clock,
    );
    await venue.connect();
    return {
      venue,
      heard,
      until: eventually,
      stampMs: () => Math.round(clock.wallMs() + (heard.status?.clockOffsetMs ?? Number.NaN)) as EpochMs,
      async placeAndBreak(order) {
        exchange.faults.add({ kind: "killSockets", on: "place", when: "afterExecute", sockets: "orders" });
        venue.place(order);
      },
      async close() {
        await venue.close();
        await paper.close();
      },
    };
  };
}
