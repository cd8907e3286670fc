import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { SystemClock } from "../../../src/time/clock.ts";
import type { Link } from "../../../src/venues/wire/link.ts";
import { VenueSocket, type VenueSocketEvents, type VenueSocketOptions } from "../../../src/venues/wire/venue-socket.ts";
import { eventually } from "../support/recorder.ts";

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

type Options = Partial<VenueSocketOptions> & Pick<VenueSocketOptions, "url">;

/** Links are ready at once unless `events` says otherwise; `seen` is what was called back, in order. */
function dial(options: Options, events: Partial<VenueSocketEvents> = {}) {
  const seen: string[] = [];
  const failures: Error[] = [];
  const links: Link[] = [];
  const socket = new VenueSocket(
    {
      seats: 1,
      heartbeatMs: 50,
      staleAfterMs: 500,
      backoff: { baseMs: 8, maxMs: 32 },
      random: () => 0,
      clock: new SystemClock(),
      ...options,
    },
    {
      onOpen: (link) => {
        links.push(link);
        link.ready();
      },
      onMessage: (_link, bytes) => void seen.push(bytes.toString()),
      onDown: (link) => void seen.push(`down ${link.id}`),
      onLive: (live) => void seen.push(live ? "live" : "dead"),
      onFailure: (cause) => void failures.push(cause),
      ...events,
    },
  );
  cleanups.push(() => socket.close());
  socket.open();
  const send = (text: string) => socket.active?.send(text) ?? false;
  return { socket, seen, failures, links, send };
}

describe("a reconnecting socket", () => {
  it("is live, carries text both ways, goes down and comes back, in that order", async () => {
    const { url, peers, received } = await echoServer();
    const { socket, seen, send } = dial({ url: () => url });
    await eventually(() => socket.active);
    expect(send("one")).toBe(true);
    await eventually(() => received.length === 1);
    peers[0]!.send("hello");
    await eventually(() => seen.includes("hello"));
    peers[0]!.terminate();
    await eventually(() => peers.length === 2 && socket.active);
    expect(send("two")).toBe(true);
    await eventually(() => received.length === 2);
    expect(seen).toEqual(["live", "hello", "dead", "down 1", "live"]);
    expect(received).toEqual(["one", "two"]);
  });

  it("writes nothing while it is down, and nothing later instead", async () => {
    const { url, peers, received } = await echoServer();
    const { socket, seen, send, links } = dial({ url: () => url });
    expect(send("early")).toBe(false);
    await eventually(() => socket.active);
    socket.active?.drop();
    expect(seen).toEqual(["live", "dead", "down 1"]);
    expect(send("between")).toBe(false);
    expect(links[0]!.send("over a link that is gone")).toBe(false);
    await eventually(() => peers.length === 2 && socket.active);
    send("after");
    await eventually(() => received.length === 1);
    expect(received).toEqual(["after"]);
  });

  it("carries any text of any length, as it was", async () => {
    const { url, received } = await echoServer();
    const { socket, send } = dial({ url: () => url });
    await eventually(() => socket.active);
    // Both sides of every boundary of the head's length and of the mask's four bytes.
    const lengths = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 129, 400, 65_535];
    const texts = lengths.map((length) => "abcdefghijklmnopq".repeat(length).slice(0, length));
    texts.push("größer als 127 € ✓".repeat(9));
    for (const text of texts) expect(send(text)).toBe(true);
    await eventually(() => received.length === texts.length);
    expect(received).toEqual(texts);
  });

  it("refuses to queue for a peer that does not read", async () => {
    const { url, peers } = await echoServer();
    const { socket, send } = dial({ url: () => url, heartbeatMs: 5000, staleAfterMs: 10_000 });
    await eventually(() => socket.active && peers.length === 1);
    peers[0]!.pause();
    const text = "x".repeat(65_000);
    let accepted = 0;
    // The system's own buffers take some megabytes before the process has to keep bytes itself.
    while (accepted < 1000 && send(text)) accepted += 1;
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
    await eventually(() => socket.active);
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

  it("drops a peer that answers heartbeats and nothing else while a request waits", async () => {
    const { url, peers, received } = await echoServer();
    const clock = new SystemClock();
    let askedNs = Number.POSITIVE_INFINITY;
    const { socket, seen, send } = dial(
      { url: () => url, heartbeatMs: 20, staleAfterMs: 100 },
      { waitingSinceNs: ({ id }) => (id === 1 ? askedNs : Number.POSITIVE_INFINITY) },
    );
    await eventually(() => socket.active);
    // With nothing asked, heartbeats are enough; and answers to others show that it answers.
    await new Promise((resolve) => setTimeout(resolve, 150));
    askedNs = clock.nowNs();
    send("a question");
    await eventually(() => received.length === 1);
    for (let n = 0; n < 5; n++) {
      peers[0]!.send("of another question");
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(peers).toHaveLength(1);
    peers[0]!.send("half of an answer, whose rest", { fin: false });
    await eventually(() => peers.length === 2 && socket.active);
    expect(clock.nowNs() - askedNs).toBeGreaterThan(250e6);
    expect(seen.slice(-3)).toEqual(["dead", "down 1", "live"]);
  });

  it("drops a peer that answers heartbeats and never the logon", async () => {
    const { url, peers } = await echoServer();
    let opened = 0;
    const { socket, seen } = dial(
      { url: () => url, heartbeatMs: 20, staleAfterMs: 100 },
      { onOpen: (link) => (++opened > 1 ? link.ready() : undefined) },
    );
    await eventually(() => socket.active);
    expect(peers).toHaveLength(2);
    expect(seen).toEqual(["down 1", "live"]);
  });

  it("drops a peer that answers heartbeats and has nothing to say, where it always has", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen } = dial({ url: () => url, heartbeatMs: 20, staleAfterMs: 100, quietMsMax: 250 });
    await eventually(() => socket.active);
    for (let n = 0; n < 4; n++) {
      peers[0]!.send("a quote");
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    expect(peers).toHaveLength(1);
    await eventually(() => peers.length === 2 && socket.active);
    expect(seen).toEqual(["live", ...Array(4).fill("a quote"), "dead", "down 1", "live"]);
  });

  it("drops a message larger than any venue sends", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen } = dial({ url: () => url });
    await eventually(() => socket.active && peers.length === 1);
    peers[0]!.send("x".repeat(1024 * 1024 + 1));
    await eventually(() => peers.length === 2 && socket.active);
    expect(seen).toEqual(["live", "dead", "down 1", "live"]);
  });

  it("stays closed once closed, even while connecting", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen } = dial({ url: () => url });
    socket.close();
    const late = dial({ url: () => new Promise((resolve) => setTimeout(resolve, 20, url)) });
    late.socket.close();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect([socket.active, late.socket.active, ...seen, ...late.seen]).toEqual([null, null]);
    expect(peers.filter((peer) => peer.readyState === 1)).toEqual([]);
  });

  it("refuses settings under which it would hang up on everybody", () => {
    const events = { onOpen() {}, onMessage() {}, onDown() {}, onLive() {} };
    const options = { url: () => "", seats: 1, random: () => 0, clock: new SystemClock() } as const;
    const backoff = { baseMs: 10, maxMs: 10 };
    expect(() => new VenueSocket({ ...options, heartbeatMs: 100, staleAfterMs: 150, backoff }, events)).toThrow(
      /two heartbeats/,
    );
    const falling = { baseMs: 10, maxMs: 5 };
    expect(() => new VenueSocket({ ...options, heartbeatMs: 10, staleAfterMs: 150, backoff: falling }, events)).toThrow(
      /backoff/,
    );
  });
});

describe("a standby", () => {
  it("takes over in the turn in which the active link goes, and its place is filled again", async () => {
    const { url, peers, received } = await echoServer();
    const sentAtDown: boolean[] = [];
    const { socket, seen, links } = dial(
      { url: () => url, seats: 2 },
      { onDown: () => sentAtDown.push(socket.active?.send("from onDown") ?? false) },
    );
    await eventually(() => links.filter(({ isReady }) => isReady).length === 2);
    const [first, second] = links;
    expect(socket.active).toBe(first);
    peers[0]!.terminate();
    await eventually(() => received.length === 1);
    expect(sentAtDown).toEqual([true]);
    expect(socket.active).toBe(second);
    await eventually(() => links[2]?.isReady);
    expect(socket.active).toBe(second);
    expect(seen).toEqual(["live"]);
  });

  it("is dead only when both are, and closing says nothing of a take-over", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen, links } = dial({ url: () => url, seats: 2 });
    await eventually(() => links.filter(({ isReady }) => isReady).length === 2);
    for (const peer of peers) peer.terminate();
    await eventually(() => seen.includes("dead"));
    expect(seen.toSorted()).toEqual(["dead", "down 1", "down 2", "live"]);
    await eventually(() => links.filter(({ isReady }) => isReady).length === 2);
    seen.length = 0;
    socket.close();
    expect(seen.at(-2)).toBe("dead");
    expect(seen.length).toBe(3);
  });

  it("takes over at once from a link that is retired, whose answers are still heard until nothing waits for one", async () => {
    const { url, peers } = await echoServer();
    const clock = new SystemClock();
    let busy = true;
    const { socket, seen, links } = dial(
      { url: () => url, seats: 2, heartbeatMs: 10 },
      { waitingSinceNs: ({ id }) => (busy && id === 1 ? clock.nowNs() : Number.POSITIVE_INFINITY) },
    );
    await eventually(() => links.filter(({ isReady }) => isReady).length === 2);
    expect(socket.links()).toEqual([
      { id: 1, role: "active", ready: true },
      { id: 2, role: "standby", ready: true },
    ]);
    socket.retire(links[0]!);
    expect(socket.active).toBe(links[1]);
    expect(socket.links()).toEqual([
      { id: 0, role: "standby", ready: false },
      { id: 2, role: "active", ready: true },
      { id: 1, role: "draining", ready: false },
    ]);
    await eventually(() => links[2]?.isReady);
    await new Promise((resolve) => setTimeout(resolve, 40));
    peers[0]!.send("late answer");
    await eventually(() => seen.includes("late answer"));
    busy = false;
    await eventually(() => !links[0]!.isOpen);
    expect(socket.active).toBe(links[1]);
    expect(seen).toEqual(["live", "late answer", "down 1"]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(peers).toHaveLength(3);
  });

  it("that is missing when a link is retired leaves the socket dead until there is another, and a link retires once", async () => {
    const { url, peers } = await echoServer();
    const { socket, seen, links } = dial({ url: () => url, heartbeatMs: 10 });
    await eventually(() => socket.active);
    socket.retire(links[0]!);
    socket.retire(links[0]!);
    expect(socket.active).toBeNull();
    await eventually(() => links[1]?.isReady);
    expect(socket.active).toBe(links[1]);
    await eventually(() => !links[0]!.isOpen);
    // Which of the two comes first, the new link or the end of the old one, is the peer's to say.
    expect(seen.filter((what) => what !== "down 1")).toEqual(["live", "dead", "live"]);
    expect(seen.slice(2)).toContain("down 1");
    expect(peers).toHaveLength(2);
  });

  it("is not dialled before the first link is ready", async () => {
    const { url, peers } = await echoServer();
    const opened: Link[] = [];
    dial({ url: () => url, seats: 2 }, { onOpen: (link) => void opened.push(link) });
    await eventually(() => opened.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(peers).toHaveLength(1);
    opened[0]!.ready();
    await eventually(() => peers.length === 2);
  });
});

describe("rotation", () => {
  it("replaces an old link only when its successor is ready, and is live throughout", async () => {
    const { url, peers } = await echoServer();
    const opened: Link[] = [];
    const { socket, seen } = dial(
      { url: () => url, heartbeatMs: 10, rotateAfterMs: 40 },
      {
        onOpen: (link) => {
          if (opened.length === 0) link.ready();
          opened.push(link);
        },
      },
    );
    await eventually(() => opened.length === 2);
    expect(socket.active).toBe(opened[0]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(opened[0]!.isOpen).toBe(true);
    opened[1]!.ready();
    expect(socket.active).toBe(opened[1]);
    expect(opened[0]!.isOpen).toBe(true);
    await eventually(() => !opened[0]!.isOpen);
    expect(seen).toEqual(["live", "down 1"]);
    await eventually(() => peers.length >= 3);
  });

  it("waits for what is under way on the old link, but not for ever", async () => {
    const { url } = await echoServer();
    let busy = true;
    const clock = new SystemClock();
    const start = () =>
      dial(
        { url: () => url, heartbeatMs: 10, rotateAfterMs: 30, drainMsMax: 200 },
        { waitingSinceNs: ({ id }) => (busy && id === 1 ? clock.nowNs() : Number.POSITIVE_INFINITY) },
      );
    const patient = start();
    await eventually(() => patient.links.length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(patient.links[0]!.isOpen).toBe(true);
    busy = false;
    await eventually(() => !patient.links[0]!.isOpen);
    busy = true;
    const impatient = start();
    await eventually(() => impatient.links.length >= 2);
    await eventually(() => !impatient.links[0]!.isOpen);
    expect(impatient.seen).toContain("down 1");
  });

  it("keeps the old link when no successor can be had", async () => {
    const { url } = await echoServer();
    let asked = 0;
    const { socket, seen, failures } = dial({
      url: () => {
        asked += 1;
        if (asked > 1) throw new Error("no key");
        return url;
      },
      heartbeatMs: 10,
      rotateAfterMs: 30,
    });
    await eventually(() => failures.length === 1);
    expect(socket.active?.id).toBe(1);
    expect(seen).toEqual(["live"]);
  });
});

describe("a venue's own ping", () => {
  it("is sent as the venue wants it, and its answer is sound and no message", async () => {
    const { url, peers, received } = await echoServer();
    const pongs: number[] = [];
    const appPing = { text: "ping", isPong: (bytes: Buffer) => bytes.length === 4 && bytes.toString() === "pong" };
    const { socket, seen } = dial(
      { url: () => url, heartbeatMs: 20, staleAfterMs: 100, appPing },
      { onPong: ({ id }) => void pongs.push(id) },
    );
    await eventually(() => socket.active && peers.length === 1);
    peers[0]!.on("message", (data) => String(data) === "ping" && peers[0]!.send("pong"));
    await eventually(() => pongs.length > 10);
    expect(new Set(received)).toEqual(new Set(["ping"]));
    expect(seen).toEqual(["live"]);
    peers[0]!.removeAllListeners("message");
    await eventually(() => seen.includes("down 1"));
  });
});
