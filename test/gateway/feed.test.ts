import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { DecodedSignal } from "../../src/domain/signal.ts";
import type { EpochMs } from "../../src/domain/units.ts";
import type { ReceiverOptions, ReceiverParts } from "../../src/gateway/receiver.ts";
import { createPrng } from "../../src/sim/prng.ts";
import { encodeFrame } from "../../src/wire/encode.ts";
import { decodedSignal, FEED_TOKEN, type Harness, rules, startHarness, until } from "./support.ts";

interface Ack {
  readonly frame: number;
  readonly status: number;
  readonly code: string;
  readonly signal_id?: string;
  readonly position?: number;
  readonly message?: string;
}

const running: Harness[] = [];
const sockets: WebSocket[] = [];
async function start(options: Partial<ReceiverOptions> = {}, parts: Partial<ReceiverParts> = {}): Promise<Harness> {
  const harness = await startHarness(options, parts);
  running.push(harness);
  return harness;
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  for (const harness of running.splice(0)) await harness.receiver.close();
});

async function open(port: number, headers: Record<string, string> = { authorization: `Bearer ${FEED_TOKEN}` }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/feed`, { headers });
  sockets.push(socket);
  const acks: Ack[] = [];
  socket.on("message", (data) => acks.push(JSON.parse(String(data)) as Ack));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return { socket, acks };
}

const frame = (changes: Partial<DecodedSignal> = {}) => encodeFrame(decodedSignal(changes));

describe("feed", () => {
  it("acks each frame with its id, verdict and position", async () => {
    const { receiver, intake } = await start();
    const { socket, acks } = await open(receiver.port);
    const signal = { signalId: "s-1", generatedAtMs: Date.now() as EpochMs };
    socket.send(frame(signal));
    socket.send(frame(signal));
    socket.send(frame({ signalId: "s-2", asset: 'NO"PE' }));
    socket.send(frame({ ...signal, generatedAtMs: (signal.generatedAtMs - 1) as EpochMs }));
    await until(() => acks.length === 4, "four acks");
    expect(acks[0]).toEqual({ frame: 1, status: 202, code: "ACCEPTED", signal_id: "s-1", position: 1 });
    expect(acks[1]).toEqual({ frame: 2, status: 200, code: "DUPLICATE", signal_id: "s-1", position: 1 });
    expect(acks[2]).toMatchObject({ frame: 3, status: 422, code: "UNKNOWN_ASSET", signal_id: "s-2", position: 2 });
    expect(acks[3]).toMatchObject({ frame: 4, status: 409, code: "ID_REUSED", signal_id: "s-1" });
    expect(intake.accepted).toHaveLength(1);
    expect(intake.accepted[0]?.signal.source).toBe(2);
    expect(receiver.lastHeardMs(2)).toBeGreaterThan(0);
    expect(receiver.counts).toMatchObject({ ACCEPTED: 1, DUPLICATE: 1, UNKNOWN_ASSET: 1, ID_REUSED: 1 });
  });

  it("acks nothing before it is durable", async () => {
    const { receiver, intake } = await start();
    const { socket, acks } = await open(receiver.port);
    intake.holds = true;
    for (let i = 0; i < 100; i += 1) socket.send(frame({ signalId: `h-${i}` }));
    await until(() => intake.waitingCount === 100, "hundred to wait");
    expect(acks).toEqual([]);
    intake.flush(40);
    await until(() => acks.length === 40, "forty acks");
    expect(acks.every((ack) => (ack.position ?? 0) <= 40)).toBe(true);
    intake.flush();
    await until(() => acks.length === 100, "all acks");
    expect(acks.map((ack) => ack.signal_id)).toEqual(Array.from({ length: 100 }, (_, i) => `h-${i}`));
  });

  it("refuses hostile frames with an error ack, dead-letters them and stays open", async () => {
    const { receiver, intake, crashes } = await start();
    const { socket, acks } = await open(receiver.port);
    const good = frame();
    const random = createPrng(7);
    const hostile: (Uint8Array | string)[] = [
      "text",
      new Uint8Array(0),
      new Uint8Array(4096).fill(0xff),
      good.subarray(0, good.length >> 1),
      randomBytes(200),
    ];
    for (let i = 0; i < 500; i += 1) {
      const mutated = Uint8Array.from(good);
      for (let n = 1 + random.int(4); n > 0; n -= 1) mutated[random.int(mutated.length)] = random.int(256);
      hostile.push(mutated);
    }
    for (const bytes of hostile) socket.send(bytes);
    socket.send(frame({ signalId: "last" }));
    await until(() => acks.at(-1)?.signal_id === "last", "the last ack");
    expect(acks).toHaveLength(hostile.length + 1);
    expect(acks[0]).toMatchObject({ frame: 1, status: 400, code: "MALFORMED" });
    expect(acks[0]?.message).toContain("frame");
    expect(acks.slice(0, 5).map((ack) => ack.status)).toEqual([400, 400, 400, 400, 400]);
    expect(acks.at(-1)?.code).toBe("ACCEPTED");
    const deadLettered = acks.filter((ack) => [400, 409, 422].includes(ack.status)).length;
    expect(intake.deadLetters.length).toBeLessThanOrEqual(deadLettered);
    expect(crashes).toEqual([]);
  });

  it("wants a bearer token, no origin, and counts failures", async () => {
    const { receiver } = await start({ authFailuresPerMinuteMax: 3 });
    const status = (headers: Record<string, string>) =>
      open(receiver.port, headers).then(
        () => "open",
        (error: Error) => /\d{3}/.exec(error.message)?.[0],
      );
    expect(await status({ authorization: `Bearer ${FEED_TOKEN}`, origin: "https://evil.example" })).toBe("403");
    expect(await status({ authorization: `Bearer ${FEED_TOKEN}` })).toBe("open");
    expect(await status({})).toBe("401");
    expect(await status({ authorization: "Bearer nonsense-0123456789" })).toBe("401");
    expect(await status({ authorization: `Basic ${FEED_TOKEN}` })).toBe("401");
    expect(await status({})).toBe("429");
    expect(receiver.unproven()).toEqual([
      { source: "/feed", address: "127.0.0.1", why: "no authorization header", count: 4, atMs: expect.any(Number) },
    ]);
    expect(await status({ authorization: `Bearer ${FEED_TOKEN}` })).toBe("open");
  });

  it("closes a connection whose frame is over the limit, and negotiates no compression", async () => {
    const { receiver, intake } = await start();
    const { socket } = await open(receiver.port);
    expect(socket.extensions).toBe("");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.send(new Uint8Array(5_000));
    await closed;
    expect(intake.lsn).toBe(0);
  });

  it("acks over the rate with 429 and journals nothing of it", async () => {
    const feed = { ...rules(2, "feed", { ratePerSecMax: 0.001, rateBurst: 2 }), tokens: [FEED_TOKEN] };
    const { receiver, intake } = await start({ feeds: [feed] });
    const { socket, acks } = await open(receiver.port);
    for (let i = 0; i < 4; i += 1) socket.send(frame());
    await until(() => acks.length === 4, "four acks");
    expect(acks.map((ack) => ack.status).sort()).toEqual([202, 202, 429, 429]);
    expect(intake.lsn).toBe(2);
  });

  it("survives a client that leaves while its acks wait", async () => {
    const { receiver, intake, crashes } = await start();
    intake.holds = true;
    const { socket } = await open(receiver.port);
    for (let i = 0; i < 10; i += 1) socket.send(frame());
    await until(() => intake.waitingCount === 10, "ten to wait");
    socket.terminate();
    await until(() => receiver.connections() === 0, "the socket to go");
    intake.flush();
    intake.holds = false;
    const next = await open(receiver.port);
    next.socket.send(frame({ signalId: "after" }));
    await until(() => next.acks.length === 1, "an ack");
    expect(intake.accepted).toHaveLength(11);
    expect(crashes).toEqual([]);
  });

  it("closes a client that does not read its acks, in bounded memory", async () => {
    const feed = { frameBytesMax: 4_096, backpressureBytesMax: 16_384, idleTimeoutS: 120, lifetimeMinutes: 239 };
    const { receiver, crashes } = await start({ feed, backlogMax: 1_000_000 });
    const { socket } = await open(receiver.port);
    socket.pause();
    const bytes = frame({ signalId: "same", asset: "NOPE" });
    let closed = false;
    socket.once("close", () => {
      closed = true;
    });
    socket.on("error", () => {});
    for (let i = 0; i < 200 && receiver.connections() > 0; i += 1) {
      for (let n = 0; n < 500; n += 1) socket.send(bytes);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => receiver.connections() === 0, "the server to close it");
    socket.resume();
    await until(() => closed, "the client to notice");
    expect(crashes).toEqual([]);
  });

  it("closes a connection whose handler throws, and says so", async () => {
    const { receiver, crashes, intake } = await start(
      {},
      {
        decodeFrame: () => {
          throw new Error("planted: the decoder throws");
        },
      },
    );
    const { socket, acks } = await open(receiver.port);
    socket.send(frame());
    await until(() => acks.length === 1, "an ack");
    expect(acks[0]).toMatchObject({ status: 500, code: "CRASHED" });
    expect(intake.deadLetters[0]?.code).toBe("CRASHED");
    expect(crashes).toHaveLength(1);
  });

  it.each<[string, number[]]>([
    ["reserved bits", [0xf2, 0x80, 0, 0, 0, 0]],
    ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0]],
    ["a length over the limit", [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
    ["a negative length", [0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]],
    ["a fragmented ping", [0x09, 0x80, 0, 0, 0, 0]],
    ["a long ping", [0x89, 0xfe, 0, 0x7e, 0, 0, 0, 0]],
    ["a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0]],
  ])("closes a connection that sends %s", async (_, bytes) => {
    const { receiver, intake, crashes } = await start();
    const client = await upgradeRaw(receiver.port);
    client.write(Buffer.from(bytes));
    await until(() => receiver.connections() === 0, "the server to close it");
    expect(intake.lsn).toBe(0);
    expect(crashes).toEqual([]);
  });

  it("takes a frame split over many packets", async () => {
    const { receiver, intake } = await start();
    const client = await upgradeRaw(receiver.port);
    const payload = frame({ signalId: "split" });
    const bytes = Buffer.concat([
      Buffer.from([0x82, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]),
      payload,
    ]);
    for (let at = 0; at < bytes.length; at += 3) {
      client.write(bytes.subarray(at, at + 3));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => intake.accepted.length === 1, "the signal");
    expect(intake.accepted[0]?.signal.signalId).toBe("split");
    client.destroy();
  });
});

/** An upgraded connection without a WebSocket library behind it. Waits for the 101: bytes sent before it are lost. */
async function upgradeRaw(port: number): Promise<Socket> {
  const client = connect(port, "127.0.0.1");
  client.setNoDelay(true);
  client.on("error", () => {});
  client.write(
    `GET /feed HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n` +
      `sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer ${FEED_TOKEN}\r\n\r\n`,
  );
  const answer = await new Promise<string>((resolve) => client.once("data", (data) => resolve(String(data))));
  expect(answer).toContain("HTTP/1.1 101");
  return client;
}
