/**
 * Recorded real quotes: `outrigger run --paper --market` plays Binance's own best bids and asks of 8 August 2024, and a signal
 * is hedged at them.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { startEngineProcess, until } from "../support/engine-process.ts";
import { schemaBody, WebhookSender } from "../support/senders.ts";
import { netLots, tagOf, touchOf, venueTruth } from "../support/venue-truth.ts";
import { createWorld } from "../support/world.ts";

const RECORDING = fileURLToPath(
  new URL("../../../shared/data/market/tick/perp_BTCUSDT_bbo_20240808_120s.csv", import.meta.url),
);
/** The second venue asks one tick more and bids one less than the first, the third two. */
const SKEW = 0.2;

const recorded = existsSync(RECORDING);
if (!recorded) console.warn("skipped: recorded market end to end (../shared/data is not here)");

it.skipIf(!recorded)("a signal is hedged at prices that Binance really quoted", async () => {
  const rows = readFileSync(RECORDING, "utf8").trim().split("\n").slice(1);
  const quotes = rows.map((row) => row.split(",")).map((cells) => ({ bid: Number(cells[3]), ask: Number(cells[5]) }));
  const bids = quotes.map(({ bid }) => bid);
  const pairs = new Set(quotes.map(({ bid, ask }) => `${bid} ${ask}`));
  const world = await createWorld();
  const engine = await startEngineProcess(world, { args: ["--market", RECORDING] });
  const sender = new WebhookSender(world, 1);
  try {
    const touch = await touchOf(world.venues["alpha"] ?? "", "BTCUSDT");
    expect(pairs).toContain(`${touch.bid} ${touch.ask}`);

    const answer = await sender.send("recorded-1", schemaBody("recorded-1", 0.9, { quantity: "0.250" }));
    expect(answer.status).toBe(202);
    await until("the hedge is filled", async () => netLots(await venueTruth(world), "BTCUSDT") === -250);
    const truth = await venueTruth(world);
    const tag = tagOf(world.engineId, "hooks", "recorded-1");
    const filled = truth.orders.filter((order) => order.clientOrderId.startsWith(tag) && order.cumQtyLots > 0);
    expect(filled.every((order) => order.side === "sell")).toBe(true);
    expect(filled.reduce((sum, order) => sum + order.cumQtyLots, 0)).toBe(250);

    await until("the engine's book is the exchange's", async () => {
      const { positions } = await engine.positions();
      return positions.reduce((sum, each) => sum + each.qtyLots, 0) === -250;
    });
    for (const { qtyLots, entryPrice } of (await engine.positions()).positions) {
      if (qtyLots === 0) continue;
      expect(entryPrice).toBeGreaterThanOrEqual(bids.reduce((low, bid) => Math.min(low, bid)) - SKEW);
      expect(entryPrice).toBeLessThanOrEqual(bids.reduce((high, bid) => Math.max(high, bid)));
    }
  } finally {
    sender.close();
    expect(await engine.end("SIGTERM")).toBe(0);
    world.remove();
  }
  // The exchange that `run` started ends with it.
  await until("the paper exchange is gone", () =>
    fetch(`${world.venues["alpha"]}/fapi/v1/ping`).then(
      () => false,
      () => true,
    ),
  );
});
