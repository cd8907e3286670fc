/**
 * The paper exchange of the order bench, in a process of its own: one venue, two keys, a book that never runs dry.
 *
 *   node bench/orders-paper.ts      prints its port and the keys as one JSON line
 */
import { generateKeyPairSync } from "node:crypto";
import { startPaper } from "../src/paper/server.ts";

const pair = generateKeyPairSync("ed25519");
// As long as a real one: it is part of what is signed.
const apiKey = "b".repeat(64);
const apiSecret = "s".repeat(64);
const ed25519Key = "e".repeat(64);
const paper = await startPaper({
  venues: [
    {
      name: "bench",
      port: 0,
      apiKey,
      apiSecret,
      otherKeys: [
        { apiKey: ed25519Key, publicKeyPem: pair.publicKey.export({ type: "spki", format: "pem" }).toString() },
      ],
      symbols: [{ symbol: "BTCUSDT", tickSize: "0.1", lotSize: "0.001", minNotional: "5" }],
      balance: 1e9,
    },
  ],
  market: { type: "none" },
  depthLevels: 0,
});
const venue = paper.venues[0]!;
const listing = venue.exchange.listings.get("BTCUSDT")!;
const lots = 1_000_000_000;
venue.exchange.quote(listing, { bidTicks: 618_000, bidLots: lots, askTicks: 618_001, askLots: lots });
venue.exchange.flush();
console.log(
  JSON.stringify({
    port: venue.port,
    apiKey,
    apiSecret,
    ed25519Key,
    privateKeyPem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }),
);
process.on("SIGTERM", () => process.exit(0));
