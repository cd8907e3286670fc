/**
 * The whole path with nothing replaced: a sender's bytes → the engine's process → an order at the paper exchange's process.
 * Sides and quantities are computed from SPEC §5 and the exchange's own prices, and looked up at the exchange.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeFrame } from "../../src/wire/encode.ts";
import {
  type Engine,
  LAUNCHER_FLAGS,
  outrigger,
  type Running,
  startEngineProcess,
  startPaperProcess,
  until,
} from "../support/engine-process.ts";
import { targetLotsBtc, targetLotsEth } from "../support/hedge-formula.ts";
import { schemaBody, sendAlert, sendFrames, WebhookSender } from "../support/senders.ts";
import { midPrice, netLots, tagOf, venueTruth } from "../support/venue-truth.ts";
import { createWorld, type World } from "../support/world.ts";

let world: World;
let paper: Running;
let engine: Engine;
let webhooks: WebhookSender;

beforeAll(async () => {
  world = await createWorld();
  paper = await startPaperProcess(world);
  engine = await startEngineProcess(world, { nodeFlags: LAUNCHER_FLAGS });
  webhooks = new WebhookSender(world, 1);
});

afterAll(async () => {
  webhooks?.close();
  await engine?.end("SIGTERM");
  await paper?.end("SIGTERM");
  world?.remove();
});

let sentMs = 0;

/** Asked right before a signal is sent. */
async function heldNow(symbol: string): Promise<number> {
  sentMs = Date.now();
  return netLots(await venueTruth(world), symbol);
}

/**
 * Waits until the signal's orders at the exchange have filled what was missing, and no more: exact side, exact quantity. The
 * hour may turn between sending and deciding, so each of the two hours' targets is right.
 */
async function expectHedge(
  source: string,
  signalId: string,
  symbol: "BTCUSDT" | "ETHUSDT",
  before: number,
  target: (hour: number) => number,
) {
  const hours = [new Date(sentMs).getUTCHours()];
  const tag = tagOf(world.engineId, source, signalId);
  const ours = async () => (await venueTruth(world)).orders.filter((order) => order.clientOrderId.startsWith(tag));
  const filled = async () => (await ours()).reduce((sum, order) => sum + order.cumQtyLots, 0);
  await until(`an order of ${source}|${signalId} fills`, async () => (await filled()) > 0);
  await until("nothing is pending", async () => {
    const { hedges } = await engine.positions();
    return hedges.every((hedge) => hedge.pendingBuyLots === 0 && hedge.pendingSellLots === 0);
  });
  hours.push(new Date().getUTCHours());
  const targets = hours.map(target);
  const truth = await venueTruth(world);
  const held = netLots(truth, symbol);
  expect(targets).toContain(held);
  const orders = await ours();
  expect(orders.every((order) => order.symbol === symbol && order.orders === 1)).toBe(true);
  expect(new Set(orders.map((order) => order.side))).toEqual(new Set([held < before ? "sell" : "buy"]));
  expect(await filled()).toBe(Math.abs(held - before));
  // The engine's own book says the same, in sum and per venue.
  const book = await engine.positions();
  const hedge = book.hedges.find((each) => each.hedge === (symbol === "BTCUSDT" ? "BTC/USDT:USDT" : "ETH/USDT:USDT"));
  expect(hedge).toMatchObject({ heldLots: held, targetLots: held });
  const ownPositions = book.positions.filter((each) => each.qtyLots !== 0);
  expect(Object.fromEntries(ownPositions.map((each) => [`${each.venue} ${each.symbol}`, each.qtyLots]))).toEqual(
    truth.positions,
  );
}

describe("a signal becomes a filled hedge", () => {
  it("as a webhook signed by the official standardwebhooks package", async () => {
    const price = await midPrice(world, "BTCUSDT");
    const before = await heldNow("BTCUSDT");
    const answer = await webhooks.send("hook-1", schemaBody("hook-1", 0.9));
    expect(answer).toMatchObject({ status: 202, json: { code: "ACCEPTED", signal_id: "hook-1" } });
    await expectHedge("hooks", "hook-1", "BTCUSDT", before, (hour) => targetLotsBtc(0.9, price, hour));
    expect(await heldNow("BTCUSDT")).toBeLessThan(0);
  });

  it("as a TradingView alert in JSON, which lowers the hedge: a buy", async () => {
    const price = await midPrice(world, "BTCUSDT");
    const before = await heldNow("BTCUSDT");
    const body = JSON.stringify({
      id: "tv-json-1",
      ticker: "BINANCE:BTCUSDT",
      close: "61800.1",
      time: `${new Date().toISOString().slice(0, 23)}Z`,
      strategy: { "order.action": "buy", market_position: "long" },
      strength: 0.5,
      passphrase: world.passphrase,
    });
    const answer = await sendAlert(world, body, "application/json; charset=utf-8");
    expect(answer).toMatchObject({ status: 202 });
    await expectHedge("tradingview", "tv-json-1", "BTCUSDT", before, (hour) => targetLotsBtc(0.5, price, hour));
    expect(await heldNow("BTCUSDT")).toBeGreaterThan(before);
  });

  it("as a TradingView alert in text/plain, which raises it: a sell", async () => {
    const price = await midPrice(world, "BTCUSDT");
    const before = await heldNow("BTCUSDT");
    const body = [
      "id=tv-text-1 ticker=BTCUSDT",
      "strategy.order.action=buy strategy.market_position=long",
      `time=${new Date().toISOString()} strength=0.7 passphrase=${world.passphrase}`,
      'comment="breakout above the range"',
    ].join("\n");
    const answer = await sendAlert(world, body, "text/plain; charset=utf-8");
    expect(answer).toMatchObject({ status: 202 });
    await expectHedge("tradingview", "tv-text-1", "BTCUSDT", before, (hour) => targetLotsBtc(0.7, price, hour));
    expect(await heldNow("BTCUSDT")).toBeLessThan(before);
  });

  it("as the frame that Python's FlatBuffers library built, capped at its quantity", async () => {
    const golden = readFileSync(new URL("../wire/golden/frame-python.bin", import.meta.url));
    const recordedMs = Buffer.alloc(8);
    recordedMs.writeBigInt64LE(1_723_161_255_123n);
    const at = golden.indexOf(recordedMs);
    // As it was recorded it is decoded, and too old: the numbers prove that its time was read.
    const [stale] = await sendFrames(world, [golden]);
    expect(stale).toMatchObject({ status: 422, json: { code: "STALE", signal_id: "py-2024-08-08-000042" } });
    // The same bytes with only the time and one digit of the id (the first has consumed its id) brought up to now.
    const fresh = Buffer.from(golden);
    fresh.writeBigInt64LE(BigInt(Date.now()), at);
    fresh.write("py-2026", fresh.indexOf("py-2024"), "latin1");
    const sequenceAt = fresh.indexOf(Buffer.from([42, 0, 0, 0, 0, 0, 0, 0]));
    fresh[sequenceAt] = 43;
    const before = await heldNow("ETHUSDT");
    const [ack] = await sendFrames(world, [fresh]);
    expect(ack).toMatchObject({ status: 202, json: { code: "ACCEPTED", signal_id: "py-2026-08-08-000042" } });
    // quantity 0.25 of the frame is less than the formula's hedge: it caps.
    await expectHedge("feed", "py-2026-08-08-000042", "ETHUSDT", before, () => -250);
  });

  it("as a binary frame of our own encoder, at β and two prices", async () => {
    const btc = await midPrice(world, "BTCUSDT");
    const eth = await midPrice(world, "ETHUSDT");
    const before = await heldNow("ETHUSDT");
    const frame = encodeFrame({
      signalId: "frame-1",
      model: "e2e-model",
      modelVersion: "1",
      kind: "hedge",
      asset: "BTCUSDT.P",
      direction: "long",
      strength: 0.6,
      confidence: 0.9,
      horizonMs: 14_400_000,
      generatedAtMs: Date.now() as never,
      notional: Number.NaN,
      quantity: Number.NaN,
      sequence: 44,
      sourceContext: "",
    });
    const [ack] = await sendFrames(world, [frame]);
    expect(ack).toMatchObject({ status: 202, json: { signal_id: "frame-1" } });
    await expectHedge("feed", "frame-1", "ETHUSDT", before, (hour) => targetLotsEth(0.6, btc, eth, hour));
  });
});

describe("a signal that must not hedge", () => {
  it("a duplicate is answered 200, another body under its id 409, and neither orders again", async () => {
    const body = schemaBody("hook-twice", 0.75);
    const price = await midPrice(world, "BTCUSDT");
    const before = await heldNow("BTCUSDT");
    expect(await webhooks.send("hook-twice", body)).toMatchObject({ status: 202 });
    await expectHedge("hooks", "hook-twice", "BTCUSDT", before, (hour) => targetLotsBtc(0.75, price, hour));
    const { orders } = await venueTruth(world);
    expect(await webhooks.send("hook-twice", body)).toMatchObject({ status: 200 });
    expect(await webhooks.send("hook-twice", schemaBody("hook-twice", 0.1))).toMatchObject({ status: 409 });
    // A later signal that is decided proves that the two before it were, or that they never set out.
    expect(await webhooks.send("hook-last", schemaBody("hook-last", 0.75))).toMatchObject({ status: 202 });
    await until("the last signal is decided", async () => {
      const { accepted, verdicts } = await engine.status();
      return Object.values(verdicts).reduce((sum, count) => sum + count, 0) === accepted;
    });
    expect((await venueTruth(world)).orders).toHaveLength(orders.length);
  });

  it("a stale one is answered 422 with its age and the limit", async () => {
    const orders = (await venueTruth(world)).orders.length;
    const old = { generated_at: new Date(Date.now() - 31_000).toISOString() };
    const answer = await webhooks.send("hook-stale", schemaBody("hook-stale", 0.1, old));
    expect(answer).toMatchObject({ status: 422, json: { code: "STALE", numbers: { age_ms_max: 30_000 } } });
    expect((await venueTruth(world)).orders).toHaveLength(orders);
  });
});

describe("commands beside the running engine", () => {
  it("send: a verdict in JSON, a hedge at the exchange", async () => {
    const price = await midPrice(world, "BTCUSDT");
    const before = await heldNow("BTCUSDT");
    const sent = await outrigger(
      ...["send", "-c", world.configFile, "-s", "hooks", "-a", "BTC-USD", "--strength", "0.3"],
      ...["--id", "cli-1", "--json"],
    );
    expect(sent.err).toBe("");
    expect(JSON.parse(sent.out)).toMatchObject({ ok: true, status: 202, code: "ACCEPTED", signalId: "cli-1" });
    expect(sent.code).toBe(0);
    await expectHedge("hooks", "cli-1", "BTCUSDT", before, (hour) => targetLotsBtc(0.3, price, hour));
  });

  it("positions: what the exchange holds, as JSON and as a table", async () => {
    const { code, out } = await outrigger("positions", "-c", world.configFile, "--json");
    expect(code).toBe(0);
    const answer = JSON.parse(out) as { positions: { venue: string; symbol: string; qtyLots: number }[] };
    const held = answer.positions.filter((each) => each.qtyLots !== 0);
    expect(Object.fromEntries(held.map((each) => [`${each.venue} ${each.symbol}`, each.qtyLots]))).toEqual(
      (await venueTruth(world)).positions,
    );
    const table = await outrigger("positions", "-c", world.configFile);
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toContain("BTC/USDT:USDT");
  });

  it("a second engine on the same data directory says who holds it", async () => {
    const second = await outrigger("run", "--paper", "-c", world.configFile, "--json");
    expect(second.code).toBe(1);
    const answer = JSON.parse(second.out) as { code: string; message: string };
    expect(answer.code).toBe("JOURNAL_LOCKED");
    expect(answer.message).toContain(`process ${engine.pid}`);
  });

  it("a second engine on the same port does not start, and leaves nothing locked", async () => {
    const otherFile = world.configFile.replace("outrigger.yaml", "other.yaml");
    const text = readFileSync(world.configFile, "utf8");
    writeFileSync(otherFile, text.replaceAll(JSON.stringify(world.dataDir), JSON.stringify(`${world.dataDir}-other`)));
    for (let attempt = 0; attempt < 2; attempt++) {
      const second = await outrigger("run", "--paper", "-c", otherFile, "--json");
      expect(JSON.parse(second.out)).toMatchObject({ ok: false, code: "PORT_IN_USE" });
      expect(second.code).toBe(1);
    }
    expect(await engine.status()).toMatchObject({ state: "active" });
  });

  it("run --live refuses", async () => {
    const live = await outrigger("run", "--live", "-c", world.configFile, "--json");
    expect(live.code).toBe(4);
    expect(JSON.parse(live.out)).toMatchObject({ ok: false, code: "LIVE_REFUSED" });
  });

  it("SIGTERM ends the engine with code 0, and send then says that nobody is there", async () => {
    expect(await engine.end("SIGTERM")).toBe(0);
    const sent = await outrigger("send", "-c", world.configFile, "-s", "hooks", "-a", "BTC-USD", "--json");
    expect(sent.code).toBe(3);
    expect(JSON.parse(sent.out)).toMatchObject({ ok: false, code: "UNREACHABLE" });
  });
});
