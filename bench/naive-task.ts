/** One signal of the naive baseline: frame in, order frame out. */
import { clientOrderId } from "../src/core/client-order-id.ts";
import { createDirectory } from "../src/domain/instrument.ts";
import { type EpochMs, lots, ticks } from "../src/domain/units.ts";
import { orderTagger } from "../src/lane/order-tag.ts";
import { createBinanceFrames, ORDER_FRAME_BYTES } from "../src/venues/binance-usdm/frames.ts";
import { createBinanceSigner } from "../src/venues/binance-usdm/signer.ts";
import { venueListings } from "../src/venues/venue-listings.ts";
import { FRAME_HEAD_BYTES } from "../src/venues/wire/client-frame.ts";
import { decodeFrame } from "../src/wire/decode.ts";
import { SIGNALS } from "./frames.ts";

const directory = createDirectory(
  [SIGNALS.source],
  ["bench"],
  [
    {
      symbol: "BTC/USDT:USDT",
      tickSize: "0.1",
      lotSize: "0.001",
      listings: [{ venue: "bench", symbol: "BTCUSDT" }],
    },
  ],
);
const signer = createBinanceSigner({ apiKey: "bench", secret: { type: "hmac", secret: "bench" } });
const frames = createBinanceFrames(venueListings(directory, 0), signer);
const tagOf = orderTagger(SIGNALS.engineId);
const bytes = Buffer.alloc(ORDER_FRAME_BYTES);
let requests = 0;

export default function order(frame: Uint8Array): string {
  const decoded = decodeFrame(frame);
  if (!decoded.ok) throw new Error(decoded.error.message);
  const { signalId } = decoded.signal;
  const length = frames.place(bytes, ++requests, {
    clientOrderId: clientOrderId(tagOf(`${SIGNALS.source}|${signalId}`), 1, 0, 0, 0),
    listing: 0,
    side: "sell",
    qtyLots: lots(1),
    pxTicks: ticks(617_000),
    timeInForce: "ioc",
    reduceOnly: false,
    stampMs: Date.now() as EpochMs,
    validForMs: 400,
  });
  return bytes.toString("latin1", FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + length);
}
