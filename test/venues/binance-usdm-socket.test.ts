import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { SystemClock } from "../../src/time/clock.ts";
import { ReconnectingSocket, type SocketOptions } from "../../src/venues/binance-usdm-socket.ts";
import { eventually } from "./support/recorder.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function echoServer(): Promise<{ url: string; peers: WebSocket[]; received: string[] }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  const peers: WebSocket[] = [];
  const received: string[] = [];
  server.on("connection", (peer) => {
    peers.push(peer);
    peer.on("message", (data) => void received.push(String(data)));
  });
  await new Promise((resolve) => server.on("listening", resolve));
  cleanups.push(() => {
    for (const peer of server.clients) peer.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `ws://127.0.0.1:${(server.address() as { port: number }).port}`, peers, received };
}

function dial(options: Partial<SocketOptions> & Pick<SocketOptions, "url">) {
  const seen: string[] = [];
  const failures: Error[] = [];
  const socket = new ReconnectingSocket(
    {
      heartbeatMs: 50,
      staleAfterMs: 500,
      backoff: { baseMs: 8, maxMs: 32 },
      random: () => 0,
      clock: new SystemClock(),
      ...options,
    },
    {
      onUp: () => void seen.push("up"),
      onDown: () => void seen.push("down"),
      onMessage: (text) => void seen.push(text),
      onFailure: (cause) => void failures.push(cause),
    },
  );
  cleanups.push(() => socket.close());
  socket.open();
  return { socket, seen, failures };
}

describe("a reconnecting socket", () => {
  it("is up, carries text both ways, goes down and comes back, in that order", async () => {
    const { url, peers, received } = await echoServer();
    const { socket, seen } = dial({ url: () => url });
    await eventually(() => socket.isUp);
    expect(socket.send("one")).toBe(true);
    await eventually(() => received.length === 1);
    peers[0]!.send("hello");
    await eventually(() => seen.includes("hello"));
    peers[0]!.terminate();
    await eventually(() => peers.length === 2 && socket.isUp);
    expect(socket.send("two")).toBe(true);
    await eventually(() => received.length === 2);
    expect(seen).toEqual(["up", "hello", "down", "up"]);
    expect(received).toEqual(["one", "two"]);
  });

  it("writes nothing while it is down, and nothing later instead", async () => {
    const { url, peers, received } = await echoServer();
    const { socket, seen } = dial({ url: () => url });
    expect(socket.send("early")).toBe(false);
    await eventually(() => socket.isUp);
    socket.restart();
    expect(seen).toEqual(["up", "down"]);
    expect(socket.send("between")).toBe(false);
    await eventually(() => peers.length === 2 && socket.isUp);
    socket.send("after");
    await eventually(() => received.length === 1);
    expect(received).toEqual(["after"]);
  });

  it("refuses to queue for a peer that does not read", async () => {
    const { url, peers } = await echoServer();
    const { socket } = dial({ url: () => url, heartbeatMs: 5000, staleAfterMs: 10_000 });
    await eventually(() => socket.isUp && peers.length === 1);
    peers[0]!.pause();
    const text = "x".repeat(64 * 1024);
    let accepted = 0;
    // The system's own buffers take some megabytes before the process has to keep bytes itself.
    while (accepted < 1000 && socket.send(text)) accepted += 1;
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(1000);
  });

  it("asks for a url at every attempt, reports what failed, and backs off in doubling steps", async () => {
    let asked = 0;
    const askedAt: number[] = [];
    const { url } = await echoServer();
    const { socket, failures } = dial({
      url: async () => {
        asked += 1;
        askedAt.push(performance.now());
        if (asked < 6) throw new Error(`no key ${asked}`);
        return url;
      },
    });
    await eventually(() => socket.isUp);
    expect(failures.map((failure) => failure.message)).toEqual([1, 2, 3, 4, 5].map((n) => `no key ${n}`));
    // random() = 0 is the shortest jitter: half of 8, 16, 32, 32, 32. Timers may be late, never this early.
    const gaps = askedAt.slice(1).map((at, index) => at - askedAt[index]!);
    for (const [index, leastMs] of [4, 8, 16, 16, 16].entries())
      expect(gaps[index]).toBeGreaterThanOrEqual(leastMs - 1);
  });

  it("does not wait for ever on a server that accepts and says nothing", async () => {
    const held: Socket[] = [];
    const server: Server = createServer((peer) => void held.push(peer)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.on("listening", resolve));
    cleanups.push(() => {
      for (const peer of held) peer.destroy();
      server.close();
    });
    const { port } = server.address() as { port: number };
    const { failures } = dial({ url: () => `ws://127.0.0.1:${port}`, heartbeatMs: 20, staleAfterMs: 60 });
    await eventually(() => held.length >= 2);
    expect(failures.length).toBeGreaterThanOrEqual(1);
  });

  it("drops a message larger than any venue sends", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen } = dial({ url: () => url });
    await eventually(() => socket.isUp && peers.length === 1);
    peers[0]!.send("x".repeat(1024 * 1024 + 1));
    await eventually(() => peers.length === 2 && socket.isUp);
    expect(seen).toEqual(["up", "down", "up"]);
  });

  it("stays closed once closed, even while connecting", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen } = dial({ url: () => url });
    socket.close();
    const late = dial({ url: () => new Promise((resolve) => setTimeout(resolve, 20, url)) });
    late.socket.close();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect([socket.isUp, late.socket.isUp, ...seen, ...late.seen]).toEqual([false, false]);
    expect(peers.filter((peer) => peer.readyState === 1)).toEqual([]);
  });

  it("refuses settings under which it would hang up on everybody", () => {
    const events = { onUp() {}, onDown() {}, onMessage() {} };
    const options = { url: () => "", random: () => 0, clock: new SystemClock() };
    const backoff = { baseMs: 10, maxMs: 10 };
    expect(() => new ReconnectingSocket({ ...options, heartbeatMs: 100, staleAfterMs: 150, backoff }, events)).toThrow(
      /two heartbeats/,
    );
    const falling = { baseMs: 10, maxMs: 5 };
    expect(
      () => new ReconnectingSocket({ ...options, heartbeatMs: 10, staleAfterMs: 150, backoff: falling }, events),
    ).toThrow(/backoff/);
  });
});
