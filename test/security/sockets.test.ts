/**
 * What a hostile socket may send instead of a request: shapes that two parsers read differently, too slow, too much, too many.
 *
 * Each shape is made of a request that would be accepted as it stands, so that a shape which is waved through is seen.
 */
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  FEED_TOKEN,
  type Harness,
  post,
  raw,
  rawPost,
  schemaBody,
  signedHeaders,
  startHarness,
  until,
} from "../gateway/support.ts";

const running: Harness[] = [];
async function start(...options: Parameters<typeof startHarness>): Promise<Harness> {
  const harness = await startHarness(...options);
  running.push(harness);
  return harness;
}
afterEach(async () => {
  for (const harness of running.splice(0)) await harness.receiver.close();
});

const statusesOf = (text: string) => (text.match(/HTTP\/1\.1 \d{3}/g) ?? []).map((line) => Number(line.slice(9)));
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
const good = () => {
  const body = schemaBody();
  return rawPost("/hooks/sample", signedHeaders(body), body);
};

type Shape = readonly [name: string, make: (request: string) => string];
const inPlaceOfHost =
  (lines: string): Shape[1] =>
  (request) =>
    request.replace("host: x", lines);
const lengthAs =
  (text: string): Shape[1] =>
  (request) =>
    request.replace(/content-length: (\d+)/, `content-length: ${text}`);

/** Answered 400 (by us), 431 or 505 (by the parser), and closed. */
const REFUSED: readonly Shape[] = [
  ["two hosts", inPlaceOfHost("host: x\r\nhost: y")],
  ["two hosts in two cases", inPlaceOfHost("host: x\r\nHOST: y")],
  ["an empty host", inPlaceOfHost("host:")],
  ["a list of hosts", inPlaceOfHost("host: x, y")],
  ["a host with a user", inPlaceOfHost("host: x@y")],
  ["a host with a path", inPlaceOfHost("host: x/y")],
  ["two lengths", lengthAs("$1\r\ncontent-length: 5")],
  ["two equal lengths", lengthAs("$1\r\nContent-Length: $1")],
  ["a list of lengths", lengthAs("$1, $1")],
  ["an empty length", lengthAs("")],
  ["a signed length", lengthAs("+$1")],
  ["a negative length", lengthAs("-1")],
  ["a length in hex", lengthAs("0x$1")],
  ["a length with leading zeros", lengthAs("000$1")],
  ["a length that overflows", lengthAs("99999999999999999999$1")],
  ["a length in other digits", lengthAs("\u0661\u0662")],
  ["chunked", inPlaceOfHost("host: x\r\ntransfer-encoding: chunked")],
  ["chunked behind a tab", inPlaceOfHost("host: x\r\ntransfer-encoding:\tchunked")],
  ["chunked in capitals", inPlaceOfHost("host: x\r\nTRANSFER-ENCODING: CHUNKED")],
  ["identity", inPlaceOfHost("host: x\r\ntransfer-encoding: identity")],
  ["an invented encoding", inPlaceOfHost("host: x\r\ntransfer-encoding: xchunked")],
  ["an empty encoding", inPlaceOfHost("host: x\r\ntransfer-encoding:")],
  ["a header without a name", inPlaceOfHost("host: x\r\n: y")],
  ["HTTP/1.0", (request) => request.replace("HTTP/1.1", "HTTP/1.0")],
  ["a version that does not exist", (request) => request.replace("HTTP/1.1", "HTTP/1.2")],
  ["an absolute address", (request) => request.replace("POST /", "POST http://other/")],
  ["two spaces", (request) => request.replace("POST ", "POST  ")],
  ["a tab for a space", (request) => request.replace("POST ", "POST\t")],
  ["line feeds alone", (request) => request.replaceAll("\r\n", "\n")],
  ["150 headers", inPlaceOfHost(`host: x${"\r\na: b".repeat(150)}`)],
  ["8 kB of headers", inPlaceOfHost(`host: x\r\na: ${"b".repeat(8_000)}`)],
];

/** The parser waits for a line that never comes, until its timer closes the connection (test/long): no handler runs. */
const STUCK: readonly Shape[] = [
  ["a folded header", inPlaceOfHost("host: x\r\na: b\r\n c")],
  ["a folded length", (request) => request.replace("content-length: ", "content-length:\r\n ")],
  ["one line feed alone", (request) => request.replace("host: x\r\n", "host: x\n")],
  ["a carriage return alone", (request) => request.replace("host: x\r\n", "host: x\rfoo: y\r\n")],
  ["a space before the colon of the length", (request) => request.replace("content-length:", "content-length :")],
  ["a space before the colon of an encoding", inPlaceOfHost("host: x\r\ntransfer-encoding : chunked")],
  ["a zero byte in a value", inPlaceOfHost("host: x\0")],
  ["a zero byte in a name", inPlaceOfHost("host: x\r\na\0b: c")],
  ["a line without a colon", inPlaceOfHost("host: x\r\nabc")],
  ["a space before the first header", (request) => request.replace("host: x", " host: x")],
  ["bytes beyond ASCII in a name", inPlaceOfHost("host: x\r\nx-\xe9: \xff")],
];

describe("request smuggling", () => {
  it.each(REFUSED)("refuses %s, closes, and answers nothing behind it", async (_, make) => {
    const { receiver, intake } = await start();
    for (const bytes of [make(good()), make(good()) + SMUGGLED]) {
      const { text, closed } = await raw(receiver.port, Buffer.from(bytes, "utf8"), 1_000);
      // With a second request behind it the parser may close without the answer to the first.
      expect([[], [400], [431], [505]]).toContainEqual(statusesOf(text));
      expect(closed).toBe(true);
    }
    expect(intake.lsn).toBe(0);
  });

  it("runs no handler for what the parser cannot finish", async () => {
    const { receiver, intake } = await start();
    const answers = await Promise.all(
      STUCK.map(async ([name, make]) => ({
        name,
        ...(await raw(receiver.port, Buffer.from(make(good()) + SMUGGLED, "latin1"), 300)),
      })),
    );
    // `raw` gives up on a silent socket after three seconds.
    for (const { name, text } of answers) expect(text, name).toBe("");
    expect(intake.lsn).toBe(0);
  });

  it("frames by the length it was told: what is behind it is a request of its own, unsigned", async () => {
    const { receiver, intake } = await start();
    const inner = good().replace(/webhook-signature: [^\r]*/, "webhook-signature: v1,AAAA");
    const body = schemaBody();
    const { text } = await raw(receiver.port, rawPost("/hooks/sample", signedHeaders(body), body) + inner, 50);
    expect(statusesOf(text)).toEqual([202, 401]);
    expect(intake.accepted).toHaveLength(1);
    // A length that ends inside the body: the signature covers what was framed, so neither half passes.
    const short = good().replace(/content-length: (\d+)/, (_, n) => `content-length: ${Number(n) - 9}`);
    const cut = await raw(receiver.port, short, 50);
    expect(statusesOf(cut.text)[0]).toBe(401);
    expect(intake.accepted).toHaveLength(1);
  });

  it("takes the first of two signatures, types and tokens, as it says", async () => {
    const { receiver, intake } = await start();
    for (const [line, status] of [
      ["webhook-signature: v1,AAAA", 401],
      ["webhook-timestamp: 1", 401],
      ["webhook-id: other", 401],
      ["content-type: text/plain", 415],
    ] as const) {
      const { text } = await raw(receiver.port, good().replace("host: x", `host: x\r\n${line}`), 50);
      expect(statusesOf(text), line).toEqual([status]);
    }
    expect(intake.lsn).toBe(0);
  });
});

describe("too slow, too much, too many", () => {
  it("gives slow bodies up at the deadline while others are served", async () => {
    const { receiver, intake, url } = await start({ answerTimeoutMs: 300, connectionsMax: 200 });
    const request = good();
    const slow = Array.from({ length: 150 }, () => {
      const socket = connect(receiver.port, "127.0.0.1");
      socket.on("error", () => {});
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.write(request.slice(0, -40));
      return { socket, text: () => text, closed: false };
    });
    for (const one of slow) one.socket.on("close", () => Object.assign(one, { closed: true }));
    const dribble = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write(" ");
    }, 50);
    try {
      const body = schemaBody();
      expect((await post(`${url}/hooks/sample`, body, signedHeaders(body))).status).toBe(202);
      await until(() => slow.every(({ closed }) => closed), "every slow body to be given up");
      for (const { text } of slow) expect(statusesOf(text())).toEqual([503]);
      expect(intake.accepted).toHaveLength(1);
    } finally {
      clearInterval(dribble);
      for (const { socket } of slow) socket.destroy();
    }
  });

  it("refuses a body by its announced size, before a byte of it", async () => {
    const { receiver, intake } = await start({ bodyBytesMax: 2_000 });
    const head = good().split("\r\n\r\n")[0] as string;
    for (const size of [2_001, 65_537, 1_000_000_000_000]) {
      const bytes = `${head.replace(/content-length: \d+/, `content-length: ${size}`)}\r\n\r\n`;
      expect(statusesOf((await raw(receiver.port, bytes, 50)).text)).toEqual([413]);
    }
    expect(intake.lsn).toBe(0);
  });

  it("holds its connection limit against webhooks and feeds together", async () => {
    const { receiver, url } = await start({ connectionsMax: 20 });
    const sockets: Socket[] = [];
    const open = (bytes: string) => {
      const socket = connect(receiver.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(bytes);
      sockets.push(socket);
    };
    const feed = `GET /feed HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer ${FEED_TOKEN}\r\n\r\n`;
    for (let n = 0; n < 10; n += 1) open(feed);
    for (let n = 0; n < 10; n += 1) open("POST /hooks/sample HTTP/1.1\r\nhost: x\r\n");
    await until(() => receiver.connections() === 20, "twenty connections");
    let refused = 0;
    for (let n = 0; n < 50; n += 1) {
      const { text, closed } = await raw(receiver.port, good(), 20);
      if (text === "" && closed) refused += 1;
    }
    expect(refused).toBe(50);
    expect(receiver.connections()).toBe(20);
    for (const socket of sockets) socket.destroy();
    await until(() => receiver.connections() === 0, "them to leave");
    const body = schemaBody();
    expect((await post(`${url}/hooks/sample`, body, signedHeaders(body))).status).toBe(202);
  });

  it("survives floods of connections that leave at once, and of pipelined requests nobody reads", async () => {
    const { receiver, url, crashes } = await start({ connectionsMax: 64 });
    for (let wave = 0; wave < 10; wave += 1) {
      const sockets = Array.from({ length: 100 }, () => connect(receiver.port, "127.0.0.1"));
      for (const socket of sockets) {
        socket.on("error", () => {});
        socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20));
        socket.resetAndDestroy();
      }
    }
    const greedy = connect(receiver.port, "127.0.0.1");
    greedy.on("error", () => {});
    greedy.pause();
    for (let n = 0; n < 50; n += 1) greedy.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(200));
    const body = schemaBody();
    // What still waits in the port's queue counts against the cap as it comes in, so a good client may be turned away once more.
    const answer = async () => (await post(`${url}/hooks/sample`, body, signedHeaders(body)).catch(() => null))?.status;
    await vi.waitFor(async () => expect(await answer()).toBe(202), { timeout: 5000, interval: 50 });
    greedy.destroy();
    await until(() => receiver.connections() <= 1, "every socket to go");
    expect(crashes).toEqual([]);
  });
});
